"""Makes data/background/cohort.npz: what the matcher knows of drawings that are nobody's logo.

Usage: python -m bench.make_cohort CACHE_DIR OUT.npz [--drawings N] [--copies N] [--processes N] [--strangers-for COHORT.npz]

1. Fetch free icon collections and fonts by package name (npm) into CACHE_DIR; draw icons, words, lock-ups, tiles.
2. Show each drawing as web pages may (copies); find and measure it there as the matcher does.
3. Directions in which drawings differ more than their own copies do (linear discriminant analysis) → projection.
4. Whole drawings and regions of them, projected → members of the cohort.
5. Plain shapes, further icons and icon sets, whole and what stands on their tiles, projected → strangers. Only numbers are
   written.

--strangers-for takes steps 1 to 4 from a cohort that was made before, and makes its strangers anew: every score stays comparable.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.linalg
from rich.progress import track

from bench.cohort_drawings import (
    FONT_PACKAGES,
    ICON_PACKAGES,
    NAMES_PACKAGE,
    SET_PACKAGES,
    draw_all,
    draw_strangers,
    treat,
)
from matcher import thresholds
from matcher.looking.cohort import DESCRIPTOR_SCALE, join_shapes, normalise_rows
from matcher.looking.features import measure_squares, stretch_to_squares
from matcher.looking.normalize import flatten_alpha
from matcher.looking.regions import Region, find_mark, find_regions

SEED = 20261123
PRINCIPAL, DIRECTIONS = 1000, 256
SHRINKAGE = 0.05  # of the copies' covariance towards a ball; .02 to .3 make no difference
FOUND_LIKENESS = 0.35  # less alike than this, the copy was not found: it says nothing of how copies look
MEMBERS = 16_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What one drawing gave: its own shape first, then its regions', then its copies', with their log aspects."""

    shapes: np.ndarray
    log_aspects: np.ndarray
    regions: int


def fetch(package: str, cache: Path) -> Path:
    """The unpacked folder of an npm package."""
    folder = cache / package.replace("/", "+")
    if not folder.is_dir():
        folder.mkdir(parents=True)
        done = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
        )
        with tarfile.open(folder / done.stdout.split()[-1]) as file:
            file.extractall(folder, filter="data")
    return folder / "package"


def take_sample(drawing: np.ndarray, number: int, copies: int) -> Sample | None:
    """Measure one drawing, its regions and its copies. number: of the drawing, seeds the chance."""
    flat = flatten_alpha(drawing)
    marks = find_mark(flat)
    if not marks:
        return None
    regions = [marks[0].region, *find_regions([flat])[1:8]]
    shapes, aspects = _measure(regions)
    own, own_aspect = shapes[0], aspects[0]
    chance, found_shapes, found_aspects = random.Random(SEED + number), [shapes], [aspects]
    for _ in range(copies):
        seen = find_regions([flatten_alpha(treat(drawing, chance))])
        if not seen:
            continue
        seen_shapes, seen_aspects = _measure(seen)
        stretch = np.maximum(0, np.abs(seen_aspects - own_aspect) - thresholds.ASPECT_FREE)
        likeness = seen_shapes @ own - stretch
        best = int(likeness.argmax())
        if likeness[best] > FOUND_LIKENESS:
            found_shapes.append(seen_shapes[best : best + 1])
            found_aspects.append(seen_aspects[best : best + 1])
    return Sample(np.concatenate(found_shapes).astype(np.float16), np.concatenate(found_aspects), len(regions) - 1)


