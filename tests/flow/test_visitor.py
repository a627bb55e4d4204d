"""What a visitor's browser does without a thought, a visit does too; and each vendor of a list ends with an outcome.

Tests: crawler/wire/middlewares.py, crawler/wire/scrapy_fetcher.py, crawler/visits/visit_run.py.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.conftest import Answer, not_found, run_partnerproof, send

WORDS = "<p>" + "Words about our work in towns and ports. " * 30 + "</p>"
PARTNERS = f'<title>Partners</title><h1>Our partners</h1>{WORDS}<img src="/acme.png" alt="">'
Answers = dict[str, Answer]


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def page(*links: str) -> Answer:
    return send(f"<title>V</title><h1>Vendor</h1>{WORDS}{''.join(links)}")


def redirect(to: str, **headers: str) -> Answer:
    return send("", status=302, Location=to, **headers)


def needs_cookie(body: Answer, otherwise: Answer) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        (body if "seen=1" in (handler.headers.get("Cookie") or "") else otherwise)(handler)

    return answer


def needs_referrer(body: Answer) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        is_own = f"http://{handler.headers['Host']}/" in (handler.headers.get("Referer") or "")
        (body if is_own else send("no", status=403))(handler)

    return answer


def cut(body: str) -> Answer:
    """Answer that promises twice as much as it sends."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(2 * len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())
        handler.close_connection = True

    return answer


SITES: dict[str, tuple[str, Answers]] = {
    "a redirect to itself that sets a cookie": (
        "/partners", {"/partners": needs_cookie(send(PARTNERS), redirect("/partners", Set_Cookie="seen=1; Path=/"))}
    ),
    "a way round by another page that sets a cookie": (
        "/partners", {
            "/partners": needs_cookie(send(PARTNERS), redirect("/en/partners")),
            "/en/partners": redirect("/partners", Set_Cookie="seen=1; Path=/"),
        },
    ),
    "a picture for its own pages alone": ("/partners", {"/partners": send(PARTNERS), "/acme.png": not_found}),
    "a start page that is not there": (
        "/index.html", {"/": page('<a href="/p">Our partners</a>'), "/p": send(PARTNERS), "/index.html": not_found}
    ),
    "a start page deep in the site that is not there": (
        "/de/firma", {"/": page('<a href="/p">Our partners</a>'), "/p": send(PARTNERS)}
    ),
    "a button that is a link": (
        "/", {"/": page('<form action="/p"><input type="hidden" name="l" value="en"><button>Partners</button></form>'), "/p": send(PARTNERS)}
    ),
    "a link of three thousand letters": (
        "/", {"/": page(f'<a href="/p?state={"x" * 3_000}">Our partners</a>'), "/p": send(PARTNERS)}
    ),
    "a list of files": ("/", {"/": send('<title>Index of /</title><a href="/p">partners/</a>'), "/p": send(PARTNERS)}),
    "a header that refreshes": ("/", {"/": send("", Refresh="0;url=/p"), "/p": send(PARTNERS)}),
    "a tag that refreshes": (
        "/", {"/": send('<meta http-equiv="refresh" content="2; URL=\'/p\'">Moving on'), "/p": send(PARTNERS)}
    ),
    "a script that moves on": (
        "/", {"/": send("<script>window.location.href = '/p';</script>"), "/p": send(PARTNERS)}
    ),
    "a body that ends early": ("/partners", {"/partners": cut(PARTNERS)}),
}  # fmt: skip


