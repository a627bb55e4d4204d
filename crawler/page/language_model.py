"""The model that tells languages by their words: py3langid's, unpacked once on a machine.

$XDG_CACHE_HOME/partnerproof/languages (without it ~/.cache/partnerproof/languages; it may be deleted at any time)
  0.4.0-1f0c…/      its numbers for some languages, by the library's version and a digest of its file and of their names
    moves.npy, …    one array each, sealed (ledger/shipped.py)

Its library unpacks 70 MB each time that a process starts, in a third of a second of the processor. What is stored is mapped: readers share it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ledger.shipped import cache_folder, load_cached, store_cached

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_PARTS = ("weights", "priors", "languages", "moves", "rows", "features")


def load_identifier(languages: Sequence[str]) -> LanguageIdentifier:
    """Return what tells some languages apart: the same with what is stored as without."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    folder = _stored_folder(MODEL_DIR / MODEL_FILE, languages)
    if folder is not None:
        stored = {name: load_cached(folder / f"{name}.npy") for name in _PARTS}
        contents = {name: content for name, content in stored.items() if content is not None}
        if len(contents) == len(_PARTS):
            return _unpack({name: _as_array(content) for name, content in contents.items()})
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(languages)
    if folder is not None:
        for name, values in _pack(identifier).items():
            buffer = io.BytesIO()
            np.save(buffer, values, allow_pickle=False)
            store_cached(folder / f"{name}.npy", buffer.getvalue())
    return identifier


def _stored_folder(model: Path, languages: Sequence[str]) -> Path | None:
    root = cache_folder()
    if root is None:
        return None
    digest = hashlib.sha256(model.read_bytes() + " ".join(languages).encode()).hexdigest()[:32]
    return root / "partnerproof" / "languages" / f"{importlib.metadata.version('py3langid')}-{digest}"


def _pack(identifier: LanguageIdentifier) -> dict[str, np.ndarray]:
    parts = (
        identifier.nb_ptc,  # as it lies in memory: the order decides how sums are rounded
        identifier.nb_pc,
        np.array(identifier.nb_classes),
        np.array(identifier.tk_nextmove, dtype=np.uint32),
        np.array(identifier.tk_row, dtype=np.uint32),
        np.array(identifier.tk_output, dtype=np.int32),
    )
    return dict(zip(_PARTS, parts, strict=True))


def _unpack(parts: dict[str, np.ndarray]) -> LanguageIdentifier:
    from py3langid.langid import LanguageIdentifier

    return LanguageIdentifier(
        parts["weights"],
        parts["priors"],
        parts["languages"].tolist(),
        parts["moves"].data,  # looked up one by one, which numpy is slow at
        parts["features"].tolist(),
        norm_probs=True,
        tk_row=parts["rows"].tolist(),
    )


def _as_array(content: memoryview) -> np.ndarray:
    """An array of a file as np.save wrote it, without a copy."""
    head = io.BytesIO(content[:1_000])
    np.lib.format.read_magic(head)
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(head)
    values = np.frombuffer(content, dtype, offset=head.tell())
    return values.reshape(shape, order="F" if is_fortran else "C")
