"""Cases brought up to date, all of it: opened and closed, removals followed, deadlines noted.

1. Findings → cases (cases.py). 2. Visits → proofs of removal (removal.py). 3. Days that have passed (follow_up.py).
Again: no harm. Several processes may do it one after the other; each step is one transaction or more.
"""

from __future__ import annotations

from dataclasses import dataclass

from casebook.cases.cases import Synced, sync_cases
from casebook.cases.follow_up import note_deadlines
from casebook.cases.removal import Checked, RemovalTerms, follow_removals
from ledger.database import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseworkDone:
    """What it came to, in cases."""

    synced: Synced
    checked: Checked
    deadlines: int

    def tell(self) -> str:
        """Return it in words; empty when nothing changed."""
        counts = {
            "opened": self.synced.opened, "opened again": self.synced.reopened, "closed": self.synced.closed,
            "gone on the last look": self.checked.removed, "verified as removed": self.checked.verified,
            "reappeared": self.checked.reappeared, "past their deadline": self.deadlines,
        }  # fmt: skip
        changes = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"cases: {changes}" if changes else ""


def update_casework(ledger: Ledger, terms: RemovalTerms) -> CaseworkDone:
    """Bring all cases in line with what is stored."""
    synced = sync_cases(ledger)
    checked = follow_removals(ledger, terms)
    return CaseworkDone(synced=synced, checked=checked, deadlines=note_deadlines(ledger))
