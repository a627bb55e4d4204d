"""One page from bytes to rows; a page that is read again keeps no row that the new reading does not give."""

from __future__ import annotations

from crawler.reading.page_reader import EXTRACTOR_VERSION, PageSource, read_page, store_page, unread_page
from ledger.vocabulary import PageHealth, PageKind
from tests.crawler.visits.visit_room import SITE, VisitRoom

WORDS = "<p>" + "We build and run networks for ports and towns. " * 60 + "</p>"


def source(html: str, *, status: int = 200, visit_id: str = "v") -> PageSource:
    return PageSource(
        visit_id=visit_id,
        look_id="l",
        url=f"{SITE}/partners",
        status=status,
        content=html.encode(),
        content_type="text/html; charset=utf-8",
    )


def test_a_page_is_judged_first_and_its_images_read_after(lexicon):
    read = read_page(source(f"<title>Our partners</title><h1>Our partners</h1><img src=a.png>{WORDS}"), lexicon)
    assert (read.page.health, read.page.kind, read.page.extractor_version) == (
        PageHealth.OK,
        PageKind.PARTNERS,
        EXTRACTOR_VERSION,
    )
    assert (read.sightings, read.passages) == ((), ())
    full = read.with_images([], lexicon)
    assert [sighting.image_url for sighting in full.sightings] == [f"{SITE}/a.png"]
    assert full.passages[0].text == "Our partners"
    assert full == read.with_images([], lexicon)


def test_an_error_answer_is_no_healthy_page(lexicon):
    assert not read_page(source("<title>Page not found</title>", status=404), lexicon).is_healthy


def test_what_is_no_page_has_a_row_with_the_reason():
    read = unread_page(source(""), "content type application/pdf")
    assert (read.page.health, read.page.health_reason) == (PageHealth.NOT_HTML, "content type application/pdf")


def test_reading_again_replaces_what_was_seen(lexicon, tmp_path):
    room = VisitRoom(tmp_path, tmp_path)
    visit_id = room.begin().visit_id
    room.ledger.execute(
        "INSERT INTO looks (look_id, visit_id, purpose, requested_url, outcome, looked_at)"
        " VALUES ('l', ?, 'page', 'u', 'looked', '2026-11-23T06:34:29Z')",
        [visit_id],
    )
    for images, passages in (("<img src=a.png><img src=b.png>", 3), ("<img src=a.png>", 2)):
        words = "<p>Words of a passage.</p>" * (passages - 1)
        page = read_page(source(f"<h1>Partners</h1>{images}{words}", visit_id=visit_id), lexicon).with_images(
            [], lexicon
        )
        store_page(room.ledger, page)
        assert room.ledger.value("SELECT count(*) FROM sightings") == images.count("<img")
        assert room.ledger.value("SELECT count(*) FROM passages") == len(page.passages)
    assert room.ledger.value("SELECT count(*) FROM pages") == 1
