"""One process writes at a time; work in the background gives way, and whoever wants to write waits for it."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from ledger.proof import writer_lock
from ledger.proof.writer_lock import WriterLockHeldError, acquire_entry_lock, acquire_writer_lock


def test_two_commands_never_write_at_once(tmp_path):
    with acquire_writer_lock(tmp_path / "p.db", "crawl"):
        with pytest.raises(WriterLockHeldError, match="is writing here"):
            acquire_writer_lock(tmp_path / "p.db", "match").__enter__()
        with pytest.raises(WriterLockHeldError):
            acquire_writer_lock(tmp_path / "p.db", "picture", gives_way=True).__enter__()


def test_a_command_waits_for_work_in_the_background(tmp_path):
    began = threading.Event()

    def draw() -> None:
        with acquire_writer_lock(tmp_path / "p.db", "picture", gives_way=True):
            began.set()
            time.sleep(0.4)
            ended.append("drawn")

    ended: list[str] = []
    thread = threading.Thread(target=draw)
    thread.start()
    began.wait()
    with acquire_writer_lock(tmp_path / "p.db", "crawl"):
        ended.append("crawl")
    thread.join()
    assert ended == ["drawn", "crawl"]


def test_work_in_the_background_waits_for_nobody(tmp_path):
    with acquire_writer_lock(tmp_path / "p.db", "picture", gives_way=True):
        began = time.monotonic()
        with pytest.raises(WriterLockHeldError):
            acquire_writer_lock(tmp_path / "p.db", "picture", gives_way=True).__enter__()
        assert time.monotonic() - began < 0.2


def test_the_process_that_has_the_lock_is_named_whatever_the_file_says(tmp_path):
    with acquire_writer_lock(tmp_path / "p.db", "crawl"):
        (tmp_path / "lock").write_text("4194399")
        with pytest.raises(WriterLockHeldError, match=f"process {os.getpid()} is writing here"):
            acquire_writer_lock(tmp_path / "p.db", "match").__enter__()


def test_a_process_that_ended_is_not_named_for_one_that_it_began(tmp_path):
    command = 'exec 9>>"$0"; flock 9; echo $$ >&9; sleep 60 & echo $! $$'
    with subprocess.Popen(["sh", "-c", command, tmp_path / "lock"], stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        child, parent = map(int, shell.stdout.readline().split())
        shell.wait(10)
        try:
            with pytest.raises(WriterLockHeldError, match=f"a process that said to be {parent} is writing here"):
                acquire_writer_lock(tmp_path / "p.db", "match").__enter__()
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
            acquire_writer_lock(tmp_path / "p.db", "match").__enter__()


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
