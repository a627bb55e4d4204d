"""Which log entries are ours: of others only the place counts, and the rest is read on."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.proof.custody import CustodyLog
from ledger.proof.fixity import Place
from ledger.proof.log_entries import ODD, is_ours
from ledger.proof.verification import Verification
from ledger.proof.verifier import BROKEN
from ledger.vocabulary import CustodyEvent

FACTS = {"bytes": 1, "sha256": "aa"}
ODD_ONES: list[tuple[CustodyEvent, Any]] = [
    (CustodyEvent.SEALED, {"x": 1}),
    (CustodyEvent.CHANGED, {}),
    (CustodyEvent.BACKED_UP, {}),
    (CustodyEvent.STAMPED, {"seal": ["x"]}),
    (CustodyEvent.DELETED, {"records": [{"offset": "x"}]}),
    (CustodyEvent.DELETING, {"rows": [[{}]]}),
    (CustodyEvent.ENDED, {"command": "match", "database": []}),
    (CustodyEvent.VERIFIED, {"outcomes": {"BROKEN": "many"}}),
]


@pytest.mark.parametrize(("event", "details"), ODD_ONES)
def test_odd_details_are_none_of_ours(event, details):
    assert not is_ours({"event": event, "at": "2026-11-01T00:00:00Z", "details": details})


def test_what_we_write_and_what_a_later_version_writes_is_read():
    for event, details in [
        (CustodyEvent.ENDED, {"command": "match", "database": FACTS, "signs": [1, 2]}),
        (CustodyEvent.CHANGED, {"since": "x", "left": FACTS, "found": FACTS, "differs": []}),
        ("something new", {"rows": 3}),
    ]:
        assert is_ours({"event": event, "at": "2026-11-01T00:00:00Z", "details": details})
    assert not is_ours({"event": "began", "at": "yesterday", "details": {"command": "match"}})


def test_a_verification_names_the_odd_lines_and_goes_on(tmp_path):
    log = CustodyLog(tmp_path / "custody.jsonl")
    log.add(CustodyEvent.BEGAN, {"command": "match"})
    for event, details in ODD_ONES:
        log.add(event, details)
    log.add(CustodyEvent.VIEWED, ["x"])  # type: ignore[arg-type]  # as somebody else might write it
    place = Place(
        database=tmp_path / "partnerproof.db", warc_dir=tmp_path / "warc", seals_dir=tmp_path / "seals", fixity=tmp_path / "f", log=log
    )  # fmt: skip
    checks = Verification(place).run()
    broken = [check.what for check in checks if check.outcome == BROKEN]
    assert broken == [f"custody.jsonl, line {number}" for number in range(2, len(ODD_ONES) + 3)]
    assert any(check.what == "seals" for check in checks)
    assert [entry["event"] for entry in log.entries()][1:] == [ODD] * (len(ODD_ONES) + 1)


def test_a_deeply_nested_head_of_a_seal_is_told_as_broken(tmp_path):
    seal = tmp_path / "seals" / "s1"
    seal.mkdir(parents=True)
    (seal / "head.json").write_text("[" * 100_000)
    place = Place(
        database=tmp_path / "partnerproof.db", warc_dir=tmp_path / "warc", seals_dir=tmp_path / "seals", fixity=tmp_path / "f",
        log=CustodyLog(tmp_path / "custody.jsonl"),
    )  # fmt: skip
    assert any(check.what == "seal s1" and check.outcome == BROKEN for check in Verification(place).run())
