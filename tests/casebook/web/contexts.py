"""An application context with some cases, written row by row, and clients of every role."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from starlette.testclient import TestClient

from casebook.cases.cases import sync_cases
from casebook.cases.decisions import Verdict, decide
from casebook.cases.follow_up import Reply, store_reply
from casebook.cases.letter_facts import Sender
from casebook.cases.letters import LetterOrder, approve_letter, mark_sent, write_letter
from casebook.cases.stored_letters import require_letter
from casebook.jobs.job_orders import JobPlaces
from casebook.register.imports import import_register
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from casebook.web.access.accounts import hash_password
from casebook.web.app import make_app
from casebook.web.application_context import ApplicationContext
from ledger.database import Ledger
from ledger.identity import utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Account, Case
from ledger.vocabulary import CaseState, ReplyKind, Role, Tone
from partnerproof.flow import follow_rejections
from tests.casebook.ledgers import ACME, Read, Said, Shown, add_brand, add_visit, rows_of
from tests.new_ledger import new_ledger

PASSWORD = "a long enough password"  # noqa: S105  # of these tests
HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(2)>"


def fill(ledger: Ledger, folder: Path) -> None:
    """Four vendors: a logo and words, words alone, two with the same image, one that the register allows."""
    add_brand(ledger)
    register = folder / "register.csv"
    register.write_text("company,domain,relation,valid_from\nKnown,known.example,partner,2010-01-01\n")
    import_register(ledger, "acme", register)
    shared = Shown(image="shared", is_acme=True, words=HOSTILE)
    visits = [
        add_visit(ledger, "2026-01-02", [Read(images=[ACME], sentences=[Said(text="We are a partner of 艾克米 Acme.")])], domain="harbour.example"),
        add_visit(ledger, "2026-01-03", [Read(sentences=[Said(text=f"Acme partner {HOSTILE}")])], domain="meadow.example"),
        add_visit(ledger, "2026-01-04", [Read(images=[shared])], domain="mill.example"),
        add_visit(ledger, "2026-01-05", [Read(images=[shared])], domain="quarry.example"),
        add_visit(ledger, "2026-01-06", [Read(images=[ACME])], domain="known.example"),
    ]  # fmt: skip
    find_claims(ledger, ["acme"], visit_ids=visits)
    Judge(ledger).judge()
    ledger.execute("INSERT OR IGNORE INTO recognitions SELECT DISTINCT image_sha256, 'set', 9, 9, 'PNG', NULL, NULL, '2026-01-01T00:00:00Z' FROM logo_matches")  # fmt: skip
    sync_cases(ledger)


@cache
def _password_hash() -> str:
    """One for all accounts of all tests: to make it takes long on purpose."""
    return hash_password(PASSWORD)


def make_context(folder: Path, *, four_eyes: bool = False, token: str | None = None) -> ApplicationContext:
    database = folder / "var" / "partnerproof.db"
    database.parent.mkdir()
    with new_ledger(database) as ledger:
        fill(ledger, folder)
        for account, role in (*((f"{role}-one", role) for role in Role), ("approver-two", Role.APPROVER)):
            ledger.add(
                [
                    Account(
                        account=account,
                        role=role,
                        password_hash=_password_hash(),
                        is_active=True,
                        created_at=utc_text(),
                    )
                ]
            )
    return ApplicationContext(
        database=database,
        warc_dir=folder / "var" / "warc",
        pictures_dir=folder / "var" / "pictures",
        log=CustodyLog(folder / "var" / "custody.jsonl"),
        follow_rejections=follow_rejections,
        four_eyes=lambda _: four_eyes,
        token=token,
        job_places=make_places(folder),
    )


def make_places(folder: Path) -> JobPlaces:
    """Where jobs find a brand and a list; nobody runs them."""
    for name in ("var/jobs", "seeds", "registers", "brands/acme"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "brands/acme/brand.toml").write_text('name = "Acme"\n', encoding="utf-8")
    (folder / "seeds/vendors.csv").write_text("name,url\nVendor,https://vendor.example/\n", encoding="utf-8")
    named = {name: folder / name for name in ("seeds", "registers", "brands")}
    return JobPlaces(jobs=folder / "var/jobs", **named)


def client(context: ApplicationContext, account: str | None = None) -> TestClient:
    made = TestClient(make_app(context), follow_redirects=False)
    if account is not None:
        answer = made.post("/login", data={"account": account, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
    return made


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def ticks(context: ApplicationContext, *domains: str) -> list[str]:
    marks = ", ".join("?" * len(domains))
    rows = rows_of(
        context.ledger, f"SELECT case_id, last_event_id FROM cases WHERE vendor_domain IN ({marks})", list(domains)
    )
    return [f"{row['case_id']}:{row['last_event_id']}" for row in rows]


def states(context: ApplicationContext) -> dict[str, str]:
    return {
        row["vendor_domain"]: row["state"] for row in rows_of(context.ledger, "SELECT vendor_domain, state FROM cases")
    }


def case_of(context: ApplicationContext, domain: str) -> Case:
    case = context.ledger.find(Case, vendor_domain=domain)
    assert case is not None
    return case


def confirm(context: ApplicationContext, domain: str, by: str = "reviewer-one") -> Case:
    case = case_of(context, domain)
    verdict = Verdict(
        state=CaseState.CONFIRMED,
        reason="no-agreement",
        comment="",
        by=by,
        seen={case.case_id: case.last_event_id},
    )
    decide(context.ledger, context.log, verdict)
    return case_of(context, domain)


def write_approved_letter(context: ApplicationContext, domain: str) -> str:
    """An enquiry with hostile words in it, approved by its writer, sent, and a reply with a file."""
    case = confirm(context, domain)
    order = LetterOrder(
        tone=Tone.ENQUIRY, language="en", jurisdiction="other", recipient=HOSTILE, contact="info@meadow.example",
        contact_source=HOSTILE,
    )  # fmt: skip
    sender = Sender(name="Acme's office", email="office@acme.example")
    letter_id = write_letter(
        context.ledger, context.templates, case, order, sender=sender, answer_days=14, by="reviewer-one"
    )
    seen = require_letter(context.ledger, letter_id).text_id
    approve_letter(context.ledger, context.log, letter_id, seen=seen, by="reviewer-one", is_approver=False)
    today = utc_now().date().isoformat()
    mark_sent(context.ledger, context.log, letter_id, seen=seen, on=today, how=HOSTILE, by="reviewer-one")
    reply = Reply(
        kind=ReplyKind.DISPUTES, received_on="2026-01-21", sender=HOSTILE, words=HOSTILE, file_name="../../" + HOSTILE,
        file=b"<script>alert(1)</script>",
    )  # fmt: skip
    store_reply(context.ledger, context.log, case.case_id, reply, by="reviewer-one")
    return letter_id
