"""Vendors that attack whoever reads them: one answer a path, and what must come of the visit.

Each vendor stands at an address of its own. `reason` is what some row of it must say: a look's reason, a page's health,
or words of the visit's end; "ok" means that the page is read all the same.
"""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import brotli

from tests.conftest import Answer, send

WORDS = "<p>" + "Words about our work in towns and ports, told at length. " * 30 + "</p>"
HOME = f"<title>Vendor</title><h1>Our partners</h1>{WORDS}"
LINK = '<a href="/partners">Our partners</a>'


@dataclass(frozen=True)
class Attack:
    """What a vendor answers, path by path; `?` and what follows is not looked at; "*" answers the rest."""

    reason: str
    answers: dict[str, Answer] = field(default_factory=dict)
    scheme: str = "http"


def raw(data: bytes, *, hold_s: float = 0) -> Answer:
    """Write bytes as they are, wait, and hang up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(data)
        handler.wfile.flush()
        time.sleep(hold_s)
        handler.close_connection = True

    return answer


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b"<p>")
        handler.wfile.flush()
        time.sleep(0.25)
    handler.close_connection = True


def flood(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    for _ in range(10_000):  # 10 GB, if anyone took it
        handler.wfile.write(b"<p>" * 300_000)


def redirect(to: Callable[[BaseHTTPRequestHandler], str] | str, status: int = 302) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        send("", status=status, Location=to if isinstance(to, str) else to(handler))(handler)

    return answer


def count_on(handler: BaseHTTPRequestHandler) -> str:
    return f"/{int(handler.path.strip('/') or 0) + 1}"


def linked(make: Callable[[str], str]) -> Answer:
    """Answer every address with links that `make` gives for it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(f"<title>{len(handler.path)}</title>{WORDS}{handler.path}{make(handler.path)}")(handler)

    return answer


def page(body: str) -> dict[str, Answer]:
    return {"/": send(HOME + body)}


def with_sheet(css: str) -> dict[str, Answer]:
    return {
        "/": send(f'<link rel="stylesheet" href="/s.css">{HOME}<div class="a">x</div>'),
        "/s.css": send(css, "text/css"),
    }


def with_sitemap(content: bytes, kind: str = "text/xml") -> dict[str, Answer]:
    return {"/": send(HOME.replace("Our partners", "Cranes")), "/sitemap.xml": send(content, kind)}


def header_flood(lines: int, size: int) -> Answer:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    more = b"".join(b"X-%d: %s\r\n" % (n, b"a" * size) for n in range(lines))
    return raw(head + more + b"Content-Length: 2\r\n\r\nhi")


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(10))
    + "]>"
)
MEGABYTES = b"\0" * 100_000_000
DEFLATED = zlib.compress(MEGABYTES)

