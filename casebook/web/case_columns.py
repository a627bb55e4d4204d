"""The cases as columns in memory: so that counting and ordering a queue of many costs thousandths of a second.

Reads: cases, case_words, case_changes. Writes: nothing.

A server keeps one copy. At each request it asks which cases have changed since (one look at the last row of case_changes,
which triggers write) and reads those alone; so what anybody wrote, in whatever process, counts at the next request.
What the copy means is said in SQL by tests/casebook/web/plain_queue.py, and held to that.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ledger.database import Ledger
from ledger.typed_texts import CaseId, Sha256

CODED = (  # texts of which a number stands in the column; the same number is the same text
    "state", "verdict", "brand", "relation", "evidence", "country", "language", "assignee", "image_sha256", "template_id",
    "vendor_domain", "decided_by", "followup", "standing",
)  # fmt: skip
_NUMBERS = ("score", "unlikeness", "seriousness", "newness", "first_seen", "last_seen", "decided_at", "answer_by")
SORTS = {  # each column upwards, then the case's id
    "serious": ("seriousness", "newness"),
    "newest": ("newness",),
    "oldest": ("first_seen",),
    "score": ("unlikeness",),
    "vendor": ("vendor_domain",),
}
_INSTANTS = ("first_seen", "last_seen", "decided_at", "answer_by")  # seconds from 1970
_STANDING = "l.seed_id || ' ' || l.brand AS standing"  # a vendor and a brand: one row of the queue
_SELECTED = ", ".join(
    _STANDING
    if name == "standing"
    else f"CAST(strftime('%s', c.{name}) AS INTEGER) AS {name}"
    if name in _INSTANTS
    else f"c.{name}"
    for name in (*CODED, *_NUMBERS)
)
_ALL = (
    f"SELECT 0 AS change, c.case_id, 0 AS is_gone, w.search_id, {_SELECTED} FROM cases c LEFT JOIN claims l USING (claim_id)"
    " LEFT JOIN case_words w USING (case_id) ORDER BY c.case_id"
)
_CHANGED = (
    f"SELECT k.change, k.case_id, c.case_id IS NULL AS is_gone, w.search_id, {_SELECTED} FROM case_changes k LEFT JOIN cases c USING (case_id)"
    " LEFT JOIN claims l ON l.claim_id = c.claim_id LEFT JOIN case_words w ON w.case_id = k.case_id WHERE k.change > ? ORDER BY k.case_id"
)

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CaseRow:
    """A row of _ALL or _CHANGED: a case as its columns hold it. All but the first three are None where it is gone.

    Texts of closed lists stay texts here: a column counts them by number, and 50,000 rows are read at the start of a server.
    """

    change: int
    case_id: CaseId
    is_gone: int
    search_id: int | None
    state: str | None
    verdict: str | None
    brand: str | None
    relation: str | None
    evidence: str | None
    country: str | None
    language: str | None
    assignee: str | None
    image_sha256: Sha256 | None
    template_id: str | None
    vendor_domain: str | None
    decided_by: str | None
    followup: str | None
    standing: str | None
    score: float | None
    unlikeness: float | None
    seriousness: int | None
    newness: int | None
    first_seen: int | None
    last_seen: int | None
    decided_at: int | None
    answer_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """Texts as numbers. values: what each number stands for, None included."""

    codes: NDArray[np.int32]
    values: Sequence[str | None]
    code_of: Mapping[str | None, int]

    def equals(self, value: str | None) -> Mask:
        return np.asarray(self.codes == self.code_of.get(value, -1))

    def is_one_of(self, values: Collection[str]) -> Mask:
        return np.isin(self.codes, [self.code_of.get(value, -1) for value in values])

    def count(self, mask: Mask) -> dict[str | None, int]:
        """Return how often each value stands at the places of a mask; only those that do."""
        counts = np.bincount(self.codes[mask], minlength=len(self.values))
        return {self.values[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseColumns:
    """All cases as of one change; never altered, so that a request reads one state. A case is a place in every column."""

    change: int
    ids: Sequence[CaseId]
    place_of: Mapping[CaseId, int]
    is_there: Mask
    has_others: Mask  # other cases are of the same vendor and brand
    coded: Mapping[str, Coded]
    numbers: Mapping[str, NDArray[np.float64]]  # NaN: none
    search_places: NDArray[np.int64]  # by search_id; -1: none
    _orders: dict[str, Places] = field(default_factory=dict)  # by sort: the places in that order

    def ordered(self, mask: Mask, sort: str) -> Places:
        """Return the places of a mask in an order of SORTS."""
        order = self._orders.get(sort)
        if order is None:  # two threads may both make it: they make the same
            order = self._orders[sort] = self._make_order(sort)
        return np.asarray(order[mask[order]])

    def first_of_each(self, places: Places) -> Places:
        """Return, of places in an order, the first of each vendor and brand."""
        shared = np.flatnonzero(self.has_others[places])
        if not len(shared):
            return places
        standings = self.coded["standing"].codes[places[shared]]
        is_first = np.ones(len(places), dtype=bool)
        is_first[shared] = False
        is_first[shared[np.unique(standings, return_index=True)[1]]] = True
        return np.asarray(places[is_first])

    def count_standings(self, mask: Mask) -> int:
        """Return how many vendors and brands the cases of a mask are of."""
        shared = mask & self.has_others
        further = np.count_nonzero(shared) - len(np.unique(self.coded["standing"].codes[shared]))
        return int(np.count_nonzero(mask) - further)

    def count_values(self, name: str, mask: Mask) -> dict[str | None, int]:
        """Return of each value of a column how many vendors and brands have it, of the cases of a mask."""
        counts, shared = self.coded[name].count(mask), mask & self.has_others
        if not shared.any():
            return counts
        standings = self.coded["standing"]
        pairs = self.coded[name].codes[shared].astype(np.int64) * len(standings.values) + standings.codes[shared]
        pairs, members = np.unique(pairs, return_counts=True)
        for pair, cases in zip(pairs.tolist(), members.tolist(), strict=True):
            counts[self.coded[name].values[pair // len(standings.values)]] -= cases - 1
        return counts

    def ranks(self, sort: str) -> Places:
        """Return of each place the number of its turn in an order of SORTS."""
        ranks = self._orders.get(f"{sort} ranks")
        if ranks is None:
            self.ordered(self.is_there, sort)
            ranks = np.empty(len(self.ids), dtype=np.int64)
            ranks[self._orders[sort]] = np.arange(len(self.ids))
            self._orders[f"{sort} ranks"] = ranks
        return ranks

    def _make_order(self, sort: str) -> Places:
        by_id = np.argsort(np.array(self.ids, dtype=str), kind="stable").astype(np.int64)
        order = by_id
        for name in reversed(SORTS[sort]):
            keys = self.numbers[name] if name in self.numbers else _alphabetic(self.coded[name])
            order = order[np.argsort(keys[order], kind="stable")]
        return order

    def find_words(self, ledger: Ledger, query: str) -> Mask:
        """Return which cases an FTS5 query finds."""
        # one row: of many, each would wait for its turn among the threads
        search_ids = ledger.value("SELECT json_group_array(rowid) FROM case_search WHERE case_search MATCH ?", [query])
        mask = np.zeros(len(self.ids), dtype=bool)
        numbers = np.array(json.loads(search_ids), dtype=np.int64)
        places = self.search_places[numbers[numbers < len(self.search_places)]]
        mask[places[places >= 0]] = True
        return mask


class CaseIndex:
    """Keeps the columns of one database up to date; one for all threads of a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._columns: CaseColumns | None = None

    def read(self, ledger: Ledger) -> CaseColumns:
        """Return the cases as they are now, on a thread's own connection."""
        known = self._columns
        if known is not None and known.change == _last_change(ledger):
            return known
        with self._lock:
            known = self._columns
            if known is None:
                made = _read_all(ledger)
            else:
                rows = ledger.select(_CaseRow, _CHANGED, [known.change])
                made = _with_rows(known, rows, max(row.change for row in rows)) if rows else known
            self._columns = made
            return made


