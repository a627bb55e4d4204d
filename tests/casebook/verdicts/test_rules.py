"""Days, tiers, and the search that stands behind a verdict; the rules one by one are in tests/verdicts.toml."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.register.imports import import_register
from casebook.register.search import Register, SearchQuery, SearchResult
from casebook.verdicts.facts import ClaimFacts
from casebook.verdicts.rules import judge_claim
from casebook.verdicts.tiers import NO_TIERS, Tier, TierList, tier_words
from ledger.records import BrandRow
from ledger.vocabulary import Relation, VerdictKind
from matcher.words.levelled import level_word
from tests.new_ledger import new_ledger

DAY = "2026-11-23"
REGISTER = """company,aliases,domain,relation,tier,marks,valid_from,valid_until,parent
True Ltd,,true.example,partner,Silver,,2020-01-01,,
Past Ltd,,past.example,partner,,,2015-01-01,2022-07-01,
Future Ltd,,future.example,partner,,,2027-01-01,,
Shop Ltd,,shop.example,reseller,,,2020-01-01,,
Marks Ltd,,marks.example,partner,,acme.svg,2020-01-01,,
Nameless Ltd,Namenlos,,partner,,,2020-01-01,,
Group Holding,,group.example,partner,,,2020-01-01,,
Member Ltd,,member.example,partner,,,2020-01-01,,Joint Group
SensorGrid Ltd,,sensorgrid.example,partner,,,2020-01-01,,
"""
PARTNER = ClaimFacts(
    relation=Relation.PARTNER, has_logo=True, has_text=True, is_in_main_part=True, official_logos=("acme.svg",),
    vendor_domain="true.example", brand_domains=("acme.example",), first_seen=DAY,
)  # fmt: skip


@pytest.fixture(scope="module")
def register(tmp_path_factory) -> Register:
    folder: Path = tmp_path_factory.mktemp("register")
    (folder / "r.csv").write_text(REGISTER, encoding="utf-8")
    with new_ledger(folder / "p.db") as ledger:
        ledger.add(
            [
                BrandRow(
                    brand="acme", name="Acme", aliases=(), domains=("acme.example",), recorded_at="2026-01-01T00:00:00Z"
                )
            ]
        )
        import_register(ledger, "acme", folder / "r.csv")
        return Register(ledger, "acme")


def search(
    register: Register, domain: str, *, name: str = "Vendor", group: tuple[str, ...] = (), day: str = DAY
) -> SearchResult:
    return register.search(SearchQuery(names=(name,), domains=(domain,), group=group), day)


def test_the_interval_begins_with_its_first_day_and_ends_before_its_last(register):
    facts = replace(PARTNER, vendor_domain="past.example")
    verdicts = {
        day: judge_claim(facts, search(register, "past.example", day=day), day).verdict
        for day in ("2014-12-31", "2015-01-01", "2022-06-30", "2022-07-01")
    }
    assert list(verdicts.values()) == [
        VerdictKind.NOT_YET,
        VerdictKind.AUTHORISED,
        VerdictKind.AUTHORISED,
        VerdictKind.LAPSED,
    ]


def test_a_brand_without_register_is_undetermined(tmp_path):
    with new_ledger(tmp_path / "p.db") as ledger:
        found = Register(ledger, "acme").search(SearchQuery(names=("V",), domains=("v.example",), group=()), DAY)
    assert judge_claim(PARTNER, found, DAY).verdict is VerdictKind.UNDETERMINED


def test_a_name_that_is_only_alike_is_a_near_miss_with_its_reason(register):
    record = search(register, "sensegrid.example", name="SenseGrid Technology").record
    assert record.hits == ()
    assert [miss["company"] for miss in record.near_misses] == ["SensorGrid Ltd"]
    assert "alike" in record.near_misses[0]["why_refused"]


def test_the_same_name_with_another_domain_goes_to_a_person(register):
    found = search(register, "elsewhere.example", name="True Ltd")
    assert [(hit.basis, hit.grant.domains) for hit in found.hits] == [("name", ("true.example",))]


def test_a_subdomain_and_an_international_domain_are_found_in_the_register(register, tmp_path):
    (tmp_path / "r.csv").write_text(
        "company,domain,valid_from\nA,shop.sub.example,2020-01-01\nB,https://www.müller.example/,2020-01-01\n"
    )
    with new_ledger(tmp_path / "p.db") as ledger:
        ledger.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at="2026-01-01T00:00:00Z")])
        import_register(ledger, "acme", tmp_path / "r.csv")
        made = Register(ledger, "acme")
    assert search(made, "shop.sub.example").hits
    assert search(made, "xn--mller-kva.example").hits


def test_equal_questions_give_equal_records(register):
    one, two = (search(register, "true.example").record for _ in range(2))
    assert one.search_id == two.search_id


def test_silver_covers_bronze():
    assert NO_TIERS.covers("Silver", "Bronze")
    assert not NO_TIERS.covers("Bronze", "Silver")


@pytest.mark.parametrize(
    ("granted", "claimed", "is_covered"),
    [
        ("Gold", "金牌", True), ("Gold", "Золотого", True), ("Silver", "Silber", True), ("Argent", "partenaire argent", True),
        ("Platinum", "Oro", True), ("ゴールド", "シルバー", True), ("Gold", "金牌合作伙伴", True), ("Gold", "نقره\u200cای", True),
        ("Silver", "金牌", False), ("Gold", "Platino", False), ("Bronze", "Silber-Partner", False), ("Gold", "GOLD  PARTNER", True),
    ],
)  # fmt: skip
def test_a_tier_is_the_same_in_every_language(granted, claimed, is_covered):
    assert NO_TIERS.covers(granted, claimed) is is_covered


def test_a_brands_own_tiers_are_known_in_every_language():
    own = TierList((Tier(name="Harbour"), Tier(name="Gold", valid_until="2020-01-01"), Tier(name="Ocean")))
    assert own.covers("Ocean", "金牌")
    assert not own.covers("Harbour", "金牌")
    assert own.abolished("Goud", "2021-01-01") == "2020-01-01"


def test_every_tier_of_the_lexicon_is_known(lexicon):
    """Add new ones to casebook/verdicts/tier_words.txt: one that is not there is compared as it stands, and exceeds every grant."""
    unknown = {
        (language, word)
        for language, lists in lexicon.tables["statements"].items()
        for word in lists.get("tiers", ())
        if level_word(word) not in tier_words()
    }
    assert not unknown


@given(
    st.sampled_from(["Gold", "silver", "PLATINUM", "Elite", "Registered", "Ruby"]),
    st.sampled_from(["Gold", "silver", "PLATINUM", "Elite", "Registered", "Ruby"]),
)
def test_a_tier_covers_itself_and_never_both_ways_with_another(granted, claimed):
    assert NO_TIERS.covers(granted, granted.upper())
    assert NO_TIERS.covers(f"{granted} Partner", claimed) == NO_TIERS.covers(granted, claimed)
    if granted.casefold() != claimed.casefold():
        assert not (NO_TIERS.covers(granted, claimed) and NO_TIERS.covers(claimed, granted))


def test_rows_that_a_register_lacks_speak_against_a_verdict_that_found_no_grant(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("company,domain,valid_from\nTrue Ltd,true.example,2020-01-01\nOther Ltd,other.example,soon\n")
    with new_ledger(tmp_path / "p.db") as ledger:
        ledger.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at="2026-01-01T00:00:00Z")])
        import_register(ledger, "acme", path, leaves_out_bad_rows=True)
        made = Register(ledger, "acme")
    says = "1 row of the register could not be read: a grant of this vendor may have been left out with it"
    judged = {
        domain: judge_claim(replace(PARTNER, vendor_domain=domain), search(made, domain, name=name), DAY)
        for domain, name in (("other.example", "Other Ltd"), ("true.example", "True Ltd"))
    }
    assert judged["other.example"].verdict is VerdictKind.NO_AUTHORISATION
    assert says in judged["other.example"].objections
    assert says not in judged["true.example"].objections
