"""Hamming distances between many hashes at once: the short-list before the closer look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matcher.looking.hashes import LogoHash

WORD_BITS: Final = 64
_CHUNK = 1 << 18  # hashes at a time: fewer, and the calls cost more than the counting; 2^13 to 2^18 tried
_FEW = 32  # once fewer than one hash in so many is left, the rest of the words is read for these alone


def hash_words(value: LogoHash) -> np.ndarray:
    """One hash as words: uint64 (bits / 64,), the same as pack_bits gives for its bits."""
    if value.bit_count % WORD_BITS:
        raise ValueError(f"{value.kind}: a hash can be searched for if its bits fill words of {WORD_BITS}")
    return np.frombuffer(value.bits.to_bytes(value.bit_count // 8, "big"), np.uint64)


def pack_bits(bits: np.ndarray) -> np.ndarray:
    """Hashes as words: bool (n, bits) → uint64 (n, bits / 64); the number of bits must be a multiple of
    64."""
    return np.packbits(bits, axis=1).view(np.uint64)


def measure_distances(queries: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """Hamming distance of each query to each hash: uint64 (q, words) and (n, words) → int32 (q, n)."""
    distances = np.zeros((len(queries), len(hashes)), np.int32)
    for word in range(hashes.shape[1]):  # word by word: no (q, n, words) array
        distances += np.bitwise_count(queries[:, word, None] ^ hashes[None, :, word])
    return distances


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbours:
    """Hashes within the radius of one query. positions: int64 (n,), ascending; distances: int32 (n,), bits."""

    positions: np.ndarray
    distances: np.ndarray


class HashIndex:
    """Many hashes of one kind, searched from the first to the last; finds exactly what measure_distances finds.

    columns: uint64 (n,) each, contiguous: first words of all hashes, second words, … They may be memory-mapped.
    """

    def __init__(self, columns: Sequence[np.ndarray]) -> None:
        self._columns = [np.ascontiguousarray(column, np.uint64).view(np.ndarray) for column in columns]

    @classmethod
    def from_words(cls, words: np.ndarray) -> HashIndex:
        """Index of hashes as pack_bits gives them: uint64 (n, words)."""
        return cls([words[:, word] for word in range(words.shape[1])])

    def __len__(self) -> int:
        return len(self._columns[0])

    def search(self, queries: np.ndarray, radius_bits: int) -> list[Neighbours]:
        """Hashes within radius_bits of each query, uint64 (q, words); one pass over the memory for all queries."""
        found: list[list[Neighbours]] = [[] for _ in queries]
        scan = _Scan(len(self._columns), radius_bits)
        for start in range(0, len(self), _CHUNK):
            part = [column[start : start + _CHUNK] for column in self._columns]
            for number, query in enumerate(queries):
                near = scan.find(part, query)
                if near is not _NONE:
                    found[number].append(Neighbours(positions=near.positions + start, distances=near.distances))
        return [_join(parts) for parts in found]


class _Scan:
    """One search's buffers: made once, because memory that is fresh for each chunk costs more than counting does."""

    def __init__(self, words: int, radius_bits: int) -> None:
        # 256 bits that all differ are 0 in eight bits: such a hash comes through here and is sent away by the recount
        narrow = words * WORD_BITS <= 256
        self._radius_bits = radius_bits
        self._limit = np.uint8(min(radius_bits, 255)) if narrow else np.uint16(min(radius_bits, 65535))
        self._mixed = np.empty(_CHUNK, np.uint64)
        self._ones = np.empty(_CHUNK, np.uint8)
        self._sums = np.empty(_CHUNK, np.uint8 if narrow else np.uint16)
        self._is_near = np.empty(_CHUNK, np.bool_)

    def find(self, columns: list[np.ndarray], query: np.ndarray) -> Neighbours:
        """Hashes of one chunk near one query."""
        size = len(columns[0])
        mixed, ones, sums, is_near = (b[:size] for b in (self._mixed, self._ones, self._sums, self._is_near))
        left = size
        for number, column in enumerate(columns, 1):
            np.bitwise_xor(column, query[number - 1], out=mixed)
            if number == 1:
                np.bitwise_count(mixed, out=sums)
            else:
                np.bitwise_count(mixed, out=ones)
                np.add(sums, ones, out=sums)
            # strangers differ in half of the bits: before the radius is under that, nearly all of them are still in
            if number == len(columns) or self._radius_bits < number * WORD_BITS // 2:
                np.less_equal(sums, self._limit, out=is_near)
                left = int(np.count_nonzero(is_near))
                if left * _FEW < size:
                    break
        if not left:
            return _NONE
        positions = np.flatnonzero(is_near)
        distances = np.zeros(len(positions), np.int32)
        for column, word in zip(columns, query, strict=True):
            distances += np.bitwise_count(column[positions] ^ word)
        kept = distances <= self._radius_bits
        return Neighbours(positions=positions[kept], distances=distances[kept])


def _join(parts: Sequence[Neighbours]) -> Neighbours:
    return Neighbours(
        positions=np.concatenate([np.empty(0, np.int64), *(part.positions for part in parts)]),
        distances=np.concatenate([np.empty(0, np.int32), *(part.distances for part in parts)]),
    )


_NONE = _join([])
