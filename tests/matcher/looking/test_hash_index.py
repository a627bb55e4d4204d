from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.looking.hash_index import HashIndex, hash_words, measure_distances, pack_bits
from matcher.looking.hashes import LogoHash


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 9), st.sampled_from([64, 128, 256]))
def test_packed_distances_equal_counting_bit_by_bit(seed: int, queries: int, hashes: int, bits: int) -> None:
    random = np.random.default_rng(seed)
    a, b = random.random((queries, bits)) > 0.5, random.random((hashes, bits)) > 0.5
    expected = (a[:, None, :] != b[None, :, :]).sum(axis=2)
    assert (measure_distances(pack_bits(a), pack_bits(b)) == expected).all()
    mirrored = measure_distances(pack_bits(b), pack_bits(a)).T
    assert (mirrored == expected).all()


def assert_finds_what_the_linear_search_finds(queries: np.ndarray, hashes: np.ndarray, radius_bits: int) -> None:
    near = HashIndex.from_words(hashes).search(queries, radius_bits)
    for found, distances in zip(near, measure_distances(queries, hashes), strict=True):
        expected = np.flatnonzero(distances <= radius_bits)
        assert found.positions.tolist() == expected.tolist()
        assert found.distances.tolist() == distances[expected].tolist()


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.integers(0, 400),
    st.sampled_from([64, 128, 256, 320]),
    st.floats(0, 0.5),
    st.integers(0, 321),
)
def test_the_index_finds_what_the_linear_search_finds(
    seed: int, queries: int, hashes: int, bits: int, changed_share: float, radius_bits: int
) -> None:
    random = np.random.default_rng(seed)
    asked = random.random((queries, bits)) > 0.5
    # each stored hash is a query with some bits changed, so that every distance occurs
    stored = asked[random.integers(0, queries, hashes)] ^ (random.random((hashes, bits)) < changed_share)
    words = pack_bits(stored) if hashes else np.empty((0, bits // 64), np.uint64)
    assert_finds_what_the_linear_search_finds(pack_bits(asked), words, radius_bits)


@pytest.mark.parametrize("words", [1, 4])
@pytest.mark.parametrize("radius_bits", [0, 8, 16, 60, 90])
def test_neighbours_on_the_borders_of_chunks_are_found(words: int, radius_bits: int) -> None:
    random = np.random.default_rng(words)
    hashes = random.integers(0, 2**64, (2 * 2**18 + 5, words), np.uint64)
    query = random.integers(0, 2**64, (1, words), np.uint64)
    for changed, place in enumerate((0, 2**18 - 1, 2**18, 2**19 - 1, 2**19, 2**19 + 4)):
        hashes[place] = query[0]
        hashes[place, -1] ^= np.uint64(2 ** (8 * changed) - 1)  # 0, 8, 16, … bits
    assert_finds_what_the_linear_search_finds(query, hashes, radius_bits)


def test_a_hash_of_which_all_bits_differ_is_as_far_as_can_be() -> None:
    hashes = np.array([[2**64 - 1] * 4, [0, 0, 0, 1]], np.uint64)
    query = np.zeros((1, 4), np.uint64)
    assert [
        HashIndex.from_words(hashes).search(query, radius)[0].positions.tolist() for radius in (0, 1, 255, 256)
    ] == [
        [],
        [1],
        [1],
        [0, 1],
    ]


@given(st.integers(0, 2**256 - 1))
def test_a_hash_has_the_words_of_its_bits(bits: int) -> None:
    by_bit = np.array([[digit == "1" for digit in f"{bits:0256b}"]])
    assert (hash_words(LogoHash("edge", "4x8x8", bits)) == pack_bits(by_bit)[0]).all()


def test_a_hash_that_fills_no_words_is_refused() -> None:
    with pytest.raises(ValueError, match="fill words of 64"):
        hash_words(LogoHash("edge", "3x5x5", 1))
