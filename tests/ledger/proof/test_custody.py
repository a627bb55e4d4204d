"""The custody log: several processes write to it, and a killed one leaves no half entry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import EvidenceBrokenError, OutsideFailureError
from ledger.proof.custody import CustodyHead, CustodyLog
from ledger.proof.verifier import OK, check_log
from ledger.vocabulary import CustodyEvent

WRITER = """
import sys
from pathlib import Path
from ledger.proof.custody import CustodyLog
from ledger.vocabulary import CustodyEvent
for number in range(40):
    CustodyLog(Path(sys.argv[1])).add(CustodyEvent.VIEWED, {"number": number}, by=sys.argv[2])
"""


def test_two_processes_write_one_chain(tmp_path):
    path = tmp_path / "custody.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, name]) for name in ("Ann", "Bob")]
    assert [writer.wait(600) for writer in writers] == [0, 0]
    log = CustodyLog(path)
    assert [check.outcome for check in check_log(log.lines())] == [OK]
    assert {entry["by"] for entry in log.entries()} == {"Ann", "Bob"}
    last = log.entries()[-1]
    assert log.head() == CustodyHead(entries=80, sha256=last["sha256"], at=last["at"])


def test_a_word_that_ends_lines_elsewhere_stays_in_its_entry(tmp_path):
    log = CustodyLog(tmp_path / "custody.jsonl")
    log.add(CustodyEvent.VIEWED, {"why": "a\u2028b\x85c\u2029d"}, by="Ann")
    log.add(CustodyEvent.VIEWED, {}, by="Ann")
    assert [entry["details"] for entry in log.entries()] == [{"why": "a\u2028b\x85c\u2029d"}, {}]
    assert [check.outcome for check in check_log(log.lines())] == [OK]


def test_an_unfinished_line_is_cut_off_and_the_log_says_so(tmp_path):
    log = CustodyLog(tmp_path / "custody.jsonl")
    log.add(CustodyEvent.VIEWED)
    with log.path.open("ab") as file:
        file.write(b'{"at":"2026-')
    assert len(log.lines()) == 1
    log.add(CustodyEvent.VIEWED)
    assert [entry["event"] for entry in log.entries()] == ["viewed", "mended", "viewed"]
    assert log.entries()[1]["details"]["bytes"] == 12
    assert [check.outcome for check in check_log(log.lines())] == [OK]


def test_an_entry_longer_than_the_first_look_at_the_end_is_read_whole(tmp_path):
    log = CustodyLog(tmp_path / "custody.jsonl")
    for size in (10, 300_000, 10):
        log.add(CustodyEvent.EXPORTED, {"files": "x" * size})
    assert log.head().entries == 3
    assert [check.outcome for check in check_log(log.lines())] == [OK]


def test_a_log_whose_end_is_rubbish_is_not_written_to(tmp_path):
    log = CustodyLog(tmp_path / "custody.jsonl")
    log.add(CustodyEvent.VIEWED)
    with log.path.open("ab") as file:
        file.write(b"rubbish\n")
    before = log.path.read_bytes()
    with pytest.raises(EvidenceBrokenError, match="expected an entry as its last line"):
        log.add(CustodyEvent.VIEWED)
    assert log.path.read_bytes() == before


def test_a_folder_in_the_way_is_an_outside_failure(tmp_path):
    (tmp_path / "custody.jsonl").mkdir()
    with pytest.raises(OutsideFailureError, match="could not be written"):
        CustodyLog(tmp_path / "custody.jsonl").add(CustodyEvent.VIEWED)


def test_an_empty_log_begins_a_chain(tmp_path: Path):
    log = CustodyLog(tmp_path / "custody.jsonl")
    assert log.head() == CustodyHead()
    log.add(CustodyEvent.VIEWED, {"claim": "微软"}, by="Ann")
    entry = json.loads(log.path.read_text(encoding="utf-8"))
    assert (entry["seq"], entry["previous"], entry["by"]) == (1, "0" * 64, "Ann")


def test_the_newest_entry_of_a_kind_is_found_from_the_end_however_long_the_log(tmp_path):
    log = CustodyLog(tmp_path / "custody.jsonl")
    assert log.newest({CustodyEvent.ENDED}) is None
    log.add(CustodyEvent.ENDED, {"command": "first"})
    for number in range(300):
        log.add(CustodyEvent.VIEWED, {"claim": f"{number} " + "x" * 1_000})
    found = log.newest({CustodyEvent.ENDED})
    assert found is not None
    assert found["details"] == {"command": "first"}
    assert log.newest({CustodyEvent.VIEWED})["details"]["claim"].startswith("299 ")
    assert log.newest({CustodyEvent.SEALED}) is None
