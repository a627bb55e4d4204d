"""Payloads that were kept long enough are deleted in place: their digests, the other records and the seals stay.

Tests: ledger/proof/deletion.py, partnerproof/cli/hold.py, partnerproof/cli/retention.py,
casebook/export/retention.py, casebook/export/shown_pages.py.
"""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from ledger.database import Ledger
from ledger.proof.deletion import tombstone
from ledger.proof.writer_lock import acquire_writer_lock
from tests.conftest import SmallServer, made_once, run_partnerproof, send
from tests.flow.sealed import PAGE, claim_of, log_of, of, verify

PLAIN = "<title>About</title><h1>About us</h1><p>" + "A private sentence about Ann Example. " * 30 + "</p>"


@pytest.fixture(scope="module")
def stored_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    """A vendor with a claim on one page and none on another, seen a year ago by the rows' own times."""
    return made_once(tmp_path_factory, "kept", lambda folder: _crawl(folder, acme_once, logo_png)) / "space"


def _crawl(folder: Path, acme_once: Path, logo_png: bytes) -> None:
    root = shutil.copytree(acme_once, folder / "space")
    server = SmallServer(
        {
            "/": send(PAGE + "<a href='/about'>About us</a>"),
            "/about": send(PLAIN),
            "/l.png": send(logo_png, "image/png"),
        }
    )
    (root / "seeds" / "v.csv").write_text(f"name,url\nBright Harbour,{server.url}/\n")
    (root / "partnerproof.toml").write_text(
        (root / "partnerproof.toml").read_text().replace("after_crawl = true", "after_crawl = false")
    )
    run_partnerproof("-w", root, "crawl", root / "seeds" / "v.csv", "--delay", "0", "--allow-private")
    server.close()
    database = root / "var" / "partnerproof.db"
    with acquire_writer_lock(database, "a year ago"), Ledger.open(database) as ledger:
        ledger.execute("UPDATE captures SET fetched_at = '2020-01-01T00:00:00Z'")
    run_partnerproof("-w", root, "seal")


@pytest.fixture
def stored(stored_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stored_once, tmp_path / "space")


def keep(root: Path, **days: int) -> None:
    text = (root / "partnerproof.toml").read_text()
    for kind, count in days.items():
        text = text.replace(f"{kind}_days = 0", f"{kind}_days = {count}")
    (root / "partnerproof.toml").write_text(text)


def warc_bytes(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((root / "var" / "warc").iterdir()))


