"""A page of a case as the archive holds it, in a frame that may do nothing: no script, no network, no way out.

The frame's own policy (COPY_POLICY) sandboxes it and lets it load nothing; the page around it lets no other address into the frame.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import HTMLResponse

from casebook.dossier.archived_copy import COPY_POLICY, ArchivedCopy, make_archived_copy
from casebook.web.accounts import Session
from casebook.web.application_context import ApplicationContext, is_plain_id
from casebook.web.queue import Filters
from casebook.web.responses import Answer, NotThereError, Page, Path_
from ledger.records import Case
from ledger.typed_texts import CaseId, LookId
from ledger.vocabulary import Role

AROUND_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


def show_copy(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    """The page around the copy: what it is, of when, and what is missing in it."""
    case, copy = _read(context, path)
    values = {"case": case, "copy": copy, "filters": Filters.read(query)}
    return Answer(template="copy.html", values=values, policy=AROUND_POLICY)


def show_copied_document(
    context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]
) -> Answer:
    _, copy = _read(context, path)
    return Answer(response=HTMLResponse(copy.html, headers={"Content-Security-Policy": COPY_POLICY}))


def _read(context: ApplicationContext, path: Path_) -> tuple[Case, ArchivedCopy]:
    ids = (path["case_id"], path["look_id"])
    case = context.ledger.find(Case, case_id=CaseId(ids[0])) if all(map(is_plain_id, ids)) else None
    copy = make_archived_copy(context.ledger, context.warc_dir, case.claim_id, LookId(ids[1])) if case else None
    if case is None or copy is None:
        raise NotThereError
    return case, copy


COPY_PAGES: Mapping[str, Page] = {
    "/cases/{case_id}/copies/{look_id}": Page(role=Role.READER, make=show_copy),
    "/cases/{case_id}/copies/{look_id}/document": Page(role=Role.READER, make=show_copied_document),
}