def _last_change(ledger: Ledger) -> int:
    return int(ledger.value("SELECT coalesce(max(change), 0) FROM case_changes"))


def _read_all(ledger: Ledger) -> CaseColumns:
    change = _last_change(ledger)  # asked first: what changes in between is read again at the next request
    empty = CaseColumns(
        change=0, ids=(), place_of={}, is_there=np.zeros(0, dtype=bool), has_others=np.zeros(0, dtype=bool),
        coded={name: Coded(codes=np.zeros(0, dtype=np.int32), values=(), code_of={}) for name in CODED},
        numbers={name: np.zeros(0) for name in _NUMBERS}, search_places=np.zeros(0, dtype=np.int64),
    )  # fmt: skip
    return _with_rows(empty, ledger.select(_CaseRow, _ALL), change)


def _with_rows(old: CaseColumns, rows: Sequence[_CaseRow], change: int) -> CaseColumns:
    """Return columns with rows put in their places, new ones behind the others."""
    new_ids = [row.case_id for row in rows if row.case_id not in old.place_of]
    place_of = {**old.place_of, **{case_id: len(old.ids) + n for n, case_id in enumerate(new_ids)}}
    size, places = len(place_of), np.array([place_of[row.case_id] for row in rows], dtype=np.int64)
    is_there = _set(old.is_there, size, places, [not row.is_gone for row in rows], False)
    coded = {name: _set_coded(old.coded[name], size, places, _column(rows, name)) for name in CODED}
    numbers = {
        name: _set(
            old.numbers[name],
            size,
            places,
            [np.nan if number is None else number for number in _column(rows, name)],
            np.nan,
        )
        for name in _NUMBERS
    }
    indexed = [(row.search_id, place) for row, place in zip(rows, places, strict=True) if row.search_id is not None]
    reach = max([len(old.search_places), *(search_id + 1 for search_id, _ in indexed)])
    search_places = _set(old.search_places, reach, *_unzipped(indexed), -1)
    standings = coded["standing"].codes
    made = CaseColumns(
        change=change, ids=(*old.ids, *new_ids) if new_ids else old.ids, place_of=place_of, is_there=is_there,
        has_others=is_there & (np.bincount(standings[is_there], minlength=len(coded["standing"].values))[standings] > 1), coded=coded,
        numbers=numbers, search_places=search_places,
    )  # fmt: skip
    if not new_ids:  # a decision changes no order
        made._orders.update(
            {name: order for name, order in old._orders.items() if _keeps_order(old, made, places, name.split()[0])}
        )
    return made


