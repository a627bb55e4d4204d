"""Running things again: what an earlier run had stored or found is neither lost nor mixed up."""

from __future__ import annotations

import itertools
import json
import sqlite3
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.conftest import Answer, run_partnerproof, send

WORDS = "<p>" + "Words about our work for ports and towns. " * 30 + "</p>"
CLAIM = f"<title>V</title><h1>Our partners</h1>{WORDS}<p>We are a partner of Acme.</p><img src='/l.png'>"


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def crawl(root: Path, seeds: Path, *options: str) -> None:
    run_partnerproof("-w", root, "crawl", seeds, "--allow-private", "--delay", "0", *options)


def test_an_address_met_twice_in_a_visit_is_fetched_once(serve, acme, tmp_path):
    changing = itertools.count()

    def partners(handler: BaseHTTPRequestHandler) -> None:
        send(f"{CLAIM}<p>{next(changing)}</p>")(handler)

    answers: dict[str, Answer] = {
        "/": send(f'<title>V</title>{WORDS}<a href="/p">Partners</a><a href="/partners">Our partners</a>'),
        "/p": send("", status=302, Location="/partners"),
        "/partners": partners,
    }
    server = serve(answers)
    (tmp_path / "v.csv").write_text(f"name,url\nV,{server.url}/\n")
    crawl(acme, tmp_path / "v.csv")
    assert server.requests.count("/partners") == 1
    before = rows(acme, "SELECT verdict, page_url FROM v_findings")
    for stage in (["extract", "--again"], ["match"], ["claims"], ["judge"]):
        run_partnerproof("-w", acme, *stage)
    assert rows(acme, "SELECT verdict, page_url FROM v_findings") == before != []


def test_a_changed_official_logo_keeps_the_evidence_until_it_is_judged_anew(serve, acme, tmp_path, logo_png):
    server = serve({"/": send(CLAIM), "/l.png": send(logo_png, "image/png")})
    (tmp_path / "v.csv").write_text(f"name,url\nV,{server.url}/\n")
    crawl(acme, tmp_path / "v.csv")
    assert rows(acme, "SELECT evidence FROM v_findings") == [("picture,text",)]
    logo = acme / "brands" / "acme" / "logos" / "acme.png"
    logo.write_bytes(logo.read_bytes() + b"\n")
    register = tmp_path / "again.csv"
    register.write_text("company,valid_from\nOther,2020-01-01\n")
    run_partnerproof("-w", acme, "register", "import", "acme", register)
    assert rows(acme, "SELECT evidence FROM v_findings") == [("picture,text",)]
    for stage in ("match", "claims", "judge"):
        run_partnerproof("-w", acme, stage)
    assert rows(acme, "SELECT evidence FROM v_findings") == [("picture,text",)]
    assert rows(acme, "SELECT count(*) FROM v_logo_matches") == [(1,)]


def test_check_neither_renames_a_vendor_nor_ends_its_crawl(serve, acme, tmp_path):
    server = serve({"/": send(CLAIM)})
    seeds = tmp_path / "v.csv"
    seeds.write_text(f"name,url,parent\nChild Ltd,{server.url}/,Big Group\n")
    crawl(acme, seeds)
    run_partnerproof("-w", acme, "check", f"{server.url}/", "--allow-private", code=1)
    assert rows(acme, "SELECT vendor, parent FROM seeds") == [("Child Ltd", "Big Group")]
    assert rows(acme, "SELECT count(*) FROM crawls") == [(2,)]


def test_a_new_register_is_judged_at_once(serve, acme, tmp_path):
    server = serve({"/": send(CLAIM)})
    (tmp_path / "v.csv").write_text(f"name,url\nV,{server.url}/\n")
    crawl(acme, tmp_path / "v.csv")
    assert rows(acme, "SELECT verdict FROM v_findings") == [("no-authorisation",)]
    (tmp_path / "r.csv").write_text("company,domain,valid_from\nV,127.0.0.1,2020-01-01\n")
    run_partnerproof("-w", acme, "register", "import", "acme", tmp_path / "r.csv")
    assert rows(acme, "SELECT verdict FROM v_findings") == [("authorised",)]
    assert rows(acme, "SELECT count(*) FROM verdicts") == [(2,)]


def test_images_that_could_not_be_seen_make_no_clean_answer(serve, acme):
    server = serve({"/": send(f"<title>V</title>{WORDS}<img src='/l.png'>"), "/l.png": send("", status=503)})
    told = run_partnerproof("-w", acme, "check", f"{server.url}/", "--allow-private", code=3)
    assert "could not look at all images: http-503 (1)" in told


def test_a_vendor_that_leads_to_the_brand_itself_is_its_own_property(serve, acme, tmp_path):
    own = serve({"/": send(CLAIM)})
    own_port = own.url.rpartition(":")[2]
    server = serve({"/": send("", status=302, Location=f"http://www.acme.example:{own_port}/")})
    port = server.url.rpartition(":")[2]
    (tmp_path / "v.csv").write_text(f"name,url\nBought,http://bought.example:{port}/\n")
    resolve = ("--resolve", f"bought.example:{port}:127.0.0.1", "--resolve", f"www.acme.example:{own_port}:127.0.0.1")
    run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", "--delay", "0", *resolve)
    assert rows(acme, "SELECT DISTINCT verdict FROM v_findings") == [("own-property",)]


def test_terminal_codes_of_a_page_do_not_reach_the_terminal(serve, acme):
    page = f"<title>V</title>{WORDS}<p>We are a partner of Acme &#27;]0;owned&#7; \x1b[2J today.</p>"
    server = serve({"/": send(page)})
    told = run_partnerproof("-w", acme, "check", f"{server.url}/", "--allow-private", code=1)
    assert "partner of Acme" in told
    assert "\x1b]" not in told
    assert "\x1b[2J" not in told


def test_the_crawl_remembers_for_which_brands_it_was_ordered(serve, acme, tmp_path):
    server = serve({"/": send(CLAIM)})
    (tmp_path / "v.csv").write_text(f"name,url\nV,{server.url}/\n")
    crawl(acme, tmp_path / "v.csv", "--brand", "acme")
    settings = json.loads(str(rows(acme, "SELECT settings FROM crawls")[0][0]))
    assert settings["PARTNERPROOF_BRANDS"] == ["acme"]
