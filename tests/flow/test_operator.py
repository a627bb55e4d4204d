"""What an operator asks before, during and after a crawl.

Tests: partnerproof/cli/changes.py, partnerproof/cli/passages.py, partnerproof/cli/plan.py,
partnerproof/crawl_answers.py, partnerproof/planning/crawl_plan.py, partnerproof/crawl_progress.py, partnerproof/yields.py.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from ledger.database import Ledger
from partnerproof.yields import yield_drops
from tests.conftest import run_partnerproof, send

WORDS = "<p>" + "Words about our work in towns and ports. " * 30 + "</p>"


@pytest.fixture
def seeds(serve, tmp_path: Path, logo_png: bytes) -> Path:
    server = serve(
        {
            "/": send(f'<title>V</title><h1>Vendor</h1>{WORDS}<a href="/partners">Our partners</a>'),
            "/partners": send(
                f"<title>P</title><h1>Our partners</h1>{WORDS}<p>我们是艾克米的合作伙伴</p><img src='/a.png'>"
            ),
            "/a.png": send(logo_png, "image/png"),
        }
    )
    file = tmp_path / "v.csv"
    port = server.url.rpartition(":")[2]
    file.write_text(f"name,url\nVendor,http://vendor.example:{port}/\n")
    return file


def crawl(acme: Path, seeds: Path, *options: str, code: int = 0) -> str:
    port = seeds.read_text().strip().rstrip("/").rpartition(":")[2]
    resolve = f"vendor.example:{port}:127.0.0.1"
    return run_partnerproof("-w", acme, "crawl", seeds, "--resolve", resolve, "--delay", "0", *options, code=code)


def test_a_plan_reckons_first_with_measured_sites_and_then_with_the_vendor_itself(acme, seeds):
    first = json.loads(run_partnerproof("-w", acme, "plan", seeds, "--json"))
    assert (first["vendors"], first["known_vendors"]) == (1, 0)
    assert first["requests"] > 20
    crawl(acme, seeds)
    told = json.loads(run_partnerproof("-w", acme, "plan", seeds, "--json"))
    assert told["known_vendors"] == 1
    assert told["requests"] < first["requests"]
    assert told["bound_by"] in {limit["name"] for limit in told["limits"]}
    assert told["speed_basis"] == "measured on this machine"
    shown = run_partnerproof("-w", acme, "plan", seeds)
    assert "1 vendors by their own last visit" in shown
    assert "what binds: " in shown
    assert all(limit["title"] in shown for limit in told["limits"])


def test_words_of_any_script_are_found_and_changes_are_told(acme, seeds):
    crawl(acme, seeds)
    assert "我们是艾克米的合作伙伴" in run_partnerproof("-w", acme, "passages", "艾克")
    run_partnerproof("-w", acme, "passages", "nowhere said", code=1)
    told = run_partnerproof("-w", acme, "changes")
    assert "present" in told
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        database.execute("UPDATE seeds SET vendor = '[/b]A\x1b[31m Ltd'")  # no markup, and nothing for the terminal
    database.close()
    assert "[/b]A\ufffd[31m Ltd" in run_partnerproof("-w", acme, "changes")
    assert json.loads(run_partnerproof("-w", acme, "changes", "--state", "gone", "--json")) == []


def test_a_domain_that_opted_out_is_never_asked(acme, seeds):
    (acme / "opt-out.txt").write_text("# asked us by letter\nvendor.example\n")
    assert json.loads(run_partnerproof("-w", acme, "plan", seeds, "--json"))["opted_out"] == 1
    crawl(acme, seeds)
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT count(*) FROM captures").fetchone() == (0,)
        assert database.execute("SELECT DISTINCT reason FROM v_coverage").fetchall() == [("opt-out",)]


def test_mistakes_of_the_opt_out_list_and_of_the_hours_are_named(acme, seeds):
    (acme / "opt-out.txt").write_text("vendor.example\nno domain at all\n")
    assert "opt-out.txt line 2" in crawl(acme, seeds, code=2)
    (acme / "opt-out.txt").unlink()
    config = acme / "partnerproof.toml"
    config.write_text(config.read_text().replace('hours = ""', 'hours = "at night"'))
    assert "hours are written as" in crawl(acme, seeds, code=2)


def test_json_lines_tell_pages_and_visits(acme, seeds):
    import subprocess
    import sys

    port = seeds.read_text().strip().rstrip("/").rpartition(":")[2]
    command = [sys.executable, "-m", "partnerproof", "-w", str(acme), "crawl", str(seeds), "--log-json"]
    done = subprocess.run(
        [*command, "--resolve", f"vendor.example:{port}:127.0.0.1", "--delay", "0"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {event["event"] for event in events} == {"list", "crawl", "page", "visit", "judged", "seal"}
    assert (events[0]["event"], events[0]["rows"], events[0]["vendors"], events[0]["rejects"]) == ("list", 1, 1, None)
    assert [event["kind"] for event in events if event["event"] == "page"] == ["home", "partners"]


def test_a_crawl_that_sees_far_less_on_the_same_pages_is_told(acme, seeds):
    crawl(acme, seeds)
    with Ledger.open(acme / "var" / "partnerproof.db") as ledger:
        first = ledger.value("SELECT crawl_id FROM crawls")
        assert yield_drops(ledger, first) == []
        seed = ledger.value("SELECT seed_id FROM seeds")
        for crawl_id, images in (("2", 3), ("3", 1)):
            ledger.execute(
                "INSERT INTO crawls (crawl_id, order_sha256, seeds_file, settings, tool_version, made_with, started_at, ended_at, kind) SELECT ?, ?, seeds_file, settings, tool_version, made_with, started_at, ended_at, kind FROM crawls LIMIT 1",
                [crawl_id, crawl_id],
            )
            ledger.execute(
                "INSERT INTO visits SELECT ?, ?, ?, 0, 'done', started_at, ended_at, end_reason, pages, requests, body_bytes, judged_at, NULL FROM visits LIMIT 1",
                [f"v{crawl_id}", crawl_id, seed],
            )
            for number in range(30):
                page = f"p{crawl_id}-{number}"
                ledger.execute(
                    "INSERT INTO pages SELECT ?, ?, look_id, ?, link_text, title, language, kind, kind_reasons, 'ok', NULL, '[]', '[]', 1 FROM pages LIMIT 1",
                    [page, f"v{crawl_id}", f"http://vendor.example/{number}"],
                )
                for ordinal in range(images):
                    ledger.execute(
                        "INSERT INTO sightings (sighting_id, page_id, found_by, ordinal, heading_trail, zone, section_kind, section_reasons, is_hidden)"
                        " VALUES (?, ?, 'img', ?, '[]', 'main', 'none', '[]', 0)",
                        [f"{page}-{ordinal}", page, ordinal],
                    )
        lines = yield_drops(ledger, "3")
    assert len(lines) == 1
    assert "1.0 sightings a page, 3.0 in the crawl before" in lines[0]


def test_answers_that_are_refused_never_stop_an_address(serve, acme, tmp_path):
    images = "".join(f'<img src="/i{number}.png">' for number in range(40))
    answers = {
        f"/i{number}.png": send(b"x", "image/png", **{f"X_{n}": "y" for n in range(300)}) for number in range(40)
    }
    server = serve({"/": send(f"<title>V</title><h1>Vendor</h1>{WORDS}{images}"), **answers})
    (tmp_path / "v.csv").write_text(f"name,url\nVendor,{server.url.replace('127.0.0.1', 'localhost')}/\n")
    run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", "--allow-private", "--delay", "0")
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        reasons = database.execute("SELECT reason, count(*) FROM looks WHERE purpose = 'image' GROUP BY 1").fetchall()
    assert reasons == [("too-many-headers", 40)]


def test_an_address_that_is_none_in_a_sitemap_costs_nothing(serve, acme, tmp_path):
    bad = "".join(
        f"<url><loc>{loc}</loc></url>" for loc in ("http://[bad/", "http://h:99999/", "//h:8x/", "http://a℀b/")
    )
    server = serve(
        {
            "/robots.txt": send("Sitemap: http://[bad/s.xml\nSitemap: /sitemap.xml\n", "text/plain"),
            "/": send(f"<title>V</title><h1>Vendor</h1>{WORDS}"),
            "/sitemap.xml": send(f"<urlset>{bad}<url><loc>/our/partners</loc></url></urlset>", "text/xml"),
            "/our/partners": send(f"<title>P</title><h1>Our partners</h1>{WORDS}"),
        }
    )
    (tmp_path / "v.csv").write_text(f"name,url\nVendor,{server.url}/\n")
    run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", "--allow-private", "--delay", "0")
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT end_reason FROM visits").fetchall() == [("complete",)]
        urls = [url for (url,) in database.execute("SELECT page_url FROM v_coverage WHERE outcome = 'looked'")]
    assert f"{server.url}/our/partners" in urls
