"""Backup and restore of a real workspace: what is copied, what a changed copy is, what a restored workspace says of itself.

Tests: partnerproof/safekeeping/backups.py, partnerproof/safekeeping/restoring.py, partnerproof/cli/backup.py, partnerproof/cli/restore.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError
from ledger.identity import sha256_hex
from ledger.proof.verifier import canonical, file_facts
from ledger.proof.writer_lock import acquire_entry_lock, acquire_writer_lock
from partnerproof.safekeeping.backups import read_manifest
from partnerproof.safekeeping.health import Health
from partnerproof.workspace import find_workspace
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
        assert "is writing here" in run_partnerproof(
            "--wait", "1", "-w", sealed, "backup", sealed.parent / "kept", code=3
        )


def test_what_a_killed_backup_left_is_no_backup(sealed):
    part = sealed.parent / "kept" / ".space-2020-01-01T000000Z"
    part.mkdir(parents=True)
    (part / "backup.json").write_text("{")
    kept = backup(sealed)
    assert not kept.name.startswith(".")
    assert not part.exists()


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
    assert "no backup that the custody log tells of, and that was found in order, is there" in run_partnerproof(
        "-w", sealed, "verify", code=1
    )


def test_a_rotten_file_in_the_backup_before_is_not_taken_over(sealed):
    first = backup(sealed)
    flip(next((first / "workspace" / "var" / "warc").iterdir()), 900)
    told = run_partnerproof("-w", sealed, "backup", sealed.parent / "kept")  # code 0: the new one is sound
    assert "was changed since, the copy made now is the good one" in told


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "[]"])
def test_a_damaged_backup_before_stops_no_later_one(sealed, content):
    first = backup(sealed)
    (first / "backup.json").write_text(content)
    assert "an earlier backup is damaged" in run_partnerproof("-w", sealed, "backup", sealed.parent / "kept")


def test_a_broken_backup_is_not_recommended(sealed):
    good = backup(sealed)
    flip(next((sealed / "var" / "warc").iterdir()), 900)
    backup(sealed, code=1)
    assert f"partnerproof restore {good} NEW-FOLDER" in run_partnerproof("-w", sealed, "verify", code=1)
    health = {finding.part: finding.detail for finding in Health(find_workspace(sealed)).findings()}
    assert "was not found in order; the latest one that was, of" in health["backup"]
    assert str(good) in health["backup"]


def test_what_is_missing_from_a_broken_backup_is_left_out_and_counted(sealed, tmp_path):
    kept = backup(sealed)
    (kept / "workspace" / "brands" / "acme" / "brand.toml").unlink()
    run_partnerproof("restore", kept, tmp_path / "back", "--broken", code=1)
    assert log_of(tmp_path / "back")[-1]["details"]["missing"] == 1  # type: ignore[index]  # a dictionary
    assert (tmp_path / "back" / "partnerproof.toml").is_file()


def test_reading_a_backup_writes_nothing_into_it(sealed):
    kept = backup(sealed)
    var = kept / "workspace" / "var"
    with Ledger.open_readonly(var / "partnerproof.db") as ledger:
        assert ledger.value("SELECT count(*) FROM captures")
        assert not list(var.glob("partnerproof.db-*"))  # whoever is killed now leaves nothing behind


def test_links_are_left_out_and_named_and_a_relative_folder_is_logged_whole(sealed, tmp_path, monkeypatch):
    (sealed / "brands").rename(tmp_path / "elsewhere")
    (sealed / "brands").symlink_to(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    told = run_partnerproof("-w", sealed, "backup", "kept")
    assert "not in the backup, for they are links: brands" in told
    (folder,) = (tmp_path / "kept").iterdir()
    assert json.loads((folder / "backup.json").read_text())["links_left_out"] == ["brands"]
    backed_up = next(entry["details"] for entry in log_of(sealed) if entry["event"] == "backed up")
    assert backed_up["to"] == str(folder)  # type: ignore[index]  # a dictionary


@pytest.mark.parametrize(
    "change", [{"files": []}, {"made_at": None}, {"files": {"a\0b": {}}}, {"files": {"a" * 5000 + "/..": {}}}]
)
def test_a_hostile_manifest_is_refused_in_one_sentence(tmp_path, change):
    manifest = {
        "format": "partnerproof backup 1",
        "made_at": "2026-01-01T00:00:00Z",
        "var": "var",
        "files": {},
    } | change
    (tmp_path / "backup.json").write_bytes(canonical({**manifest, "sha256": sha256_hex(canonical(manifest))}))
    with pytest.raises(EvidenceBrokenError, match="expected what a backup says of itself") as raised:
        read_manifest(tmp_path)
    assert len(str(raised.value)) < 1000


def test_options_of_the_workspace_are_refused_for_a_backup(tmp_path):
    (tmp_path / "backup.json").write_text("{}")
    assert "are of the workspace" in run_partnerproof("verify", tmp_path, "--anchor", "--deep", code=2)
