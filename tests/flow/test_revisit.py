"""A vendor visited again: what is unchanged costs little, what changed is told with dates, what could not be seen is not gone.

Tests: crawler/wire/middlewares.py.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.conftest import Answer, SmallServer, not_found, run_partnerproof, send

WORDS = "<p>" + "Words about our work in towns and ports. " * 30 + "</p>"


def tagged(body: bytes | str, kind: str = "text/html; charset=utf-8") -> Answer:
    """Answer with an ETag, and with 304 to whoever has it."""
    data = body.encode() if isinstance(body, str) else body
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'

    def answer(handler: BaseHTTPRequestHandler) -> None:
        is_known = handler.headers.get("If-None-Match") == tag
        send(b"" if is_known else data, kind, 304 if is_known else 200, ETag=tag)(handler)

    return answer


class Vendor:
    """A vendor whose answers a test changes between visits."""

    def __init__(self, logo: bytes, other: bytes) -> None:
        self.answers: dict[str, Answer] = {
            "/": tagged(f'<title>V</title><h1>Vendor</h1>{WORDS}<a href="/partners.html">Our partners</a>'),
            "/partners.html": tagged(self.partners("/acme.png", "/other.png")),
            "/acme.png": tagged(logo, "image/png"),
            "/other.png": tagged(other, "image/png"),
            "/third.png": tagged(other + b"\0", "image/png"),
        }

    @staticmethod
    def partners(*images: str) -> str:
        shown = "".join(f'<li><img src="{image}" alt="a partner"></li>' for image in images)
        return f"<title>Partners</title><h1>Our partners</h1>{WORDS}<ul>{shown}</ul>"


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


class FirstVisit:
    """A vendor that was visited once, with a logo and another picture on its page; its server goes on for the tests of this module."""

    def __init__(self, folder: Path, acme_once: Path, logo: bytes, other: bytes) -> None:
        self.logo, self.other = logo, other
        self.answers = Vendor(logo, other).answers
        self.server = SmallServer(self.answers)
        self.root = shutil.copytree(acme_once, folder / "space")
        self.seeds = folder / "seeds.csv"
        self.seeds.write_text(f"name,url\nVendor,{self.server.url}/\n")
        self.requests = self.visit(self.root)

    def visit(self, root: Path) -> list[str]:
        self.server.requests.clear()
        run_partnerproof("-w", root, "crawl", self.seeds, "--allow-private", "--delay", "0")
        # rows carry whole seconds: what one visit saw must not look like what the next one did
        with sqlite3.connect(root / "var" / "partnerproof.db") as database:
            for table, column in (
                ("looks", "looked_at"), ("claim_evidence", "seen_at"), ("visits", "started_at"), ("captures", "fetched_at"),
            ):  # fmt: skip
                database.execute(f"UPDATE {table} SET {column} = strftime('%Y-%m-%dT%H:%M:%SZ', {column}, '-1 day')")
            database.execute(
                "UPDATE looks SET unchanged_since = strftime('%Y-%m-%dT%H:%M:%SZ', unchanged_since, '-1 day')"
            )
        return list(self.server.requests)


@pytest.fixture(scope="module")
def first_visit(acme_once, tmp_path_factory, logo_png, lookalike_png) -> Iterator[FirstVisit]:
    first = FirstVisit(tmp_path_factory.mktemp("first-visit"), acme_once, logo_png, lookalike_png)
    yield first
    first.server.close()


@pytest.fixture
def acme(first_visit, tmp_path) -> Path:
    """A workspace of the test's own in which the vendor was visited once."""
    return shutil.copytree(first_visit.root, tmp_path / "space")


@pytest.fixture
def vendor(first_visit) -> Vendor:
    """The vendor as it was at the first visit."""
    vendor = Vendor(first_visit.logo, first_visit.other)
    first_visit.answers.clear()
    first_visit.answers |= vendor.answers
    vendor.answers = first_visit.answers
    return vendor


@pytest.fixture
def visit(first_visit, acme, vendor) -> Callable[[], list[str]]:
    """Visit the vendor once more; returns what was asked for."""
    return lambda: first_visit.visit(acme)


def changes(root: Path) -> dict[str, object]:
    return {str(i).rpartition("/")[2]: s for i, s in rows(root, "SELECT image, state FROM v_changes")}


def test_an_unchanged_page_costs_its_own_request_alone(first_visit, visit, acme):
    assert {"/", "/partners.html", "/acme.png", "/other.png"} <= set(first_visit.requests)
    second = visit()
    # and that of each picture on which a claim rests: whether it is shown is never told from a file not asked for
    assert sorted(second) == ["/", "/acme.png", "/partners.html", "/robots.txt", "/sitemap.xml"]
    assert changes(acme) == {"acme.png": "unchanged", "other.png": "unchanged"}
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("present",)]
    statuses = rows(acme, "SELECT status, count(*) FROM captures WHERE status = 304 GROUP BY 1")
    assert statuses == [(304, 3)]
    # carried over, and what is read again from the archive is the same
    before = rows(acme, "SELECT image_sha256, found_by FROM v_sightings ORDER BY sighting_id")
    assert len(before) == 4
    assert all(sha for sha, _ in before)


