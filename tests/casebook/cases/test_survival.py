"""The Kaplan-Meier estimate against examples worked out by hand, and what counts as an end."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.cases.survival import Duration, estimate_survival, read_removals
from ledger.database import Ledger
from ledger.vocabulary import Tone
from tests.casebook.ledgers import rows_of
from tests.casebook.web.contexts import make_context


def durations(removed: list[int], censored: list[int]) -> list[Duration]:
    return [Duration(days=day, is_removed=True) for day in removed] + [
        Duration(days=day, is_removed=False) for day in censored
    ]


def test_the_curve_is_what_one_works_out_by_hand():
    """Ten cases: removed on days 3, 5, 5, 8, 12; still there on days 5, 6, 10, 15, 20."""
    curve = estimate_survival(durations([3, 5, 5, 8, 12], [5, 6, 10, 15, 20]))
    told = [(step.day, step.at_risk, step.removed, step.censored, round(step.remaining, 6)) for step in curve.steps]
    assert told == [
        (3, 10, 1, 0, 0.9),  # 9/10
        (5, 9, 2, 1, 0.7),  # 0.9 x 7/9
        (6, 6, 0, 1, 0.7),
        (8, 5, 1, 0, 0.56),  # 0.7 x 4/5
        (10, 4, 0, 1, 0.56),
        (12, 3, 1, 0, 0.373333),  # 0.56 x 2/3
        (15, 2, 0, 1, 0.373333),
        (20, 1, 0, 1, 0.373333),
    ]
    assert curve.median_day == 12
    assert (curve.cases, curve.removed) == (10, 5)
    assert [curve.at_risk(day) for day in (0, 3, 4, 9, 20, 21)] == [10, 10, 9, 4, 1, 0]


def test_the_interval_is_that_of_a_textbook():
    """Remission under 6-MP (Freireich 1963, 21 patients), as in Kalbfleisch and Prentice: 0.857 at 6 weeks, 0.448 at 23."""
    curve = estimate_survival(
        durations([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
    )
    by_day = {step.day: step for step in curve.steps}
    assert [round(by_day[day].remaining, 4) for day in (6, 7, 10, 13, 16, 22, 23)] == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]  # fmt: skip
    # Greenwood by hand at day 6: 3 / (21 x 18) = 1/126; exp(+-1.96 x sqrt(1/126) / |ln 0.857143|) = 3.1045, 0.3221
    low, high = by_day[6].low, by_day[6].high
    assert low is not None
    assert high is not None
    assert (round(low, 4), round(high, 4)) == (0.6197, 0.9516)
    assert curve.median_day == 23


def test_all_removed_none_removed_and_nothing_at_all():
    assert [step.remaining for step in estimate_survival(durations([1, 2], [])).steps] == [0.5, 0.0]
    still = estimate_survival(durations([], [4, 9]))
    assert ([step.remaining for step in still.steps], still.median_day) == ([1.0, 1.0], None)
    assert estimate_survival([]).steps == []
    assert estimate_survival(durations([0], [0])).steps[0].remaining == 0.5


@given(st.lists(st.integers(0, 30), max_size=30), st.lists(st.integers(0, 30), max_size=30))
def test_it_only_falls_and_equals_the_plain_share_when_nothing_is_censored(removed, censored):
    curve = estimate_survival(durations(removed, censored))
    shares = [1.0, *(step.remaining for step in curve.steps)]
    assert all(0 <= after <= before for before, after in itertools.pairwise(shares))
    plain = estimate_survival(durations(removed, []))
    for step in plain.steps:
        assert step.remaining == pytest.approx(sum(day > step.day for day in removed) / len(removed))
    for step in curve.steps:
        if step.low is not None and step.high is not None:
            assert 0 <= step.low <= step.remaining <= step.high <= 1


def add_letter(ledger: Ledger, case: str, number: int, tone: Tone, sent_on: str | None) -> None:
    row = {
        "letter_id": f"{number:026}", "case_id": case, "tone": tone, "language": "en", "jurisdiction": "GB", "gate": "writer",
        "state": "sent" if sent_on else "draft", "text_id": "t", "grounds": "{}", "enclosure": "[]", "written_by": "ann", "written_at": "2026-01-01T00:00:00Z", "sent_on": sent_on,
    }  # fmt: skip
    ledger.execute(f"INSERT INTO letters ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def test_a_case_counts_from_its_first_letter_under_its_tone_until_a_proven_removal_or_today(tmp_path: Path):
    ledger = make_context(tmp_path).ledger
    one, two, three, four = [row[0] for row in rows_of(ledger, "SELECT case_id FROM cases ORDER BY vendor_domain")]
    add_letter(ledger, one, 2, Tone.DEMAND, "2026-02-01")
    add_letter(ledger, one, 1, Tone.REQUEST, "2026-01-10")
    add_letter(ledger, two, 4, Tone.REQUEST, "2026-01-20")  # on one day: the one written first
    add_letter(ledger, two, 5, Tone.ENQUIRY, "2026-01-20")
    add_letter(ledger, three, 6, Tone.ENQUIRY, "2026-01-05")
    add_letter(ledger, four, 7, Tone.ENQUIRY, None)  # a draft
    ledger.execute("UPDATE cases SET removed_on = '2026-01-25' WHERE case_id = ?", [one])
    ledger.execute("UPDATE cases SET removed_on = '2026-01-01' WHERE case_id = ?", [three])  # before anybody wrote
    found = read_removals(ledger, dt.date(2026, 3, 1))
    assert found.gone_before == 1
    assert list(found.curves) == [Tone.REQUEST]
    assert [(step.day, step.removed, step.censored) for step in found.curves[Tone.REQUEST].steps] == [
        (15, 1, 0),
        (40, 0, 1),
    ]
    assert read_removals(ledger, dt.date(2026, 3, 1), since="2026-01-15").curves[Tone.REQUEST].removed == 0
    assert not read_removals(ledger, dt.date(2026, 3, 1), until="2026-01-05").curves
    assert not read_removals(ledger, dt.date(2026, 3, 1), brand="globex").curves
