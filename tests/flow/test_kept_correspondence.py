"""Letters and replies that were kept long enough are deleted: not a word of them is left in any file, and every seal still holds.

Tests: casebook/export/kept_correspondence.py, ledger/proof/row_deletion.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from ledger.database import Ledger
from ledger.proof.custody import CustodyLog
from ledger.proof.row_deletion import DueRow, delete_rows
from ledger.proof.seals import Seals
from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK, check_export
from ledger.records import Reply
from ledger.vocabulary import RetentionClass
from tests.conftest import made_once, run_partnerproof
from tests.flow.sealed import claim_of, log_of, of, verify
from tests.flow.test_case_export import ANSWER, fill, rows_in, unpack
from tests.flow.test_retention import keep, rows

WORDS = (ANSWER, b"erika@harbour.example", b"We write on behalf of", b"info@meadow.example")


@pytest.fixture(scope="module")
def stored_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    """A case with letter and replies to which nothing has happened since 2020."""

    def make(folder: Path) -> None:
        root = shutil.copytree(acme_once, folder / "space")
        config = root / "partnerproof.toml"
        config.write_text(config.read_text().replace("after_crawl = true", "after_crawl = false"))
        fill(root, logo_png)
        with sqlite3.connect(root / "var" / "partnerproof.db") as database:
            database.execute("UPDATE case_events SET at = '2020-01-01T00:00:00Z'")
            database.execute("INSERT INTO kept_texts SELECT 'a', 'letter:' || letter_id, '{}', written_at FROM letters")
        run_partnerproof("-w", root, "seal")

    return made_once(tmp_path_factory, "correspondence", make) / "space"


@pytest.fixture
def stored(stored_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stored_once, tmp_path / "space")


def line_of(told: str) -> list[str]:
    return next(line.split() for line in told.splitlines() if line.startswith("correspondence"))


def left_in(root: Path) -> list[bytes]:
    """What of the words is anywhere in the files of the database."""
    data = b"".join(path.read_bytes() for path in (root / "var").glob("partnerproof.db*"))
    return [words for words in WORDS if words in data]


def test_by_default_they_are_kept_for_ever(stored):
    assert line_of(run_partnerproof("-w", stored, "retention")) == ["correspondence", "for", "ever", "3", "0", "0"]
    run_partnerproof("-w", stored, "retention", "--delete")
    assert left_in(stored) == list(WORDS)


def test_what_is_over_is_deleted_and_every_seal_still_holds(stored, tmp_path):
    keep(stored, correspondence=30)
    assert line_of(run_partnerproof("-w", stored, "retention")) == ["correspondence", "30", "days", "3", "3", "0"]
    assert left_in(stored) == list(WORDS)
    assert "the words of 3 letters and replies" in run_partnerproof("-w", stored, "retention", "--delete")
    assert left_in(stored) == []
    assert rows(stored, "SELECT count(*) FROM kept_texts") == [(0,)]
    assert rows(stored, "SELECT kind, received_on FROM replies ORDER BY received_on")[1] == ("disputes", "2026-02-03")
    checks = verify(stored)
    assert not of(checks, BROKEN)
    assert any("rows whose words were deleted, as the custody log tells" in line for line in of(checks, OK))
    assert any("table replies" in line for line in of(checks, OK))
    run_partnerproof("-w", stored, "seal")
    assert not [line for line in of(verify(stored), NOT_CHECKED) if "table" in line]
    events = [entry["event"] for entry in log_of(stored)]
    assert "deleting" in events
    assert "deleted" in events
    assert line_of(run_partnerproof("-w", stored, "retention")) == ["correspondence", "30", "days", "0", "0", "0"]
    assert "the words of 0 letters" in run_partnerproof("-w", stored, "retention", "--delete")


def test_an_export_afterwards_verifies_and_tells_that_there_were_letters(stored, tmp_path):
    keep(stored, correspondence=30)
    run_partnerproof("-w", stored, "retention", "--delete")
    run_partnerproof("-w", stored, "seal")
    run_partnerproof("-w", stored, "export", "--no-pictures", claim_of(stored), "--out", tmp_path / "claim.zip")
    folder = unpack(tmp_path / "claim.zip", tmp_path / "unpacked")
    assert not of(check_export(tmp_path / "claim.zip"), BROKEN)
    assert not list(folder.glob("letters/*"))
    assert not list(folder.glob("replies/*"))
    assert "it was kept as long as the rules for retention say" in (folder / "dossier.html").read_text(encoding="utf-8")
    gone = [row for row in rows_in(folder) if row.get("deleted")]
    assert {row["table"] for row in gone} == {"letter_texts", "replies"}
    assert all(row["withheld"] and row["leaf"] is not None and "values" not in row for row in gone)


def test_a_hold_keeps_them_until_it_is_lifted(stored):
    keep(stored, correspondence=30)
    domain = str(rows(stored, "SELECT vendor_domain FROM cases")[0][0])
    run_partnerproof("-w", stored, "hold", domain, "--why", "case 12", "--by", "Ann")
    assert line_of(run_partnerproof("-w", stored, "retention", "--delete"))[3:] == ["3", "0", "3"]
    assert left_in(stored) == list(WORDS)
    run_partnerproof("-w", stored, "hold", domain, "--why", "settled", "--lift")
    run_partnerproof("-w", stored, "retention", "--delete")
    assert left_in(stored) == []


def test_a_case_to_which_something_happened_since_keeps_its_letters(stored):
    keep(stored, correspondence=30)
    with sqlite3.connect(stored / "var" / "partnerproof.db") as database:
        database.execute(
            "UPDATE case_events SET at = strftime('%Y-%m-%dT%H:%M:%SZ') WHERE event_id = (SELECT max(event_id) FROM case_events)"
        )
    run_partnerproof("-w", stored, "retention", "--delete")
    assert left_in(stored) == list(WORDS)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE replies SET words = 'We admit it.'",
        "UPDATE replies SET kind = 'acknowledges'",
        "UPDATE row_deletions SET left_sha256 = row_sha256",
        "DELETE FROM row_deletions",
        "INSERT INTO row_deletions SELECT 'replies', 'x', left_sha256, row_sha256, retention_class, kept_days, deleted_at FROM row_deletions LIMIT 1",
    ],
)
def test_what_is_left_of_a_deleted_row_is_watched(stored, change):
    keep(stored, correspondence=30)
    run_partnerproof("-w", stored, "retention", "--delete")
    run_partnerproof("-w", stored, "seal")
    with sqlite3.connect(stored / "var" / "partnerproof.db") as database:
        database.execute(change)
    assert any("table replies" in line or "table row_deletions" in line for line in of(verify(stored), BROKEN))


def test_a_row_can_not_be_called_deleted_without_the_custody_log(stored):
    with sqlite3.connect(stored / "var" / "partnerproof.db") as database:
        database.execute("INSERT INTO row_deletions VALUES ('replies', 'x', 'aa', 'bb', 'correspondence', 1, '2030-01-01T00:00:00Z')")  # fmt: skip
    assert any("the custody log does not tell of it" in line for line in of(verify(stored), BROKEN))


def test_a_row_can_not_be_rewritten_under_the_name_of_a_deletion(stored):
    """Not even with entries in log and table that agree: what a deletion leaves of words is known."""
    with Ledger.open(stored / "var" / "partnerproof.db") as ledger:
        reply_id = ledger.value("SELECT reply_id FROM replies WHERE kind = 'disputes'")
        due = DueRow(
            table="replies", key="reply_id", row_id=reply_id, retention_class=RetentionClass.CORRESPONDENCE, kept_days=1
        )
        delete_rows(
            ledger, Seals.of(stored / "var" / "seals"), CustodyLog(stored / "var" / "custody.jsonl"), [due],
            blank=lambda ledger, _: ledger.update(Reply, {"words": "We admit it."}, reply_id=reply_id),
        )  # fmt: skip
    assert any(line.startswith(f"deleted row {reply_id}") for line in of(verify(stored), BROKEN))


def test_a_deletion_that_was_killed_before_its_last_entry_is_told_by_the_next(stored):
    keep(stored, correspondence=30)
    run_partnerproof("-w", stored, "retention", "--delete")
    log = stored / "var" / "custody.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    last = next(place for place, line in enumerate(lines) if json.loads(line)["event"] == "deleted")
    log.write_text("".join(lines[:last]), encoding="utf-8")
    run_partnerproof("-w", stored, "retention", "--delete")
    told = [entry for entry in log_of(stored) if entry["event"] == "deleted"]
    assert [len(entry["details"]["rows"]) for entry in told] == [3]
    assert not of(verify(stored), BROKEN)


def test_a_letter_whose_words_are_gone_makes_no_file(stored):
    from casebook.cases.letter_facts import Sender
    from casebook.cases.letter_files import export_letter
    from casebook.cases.letter_grounds import read_earlier
    from casebook.cases.letter_templates import LetterTemplates
    from ledger.errors import BadInputError
    from ledger.records import Case

    keep(stored, correspondence=30)
    run_partnerproof("-w", stored, "retention", "--delete")
    with Ledger.open(stored / "var" / "partnerproof.db") as ledger:
        case = ledger.find(Case, claim_id=claim_of(stored))
        assert case is not None
        assert [letter.recipient for letter in read_earlier(ledger, case.case_id)] == [case.vendor]
        with pytest.raises(BadInputError, match="whose words were deleted"):
            export_letter(
                ledger, CustodyLog(stored / "var" / "custody.jsonl"), ledger.value("SELECT letter_id FROM letters"), "html",
                warc_dir=stored / "var" / "warc", templates=LetterTemplates(), sender=Sender(), by="a",
            )  # fmt: skip
