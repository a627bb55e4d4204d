from __future__ import annotations

import imagehash
import numpy as np
import pytest
from drawings import NAVY, draw_mark, lay_on
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from matcher.looking.features import Features, extract_all, extract_features
from matcher.looking.hashes import LogoHash, distance_bits, hash_all, hash_features, parse_hash
from matcher.looking.normalize import extract_ink, scale_ink

SHAPES = {"phash": "8x8", "dhash": "8x8", "edge": "4x8x8"}


@st.composite
def hashes(draw: st.DrawFn, algorithm: str | None = None) -> LogoHash:
    name = algorithm or draw(st.sampled_from(sorted(SHAPES)))
    bits = 256 if name == "edge" else 64
    return LogoHash(name, SHAPES[name], draw(st.integers(0, 2**bits - 1)))


def features_of(
    name: str, ink: tuple[int, int, int] = NAVY, ground: tuple[int, int, int] = (255, 255, 255)
) -> Features:
    rgb = np.asarray(lay_on(draw_mark(name, ink), ground))
    return extract_features(scale_ink(extract_ink(rgb, np.array(ground, np.uint8))))


@given(hashes())
def test_text_form_reads_back(value: LogoHash) -> None:
    assert parse_hash(str(value)) == value


@given(hashes("edge"), hashes("edge"), hashes("edge"))
def test_hamming_is_a_distance(a: LogoHash, b: LogoHash, c: LogoHash) -> None:
    assert distance_bits(a, b) == distance_bits(b, a)
    assert (distance_bits(a, b) == 0) == (a == b)
    assert distance_bits(a, c) <= distance_bits(a, b) + distance_bits(b, c)


@pytest.mark.parametrize(
    "text",
    ["", "phash", "phash/8x8:", "phash/8x8:c3d1", "phash/8x8:" + "g" * 16, "PHASH/8x8:" + "0" * 16, "x/3:8"],
)
def test_other_texts_are_no_hash(text: str) -> None:
    with pytest.raises(ValueError, match="as many digits"):
        parse_hash(text)


def test_hashes_of_different_kinds_have_no_distance() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        distance_bits(LogoHash("phash", "8x8", 0), LogoHash("dhash", "8x8", 0))


def test_phash_and_dhash_equal_imagehash() -> None:
    features = features_of("kestrel")
    made, picture = hash_features(features), Image.fromarray(features.ink_picture)
    assert str(made.phash) == f"phash/8x8:{imagehash.phash(picture)}"
    assert str(made.dhash) == f"dhash/8x8:{imagehash.dhash(picture)}"


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_batched_hashes_equal_those_made_one_by_one(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    inks = [random.integers(0, 256, (random.integers(4, 90), random.integers(4, 90)), np.uint8) for _ in range(count)]
    features = extract_all([*inks, np.full((9, 9), 255, np.uint8)])
    assert hash_all(features) == [hash_features(f) for f in features]


def test_hashes_ignore_colour_and_polarity_but_not_the_drawing() -> None:
    plain, white, other = (
        features_of("kestrel"),
        features_of("kestrel", (255, 255, 255), (0, 0, 0)),
        features_of("ombra"),
    )
    assert distance_bits(hash_features(plain).phash, hash_features(white).phash) <= 4
    assert distance_bits(hash_features(plain).edge, hash_features(white).edge) <= 10
    assert distance_bits(hash_features(plain).edge, hash_features(other).edge) > 40
