from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matcher.index import measure_distances, pack_bits


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 9), st.sampled_from([64, 128, 256]))
def test_packed_distances_equal_counting_bit_by_bit(seed: int, queries: int, hashes: int, bits: int) -> None:
    random = np.random.default_rng(seed)
    a, b = random.random((queries, bits)) > 0.5, random.random((hashes, bits)) > 0.5
    expected = (a[:, None, :] != b[None, :, :]).sum(axis=2)
    assert (measure_distances(pack_bits(a), pack_bits(b)) == expected).all()
