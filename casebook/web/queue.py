"""The queue: which cases a reviewer looks at, in which order, and how many there are of each kind.

A row is a vendor and a brand, by the case that comes first in the order; the case shows the further ones.
The address holds the whole state: every filter is a parameter of it, so that a link shows what its sender saw.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

import numpy as np

from casebook.cases.cases import read_cases
from casebook.cases.follow_up import WAITING
from casebook.web.case_columns import SORTS, CaseColumns, Mask, Places
from ledger.database import Ledger
from ledger.identity import utc_now
from ledger.passage_search import match_query
from ledger.records import Case
from ledger.typed_texts import CaseId
from ledger.vocabulary import UNDECIDED as UNDECIDED_STATES
from ledger.vocabulary import VerdictKind

PAGE_SIZE = 50
MOST_AT_ONCE = 500  # cases of one decision
MOST_VALUES = 40  # of a facet that are shown
UNDECIDED, ANY = "undecided", "any"  # states; without one, the undecided cases are asked for
NEEDS_REGISTER = "needs-a-register"  # undecided, but undetermined as long as the brand has no register
FACETS = ("state", "followup", "verdict", "brand", "relation", "evidence", "country", "language", "assignee")
GROUPS = {"image": "image_sha256", "template": "template_id", "vendor": "vendor_domain"}
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the address asks for. Each facet: one value or nothing; words: searched in names, titles and sentences."""

    facets: Mapping[str, str]
    groups: Mapping[str, str]  # image, template or vendor → the one that is asked for
    words: str = ""
    min_score: float | None = None
    max_age_days: int | None = None
    is_late: bool = False  # only cases whose letter asked for an answer by a day that has passed, and none came
    sort: str = "serious"
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """Return the filters of an address; what makes no sense is left out."""
        facets = {name: query[name][:200] for name in FACETS if query.get(name)}
        facets.setdefault("state", UNDECIDED)
        return cls(
            facets=facets,
            groups={name: query[name][:200] for name in GROUPS if query.get(name)},
            words=query.get("q", "")[:200].strip(),
            min_score=_number(query.get("score", ""), 0, 1),
            max_age_days=int(age) if (age := _number(query.get("age", ""), 0, 36_500)) is not None else None,
            is_late=query.get("late") == "yes",
            sort=query.get("sort", "") if query.get("sort", "") in SORTS else "serious",
            page=int(_number(query.get("page", ""), 1, 1_000_000) or 1),
        )

    def address(self, **changes: str | None) -> str:
        """Return the query string with some parameters changed; None takes one out. Page 1 is not named."""
        known = {
            **self.facets,
            **self.groups,
            "q": self.words,
            "score": "" if self.min_score is None else f"{self.min_score:g}",
            "age": "" if self.max_age_days is None else str(self.max_age_days),
            "late": "yes" if self.is_late else "",
            "sort": "" if self.sort == "serious" else self.sort,
            "page": "" if self.page == 1 else str(self.page),
        }
        if changes and "page" not in changes:
            known["page"] = ""
        known |= {name: value or "" for name, value in changes.items()}
        if known.get("state") == UNDECIDED:
            known["state"] = ""
        return urlencode({name: value for name, value in known.items() if value})


