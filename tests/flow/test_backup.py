"""Backup and restore of a real workspace: what is copied, what a changed copy is, what a restored workspace says of itself.

Tests: partnerproof/safekeeping/backups.py, partnerproof/cli/backup.py, partnerproof/cli/restore.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.identity import sha256_hex, utc_now
from ledger.proof.verifier import canonical, file_facts
from ledger.proof.writer_lock import acquire_entry_lock, acquire_writer_lock
from tests.conftest import made_once, run_partnerproof
from tests.flow.sealed import flip, log_of, make_sealed, of, verify


@pytest.fixture(scope="module")
def sealed_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    made = made_once(tmp_path_factory, "sealed", lambda folder: make_sealed(acme_once, folder / "space", logo_png))
    return made / "space"


@pytest.fixture
def sealed(sealed_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sealed_once, tmp_path / "space")


def backup(root: Path, code: int = 0) -> Path:
    run_partnerproof("-w", root, "backup", root.parent / "kept", code=code)
    return max((root.parent / "kept").glob("space-*"), key=lambda path: path.stat().st_ctime_ns)


def test_a_workspace_comes_back_as_it_was(sealed, tmp_path):
    kept = backup(sealed)
    shutil.rmtree(sealed)
    told = run_partnerproof("restore", kept, tmp_path / "back")
    assert "restored; check it with" in told
    root = tmp_path / "back"
    checks = verify(root)
    assert not of(checks, "BROKEN")
    assert not of(checks, "not checked")  # the whole file, too, is as the log says
    assert [entry["event"] for entry in log_of(root)][-3:] == ["began", "backed up", "restored"]
    run_partnerproof("-w", root, "match")  # work goes on, and nobody is said to have changed anything
    assert "changed" not in [entry["event"] for entry in log_of(root)]
    assert (root / "brands" / "acme" / "brand.toml").is_file()
    assert (kept / "backup.json").stat().st_mode & 0o077 == 0


def test_what_did_not_change_takes_its_space_once(sealed):
    first, second = backup(sealed), None
    (sealed / "seeds" / "more.csv").write_text("name,url\n")
    told = run_partnerproof("-w", sealed, "backup", sealed.parent / "kept")
    assert "MB of them as in the backup before" in told
    second = next(path for path in (sealed.parent / "kept").iterdir() if path != first)
    (warc,) = (second / "workspace" / "var" / "warc").iterdir()
    assert warc.stat().st_nlink == 2
    assert (second / "workspace" / "seeds" / "more.csv").is_file()
    shutil.rmtree(first)
    assert "BROKEN" not in run_partnerproof("verify", second)


def test_of_two_backups_in_one_second_the_later_waits(sealed):
    kept = sealed.parent / "kept"
    for seconds in (0, 1):
        taken = kept / f"space-{(utc_now() + timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H%M%SZ')}"
        (taken / "workspace").mkdir(parents=True)
    run_partnerproof("-w", sealed, "backup", kept)
    assert len([path for path in kept.iterdir() if (path / "backup.json").is_file()]) == 1
    assert len(list(kept.iterdir())) == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: flip(next((files / "var" / "warc").iterdir()), 900), "was changed since the backup was made"),
        (lambda files: flip(files / "var" / "partnerproof.db", 5000), "var/partnerproof.db: was changed"),
        (lambda files: (files / "var" / "custody.jsonl").unlink(), "var/custody.jsonl: is missing from the backup"),
        (lambda files: (files / "brands" / "more.txt").write_text("x"), "brands/more.txt: was added to the backup"),
        (lambda files: (files.parent / "backup.json").write_text("{}"), "expected what a backup says of itself"),
    ],
)
def test_a_backup_that_was_changed_is_named_and_not_restored(sealed, tmp_path, change, words):
    kept = backup(sealed)
    change(kept / "workspace")
    told = run_partnerproof("verify", kept, code=1)
    assert words in told
    assert words in run_partnerproof("restore", kept, tmp_path / "back", code=1)
    assert not (tmp_path / "back").exists()


def test_a_manifest_that_leads_elsewhere_writes_nothing_there(sealed, tmp_path):
    kept = backup(sealed)
    manifest = json.loads((kept / "backup.json").read_text())
    manifest.pop("sha256")
    manifest["files"]["../../elsewhere"] = {"bytes": 0, "sha256": ""}
    (kept / "backup.json").write_bytes(canonical({**manifest, "sha256": sha256_hex(canonical(manifest))}))
    assert "it names '../../elsewhere'" in run_partnerproof("restore", kept, tmp_path / "back", "--broken", code=1)


def test_what_can_be_saved_of_a_broken_backup_is_and_the_log_says_so(sealed, tmp_path):
    flip(next((sealed / "var" / "warc").iterdir()), 900)
    kept = backup(sealed, code=1)
    assert "nothing was restored" in run_partnerproof("restore", kept, tmp_path / "back", code=1)
    run_partnerproof("restore", kept, tmp_path / "back", "--broken", code=1)
    assert log_of(tmp_path / "back")[-1]["details"]["broken"] > 0  # type: ignore[index]  # a dictionary


def test_a_server_may_run_and_a_command_may_not(sealed):
    database = sealed / "var" / "partnerproof.db"
    with acquire_entry_lock(database, "serve"):
        kept = backup(sealed)
    assert "BROKEN" not in run_partnerproof("verify", kept)
    with acquire_writer_lock(database, "crawl"):
        assert "is writing here" in run_partnerproof("-w", sealed, "backup", sealed.parent / "kept", code=3)


def test_what_a_killed_backup_left_is_no_backup(sealed):
    part = sealed.parent / "kept" / ".space-2020-01-01T000000Z"
    part.mkdir(parents=True)
    (part / "backup.json").write_text("{")
    kept = backup(sealed)
    assert not kept.name.startswith(".")
    assert "expected what a backup says of itself" in run_partnerproof("verify", part, code=1)


def test_places_that_would_lose_something_are_refused(sealed, tmp_path):
    assert "expected a folder outside the workspace" in run_partnerproof(
        "-w", sealed, "backup", sealed / "kept", code=2
    )
    kept = backup(sealed)
    assert "nothing is ever overwritten by a restore" in run_partnerproof("restore", kept, sealed, code=2)


def test_verify_names_the_latest_backup_of_what_is_broken(sealed):
    kept = backup(sealed)
    before = file_facts(kept / "workspace" / "var" / "partnerproof.db")
    with sqlite3.connect(sealed / "var" / "partnerproof.db") as connection:
        connection.execute("UPDATE captures SET status = 500")
    connection.close()
    assert f"partnerproof restore {kept} NEW-FOLDER" in run_partnerproof("-w", sealed, "verify", code=1)
    assert file_facts(kept / "workspace" / "var" / "partnerproof.db") == before
    kept.rename(sealed.parent / "away")
    assert "no backup that the custody log tells of is there" in run_partnerproof("-w", sealed, "verify", code=1)
