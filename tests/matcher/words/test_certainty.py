"""How sure a claim is: tests/gold/strangers.toml, and each shape and doubt by itself.

Tests: matcher/words/certainty.py.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ledger.lexicon import Lexicon
from ledger.vocabulary import Certainty, Polarity, SectionKind, StatementKind
from matcher.words.naming import brand_names
from matcher.words.statement_context import Setting
from matcher.words.statements import Statement, StatementReader

GOLD = tomllib.loads((Path(__file__).parents[2] / "gold" / "strangers.toml").read_text(encoding="utf-8"))
MATRIX = tomllib.loads((Path(__file__).parents[2] / "gold" / "matrix.toml").read_text(encoding="utf-8"))
READER = StatementReader(
    brand_names("veltrana", "Veltrana", ["Велтрана"]) + brand_names("corvane", "Corvane", []), Lexicon.load()
)
CLAIMS = (StatementKind.PARTNER_CLAIM, StatementKind.CERTIFICATION)
MIN_CLAIMS_SURE = 0.9


def read(text: str, *, language: str = "en", vendor: str = "Quayside", **setting: object) -> list[Statement]:
    found = READER.read(text, Setting(language=language, vendor=vendor, **setting))  # type: ignore[arg-type]  # each by its name
    return [statement for statement in found if statement.brand == "veltrana"]


def sureness(text: str, **setting: object) -> tuple[Certainty, str | None] | None:
    claims = [s for s in read(text, **setting) if s.kind in CLAIMS]  # type: ignore[arg-type]
    return (claims[0].certainty, claims[0].doubt) if claims else None


def sentences(*kinds: str) -> list[tuple[str, str]]:
    of_language = {language: lists for language, lists in GOLD.items() if isinstance(lists, dict)}
    return [
        (language, text) for language, lists in of_language.items() for kind in kinds for text in lists.get(kind, ())
    ]


@pytest.mark.parametrize(("language", "text"), sentences("past", "future", "other"))
def test_what_claims_nothing_today_is_never_sure(language, text):
    found = sureness(text, language=language)
    assert found is None or found[0] is Certainty.LIKELY


@pytest.mark.parametrize(("language", "text"), sentences("claim"))
def test_a_claim_is_found(language, text):
    assert sureness(text, language=language) is not None


@pytest.mark.parametrize(
    ("kind", "language"),
    [(kind, language) for kind in ("unauthorised", "coming", "still") for language in MATRIX[kind]],
)
def test_unauthorised_coming_and_still_are_told_apart_in_every_language(kind, language):
    assert (sureness(MATRIX[kind][language], language=language) is not None) is (kind == "still")


def test_the_matrix_has_every_language_of_the_lexicon(lexicon):
    for kind in ("unauthorised", "coming", "still"):
        assert set(MATRIX[kind]) == set(lexicon.tables["statements"])


def test_most_claims_are_sure():
    found = [sureness(text, language=language) for language, text in sentences("claim")]
    sure = sum(claim is not None and claim[0] is Certainty.SURE for claim in found)
    assert sure >= MIN_CLAIMS_SURE * len(found)


@pytest.mark.parametrize(("language", "text"), sentences("denial"))
def test_a_denial_is_one_in_every_language(language, text):
    assert StatementKind.DENIAL in {statement.kind for statement in read(text, language=language)}


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("We do not sell Corvane, but we are a Veltrana Gold Partner.", "“not”"),
        ("Bluefin Ltd is a Veltrana partner.", "said of “Bluefin Ltd”"),
        ("A Veltrana dealer in Cork", "no one in particular: “a”"),
        ("Veltrana dealers in Cork", None),
        ("Veltrana Partner Summit", "something else: “Summit”"),
        ("Veltrana dealer locator and prices", "more is said than that: “locator prices”"),
        ("Stamped by Veltrana dealer, 2 keys", "not by itself: “by Veltrana dealer”"),
        ("“Veltrana partner” and other words", "words in quotation marks"),
        ("E.g. We are an official Veltrana partner", "“E.g.”"),
    ],
)
def test_what_no_shape_explains_leaves_a_doubt_and_is_told(text, doubt):
    found = sureness(text)
    assert found == ((Certainty.LIKELY, doubt) if doubt else None)


@pytest.mark.parametrize(
    "text",
    [
        "We are an authorised Veltrana reseller.",
        "As a certified partner of Veltrana, we advise you.",
        "Quayside is a Veltrana partner.",
        "Quayside – official distributor of Veltrana",
        "Your authorised Veltrana dealer in Leeds",
        "Veltrana Gold Partner since 2012",
        "Importer of Veltrana saws",
    ],
)
def test_each_shape_is_sure(text):
    assert sureness(text) == (Certainty.SURE, None)


def test_the_beginning_of_the_vendors_name_is_the_vendor_and_a_relative_is_not():
    assert sureness("Merrow & Tate is a Veltrana partner.", vendor="Merrow & Tate Advisory") == (Certainty.SURE, None)
    assert sureness("Harbour Group is a Veltrana partner.", vendor="Harbour IT") == (
        Certainty.LIKELY, "said of “Harbour Group”",
    )  # fmt: skip
    assert sureness("Eastquay is a Veltrana partner.", own_names=("Eastquay Ltd",)) == (Certainty.SURE, None)


def test_a_relative_is_named_and_claims_nothing_for_the_vendor():
    (statement,) = read("Our parent company Harbour Group is a partner of Veltrana.")
    assert (statement.kind, statement.subject) == (StatementKind.MENTION_ONLY, "Harbour Group")
    assert "a relative's" in statement.rule


def test_no_is_an_answer_that_denies():
    found = read("Are you an authorised Veltrana reseller? No, we are independent.")
    assert [s.polarity for s in found if s.kind is StatementKind.DENIAL] == [Polarity.DENIED]
    assert not [s for s in read("Are you a Veltrana reseller? Yes, we are.") if s.kind is StatementKind.DENIAL]


def test_a_tier_is_its_own_brands():
    text = "We are a Corvane Premier Partner and a Veltrana Solutions Partner."
    assert [s.tier for s in read(text)] == [None]
    assert [s.tier for s in read("We hold Veltrana Gold status.")] == ["Gold"]


def test_inflected_names_are_names_where_the_language_declines():
    assert read("Wyłączny przedstawiciel Veltrany w Polsce", language="pl")
    assert read("Официальный дилер Велтраны", language="ru")
    assert read("Olemme Veltranan virallinen maahantuoja.", language="fi")
    assert not read("Sole agent of Veltrany Ltd", language="en")


def test_a_list_under_former_partners_is_over():
    (statement,) = read("Veltrana", section_kind=SectionKind.PARTNERS, heading_trail=("Former partners",))
    assert statement.kind is StatementKind.PAST
