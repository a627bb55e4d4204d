"""What an archive holds, by address and time."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.archives.archive_files import open_archive
from crawler.archives.archive_index import FUTURE, ArchiveIndex, read_date, url_key
from tests.flow.archives import AT, PAGE, URL, Maker, Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


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
            "urn address": 1,
            "no HTTP headers": 1,
            "no date that can be read": 1,
            "http address": 1,
            "no address": 1,
            "no type record": 1,
        }
    )


def test_a_file_without_http_headers_is_an_answer(space, logo_png):
    maker = Maker().record(URL, "resource", "text/html; charset=utf-8", PAGE.encode())
    maker.record("http://www.vendor.example/l.png", "resource", "image/png", logo_png)
    maker.record("http://www.vendor.example/none", "resource", "", b"bytes of no kind")
    space.read(maker.data)
    assert space.pages == [(URL, "ok")]
    captures = space.rows("SELECT url, status, content_type, fetched_at FROM captures ORDER BY url")
    assert captures == [
        ("http://www.vendor.example/l.png", 200, "image/png", AT),
        (URL, 200, "text/html; charset=utf-8", AT),
    ]


def test_where_there_is_an_answer_too_the_answer_counts(space):
    maker = Maker().record(URL, "resource", "text/html", b"<p>a note about it</p>" * 20).answer(URL, PAGE)
    space.read(maker.data)
    assert space.rows("SELECT l.content_bytes FROM looks l WHERE purpose = 'page'") == [(len(PAGE.encode()),)]


def test_what_is_dated_in_the_future_is_refused(tmp_path):
    maker = Maker().answer(URL, PAGE, at="2030-05-01T10:00:00Z").answer(URL, PAGE, at="2030-05-02T09:59:59Z")
    maker.answer(URL, PAGE, at="2030-05-02T10:00:01Z").answer(URL, PAGE, at="9999-12-31T23:59:59Z")
    file = tmp_path / "made.warc.gz"
    file.write_bytes(maker.data)
    now = datetime(2030, 5, 1, 10, tzinfo=UTC)
    with open_archive(file, tmp_path) as opened, closing(ArchiveIndex(opened, now=now)) as index:
        assert [answer.at for answer in index.documents()] == ["2030-05-01T10:00:00Z", "2030-05-02T09:59:59Z"]
        assert +index.left_out == Counter({FUTURE: 2})


def test_frames_of_others_are_no_pages(space):
    maker = Maker().answer(URL, PAGE).answer("https://player.example/v", PAGE)
    maker.request("https://player.example/v", ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site"))
    assert space.read(maker.data).pages == [(URL, "ok")]


def test_an_address_is_compared_without_scheme_www_and_fragment():
    assert url_key("HTTPS://WWW.V.example:443/a?b#c") == url_key("http://v.example/a?b") == "v.example/a?b"
    assert url_key("http://v.example:8080") == "v.example:8080/"
    assert url_key("urn:x") is url_key("http://[x") is None


def test_dates_are_read_to_the_second_in_utc():
    assert read_date("2019-05-01T10:11:12.123456Z") == AT
    assert read_date("2019-05-01T12:11:12+02:00") == AT
    assert read_date("2019-13-01T10:11:12Z") is read_date(None) is None
