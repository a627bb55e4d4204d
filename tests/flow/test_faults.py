"""Disk full, database locked, network gone: the next start goes on, and nothing stored is lost or doubled."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.crawl_rows import differences, doubles
from bench.generated_web import GeneratedWeb
from bench.kill import make_workspace, run_to_end
from tests.conftest import run_partnerproof
from tests.house import ROOT

VENDORS = 8
GONE_S = 25  # more than it takes to start on a busy machine


@pytest.fixture
def web() -> Iterator[GeneratedWeb]:
    with GeneratedWeb(VENDORS, images=6) as served:
        yield served


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def crawl(root: Path, seeds: Path, code: int = 0) -> str:
    return run_partnerproof("-w", root, "crawl", seeds, "--allow-private", "--delay", "0", "-q", code=code)


def test_a_full_disk_stops_the_crawl_in_words_and_the_next_start_goes_on(web, tmp_path, small_disk):
    calm, full, seeds = tmp_path / "calm", tmp_path / "full", tmp_path / "seeds.csv"
    web.write_seeds(seeds)
    for root in (calm, full):
        make_workspace(root)
    run_to_end(calm, seeds)
    shutil.rmtree(full / "var")
    (full / "var").symlink_to(small_disk)
    told = crawl(full, seeds, code=3)
    assert "free" in told
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    crawl(full, seeds)
    told = differences(calm, full)
    assert told == [], "\n".join(told)
    assert doubles(full) == []


def test_a_writer_and_a_reader_of_another_program_only_cost_time(web, tmp_path):
    root, seeds = tmp_path / "space", tmp_path / "seeds.csv"
    web.write_seeds(seeds)
    make_workspace(root)
    stop = threading.Event()

    def disturb() -> None:
        database = root / "var" / "partnerproof.db"
        while not database.exists() and not stop.is_set():
            time.sleep(0.05)
        with sqlite3.connect(database, isolation_level=None, timeout=30) as other:
            while not stop.is_set():
                try:
                    other.execute("BEGIN IMMEDIATE")
                    time.sleep(0.3)
                    other.execute("ROLLBACK")
                    other.execute("BEGIN")
                    other.execute("SELECT count(*) FROM sqlite_master").fetchall()
                    time.sleep(0.1)
                    other.execute("COMMIT")
                except sqlite3.OperationalError:
                    time.sleep(0.05)

    other = threading.Thread(target=disturb)
    other.start()
    try:
        crawl(root, seeds)
    finally:
        stop.set()
        other.join()
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT state, count(*) FROM visits GROUP BY 1").fetchall() == [("done", VENDORS)]
    assert doubles(root) == []


def test_a_vendor_that_refuses_is_no_network_that_is_gone(tmp_path):
    root, seeds = tmp_path / "space", tmp_path / "seeds.csv"
    make_workspace(root)
    web = GeneratedWeb(VENDORS, images=2)
    with web:
        web.write_seeds(seeds)
    crawl(root, seeds)
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT outcome, reason, count(*) FROM v_vendor_coverage GROUP BY 1, 2").fetchall() == [
            ("could-not-look", "connection-refused", VENDORS)
        ]


COME_BACK = """
import subprocess, sys, threading, time
from pathlib import Path
from bench.generated_web import GeneratedWeb

root, seeds, vendors, wait_s = sys.argv[1:]
with GeneratedWeb(int(vendors), images=2) as web:
    web.write_seeds(Path(seeds))
    threading.Timer(float(wait_s), lambda: subprocess.run(["ip", "link", "set", "lo", "up"], check=True)).start()
    crawl = [sys.executable, "-m", "partnerproof", "-w", root, "crawl", seeds, "--allow-private", "--delay", "0", "-q"]
    running = subprocess.Popen(crawl, stdout=subprocess.DEVNULL)
    waits = set()
    while running.poll() is None:
        told = subprocess.run([*crawl[:5], "status"], capture_output=True, text=True).stdout
        waits |= {line.split("waits for")[1].strip() for line in told.splitlines() if "waits for" in line}
        time.sleep(1)
    print(waits)
sys.exit(running.returncode)
"""


@pytest.mark.skipif(not shutil.which("ip") or os.geteuid() != 0, reason="needs a network namespace of its own")
def test_a_network_that_is_gone_for_a_while_costs_no_vendor_its_visit(tmp_path):
    root, seeds = tmp_path / "space", tmp_path / "seeds.csv"
    make_workspace(root)
    command = ["unshare", "-n", sys.executable, "-c", COME_BACK, root, seeds, str(VENDORS), str(GONE_S)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "{'our own network'}\n"
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        states = dict(database.execute("SELECT state, count(*) FROM visits GROUP BY 1").fetchall())
        assert database.execute("SELECT waits_until, waits_for FROM crawls").fetchall() == [(None, None)]
    assert states == {"done": VENDORS}


def test_vendors_that_answer_robots_and_nothing_else_end_the_crawl_in_order(serve, tmp_path, acme):
    import time as clock

    from tests.conftest import send

    def stall(handler: object) -> None:
        clock.sleep(4)

    server = serve({"/robots.txt": send("User-agent: *\nDisallow: /x\n", "text/plain"), "/": stall})
    config = acme / "partnerproof.toml"
    config.write_text(config.read_text().replace("timeout_s = 30", "timeout_s = 1"))
    port = server.url.rpartition(":")[2]
    names = [f"v{number}.example" for number in range(6)]
    (tmp_path / "v.csv").write_text("name,url\n" + "".join(f"{name},http://{name}:{port}/\n" for name in names))
    resolve = [part for name in names for part in ("--resolve", f"{name}:{port}:127.0.0.1")]
    run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", "--delay", "0", "-q", *resolve)
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT state, count(*) FROM visits GROUP BY 1").fetchall() == [("failed", 6)]
    assert doubles(acme) == []
