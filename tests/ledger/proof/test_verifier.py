"""Digests, trees, the chain of the log, and the container: each check has an input that fails it."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.proof import verifier
from ledger.proof.custody import CustodyLog
from ledger.proof.verifier import (
    BROKEN,
    OK,
    MerkleTree,
    check_container,
    check_export,
    check_log,
    entry_digest,
    leaf_hash,
    main,
    merkle_root,
    node_hash,
    root_of_path,
    row_bytes,
    write_manifest,
    zip_info,
)
from ledger.vocabulary import CustodyEvent


def slow_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word: split at the largest power of two below the length."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(slow_root(leaves[:split]), slow_root(leaves[split:]))


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70))
def test_the_root_is_that_of_the_rfc_and_every_path_leads_to_it(data):
    leaves = [leaf_hash(one) for one in data]
    root, tree = slow_root(leaves), MerkleTree(leaves)
    assert merkle_root(iter(leaves)) == root == tree.levels[-1][0]
    assert all(root_of_path(leaf, tree.path(place)) == root for place, leaf in enumerate(leaves))


def test_a_path_that_was_changed_leads_elsewhere():
    leaves = [leaf_hash(bytes([n])) for n in range(5)]
    path = MerkleTree(leaves).path(2)
    assert root_of_path(leaves[2], path) == merkle_root(leaves)
    assert root_of_path(leaves[2], path[:-1]) != merkle_root(leaves)
    assert root_of_path(leaves[3], path) != merkle_root(leaves)
    with pytest.raises(ValueError, match=r"x\d|non-hex"):
        root_of_path(leaves[2], ["x" + "00" * 32])


def test_rows_that_differ_in_kind_differ_in_bytes():
    rows = [(1, "a"), ("1", "a"), (1.0, "a"), (None, "a"), (b"1", "a"), ("1a", ""), ("null", "a"), ("\x00", "a")]
    assert len({row_bytes(row) for row in rows}) == len(rows)
    assert row_bytes((b"abc",)) == row_bytes((b"abc",))


@pytest.fixture
def log(tmp_path: Path) -> CustodyLog:
    log = CustodyLog(tmp_path / "var" / "custody.jsonl")
    for number in range(4):
        log.add(CustodyEvent.VIEWED, {"claim": f"claim {number}"}, by="Ann")
    return log


def outcomes(lines: list[str]) -> list[str]:
    return [check.outcome for check in check_log(lines)]


def test_a_log_is_whole_and_an_extract_of_it_too(log):
    lines = log.lines()
    assert outcomes(lines) == [OK]
    entries = [json.loads(line) for line in lines]
    withheld = {"seq": 2, "previous": entries[0]["sha256"], "sha256": entries[1]["sha256"], "withheld": True}
    extract = [lines[0], json.dumps(withheld, sort_keys=True, separators=(",", ":")), *lines[2:]]
    (check,) = check_log(extract)
    assert check.outcome == OK
    assert "1 of them withheld" in check.detail


def test_no_byte_of_a_log_can_be_changed_unseen(log):
    text = "\n".join(log.lines()) + "\n"
    for place in range(len(text)):
        other = text[:place] + ("7" if text[place] != "7" else "8") + text[place + 1 :]
        assert BROKEN in outcomes(other.removesuffix("\n").split("\n")), place


def test_a_line_taken_out_added_or_moved_is_seen(log):
    lines = log.lines()
    assert BROKEN in outcomes([*lines[:1], *lines[2:]])
    assert BROKEN in outcomes([lines[1], lines[0], *lines[2:]])
    assert BROKEN in outcomes([*lines, lines[-1]])
    forged = json.loads(lines[1]) | {"by": "Bob"}
    forged["sha256"] = entry_digest(forged)
    assert BROKEN in outcomes([lines[0], json.dumps(forged, sort_keys=True, separators=(",", ":")), *lines[2:]])


def make_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (("a.txt", b"first"), ("b/c.bin", bytes(range(256)))):
            archive.writestr(zip_info(name), data)
    return path


def test_no_byte_of_a_container_can_be_changed_unseen(tmp_path):
    path = make_zip(tmp_path / "x.zip")
    data = path.read_bytes()
    assert check_container(path).outcome == OK
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert check_container(path).outcome == BROKEN, place


@pytest.mark.parametrize("more", [b"x", b"PK\x05\x06" + bytes(18)])
def test_nothing_can_be_added_to_a_container(tmp_path, more):
    path = make_zip(tmp_path / "x.zip")
    path.write_bytes(path.read_bytes() + more)
    assert check_container(path).outcome == BROKEN
    path.write_bytes(more + make_zip(tmp_path / "y.zip").read_bytes())
    assert check_container(path).outcome == BROKEN


@pytest.mark.parametrize(
    "name", ["a note.txt", "../a.txt", "b/../c.txt", "/a.txt", "b\\c.txt", "d/", ".hidden", "e/.f", "ä.txt", "a.txt"]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's own, of what is made here on purpose
def test_a_container_holds_plain_names_each_once(tmp_path, name):
    """Whatever is not unpacked to be checked would be shown by another program all the same."""
    path = make_zip(tmp_path / "x.zip")
    with zipfile.ZipFile(path) as archive:
        before = [(member.filename, archive.read(member)) for member in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in ((name, b"forged"), *before):
            archive.writestr(zip_info(each), data)
    check = check_container(path)
    assert check.outcome == BROKEN
    assert name.replace("\\", "") in check.detail.replace("\\", "")


def test_what_says_that_it_holds_more_than_it_has_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 10_000_000)
    assert [check.outcome for check in check_export(path)] == [BROKEN, BROKEN]
    assert "more bytes than it has" in check_export(path)[1].detail


def test_no_name_in_an_export_writes_to_the_terminal(tmp_path, capsys):
    (tmp_path / "\x1b[2Jgone\u202e.txt").write_text("")
    write_manifest(tmp_path, {})
    (tmp_path / "\x1b[2Jgone\u202e.txt").unlink()
    assert main([str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "\\x1b[2Jgone\\u202e.txt: is missing" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{}", '{"files": 3, "sha256": 1}', "\udc80".encode("utf-8", "surrogatepass")]
)
def test_a_manifest_that_is_rubbish_is_told(tmp_path, text):
    (tmp_path / "manifest.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    (check,) = check_export(tmp_path)
    assert (check.what, check.outcome) == ("manifest.json", BROKEN)


@pytest.mark.parametrize("rubbish", [b"", b"PK", b"\x00" * 5000, b"PK\x05\x06" + b"\xff" * 18])
def test_rubbish_is_no_container(tmp_path, rubbish):
    path = tmp_path / "x.zip"
    path.write_bytes(rubbish)
    assert check_container(path).outcome == BROKEN


def test_a_pipe_or_a_lone_list_among_the_stamps_is_broken_and_holds_nobody_up(tmp_path):
    stamps = tmp_path / "proof" / "manifest"
    stamps.mkdir(parents=True)
    (stamps / "stamps.json").write_text("{}")
    assert [check.outcome for check in verifier._check_stamps(tmp_path)] == [verifier.BROKEN]
    os.mkfifo(stamps / "first.tsr")
    assert [check.detail for check in verifier._check_stamps(tmp_path)] == ["is no file"]
