"""One process computes at a time, long work gives way, others write beside it, and the log tells who was there.

Tests: ledger/proof/log_runs.py
"""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ledger.database import Ledger
from ledger.proof import writer_lock
from ledger.proof.custody import CustodyLog
from ledger.proof.log_runs import current_run, open_runs
from ledger.proof.writer_lock import (
    WriterLockHeldError,
    acquire_entry_lock,
    acquire_writer_lock,
    hold_name,
    is_name_held,
)
from ledger.vocabulary import CustodyEvent


def test_two_commands_never_write_at_once(tmp_path):
    with acquire_writer_lock(tmp_path / "p.db", "match"), pytest.raises(WriterLockHeldError, match="is writing here"):
        acquire_writer_lock(tmp_path / "p.db", "judge", patience_s=0.1).__enter__()


def test_a_command_waits_for_another_and_tells_for_which_after_a_moment(tmp_path, caplog):
    began, order = threading.Event(), list[str]()

    def write() -> None:
        with acquire_writer_lock(tmp_path / "p.db", "match"):
            began.set()
            time.sleep(1.3)
            order.append("match")

    thread = threading.Thread(target=write)
    thread.start()
    began.wait()
    with caplog.at_level(logging.WARNING), acquire_writer_lock(tmp_path / "p.db", "judge"):
        order.append("judge")
    thread.join()
    assert order == ["match", "judge"]
    assert f"process {os.getpid()} (`match`) is writing here; waiting for it" in caplog.text


def test_long_work_gives_way_between_its_steps_to_everybody_who_waits(tmp_path):
    began, order = threading.Event(), list[str]()

    def wait_and_write(name: str) -> None:
        with acquire_writer_lock(tmp_path / "p.db", name):
            order.append(name)

    with acquire_writer_lock(tmp_path / "p.db", "match") as lock:
        lock.give_way()  # nobody waits
        threads = [threading.Thread(target=wait_and_write, args=[name]) for name in ("one", "two", "three")]
        for thread in threads:
            thread.start()
        began.wait(0.2)
        assert order == []
        for _ in range(100):
            order.append("step")
            lock.give_way()
            time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert {"one", "two", "three"} <= set(order[:-1]), "each had its turn before the long work ended"


def test_a_name_is_held_by_one_and_free_again_when_its_holder_is_killed(tmp_path):
    code = "import sys, time; from pathlib import Path; from ledger.proof.writer_lock import hold_name\nwith hold_name(Path(sys.argv[1]), 'crawl') as ours: print(ours, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert is_name_held(tmp_path, "crawl")
        assert not is_name_held(tmp_path, "another")
        with hold_name(tmp_path, "crawl") as is_ours, hold_name(tmp_path, "another") as is_other:
            assert (is_ours, is_other) == (False, True)
        holder.kill()
        holder.wait(10)
        assert not is_name_held(tmp_path, "crawl")
        with hold_name(tmp_path, "crawl") as is_ours:
            assert is_ours
    assert [*(tmp_path / "held").iterdir()] == []


def test_the_log_tells_which_runs_were_open_and_who_began_alone(tmp_path):
    database, log = tmp_path / "p.db", CustodyLog(tmp_path / "custody.jsonl")
    with acquire_entry_lock(database, "serve"):
        assert [entry["details"]["command"] for entry in open_runs(log.entries())] == ["serve"]
        with acquire_writer_lock(database, "match"):
            assert [entry["details"]["command"] for entry in open_runs(log.entries())] == ["serve", "match"]
            assert current_run(tmp_path) == log.entries()[-1]["details"]["run"]
    assert open_runs(log.entries()) == []
    assert [entry["details"].get("alone") for entry in log.entries()] == [True, None, None, None]
    log.add(CustodyEvent.BEGAN, {"command": "crawl", "run": "killed"})
    with acquire_writer_lock(database, "match"):
        assert [entry["details"]["command"] for entry in open_runs(log.entries())] == ["match"], "the other is over"


def test_who_ends_last_leaves_the_digest_and_who_ends_before_does_not(tmp_path):
    database, log = tmp_path / "p.db", CustodyLog(tmp_path / "custody.jsonl")
    Ledger.open(database).close()
    with acquire_entry_lock(database, "crawl"):
        with acquire_writer_lock(database, "match"):
            pass
        assert "database" not in log.entries()[-1]["details"]
    assert "database" in log.entries()[-1]["details"]


def test_the_process_that_has_the_lock_is_named_whatever_the_file_says(tmp_path):
    with acquire_writer_lock(tmp_path / "p.db", "crawl"):
        (tmp_path / "lock").write_text("4194399")
        with pytest.raises(WriterLockHeldError, match=rf"process {os.getpid()} is writing here"):
            acquire_writer_lock(tmp_path / "p.db", "match", patience_s=0.1).__enter__()


def test_a_process_that_ended_is_not_named_for_one_that_it_began(tmp_path):
    command = 'exec 9>>"$0"; flock 9; echo $$ >&9; sleep 60 & echo $! $$'
    with subprocess.Popen(["sh", "-c", command, tmp_path / "lock"], stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        child, parent = map(int, shell.stdout.readline().split())
        shell.wait(10)
        try:
            with pytest.raises(WriterLockHeldError, match=f"a process that said to be {parent} is writing here"):
                acquire_writer_lock(tmp_path / "p.db", "match", patience_s=0.1).__enter__()
        finally:
            os.kill(child, 9)


@pytest.mark.parametrize("written", ["4194399", "", "rm -rf"])
def test_without_the_systems_list_the_file_is_quoted_as_hearsay(tmp_path, monkeypatch, written):
    monkeypatch.setattr(writer_lock, "LOCKS", tmp_path / "none")
    words = "a process that said to be 4194399" if written.isdecimal() else "another process"
    with (tmp_path / "lock").open("w") as lock:
        lock.write(written)
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(WriterLockHeldError, match=f"{words} is writing here"):
            acquire_writer_lock(tmp_path / "p.db", "match", patience_s=0.1).__enter__()


@pytest.mark.parametrize("acquire", [acquire_writer_lock, acquire_entry_lock])
def test_a_folder_that_was_open_to_others_is_closed_and_said_so(tmp_path, caplog, acquire):
    tmp_path.chmod(0o755)
    for name in ("lock", "entry-lock"):
        (tmp_path / name).touch(0o644)
    with caplog.at_level(logging.WARNING), acquire(tmp_path / "p.db", "crawl"):
        assert mode(tmp_path) == 0o700
        assert mode(tmp_path / ("lock" if acquire is acquire_writer_lock else "entry-lock")) == 0o600
    assert "was open to other users of this machine (mode 755)" in caplog.text


def test_a_folder_that_is_shared_with_its_group_stays_so_and_its_lock_is_ours(tmp_path, caplog):
    tmp_path.chmod(0o750)
    (tmp_path / "lock").touch(0o640)
    with acquire_writer_lock(tmp_path / "p.db", "crawl"):
        assert (mode(tmp_path), mode(tmp_path / "lock")) == (0o750, 0o600)
    assert caplog.text == ""


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
