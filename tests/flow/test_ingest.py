"""Archives that others made: read with their own dates, whatever state they are in, and the same file twice changes nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import sqlite3
import zipfile
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawler.archives.archive_files import open_archive
from crawler.archives.archive_index import ArchiveIndex, read_date, url_key
from crawler.archives.archive_payload import is_digest_of
from crawler.archives.ingest import Ingest, begin_ingest, plan_ingest
from crawler.reading.stored_pages import read_again
from ledger.archive.codings import BodyRefusedError, undo_chunks
from ledger.archive.warc import WarcArchive
from ledger.database import Ledger
from ledger.errors import BadInputError
from ledger.lexicon import Lexicon
from tests.conftest import run_partnerproof
from tests.flow.archives import AT, Maker

WORDS = "<p>" + "Words about our work for ports and towns. " * 30 + "</p>"
PAGE = f"<html><title>V</title><h1>Our partners</h1>{WORDS}<p>We are a partner of Acme.</p><img src='/l.png'><img src='/gone.png'></html>"
URL = "http://www.vendor.example/partners"


class Space:
    """A workspace without brands: what is read of a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lexicon = Lexicon.load()
        self.told: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.warnings: list[str] = []

    def read(self, data: bytes, name: str = "made.warc.gz") -> Space:
        file = self.folder / name
        file.write_bytes(data)
        with (
            Ledger.open(self.folder / "p.db") as ledger,
            open_archive(file, self.folder) as opened,
            closing(ArchiveIndex(opened)) as index,
        ):
            order = plan_ingest(index, ledger, self.lexicon, [])
            if begin_ingest(ledger, order, file=name, settings={}, tool="partnerproof test"):
                with WarcArchive(self.folder / "warc", ledger, order.crawl_id, tool="partnerproof test") as archive:
                    reading = Ingest(index, ledger, archive, self.lexicon)
                    assert len(list(reading.read_visits(order))) <= len(order.plans)
                self.told = reading.unread
            self.left_out, self.warnings = +index.left_out, opened.told
        return self

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "p.db")) as database:
            return database.execute(sql).fetchall()

    @property
    def pages(self) -> list[tuple[object, ...]]:
        return self.rows("SELECT url, health FROM pages ORDER BY url")


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def whole(png: bytes, **how: object) -> Maker:
    maker = Maker(**how)  # type: ignore[arg-type]  # keywords of Maker
    maker.answer(URL, PAGE).request(URL, ("Host", "www.vendor.example"), ("User-Agent", "somebody"))
    return maker.answer("https://vendor.example/l.png", png, "image/png", at="2019-05-01T10:11:14Z")


