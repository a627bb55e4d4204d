"""Brands' names among the words of a picture: whole words, a letter wrong in long ones, nothing inside longer words."""

from __future__ import annotations

import pytest

from matcher.lettering.named_brands import PictureNames, name_key
from matcher.lettering.read_lines import ReadLine
from matcher.looking.picture_box import Box
from matcher.words.naming import Name, brand_names

NAMES = [
    *brand_names("kestrova", "Kestrova", ["Kestrova Networks", "克斯特"]),
    *brand_names("red-harbour", "Red Harbour", []),
    *brand_names("veltrana", "Veltrana Systems", []),
    *brand_names("kvx", "KVX", []),
    *brand_names("hq", "HQ", []),
    *brand_names("pellow", "Pellow", ["펠로우"]),
    *brand_names("ort", "Ort", (), ["dental"]),
]
FINDER = PictureNames(NAMES)


def lines(*texts: str, confidence: float = 0.99) -> list[ReadLine]:
    return [
        ReadLine(text=text, confidence=confidence, box=Box(x=10, y=20 * number, width=8 * len(text), height=16))
        for number, text in enumerate(texts)
    ]


def found(*texts: str, confidence: float = 0.99) -> dict[str, int]:
    """Brand → wrong letters."""
    return {n.brand: n.letters_wrong for n in FINDER.find(lines(*texts, confidence=confidence))}


@pytest.mark.parametrize(
    ("texts", "brands"),
    [
        (["KESTROVA"], {"kestrova": 0}),
        (["Késtrova®"], {"kestrova": 0}),
        (["Kestrova", "Gold Partner"], {"kestrova": 0}),
        (["RedHarbour"], {"red-harbour": 0}),
        (["RED", "HAR BOUR"], {"red-harbour": 0}),
        (["VELTRANASystems"], {"veltrana": 0}),
        (["KESTROVANetworks"], {"kestrova": 0}),
        (["Kestrcva"], {"kestrova": 1}),
        (["Kostrcva"], {}),  # two wrong of eight
        (["Veltrcna Systoms"], {"veltrana": 2}),
        (["Pcllow"], {"pellow": 1}),
        (["Kestrovana"], {}),  # a longer word
        (
            ["MyKestrovaShop"],
            {"kestrova": 0},
        ),  # capitals tell the words: what is strange beside it, badge_words.py says
        (["mykestrovashop"], {}),
        (["克斯特金牌合作伙伴"], {"kestrova": 0}),
        (["펠로우 파트너"], {"pellow": 0}),
        (["KVX"], {"kvx": 0}),
        (["kvx", "partner"], {"kvx": 0}),  # three letters, alone in their line
        (["we kvx"], {}),
        (["KVO"], {}),  # short names are read whole
        (["HQ"], {"hq": 0}),
        (["hq", "partner"], {}),  # two letters in lower case: only where nothing else stands
        (["HQ Dental"], {"hq": 0}),
        (["Ort Dental"], {}),  # brand.toml: not_when
        (["Kestrova", "Red Harbour"], {"kestrova": 0, "red-harbour": 0}),
    ],
)
def test_a_name_is_found_as_it_may_be_read(texts, brands):
    assert found(*texts) == brands


def test_the_longest_name_wins():
    (naming,) = FINDER.find(lines("Kestrova Networks"))
    assert naming.name == "Kestrova Networks"


def test_an_exact_name_wins_over_one_with_a_wrong_letter():
    finder = PictureNames([Name(brand="a", text="Veltram"), Name(brand="b", text="Veltran")])
    assert [n.brand for n in finder.find(lines("Veltran"))] == ["b"]


def test_a_short_name_that_was_read_badly_names_nobody():
    assert found("KVX", confidence=0.7) == {}
    assert found("KESTROVA", confidence=0.7) == {"kestrova": 0}  # how sure it is, badge_words.py says


def test_what_stands_beside_a_name_is_told_apart_from_other_lines():
    (naming,) = FINDER.find(lines("Nordic Kestrova", "Gold Partner"))
    assert naming.beside == ("Nordic",)
    assert [(word.text, word.height_share) for word in naming.others] == [("Gold", 1.0), ("Partner", 1.0)]
    assert naming.box == Box(x=10, y=0, width=120, height=16)


def test_keys_have_letters_and_digits_only():
    assert name_key("Späth & Söhne 3") == "spathsohne3"
    assert name_key("펠로우") == "펠로우"