def _column(rows: Sequence[_CaseRow], name: str) -> list[Any]:
    return list(map(attrgetter(name), rows))


def _keeps_order(old: CaseColumns, new: CaseColumns, places: Places, sort: str) -> bool:
    return all(
        np.array_equal(old.numbers[name][places], new.numbers[name][places], equal_nan=True)
        if name in old.numbers
        else np.array_equal(old.coded[name].codes[places], new.coded[name].codes[places])
        for name in SORTS[sort]
    )


def _set(
    old: NDArray[Any], size: int, places: Sequence[int] | Places, values: Sequence[Any], filler: Any
) -> NDArray[Any]:
    made = np.full(size, filler, dtype=old.dtype)
    made[: len(old)] = old
    if len(places):
        made[np.asarray(places)] = values
    return made


def _set_coded(old: Coded, size: int, places: Places, texts: Sequence[str | None]) -> Coded:
    unknown = [text for text in dict.fromkeys(texts) if text not in old.code_of]
    code_of = (
        {**old.code_of, **{text: len(old.values) + n for n, text in enumerate(unknown)}} if unknown else old.code_of
    )
    codes = _set(old.codes, size, places, [code_of[text] for text in texts], 0)
    return Coded(codes=codes, values=(*old.values, *unknown) if unknown else old.values, code_of=code_of)


def _unzipped(pairs: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [first for first, _ in pairs], [second for _, second in pairs]


def _alphabetic(coded: Coded) -> NDArray[np.int64]:
    """Return numbers in whose order the texts are, as SQLite orders them."""
    ranks = np.zeros(max(1, len(coded.values)), dtype=np.int64)
    for rank, code in enumerate(sorted(range(len(coded.values)), key=lambda code: (coded.values[code] or "").encode())):
        ranks[code] = rank
    return np.asarray(ranks[coded.codes])
