"""What a vendor's own pages call it, and whom they call its relatives: names for which the register is asked, too.

Reads: pages, visits, looks, v_namings' sentences. Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from ledger.database import Ledger
from ledger.dates import end_of_day
from ledger.typed_texts import IsoDate, SeedId
from matcher.words.naming_rules import RELATIVE

NEVER = end_of_day(IsoDate("9999-12-31"))
MAX_NAMES = 12  # of a vendor's pages that the register is asked for, the most frequent first


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorNames:
    """Names on a vendor's pages, the most frequent first. own: what they call it; relatives: its parent, sister, … in its sentences."""

    own: tuple[str, ...] = ()
    relatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A row of _OWN_NAMES and _RELATIVES: a name on a vendor's pages."""

    seed_id: SeedId
    name: str


def read_vendor_names(ledger: Ledger, seed_ids: Sequence[SeedId], *, until: str = NEVER) -> dict[SeedId, VendorNames]:
    """Return the names on the healthy pages of vendors, as far as they were seen by an instant."""
    keys = {"seeds": json.dumps(list(seed_ids)), "until": until}
    own = _names_by_seed(ledger.select_each(_Named, _OWN_NAMES, keys))
    relatives = _names_by_seed(ledger.select_each(_Named, _RELATIVES, keys | {"rule": f"%/{RELATIVE}%"}))
    return {
        seed_id: VendorNames(own=own.get(seed_id, ()), relatives=relatives.get(seed_id, ())) for seed_id in seed_ids
    }


def _names_by_seed(rows: Iterable[_Named]) -> dict[SeedId, tuple[str, ...]]:
    return {
        seed_id: tuple(row.name for row in named)[:MAX_NAMES]
        for seed_id, named in groupby(rows, key=attrgetter("seed_id"))
    }


_OWN_NAMES = """
    SELECT v.seed_id, n.value AS name
    FROM visits v
    JOIN pages p ON p.visit_id = v.visit_id AND p.health = 'ok'
    JOIN looks k ON k.look_id = p.look_id AND k.looked_at <= :until
    JOIN json_each(p.own_names) n
    WHERE v.seed_id IN (SELECT value FROM json_each(:seeds))
    GROUP BY v.seed_id, n.value
    ORDER BY v.seed_id, count(*) DESC, n.value
"""
_RELATIVES = """
    SELECT DISTINCT v.seed_id, t.subject AS name
    FROM visits v
    JOIN pages p ON p.visit_id = v.visit_id AND p.health = 'ok'
    JOIN looks k ON k.look_id = p.look_id AND k.looked_at <= :until
    JOIN sentences t ON t.page_id = p.page_id AND t.rule LIKE :rule AND t.subject IS NOT NULL
    WHERE v.seed_id IN (SELECT value FROM json_each(:seeds))
    ORDER BY v.seed_id, t.subject
"""
