"""A crawl that is interrupted while it is still starting: it ends as one that was interrupted, at whichever moment."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from ledger.shipped import shipped_data


def feed(pipe: Path, text: bytes) -> bool:
    """Give one reader of a pipe a text; False when nobody reads."""
    try:
        end = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    os.set_blocking(end, True)
    try:
        os.write(end, text)
    except BrokenPipeError:
        return False
    finally:
        os.close(end)
    return True


def test_an_interruption_while_scrapy_starts_is_one(acme, tmp_path):
    text = (shipped_data("lexicon") / "en.toml").read_bytes()
    pipe = (
        acme / "lexicon" / "en.toml"
    )  # whoever reads the lexicon waits here until it is given: the command, its digest, then the spider
    os.mkfifo(pipe)
    seeds = tmp_path / "seeds.csv"
    seeds.write_text("url\nhttp://vendor.example/\n")
    command = [sys.executable, "-m", "partnerproof", "-w", str(acme), "crawl", str(seeds), "-q"]
    crawl = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for _ in range(2):
        while not feed(pipe, text):
            assert crawl.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
    time.sleep(3)  # the spider and the follower wait for the pipe by now
    crawl.send_signal(signal.SIGINT)
    while crawl.poll() is None:
        feed(pipe, text)
        time.sleep(0.05)
    said = crawl.stderr.read().decode() if crawl.stderr else ""
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        ended = database.execute("SELECT count(*) FROM visits WHERE state IN ('done', 'failed')").fetchone()[0]
    database.close()
    # on a busy machine it may come when the one vendor has been visited: there is nothing left to interrupt
    assert crawl.returncode == (0 if ended else 130), said
    if crawl.stderr:
        crawl.stderr.close()
