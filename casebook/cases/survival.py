"""How long claims stay after a letter: the Kaplan-Meier estimate, by the tone of the first letter.

Reads: letters, cases. Writes: nothing.

1. A case counts from the day its first letter was sent, under that letter's tone.
2. It ends on the first day of the looks that prove the removal. Until then it is censored: all that is known is that the claim
   stayed at least until today. To count such cases as "not removed", or to leave them out, would both be wrong.
3. A claim that was gone before a letter was sent tells nothing of letters, and is counted apart.

Source: Kaplan and Meier, JASA 53 (1958) 457; interval by Greenwood's variance on the log-log scale (Kalbfleisch and Prentice, 1980,
p. 15), the default of common statistics programs; the examples of tests/casebook/cases/test_survival.py were also
given to lifelines 0.30.3, which tells the same.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.database import Ledger
from ledger.vocabulary import Tone

Z_95 = 1.959963984540054  # of the normal distribution, both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """One case. days: from the first letter; is_removed: False = still there at that time, or not proven gone."""

    days: int
    is_removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _DurationCount:
    """A row of _DURATIONS: how many cases have one tone, duration and end."""

    tone: Tone
    days: float
    is_removed: bool
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One day on which something ended. at_risk: cases still watched when it began; low, high: 95 % interval, None = undefined."""

    day: int
    at_risk: int
    removed: int
    censored: int
    remaining: float  # share of claims that stay longer than this day
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The claims that remain, day by day."""

    steps: Sequence[Step]

    @property
    def cases(self) -> int:
        return self.steps[0].at_risk if self.steps else 0

    @property
    def removed(self) -> int:
        return sum(step.removed for step in self.steps)

    @property
    def median_day(self) -> int | None:
        """The first day on which at most half of the claims remain; None when it never came to that."""
        return next((step.day for step in self.steps if step.remaining <= 0.5 + 1e-12), None)

    def at_risk(self, day: int) -> int:
        """Return how many cases were still watched when a day began."""
        return next((step.at_risk for step in self.steps if step.day >= day), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """The curves by tone, in the order of the tones; gone_before: cases that had ended when the first letter went out."""

    curves: Mapping[Tone, Curve]
    gone_before: int


def estimate_survival(durations: Iterable[Duration]) -> Curve:
    """Return the Kaplan-Meier estimate. A case censored on a day counts as at risk on it: it is known to have stayed that long."""
    removed, censored = Counter[int](), Counter[int]()
    for duration in durations:
        (removed if duration.is_removed else censored)[duration.days] += 1
    return estimate_from_counts(removed, censored)


def estimate_from_counts(removed: Counter[int], censored: Counter[int]) -> Curve:
    """Return the estimate from how many cases were removed, and how many censored, on each day."""
    at_risk, remaining, variance = removed.total() + censored.total(), 1.0, 0.0
    steps = []
    for day in sorted(removed.keys() | censored.keys()):
        gone = removed[day]
        remaining *= 1 - gone / at_risk
        if gone and at_risk > gone:
            variance += gone / (at_risk * (at_risk - gone))
        low, high = _interval(remaining, variance)
        steps.append(
            Step(
                day=day, at_risk=at_risk, removed=gone, censored=censored[day], remaining=remaining, low=low, high=high
            )
        )
        at_risk -= gone + censored[day]
    return Curve(steps=steps)


def _interval(remaining: float, variance: float) -> tuple[float | None, float | None]:
    if not 0 < remaining < 1:
        return None, None
    width = Z_95 * math.sqrt(variance) / abs(math.log(remaining))
    return remaining ** math.exp(width), remaining ** math.exp(-width)


def read_removals(
    ledger: Ledger, today: dt.date, *, brand: str | None = None, since: str | None = None, until: str | None = None
) -> Removals:
    """Return the curves of the cases whose first letter was sent in a period. since, until: dates, [since, until)."""
    counts: dict[Tone, tuple[Counter[int], Counter[int]]] = {}
    gone_before = 0
    keys = {"brand": brand, "since": since, "until": until, "today": str(today)}
    for group in ledger.select_each(_DurationCount, _DURATIONS, keys):
        if group.days < 0:
            gone_before += group.cases if group.is_removed else 0
            continue  # or sent on a day to come
        removed, censored = counts.setdefault(group.tone, (Counter(), Counter()))
        (removed if group.is_removed else censored)[int(group.days)] += group.cases
    curves = {tone: estimate_from_counts(*counts[tone]) for tone in Tone if tone in counts}
    return Removals(curves=curves, gone_before=gone_before)


# of letters sent on one day the one that was written first counts: SQLite takes tone from the row of the minimum
_DURATIONS = """
    SELECT l.tone, julianday(coalesce(c.removed_on, :today)) - julianday(l.sent_on) AS days,
           c.removed_on IS NOT NULL AS is_removed, count(*) AS cases
    FROM (SELECT case_id, tone, substr(min(sent_on || letter_id), 1, 10) AS sent_on FROM letters
          WHERE sent_on IS NOT NULL GROUP BY case_id) l
    JOIN cases c ON c.case_id = l.case_id
    WHERE (:brand IS NULL OR c.brand = :brand) AND (:since IS NULL OR l.sent_on >= :since) AND (:until IS NULL OR l.sent_on < :until)
    GROUP BY 1, 2, 3
"""
