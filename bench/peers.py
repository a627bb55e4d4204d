"""Other ways to look for logos in an image, each as its users write it: bytes in, nearest official file out.

A peer that is not installed is named as such: `pip install pdqhash faiss-cpu threatexchange` (only measured against; the
program uses none of them). Each runs in one thread.
"""

from __future__ import annotations

import importlib.metadata
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import imagehash
import numpy as np
from PIL import Image

PHASH_RADIUS_BITS = 10
PDQ_RADIUS_BITS = 31  # what PDQ's authors call a confident match
Look = Callable[[bytes], str | None]
"""What one engine does with one image file: name of the official file that it takes it for, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialFile:
    """One official logo as it lies in the folder."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A contender. look: None if it is not installed; missing then says what is not."""

    name: str
    look: Look | None
    missing: str = ""


def make_peers(officials: Sequence[OfficialFile]) -> list[Peer]:
    """All peers, each with its own index of the official files."""
    makers = {
        "imagehash phash, linear": (_make_imagehash, ("imagehash",)),
        "pdqhash + faiss": (_make_pdq_faiss, ("pdqhash", "faiss-cpu")),
        "threatexchange PDQ": (_make_threatexchange, ("threatexchange", "pdqhash", "faiss-cpu")),
    }
    peers = []
    for name, (make, packages) in makers.items():
        versions = {package: _version(package) for package in packages}
        if None in versions.values():
            absent = ", ".join(package for package, version in versions.items() if version is None)
            peers.append(Peer(name=f"{name}", look=None, missing=absent))
        else:
            peers.append(Peer(name=f"{name} {versions[packages[0]]}", look=make(officials)))
    return peers


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _make_imagehash(officials: Sequence[OfficialFile]) -> Look:
    hashes = [(imagehash.phash(Image.open(io.BytesIO(official.content))), official.name) for official in officials]

    def look(content: bytes) -> str | None:
        found = imagehash.phash(Image.open(io.BytesIO(content)))
        distance, name = min((found - known, name) for known, name in hashes)
        return name if distance <= PHASH_RADIUS_BITS else None

    return look


def _make_pdq_faiss(officials: Sequence[OfficialFile]) -> Look:
    import faiss
    import pdqhash

    faiss.omp_set_num_threads(1)

    def pdq(content: bytes) -> np.ndarray:
        bits, _quality = pdqhash.compute(np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))
        return np.asarray(np.packbits(bits)[None])

    index = faiss.IndexBinaryFlat(256)
    index.add(np.concatenate([pdq(official.content) for official in officials]))

    def look(content: bytes) -> str | None:
        distances, places = index.search(pdq(content), 1)
        return officials[int(places[0, 0])].name if distances[0, 0] <= PDQ_RADIUS_BITS else None

    return look


def _make_threatexchange(officials: Sequence[OfficialFile]) -> Look:
    """What `tx match` does with a photo, without the start of its command line and the reading of its state."""
    import faiss
    from threatexchange.signal_type.pdq.signal import PdqSignal

    faiss.omp_set_num_threads(1)
    entries = [(_signal(PdqSignal, official.content), official.name) for official in officials]
    # no hash: of too low a quality for it, or transparent (it takes pictures of three channels)
    index = PdqSignal.get_index_cls()([(signal, name) for signal, name in entries if signal])

    def look(content: bytes) -> str | None:
        signal = _signal(PdqSignal, content)
        if not signal:
            return None
        matches = index.query(signal)
        return min(matches, key=lambda match: match.similarity_info.distance).metadata if matches else None

    return look


def _signal(signal_type: Any, content: bytes) -> str:
    try:
        return str(signal_type.hash_from_bytes(content))
    except ValueError:
        return ""
