"""A workspace with one vendor whose pages a test changes, and days that pass."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from casebook.cases.decisions import Verdict, decide
from casebook.cases.letter_facts import Sender
from casebook.cases.letter_templates import LetterTemplates
from casebook.cases.letters import LetterOrder, approve_letter, mark_sent, write_letter
from casebook.cases.stored_letters import require_letter
from ledger.database import Ledger, columns_of
from ledger.identity import utc_now
from ledger.proof.custody import CustodyLog
from ledger.records import Case
from ledger.vocabulary import CaseState, Tone
from tests.conftest import Answer, SmallServer, run_partnerproof, send

WORDS = "<p>" + "Words about our work in towns and ports. " * 30 + "</p>"
MENU = '<nav><a href="/">Home</a> <a href="/partners.html">Our partners</a> <a href="/contact.html">Contact</a></nav>'


def html(title: str, body: str) -> Answer:
    return send(f"<title>{title}</title>{MENU}<h1>{title}</h1>{WORDS}{body}".encode(), "text/html; charset=utf-8")


LOGO = '<ul><li><img src="/acme.png" alt="Acme"></li></ul>'
SHOWING, CLEAN = html("Our partners", LOGO), html("Our partners", "<p>This list is being revised.</p>")
CHALLENGE = send(
    b'<title>Just a moment...</title><h1>Checking your browser</h1><div id="challenge-form" class="cf-browser-verification"></div>',
    "text/html", 503, Server="cloudflare", **{"cf-mitigated": "challenge"},
)  # fmt: skip


class Watched:
    """A workspace with one vendor whose pages a test changes, and days that pass."""

    def __init__(self, root: Path, server: SmallServer, answers: dict[str, Answer]) -> None:
        self.root, self.server, self.answers = root, server, answers
        self.database = root / "var" / "partnerproof.db"

    def crawl(self) -> None:
        seeds = self.root / "seeds" / "vendors.csv"
        seeds.write_text(f"name,url\nVendor,{self.server.url}/\n", encoding="utf-8")
        run_partnerproof("-w", self.root, "crawl", seeds, "--allow-private", "--delay", "0")

    def days_pass(self, days: int) -> None:
        with sqlite3.connect(self.database) as database:
            for table, column in (
                ("looks", "looked_at"), ("looks", "unchanged_since"), ("claim_evidence", "seen_at"), ("visits", "started_at"),
                ("visits", "ended_at"), ("captures", "fetched_at"), ("case_events", "at"), ("removal_checks", "looked_at"),
            ):  # fmt: skip
                database.execute(
                    f"UPDATE {table} SET {column} = strftime('%Y-%m-%dT%H:%M:%SZ', {column}, '-{days} days')"
                )

    def watch(self, *options: str, code: int = 0) -> str:
        return run_partnerproof(
            "-w", self.root, "watch", "--once", "--allow-private", "--delay", "0", *options, code=code
        )

    def look_after(self, days: int, page: Answer) -> str | None:
        self.days_pass(days)
        self.answers["/partners.html"] = page
        self.server.requests.clear()
        self.watch()
        return self.case().followup

    def case(self) -> Case:
        with Ledger.open_readonly(self.database) as ledger:
            case = ledger.select_first(Case, f"SELECT {columns_of(Case)} FROM cases")
            assert case is not None
            return case

    def outcomes(self) -> list[str]:
        """What each visit told of the case, oldest first."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as database:
            return [row[0] for row in database.execute("SELECT outcome FROM removal_checks ORDER BY looked_at")]

    def write_to(self) -> None:
        """Confirm the case, and send an enquiry."""
        log = CustodyLog(self.root / "var" / "custody.jsonl")
        with Ledger.open(self.database) as ledger:
            case = self.case()
            seen = {case.case_id: case.last_event_id}
            decide(
                ledger, log, Verdict(state=CaseState.CONFIRMED, reason="no-agreement", comment="", by="ann", seen=seen)
            )
            order = LetterOrder(tone=Tone.ENQUIRY, language="en", jurisdiction="other", recipient="Vendor", contact="info@vendor.example", contact_source="imprint")  # fmt: skip
            sender = Sender(name="Acme", email="office@acme.example")
            letter = write_letter(
                ledger, LetterTemplates(), self.case(), order, sender=sender, answer_days=14, by="ann"
            )
            text_id = require_letter(ledger, letter).text_id
            approve_letter(ledger, log, letter, seen=text_id, by="ann", is_approver=False)
            mark_sent(ledger, log, letter, seen=text_id, on=utc_now().date().isoformat(), how="e-mail", by="ann")


def watch_vendor(root: Path, serve: Callable[[dict[str, Answer]], SmallServer], logo_png: bytes) -> Watched:
    config = root / "partnerproof.toml"
    config.write_text(config.read_text().replace("after_crawl = true", "after_crawl = false"), encoding="utf-8")
    answers: dict[str, Answer] = {
        "/": html("Vendor", ""), "/partners.html": SHOWING, "/contact.html": html("Contact", "<p>info@vendor.example</p>"),
        "/acme.png": send(logo_png, "image/png"), "/.well-known/security.txt": send(b"Contact: mailto:sec@vendor.example\n", "text/plain"),
    }  # fmt: skip
    watched = Watched(root, serve(answers), answers)
    watched.crawl()
    return watched


class WatchedOnce:
    """A workspace whose vendor was crawled once, for the tests of a module: each has its own copy, and the vendor as it was."""

    def __init__(self, root: Path, logo_png: bytes) -> None:
        self._made = watch_vendor(root, SmallServer, logo_png)
        self._answers, self._requests = dict(self._made.answers), list(self._made.server.requests)

    def copy(self, root: Path) -> Watched:
        made = self._made
        made.answers.clear()
        made.answers |= self._answers
        made.server.requests[:] = self._requests
        return Watched(shutil.copytree(made.root, root), made.server, made.answers)

    def close(self) -> None:
        self._made.server.close()