def test_what_a_browser_does_without_a_thought(serve, acme, tmp_path, logo_png):
    """Each way is a vendor of its own; all of them are found in one crawl."""
    picture = send(logo_png, "image/png")
    starts = []
    for name, (start, answers) in SITES.items():
        own = needs_referrer(picture) if "picture" in name else picture
        starts.append(f"{serve({**answers, '/acme.png': own}).url}{start}")
    crawl(acme, tmp_path, *starts)
    found = {str(vendor) for (vendor,) in rows(acme, "SELECT vendor FROM v_findings WHERE relation = 'partner'")}
    assert [name for number, name in enumerate(SITES) if f"Vendor {number}" not in found] == []
    told = rows(acme, "SELECT reason FROM v_vendor_coverage WHERE reason = 'cut-short' AND outcome = 'looked-in-part'")
    assert told == [("cut-short",)]  # a page that ends early is read, and not whole


def crawl(acme: Path, folder: Path, *urls: str) -> str:
    seeds = folder / "seeds.csv"
    seeds.write_text("name,url\n" + "".join(f"Vendor {n},{url}\n" for n, url in enumerate(urls)))
    return run_partnerproof("-w", acme, "crawl", seeds, "--allow-private", "--delay", "0")


def test_a_vendor_does_not_get_the_cookies_of_another(serve, acme, tmp_path, logo_png):
    given: list[str | None] = []

    def partners(handler: BaseHTTPRequestHandler) -> None:
        given.append(handler.headers.get("Cookie"))
        send(PARTNERS, Set_Cookie="seen=1; Path=/")(handler)

    answers = {"/partners": partners, "/acme.png": send(logo_png, "image/png")}
    crawl(acme, tmp_path, *(f"{serve(answers).url}/partners" for _ in range(3)))  # cookies know no ports
    assert given == [None, None, None]


@pytest.fixture
def vendors(serve, logo_png) -> Callable[[], list[str]]:
    """Vendors of every kind of outcome, the last of which nobody answers for."""
    sites: list[Answers] = [
        {"/": page('<a href="/p">Our partners</a>'), "/p": send(PARTNERS)},
        {"/": page('<a href="/p">Our partners</a>'), "/p": send("no", status=403)},
        dict.fromkeys(("/", "/robots.txt"), send("Forbidden", status=403)),
        {"/": send("<title>Just a moment...</title>", status=503)},
        {"/": not_found},
        {"/": page(*(f'<a href="/p{n}">Partners {n}</a>' for n in range(9))), **{f"/p{n}": send(PARTNERS + str(n)) for n in range(9)}},
    ]  # fmt: skip
    picture = send(logo_png, "image/png")
    urls = [serve({"/acme.png": picture, **site}).url + "/" for site in sites]
    return lambda: [*urls, "http://127.0.0.1:9/"]


def test_every_vendor_has_an_outcome_and_its_reason(vendors, acme, tmp_path):
    config = acme / "partnerproof.toml"
    config.write_text(config.read_text().replace("max_pages = 30 ", "max_pages = 4 "))
    out = crawl(acme, tmp_path, *vendors())
    told = rows(acme, "SELECT vendor, outcome, reason FROM v_vendor_coverage ORDER BY vendor")
    assert told == [
        ("Vendor 0", "looked", None),
        ("Vendor 1", "looked-in-part", "http-403"),
        ("Vendor 2", "could-not-look", "http-403"),
        ("Vendor 3", "could-not-look", "challenge"),
        ("Vendor 4", "could-not-look", "http-404"),
        ("Vendor 5", "looked-in-part", "budget-pages"),
        ("Vendor 6", "could-not-look", "connection-refused"),
    ]
    assert "vendors: 1 looked at, 2 looked at in part (budget-pages 1, http-403 1), 4 could not be looked at" in out
    left = json.loads(rows(acme, "SELECT tried FROM v_vendor_coverage WHERE vendor = 'Vendor 5'")[0][0])
    assert {address["reason"] for address in left} == {"budget-pages"}
    assert len(left) >= 5
    status = json.loads(run_partnerproof("-w", acme, "status", "--json"))
    assert sum(status["vendors"].values()) == 7
    assert "waits_until" not in status
    findings = run_partnerproof("-w", acme, "findings")
    assert "4 could not be looked at" in findings
