"""The queue as a table: every case that filters leave, in order, as CSV or XLSX.

python -m casebook.web.queue_table DATABASE csv|xlsx   reads ids of cases, one a line; writes the table to its output

Made by a process of its own, a workbook above all: 50,000 rows are seconds of work, in which nobody else's page may wait.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import IO, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from casebook.files.tables import make_xlsx, write_csv
from casebook.web.accounts import Session
from casebook.web.application_context import ApplicationContext
from casebook.web.queue import Filters
from casebook.web.responses import Answer, NotThereError, Page
from ledger.database import Ledger
from ledger.errors import OutsideFailureError, PartnerproofError
from ledger.identity import utc_text
from ledger.typed_texts import CaseId, ClaimId, Instant, IsoDate
from ledger.vocabulary import Role


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
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_BATCH, _CHUNK = 500, 1 << 16
_WORKING = threading.BoundedSemaphore(2)  # tables at once; each takes a core while it lasts


class _Making:
    """A table that another process makes. It ends with the answer, however that ends."""

    def __init__(self, database: Path, kind: str) -> None:
        if not _WORKING.acquire(blocking=False):
            raise OutsideFailureError(
                "two tables are being made already: nothing was made for you; try again in a minute"
            )
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "casebook.web.queue_table", str(database), kind],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        except OSError as error:
            _WORKING.release()
            raise OutsideFailureError(f"the table could not be made ({error}); try again in a minute") from error
        self._end_once = threading.Lock()

    def begin(self, case_ids: Sequence[CaseId]) -> bytes:
        """Return the first bytes. Errors: OutsideFailureError when there are none."""
        try:
            self._pipe("stdin").write("\n".join(case_ids).encode())
            self._pipe("stdin").close()
        except BrokenPipeError:
            pass  # it says why on its error output
        first = self.read()
        if not first:
            raise self._failure()
        return first

    def read(self) -> bytes:
        return self._pipe("stdout").read(_CHUNK)

    async def each_chunk(self, first: bytes) -> AsyncIterator[bytes]:
        try:
            chunk = first
            while chunk:
                yield chunk
                chunk = await run_in_threadpool(self.read)
            if await run_in_threadpool(self._process.wait):
                raise self._failure()  # the browser sees that the file is not whole
        finally:
            self.end()

    def end(self) -> None:
        if not self._end_once.acquire(blocking=False):
            return
        self._process.kill()
        self._process.wait()
        for name in ("stdin", "stdout", "stderr"):
            with suppress(BrokenPipeError):
                self._pipe(name).close()
        _WORKING.release()

    def _failure(self) -> OutsideFailureError:
        message = self._pipe("stderr").read().decode("utf-8", "replace").strip()
        return OutsideFailureError(message.rpartition("\n")[2] or "the table could not be made; try again in a minute")

    def _pipe(self, name: str) -> IO[bytes]:
        pipe: IO[bytes] = getattr(self._process, name)
        return pipe


def stream_table(database: Path, kind: str, case_ids: Sequence[CaseId]) -> StreamingResponse:
    """Return the answer that sends a table while it is made. Errors: OutsideFailureError."""
    making = _Making(database, kind)
    try:
        first = making.begin(case_ids)
    except BaseException:
        making.end()
        raise
    name = f"cases-{utc_text()[:10]}.{kind}"
    answer = StreamingResponse(
        making.each_chunk(first),
        media_type=KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    weakref.finalize(answer, making.end)  # an answer that nobody began to send
    return answer


def show_table(
    context: ApplicationContext, session: Session, path: Mapping[str, Any], query: Mapping[str, str]
) -> Answer:
    """Send all cases that the filters leave as a file, whatever page of the queue is shown."""
    if path["kind"] not in KINDS:
        raise NotThereError
    ids = list(context.queue(Filters.read(query)).each_id())
    return Answer(response=stream_table(context.database, path["kind"], ids))


def each_row(ledger: Ledger, case_ids: Sequence[CaseId]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of cases in the order of their ids, with what their pages say."""
    for start in range(0, len(case_ids), _BATCH):
        for row in ledger.select_each(_TableRow, _ROWS, [json.dumps(case_ids[start : start + _BATCH])]):
            yield astuple(row)


TABLE_PAGES = {"/table.{kind}": Page(role=Role.READER, make=show_table)}
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
