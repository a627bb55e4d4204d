"""tests/verdicts.toml, case by case; and what must hold of every register.

Tests: casebook/verdicts/rules.py, casebook/verdicts/grant_limits.py, casebook/verdicts/objections.py,
casebook/verdicts/tiers.py.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.register.search import Register, SearchQuery, SearchResult
from casebook.verdicts.facts import ClaimFacts, Denial
from casebook.verdicts.rules import judge_claim, needs_search
from casebook.verdicts.tiers import Tier, TierList
from ledger.database import Ledger
from ledger.records import BrandRow
from ledger.vocabulary import AssertedBy, LogoVariant, Relation, VerdictKind
from tests.casebook.registers import import_grants
from tests.new_ledger import new_ledger

DAY = "2026-11-23"
NAME, DOMAIN = "Bright Harbour Ltd", "brightharbour.example"
CASES = tomllib.loads((Path(__file__).parents[2] / "verdicts.toml").read_text(encoding="utf-8"))["case"]
OTHERS = [
    {"company": "Somebody Else Ltd", "domain": "somebody.example", "relation": "partner", "valid_from": "2001-01-01"}
]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    with new_ledger(tmp_path_factory.mktemp("verdicts") / "p.db") as opened:
        yield opened


def facts_of(claim: dict[str, Any]) -> ClaimFacts:
    told = {key: tuple(value) if isinstance(value, list) else value for key, value in claim.items() if key != "parent"}
    told |= {
        "relation": Relation(told["relation"]),
        "tier_list": TierList(tuple(map(_tier, claim.get("tier_list", ())))),
        "denials": tuple(Denial(sentence=s, is_on_same_page=True, names_brand=True) for s in claim.get("denials", ())),
        "variants": tuple(map(LogoVariant, claim.get("variants", ["colour"]))),
        "asserted_by_others": tuple(map(AssertedBy, claim.get("asserted_by_others", ()))),
    }
    defaults = {
        "has_logo": True, "has_text": True, "is_in_main_part": True, "official_logos": ("acme.svg",), "fewest_strangers": 0,
        "vendor_domain": DOMAIN, "brand_domains": ("acme.example",), "first_seen": "2026-11-01", "began_after": "2026-10-01",
    }  # fmt: skip
    return ClaimFacts(**(defaults | told))


def _tier(text: str) -> Tier:
    name, _, until = text.partition(" until ")
    return Tier(name=name, valid_until=until or None)


def search(ledger: Ledger, brand: str, claim: dict[str, Any], as_of: str) -> SearchResult:
    asked = SearchQuery(names=(NAME,), domains=(DOMAIN,), group=(claim["parent"],) if "parent" in claim else ())
    return Register(ledger, brand).search(asked, as_of)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case["name"] for case in CASES])
def test_case(number, ledger, tmp_path):
    case = CASES[number]
    brand, as_of, claim = f"acme-{number}", case.get("as_of", DAY), case["claim"]
    ledger.add(
        [BrandRow(brand=brand, name="Acme", aliases=(), domains=("acme.example",), recorded_at="2026-01-01T00:00:00Z")]
    )
    if case.get("has_register", True):
        own = {"company": NAME, "domain": DOMAIN}
        import_grants(ledger, brand, tmp_path, [*OTHERS, *(own | grant for grant in case.get("register", ()))])
    facts = facts_of(claim)
    judged = judge_claim(facts, search(ledger, brand, claim, as_of) if needs_search(facts) else None, as_of)
    assert (judged.verdict, judged.rule) == (VerdictKind(case["verdict"]), case["rule"]), judged
    assert case.get("says", "") in "; ".join(judged.reasons)
    assert case.get("objects", "") in "; ".join(judged.objections)
    for rule in case.get("close", ()):
        assert any(told.startswith(f"rule {rule},") for told in judged.close), judged.close


def test_there_is_a_case_for_each_verdict_and_each_rule():
    assert len(CASES) >= 60
    assert {case["verdict"] for case in CASES} == set(VerdictKind)
    assert {case["rule"] for case in CASES} == set(range(1, 21))


GRANTS = st.fixed_dictionaries(
    {
        "company": st.sampled_from([NAME, "Bright Harbour GmbH", "Harbour Group", "Quay Ltd", "Bright Harbor Marine"]),
        "domain": st.sampled_from([DOMAIN, "other.example", ""]),
        "relation": st.sampled_from(["partner", "reseller", "certification", "customer", "technology"]),
        "tier": st.sampled_from(["", "Silver", "Gold", "Lighthouse"]),
        "parent": st.sampled_from(["", "Harbour Group"]),
        "territory": st.sampled_from(["", "DE", "FR", "DACH"]),
        "valid_from": st.sampled_from(["2015-01-01", "2020-01-01", "2027-01-01"]),
        "valid_until": st.sampled_from(["", "2028-01-01", "2022-01-01"]),
    }
).filter(lambda grant: not grant["valid_until"] or grant["valid_from"] < grant["valid_until"])
CLAIMS = st.fixed_dictionaries(
    {
        "relation": st.sampled_from(
            ["partner", "reseller", "certification", "customer", "technology", "unstated", "member"]
        ),
        "tiers": st.sampled_from([[], ["Silver"], ["Gold", "Silver"], ["Lighthouse"]]),
        "country": st.sampled_from([None, "DE", "FR"]),
        "has_text": st.booleans(),
        "template_vendors": st.sampled_from([0, 3]),
        "fewest_strangers": st.sampled_from([None, 0, 9]),
        "parent": st.sampled_from(["Harbour Group", "Nobody"]),
    }
)


def rule_of(tmp_path_factory, claim, *imports) -> int:
    folder = tmp_path_factory.mktemp("r")
    with new_ledger(folder / "p.db") as ledger:
        ledger.add(
            [
                BrandRow(
                    brand="acme", name="Acme", aliases=(), domains=("acme.example",), recorded_at="2026-01-01T00:00:00Z"
                )
            ]
        )
        for register, grants in imports:
            import_grants(ledger, "acme", folder, [*OTHERS, *grants], register=register)
        facts = facts_of(claim)
        return judge_claim(facts, search(ledger, "acme", claim, DAY), DAY).rule


@settings(max_examples=40, deadline=None)
@given(CLAIMS, st.lists(GRANTS, max_size=4), GRANTS)
def test_one_more_grant_never_makes_a_verdict_worse(tmp_path_factory, claim, grants, more):
    before = rule_of(tmp_path_factory, claim, ("partners", grants))
    assert rule_of(tmp_path_factory, claim, ("partners", [*grants, more])) <= before


@settings(max_examples=25, deadline=None)
@given(CLAIMS, st.lists(GRANTS, max_size=3), st.lists(GRANTS, max_size=3))
def test_the_order_of_imports_does_not_matter(tmp_path_factory, claim, one, other):
    imports = [("partners", one), ("resellers", other)]
    assert rule_of(tmp_path_factory, claim, *imports) == rule_of(tmp_path_factory, claim, *imports[::-1])


@settings(max_examples=25, deadline=None)
@given(st.lists(GRANTS, max_size=5), st.integers(0, 10), st.integers(0, 10))
def test_a_wider_window_never_removes_an_authorisation(tmp_path_factory, grants, years, more):
    folder = tmp_path_factory.mktemp("r")
    with new_ledger(folder / "p.db") as ledger:
        ledger.add(
            [
                BrandRow(
                    brand="acme", name="Acme", aliases=(), domains=("acme.example",), recorded_at="2026-01-01T00:00:00Z"
                )
            ]
        )
        import_grants(ledger, "acme", folder, [*OTHERS, *grants])
        register = Register(ledger, "acme")
        asked = SearchQuery(names=(NAME,), domains=(DOMAIN,), group=("Harbour Group",))
        found = [
            {
                (hit.grant.grant_id, hit.basis)
                for hit in register.search(asked, DAY, window_from=f"{2026 - width}-11-23").hits
            }
            for width in (years, years + more)
        ]
    assert found[0] <= found[1]
