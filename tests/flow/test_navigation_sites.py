"""One crawl over the sites of tests/sites/nav-*: each has one way to lead to its partner page, and expected.json says which."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import draw_logo, png, run_partnerproof

SITES = sorted((Path(__file__).parents[1] / "sites").glob("nav-*"))
EXPECTED = {site.name: json.loads((site / "expected.json").read_text(encoding="utf-8")) for site in SITES}
TYPES = {".html": "text/html", ".htm": "text/html", ".js": "text/javascript", ".xml": "text/xml", ".txt": "text/plain"}


class Handler(BaseHTTPRequestHandler):
    """Serves site number n at 127.0.2.n; `{root}` in a file becomes its own address."""

    protocol_version = "HTTP/1.1"
    asked: dict[str, set[str]] = {}  # noqa: RUF012  # shared by all connections on purpose

    def do_GET(self) -> None:
        host = self.headers["Host"]
        site = SITES[int(host.split(":")[0].rpartition(".")[2]) - 1]
        path = unquote(urlsplit(self.path).path)
        self.asked.setdefault(site.name, set()).add(path)
        status, kind, body = self.answer(site, path, f"http://{host}")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, site: Path, path: str, root: str) -> tuple[int, str, bytes]:
        if path == "/logo.png":
            return 200, "image/png", LOGO
        name = path.strip("/") + ("/index.html" if path.endswith("/") else "")
        file = site / name.strip("/")
        packed = site / f"{name}.template"
        if packed.is_file():
            return 200, "application/gzip", gzip.compress(packed.read_bytes().replace(b"{root}", root.encode()))
        if file.is_file() and file.name != "expected.json":
            body = file.read_bytes().replace(b"{root}", root.encode())
            return 200, TYPES.get(file.suffix, "application/octet-stream"), body
        if (all_pages := EXPECTED[site.name].get("answers_all_with")) and path != "/robots.txt":
            return 200, "text/html", (site / all_pages).read_bytes()
        return 404, "text/html", b"<title>Not found</title>"

    def log_message(self, *args: object) -> None:
        pass


LOGO = png(draw_logo())


@pytest.fixture(scope="module")
def read(tmp_path_factory, acme_once) -> dict[str, set[str]]:
    """Crawl all sites once; returns the paths of the pages that were read, by site."""
    root = tmp_path_factory.mktemp("navigation")
    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    seeds = root / "seeds.csv"
    seeds.write_text("name,url\n" + "".join(f"{s.name},http://127.0.2.{n}:{port}/\n" for n, s in enumerate(SITES, 1)))
    shutil.copytree(acme_once, root / "space")
    run_partnerproof("-w", root / "space", "crawl", seeds, "--allow-private", "--delay", "0")
    server.shutdown()
    server.server_close()
    found: dict[str, set[str]] = {site.name: set() for site in SITES}
    with sqlite3.connect(root / "space" / "var" / "partnerproof.db") as database:
        for vendor, url in database.execute("SELECT vendor, page_url FROM v_coverage WHERE outcome = 'looked'"):
            found[vendor].add(unquote(urlsplit(url).path))
    return found


@pytest.mark.parametrize("site", EXPECTED)
def test_the_page_is_found_by_what_the_site_has(read, site):
    expected = EXPECTED[site]
    assert set(expected["reads"]) <= read[site]
    assert not set(expected.get("never_reads", [])) & read[site]
    assert not set(expected.get("never_asks", [])) & Handler.asked[site]