def test_history_dates_a_claim(acme, tmp_path, logo_png):
    file = tmp_path / "vendor-2019.warc.gz"
    file.write_bytes(whole(logo_png).data)
    said = run_partnerproof("-w", acme, "ingest", file)
    assert "1 pages of 1 vendors on 1 days of captures" in said

    def rows(sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(acme / "var" / "partnerproof.db")) as database:
            return database.execute(sql).fetchall()

    assert rows("SELECT vendor, evidence, first_seen, last_seen FROM v_findings WHERE relation = 'partner'") == [
        ("vendor.example", "both", AT, AT)
    ]
    assert rows("SELECT as_of FROM verdicts LIMIT 1") == [("2019-05-01",)]
    assert rows("SELECT kind, seeds_file, ended_at IS NULL FROM crawls") == [("ingest", "vendor-2019.warc.gz", 0)]
    looks = "SELECT requested_url, outcome, reason FROM looks WHERE purpose = 'image' ORDER BY 1"
    assert rows(looks) == [
        ("http://www.vendor.example/gone.png", "could-not-look", "not-in-archive"),
        ("http://www.vendor.example/l.png", "looked", None),
    ]
    tables = [row[0] for row in rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables = sorted({*tables} - {"brands", "official_logos"})  # every command dates them anew
    before = {table: rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables}
    assert "is there already" in run_partnerproof("-w", acme, "ingest", file)
    assert "read 0 pages" in run_partnerproof("-w", acme, "extract")
    assert "read 1 pages" in run_partnerproof("-w", acme, "extract", "--again")
    assert {table: rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables} == before


def test_files_that_are_no_archives_are_named_at_once(acme, tmp_path):
    (tmp_path / "a.warc").write_bytes(b"no")
    (tmp_path / "b.warc.gz").write_bytes(gzip.compress(b"text"))
    said = run_partnerproof("-w", acme, "ingest", *(tmp_path / n for n in ("a.warc", "b.warc.gz", "c.warc")), code=2)
    assert said.count("expected a WARC file") == 3


def test_a_vendor_list_gives_names_and_bounds(acme, tmp_path, logo_png):
    file, seeds = tmp_path / "v.warc", tmp_path / "vendors.csv"
    file.write_bytes(whole(logo_png, is_gzip=False, version="1.1").answer("http://other.example/", PAGE).data)
    seeds.write_text("name,url\nVendor Ltd,https://www.vendor.example/\n")
    run_partnerproof("-w", acme, "ingest", file, "--seeds", seeds)
    with closing(sqlite3.connect(acme / "var" / "partnerproof.db")) as database:
        assert database.execute("SELECT DISTINCT vendor FROM v_coverage").fetchall() == [("Vendor Ltd",)]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("packing", ["none", "members", "one member"])
def test_every_packing_is_read(space, logo_png, version, packing):
    data = whole(logo_png, is_gzip=packing == "members", version=version).data
    space.read(gzip.compress(data) if packing == "one member" else data)
    assert space.pages == [(URL, "ok")]
    assert space.rows("SELECT count(*) FROM captures WHERE fetched_at LIKE '2019-05-01%'") == [(2,)]


def test_the_raw_answer_is_kept_with_its_date_address_and_request(space, logo_png):
    space.read(whole(logo_png).data)
    (file,) = (space.folder / "warc").iterdir()
    with file.open("rb") as stream:
        kept = {
            (record.rec_type, record.rec_headers.get_header("WARC-Target-URI")): (
                record.rec_headers.get_header("WARC-Date"),
                record.rec_headers.get_header("WARC-IP-Address"),
                record.http_headers.get_header("User-Agent") if record.rec_type == "request" else None,
                record.content_stream().read(),
            )
            for record in ArchiveIterator(stream)
        }
    assert kept["response", URL][:2] == (AT, "192.0.2.7")
    assert kept["response", URL][3] == PAGE.encode()
    assert kept["request", URL][2] == "somebody"
    assert b"holds no request" in kept["metadata", "https://vendor.example/l.png"][3]


def test_days_are_visits_and_revisits_are_led_to_what_they_repeat(space):
    digest = "sha1:" + "A" * 32
    maker = Maker().answer(
        URL, PAGE, warc=(("WARC-Payload-Digest", digest),)
    )  # warcio corrects no digest that is given
    maker = Maker().answer(URL, PAGE)
    maker.revisit(URL, "sha1:ZZZZ", URL, AT, at="2020-06-01T00:00:00Z")
    maker.revisit(URL, "sha1:ZZZZ", URL, "1999-01-01T00:00:00Z", at="2021-06-01T00:00:00Z", status="304 Not Modified")
    maker.revisit("http://www.vendor.example/clients", "sha1:ZZZZ", "http://x.example/", AT, at="2021-06-01T00:00:00Z")
    space.read(maker.data)
    assert space.rows("SELECT started_at, state FROM visits ORDER BY 1") == [
        (AT, "done"),
        ("2020-06-01T00:00:00Z", "done"),
        ("2021-06-01T00:00:00Z", "done"),
    ]
    assert space.rows("SELECT count(DISTINCT payload_sha256), count(*) FROM captures") == [(1, 3)]
    assert space.told["page: not-in-archive"] == 1


def test_an_image_of_another_year_is_no_image_of_the_page(space, logo_png):
    space.read(
        Maker()
        .answer(URL, PAGE)
        .answer("http://www.vendor.example/l.png", logo_png, "image/png", at="2018-01-01T00:00:00Z")
        .data
    )
    assert space.told["image: not-in-archive"] == 2


def test_codings_are_undone_and_read_again_alike(space):
    plain = PAGE.encode()
    half = len(plain) // 2
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (plain[:half], plain[half:])) + b"0\r\n\r\n"
    site = "http://www.vendor.example/"
    maker = Maker().answer(f"{site}partners", chunked, headers=(("Transfer-Encoding", "chunked"),))
    maker.answer(f"{site}a", PAGE + "<p>a</p>", headers=(("Transfer-Encoding", "chunked"),))  # undone by its maker
    maker.answer(f"{site}b", brotli.compress(plain + b"<p>b</p>"), headers=(("Content-Encoding", "br"),))
    maker.answer(
        f"{site}c",
        gzip.compress(plain + b"<p>c</p>"),
        headers=(("content-encoding", "gzip"),),
        protocol="HTTP/2",
        status="200",
    )
    maker.answer(f"{site}d", plain + b"<p>d</p>", headers=(("Content-Encoding", "gzip"),))  # undone by its maker
    maker.answer(f"{site}e", plain + b"<p>e</p>", headers=(("Content-Encoding", "zstd"),))
    space.read(maker.data)
    assert [url for url, health in space.pages if health == "ok"] == [
        f"{site}{path}" for path in ("a", "b", "c", "d", "partners")
    ]
    assert space.told == Counter({"image: not-in-archive": 2, "page: unreadable-encoding": 1})
    before = space.rows("SELECT * FROM passages ORDER BY 1")
    with Ledger.open(space.folder / "p.db") as ledger:
        visit = ledger.value("SELECT visit_id FROM visits")
        assert read_again(ledger, space.folder / "warc", space.lexicon, visit_id=visit, is_all=False) == 0
        assert read_again(ledger, space.folder / "warc", space.lexicon, visit_id=visit, is_all=True) == 5
    assert space.rows("SELECT * FROM passages ORDER BY 1") == before


