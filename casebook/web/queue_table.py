"""The queue as a table: every case that filters leave, in order, as CSV or XLSX, made by a process of its own.

A workbook above all: 50,000 rows are seconds of work (table_process.py), in which nobody else's page may wait.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from casebook.web.access.accounts import Session
from casebook.web.application_context import ApplicationContext
from casebook.web.queue import Filters
from casebook.web.responses import Answer, NotThereError, Page
from ledger.errors import OutsideFailureError
from ledger.identity import utc_text
from ledger.typed_texts import CaseId
from ledger.vocabulary import Role

KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_CHUNK = 1 << 16
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
                [sys.executable, "-m", f"{__package__}.table_process", str(database), kind],
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


TABLE_PAGES = {"/table.{kind}": Page(role=Role.READER, make=show_table)}
