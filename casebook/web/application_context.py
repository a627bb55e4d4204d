"""What every request of the review application works with: a database connection of its thread, the archive, templates, the caches."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from casebook.cases.letter_facts import Sender
from casebook.cases.letter_templates import LetterTemplates
from casebook.files.styles import STYLES, add_components
from casebook.files.written_days import mark_time, mark_times_in
from casebook.jobs.job_orders import JobPlaces
from casebook.web.access.accounts import TERMS, LoginTerms, Session
from casebook.web.access.login_guard import LoginGuard
from casebook.web.case_columns import CaseIndex
from casebook.web.count_cache import CountCache
from casebook.web.queue import Filters, Queue
from ledger.database import Ledger
from ledger.identity import event_id
from ledger.proof.custody import CustodyLog
from ledger.typed_texts import ClaimId
from ledger.vocabulary import CustodyEvent

if TYPE_CHECKING:  # it needs the extra [oidc]
    from casebook.web.access.provider import Provider

logger = logging.getLogger(__name__)
TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
_MAX_VIEWED = 100_000


@dataclass
class ApplicationContext:
    """Where the review application finds everything. four_eyes: brand → whether a second person has to approve decisions.

    follow_rejections: brings the matches, claims and verdicts of brands in line with what people rejected.
    token: with it a browser may enter as the one user of this machine, without an account.
    """

    database: Path
    warc_dir: Path
    pictures_dir: Path
    log: CustodyLog
    follow_rejections: Callable[[Ledger, Sequence[str], Path], None]
    four_eyes: Callable[[str], bool] = lambda _: False
    token: str | None = None
    user: str = "admin"
    templates: LetterTemplates = field(default_factory=LetterTemplates)
    sender: Sender = field(default_factory=Sender)
    answer_days: int = 14
    rdap_dir: Path | None = None
    logins: LoginGuard = field(default_factory=LoginGuard)
    terms: LoginTerms = TERMS
    company: Provider | None = None  # whose login stands beside own accounts
    own_accounts: bool = True  # False: names and passwords open nothing
    hosts: frozenset[str] | None = None  # names by which browsers may ask for the application; None: any
    job_places: JobPlaces | None = None  # None: this server runs no jobs
    counts: CountCache = field(default_factory=CountCache)
    cases: CaseIndex = field(default_factory=CaseIndex)
    _threads: threading.local = field(default_factory=threading.local)
    _viewed: set[tuple[str, str]] = field(default_factory=set)

    @property
    def ledger(self) -> Ledger:
        """The connection of this thread: SQLite's may not be shared, and opening one a request takes longer than most answers."""
        own: Ledger | None = getattr(self._threads, "ledger", None)
        if own is None:
            own = self._threads.ledger = Ledger.open(self.database)
        return own

    def queue(self, filters: Filters) -> Queue:
        """The cases that filters leave, as of now."""
        return Queue(self.ledger, self.cases.read(self.ledger), filters)

    def note_view(self, session: Session, claim_id: ClaimId) -> None:
        """Enter in the custody log that somebody looked at a claim; once as long as the program runs."""
        if (session.csrf, claim_id) not in self._viewed and len(self._viewed) < _MAX_VIEWED:
            self._viewed.add((session.csrf, claim_id))
            self.log.add(CustodyEvent.VIEWED, {"claim": claim_id}, by=session.account)

    def note_provider_failure(self, message: str) -> None:
        """Tell whoever runs the application why a company login failed; the person who logs in can do nothing about it."""
        logger.warning("company login: %s", message)


def make_environment() -> Environment:
    """Return the templates of the application with their filters."""
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, STYLES]),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = lambda value: str(value or "none").replace("-", " ")
    environment.filters["when"] = mark_time
    environment.filters["prose"] = mark_times_in
    add_components(environment)
    environment.globals["form_number"] = event_id
    environment.globals["shown_fields"] = {
        "comment": "Comment", "subject": "Subject", "body": "Letter", "words": "Words", "recipient": "To", "other": "Address",
    }  # of a form that a session's end interrupted  # fmt: skip
    return environment


def is_plain_id(text: str) -> bool:
    """Whether a text can be one of our ids: nothing else is looked for."""
    return re.fullmatch(r"[0-9A-Za-z]{8,64}", text) is not None
