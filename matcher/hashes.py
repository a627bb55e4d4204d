"""Hashes of a region's ink, in a text form that says what they are: `phash/8x8:c3d1…`.

phash and dhash are imagehash's, bit for bit, of the ink reduced to 32x32 px: colour, polarity, padding and
size are gone before hashing. `edge/4x8x8` is our own: 256 bits, one for each of 4 unsigned edge orientations
in each of 8x8 cells, set where the orientation is stronger than the median of its own map.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import imagehash
import numpy as np
import scipy.fftpack  # type: ignore[import-untyped]  # scipy has no type stubs
from PIL import Image

from matcher.features import Features

_TEXT = re.compile(r"([a-z]+)/([0-9]+(?:x[0-9]+)+):([0-9a-f]+)")


@dataclass(frozen=True, slots=True)
class LogoHash:
    """A hash with its algorithm ("phash") and shape ("8x8", whose product is the number of bits)."""

    algorithm: str
    shape: str
    bits: int

    @property
    def kind(self) -> str:
        """Algorithm and shape as the text form has them; only hashes of one kind can be compared."""
        return f"{self.algorithm}/{self.shape}"

    @property
    def bit_count(self) -> int:
        return _product(self.shape)

    def __str__(self) -> str:
        return f"{self.algorithm}/{self.shape}:{self.bits:0{(self.bit_count + 3) // 4}x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionHashes:
    """The three hashes of one region."""

    phash: LogoHash
    dhash: LogoHash
    edge: LogoHash


def parse_hash(text: str) -> LogoHash:
    """Hash of its text form; ValueError if the text is none or its digits do not fit its shape."""
    match = _TEXT.fullmatch(text)
    if match is None or (_product(match[2]) + 3) // 4 != len(match[3]) or int(match[3], 16) >> _product(match[2]):
        raise ValueError(f"expected algorithm/shape:hex with as many digits as the shape has bits, got {text!r}")
    return LogoHash(match[1], match[2], int(match[3], 16))


def distance_bits(a: LogoHash, b: LogoHash) -> int:
    """Hamming distance; ValueError for hashes of different kinds, whose bits mean different things."""
    if a.kind != b.kind:
        raise ValueError(f"{a.kind} and {b.kind} cannot be compared")
    return (a.bits ^ b.bits).bit_count()


def hash_features(features: Features) -> RegionHashes:
    """The hashes of one region's features, by imagehash itself."""
    picture = Image.fromarray(features.ink_picture)
    return RegionHashes(
        phash=LogoHash("phash", "8x8", _to_int(imagehash.phash(picture).hash)),
        dhash=LogoHash("dhash", "8x8", _to_int(imagehash.dhash(picture).hash)),
        edge=LogoHash("edge", "4x8x8", _to_int(features.edge_bits)),
    )


def hash_all(features: Sequence[Features]) -> list[RegionHashes]:
    """The same as hash_features for many regions, with one cosine transform for all of them.

    Equal bit for bit (tests/matcher/test_hashes.py), several times faster.
    """
    if not features:
        return []
    pictures = np.stack([f.ink_picture for f in features])
    rows = scipy.fftpack.dct(scipy.fftpack.dct(pictures, axis=1), axis=2)[:, :8, :8]
    phashes = rows > np.median(rows, axis=(1, 2), keepdims=True)
    small = np.stack([_reduced(picture) for picture in pictures])
    dhashes = small[:, :, 1:] > small[:, :, :-1]
    return [
        RegionHashes(
            phash=LogoHash("phash", "8x8", _to_int(phash)),
            dhash=LogoHash("dhash", "8x8", _to_int(dhash)),
            edge=LogoHash("edge", "4x8x8", _to_int(f.edge_bits)),
        )
        for phash, dhash, f in zip(phashes, dhashes, features, strict=True)
    ]


def _reduced(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((9, 8), Image.Resampling.LANCZOS))


def _to_int(bits: np.ndarray) -> int:
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


def _product(shape: str) -> int:
    product = 1
    for side in shape.split("x"):
        product *= int(side)
    return product
