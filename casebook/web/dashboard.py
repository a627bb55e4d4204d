"""The dashboard: what was found, what could be looked at, how long claims stay, and who has how much to do.

Reads: cases (in memory), letters, looks, visits. Writes: nothing. The address holds brand, period and grouping.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np

from casebook.cases.survival import Removals, read_removals
from casebook.dossier.coverage import WHAT_TO_DO
from casebook.web.access.accounts import Session
from casebook.web.application_context import ApplicationContext
from casebook.web.case_columns import CaseColumns, Mask
from casebook.web.charts import COLOURS, Series, draw_bars, draw_columns, draw_survival
from casebook.web.coverage_counts import UNKNOWN, CoverageCounts, count_coverage
from casebook.web.responses import Answer, Page
from ledger.database import Ledger
from ledger.identity import utc_now
from ledger.vocabulary import UNDECIDED as UNDECIDED_STATES
from ledger.vocabulary import Role

GROUPINGS = ("verdict", "brand", "country")
MOST_BARS, LEFT_OVER = 12, "others"
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the address asks for. since, until: dates, both included; None: without end."""

    brand: str | None
    since: dt.date | None
    until: dt.date | None
    by: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Scope:
        """Return the scope of an address; what makes no sense is left out."""
        by = query.get("by", "")
        return cls(
            brand=query.get("brand", "")[:200] or None,
            since=_date(query.get("since", "")),
            until=_date(query.get("until", "")),
            by=by if by in GROUPINGS else GROUPINGS[0],
        )

    def address(self, **changes: str) -> str:
        known = {
            "brand": self.brand or "",
            "since": str(self.since or ""),
            "until": str(self.until or ""),
            "by": "" if self.by == GROUPINGS[0] else self.by,
        }
        return urlencode({name: value for name, value in (known | changes).items() if value})

    @property
    def seconds(self) -> tuple[float, float]:
        """The period as seconds from 1970, [from, to)."""
        return (
            _seconds(self.since) if self.since else -np.inf,
            _seconds(self.until) + _DAY_S if self.until else np.inf,
        )

    @property
    def dates(self) -> tuple[str | None, str | None]:
        """The period as dates, [from, to)."""
        return (
            str(self.since) if self.since else None,
            str(self.until + dt.timedelta(days=1)) if self.until else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one account has done and has to do."""

    account: str
    decided: int
    assigned: int


def show_dashboard(
    context: ApplicationContext, session: Session, path: Mapping[str, Any], query: Mapping[str, str]
) -> Answer:
    ledger, scope, today = context.ledger, Scope.read(query), utc_now().date()
    columns = context.cases.read(ledger)
    removals, coverage = _removals(context, ledger, scope), _coverage(context, ledger, scope)
    loads = read_loads(columns, scope)
    mask = _in_scope(columns, scope, "first_seen")
    bins, series = count_over_time(columns, mask, scope.by)
    totals = {name: _totals(columns, mask, name) for name in GROUPINGS}
    undecided = columns.is_there & columns.coded["state"].is_one_of(UNDECIDED_STATES) & _of_brand(columns, scope)
    values = {
        "scope": scope, "today": today, "groupings": GROUPINGS, "brands": _values(columns, "brand"), "found": int(mask.sum()),
        "bins": bins, "series": series, "totals": totals, "coverage": coverage, "what_to_do": WHAT_TO_DO, "removals": removals,
        "loads": loads, "unassigned": int((undecided & columns.coded["assignee"].equals(None)).sum()), "undecided": int(undecided.sum()),
        "oldest_days": _oldest_days(columns, undecided), "colours": COLOURS, "charts": _draw(bins, series, totals, coverage, removals, loads, scope),
    }  # fmt: skip
    return Answer(template="dashboard.html", values=values)


def warm_up(context: ApplicationContext) -> None:
    """Make the counts of the whole time, so that whoever opens the dashboard first does not wait for them."""
    with Ledger.open_readonly(context.database) as ledger:
        _removals(context, ledger, Scope.read({}))
        _coverage(context, ledger, Scope.read({}))


def _removals(context: ApplicationContext, ledger: Ledger, scope: Scope) -> Removals:
    (since, until), brand, today = scope.dates, scope.brand, utc_now().date()
    key = ("removals", today, brand, since, until)
    return context.counts.read(
        ledger, key, lambda own: read_removals(own, today, brand=brand, since=since, until=until)
    )


def _coverage(context: ApplicationContext, ledger: Ledger, scope: Scope) -> CoverageCounts:
    since, until = scope.dates
    return context.counts.read(ledger, ("coverage", since, until), lambda own: count_coverage(own, since, until))


def _draw(
    bins: Sequence[str],
    series: Sequence[Series],
    totals: Mapping[str, Sequence[tuple[str, int]]],
    coverage: CoverageCounts,
    removals: Removals,
    loads: Sequence[Load],
    scope: Scope,
) -> dict[str, Any]:
    total = sum(sum(part.counts) for part in series)
    over_time = (
        f"{total:,} findings first seen from {bins[0]} to {bins[-1]}, as columns of {len(series)} parts."
        if bins
        else "No findings were first seen in this period."
    )
    loaded = (
        f"{len(loads)} accounts have decided or been given something."
        if loads
        else "Nobody has been given anything yet."
    )
    seen = [("looked at", coverage.looked), ("not there", coverage.not_there), *coverage.unseen.items()][:MOST_BARS]
    charts = {
        "time": draw_columns("time", f"Findings over time, by {scope.by}", over_time, bins, series),
        "coverage": draw_bars("coverage", "Pages, by what came of looking", f"{coverage.looked:,} pages were looked at, {sum(coverage.unseen.values()):,} could not be.", seen),
        "survival": draw_survival("survival", "Share of claims that remain after a letter, by its tone", _describe_removals(removals), [(_label(tone), curve) for tone, curve in removals.curves.items()]),
        "load": draw_bars("load", "Undecided cases, by whom they are assigned to", loaded, [(load.account, load.assigned) for load in loads][:MOST_BARS]),
    }  # fmt: skip
    for name, counts in totals.items():
        summary = (
            f"The most are {counts[0][0].replace('-', ' ')}: {counts[0][1]:,} of {total:,}." if counts else "None."
        )
        charts[name] = draw_bars(
            name, f"Findings by {name}", summary, [(_label(value), count) for value, count in counts]
        )
    return charts


def _describe_removals(removals: Removals) -> str:
    parts = [
        f"after {tone.replace('-', ' ')}, {curve.removed} of {curve.cases} were removed"
        + (f", half within {curve.median_day} days" if curve.median_day is not None else "")
        for tone, curve in removals.curves.items()
    ]
    return f"{'; '.join(parts).capitalize()}." if parts else "No letter was sent in this period."


def count_over_time(columns: CaseColumns, mask: Mask, by: str) -> tuple[list[str], list[Series]]:
    """Return bins of time and how many cases of each value were first seen in each; what is rare is one series."""
    times = columns.numbers["first_seen"][mask]
    if not len(times):
        return [], []
    edges, names = make_bins(_day(times.min()), _day(times.max()))
    at = np.searchsorted(np.array([_seconds(edge) for edge in edges]), times, "right") - 1
    coded = columns.coded[by]
    codes = coded.codes[mask]
    ranked = sorted(coded.count(mask).items(), key=lambda entry: (-entry[1], entry[0] or ""))
    shown = ranked if len(ranked) <= COLOURS else ranked[: COLOURS - 1]
    series = [
        Series(name=_label(value), counts=np.bincount(at[codes == coded.code_of[value]], minlength=len(names)).tolist())
        for value, _ in shown
    ]
    if len(ranked) > len(shown):
        rest = ~np.isin(codes, [coded.code_of[value] for value, _ in shown])
        series.append(Series(name=LEFT_OVER, counts=np.bincount(at[rest], minlength=len(names)).tolist()))
    return names, series


def make_bins(first: dt.date, last: dt.date) -> tuple[list[dt.date], list[str]]:
    """Return where bins begin, and their names: days, months or years, as long as they are few enough to tell apart."""
    if (last - first).days < 45:
        days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
        return days, [str(day) for day in days]
    months = 12 * (last.year - first.year) + last.month - first.month
    if months < 48:
        begins = [dt.date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1) for n in range(months + 1)]  # fmt: skip
        return begins, [f"{day:%Y-%m}" for day in begins]
    years = range(first.year, last.year + 1)
    return [dt.date(year, 1, 1) for year in years], [str(year) for year in years]


def read_loads(columns: CaseColumns, scope: Scope) -> list[Load]:
    """Return who has decided how many cases of the period, and has how many to decide now; the busiest first."""
    decided = columns.coded["decided_by"].count(_in_scope(columns, scope, "decided_at"))
    undecided = columns.is_there & columns.coded["state"].is_one_of(UNDECIDED_STATES) & _of_brand(columns, scope)
    assigned = columns.coded["assignee"].count(undecided)
    loads = [
        Load(account=name, decided=decided.get(name, 0), assigned=assigned.get(name, 0))
        for name in decided.keys() | assigned.keys()
        if name is not None
    ]
    return sorted(loads, key=lambda load: (-load.assigned, -load.decided, load.account))


def _totals(columns: CaseColumns, mask: Mask, name: str) -> list[tuple[str, int]]:
    counts = Counter({value or UNKNOWN: count for value, count in columns.coded[name].count(mask).items()})
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    left = sum(count for _, count in ranked[MOST_BARS:])
    return [*ranked[:MOST_BARS], *([(LEFT_OVER, left)] if left else [])]


def _in_scope(columns: CaseColumns, scope: Scope, instant: str) -> Mask:
    begin, end = scope.seconds
    times = columns.numbers[instant]
    return columns.is_there & _of_brand(columns, scope) & (times >= begin) & (times < end)


def _of_brand(columns: CaseColumns, scope: Scope) -> Mask:
    return columns.coded["brand"].equals(scope.brand) if scope.brand else columns.is_there


def _oldest_days(columns: CaseColumns, undecided: Mask) -> int | None:
    times = columns.numbers["first_seen"][undecided]
    return int((utc_now().timestamp() - times.min()) // _DAY_S) if len(times) else None


def _values(columns: CaseColumns, name: str) -> list[str]:
    return sorted(value for value in columns.coded[name].count(columns.is_there) if value)


def _label(value: str | None) -> str:
    return (value or UNKNOWN).replace("-", " ")


def _date(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None  # seconds and days beyond are no dates of ours


def _seconds(day: dt.date) -> float:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()


def _day(seconds: float) -> dt.date:
    return dt.datetime.fromtimestamp(float(seconds), dt.UTC).date()


DASHBOARD_PAGES = {"/dashboard": Page(role=Role.READER, make=show_dashboard)}
