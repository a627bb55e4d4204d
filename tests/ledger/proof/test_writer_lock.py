"""One process writes at a time; work in the background gives way, and whoever wants to write waits for it."""

from __future__ import annotations

import threading
import time

import pytest

from ledger.proof.writer_lock import WriterLockHeldError, acquire_writer_lock


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