def contents(root: Path) -> list[tuple[str, str | None, bytes]]:
    found = []
    for path in sorted((root / "var" / "warc").iterdir()):
        with path.open("rb") as file:
            found += [
                (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
                for record in ArchiveIterator(file)
            ]
    return found


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def test_by_default_everything_is_kept_for_ever(stored):
    before = warc_bytes(stored)
    assert "for ever" in run_partnerproof("-w", stored, "retention")
    assert "payloads of 0 captures" in run_partnerproof("-w", stored, "retention", "--delete")
    assert warc_bytes(stored) == before


def test_what_no_claim_rests_on_goes_and_the_rest_is_still_verified(stored, tmp_path):
    keep(stored, unclaimed=30)
    length = len(warc_bytes(stored))
    run_partnerproof("-w", stored, "retention", "--delete")
    assert len(warc_bytes(stored)) == length
    assert not any(b"Ann Example" in body for _, _, body in contents(stored))
    assert any(b"Our partners" in body for _, _, body in contents(stored))
    assert not rows(stored, "SELECT 1 FROM passages WHERE text LIKE '%Ann Example%'")
    assert rows(stored, "SELECT url FROM captures c JOIN deletions d USING (capture_id) WHERE url LIKE '%/about'")
    checks = verify(stored)
    assert not of(checks, "BROKEN")
    assert any("records that were deleted, as the custody log tells" in line for line in of(checks, "ok"))
    run_partnerproof("-w", stored, "seal")
    assert not [line for line in of(verify(stored), "not checked") if "table" in line]
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", stored, "export", claim_of(stored), "--out", out)
    assert "nothing is broken" in run_partnerproof("verify", out, code=3)
    for command in (("extract", "--again"), ("match",), ("claims",), ("report", "--out", tmp_path / "report")):
        run_partnerproof("-w", stored, *command)


def test_evidence_of_a_finding_goes_too_when_its_days_are_over_and_the_dossier_says_so(stored, tmp_path):
    keep(stored, finding=30, unclaimed=30)
    run_partnerproof("-w", stored, "retention", "--delete")
    run_partnerproof("-w", stored, "report", "--out", tmp_path / "report")
    (page,) = (tmp_path / "report" / "claims").glob("*.html")
    assert "its payload was deleted at" in page.read_text(encoding="utf-8")
    assert not of(verify(stored), "BROKEN")
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", stored, "export", claim_of(stored), "--out", out)
    assert "nothing is broken" in run_partnerproof("verify", out, code=3)


def test_what_a_browser_drew_of_a_page_goes_with_it(stored, tmp_path):
    from ledger.archive.warc import MadeRecord, WarcArchive
    from ledger.records import Render

    database = stored / "var" / "partnerproof.db"
    with acquire_writer_lock(database, "draw"), Ledger.open(database) as ledger:
        for look in ledger.rows(
            "SELECT look_id, visit_id, requested_url AS url FROM looks WHERE purpose = 'page' AND capture_id IS NOT NULL"
        ):
            crawl_id = ledger.value("SELECT crawl_id FROM visits WHERE visit_id = ?", [look["visit_id"]])
            with WarcArchive(stored / "var" / "warc", ledger, crawl_id, tool="test") as archive:
                made = [
                    archive.store_made(
                        MadeRecord(
                            kind=kind, url=look["url"], content=f"drawn for Ann Example {kind}".encode(), content_type=content_type,
                            made_at="2020-01-01T00:00:00Z",
                        )
                    )
                    for kind, content_type in (("conversion", "text/html"), ("resource", "image/png"))
                ]  # fmt: skip
            ledger.put(
                [
                    Render(
                        render_id=f"render {look['look_id']}", visit_id=look["visit_id"], look_id=look["look_id"], reason="r",
                        failure=None, consent=None, asked=0, refused=(), box_attribute="data-box", rendered_at="2020-01-01T00:00:00Z",
                        document_sha256=made[0].sha256, document_warc_file=made[0].warc_file, document_warc_offset=made[0].warc_offset,
                        screenshot_sha256=made[1].sha256, screenshot_warc_file=made[1].warc_file, screenshot_warc_offset=made[1].warc_offset,
                    )
                ]
            )  # fmt: skip
    run_partnerproof("-w", stored, "seal")
    keep(stored, finding=30, unclaimed=30)
    run_partnerproof("-w", stored, "retention", "--delete")
    assert not any(b"Ann Example" in body for _, _, body in contents(stored))
    assert not of(verify(stored), "BROKEN")
    run_partnerproof("-w", stored, "report", "--out", tmp_path / "report")
    run_partnerproof("-w", stored, "export", claim_of(stored), "--out", tmp_path / "claim.zip")
    assert "nothing is broken" in run_partnerproof("verify", tmp_path / "claim.zip", code=3)
    run_partnerproof("-w", stored, "extract", "--again")


def test_a_hold_keeps_all_of_a_vendor_until_it_is_lifted(stored):
    keep(stored, finding=30, unclaimed=30)
    before = warc_bytes(stored)
    domain = str(rows(stored, "SELECT vendor_domain FROM seeds")[0][0])
    run_partnerproof("-w", stored, "hold", domain, "--why", "case 12", "--by", "Ann")
    assert "case 12" in run_partnerproof("-w", stored, "hold")
    run_partnerproof("-w", stored, "retention", "--delete")
    assert warc_bytes(stored) == before
    assert "it is so already" in run_partnerproof("-w", stored, "hold", domain, "--why", "again")
    run_partnerproof("-w", stored, "hold", domain, "--why", "settled", "--lift")
    run_partnerproof("-w", stored, "retention", "--delete")
    assert warc_bytes(stored) != before
    assert [entry["event"] for entry in log_of(stored)].count("held") == 2
    assert "expected the vendor_domain" in run_partnerproof(
        "-w", stored, "hold", "nobody.example", "--why", "x", code=2
    )


def test_a_hold_that_is_laid_while_others_delete_keeps_what_was_due(stored):
    """A hold waits for nobody: it may be laid between the look-up of what is due and its deletion."""
    from casebook.export.retention import decide_hold, forget_read, read_retention
    from ledger.database import Ledger
    from ledger.proof.custody import CustodyLog
    from ledger.proof.deletion import delete_captures
    from ledger.proof.writer_lock import acquire_writer_lock
    from ledger.vocabulary import HoldEvent, RetentionClass

    before, log = warc_bytes(stored), CustodyLog(stored / "var" / "custody.jsonl")
    domain = str(rows(stored, "SELECT vendor_domain FROM seeds")[0][0])
    database = stored / "var" / "partnerproof.db"
    with acquire_writer_lock(database, "retention"), Ledger.open(database) as ledger:
        due = read_retention(ledger, dict.fromkeys(RetentionClass, 30)).due
        decide_hold(ledger, log, domain, HoldEvent.LAID, why="case 12", by="Ann")
        assert due
        assert delete_captures(ledger, stored / "var" / "warc", log, due, forget=forget_read) == 0
        decide_hold(ledger, log, domain, HoldEvent.LIFTED, why="settled", by="Ann")
        assert delete_captures(ledger, stored / "var" / "warc", log, due, forget=forget_read) == len(due)
    assert warc_bytes(stored) != before
    assert not of(verify(stored), "BROKEN")


def test_a_deleted_record_that_is_changed_again_is_found(stored):
    keep(stored, unclaimed=30)
    run_partnerproof("-w", stored, "retention", "--delete")
    deleted = next(entry for entry in log_of(stored) if entry["event"] == "deleted")["details"]["records"][0]
    path = stored / "var" / "warc" / deleted["file"]
    data = bytearray(path.read_bytes())
    data[deleted["offset"] + 30] ^= 1
    path.write_bytes(data)
    assert any(f"byte {deleted['offset']}" in line for line in of(verify(stored), "BROKEN"))


def test_a_killed_deletion_is_finished_by_the_next_one(stored):
    keep(stored, unclaimed=30, finding=30)
    for wait in (0.9, 1.0, 1.1, 1.2):
        process = subprocess.Popen(
            [sys.executable, "-m", "partnerproof", "-w", stored, "retention", "--delete"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
    run_partnerproof("-w", stored, "retention", "--delete")
    assert not any(b"Ann Example" in body for _, _, body in contents(stored))
    assert not of(verify(stored), "BROKEN")


def test_a_crawl_after_a_deletion_fetches_what_is_gone(stored, logo_png):
    keep(stored, unclaimed=30, finding=30)
    run_partnerproof("-w", stored, "retention", "--delete")
    server = SmallServer({"/": send(PAGE), "/l.png": send(logo_png, "image/png")})
    (stored / "seeds" / "w.csv").write_text(f"name,url\nOther,{server.url}/\n")
    run_partnerproof("-w", stored, "crawl", stored / "seeds" / "w.csv", "--delay", "0", "--allow-private")
    server.close()
    assert rows(stored, "SELECT count(*) FROM captures WHERE url LIKE '%/l.png' AND refers_to IS NULL") == [(2,)]
    assert not of(verify(stored), "BROKEN")


@given(st.integers(min_value=20, max_value=70_000))
def test_a_tombstone_has_the_length_it_is_asked_for(length):
    data = tombstone(length, "a" * 32, "b" * 64, "2026-11-28T00:00:00Z")
    assert len(data) == length
    import gzip

    text = gzip.decompress(data)
    assert text == b"" or text.startswith(b"WARC/1.1")
    assert length < 400 or b"payload-digest" in text
