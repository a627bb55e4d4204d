"""Hamming distances between many hashes at once: the short-list before the closer look."""

from __future__ import annotations

import numpy as np


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