class Queue:
    """The cases that filters leave, as of the latest change. What it tells is said in SQL in tests/casebook/web/plain_queue.py."""

    def __init__(self, ledger: Ledger, columns: CaseColumns, filters: Filters) -> None:
        self._ledger, self._columns, self._filters = ledger, columns, filters
        self._base = self._read_base()
        self._waits = self._read_waiting()
        self._facet_masks = {name: self._fits(name, value) for name, value in filters.facets.items()}
        self._mask = self._all_but()

    def count(self) -> int:
        """Return how many rows there are: a vendor and a brand are one."""
        return self._columns.count_standings(self._mask)

    def count_cases(self) -> int:
        """Return how many cases there are, further ones of a vendor and a brand too."""
        return int(np.count_nonzero(self._mask))

    def list_cases(self) -> list[Case]:
        """Return one page of cases."""
        places = self._ordered[(self._filters.page - 1) * PAGE_SIZE :][:PAGE_SIZE]
        return read_cases(self._ledger, [self._columns.ids[place] for place in places])

    def each_id(self) -> Iterator[CaseId]:
        """Yield the ids of all cases, in order, further ones of a vendor and a brand too."""
        for place in self._columns.ordered(self._mask, self._filters.sort):
            yield self._columns.ids[place]

    def list_further(self, case_id: CaseId) -> list[CaseId]:
        """Return the other cases of a vendor and a brand, of those that the filters leave, in order."""
        place = self._columns.place_of.get(case_id)
        if place is None or not self._columns.has_others[place]:
            return []
        standings = self._columns.coded["standing"].codes
        same = self._columns.ordered(self._mask & (standings == standings[place]), self._filters.sort)
        return [self._columns.ids[other] for other in same if other != place]

    def count_facets(self) -> dict[str, list[tuple[str, int]]]:
        """Return of each facet its values with how many cases they would leave, the other filters as they are."""
        counts = {
            name: {
                value or NOBODY: count
                for value, count in self._columns.count_values(
                    name, self._all_but(name, *self._default_for(name))
                ).items()
                if (value != NOBODY if name == "assignee" else value is not None)
            }
            for name in FACETS
        }
        listed = {
            name: sorted(counter.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST_VALUES]
            for name, counter in counts.items()
        }
        others = self._all_but("state")
        whole = [
            (state, self._columns.count_standings(others & self._fits("state", state)))
            for state in (UNDECIDED, NEEDS_REGISTER, ANY)
        ]
        return {
            **listed,
            "state": [entry for entry in whole if entry[1] or entry[0] != NEEDS_REGISTER] + listed["state"],
        }

    def count_late(self) -> int:
        """Return how many cases wait for an answer that is overdue, of those that the other filters leave."""
        return self._columns.count_standings(self._all_but(*self._default_for("followup")) & self._is_late())

    def _default_for(self, facet: str) -> tuple[str, ...]:
        """What has a follow-up is decided: where undecided cases are asked for, as they are by default, that is left aside."""
        return ("state",) if facet == "followup" and self._filters.facets["state"] == UNDECIDED else ()

    def _is_late(self) -> Mask:
        today = int(dt.datetime.combine(utc_now().date(), dt.time(), dt.UTC).timestamp())
        return self._columns.coded["followup"].is_one_of(WAITING) & (self._columns.numbers["answer_by"] < today)

    def neighbours(self, case_id: CaseId) -> tuple[CaseId | None, CaseId | None]:
        """Return the cases before and after one in the queue's order; it need not be in the queue itself any more."""
        columns = self._columns
        place = columns.place_of.get(case_id)
        if place is None:
            return None, None
        ranks = columns.ranks(self._filters.sort)
        among = ranks[self._ordered]  # upwards, as they are in order
        before = int(np.searchsorted(among, ranks[place], "left")) - 1
        after = int(np.searchsorted(among, ranks[place], "right"))
        return (
            columns.ids[self._ordered[before]] if before >= 0 else None,
            columns.ids[self._ordered[after]] if after < len(among) else None,
        )

    @cached_property
    def _ordered(self) -> Places:
        return self._columns.first_of_each(self._columns.ordered(self._mask, self._filters.sort))

    def _all_but(self, *facets: str) -> Mask:
        mask = self._base
        for name, fits in self._facet_masks.items():
            if name not in facets:
                mask = mask & fits
        return mask

    def _fits(self, name: str, value: str) -> Mask:
        coded = self._columns.coded[name]
        if name == "state" and value == ANY:
            return self._columns.is_there
        if name == "state" and value == UNDECIDED:
            return coded.is_one_of(UNDECIDED_STATES) & ~self._waits
        if name == "state" and value == NEEDS_REGISTER:
            return coded.is_one_of(UNDECIDED_STATES) & self._waits
        return coded.equals(None if name == "assignee" and value == NOBODY else value)

    def _read_waiting(self) -> Mask:
        """Which cases nobody can judge before their brand has a register."""
        brands = list_without_register(self._ledger)
        coded = self._columns.coded
        return coded["brand"].is_one_of(brands) & coded["verdict"].equals(VerdictKind.UNDETERMINED)

    def _read_base(self) -> Mask:
        """Which cases the filters leave that are no facets."""
        columns, filters = self._columns, self._filters
        mask = columns.is_there
        for name, value in filters.groups.items():
            mask = mask & columns.coded[GROUPS[name]].equals(value)
        if filters.min_score is not None:
            mask = mask & (columns.numbers["score"] >= filters.min_score)
        if filters.max_age_days is not None:
            since = int(utc_now().timestamp()) - 86_400 * filters.max_age_days
            mask = mask & (columns.numbers["first_seen"] >= since)
        if filters.is_late:
            mask = mask & self._is_late()
        if filters.words:
            query = match_query(filters.words)
            mask = mask & columns.find_words(self._ledger, query) if query else np.zeros_like(mask)
        return mask


def list_without_register(ledger: Ledger) -> list[str]:
    """Return the brands of which no register was imported."""
    return ledger.values("SELECT brand FROM brands EXCEPT SELECT brand FROM register_snapshots ORDER BY brand")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseGroup:
    """Undecided cases of one brand that share something. kind: image, template or vendor; rows: how many its address shows."""

    kind: str
    rows: int
    address: str


def same_group(ledger: Ledger, columns: CaseColumns, case: Case) -> list[CaseGroup]:
    """Return the groups of a case that hold other undecided ones: those that wait for a register, where it does too."""
    waits = case.verdict is VerdictKind.UNDETERMINED and case.brand in list_without_register(ledger)
    facets = {"state": NEEDS_REGISTER if waits else UNDECIDED, "brand": case.brand}
    groups = []
    for kind, column in GROUPS.items():
        if value := getattr(case, column):
            filters = Filters(facets=facets, groups={kind: value})
            rows = Queue(ledger, columns, filters).count()
            groups.append(CaseGroup(kind=kind, rows=rows, address=filters.address()))
    return [group for group in groups if group.rows > 1]


def _number(text: str, low: float, high: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None
