"""A visit runs wherever something fetches for it: here from a folder of files, without Scrapy and without a network.

Tests: crawler/visits/visit_run.py, crawler/visits/visit_tools.py, crawler/visits/fetcher.py.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.archive.warc import read_exchange
from ledger.database import columns_of
from ledger.records import Look, Page, Sighting
from ledger.vocabulary import LookOutcome, PageHealth, PageKind, Purpose
from tests.crawler.visits.visit_room import BUDGET, SITE, VisitRoom

WORDS = "<p>" + "We build and run networks for ports and towns. " * 30 + "</p>"
HOME = f"<title>Vendor</title><a href=/about.html>About us</a> <a href=/partners.html>Our partners</a>{WORDS}"
PARTNERS = (
    "<title>Partners</title><link rel=stylesheet href=/s.css><h1>Our partners</h1>"
    f"<img src=/acme.png alt=Acme><i class=corvane></i><img src=/gone.png>{WORDS}"
)


@pytest.fixture
def site(tmp_path: Path, logo_png: bytes) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text(HOME)
    (folder / "partners.html").write_text(PARTNERS)
    (folder / "about.html").write_text(f"<title>About</title>{WORDS}")
    (folder / "s.css").write_text(".corvane { background: url(/corvane.png) }")
    (folder / "acme.png").write_bytes(logo_png)
    (folder / "corvane.png").write_bytes(logo_png)
    return folder


def test_a_visit_from_a_folder_finds_pages_looks_and_sightings(tmp_path, site):
    room = VisitRoom(tmp_path, site)
    visit = room.run()
    pages = room.ledger.select(Page, "SELECT * FROM pages ORDER BY rowid")
    assert [page.url for page in pages] == [f"{SITE}/", f"{SITE}/partners.html", f"{SITE}/about.html"]
    assert {page.health for page in pages} == {PageHealth.OK}
    assert pages[1].kind is PageKind.PARTNERS
    assert room.pages == [page.url for page in pages]
    sightings = room.ledger.select(Sighting, f"SELECT {columns_of(Sighting)} FROM sightings ORDER BY rowid")
    assert {sighting.image_url for sighting in sightings} == {f"{SITE}/{n}.png" for n in ("acme", "corvane", "gone")}
    looks = {look.requested_url: look for look in room.ledger.select(Look, "SELECT * FROM looks")}
    assert looks[f"{SITE}/acme.png"].outcome is LookOutcome.LOOKED
    assert (looks[f"{SITE}/gone.png"].outcome, looks[f"{SITE}/gone.png"].reason) == (
        LookOutcome.COULD_NOT_LOOK,
        "http-404",
    )
    assert (looks[f"{SITE}/sitemap.xml"].purpose, looks[f"{SITE}/sitemap.xml"].reason) == (Purpose.SITEMAP, "http-404")
    assert all(look.visit_id == visit.visit_id for look in looks.values())
    assert room.ledger.value("SELECT state FROM visits") == "done"
    stored = read_exchange(tmp_path / "warc", room.ledger, looks[f"{SITE}/partners.html"].capture_id or "")
    assert stored.content == PARTNERS.encode()


def test_a_visit_ends_with_its_budget(tmp_path, site):
    room = VisitRoom(tmp_path, site)
    visit = room.run(replace(BUDGET, pages=2))
    assert (visit.pages, visit.spent) == (2, "pages")
    assert room.ledger.value("SELECT end_reason FROM visits") == "budget of pages"
    assert "/about.html" not in room.asked


def test_an_unchanged_page_costs_its_own_request_alone(tmp_path, site):
    room = VisitRoom(tmp_path, site)
    room.run(recheck_days=30.0)
    (site / "about.html").write_text(f"<title>About us now</title>{WORDS}")
    again = room.run(recheck_days=30.0)
    assert {"/", "/partners.html", "/about.html"} <= set(room.asked)
    assert not {"/acme.png", "/s.css", "/corvane.png"} & set(room.asked)
    unchanged = room.ledger.values(
        "SELECT requested_url FROM looks WHERE visit_id = ? AND unchanged_since IS NOT NULL", [again.visit_id]
    )
    assert {f"{SITE}/partners.html", f"{SITE}/acme.png", f"{SITE}/s.css"} <= set(unchanged)
    assert f"{SITE}/about.html" not in unchanged


def test_a_visit_that_reads_nothing_says_why(tmp_path, site):
    room = VisitRoom(tmp_path, site, failures={"/": "dns"})
    visit = room.run()
    assert room.end_reason == "dns: as the test wishes"
    assert visit.pages == 0
    assert room.ledger.value("SELECT state FROM visits") == "failed"


def test_a_visit_needs_no_scrapy():
    script = "import sys, crawler.visits.visit_run, crawler.archives.ingest; sys.exit('scrapy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3], check=False).returncode == 0
