"""Each rule, in order, and the search that stands behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.register.imports import import_register
from casebook.register.search import Asked, Register, SearchResult
from casebook.rules import ClaimFacts, judge_claim, needs_search, tier_covers
from ledger.database import Ledger
from ledger.records import BrandRow
from ledger.vocabulary import Relation, VerdictKind

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
    relation=Relation.PARTNER, tiers=(), has_logo=True, has_text=True, is_in_main_part=True, official_logos=("acme.svg",),
    retired_logos=(), vendor_domain="true.example", brand_domains=("acme.example",), is_also_denied=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def register(tmp_path_factory) -> Register:
    folder: Path = tmp_path_factory.mktemp("register")
    (folder / "r.csv").write_text(REGISTER, encoding="utf-8")
    with Ledger.open(folder / "p.db") as ledger:
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
    return register.search(Asked(names=(name,), domains=(domain,), group=group), day)


@pytest.mark.parametrize(
    ("change", "domain", "name", "group", "verdict", "rule"),
    [
        ({"vendor_domain": "acme.example"}, "acme.example", "Acme", (), VerdictKind.OWN_PROPERTY, 1),
        ({"relation": Relation.DENIED}, "x.example", "X", (), VerdictKind.NOT_A_PARTNERSHIP_CLAIM, 2),
        ({"relation": Relation.SOCIAL}, "x.example", "X", (), VerdictKind.NOT_A_PARTNERSHIP_CLAIM, 3),
        ({"relation": Relation.PAYMENT}, "x.example", "X", (), VerdictKind.NOT_A_PARTNERSHIP_CLAIM, 3),
        ({"relation": Relation.CUSTOMER}, "x.example", "X", (), VerdictKind.NOT_A_PARTNERSHIP_CLAIM, 4),
        ({"relation": Relation.INCIDENTAL}, "x.example", "X", (), VerdictKind.UNDETERMINED, 5),
        (
            {"relation": Relation.INCIDENTAL, "is_in_main_part": False},
            "x.example",
            "X",
            (),
            VerdictKind.NOT_A_PARTNERSHIP_CLAIM,
            5,
        ),
        ({}, "true.example", "Other name", (), VerdictKind.AUTHORISED, 7),
        ({"tiers": ("Silver",)}, "true.example", "True", (), VerdictKind.AUTHORISED, 7),
        ({"tiers": ("Gold", "Silver")}, "true.example", "True", (), VerdictKind.EXCEEDS_GRANT, 8),
        ({"relation": Relation.SUPPLIER}, "true.example", "True", (), VerdictKind.EXCEEDS_GRANT, 8),
        ({}, "shop.example", "Shop", (), VerdictKind.AUTHORISED, 7),
        ({}, "marks.example", "Marks", (), VerdictKind.AUTHORISED, 7),
        ({"official_logos": ("acme.svg", "badge.svg")}, "marks.example", "Marks", (), VerdictKind.EXCEEDS_GRANT, 8),
        ({}, "past.example", "Past", (), VerdictKind.LAPSED, 9),
        ({}, "future.example", "Future", (), VerdictKind.NO_AUTHORISATION, 10),
        ({}, "elsewhere.example", "Nameless", (), VerdictKind.UNDETERMINED, 11),
        ({}, "elsewhere.example", "NAMENLOS", (), VerdictKind.UNDETERMINED, 11),
        ({}, "child.example", "Child", ("Group Holding",), VerdictKind.UNDETERMINED, 12),
        ({}, "stranger.example", "Stranger", ("Strange Group",), VerdictKind.NO_AUTHORISATION, 13),
        ({}, "elsewhere.example", "True", (), VerdictKind.UNDETERMINED, 11),
        ({}, "sister.example", "Sister", ("Joint Group",), VerdictKind.UNDETERMINED, 12),
    ],
)
def test_the_first_rule_that_fits_gives_the_verdict(register, change, domain, name, group, verdict, rule):
    facts = replace(PARTNER, **{"vendor_domain": domain, **change})
    found = search(register, domain, name=name, group=group) if needs_search(facts) else None
    judged = judge_claim(facts, found, DAY)
    assert (judged.verdict, judged.rule) == (verdict, rule)
    assert judged.reasons


def test_the_interval_begins_with_its_first_day_and_ends_before_its_last(register):
    facts = replace(PARTNER, vendor_domain="past.example")
    verdicts = {
        day: judge_claim(facts, search(register, "past.example", day=day), day).verdict
        for day in ("2014-12-31", "2015-01-01", "2022-06-30", "2022-07-01")
    }
    assert list(verdicts.values()) == [
        VerdictKind.NO_AUTHORISATION,
        VerdictKind.AUTHORISED,
        VerdictKind.AUTHORISED,
        VerdictKind.LAPSED,
    ]


def test_a_brand_without_register_is_undetermined(tmp_path):
    with Ledger.open(tmp_path / "p.db") as ledger:
        found = Register(ledger, "acme").search(Asked(names=("V",), domains=("v.example",), group=()), DAY)
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
    with Ledger.open(tmp_path / "p.db") as ledger:
        ledger.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at="2026-01-01T00:00:00Z")])
        import_register(ledger, "acme", tmp_path / "r.csv")
        made = Register(ledger, "acme")
    assert search(made, "shop.sub.example").hits
    assert search(made, "xn--mller-kva.example").hits


def test_a_retired_logo_and_a_denial_are_told(register):
    facts = replace(PARTNER, retired_logos=("acme-2014.svg (until 2019-07-01)",), is_also_denied=True)
    judged = judge_claim(facts, search(register, "true.example"), DAY)
    assert any("acme-2014.svg" in reason for reason in judged.reasons)
    assert any("denies" in objection for objection in judged.objections)


def test_equal_questions_give_equal_records(register):
    one, two = (search(register, "true.example").record for _ in range(2))
    assert one.search_id == two.search_id


@given(
    st.sampled_from(["Gold", "silver", "PLATINUM", "Elite", "Registered", "Ruby"]),
    st.sampled_from(["Gold", "silver", "PLATINUM", "Elite", "Registered", "Ruby"]),
)
def test_a_tier_covers_itself_and_never_both_ways_with_another(granted, claimed):
    assert tier_covers(granted, granted.upper())
    assert tier_covers(f"{granted} Partner", claimed) == tier_covers(granted, claimed)
    if granted.casefold() != claimed.casefold():
        assert not (tier_covers(granted, claimed) and tier_covers(claimed, granted))
