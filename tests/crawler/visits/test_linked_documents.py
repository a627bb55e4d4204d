"""PDF files that promise partners are read in a visit, page by page, within its limits; stored ones are read again alike."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crawler.reading.stored_pages import read_again
from crawler.visits.linked_documents import MAX_DOCUMENTS
from ledger.database import columns_of
from ledger.extras import how_to_install
from ledger.lexicon import Lexicon
from ledger.records import Look, Page, Passage, Sighting
from ledger.vocabulary import PageHealth, PageKind
from tests.crawler.reading.test_documents import PROSE, mark, pdf
from tests.crawler.visits.visit_room import SITE, VisitRoom

HOME = f"""<title>Vendor</title><h1>Welcome</h1><p>{PROSE}</p><a href=/line-card.pdf>Line card</a>
<a href=/dl/7.pdf>Our partners (PDF)</a> <a href=/manual.pdf>Manual of the pump</a> <a href="https://other.example/partners.pdf">Partners</a>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "dl").mkdir(parents=True)
    (folder / "index.html").write_text(HOME)
    card = f"<h1>Line card</h1><p>{PROSE}</p><div style='page-break-before: always'><h2>Our partners</h2><img src='{mark()}'></div>"
    (folder / "line-card.pdf").write_bytes(pdf(card))
    (folder / "dl" / "7.pdf").write_bytes(b"%PDF-1.4\n%...")
    (folder / "manual.pdf").write_bytes(pdf("<p>Turn it on.</p>"))
    return folder


def pages_of(room: VisitRoom) -> dict[str, Page]:
    """The rows of documents, by path."""
    pages = room.ledger.select(Page, "SELECT * FROM pages WHERE url LIKE '%.pdf%' ORDER BY rowid")
    return {page.url.removeprefix(SITE): page for page in pages}


def test_a_document_gives_a_page_for_each_of_its_pages(tmp_path: Path, site: Path) -> None:
    room = VisitRoom(tmp_path, site)
    visit = room.run()
    pages = pages_of(room)
    assert set(pages) == {"/line-card.pdf#page=1", "/line-card.pdf#page=2", "/dl/7.pdf"}
    second = pages["/line-card.pdf#page=2"]
    assert (second.kind, second.health, second.link_text) == (PageKind.SUPPLIERS, PageHealth.OK, "Line card")
    assert pages["/dl/7.pdf"].health is PageHealth.UNREADABLE
    assert "it does not open" in str(pages["/dl/7.pdf"].health_reason)
    assert "/manual.pdf" not in room.asked  # it promises nothing
    sightings = room.ledger.select(Sighting, f"SELECT {columns_of(Sighting)} FROM sightings")
    assert [(sighting.page_id, sighting.heading) for sighting in sightings] == [(second.page_id, "Our partners")]
    assert visit.pages == 2  # the document counts once


def test_stored_documents_are_read_again_alike(tmp_path: Path, site: Path, lexicon: Lexicon) -> None:
    room = VisitRoom(tmp_path, site)
    visit = room.run()

    def stored() -> list[list[object]]:
        kinds = (Page, Passage, Sighting)
        return [room.ledger.select(kind, f"SELECT {columns_of(kind)} FROM {kind.table} ORDER BY 1") for kind in kinds]

    before = stored()
    room.ledger.execute("UPDATE pages SET extractor_version = 0")
    assert read_again(room.ledger, tmp_path / "warc", lexicon, visit_id=visit.visit_id, is_all=False) > 0
    assert stored() == before
    assert read_again(room.ledger, tmp_path / "warc", lexicon, visit_id=visit.visit_id, is_all=False) == 0


def test_a_second_visit_reads_the_document_again(tmp_path: Path, site: Path) -> None:
    room = VisitRoom(tmp_path, site)
    room.run()
    room.ledger.execute("UPDATE pages SET kind = 'partners' WHERE url LIKE '%#page=2'")
    (site / "index.html").write_text(f"<title>Vendor</title><p>{PROSE}</p>")  # the link is gone, the file is not
    room.run()
    urls = [url for url in room.pages if "#page" in url]
    assert urls == [f"{SITE}/line-card.pdf#page=1", f"{SITE}/line-card.pdf#page=2"]


def test_five_documents_of_a_visit_are_read_and_the_others_say_so(tmp_path: Path, site: Path) -> None:
    links = "".join(f"<a href=/{n}.pdf>Certificate {n}</a>" for n in range(MAX_DOCUMENTS + 1))
    (site / "index.html").write_text(f"<title>Vendor</title><p>{PROSE}</p>{links}")
    for number in range(MAX_DOCUMENTS + 1):
        (site / f"{number}.pdf").write_bytes(pdf(f"<p>Certificate {number} of Acme.</p>"))
    room = VisitRoom(tmp_path, site)
    room.run()
    pages = pages_of(room)
    refused = [page for page in pages.values() if page.health is PageHealth.UNREADABLE]
    assert len(refused) == 1
    assert refused[0].health_reason == f"the visit's {MAX_DOCUMENTS} documents are read"
    assert (
        sum(page.kind is PageKind.CERTIFICATIONS for page in pages.values() if page.health is PageHealth.OK)
        == MAX_DOCUMENTS
    )


def test_without_the_extra_the_page_says_so(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    room = VisitRoom(tmp_path, site)
    room.run()
    card = pages_of(room)["/line-card.pdf"]
    assert card.health is PageHealth.UNREADABLE
    assert card.health_reason == f"needs the pdf extra; run: {how_to_install('pdf')}"
    looks = {look.requested_url: look for look in room.ledger.select(Look, "SELECT * FROM looks")}
    assert looks[f"{SITE}/line-card.pdf"].capture_id is not None  # it is kept, to be read later
