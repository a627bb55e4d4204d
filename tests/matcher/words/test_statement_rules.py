"""Each rule of the reader: one sentence that it decides, and one beside it that it leaves alone.

Tests: matcher/words/any_brand.py, matcher/words/denials.py, matcher/words/details.py, matcher/words/grammar.py,
matcher/words/naming.py, matcher/words/naming_rules.py, matcher/words/phrase.py, matcher/words/ties.py,
matcher/words/times.py.
"""

from __future__ import annotations

import pytest

from ledger.lexicon import Lexicon
from ledger.vocabulary import AssertedBy, Modality, Polarity, Relation, SectionKind, StatementKind
from matcher.words.naming import brand_names
from matcher.words.statement_context import Setting
from matcher.words.statements import Statement, StatementReader

NAMES = brand_names("acme", "Acme", ["艾克米"], ["orchard", "acme of"]) + brand_names("corvane", "Corvane", [])
READER = StatementReader(NAMES, Lexicon.load())


def read(text: str, brand: str | None = "acme", **setting: object) -> Statement:
    found = [s for s in READER.read(text, Setting(**{"language": "en", **setting})) if s.brand == brand]
    assert found, text
    return found[0]


def kind(text: str, brand: str | None = "acme", **setting: object) -> str:
    return str(read(text, brand, **setting).kind)


def test_the_name_may_stand_inside_the_term() -> None:
    assert read("We are an authorised Acme Cloud partner.").relation is Relation.PARTNER
    assert kind("We use Acme Cloud. Our partner is Corvane.") == "mention-only"


def test_a_whole_list_is_tied() -> None:
    for text in (
        "Official partner: Corvane, Beta, Acme & Gamma",
        "certified partners with leaders including Beta, Corvane and Acme",
    ):
        assert kind(text) == kind(text, "corvane") == "partner-claim"


def test_a_partner_for_something_with_the_brand_is_no_partner_of_it() -> None:
    assert kind("Brightharbour is our partner for the Acme integration.") == "mention-only"
    assert kind("Brightharbour is the official partner for Acme in Malta.") == "partner-claim"


def test_the_readers_partner_is_not_the_brands() -> None:
    assert kind("We are your partner for Acme projects.") == "mention-only"
    assert kind("As an Acme partner we advise you.") == "partner-claim"


def test_who_acts_is_somebody_else() -> None:
    assert read("Acme works with thousands of partners.").asserted_by is AssertedBy.THIRD_PARTY
    assert read("Corvane announced a partnership with Acme.").asserted_by is AssertedBy.THIRD_PARTY
    assert read("Acme has named us its partner.").asserted_by is AssertedBy.VENDOR
    assert kind("Hallam is an Acme partner.", heading_trail=("Hallam Ltd.",)) == "mention-only"
    assert kind("Hallam is an Acme partner.", heading_trail=("Hallam Ltd.",), vendor="Hallam") == "partner-claim"


def test_a_vendors_own_name_is_kept_as_subject() -> None:
    assert read("Hallam Quay is an Acme BusinessPartner.").subject == "Hallam Quay"
    assert read("We are an Acme partner.").subject is None


def test_a_disclaimer_is_told_from_a_denial() -> None:
    assert read("We are not an Acme partner.").polarity is Polarity.DENIED
    notice = read("Acme is a trademark of its owner.")
    assert (notice.kind, notice.polarity, notice.relation) == (StatementKind.DENIAL, Polarity.DISCLAIMED, None)
    assert read("We do not only sell Acme, we are an Acme partner.").polarity is Polarity.AFFIRMED


def test_what_is_over_is_told_from_what_follows_it() -> None:
    assert read("Formerly a start-up, we are now a partner of Acme.").modality is Modality.IS
    assert read("Formerly an Acme partner, we work alone.").modality is Modality.WAS
    assert read("Acme partner 2015–2018").until == "2019"
    assert read("Certified Acme partner until 2030", seen_year=2026).modality is Modality.IS
    assert read("Certified Acme partner until 2020", seen_year=2026).modality is Modality.WAS


