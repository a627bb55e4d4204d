"""The queue: which cases a reviewer looks at, in which order, and how many there are of each kind.

The address holds the whole state: every filter is a parameter of it, so that a link shows what its sender saw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from ledger.database import Ledger, Row
from ledger.passage_search import match_query
from ledger.vocabulary import CaseState

PAGE_SIZE = 50
MOST_AT_ONCE = 500  # cases of one decision
MOST_VALUES = 40  # of a facet that are shown
UNDECIDED = "undecided"
FACETS = ("state", "verdict", "brand", "relation", "evidence", "country", "language", "assignee")
SORTS = {  # each an index of the table, all of it upwards: so the next case is one step in it
    "serious": ("seriousness", "newness", "case_id"),
    "newest": ("newness", "case_id"),
    "oldest": ("first_seen", "case_id"),
    "score": ("unlikeness", "case_id"),
    "vendor": ("vendor_domain", "case_id"),
}
_GROUPS = {"image": "image_sha256", "template": "template_id", "vendor": "vendor_domain"}
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the address asks for. Each facet: one value or nothing; words: searched in names, titles and sentences."""

    facets: Mapping[str, str]
    groups: Mapping[str, str]  # image, template or vendor → the one that is asked for
    words: str = ""
    min_score: float | None = None
    max_age_days: int | None = None
    sort: str = "serious"
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """Return the filters of an address; what makes no sense is left out."""
        facets = {name: query[name][:200] for name in FACETS if query.get(name)}
        facets.setdefault("state", UNDECIDED)
        return cls(
            facets=facets,
            groups={name: query[name][:200] for name in _GROUPS if query.get(name)},
            words=query.get("q", "")[:200].strip(),
            min_score=_number(query.get("score", ""), 0, 1),
            max_age_days=int(age) if (age := _number(query.get("age", ""), 0, 36_500)) is not None else None,
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
            "sort": "" if self.sort == "serious" else self.sort,
            "page": "" if self.page == 1 else str(self.page),
        }
        if changes and "page" not in changes:
            known["page"] = ""
        known |= {name: value or "" for name, value in changes.items()}
        if known.get("state") == UNDECIDED:
            known["state"] = ""
        return urlencode({name: value for name, value in known.items() if value})


def list_cases(ledger: Ledger, filters: Filters) -> list[Row]:
    """Return one page of cases."""
    where, values = _conditions(filters, in_order=not filters.groups)
    sql = f"SELECT * FROM cases WHERE {where} ORDER BY {', '.join(SORTS[filters.sort])} LIMIT ? OFFSET ?"
    return ledger.rows(sql, [*values, PAGE_SIZE, (filters.page - 1) * PAGE_SIZE])


def count_cases(ledger: Ledger, filters: Filters) -> int:
    where, values = _conditions(filters)
    return int(ledger.value(f"SELECT count(*) FROM cases WHERE {where}", values))


def count_facets(ledger: Ledger, filters: Filters) -> dict[str, list[tuple[str, int]]]:
    """Return of each facet its values with how many cases they would leave, the other filters as they are.

    One pass: how often each combination of values occurs. There are few, however many cases there are.
    """
    where, values = _conditions(filters, without=FACETS)
    sql = f"SELECT {', '.join(FACETS)}, count(*) AS n FROM cases WHERE {where} GROUP BY {', '.join(FACETS)}"
    combinations = [tuple(row) for row in ledger.rows(sql, values)]
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    asked = [(place, name, filters.facets[name]) for place, name in enumerate(FACETS) if name in filters.facets]
    for combination in combinations:
        misses = [name for place, name, value in asked if not _fits(name, combination[place], value)]
        if len(misses) > 1:
            continue
        for place, name in enumerate(FACETS):
            if (not misses or misses == [name]) and (combination[place] is not None or name == "assignee"):
                counts[name][combination[place] or NOBODY] += combination[-1]
    listed = {
        name: sorted(counter.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST_VALUES]
        for name, counter in counts.items()
    }
    undecided = sum(counts["state"][state] for state in _UNDECIDED)
    return {**listed, "state": [(UNDECIDED, undecided), *listed["state"]]}


def _fits(name: str, value: str | None, asked: str) -> bool:
    if name == "state" and asked == UNDECIDED:
        return value in _UNDECIDED
    return (value or NOBODY) == asked if name == "assignee" else value == asked


def neighbours(ledger: Ledger, filters: Filters, case: Row) -> tuple[str | None, str | None]:
    """Return the cases before and after one in the queue's order; it need not be in the queue itself any more."""
    where, values = _conditions(filters, in_order=not filters.groups)
    columns = SORTS[filters.sort]
    here, key = f"({', '.join(columns)})", [case[column] for column in columns]
    holes = ", ".join("?" * len(columns))
    down = ", ".join(f"{column} DESC" for column in columns)
    before = f"SELECT case_id FROM cases WHERE {where} AND {here} < ({holes}) ORDER BY {down} LIMIT 1"
    after = f"SELECT case_id FROM cases WHERE {where} AND {here} > ({holes}) ORDER BY {', '.join(columns)} LIMIT 1"
    return ledger.value(before, [*values, *key]), ledger.value(after, [*values, *key])


def same_group(ledger: Ledger, case: Row) -> list[tuple[str, str, int]]:
    """Return the groups of a case that hold other undecided ones: kind, value, how many in all."""
    found = []
    for name, column in _GROUPS.items():
        if case[column]:
            sql = f"SELECT count(*) FROM cases WHERE {column} = ? AND brand = ? AND state IN ({_quoted(_UNDECIDED)})"
            count = ledger.value(sql, [case[column], case["brand"]])
            if count > 1:
                found.append((name, case[column], count))
    return found


_UNDECIDED = (CaseState.OPEN, CaseState.LATER, CaseState.WAITING_APPROVAL)


def _conditions(filters: Filters, *, without: Sequence[str] = (), in_order: bool = False) -> tuple[str, list[object]]:
    """in_order: the rows are walked along the index of their order, which a condition's own index would keep SQLite from."""
    conditions, values = ["1"], list[object]()
    plus = "+" if in_order else ""
    for name, value in filters.facets.items():
        if name in without:
            continue
        if name == "state" and value == UNDECIDED:
            conditions.append(f"{plus}state IN ({_quoted(_UNDECIDED)})")
        elif name == "assignee" and value == NOBODY:
            conditions.append(f"{plus}assignee IS NULL")
        else:
            conditions.append(f"{plus}{name} = ?")
            values.append(value)
    for name, value in filters.groups.items():
        conditions.append(f"{_GROUPS[name]} = ?")
        values.append(value)
    if filters.min_score is not None:
        conditions.append("score >= ?")
        values.append(filters.min_score)
    if filters.max_age_days is not None:
        conditions.append("first_seen >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?)")
        values.append(f"-{filters.max_age_days} days")
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


def _number(text: str, low: float, high: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None
