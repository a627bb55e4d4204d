"""A crawl, and beside it a check, a second crawl, an import, matching and a backup: nobody is turned away, and nothing is lost.

Tests: crawler/wire/vendors_elsewhere.py
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.crawl_rows import doubles
from bench.generated_web import GeneratedWeb, address
from bench.kill import make_workspace
from tests.conftest import run_partnerproof
from tests.house import ROOT

VENDORS = 10
NETWORK = ("--allow-private", "--delay", "0", "-q")


@pytest.fixture
def web() -> Iterator[GeneratedWeb]:
    with GeneratedWeb(VENDORS, images=13) as served:  # so many that those with odd numbers show the brand's logo
        yield served


class PatientVendor:
    """A vendor whose every page takes its time, and leads to one more until it is told to end: a crawl of it lasts until then."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        vendor, numbers = self, itertools.count()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_page = self.path == "/" or self.path.startswith("/partners/")
                more = (
                    ""
                    if vendor.may_end.wait(4 if is_page else 0)
                    else f'<a href="/partners/{next(numbers)}">our partners</a>'
                )
                body = f"<title>Patience</title><p>We take our time, always and everywhere. {self.path} {more}</p>".encode()
                with contextlib.suppress(OSError):  # whoever asked was killed meanwhile
                    self.send_response(200 if is_page else 404)
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.9", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.9:{self.server.server_port}/"


@pytest.fixture
def patient() -> Iterator[PatientVendor]:
    vendor = PatientVendor()
    thread = threading.Thread(target=vendor.server.serve_forever)
    thread.start()
    yield vendor
    vendor.may_end.set()
    vendor.server.shutdown()
    thread.join()
    vendor.server.server_close()


def write_list(web: GeneratedWeb, path: Path, numbers: range, *further: PatientVendor) -> Path:
    with path.open("w", newline="") as file:
        rows = [(f"Vendor {n}", f"http://{address(n)}:{web.port}/") for n in numbers]
        csv.writer(file).writerows([("name", "url"), *rows, *(("Patient", vendor.url) for vendor in further)])
    return path


def start(root: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "partnerproof", "-w", root, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_a_visit(root: Path, *, number: int = 1) -> None:
    """Until crawls have ended so many visits."""
    database = root / "var" / "partnerproof.db"
    for _ in range(1_200):
        if database.exists():
            with sqlite3.connect(database) as reading:
                try:
                    if reading.execute("SELECT count(*) FROM visits WHERE state = 'done'").fetchone()[0] >= number:
                        return
                except sqlite3.OperationalError:
                    pass
        time.sleep(0.05)
    raise AssertionError("no visit ended within a minute")


def ended(process: subprocess.Popen[str], code: int = 0) -> str:
    out, told = process.communicate(timeout=300)
    assert process.returncode == code, f"exit {process.returncode}\n{out}\n{told}"
    return out + told


def test_everybody_works_while_a_crawl_runs(web, patient, tmp_path):
    root = tmp_path / "space"
    make_workspace(root)
    long_list = write_list(web, tmp_path / "a.csv", range(5), patient)
    short_list = write_list(web, tmp_path / "b.csv", range(3, VENDORS))
    register = tmp_path / "register.csv"
    register.write_text(
        "company,relation,valid_from,valid_until\nVendor 3,partner,2000-01-01,\nVendor 7,partner,2000-01-01,\n"
    )
    crawl = start(root, "crawl", long_list, *NETWORK)
    wait_for_a_visit(root)
    assert "another process is doing just this crawl" in run_partnerproof(
        "-w", root, "crawl", long_list, *NETWORK, code=3
    )
    run_partnerproof("-w", root, "register", "import", "quintary", register)
    matching = start(root, "match")
    second = start(root, "crawl", short_list, *NETWORK)
    page = f"http://{address(9)}:{web.port}/partners.html"
    assert "looked at" in run_partnerproof("-w", root, "check", page, *NETWORK, code=1)
    ended(matching)
    ended(second)
    run_partnerproof("-w", root, "backup", tmp_path / "backups")
    assert "BROKEN" not in run_partnerproof("-w", root, "verify", code=3)
    assert crawl.poll() is None, "all of that came while the crawl ran"
    patient.may_end.set()
    ended(crawl)
    verified = run_partnerproof("-w", root, "verify", code=3)
    assert "BROKEN" not in verified, verified
    assert "as the last command left it" in verified, "whoever ended last left the database's digest"
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        crawls = database.execute(
            "SELECT kind, ended_at IS NOT NULL, count(*) FROM crawls GROUP BY 1, 2 ORDER BY 1"
        ).fetchall()
        unjudged = database.execute("SELECT count(*) FROM visits WHERE judged_at IS NULL").fetchone()
        verdicts = database.execute(
            "SELECT DISTINCT vendor, verdict FROM v_findings WHERE relation = 'partner' ORDER BY 1"
        ).fetchall()
    assert crawls == [("check", 1, 1), ("crawl", 1, 2)]
    assert unjudged == (0,)
    # the register has companies of two of the names; before it came, nothing could be said of any
    assert [verdict for _, verdict in verdicts] == [
        "no-authorisation",
        "undetermined",
        "no-authorisation",
        "undetermined",
        "no-authorisation",
    ]
    assert run_partnerproof("-w", root, "judge").startswith("0 new verdicts"), (
        "each visit was judged by the register of its moment"
    )
    made = next((tmp_path / "backups").iterdir())
    assert "BROKEN" not in run_partnerproof("verify", made, code=3), "what was copied while the crawl wrote is whole"


def test_a_vendor_is_visited_by_one_process_at_a_time(web, patient, tmp_path):
    root = tmp_path / "space"
    make_workspace(root)
    one, other = (
        write_list(web, tmp_path / "a.csv", range(1), patient),
        write_list(web, tmp_path / "b.csv", range(2), patient),
    )
    first = start(root, "crawl", one, *NETWORK)
    wait_for_a_visit(root)
    second = start(root, "crawl", other, *NETWORK)
    wait_for_a_visit(root, number=3)  # of the second, which waits for the patient one
    patient.may_end.set()
    ended(first)
    ended(second)
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        sql = "SELECT started_at, ended_at FROM visits JOIN seeds USING (seed_id) WHERE vendor = 'Patient' ORDER BY 1"
        times = database.execute(sql).fetchall()
    assert len(times) == 2
    assert times[0][1] <= times[1][0], "the second visit waited for the first one"


def test_a_crawl_that_is_killed_beside_another_goes_on_and_is_no_change_by_others(web, patient, tmp_path):
    root = tmp_path / "space"
    make_workspace(root)
    long_list, short_list = (
        write_list(web, tmp_path / "a.csv", range(4), patient),
        write_list(web, tmp_path / "b.csv", range(4, 7)),
    )
    killed = start(root, "crawl", long_list, *NETWORK)
    wait_for_a_visit(root)
    beside = start(root, "crawl", short_list, *NETWORK)
    wait_for_a_visit(root, number=5)
    killed.kill()
    killed.communicate()
    ended(beside)
    patient.may_end.set()
    ended(start(root, "crawl", long_list, *NETWORK))
    verified = run_partnerproof("-w", root, "verify", code=3)
    assert "BROKEN" not in verified, verified
    assert "changed by others" not in verified
    assert doubles(root) == []
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT count(*) FROM visits WHERE judged_at IS NULL").fetchone() == (0,)
