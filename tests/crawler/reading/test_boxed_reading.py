"""Stored pages are read in a box, as they would be read here; one that fails has a row that says why."""

from __future__ import annotations

from dataclasses import replace

from crawler.images.stylesheets import Sheet
from crawler.reading.boxed_reading import BoxedReading, reading_with
from crawler.reading.page_reader import PageSource, read_page
from ledger.boxes.boxed_calls import Limits
from ledger.vocabulary import PageHealth

HTML = b"<title>P</title><link rel=stylesheet href=a.css><h1>Our partners</h1><p>We work with many firms, of all kinds.</p><i class=a></i>"
SOURCE = PageSource(
    visit_id="v", look_id="l", url="https://v.example/p", status=200, content=HTML, content_type="text/html"
)
SHEET = Sheet("https://v.example/a.css", ".a { background: url(acme.png); width: 90px; height: 30px }")


def test_a_page_is_read_as_here_and_without_its_tree(lexicon):
    page, leads = reading_with(lexicon).read(SOURCE)
    assert page.page == read_page(SOURCE, lexicon).page
    assert leads is not None
    assert leads.sheet_urls == ("https://v.example/a.css",)
    whole = reading_with(lexicon).read_whole(SOURCE, [SHEET])
    here = read_page(SOURCE, lexicon).with_images([SHEET], lexicon)
    assert (whole.sightings, whole.passages, whole.page) == (here.sightings, here.passages, here.page)
    assert whole.document.text == ""


def test_a_page_that_is_not_healthy_has_sightings_only_where_that_is_asked_for(lexicon):
    missing = replace(SOURCE, status=404, content=HTML + b"<img src=b.png>")
    assert reading_with(lexicon).read_whole(missing, []).sightings == ()
    assert len(reading_with(lexicon).read_whole(missing, [], is_any_health=True).sightings) == 1


def test_a_page_that_takes_too_long_has_a_row_that_says_so(lexicon):
    reading = BoxedReading(lexicon)
    reading.calls.limits = Limits(processor_s=0.001)
    page, leads = reading.read(SOURCE)
    assert (page.page.health, page.page.health_reason) == (
        PageHealth.UNREADABLE,
        "reading needs more than 0.001 s of processor time",
    )
    assert leads is None
    assert reading.read_whole(SOURCE, []).page.health is PageHealth.UNREADABLE
    reading.calls.close()


def test_one_reading_goes_on_from_call_to_call(lexicon):
    assert reading_with(lexicon) is reading_with(lexicon)