def _measure(regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
    aspects = np.array([np.log(region.box.width / region.box.height) for region in regions], np.float32)
    shapes = measure_squares(stretch_to_squares([region.ink for region in regions])).shapes
    return join_shapes(shapes), aspects


def fit_projection(shapes: np.ndarray, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and projection. shapes: float32 (n, 2048) of drawings and their copies; owners (n,): which drawing."""
    mean = shapes.mean(axis=0)
    names, place, counts = np.unique(owners, return_inverse=True, return_counts=True)
    centres = np.zeros((len(names), shapes.shape[1]), np.float32)
    np.add.at(centres, place, shapes)
    centres /= counts[:, None]
    between = np.cov((centres - mean).T)
    spread = shapes - centres[place]
    within = spread.T @ spread / (len(shapes) - len(names))
    _, vectors = np.linalg.eigh(between + within)
    main = vectors[:, ::-1][:, :PRINCIPAL]
    inside = main.T @ within @ main
    inside = (1 - SHRINKAGE) * inside + SHRINKAGE * np.trace(inside) / PRINCIPAL * np.eye(PRINCIPAL)
    ratios, directions = scipy.linalg.eigh(main.T @ between @ main, inside)
    ratios, directions = ratios[::-1][:DIRECTIONS], directions[:, ::-1][:, :DIRECTIONS]
    print(
        f"between : within copies, from {ratios[0]:.1f} to {ratios[-1]:.1f} in {DIRECTIONS} directions", file=sys.stderr
    )
    return mean, main @ directions * np.sqrt(ratios / (1 + ratios))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--drawings", type=int, default=7000, help="taken at random of all that are drawn")
    parser.add_argument("--copies", type=int, default=4, help="of each drawing, as web pages may show it")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--strangers-for", type=Path, help="a cohort of which only the strangers are made anew")
    options = parser.parse_args()

    if options.strangers_for is not None:
        with np.load(options.strangers_for, allow_pickle=False) as file:
            fitted = Fitted(**{name: file[name] for name in ("mean", "projection", "members", "member_aspects")})
    else:
        fitted = fit(options.cache, options.drawings, options.copies, options.processes)
    strangers = measure_strangers(options.cache, options.processes)
    shapes = np.concatenate([shape for shape, _ in strangers]).astype(np.float32)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        options.out,
        mean=fitted.mean,
        projection=fitted.projection,
        members=fitted.members,
        member_aspects=fitted.member_aspects,
        strangers=_pack(normalise_rows((shapes - fitted.mean) @ fitted.projection.astype(np.float32))),
        stranger_aspects=np.concatenate([aspects for _, aspects in strangers]).astype(np.float32),
    )
    print(f"{len(shapes)} strangers, {len(fitted.members)} members: {options.out}", file=sys.stderr)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What steps 1 to 4 make, as it is stored: float32 (2048,), float16 (2048, n), int8 (m, n), float32 (m,)."""

    mean: np.ndarray
    projection: np.ndarray
    members: np.ndarray
    member_aspects: np.ndarray


def fit(cache: Path, count: int, copies: int, processes: int) -> Fitted:
    """Steps 1 to 4."""
    icons = [fetch(package, cache) / "icons.json" for package in ICON_PACKAGES]
    weights = ("400", "700", "900")
    fonts = [path for package in FONT_PACKAGES for weight in weights
             for path in sorted((fetch(package, cache) / "files").glob(f"*-latin-{weight}-normal.woff2"))]  # fmt: skip
    drawings = draw_all(icons, fonts, SEED)
    taken = random.Random(SEED).sample(range(len(drawings)), min(count, len(drawings)))
    chosen = [drawings[number] for number in taken]
    context = multiprocessing.get_context("fork")  # the drawings are inherited, not sent
    with context.Pool(processes, _hold, (chosen, copies)) as pool:
        results = pool.imap(_take_numbered, range(len(chosen)), chunksize=20)
        samples = [sample for sample in track(results, "measuring", len(chosen)) if sample is not None]
    shapes, owners, whole, parts = [], [], [], []
    for number, sample in enumerate(samples):
        own = np.r_[0, 1 + sample.regions : len(sample.shapes)]  # the drawing and its copies
        shapes.append(sample.shapes[own])
        owners += [number] * len(own)
        whole.append((sample.shapes[:1], sample.log_aspects[:1]))
        parts.append((sample.shapes[1 : 1 + sample.regions], sample.log_aspects[1 : 1 + sample.regions]))
    mean, projection = fit_projection(np.concatenate(shapes).astype(np.float32), np.array(owners))
    part_shapes, part_aspects = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    few = np.random.default_rng(SEED).permutation(len(part_shapes))[: max(0, MEMBERS - len(whole))]
    member_shapes = np.concatenate([*(shape for shape, _ in whole), part_shapes[few]]).astype(np.float32)
    return Fitted(
        mean=mean.astype(np.float32),
        projection=projection.astype(np.float16),
        members=_pack(normalise_rows((member_shapes - mean) @ projection)),
        member_aspects=np.concatenate([*(aspect for _, aspect in whole), part_aspects[few]]).astype(np.float32),
    )


def measure_strangers(cache: Path, processes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Step 5, before the projection: shapes and log aspects of each stranger."""
    icons, sets = (
        [fetch(package, cache) / "icons.json" for package in packages] for packages in (ICON_PACKAGES, SET_PACKAGES)
    )
    further = draw_strangers(icons, sets, fetch(NAMES_PACKAGE, cache) / "icons.json", SEED)
    context = multiprocessing.get_context("fork")
    with context.Pool(processes, _hold, (further, 0)) as pool:
        results = pool.imap(_measure_numbered, range(len(further)), chunksize=50)
        return [seen for seen in track(results, "strangers", len(further)) if seen is not None]


_held: tuple[list[np.ndarray], int] = ([], 0)


def _hold(drawings: list[np.ndarray], copies: int) -> None:
    global _held  # noqa: PLW0603  # for the life of a worker process
    _held = drawings, copies


def _pack(descriptors: np.ndarray) -> np.ndarray:
    return np.asarray((descriptors * DESCRIPTOR_SCALE).round().astype(np.int8))


def _measure_numbered(number: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Shapes and log aspects of a drawing and of what stands on its tile."""
    marks = find_mark(flatten_alpha(_held[0][number]))[:3]
    if not marks:
        return None
    shapes, aspects = _measure([mark.region for mark in marks])
    return shapes.astype(np.float16), aspects


def _take_numbered(number: int) -> Sample | None:
    drawings, copies = _held
    return take_sample(drawings[number], number, copies)


if __name__ == "__main__":
    main()
