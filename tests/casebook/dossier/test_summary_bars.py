"""Findings by brand and verdict: the most serious first, and none of them lost where there are many brands."""

from __future__ import annotations

from collections import Counter

from casebook.dossier.coverage import Coverage
from casebook.dossier.findings import Finding
from casebook.dossier.summary_bars import MOST_BRANDS, count_verdicts, draw_brand_bars, list_outcomes, make_legend
from ledger.verdict_kinds import SERIOUSNESS
from ledger.vocabulary import Relation, VerdictKind


def finding(brand: str, verdict: VerdictKind | None) -> Finding:
    return Finding(
        vendor="V", vendor_domain="v.example", brand=brand, relation=Relation.PARTNER, tier=None, evidence="text", verdict=verdict,
        reasons=(), page_url="https://v.example/", image_url=None, image_sha256=None, first_seen="2026-01-01T00:00:00Z",
        last_seen="2026-01-01T00:00:00Z", claim_id="c", rule="1", objections=(), close=(), as_of="2026-01-01",
    )  # fmt: skip


def coverage(**changes: object) -> Coverage:
    values = {
        "vendors": (), "left_out": 0, "by_outcome": Counter(), "by_reason": Counter(), "unseen_by_reason": Counter(),
        "pages_read": 0, "with_partner_page": 0,
    }  # fmt: skip
    return Coverage(**(values | changes))


def test_verdicts_are_counted_with_the_most_serious_first_and_the_unjudged_last():
    given = [None, VerdictKind.AUTHORISED, VerdictKind.LAPSED, VerdictKind.LAPSED]
    assert list(count_verdicts(finding("a", verdict) for verdict in given).items()) == [
        ("lapsed", 2),
        ("authorised", 1),
        ("none", 1),
    ]


def test_brands_with_the_most_serious_findings_come_first_whatever_their_number():
    many = [finding("many", VerdictKind.AUTHORISED)] * 9
    bars, further = draw_brand_bars([*many, finding("worst", VerdictKind.NO_AUTHORISATION)], {"worst": "Worst"})
    assert [(row.name, row.total) for row in bars] == [("Worst", 1), ("many", 9)]
    assert further is None
    assert 'width="11.11%"' in bars[0].bar, "all bars have one scale"


def test_what_is_left_of_many_brands_is_summed_up_and_nothing_is_lost():
    findings = [finding(f"b{number:02d}", kind) for number in range(60) for kind in SERIOUSNESS[: number % 10 + 1]]
    bars, further = draw_brand_bars(findings, {})
    assert (len(bars), further.brands) == (MOST_BRANDS, 60 - MOST_BRANDS)
    assert sum(row.total for row in bars) + further.total == len(findings)


def test_the_legend_says_what_each_given_verdict_means():
    legend = make_legend({"lapsed": 2, "none": 1})
    assert [(entry.kind, entry.findings, entry.meaning) for entry in legend] == [
        ("lapsed", 2, "the register allowed it once, and no longer"),
        ("none", 1, "the register was not asked yet"),
    ]


def test_vendors_that_were_not_looked_at_have_their_reasons_in_words():
    reasons = Counter(
        {("could-not-look", "challenge"): 3, ("looked-in-part", "of-no-kind"): 1, ("could-not-look", ""): 1}
    )
    outcomes = Counter({"could-not-look": 4, "looked": 8, "looked-in-part": 1})
    lines = list_outcomes(coverage(by_outcome=outcomes, by_reason=reasons))
    assert [(line.kind, line.vendors) for line in lines] == [
        ("looked", 8),
        ("looked-in-part", 1),
        ("could-not-look", 4),
    ]
    assert [[(reason.why, reason.vendors) for reason in line.reasons] for line in lines] == [
        [],
        [("of no kind", 1)],
        [("the site asks whether a person is there", 3), ("unknown", 1)],
    ]


def test_rare_reasons_are_one_line():
    reasons = Counter({("could-not-look", f"http-{number}"): 1 for number in range(600, 630)})
    (line,) = list_outcomes(coverage(by_outcome=Counter({"could-not-look": 30}), by_reason=reasons))
    assert len(line.reasons) + line.further == 30
