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

import contextlib
import functools
import hashlib
import importlib.metadata
import io
import logging
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ledger.shipped import shipped_data
from matcher import thresholds
from matcher.looking.appearance import Appearance
from matcher.looking.compare import Template
from matcher.looking.features import Features

FORGOTTEN_AFTER_DAYS: Final = 60
_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_LIBRARIES: Final = ("numpy", "scipy", "opencv-python-headless", "pillow", "resvg-py")
_CODE: Final = ("thresholds.py", "logo_matcher.py", "looking/*.py", "decoding/*.py")

logger = logging.getLogger(__name__)


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
    try:
        if folder is None or not _is_own(folder):
            return None
        stored = (folder / f"{name}.npy").read_bytes()
    except OSError:
        return None
    rows, seal = stored[:-_DIGEST_BYTES], stored[-_DIGEST_BYTES:]
    if seal != _seal(folder.name, name, rows):
        logger.info("%s: damaged or foreign, measured anew", folder / f"{name}.npy")
        return None
    return np.asarray(np.load(io.BytesIO(rows), allow_pickle=False))


def _store(name: str, values: np.ndarray) -> None:
    folder = templates_folder()
    if folder is None:
        return
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    rows = buffer.getvalue()
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget_others(folder)
        if not _is_own(folder):
            return
        _write_whole(folder / f"{name}.npy", rows + _seal(folder.name, name, rows))
    except OSError as error:
        logger.info("%s: what was measured is not stored: %s", folder, error)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it at the same time has the old one or the new one."""
    handle, name = tempfile.mkstemp(prefix=f"{path.name}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


_handed_over: list[Path] = []


def cache_folder() -> Path | None:
    """Return the user's folder for what can be made again; None where the user has no home."""
    if _handed_over:
        return _handed_over[0]
    # the specification has relative paths ignored: https://specifications.freedesktop.org/basedir-spec/
    named, home = (Path(os.environ.get(name, "")) for name in ("XDG_CACHE_HOME", "HOME"))
    root = named if named.is_absolute() else home / ".cache"
    return root if root.is_absolute() else None


def use_cache_folder(folder: str) -> None:
    """Use a folder, in a process that has no environment. Empty: none."""
    _handed_over[:] = [Path(folder)] if folder else []


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


def _is_own(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _seal(version: str, name: str, rows: bytes) -> bytes:
    return hashlib.sha256(f"{version}/{name}\n".encode() + rows).digest()


def _forget_others(folder: Path) -> None:
    """Remove what versions measured that nobody has used for long."""
    oldest = time.time() - FORGOTTEN_AFTER_DAYS * 24 * 3600
    for other in folder.parent.iterdir():
        with contextlib.suppress(OSError):
            if other != folder and other.stat().st_mtime < oldest:
                shutil.rmtree(other)


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
