"""One question to the registers, recorded; and a record asked again, to see that it still says the same.

Reads: registers, group files. Writes: searches.
"""

from __future__ import annotations

import calendar
import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any

from casebook.register.search import Register
from casebook.register.search_terms import SearchQuery
from ledger.database import Ledger, as_row, columns_of
from ledger.errors import BadInputError, EvidenceBrokenError, Problem
from ledger.records import Claim, GroupSnapshot, RegisterSnapshot, Search, Seed
from ledger.typed_texts import ClaimId, Instant, IsoDate, SearchId

_WINDOW = re.compile(r"(\d{1,5})([dmy])")
_COMPARED = (
    "search_id", "as_of", "asked", "grants_searched", "hits", "near_misses", "registers", "period_from", "period_until", "tried",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedSearch:
    """A stored record beside what the same question gives now. differing: the columns that are not the same."""

    stored: Search
    fresh: Search
    differing: tuple[str, ...]


def window_start(window: str, as_of: IsoDate) -> IsoDate:
    """Return the first day of a period that ends with as_of: `5y`, `18m` or `90d`. Errors: ValueError."""
    match = _WINDOW.fullmatch(window.strip().lower())
    if match is None:
        raise ValueError("expected years, months or days, such as 5y, 18m or 90d")
    count, unit = int(match[1]), match[2]
    end = dt.date.fromisoformat(as_of)
    try:
        if unit == "d":
            return IsoDate((end - dt.timedelta(days=count)).isoformat())
        months = end.year * 12 + end.month - 1 - count * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        # 29 February less a year is the 28th: a window never begins later than it should, and never on a day that is none
        day = min(end.day, calendar.monthrange(year, month + 1)[1])
        return IsoDate(dt.date(year, month + 1, day).isoformat())
    except (ValueError, OverflowError, calendar.IllegalMonthError) as error:
        raise ValueError("expected a period that begins after the year 0") from error


def ask_register(
    ledger: Ledger,
    brand: str,
    query: SearchQuery,
    as_of: IsoDate,
    *,
    window_from: IsoDate | None = None,
    known_at: Instant | None = None,
) -> Search:
    """Ask all registers of a brand and all group files, store the record, and return it as it is stored."""
    record = (
        Register(ledger, brand, known_at=known_at)
        .search(query, as_of, window_from=window_from, alike_companies=True)
        .record
    )
    ledger.add([record])
    return require_search(ledger, record.search_id)


def require_search(ledger: Ledger, search_id: SearchId) -> Search:
    """Return a stored record. Errors: BadInputError when there is none."""
    search = ledger.find(Search, search_id=search_id)
    if search is None:
        raise BadInputError(
            Problem(
                where=search_id,
                expected="the id of a search",
                got="one that is not in this workspace",
                next_step="take it from a certificate, a dossier or the table searches",
            )
        )
    return search


def read_searches_about(ledger: Ledger, claim_id: ClaimId) -> list[Search]:
    """Return the searches of the brand's registers that somebody made about the vendor or its parent outside any verdict run."""
    claim = ledger.find(Claim, claim_id=claim_id)
    seed = ledger.find(Seed, seed_id=claim.seed_id) if claim else None
    if claim is None or seed is None:
        return []
    names = {name.casefold() for name in (seed.vendor, seed.vendor_domain, seed.parent) if name}
    searches = ledger.select_each(
        Search,
        f"SELECT {columns_of(Search)} FROM searches s WHERE brand = ?"
        " AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.search_id = s.search_id)"
        " ORDER BY as_of, searched_at, search_id",
        [claim.brand],
    )
    return [search for search in searches if names & set(map(str.casefold, _terms(search)))]


def _terms(search: Search) -> list[str]:
    return [*search.asked.get("names", ()), *search.asked.get("domains", ())]


def ask_again(ledger: Ledger, search_id: SearchId) -> RepeatedSearch:
    """Ask a stored question anew, of the snapshots that it was asked of, whether they still hold or not.

    Errors: BadInputError when it can't be asked again, EvidenceBrokenError when a snapshot is gone.
    """
    stored = require_search(ledger, search_id)
    searched = stored.registers
    if stored.snapshot_id is not None and not searched:
        raise BadInputError(
            Problem(
                where=search_id,
                expected="a search that notes what it tried",
                got="one of an earlier version",
                next_step="ask the question anew with `partnerproof register search`",
            )
        )
    registers = [ledger.find(RegisterSnapshot, snapshot_id=s["snapshot_id"]) for s in searched if "register" in s]
    groups = [ledger.find(GroupSnapshot, snapshot_id=s["snapshot_id"]) for s in searched if "group_file" in s]
    stored_snapshots = [snapshot for snapshot in (*registers, *groups) if snapshot is not None]
    if len(stored_snapshots) != len(searched):
        raise EvidenceBrokenError(f"{search_id}: a snapshot that it was asked of is no longer in the database")
    register = Register.of_snapshots(
        ledger,
        stored.brand,
        [snapshot for snapshot in registers if snapshot is not None],
        [snapshot for snapshot in groups if snapshot is not None],
        known_at=stored.known_at,
    )
    fresh = register.search(
        read_query(stored),
        stored.as_of,
        window_from=stored.period_from,
        alike_companies=stored.tried.get("alike_companies", False),
    ).record
    before, now = as_row(stored), as_row(fresh)
    differing = tuple(name for name in _COMPARED if _read(before[name]) != _read(now[name]))
    return RepeatedSearch(stored=stored, fresh=fresh, differing=differing)


def read_query(search: Search) -> SearchQuery:
    """Return the question of a stored record."""
    terms = {name: tuple(values) for name, values in search.asked.items()}
    return SearchQuery(
        names=terms["names"],
        domains=terms["domains"],
        group=terms["group"],
        identifiers=terms.get("identifiers", ()),
        country=next(iter(terms.get("country", ())), None),
    )


def _read(value: object) -> Any:
    """Return a stored value as it is compared: JSON by what it says, not by its spaces."""
    if isinstance(value, str) and value[:1] in "[{":
        return json.loads(value)
    return value