def test_what_is_no_answer_of_a_web_server_is_counted(space):
    maker = Maker().answer(URL, PAGE)
    maker.record("dns:vendor.example", "response", "text/dns", b"20190501 vendor.example. A 192.0.2.7")
    maker.record("urn:view:http://www.vendor.example/", "resource", "image/png", b"\x89PNG")
    maker.raw("WARC-Type: response\r\nWARC-Target-URI: http://www.vendor.example/x", b"hello")
    maker.raw("WARC-Type: response", b"hello")
    maker.raw("X: y", b"")
    maker.answer("http://www.vendor.example/y", PAGE, at="yesterday")
    maker.answer("http://[x/", PAGE)
    space.read(maker.data)
    assert space.pages == [(URL, "ok")]
    assert space.left_out == Counter(
        {
            "dns address": 1,
            "resource record": 1,
            "no HTTP headers": 1,
            "no date that can be read": 1,
            "http address": 1,
            "no address": 1,
            "no type record": 1,
        }
    )


def test_frames_of_others_are_no_pages(space):
    maker = Maker().answer(URL, PAGE).answer("https://player.example/v", PAGE)
    maker.request("https://player.example/v", ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site"))
    assert space.read(maker.data).pages == [(URL, "ok")]


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("is_gzip", [True, False])
def test_a_torn_file_gives_what_stands_before(space, cut, is_gzip):
    maker = Maker(is_gzip=is_gzip)
    ends = []
    for number in range(10):
        maker.answer(f"http://www.vendor.example/p{number}", f"{PAGE}<p>{number}</p>")
        ends.append(len(maker.data))
    torn = maker.data[: int(len(maker.data) * cut)]
    space.read(torn)
    assert len([1 for _, health in space.pages if health == "ok"]) == sum(end <= len(torn) for end in ends)


@pytest.mark.parametrize("is_gzip", [True, False])
def test_after_damage_reading_goes_on_at_the_next_record(space, is_gzip):
    maker = Maker(is_gzip=is_gzip)
    ends = [len(maker.data)]
    for number in range(6):
        maker.answer(f"http://www.vendor.example/p{number}", f"{PAGE}<p>{number}</p>")
        ends.append(len(maker.data))
    data = bytearray(maker.data)
    if is_gzip:
        data[ends[2] + 60 : ends[2] + 100] = b"\xff" * 40
    else:
        start = data.index(b"Content-Length: ", ends[2])
        data[start : start + 20] = b"Content-Length: 9999"
    space.read(bytes(data))
    assert [url for url, _ in space.pages] == [f"http://www.vendor.example/p{n}" for n in (0, 1, 3, 4, 5)]


def test_ten_gigabytes_declared_cost_one_record(space):
    maker = Maker(is_gzip=False).answer(URL, PAGE)
    size = len(maker.data)
    data = maker.answer("http://www.vendor.example/z", PAGE + "z").data
    start = data.index(b"Content-Length: ", size)
    end = data.index(b"\r\n", start)
    space.read(data[:start] + b"Content-Length: 10000000000" + data[end:])
    assert space.pages == [(URL, "ok")]
    assert space.told["page: cut-short"] == 1


def test_digests_that_lie_cost_a_row(space):
    maker = Maker().answer(URL, PAGE, warc=(("WARC-Payload-Digest", "sha256:" + "0" * 64),))
    maker.answer("http://www.vendor.example/b", PAGE + "b", warc=(("WARC-Block-Digest", "md5:" + "0" * 32),))
    maker.answer("http://www.vendor.example/c", PAGE + "c", warc=(("WARC-Block-Digest", "crc32:1"),))
    space.read(maker.data)
    assert space.pages == [("http://www.vendor.example/c", "ok")]
    assert (
        space.rows("SELECT reason, capture_id FROM looks WHERE purpose = 'page' AND outcome <> 'looked'")
        == [("digest-mismatch", None)] * 2
    )


def test_bombs_are_not_unpacked(space):
    zeros = bytes(30_000_000)
    maker = Maker().answer(URL, PAGE)
    maker.answer("http://www.vendor.example/b", gzip.compress(zeros), headers=(("Content-Encoding", "gzip"),))
    maker.answer("http://www.vendor.example/c", brotli.compress(zeros), headers=(("Content-Encoding", "br"),))
    maker.answer("http://www.vendor.example/d", zeros)
    space.read(maker.data)
    assert space.pages == [(URL, "ok")]
    assert space.told["page: too-large"] == 3


def wacz(files: dict[str, bytes], **compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **compression) as made:  # type: ignore[call-overload]  # its compression
        for name, data in files.items():
            made.writestr(name, data)
    return buffer.getvalue()


def package(files: dict[str, bytes]) -> dict[str, bytes]:
    resources = [
        {"path": n, "hash": f"sha256:{hashlib.sha256(d).hexdigest()}", "bytes": len(d)} for n, d in files.items()
    ]
    listed = json.dumps({"profile": "data-package", "resources": resources}).encode()
    return {**files, "datapackage.json": listed}


def test_a_wacz_is_read_and_its_pages_say_who_is_a_vendor(space, logo_png):
    maker = whole(logo_png).answer("https://ads.example/frame", PAGE)
    pages = b'{"format": "json-pages-1.0"}\n' + json.dumps({"url": URL, "ts": AT}).encode() + b"\nno json\n"
    space.read(wacz(package({"archive/a.warc.gz": maker.data, "pages/pages.jsonl": pages})), "made.wacz")
    assert space.pages == [(URL, "ok")]
    assert space.warnings == []


def test_a_wacz_that_was_changed_or_leads_elsewhere_is_told(space, logo_png):
    files = package(
        {"archive/a.warc.gz": whole(logo_png).data, "archive/b.warc.gz": Maker().answer("http://b.example/", PAGE).data}
    )
    files["archive/a.warc.gz"] = whole(logo_png + b"!").data
    files["../archive/c.warc.gz"] = files["archive/../d.warc.gz"] = files["/archive/e.warc.gz"] = files[
        "archive/a.warc.gz"
    ]
    space.read(wacz(files), "made.wacz")
    assert space.pages == [("http://b.example/", "ok")]
    assert [warning.partition(",")[0] for warning in space.warnings] == ["archive/a.warc.gz: digest-mismatch"]
    assert {path.name for path in space.folder.iterdir()} <= {"p.db", "p.db-wal", "p.db-shm", "made.wacz", "warc"}


def test_a_bomb_in_a_wacz_is_told(space):
    files = {
        "archive/a.warc": b"WARC/1.0\r\n" + bytes(400_000_000),
        "archive/b.warc.gz": Maker().answer(URL, PAGE).data,
    }
    space.read(wacz(files, compression=zipfile.ZIP_DEFLATED), "made.wacz")
    assert space.pages == [(URL, "ok")]
    assert "archive/a.warc: unpacks to more than" in space.warnings[0]


def test_a_zip_without_archives_is_bad_input(space):
    with pytest.raises(BadInputError, match="a zip without such files"):
        space.read(wacz({"x.txt": b"x"}), "made.wacz")


def test_small_things():
    assert undo_chunks(b"5\r\nhello\r\n0\r\n\r\n") == b"hello"
    assert undo_chunks(b"5\r\nhello\r\n") == b"hello"
    assert undo_chunks(b"abc\nis text") == b"abc\nis text"
    assert is_digest_of("sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N", b"") is False
    assert is_digest_of(f"sha-256:{hashlib.sha256(b'x').hexdigest()}", b"x") is True
    assert is_digest_of("crc32:00", b"x") is None
    assert url_key("HTTPS://WWW.V.example:443/a?b#c") == url_key("http://v.example/a?b") == "v.example/a?b"
    assert url_key("http://v.example:8080") == "v.example:8080/"
    assert url_key("urn:x") is url_key("http://[x") is None
    assert read_date("2019-05-01T10:11:12.123456Z") == AT
    assert read_date("2019-05-01T12:11:12+02:00") == AT
    assert read_date("2019-13-01T10:11:12Z") is read_date(None) is None


def test_an_ingest_that_was_stopped_goes_on(space):
    maker = Maker()
    for day in range(1, 6):
        maker.answer(URL, f"{PAGE}<p>{day}</p>", at=f"2019-05-0{day}T00:00:00Z")
    file = space.folder / "made.warc.gz"
    file.write_bytes(maker.data)
    with (
        Ledger.open(space.folder / "p.db") as ledger,
        open_archive(file, space.folder) as opened,
        closing(ArchiveIndex(opened)) as index,
    ):
        order = plan_ingest(index, ledger, space.lexicon, [])
        assert begin_ingest(ledger, order, file=file.name, settings={}, tool="partnerproof test")
        with WarcArchive(space.folder / "warc", ledger, order.crawl_id, tool="partnerproof test") as archive:
            steps = Ingest(index, ledger, archive, space.lexicon).read_visits(order)
            assert next(steps)
            assert next(steps)
            steps.close()
    ids = "SELECT page_id, (SELECT count(*) FROM captures) FROM pages ORDER BY page_id"
    before = space.rows("SELECT page_id FROM pages")
    again = space.read(maker.data)
    assert len(before) == 2
    assert set(before) < set(again.rows("SELECT page_id FROM pages"))
    undisturbed = Space(space.folder / "other")
    undisturbed.folder.mkdir()
    assert undisturbed.read(maker.data).rows(ids) == again.rows(ids)


@pytest.mark.parametrize("is_gzip", [True, False])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_damage_stops_the_reading(is_gzip, seed, tmp_path_factory):
    maker = Maker(is_gzip=is_gzip).answer(URL, PAGE).request(URL, ("Host", "x"))
    maker.revisit(URL, "sha1:ZZZZ", URL, AT, at="2020-06-01T00:00:00Z")
    bad, dice = bytearray(maker.data), random.Random(seed)
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(bad))
        piece = dice.choice([b"", b"\n\n", b"\xff", b"WARC/1.0\r\n", b"\x1f\x8b\x08", b"9" * 20, b"-1"])
        bad[place : place + dice.randint(0, 40)] = piece
    file = tmp_path_factory.mktemp("bad") / "bad.warc"
    file.write_bytes(bytes(bad))
    try:
        with open_archive(file, file.parent) as opened, closing(ArchiveIndex(opened)) as index:
            for answer in list(index.documents()):
                with suppress(BodyRefusedError):
                    index.read(answer, max_bytes=1_000_000)
    except BadInputError:
        assert not bytes(bad).startswith(b"WARC/")  # not even its first words are left


def test_a_block_larger_than_the_first_piece_is_read_whole(space):
    long = PAGE + "<p>" + "words " * 60_000 + "</p>"
    assert space.read(Maker(is_gzip=False).answer(URL, long).data).pages == [(URL, "ok")]
    assert space.rows("SELECT payload_bytes FROM captures") == [(len(long),)]
