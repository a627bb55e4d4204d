"""An archive answers the looks of a visit, as near in time as possible, and each answer is stored in our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.flow.archives import AT, PAGE, URL, Maker, Space, whole


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


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
    assert space.unread["page: not-in-archive"] == 1


def test_an_image_of_another_year_is_no_image_of_the_page(space, logo_png):
    space.read(
        Maker()
        .answer(URL, PAGE)
        .answer("http://www.vendor.example/l.png", logo_png, "image/png", at="2018-01-01T00:00:00Z")
        .data
    )
    assert space.unread["image: not-in-archive"] == 2
