"""Templates of official drawings, stored by digest: a drawing is measured once on a machine, not at each start.

$XDG_CACHE_HOME/partnerproof/templates (without it ~/.cache/partnerproof/templates; it may be deleted at any time)
  4-1f0c…/          what was measured by one version of this room: its number, and a digest of its code, its data and the
                    libraries that count. Folders to which nothing was added for FORGOTTEN_AFTER_DAYS go.
    9a3e….npy       the templates of one drawing, by the SHA-256 of its bytes: one record each, numbers only (no pickle),
                    then the SHA-256 of the folder's name, the file's name and all that
    9a3e…-51c0….npy likewise whether the drawing is without marks of other brands of the set of that id (first_look.py)

What is damaged, foreign or unreadable counts as not there: the drawing is measured anew, and the file replaced. A folder
that other users may write to is not used. Where nothing can be written nothing is stored, and all else goes on.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ledger.shipped import cache_folder, load_cached, shipped_data, store_cached
from matcher import thresholds
from matcher.looking.appearance import Appearance
from matcher.looking.compare import Template
from matcher.looking.features import Features

_LIBRARIES: Final = ("numpy", "scipy", "opencv-python-headless", "pillow", "resvg-py")
_CODE: Final = ("thresholds.py", "logo_matcher.py", "looking/*.py", "decoding/*.py")


def load_templates(content: bytes) -> tuple[Template, ...] | None:
    """Templates of a drawing as they were measured before; None if they were not. content: the drawing's bytes."""
    records = _load(hashlib.sha256(content).hexdigest())
    return None if records is None else tuple(map(_read_record, records))


def store_templates(content: bytes, templates: Sequence[Template]) -> None:
    """Store what was measured of a drawing, all of it or nothing."""
    records = np.concatenate([_make_record(template) for template in templates])
    _store(hashlib.sha256(content).hexdigest(), records)


def load_is_alone(content: bytes, set_id: str) -> bool | None:
    """Whether no other brand of a set of official logos has its mark in a drawing, as it was found before; None if it was not."""
    found = _load(f"{hashlib.sha256(content).hexdigest()}-{set_id}")
    return None if found is None else bool(found.all())


def store_is_alone(content: bytes, set_id: str, *, is_alone: bool) -> None:
    """Store that."""
    _store(f"{hashlib.sha256(content).hexdigest()}-{set_id}", np.array([is_alone]))


def _load(name: str) -> np.ndarray | None:
    folder = templates_folder()
    rows = None if folder is None else load_cached(folder / f"{name}.npy")
    return None if rows is None else np.asarray(np.load(io.BytesIO(rows), allow_pickle=False))


def _store(name: str, values: np.ndarray) -> None:
    if (folder := templates_folder()) is not None:
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        store_cached(folder / f"{name}.npy", buffer.getvalue())


def templates_folder() -> Path | None:
    """Return where this version's templates are; None where the user has no home."""
    root = cache_folder()
    return None if root is None else root / "partnerproof" / "templates" / _measured_by()


@functools.cache
def _measured_by() -> str:
    """Name of all that decides what is measured: equal names mean equal numbers, whoever forgot to raise a version."""
    room = Path(thresholds.__file__).parent
    parts = [f"{library} {_library_version(library)}".encode() for library in _LIBRARIES]
    parts += [path.read_bytes() for pattern in _CODE for path in sorted(room.glob(pattern))]
    parts.append((shipped_data("background") / "cohort.npz").read_bytes())
    digests = b"".join(hashlib.sha256(part).digest() for part in parts)
    return f"{thresholds.MATCHER_VERSION}-{hashlib.sha256(digests).hexdigest()[:32]}"


def _library_version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "none"  # another distribution of the same library


def _make_record(template: Template) -> np.ndarray:
    """All of a template as one record: structured (1,)."""
    features, appearance = template.features, template.appearance
    numbers = (
        features.log_aspect,
        template.margin,
        template.attainable,
        appearance.width_px,
        appearance.height_px,
        np.nan if appearance.ground_lightness is None else appearance.ground_lightness,
    )
    fields = {
        "numbers": np.array(numbers, np.float64),
        "blur_margins": np.array(template.blur_margins, np.float64),
        "sizes_px": np.array([features.long_px, template.largest_px or 0], np.int64),
        "descriptors": template.descriptors,
        "stranger_scores": template.stranger_scores,
        "edge_cells": features.edge_cells,
        "square": features.square,
        "ink_picture": features.ink_picture,
        "soft_ink": features.soft_ink,
        "edge_bits": features.edge_bits,
        "rgb": appearance.rgb,
    }
    record = np.zeros(1, [(name, values.dtype, values.shape) for name, values in fields.items()])
    for name, values in fields.items():
        record[name][0] = values
    return record


def _read_record(record: np.void) -> Template:
    log_aspect, margin, attainable, width_px, height_px, lightness = record["numbers"].tolist()
    long_px, largest_px = record["sizes_px"].tolist()
    return Template(
        features=Features(
            square=record["square"],
            ink_picture=record["ink_picture"],
            soft_ink=record["soft_ink"],
            edge_cells=record["edge_cells"],
            edge_bits=record["edge_bits"],
            log_aspect=log_aspect,
            long_px=long_px,
        ),
        appearance=Appearance(
            rgb=record["rgb"],
            width_px=width_px,
            height_px=height_px,
            ground_lightness=None if np.isnan(lightness) else lightness,
        ),
        descriptors=record["descriptors"],
        margin=margin,
        attainable=attainable,
        stranger_scores=record["stranger_scores"],
        blur_margins=tuple(record["blur_margins"].tolist()),
        largest_px=largest_px or None,
    )
