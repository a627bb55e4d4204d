"""The pages of cases that wait for a decision and have no picture yet, in the order in which they are reviewed.

Reads: cases, and what casebook/dossier/pictures.py reads. Writes nothing.
"""

from __future__ import annotations

from casebook.dossier.pictures import PageToDraw, find_pages
from ledger.database import Ledger
from ledger.vocabulary import UNDECIDED


def find_case_pages(ledger: Ledger, *, limit: int | None = None) -> list[PageToDraw]:
    """Return pages that lack a picture and were never tried, of undecided cases, in the order of the queue; of so many at least, if there are.

    A case that was drawn since it was last seen is not looked at again: of 10,000 cases few are.
    """
    states = sorted(UNDECIDED)
    claims = ledger.values(_WAITING.format(states=", ".join("?" * len(states))), states)
    return find_pages(ledger, claims, retries=False, limit=limit)


_WAITING = """
    SELECT k.claim_id FROM cases k WHERE k.state IN ({states})
    AND NOT EXISTS (SELECT 1 FROM pictures p WHERE p.claim_id = k.claim_id AND p.drawn_at >= k.last_seen)
    ORDER BY k.seriousness, k.newness, k.case_id
"""
