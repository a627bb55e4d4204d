"""What Scrapy's stats tell of a crawl, as any stats collector sees it: at its end, and while it runs.

Tests: crawler/spiders/crawl_stats.py, partnerproof/follower.py, partnerproof/crawl_run.py.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.conftest import Answer, run_partnerproof, send

WORDS = "<p>" + "Words about our work in towns and ports. " * 30 + "</p>"
_STAT = re.compile(r"['\"]partnerproof/([^'\"]+)['\"]: (-?\d+)")
SCRAPY = [sys.executable, "-m", "scrapy", "crawl", "partners"]
ON_LOOPBACK = ["-s", "PARTNERPROOF_ALLOW_PRIVATE=1", "-s", "DOWNLOAD_DELAY=0", "-s", "LOG_LEVEL=INFO"]


def after(database: Path, state: str, answer: Answer) -> Answer:
    """Answer when one visit has come so far, as its row says, and a watcher has had the time to see it."""

    def wait(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(250):  # less than a crawl waits for an answer
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
                if rows.execute(f"SELECT count(*) FROM visits WHERE {state}").fetchone()[0]:
                    break
            time.sleep(0.1)
        time.sleep(1.5)
        answer(handler)

    return wait


@pytest.fixture
def answers(logo_png) -> dict[str, Answer]:
    images = '<img src="/acme.png" alt="Acme"><img src="/gone.png" alt="Gone">'
    return {
        "/": send(f'<title>V</title><h1>Vendor</h1>{WORDS}<a href="/partners.html">Our partners</a>'),
        "/partners.html": send(
            f"<title>Partners</title><h1>Our partners</h1>{WORDS}{images}<p>We are a partner of Acme."
        ),
        "/acme.png": send(logo_png, "image/png"),
    }


@pytest.fixture
def seeds(serve, answers, tmp_path) -> Path:
    file = tmp_path / "v.csv"
    file.write_text(f"name,url\nVendor,{serve(answers).url}/\nDead,http://127.0.0.1:9/\n")
    return file


def last_dump(log: str) -> dict[str, int]:
    return {name: int(number) for name, number in _STAT.findall(log.rpartition("Dumping Scrapy stats")[2])}


def test_a_crawl_tells_what_it_did_and_what_it_judged(acme, seeds):
    run_partnerproof("-w", acme, "crawl", seeds, "--allow-private", "--delay", "0")
    stats = last_dump((acme / "var" / "crawl.log").read_text())
    assert (stats["visits/done"], stats["visits/failed"], stats["visits/running"]) == (1, 1, 0)
    assert stats["visits/failed/connection-refused"] == 1
    assert stats["pages/kind/partners"] == 1
    assert (stats["images/looked"], stats["images/unseen"]) == (1, 1)
    assert stats["looks/reason/http-404"] >= 1
    assert stats.get("visits/judged", 0) <= 2
    with closing(sqlite3.connect(f"file:{acme}/var/partnerproof.db?mode=ro", uri=True)) as database:
        for name, sql in (
            ("pages/health/ok", "SELECT count(*) FROM pages WHERE health = 'ok'"),
            ("looks/page/could-not-look", "SELECT count(*) FROM looks WHERE purpose = 'page' AND outcome = 'could-not-look'"),
            ("looks/robots/looked", "SELECT count(*) FROM looks WHERE purpose = 'robots' AND outcome = 'looked'"),
            ("requests", "SELECT sum(requests) FROM visits"),
            ("body_bytes", "SELECT sum(body_bytes) FROM visits"),
        ):  # fmt: skip
            assert stats[name] == database.execute(sql).fetchone()[0], name


def test_matches_and_claims_of_visits_that_are_judged_meanwhile_are_told(acme, serve, answers, tmp_path):
    slow = {"/": after(acme / "var" / "partnerproof.db", "judged_at IS NOT NULL", send(f"<title>S</title>{WORDS}"))}
    (tmp_path / "v.csv").write_text(f"name,url\nVendor,{serve(answers).url}/\nSlow,{serve(slow).url}/\n")
    run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", "--allow-private", "--delay", "0")
    stats = last_dump((acme / "var" / "crawl.log").read_text())
    assert stats["visits/judged"] >= 1
    assert stats["matches/match"] == 1
    assert stats["claims/partner"] == 1


def test_a_spent_budget_is_told(acme, seeds):
    config = acme / "partnerproof.toml"
    config.write_text(config.read_text().replace("max_pages = 30 ", "max_pages = 1 "))
    run_partnerproof("-w", acme, "crawl", seeds, "--allow-private", "--delay", "0")
    assert last_dump((acme / "var" / "crawl.log").read_text())["budgets/pages"] == 1


def test_scrapy_crawl_tells_the_same_while_it_runs(acme, serve, answers, tmp_path):
    slow = {"/": after(acme / "var" / "partnerproof.db", "state = 'done'", send(f"<title>S</title>{WORDS}"))}
    (tmp_path / "v.csv").write_text(f"name,url\nVendor,{serve(answers).url}/\nSlow,{serve(slow).url}/\n")
    extensions = '{"crawler.spiders.crawl_stats.CrawlStats": 0, "scrapy.extensions.periodic_log.PeriodicLog": 1}'
    watched = [
        "-s",
        f"EXTENSIONS={extensions}",
        "-s",
        'PERIODIC_LOG_STATS={"include": ["partnerproof/"]}',
        "-s",
        "LOGSTATS_INTERVAL=0.5",
    ]
    done = subprocess.run(
        [*SCRAPY, "-a", f"seeds={tmp_path / 'v.csv'}", *ON_LOOPBACK, *watched],
        cwd=acme, capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    before, _, dump = done.stderr.rpartition("Dumping Scrapy stats")
    meanwhile = {(name, int(number)) for name, number in _STAT.findall(before)}
    assert {("visits/running", 2), ("visits/running", 1), ("visits/done", 1), ("pages/kind/partners", 1)} <= meanwhile
    stats = last_dump("Dumping Scrapy stats" + dump)
    assert (stats["visits/done"], stats["visits/running"], stats["pages/kind/partners"]) == (2, 0, 1)
    assert not [name for name in stats if name.startswith(("matches", "claims", "visits/judged"))]
