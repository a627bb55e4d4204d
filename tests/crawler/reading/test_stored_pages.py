"""Stored pages are read again from the archive alone: those of earlier readings, or all, with the same result."""

from __future__ import annotations

from crawler.reading.page_reader import SAME_AS_MISSING
from crawler.reading.stored_pages import read_again, read_drawn, read_sheets
from ledger.records import Page
from ledger.vocabulary import PageHealth
from tests.crawler.visits.visit_room import SITE, VisitRoom

WORDS = "<p>" + "We build and run networks for ports and towns. " * 30 + "</p>"


def test_pages_are_read_again_as_they_were_read(lexicon, tmp_path, logo_png):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(
        f"<title>V</title><link rel=stylesheet href=s.css><h1>Our partners</h1><i class=a></i>{WORDS}"
    )
    (site / "s.css").write_text(".a { background: url(/acme.png) }")
    (site / "acme.png").write_bytes(logo_png)
    room = VisitRoom(tmp_path, site)
    visit = room.run()
    ledger, warc_dir = room.ledger, tmp_path / "warc"
    before = (ledger.select(Page, "SELECT * FROM pages"), ledger.values("SELECT sighting_id FROM sightings"))
    assert read_again(ledger, warc_dir, lexicon, visit_id=visit.visit_id, is_all=False) == 0
    ledger.execute("DELETE FROM sightings")
    ledger.execute("UPDATE pages SET extractor_version = 0")
    assert read_again(ledger, warc_dir, lexicon, visit_id=visit.visit_id, is_all=False) == len(before[0])
    assert (ledger.select(Page, "SELECT * FROM pages"), ledger.values("SELECT sighting_id FROM sightings")) == before
    page = before[0][0]
    assert [sheet.url for sheet in read_sheets(ledger, warc_dir, page.stylesheet_looks)] == [f"{SITE}/s.css"]
    assert read_drawn(ledger, warc_dir, page.look_id) is None
    assert len(before[1]) == 1


def test_what_was_known_by_comparison_stays_known(lexicon, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(f"<title>V</title>{WORDS}")
    room = VisitRoom(tmp_path, site)
    visit = room.run()
    known = {"health": PageHealth.SOFT_404, "health_reason": SAME_AS_MISSING}
    assert room.ledger.update(Page, known, url=f"{SITE}/") == 1
    assert read_again(room.ledger, tmp_path / "warc", lexicon, visit_id=visit.visit_id, is_all=True) > 0
    page = room.ledger.find(Page, url=f"{SITE}/")
    assert page is not None
    assert (page.health, page.health_reason) == (PageHealth.SOFT_404, SAME_AS_MISSING)
