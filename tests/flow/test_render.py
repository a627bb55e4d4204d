"""Pages that scripts draw: seen with a browser, and said to need one without it.

Tests: crawler/visits/drawn_pages.py.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.drawing.browser import why_no_browser
from tests.conftest import Answer, run_partnerproof, send

APP = """
  fetch('/api/partners').then(answer => answer.json()).then(partners => {
    document.getElementById('root').innerHTML = '<a href="/clients">Clients</a><h1>Our partners</h1>' +
      '<p>We are a partner of Acme.</p>' + partners.map(src => `<img src="${src}" width="220" height="80">`).join('');
  });
  fetch('PRIVATE/secret').catch(() => 0);
"""
SHELL = '<html lang="en"><title>Vendor</title><div id="root"></div><script src="/app.js"></script></html>'


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def crawl(serve, acme: Path, tmp_path: Path, logo_png: bytes, **config: object) -> list[list[str]]:
    """Crawl a vendor whose page scripts draw; returns what its server was asked for, and a private one that the page names."""
    private = serve({"/secret": send("secret")})
    answers: dict[str, Answer] = {
        "/": send(SHELL),
        "/app.js": send(APP.replace("PRIVATE", private.url), "text/javascript"),
        "/api/partners": send('["/acme.png"]', "application/json"),
        "/acme.png": send(logo_png, "image/png"),
    }
    server = serve(answers)
    port = server.url.rsplit(":", 1)[1]
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in config.items())
    text = (acme / "partnerproof.toml").read_text()
    kept = [line for line in text.splitlines() if line.split(" ")[0] not in config]
    (acme / "partnerproof.toml").write_text("\n".join(kept).replace("[crawl]", f"[crawl]\n{lines}"))
    (tmp_path / "v.csv").write_text(f"name,url\nV,http://vendor.example:{port}/\n")
    resolve = ("--resolve", f"vendor.example:{port}:127.0.0.1")
    run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", *resolve, "--delay", "0")
    return [server.requests, private.requests]


@pytest.mark.skipif(why_no_browser() is not None, reason=f"no browser here: {why_no_browser()}")
def test_a_page_that_scripts_draw_gives_a_finding(serve, acme, tmp_path, logo_png):
    requests, private = crawl(serve, acme, tmp_path, logo_png)
    assert rows(acme, "SELECT evidence FROM v_findings WHERE relation = 'partner'") == [("picture,name,text",)]
    (render,) = rows(acme, "SELECT reason, failure, asked, refused, document_sha256, screenshot_sha256 FROM renders")
    assert str(render[0]).startswith("empty shell")
    assert render[1] is None
    assert private == []
    assert "could-not-look http://127.0.0.1" in str(render[3])
    assert all(render[4:])
    boxes = rows(acme, "SELECT page_box FROM sightings WHERE image_url LIKE '%acme.png'")
    assert [json.loads(str(box[0]))[2:] for box in boxes] == [[220, 80]]
    for path in ("/app.js", "/acme.png", "/api/partners"):
        assert requests.count(path) == 1, path  # the browser's answers are the crawl's: in the archive, once
    assert "/clients" in requests  # links of the drawn page are followed
    before = rows(acme, "SELECT * FROM sightings ORDER BY 1")
    run_partnerproof("-w", acme, "extract", "--again")
    assert rows(acme, "SELECT * FROM sightings ORDER BY 1") == before


@pytest.mark.parametrize("config", [{"browser": "/nowhere/chromium"}, {"max_renders": 0}])
def test_without_a_browser_coverage_says_that_one_is_needed(serve, acme, tmp_path, logo_png, config):
    crawl(serve, acme, tmp_path, logo_png, **config)
    (told,) = rows(acme, "SELECT outcome, reason, detail FROM v_coverage WHERE requested_url LIKE '%/'")
    assert told[:2] == ("could-not-look", "needs-browser")
    assert str(told[2]).startswith("needs a browser (empty shell: ")
    assert rows(acme, "SELECT count(*) FROM renders WHERE failure IS NOT NULL") == [(1,)]


ROUTES = """
  const show = () => {
    const route = location.hash;
    document.getElementById('main').innerHTML = route === '#/partners'
      ? '<h1>Our partners</h1><p>' + 'We work with makers of machines in towns and ports. '.repeat(9) + '</p><img src="/acme.png" width="220" height="80">'
      : '<h1>Welcome</h1><p>' + 'We plan and look after networks of companies. '.repeat(9) + '</p>';
  };
  addEventListener('hashchange', show); show();
"""
ROUTED = f"""<html lang="en"><title>Vendor</title><nav><a href="#/">Home</a> <a href="#/partners">Partners</a> <a href="#/prices">Prices</a></nav>
<main id="main"><h1>Welcome</h1><p>{"We plan and look after networks of companies. " * 9}</p></main><script>{ROUTES}</script></html>"""


def crawl_routes(serve, acme: Path, tmp_path: Path, logo_png: bytes, **config: object) -> None:
    server = serve({"/": send(ROUTED), "/acme.png": send(logo_png, "image/png")})
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in config.items())
    text = (acme / "partnerproof.toml").read_text()
    kept = [line for line in text.splitlines() if line.split(" ")[0] not in config]
    (acme / "partnerproof.toml").write_text("\n".join(kept).replace("[crawl]", f"[crawl]\n{lines}"))
    (tmp_path / "v.csv").write_text(f"name,url\nV,{server.url}/\n")
    run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", "--allow-private", "--delay", "0")


@pytest.mark.skipif(why_no_browser() is not None, reason=f"no browser here: {why_no_browser()}")
def test_a_hash_route_that_promises_partners_is_drawn(serve, acme, tmp_path, logo_png):
    crawl_routes(serve, acme, tmp_path, logo_png)
    findings = rows(acme, "SELECT brand, relation, page_url LIKE '%/#/partners' FROM v_findings")
    assert findings == [("acme", "partner", 1)]
    assert rows(acme, "SELECT count(*) FROM renders") == [(1,)]  # the menu's other routes promise nothing
    before = rows(acme, "SELECT * FROM sightings ORDER BY 1")
    run_partnerproof("-w", acme, "extract", "--again")
    assert rows(acme, "SELECT * FROM sightings ORDER BY 1") == before
    crawl_again = run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", "--allow-private", "--delay", "0")
    assert "1 looked at" in crawl_again
    assert rows(acme, "SELECT state FROM v_claim_changes") == [("present",)]


def test_a_hash_route_without_a_browser_needs_one(serve, acme, tmp_path, logo_png):
    crawl_routes(serve, acme, tmp_path, logo_png, browser="/nowhere/chromium")
    told = rows(acme, "SELECT page_url IS NULL, outcome, reason FROM v_coverage WHERE requested_url LIKE '%#/partners'")
    assert told == [(1, "could-not-look", "needs-browser")]
    assert rows(acme, "SELECT outcome, reason FROM v_vendor_coverage") == [("looked-in-part", "needs-browser")]
    assert rows(acme, "SELECT count(*) FROM sightings WHERE image_url LIKE '%acme.png'") == [(0,)]
