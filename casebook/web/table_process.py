"""The process that makes the queue's table. It imports nothing of the application: it starts anew for each download.

python -m casebook.web.table_process DATABASE csv|xlsx   reads ids of cases, one a line; writes the table to its output
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from casebook.files.tables import make_xlsx, write_csv
from ledger.database import Ledger
from ledger.errors import PartnerproofError
from ledger.typed_texts import CaseId, ClaimId, Instant, IsoDate


@dataclass(frozen=True, slots=True, kw_only=True)
class _TableRow:
    """A row of the table; its fields are the columns in their order. Texts of closed lists stay texts, as the file has them."""

    verdict: str
    state: str
    reason: str | None
    vendor: str
    vendor_domain: str
    country: str | None
    brand: str
    relation: str
    tier: str | None
    evidence: str
    score: float | None
    language: str | None
    first_seen: Instant
    last_seen: Instant
    page_url: str | None
    page_title: str | None
    alt: str | None
    words: str | None
    opened_at: Instant
    decided_by: str | None
    decided_at: Instant | None
    assignee: str | None
    due_on: IsoDate | None
    followup: str | None
    followup_at: Instant | None
    answer_by: IsoDate | None
    removed_on: IsoDate | None
    case_id: CaseId
    claim_id: ClaimId


COLUMNS = tuple(column.name for column in fields(_TableRow))
_BATCH = 500
_ROWS = """
    SELECT c.verdict, c.state, c.reason, c.vendor, c.vendor_domain, c.country, c.brand, c.relation, c.tier, c.evidence, c.score,
           c.language, c.first_seen, c.last_seen, c.page_url, c.opened_at, c.decided_by, c.decided_at, c.assignee, c.due_on,
           c.followup, c.followup_at, c.answer_by, c.removed_on, c.case_id, c.claim_id,
           (SELECT p.title FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
            WHERE e.claim_id = c.claim_id ORDER BY e.seen_at DESC, e.evidence_id LIMIT 1) AS page_title,
           (SELECT g.alt FROM claim_evidence e JOIN sightings g ON g.sighting_id = e.sighting_id
            WHERE e.claim_id = c.claim_id AND g.alt <> '' ORDER BY e.seen_at DESC, e.evidence_id LIMIT 1) AS alt,
           (SELECT t.sentence FROM claim_evidence e JOIN sentences t ON t.text_match_id = e.text_match_id
            WHERE e.claim_id = c.claim_id ORDER BY e.seen_at DESC, e.evidence_id LIMIT 1) AS words
    FROM json_each(?) j CROSS JOIN cases c ON c.case_id = j.value ORDER BY j.id
"""


def each_row(ledger: Ledger, case_ids: Sequence[CaseId]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of cases in the order of their ids, with what their pages say."""
    for start in range(0, len(case_ids), _BATCH):
        for row in ledger.select_each(_TableRow, _ROWS, [json.dumps(case_ids[start : start + _BATCH])]):
            yield astuple(row)


def main(database: str, kind: str) -> None:
    case_ids = list(map(CaseId, sys.stdin.read().split()))
    with Ledger.open_readonly(Path(database)) as ledger:
        rows = each_row(ledger, case_ids)
        if kind == "xlsx":
            sys.stdout.buffer.write(make_xlsx("cases", COLUMNS, rows))
            return
        # the mark at the beginning tells Excel that it is UTF-8
        with io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8-sig", newline="") as file:
            write_csv(file, COLUMNS, rows)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except PartnerproofError as error:
        sys.exit(str(error))
