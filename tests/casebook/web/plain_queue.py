"""What the queue means, in SQL, slowly: casebook/web/queue.py is held to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from casebook.web.case_columns import SORTS
from casebook.web.queue import (
    ANY,
    FACETS,
    GROUPS,
    MOST_VALUES,
    NEEDS_REGISTER,
    NOBODY,
    PAGE_SIZE,
    UNDECIDED,
    CaseGroup,
    Filters,
)
from ledger.database import Ledger
from ledger.passage_search import match_query
from ledger.records import Case
from ledger.vocabulary import UNDECIDED as UNDECIDED_STATES
from tests.casebook.ledgers import rows_of


def list_cases(ledger: Ledger, filters: Filters) -> list[str]:
    where, values = _conditions(filters)
    sql = f"SELECT case_id FROM {_firsts(where, filters)} ORDER BY {_order(filters)} LIMIT ? OFFSET ?"
    return [row[0] for row in rows_of(ledger, sql, [*values, PAGE_SIZE, (filters.page - 1) * PAGE_SIZE])]


def count_cases(ledger: Ledger, filters: Filters) -> int:
    where, values = _conditions(filters)
    return int(ledger.value(f"SELECT count(DISTINCT standing) FROM {_CASES} WHERE {where}", values))


def count_facets(ledger: Ledger, filters: Filters) -> dict[str, list[tuple[str, int]]]:
    """Of each facet: what each value would leave, the other filters as they are. One query for each facet."""
    counts: dict[str, Counter[str]] = {}
    for name in FACETS:
        where, values = _conditions(filters, without=[name, *_default_for(name, filters)])
        rows = rows_of(
            ledger, f"SELECT {name}, count(DISTINCT standing) FROM {_CASES} WHERE {where} GROUP BY {name}", values
        )
        counts[name] = Counter(
            {
                row[0] or NOBODY: row[1]
                for row in rows
                if (row[0] != NOBODY if name == "assignee" else row[0] is not None)
            }
        )
    listed = {
        name: sorted(counter.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST_VALUES]
        for name, counter in counts.items()
    }
    whole = []
    for state in (UNDECIDED, NEEDS_REGISTER, ANY):
        where, values = _conditions(replace(filters, facets={**filters.facets, "state": state}))
        whole.append((state, ledger.value(f"SELECT count(DISTINCT standing) FROM {_CASES} WHERE {where}", values)))
    return {**listed, "state": [entry for entry in whole if entry[1] or entry[0] != NEEDS_REGISTER] + listed["state"]}


def count_late(ledger: Ledger, filters: Filters) -> int:
    where, values = _conditions(filters, without=_default_for("followup", filters))
    return int(ledger.value(f"SELECT count(DISTINCT standing) FROM {_CASES} WHERE {where} AND {_LATE}", values))


def _default_for(name: str, filters: Filters) -> list[str]:
    return ["state"] if name == "followup" and filters.facets["state"] == UNDECIDED else []


def neighbours(ledger: Ledger, filters: Filters, case: Case) -> tuple[str | None, str | None]:
    where, values = _conditions(filters)
    columns = (*SORTS[filters.sort], "case_id")
    here, key = f"({', '.join(columns)})", [getattr(case, column) for column in columns]
    holes, down = ", ".join("?" * len(columns)), ", ".join(f"{column} DESC" for column in columns)
    firsts = _firsts(where, filters)
    before = f"SELECT case_id FROM {firsts} WHERE {here} < ({holes}) ORDER BY {down} LIMIT 1"
    after = f"SELECT case_id FROM {firsts} WHERE {here} > ({holes}) ORDER BY {_order(filters)} LIMIT 1"
    return ledger.value(before, [*values, *key]), ledger.value(after, [*values, *key])


def same_group(ledger: Ledger, case: Case) -> list[CaseGroup]:
    lacks_register = ledger.value("SELECT ? NOT IN (SELECT brand FROM register_snapshots)", [case.brand])
    state = NEEDS_REGISTER if lacks_register and case.verdict == "undetermined" else UNDECIDED
    groups = []
    for name, column in GROUPS.items():
        if value := getattr(case, column):
            filters = Filters.read({"state": state, "brand": case.brand, name: value})
            rows = count_cases(ledger, filters)
            if rows > 1:
                groups.append(CaseGroup(kind=name, rows=rows, address=filters.address()))
    return groups


def _firsts(where: str, filters: Filters) -> str:
    """The case of each vendor and brand that comes first in the order."""
    ranked = f"SELECT *, row_number() OVER (PARTITION BY standing ORDER BY {_order(filters)}) AS turn FROM {_CASES} WHERE {where}"
    return f"(SELECT * FROM ({ranked}) WHERE turn = 1)"


def _order(filters: Filters) -> str:
    return ", ".join((*SORTS[filters.sort], "case_id"))


def _conditions(filters: Filters, *, without: Sequence[str] = ()) -> tuple[str, list[object]]:
    conditions, values = ["1"], list[object]()
    for name, value in filters.facets.items():
        if name in without:
            continue
        if name == "state" and value == ANY:
            continue
        if name == "state" and value == UNDECIDED:
            conditions.append(f"state IN ({_quoted(UNDECIDED_STATES)}) AND NOT {_WAITS}")
        elif name == "state" and value == NEEDS_REGISTER:
            conditions.append(f"state IN ({_quoted(UNDECIDED_STATES)}) AND {_WAITS}")
        elif name == "assignee" and value == NOBODY:
            conditions.append("assignee IS NULL")
        else:
            conditions.append(f"{name} = ?")
            values.append(value)
    for name, value in filters.groups.items():
        conditions.append(f"{GROUPS[name]} = ?")
        values.append(value)
    if filters.min_score is not None:
        conditions.append("score >= ?")
        values.append(filters.min_score)
    if filters.max_age_days is not None:
        conditions.append("first_seen >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?)")
        values.append(f"-{filters.max_age_days} days")
    if filters.is_late:
        conditions.append(_LATE)
    if filters.words:
        query = match_query(filters.words)
        conditions.append(
            "case_id IN (SELECT w.case_id FROM case_search JOIN case_words w ON w.search_id = case_search.rowid"
            " WHERE case_search MATCH ?)"
            if query
            else "0"
        )
        values += [query] if query else []
    return " AND ".join(conditions), values


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_CASES = "(SELECT c.*, l.seed_id || ' ' || l.brand AS standing FROM cases c JOIN claims l USING (claim_id))"
_WAITS = "(verdict = 'undetermined' AND brand NOT IN (SELECT brand FROM register_snapshots))"
_LATE = "followup IN ('sent', 'acknowledged') AND answer_by < date('now')"
