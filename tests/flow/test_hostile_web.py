"""Vendors that time out, loop, flood, bomb and lie: each costs a row, never the crawl.

Tests: crawler/wire/robots.py, crawler/wire/scrapy_fetcher.py, crawler/wire/middlewares.py, partnerproof/cli/crawl.py, partnerproof/crawl_run.py.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from openpyxl import load_workbook

from tests.conftest import not_found, run_partnerproof, send

HOME = "<title>Vendor</title><h1>Our partners</h1><p>" + "Words about our work. " * 30 + "</p>"


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def flood(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.end_headers()
    for _ in range(10_000):  # 10 GB, if anyone took it
        handler.wfile.write(b"\0" * 1_000_000)


def declared_flood(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(10_000_000_000))
    handler.end_headers()
    handler.wfile.write(b"x")


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b"\x89PNG\r\n\x1a\n")
    handler.close_connection = True


def no_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
    handler.close_connection = True


def png_bomb() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = (50_000).to_bytes(4, "big") * 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + b"\x08\x02\0\0\0")
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


ATTACKS = {
    "/flood.png": (flood, "too-large"),
    "/cut.png": (cut_short, "cut-short"),
    "/nohttp.png": (no_http, "broken-response"),
    "/loop.png": (lambda h: send("", status=302, Location=h.path)(h), "redirect-loop-or-too-large"),
    "/gzip.png": (
        send(gzip.compress(b"\0" * 200_000_000), "image/png", Content_Encoding="gzip"),
        "redirect-loop-or-too-large",
    ),
    "/zstd.png": (send(b"\x28\xb5\x2f\xfd", "image/png", Content_Encoding="zstd"), "unreadable-encoding"),
    "/missing.png": (not_found, "http-404"),
    "/bomb.png": (send(png_bomb(), "image/png"), "too-many-pixels"),
    "/text.png": (send("<html>no picture</html>", "image/png"), "unknown-format"),
    "/empty.png": (send(b"", "image/png"), "empty"),
    "/broken.png": (send(b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "image/png"), "broken"),
}


def test_every_hostile_image_costs_one_refusal(serve, acme, tmp_path, logo_png):
    images = "".join(f'<img src="{path}" alt="{path}">' for path in ATTACKS)
    answers = {path: answer for path, (answer, _) in ATTACKS.items()}
    answers |= {"/": send(f'{HOME}{images}<img src="/acme.png">'), "/acme.png": send(logo_png, "image/png")}
    server = serve(answers)
    seeds = tmp_path / "seeds.csv"
    seeds.write_text(f"name,url\nHostile,{server.url}/\n")
    run_partnerproof("-w", acme, "crawl", seeds, "--allow-private", "--delay", "0")
    refused = {
        str(alt): reason
        for alt, reason in rows(acme, "SELECT alt, reason FROM v_refusals r JOIN v_sightings s USING (sighting_id)")
    }
    assert refused == {path: reason for path, (_, reason) in ATTACKS.items()}
    assert rows(acme, "SELECT brand, relation FROM v_logo_matches") == [("acme", "partner")]
    assert rows(acme, "SELECT state FROM visits") == [("done",)]


def test_hostile_pages_cost_one_row_each_and_the_crawl_goes_on(serve, acme, tmp_path):
    server = serve(
        {
            "/": send(
                HOME
                + "".join(
                    f'<a href="{p}">Partners {p}</a>'
                    for p in ("/flood", "/loop", "/deep", "/charset", "/pdf", "/private", "/away")
                )
            ),
            "/flood": declared_flood,
            "/loop": send("", status=301, Location="/loop"),
            "/deep": send("<title>Deep</title>" + "<div>" * 50_000 + HOME),
            "/charset": send(HOME.encode("utf-16-be"), "text/html; charset=utf-8"),
            "/pdf": send(b"%PDF-1.7", "application/pdf"),
            "/private": send("", status=302, Location="http://169.254.169.254/latest/"),
            "/away": send("", status=302, Location="file:///etc/passwd"),
            "/robots.txt": send("User-agent: *\nDisallow: /secret\n", "text/plain"),
        }
    )
    host, port = server.url.removeprefix("http://").split(":")
    seeds = tmp_path / "seeds.csv"
    seeds.write_text(f"name,url\nHostile,http://vendor.example:{port}/\nGone,http://gone.example:{port}/\n")
    run_partnerproof(
        "-w",
        acme,
        "crawl",
        seeds,
        "--resolve",
        f"vendor.example:{port}:{host}",
        "--resolve",
        f"gone.example:{port}:127.0.0.2",
        "--delay",
        "0",
    )
    reasons = {
        str(url).rpartition("/")[2]: reason
        for url, reason in rows(
            acme, "SELECT requested_url, reason FROM v_coverage WHERE vendor = 'Hostile' AND outcome <> 'looked'"
        )
    }
    wanted = {
        "flood": "too-large",
        "loop": "redirect-loop-or-too-large",
        "pdf": "unreadable",
        "private": "private-address",
        "away": "redirect-not-followed",
    }
    assert wanted.items() <= reasons.items()
    states = dict(rows(acme, "SELECT vendor, visit_state FROM v_coverage GROUP BY vendor"))
    assert states == {"Hostile": "done", "Gone": "failed"}


def test_private_addresses_are_refused_unless_the_operator_allows_them(serve, acme):
    server = serve({"/": send(HOME)})
    told = run_partnerproof("-w", acme, "check", f"{server.url}/", "--brand", "acme", code=3)
    assert "private-address" in told
    assert server.requests == []
    run_partnerproof("-w", acme, "check", f"{server.url}/", "--brand", "acme", "--allow-private")


def test_robots_decides_what_is_looked_at(serve, acme):
    server = serve({"/robots.txt": send("User-agent: partnerproof\nDisallow: /\n", "text/plain"), "/": send(HOME)})
    assert "robots" in run_partnerproof("-w", acme, "check", f"{server.url}/", "--allow-private", code=3)
    assert server.requests == ["/robots.txt"]
    refusals = (
        "SELECT DISTINCT k.reason, c.url, c.status FROM looks k JOIN captures c ON c.capture_id = k.robots_capture_id"
    )
    assert rows(acme, refusals) == [("robots", f"{server.url}/robots.txt", 200)]
    down = serve({"/robots.txt": send("", status=503), "/": send(HOME)})
    assert "robots-unreachable" in run_partnerproof("-w", acme, "check", f"{down.url}/", "--allow-private", code=3)
    assert ("robots-unreachable", f"{down.url}/robots.txt", 503) in rows(acme, refusals)


def test_check_tells_a_claim_without_authorisation_by_its_exit_code(serve, acme, logo_png):
    server = serve(
        {"/partners": send(f'{HOME}<a href="/x"><img src="/l.png"></a>'), "/l.png": send(logo_png, "image/png")}
    )
    told = run_partnerproof("-w", acme, "check", f"{server.url}/partners", "--brand", "acme", "--allow-private", code=1)
    assert "no-authorisation" in told
    assert set(server.requests) == {"/robots.txt", "/partners", "/l.png"}


def test_what_the_web_writes_is_escaped_in_the_report(serve, acme, tmp_path, logo_png):
    evil = "<script>alert(1)</script>\" onload='x' {{7*7}} =cmd|' /C calc'!A0"
    html = f'<title>{evil}</title>{HOME}<section><h2>Our partners {evil.replace("<script>", "&lt;script&gt;")}</h2><img src="/l.png" alt="&quot;&gt;&lt;script&gt;alert(2)&lt;/script&gt;"></section>'
    server = serve({"/": send(html), "/l.png": send(logo_png, "image/png")})
    seeds = tmp_path / "seeds.csv"
    seeds.write_text(f'name,url\n"=HYPERLINK(""http://evil.example"")<b>",{server.url}/\n')
    run_partnerproof("-w", acme, "crawl", seeds, "--allow-private", "--delay", "0")
    run_partnerproof("-w", acme, "report", "--out", tmp_path / "report")
    for page in (tmp_path / "report").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert text.count("<script") == 1
        assert "<b>" not in text.replace("<b>1</b>", "").replace("<b>", "", text.count("<li><b>"))
    cell = run_partnerproof("-w", acme, "findings", "--csv").splitlines()[1]
    assert cell.startswith("\"'=HYPERLINK")
    run_partnerproof("-w", acme, "findings", "--xlsx", tmp_path / "f.xlsx")
    named = load_workbook(tmp_path / "f.xlsx").active["A2"]
    assert (named.data_type, str(named.value)[:11]) == ("s", "'=HYPERLINK")
    assert json.loads(run_partnerproof("-w", acme, "findings", "--json"))[0]["vendor"].startswith("=HYPERLINK")