def test_what_appeared_changed_and_went_is_told(visit, vendor, acme):
    vendor.answers["/partners.html"] = tagged(vendor.partners("/acme.png", "/third.png"))
    vendor.answers["/acme.png"] = vendor.answers["/other.png"]
    visit()
    assert changes(acme) == {"acme.png": "changed", "other.png": "gone", "third.png": "appeared"}
    assert rows(acme, "SELECT brand, state FROM v_claim_changes") == [("acme", "gone")]


def test_a_picture_that_was_exchanged_on_an_unchanged_page_takes_its_claim_with_it(visit, vendor, acme):
    vendor.answers["/acme.png"] = vendor.answers["/other.png"]
    visit()
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("gone",)]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ({"/": not_found, "/partners.html": not_found}, "so does all of the site"),
        ({"/partners.html": send("<title>Maintenance</title><h1>We will be back soon</h1>", status=404)}, "maintenance"),
        ({"/partners.html": send("<title>Just a moment...</title><div id=cf-challenge></div>", status=404)}, "challenge"),
        ({"/partners.html": send("<title>P</title><p>Not found</p><img src=/acme.png>", status=404)}, "shows it all the same"),
    ],
)  # fmt: skip
def test_an_answer_of_no_page_is_not_always_believed(visit, vendor, acme, page, why):
    vendor.answers |= page
    visit()
    ((state, told),) = rows(acme, "SELECT state, why FROM v_claim_changes")
    assert (state, why in told) == ("could-not-look", True), told


def test_a_page_that_leads_to_its_new_place_is_that_page(visit, vendor, acme):
    vendor.answers["/friends.html"] = tagged(vendor.partners("/other.png"))
    vendor.answers["/partners.html"] = send("", status=301, Location="/friends.html")
    visit()
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("gone",)]
    vendor.answers["/partners.html"] = send("", status=302, Location="/")
    visit()
    ((state, told),) = rows(acme, "SELECT state, why FROM v_claim_changes")
    assert (state, "which is another page" in told) == ("could-not-look", True)


def test_a_challenge_or_an_error_never_means_gone(visit, vendor, acme):
    vendor.answers["/partners.html"] = send("<title>Just a moment...</title>Checking your browser", status=503)
    visit()
    assert set(changes(acme).values()) == {"could-not-look"}
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("could-not-look",)]


def test_a_page_that_moved_is_looked_for_and_found(visit, vendor, acme):
    vendor.answers["/"] = tagged(f"<title>V</title><h1>Vendor</h1>{WORDS}")
    vendor.answers["/our-partners"] = vendor.answers["/partners.html"]
    vendor.answers["/partners.html"] = not_found
    asked = visit()
    assert "/partners.html" in asked
    assert "/our-partners" in asked
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("present",)]
    assert ("page-gone",) in rows(acme, "SELECT DISTINCT state FROM v_changes")


def test_a_page_that_is_gone_for_good_takes_its_claim_with_it(visit, vendor, acme):
    vendor.answers["/"] = tagged(f"<title>V</title><h1>Vendor</h1>{WORDS}")
    vendor.answers["/partners.html"] = not_found
    visit()
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("gone",)]
    assert set(changes(acme).values()) == {"page-gone"}


def test_a_check_of_one_page_says_nothing_of_the_others(first_visit, vendor, acme):
    home = f"{first_visit.server.url}/"
    run_partnerproof("-w", acme, "check", home, "--allow-private", "--delay", "0")
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("present",)]


def test_a_logo_whose_file_does_not_come_is_not_gone(visit, vendor, acme):
    vendor.answers["/partners.html"] = tagged(vendor.partners("/acme.png", "/other.png") + "<p>News</p>")
    vendor.answers["/acme.png"] = send("", status=503)
    visit()
    assert changes(acme)["acme.png"] == "could-not-look"
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("could-not-look",)]


def test_a_check_looks_at_the_page_that_was_asked_for(first_visit, vendor, acme):
    home = f"{first_visit.server.url}/"
    told = run_partnerproof("-w", acme, "check", f"{home}partners.html", "--allow-private", "--delay", "0", code=1)
    assert "partners.html (partners page)" in told
    assert "could not look" in run_partnerproof(
        "-w", acme, "check", f"{home}nope", "--allow-private", "--delay", "0", code=3
    )
