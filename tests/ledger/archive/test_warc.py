"""The archive keeps exchanges once, survives a torn tail and names what was changed.

Tests: ledger/archive/warc_records.py.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from ledger.archive.warc import Exchange, WarcArchive, cut_torn_tails, read_exchange
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError
from ledger.records import Crawl, Seed, Visit
from ledger.vocabulary import VisitState
from tests.new_ledger import new_ledger

NOW = "2026-11-23T06:34:29Z"


@pytest.fixture
def ledger(tmp_path: Path):
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        ledger.add(
            [
                Crawl(
                    crawl_id="C",
                    order_sha256="0",
                    seeds_file="s.csv",
                    settings={},
                    tool_version="0",
                    started_at=NOW,
                    ended_at=None,
                )
            ]
        )
        ledger.add(
            [
                Seed(
                    seed_id="S",
                    vendor="V",
                    vendor_domain="v.example",
                    start_urls=("http://v.example/",),
                    country=None,
                    parent=None,
                )
            ]
        )
        ledger.add(
            [
                Visit(
                    visit_id="X",
                    crawl_id="C",
                    seed_id="S",
                    ordinal=0,
                    state=VisitState.RUNNING,
                    started_at=NOW,
                    ended_at=None,
                    end_reason=None,
                    pages=0,
                    requests=0,
                    body_bytes=0,
                )
            ]
        )
        yield ledger


def exchange(url: str = "http://v.example/a", payload: bytes = b"hello", **headers: str) -> Exchange:
    return Exchange(
        visit_id="X", url=url, attempt=0, method="GET", request_headers=[("Host", "v.example")], protocol="HTTP/1.1",
        status=200, reason="OK", response_headers=[("Content-Type", "text/html"), *headers.items()], payload=payload,
        content_type="text/html", redirect_url=None, remote_ip="192.0.2.1", fetched_at=NOW,
    )  # fmt: skip


def archive(tmp_path: Path, ledger: Ledger) -> WarcArchive:
    return WarcArchive(tmp_path / "warc", ledger, "C", tool="partnerproof test")


def records(tmp_path: Path) -> list[tuple[str, str | None]]:
    found = []
    for path in sorted((tmp_path / "warc").iterdir()):
        with path.open("rb") as file:
            found += [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI")) for r in ArchiveIterator(file)]
    return found


def test_what_was_stored_is_read_back_with_status_headers_and_payload(tmp_path, ledger):
    packed = gzip.compress(b"<p>Partner</p>")
    with archive(tmp_path, ledger) as warc:
        capture = warc.store(exchange(payload=packed, **{"Content-Encoding": "gzip"}))
    stored = read_exchange(tmp_path / "warc", ledger, capture.capture_id)
    assert stored.payload == packed
    assert stored.content == b"<p>Partner</p>"
    assert stored.status == 200
    assert ("Content-Type", "text/html") in stored.headers


def test_equal_payloads_are_stored_once_and_then_as_revisit_records(tmp_path, ledger):
    with archive(tmp_path, ledger) as warc:
        warc.store(exchange("http://v.example/a"))
        second = warc.store(exchange("http://v.example/b"))
    assert records(tmp_path) == [
        ("warcinfo", None),
        ("response", "http://v.example/a"),
        ("request", "http://v.example/a"),
        ("revisit", "http://v.example/b"),
        ("request", "http://v.example/b"),
    ]
    assert read_exchange(tmp_path / "warc", ledger, second.capture_id).payload == b"hello"


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://v.example/a?b=1", b"GET /a?b=1 HTTP/1.1\r\nHost: v.example\r\n"),
        ("http://v.example", b"GET / HTTP/1.1\r\n"),
        ("http://v.example?b=1", b"GET /?b=1 HTTP/1.1\r\n"),
    ],
)
def test_a_request_is_stored_with_its_method_and_target(tmp_path, ledger, url, line):
    with archive(tmp_path, ledger) as warc:
        warc.store(exchange(url, b"body"))
    (path,) = (tmp_path / "warc").iterdir()
    with path.open("rb") as file:
        requests = [
            record.http_headers.to_ascii_bytes() for record in ArchiveIterator(file) if record.rec_type == "request"
        ]
    assert [data.startswith(line) for data in requests] == [True]


def test_a_torn_tail_is_cut_and_the_file_goes_on(tmp_path, ledger):
    warc = archive(tmp_path, ledger)
    warc.store(exchange("http://v.example/a"))
    warc.close()
    path = next((tmp_path / "warc").iterdir())
    with path.open("ab") as file:
        file.write(b"\x1f\x8b torn by kill -9")
    with archive(tmp_path, ledger) as warc:
        warc.store(exchange("http://v.example/b", b"other"))
    assert [kind for kind, _ in records(tmp_path)] == ["warcinfo", "response", "request", "response", "request"]


def test_the_files_pass_the_public_checker(tmp_path, ledger, capsys):
    warc = archive(tmp_path, ledger)
    warc.store(exchange("http://v.example/a"))
    warc.store(exchange("http://v.example/empty", b""))
    warc.store(exchange("http://v.example/b"))
    warc.close()
    arguments = type("Arguments", (), {"inputs": [str(p) for p in (tmp_path / "warc").iterdir()], "verbose": True})
    checker = Checker(arguments)
    checker.process_all()
    assert checker.exit_value == 0, capsys.readouterr().out


def test_a_file_shorter_than_its_rows_is_named(tmp_path, ledger):
    warc = archive(tmp_path, ledger)
    warc.store(exchange())
    warc.close()
    path = next((tmp_path / "warc").iterdir())
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(EvidenceBrokenError, match=path.name):
        cut_torn_tails(tmp_path / "warc", ledger)


def test_a_changed_payload_is_noticed(tmp_path, ledger):
    warc = archive(tmp_path, ledger)
    capture = warc.store(exchange())
    warc.close()
    ledger.execute("UPDATE captures SET payload_sha256 = 'f00d'")
    with pytest.raises(EvidenceBrokenError, match="SHA-256"):
        read_exchange(tmp_path / "warc", ledger, capture.capture_id)


@pytest.mark.parametrize("damage", [0x01, 0x80, 0xFF])
def test_any_damaged_byte_of_a_record_is_broken_evidence_or_harms_nothing(tmp_path, ledger, damage):
    with archive(tmp_path, ledger) as warc:
        capture = warc.store(exchange(payload=gzip.compress(b"<p>Partner</p>"), **{"Content-Encoding": "gzip"}))
    path = tmp_path / "warc" / capture.warc_file
    whole, broken = path.read_bytes(), 0
    for position in range(capture.warc_offset, capture.warc_offset + capture.warc_length):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ damage]) + whole[position + 1 :])
        try:
            assert read_exchange(tmp_path / "warc", ledger, capture.capture_id).content == b"<p>Partner</p>"
        except EvidenceBrokenError:
            broken += 1
    assert broken > capture.warc_length / 2


def test_a_body_packed_with_brotli_is_read_back(tmp_path, ledger):
    with archive(tmp_path, ledger) as warc:
        packed = exchange(payload=brotli.compress(b"partners " * 100), **{"Content-Encoding": "br"})
        capture = warc.store(packed)
    stored = read_exchange(tmp_path / "warc", ledger, capture.capture_id)
    assert stored.payload == packed.payload
    assert stored.content == b"partners " * 100