ATTACKS: dict[str, Attack] = {
    # what stands on the wire
    "gzip-bomb": Attack("too-large", {"/": send(gzip.compress(MEGABYTES), Content_Encoding="gzip")}),
    "brotli-bomb": Attack("too-large", {"/": send(brotli.compress(MEGABYTES, quality=1), Content_Encoding="br")}),
    "deflate-bomb": Attack("too-large", {"/": send(DEFLATED, Content_Encoding="deflate")}),
    "gzip-in-gzip": Attack("too-large", {"/": send(gzip.compress(gzip.compress(MEGABYTES)), Content_Encoding="gzip, gzip")}),
    "unknown-encoding": Attack("unreadable-encoding", {"/": send(b"\x01\x02\x03\xff" * 9, Content_Encoding="foo")}),
    "gzip-of-rubbish": Attack("http-or-health", {"/": send(b"\x1f\x8b" + b"rubbish" * 9, Content_Encoding="gzip")}),
    "flood": Attack("too-large", {"/": flood}),
    "announced-flood": Attack("too-large", {"/": raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10000000000\r\n\r\nx")}),
    "drip": Attack("timeout", {"/": drip}),
    "silence": Attack("timeout", {"/": raw(b"", hold_s=8)}),
    "hangs-up": Attack("broken-response", {"/": raw(b"")}),
    "no-http": Attack("broken-response", {"/": raw(b"\0\1\2 this is no HTTP\r\n\r\n")}),
    "cut-short": Attack("empty", {"/": raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>")}),
    "bad-chunks": Attack("not-html", {"/": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nhello\r\n")}),
    "many-headers": Attack("too-many-headers", {"/": header_flood(2_000, 10)}),
    "long-header": Attack("broken-response", {"/": header_flood(1, 1_000_000)}),
    "strange-status": Attack("http-or-health", {"/": raw(b"HTTP/1.1 999 Odd\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi")}),
    "two-lengths": Attack("http-or-health", {"/": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 20\r\n\r\nhi")}),
    "many-continues": Attack("http-or-health", {"/": raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 500 + b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi")}),
    "plain-for-https": Attack("tls", {"/": send(HOME)}, scheme="https"),
    # where it leads
    "redirect-loop": Attack("redirect-loop-or-too-large", {"/": redirect("/")}),
    "redirect-chain": Attack("redirect-loop-or-too-large", {"*": redirect(count_on)}),
    "redirect-to-file": Attack("redirect-not-followed", {"/": redirect("file:///etc/passwd")}),
    "redirect-to-script": Attack("redirect-not-followed", {"/": redirect("javascript:alert(1)")}),
    "redirect-nowhere": Attack("redirect-not-followed", {"/": send("", status=302)}),
    "refresh-loop": Attack("ok", {"*": linked(lambda path: f'<meta http-equiv="refresh" content="0;url={path}x">')}),
    "calendar": Attack("calendar", {"*": linked(lambda path: "".join(f'<a href="/events/{y}-{m:02}">x</a>' for y in range(2000, 2030) for m in range(1, 13)))}),
    "facets": Attack("facets", {"*": linked(lambda path: "".join(f'<a href="/shop?c={n}&s={len(path)}">x</a>' for n in range(200)))}),
    "endless-path": Attack("endless path", {"*": linked(lambda path: f'<a href="{path.rstrip("/")}/a/b">x</a>')}),
    "session-ids": Attack("ok", {"*": linked(lambda path: f'<a href="/?PHPSESSID={time.monotonic_ns():020}">x</a>')}),
    "numbers": Attack("too many alike", {"*": linked(lambda path: "".join(f'<a href="/item/{n}">x</a>' for n in range(500)))}),
    # what stands beside it
    "huge-robots": Attack("too-large", {"/robots.txt": send(b"Disallow: /x\n" * 1_000_000, "text/plain"), "/": send(HOME)}),
    "binary-robots": Attack("ok", {"/robots.txt": send(bytes(range(256)) * 400, "text/plain"), "/": send(HOME)}),
    "robots-down": Attack("robots-unreachable", {"/robots.txt": send("", status=503), "/": send(HOME)}),
    "endless-delay": Attack("ok", {"/robots.txt": send("User-agent: *\nCrawl-delay: 1e30\n", "text/plain"), "/": send(HOME)}),
    "come-back-never": Attack("retry-after", {"/": send("", status=429, Retry_After="999999999")}),
    "sitemap-bomb": Attack("ok", with_sitemap(gzip.compress(b"<urlset>" + b" " * 100_000_000), "application/gzip")),
    "sitemap-laughs": Attack("ok", with_sitemap(f"{LAUGHS}<urlset><url><loc>&j;</loc></url></urlset>".encode())),
    "sitemap-of-itself": Attack("ok", with_sitemap(b"<sitemapindex><sitemap><loc>/sitemap.xml</loc></sitemap></sitemapindex>")),
    # the document
    "deep": Attack("ok", page("<div>" * 100_000)),
    "many-images": Attack("ok", page('<img src="data:,x">' * 100_000)),
    "many-links": Attack("ok", page("".join(f'<a href="/a{n}">x</a>' for n in range(50_000)))),
    "one-long-word": Attack("ok", page("a" * 4_000_000)),
    "one-long-attribute": Attack("ok", page(f'<p title="{"a" * 3_000_000}" class="{"b " * 300_000}">x</p>')),
    "comments": Attack("ok", page("<!--" * 200_000)),
    "laughs": Attack("http-or-health", {"/": send(f"{LAUGHS}<html><body>&j;</body></html>", "application/xhtml+xml")}),
    "wrong-charset": Attack("ok", {"/": send(HOME.encode(), "text/html; charset=utf-7")}),
    "utf-16-lie": Attack("http-or-health", {"/": send(HOME.encode() + b"\xff", "text/html; charset=utf-16")}),
    "null-bytes": Attack("ok", page("\0" * 100_000)),
    "bad-utf-8": Attack("ok", {"/": send(HOME.encode() + b"\xed\xa0\x80\xff\xfe" * 1_000)}),
    "tall-json": Attack("ok", page(f'<script type="application/ld+json">{"[" * 100_000}</script>')),
    "quotes-for-a-pattern": Attack("ok", page("<script>" + '"/a' * 300_000 + '</script><p onclick="' + "location=" * 50_000 + '">x</p>')),
    "many-candidates": Attack("ok", page(f'<img srcset="{", ".join(f"i{n}.png {n}w" for n in range(1, 50_000))}">')),
    "data-uri": Attack("ok", page(f'<img src="data:image/png;base64,{"A" * 4_000_000}">')),
    "long-title": Attack("ok", {"/": send(f"<title>{'t' * 1_000_000}</title>{HOME}<img alt='{'a' * 1_000_000}' src='/x.png'>")}),
    "svg-uses": Attack("ok", page("<svg>" + "".join(f'<g id="g{n}"><use href="#g{n + 1}"/><use href="#g{n + 1}"/></g>' for n in range(60)) + "</svg>")),
    # style sheets
    "many-rules": Attack("ok", with_sheet("".join(f".a{n}, .a > b{n} {{ background: url(x{n}.png) }}\n" for n in range(20_000)))),
    "deep-media": Attack("ok", with_sheet("@media all {" * 20_000 + ".a { background: url(x.png) }")),
    "unclosed-sheet": Attack("ok", with_sheet(".a { background: url('" + "(" * 500_000)),
    "slow-selectors": Attack("ok", with_sheet("".join(f"{':not(' * 40}.a{')' * 40} * * * * {{ background: url(x{n}.png) }}" for n in range(300)))),
}  # fmt: skip
