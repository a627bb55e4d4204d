"""Hashes of a region's ink, in a text form that says what they are: `phash/8x8:c3d1…`.

phash and dhash are imagehash's, bit for bit, of the ink reduced to 32x32 px: colour, polarity, padding and
size are gone before hashing. `edge/4x8x8` is our own: 256 bits, one for each of 4 unsigned edge orientations
in each of 8x8 cells, set where the orientation is stronger than the median of its own map.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import imagehash
import numpy as np
import scipy.fftpack  # type: ignore[import-untyped]  # scipy has no type stubs
from PIL import Image

from matcher.looking.features import Features

_SIDE_PX = 32  # of the ink's picture
_WEIGHT_BITS = 22  # Pillow weighs pixels by whole numbers: shares times 2^22
_LANCZOS_LOBES = 3
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

    @property
    def content(self) -> bytes:
        """The bits as bytes, as the database keeps them."""
        return self.bits.to_bytes((self.bit_count + 7) // 8, "big")

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


def hash_of_content(kind: str, content: bytes) -> LogoHash:
    """Hash of one kind ("edge/4x8x8") from its bytes, as the database keeps them."""
    algorithm, _, shape = kind.partition("/")
    return LogoHash(algorithm, shape, int.from_bytes(content, "big"))


def hash_column(kind: str) -> str:
    """Return the column of image_hashes that holds hashes of a kind: edge/4x8x8 → edge_4x8x8."""
    return kind.replace("/", "_")


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
    """The same as hash_features for many regions, with one transform and one reduction for all of them.

    Equal bit for bit (tests/matcher/test_hashes.py), many times faster.
    """
    if not features:
        return []
    pictures = np.stack([f.ink_picture for f in features])
    waves = scipy.fftpack.dct(scipy.fftpack.dct(pictures, axis=1)[:, :8], axis=2)[:, :, :8].reshape(-1, 64)
    ordered = np.sort(waves, axis=1)
    phashes = waves > (ordered[:, 31:32] + ordered[:, 32:33]) / 2  # the median, without numpy's care for NaN
    small = _reduce(pictures)
    dhashes = small[:, :, 1:] > small[:, :, :-1]
    edges = np.stack([f.edge_bits for f in features])
    return [
        RegionHashes(
            phash=LogoHash("phash", "8x8", phash),
            dhash=LogoHash("dhash", "8x8", dhash),
            edge=LogoHash("edge", "4x8x8", edge),
        )
        for phash, dhash, edge in zip(_to_ints(phashes), _to_ints(dhashes), _to_ints(edges), strict=True)
    ]


def _weigh_lanczos(reduced_px: int) -> np.ndarray:
    """What Pillow multiplies the pixels of a row by to reduce it to so many: whole numbers, float64 (reduced_px, 32).

    Source: ImagingResample in Pillow's src/libImaging/Resample.c.
    """
    zoom = _SIDE_PX / reduced_px
    weights = np.zeros((reduced_px, _SIDE_PX))
    for place in range(reduced_px):
        centre, reach = (place + 0.5) * zoom, _LANCZOS_LOBES * zoom
        first, stop = max(0, int(centre - reach + 0.5)), min(_SIDE_PX, int(centre + reach + 0.5))
        row = [_lanczos((x - centre + 0.5) / zoom) for x in range(first, stop)]
        total = sum(row)
        for x, weight in enumerate(row, start=first):
            weights[place, x] = int(weight / total * (1 << _WEIGHT_BITS) + math.copysign(0.5, weight))
    return weights


def _lanczos(x: float) -> float:
    if x == 0:
        return 1.0
    if not -_LANCZOS_LOBES <= x < _LANCZOS_LOBES:
        return 0.0
    x *= math.pi
    return math.sin(x) / x * math.sin(x / _LANCZOS_LOBES) / (x / _LANCZOS_LOBES)


_ACROSS, _DOWN = _weigh_lanczos(9).T, _weigh_lanczos(8)


def _reduce(pictures: np.ndarray) -> np.ndarray:
    """Pictures as Pillow's LANCZOS reduces them to 9x8 px: uint8 (n, 32, 32) → whole numbers, float64 (n, 8, 9).

    Exact in whatever order it is added up: all sums are whole numbers under 2^53.
    """
    return _to_levels(_DOWN @ _to_levels(pictures.astype(np.float64) @ _ACROSS))


def _to_levels(sums: np.ndarray) -> np.ndarray:
    half = 1 << (_WEIGHT_BITS - 1)
    return np.asarray(np.floor((sums + half) / (1 << _WEIGHT_BITS)).clip(0, 255))


def _to_ints(bits: np.ndarray) -> list[int]:
    """One number for each: bool (n, …)."""
    rows = np.packbits(bits.reshape(len(bits), -1), axis=1)
    content, size = rows.tobytes(), rows.shape[1]
    return [int.from_bytes(content[at : at + size], "big") for at in range(0, len(content), size)]


def _to_int(bits: np.ndarray) -> int:
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


def _product(shape: str) -> int:
    product = 1
    for side in shape.split("x"):
        product *= int(side)
    return product