def test_a_question_claims_nothing() -> None:
    assert kind("Are you looking at an Acme partner?") == "mention-only"
    assert kind("We are an Acme partner!") == "partner-claim"


def test_a_person_and_an_advert() -> None:
    assert kind("Acme support experience", heading_trail=("Our team", "Work experience")) == "past"
    assert kind("Acme support experience") == "mention-only"
    assert (
        read("Good knowledge of Acme partner tools", heading_trail=("Requirements:",)).asserted_by
        is AssertedBy.JOB_ADVERT
    )


def test_a_heading_that_is_a_name_speaks_for_the_text_under_it() -> None:
    statement = read("Gold Partner since 2012", heading_trail=("Acme",))
    assert (statement.kind, statement.tier, statement.since) == (StatementKind.PARTNER_CLAIM, "Gold", "2012")
    assert statement.alias == "Partner"
    assert all(
        s.brand is None for s in READER.read("Storage for partners", Setting(language="en", heading_trail=("Acme",)))
    )


def test_a_sentence_that_goes_on_from_the_one_before() -> None:
    assert kind("We maintain partnerships with leading vendors. Among them are Acme and Corvane.") == "partner-claim"
    assert kind("The weather is fine. Among them are Acme and Corvane.") == "mention-only"


def test_a_list_under_a_heading_is_a_claim() -> None:
    assert kind("Acme Systems", section_kind=SectionKind.PARTNERS) == "partner-claim"
    assert kind("Acme Systems", section_kind=SectionKind.PARTNERS, zone="nav") == "mention-only"
    assert kind("Acme has opened an office", section_kind=SectionKind.PARTNERS) == "mention-only"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Our partners", "partner-claim"),
        ("We maintain partnerships with leading vendors.", "partner-claim"),
        ("Trusted by 3,000 companies", "customer-claim"),
        ("We describe readiness without overclaiming formal partner status.", "denial"),
        ("Skills are described as readiness unless a partner status is confirmed.", "denial"),
        ("Your partner in logistics", "mention-only"),
    ],
)
def test_sentences_that_speak_of_every_brand(text: str, expected: str) -> None:
    assert kind(text, None) == expected


@pytest.mark.parametrize("text", ["Become a partner", "Partner login", "The weather is fine.", "Storage for partners"])
def test_sentences_that_say_nothing_give_no_row(text: str) -> None:
    assert READER.read(text, Setting(language="en")) == []


def test_an_everyday_word_is_a_name_only_in_a_term() -> None:
    assert READER.read("the acme of good taste", Setting(language="en")) == []
    assert READER.read("they reached their acme early", Setting(language="en")) == []
    assert kind("an acme alliance partner") == "partner-claim"


def test_the_brands_own_words_say_when_the_name_is_not_meant() -> None:
    assert READER.read("Acme orchard partners", Setting(language="en", zone="nav")) == []
    assert kind("Acme partner") == "partner-claim"


def test_a_rule_names_itself_and_its_words() -> None:
    assert read("We are a partner of Acme.").rule == "en/partner-of: “partner of”"
    assert read("艾克米授权经销商", language="zh").rule == "zh/reseller: “授权经销商”"


def test_english_sentences_stand_on_pages_of_every_script() -> None:
    assert kind("We are not an Acme partner.", language="zh") == "denial"
    assert kind("Acme Gold Partner", language="uk") == "partner-claim"


def test_an_abbreviation_or_an_ordinal_ends_no_sentence() -> None:
    assert kind("Acme Inc. is our partner.") == "partner-claim"
    assert kind("Do 2019. bili smo zastupnik tvrtke Acme.", language="hr") == "past"
    assert kind("We buy from Beta Inc. We are an Acme partner.") == "partner-claim"
