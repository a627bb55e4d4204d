"""An export holds what people did with its claim: letters and replies as files, and their rows with proofs; a redacted one no word of them.

Tests: casebook/export/claim_rows.py, casebook/cases/case_files.py, casebook/export/personal.py.
"""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from casebook.cases.decisions import comment_on
from casebook.cases.follow_up import Reply, escalate, store_reply
from casebook.web.application_context import ApplicationContext
from ledger.proof.custody import CustodyLog
from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK, check_export, write_manifest
from ledger.records import Case, RemovalCheck
from ledger.vocabulary import RemovalOutcome, ReplyKind
from partnerproof.flow import follow_rejections
from tests.casebook.web.contexts import write_approved_letter
from tests.conftest import made_once, run_partnerproof
from tests.flow.sealed import claim_of, crawl, of

COMMENT = "Between us: a weak one."
ANSWER = b"%PDF a contract of Erika Mustermann"


def make(folder: Path, acme_once: Path, logo_png: bytes) -> None:
    root = fill(shutil.copytree(acme_once, folder / "space"), logo_png)
    run_partnerproof("-w", root, "seal")


def fill(root: Path, logo_png: bytes) -> Path:
    """Crawl a vendor, write to it, and note two replies, an escalation and a look."""
    crawl(root, logo_png)
    var = root / "var"
    context = ApplicationContext(
        database=var / "partnerproof.db", warc_dir=var / "warc", pictures_dir=var / "pictures",
        log=CustodyLog(var / "custody.jsonl"), follow_rejections=follow_rejections, four_eyes=lambda _: False,
    )  # fmt: skip
    case = context.ledger.find(Case, claim_id=claim_of(root))
    assert case is not None
    write_approved_letter(context, case.vendor_domain)
    reply = Reply(
        kind=ReplyKind.DISPUTES, received_on="2026-02-03", sender="Erika Mustermann", words="Write to erika@harbour.example.",
        file_name="Erika Mustermann.pdf", file=ANSWER,
    )  # fmt: skip
    store_reply(context.ledger, context.log, case.case_id, reply, by="reviewer-one")
    comment_on(context.ledger, case.case_id, COMMENT, by="reviewer-one")
    escalate(context.ledger, case.case_id, why=COMMENT, by="reviewer-one")
    visit = context.ledger.value("SELECT visit_id FROM visits LIMIT 1")
    check = RemovalCheck(check_id="c" * 32, case_id=case.case_id, visit_id=visit, looked_at="2026-03-01T10:00:00Z", outcome=RemovalOutcome.SHOWN, pages=(), checked_at="2026-03-01T10:00:00Z")  # fmt: skip
    context.ledger.add([check])
    context.ledger.close()
    return root


@pytest.fixture(scope="module")
def space(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    return made_once(tmp_path_factory, "case-export", lambda folder: make(folder, acme_once, logo_png)) / "space"


@pytest.fixture(scope="module")
def whole(space: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shutil.copytree(space, tmp_path_factory.mktemp("whole") / "space")
    run_partnerproof("-w", root, "export", "--no-pictures", claim_of(root), "--out", root.parent / "claim.zip")
    return root.parent / "claim.zip"


@pytest.fixture(scope="module")
def redacted(space: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shutil.copytree(space, tmp_path_factory.mktemp("redacted") / "space")
    personal = root.parent / "personal.csv"
    run_partnerproof("-w", root, "export", claim_of(root), "--list-personal", personal)
    with personal.open(encoding="utf-8-sig", newline="") as file:
        listed = [row["text"] for row in csv.DictReader(file)]
    assert {"Erika Mustermann", "erika@harbour.example"} <= set(listed)
    personal.write_text(
        "tick,kind,text\nx,text,Words about our work\n"
    )  # something else: what nobody ticked is out all the same
    run_partnerproof("-w", root, "export", claim_of(root), "--redact", personal, "--out", root.parent / "redacted.zip")
    return root.parent / "redacted.zip"


def unpack(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def rows_in(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "proof" / "rows.jsonl").read_text(encoding="utf-8").split("\n") if line]  # fmt: skip


def test_letters_and_replies_are_there_as_files_and_as_sealed_rows(whole, tmp_path):
    folder = unpack(whole, tmp_path)
    assert [path.read_bytes() for path in folder.glob("replies/*Erika-Mustermann.pdf")] == [ANSWER]
    (letter,) = folder.glob("letters/*.html")
    assert "We write on behalf of Acme" in letter.read_text(encoding="utf-8")
    rows = rows_in(folder)
    tables = {row["table"] for row in rows}
    assert {"cases", "case_events", "letters", "letter_texts", "replies", "removal_checks"} <= tables
    assert "grants" not in tables, "a grant may name a person as contact"
    assert all(row["leaf"] is not None for row in rows)
    checks = check_export(whole)
    assert not of(checks, BROKEN)
    assert any("2 files of replies are those that their sealed rows tell of" in line for line in of(checks, OK))
    read_me = (folder / "READ-ME.html").read_text(encoding="utf-8")
    assert "replies/" in read_me
    assert "reply-form.html" in read_me


def test_what_reviewers_say_among_themselves_is_a_digest_that_was_sealed(whole, tmp_path):
    folder = unpack(whole, tmp_path)
    assert not [path for path in folder.rglob("*") if path.is_file() and COMMENT.encode() in path.read_bytes()]
    withheld = [row for row in rows_in(folder) if row.get("withheld")]
    assert {row["table"] for row in withheld} == {"case_events"}
    assert any("withheld (their digests are there)" in line for line in of(check_export(whole), OK))
    lines = (folder / "proof" / "rows.jsonl").read_text(encoding="utf-8")
    digest = str(withheld[0]["digest"])
    (folder / "proof" / "rows.jsonl").write_text(lines.replace(digest, digest[::-1]), encoding="utf-8")
    write_manifest(folder, {})
    assert any("the row of case_events is not the sealed one" in line for line in of(check_export(folder), BROKEN))


def test_a_file_that_no_sealed_reply_had_is_not_taken_for_one(whole, tmp_path):
    folder = unpack(whole, tmp_path)
    next(folder.glob("replies/*.pdf")).write_bytes(b"another")
    write_manifest(folder, {})
    assert any("no sealed row tells of a reply" in line for line in of(check_export(folder), NOT_CHECKED))


def test_a_redacted_copy_has_no_word_of_letters_and_replies_whatever_was_ticked(redacted, tmp_path):
    folder = unpack(redacted, tmp_path)
    assert not list(folder.glob("letters/*"))
    assert not list(folder.glob("replies/*"))
    assert (folder / "reply-form.html").is_file()
    for needle in (b"Erika", b"erika@", b"info@meadow.example", b"We write on behalf of", COMMENT.encode()):
        assert not [path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()], needle
    assert {row["table"] for row in rows_in(folder) if row.get("withheld")} == {"case_events", "letter_texts", "replies"}  # fmt: skip
    assert not of(check_export(redacted), BROKEN)
