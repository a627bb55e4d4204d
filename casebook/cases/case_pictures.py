"""The pages of cases that wait for a decision and have no picture yet, in the order in which they are reviewed.

Reads: cases, and what casebook/dossier/pictures.py reads. Writes nothing.
"""

from __future__ import annotations

from casebook.cases.cases import UNDECIDED
from casebook.dossier.pictures import PageToDraw, find_pages
from ledger.database import Ledger


def find_case_pages(ledger: Ledger) -> list[PageToDraw]:
    """Return the pages that lack a picture and were never tried, of all undecided cases, in the order of the queue."""
    states = sorted(UNDECIDED)
    sql = f"SELECT claim_id FROM cases WHERE state IN ({', '.join('?' * len(states))}) ORDER BY seriousness, newness, case_id"
    return find_pages(ledger, ledger.values(sql, states), retries=False)
