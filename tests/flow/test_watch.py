"""The watch: a vendor that was written to takes a logo down, hides it, brings it back; teams are told by mail and webhook.

Tests: ledger/proof/writer_lock.py, partnerproof/alert_channels.py, partnerproof/cli/watch.py,
partnerproof/watch_round.py, casebook/cases/alerts.py, casebook/cases/casework.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from casebook.cases.alerts import Digest
from casebook.cases.contacts import propose_contacts
from ledger.database import Ledger
from ledger.proof.writer_lock import acquire_entry_lock, acquire_writer_lock
from partnerproof import alert_channels
from partnerproof.alert_channels import send_alerts
from partnerproof.config import AlertConfig
from tests.conftest import Answer, run_partnerproof, send
from tests.flow.watched import CHALLENGE, CLEAN, SHOWING, WORDS, Watched, WatchedOnce


@pytest.fixture(scope="module")
def watched_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Iterator[WatchedOnce]:
    once = WatchedOnce(shutil.copytree(acme_once, tmp_path_factory.mktemp("watched") / "space"), logo_png)
    yield once
    once.close()


@pytest.fixture
def watched(watched_once: WatchedOnce, tmp_path: Path) -> Watched:
    return watched_once.copy(tmp_path / "space")


def configure(root: Path, alerts: str) -> None:
    config = root / "partnerproof.toml"
    config.write_text(f"{config.read_text()}\n{alerts}", encoding="utf-8")


def test_a_removal_is_proven_by_looks_and_a_logo_that_comes_back_opens_the_case(watched):
    assert not {"/contact.html", "/.well-known/security.txt"} & set(
        watched.server.requests
    )  # nobody wants to write yet
    watched.write_to()
    assert watched.case().followup == "sent"
    watched.watch()  # nothing is due on the same day
    assert watched.case().followup == "sent"
    assert watched.look_after(5, SHOWING) == "sent"
    with Ledger.open_readonly(watched.database) as ledger:
        contacts = propose_contacts(ledger, watched.root / "var" / "warc", watched.case())
    assert [(one.contact, one.source.rpartition("/")[2]) for one in contacts] == [
        ("info@vendor.example", "contact.html"), ("sec@vendor.example", "security.txt"),
    ]  # fmt: skip
    assert watched.look_after(5, CLEAN) == "removed"
    assert watched.look_after(5, CHALLENGE) == "removed"
    assert watched.look_after(5, CLEAN) == "removed"
    assert watched.look_after(5, CLEAN) == "verified-removed"
    assert watched.case().removed_on is not None
    assert watched.outcomes() == ["shown", "gone", "could-not-look", "gone", "gone"]
    assert watched.look_after(30, SHOWING) == "reappeared"
    assert watched.case().state == "open"


def test_a_page_without_a_link_to_it_is_asked_again(watched):
    watched.write_to()
    watched.answers["/"] = send(f"<title>Vendor</title><h1>Vendor</h1>{WORDS}".encode(), "text/html")
    for _ in range(2):  # also after a visit on which it did not show the claim any more
        watched.look_after(5, CLEAN)
        assert "/partners.html" in watched.server.requests


def test_a_vendor_is_visited_when_it_is_due(watched):
    def is_visited(days: int) -> bool:
        watched.look_after(days, SHOWING)
        return bool(watched.server.requests)

    assert not is_visited(6)
    assert is_visited(1)  # 7 days with an open case
    watched.write_to()
    assert not is_visited(3)
    assert is_visited(1)  # 4 days while it is followed up


def test_teams_are_told_once_of_what_changed(watched, mailbox, serve, monkeypatch):
    box, port = mailbox
    taken: list[tuple[bytes, Message]] = []

    def take(handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        taken.append((body, handler.headers))
        send(b"", "text/plain")(handler)

    hook = serve({"/hook": take})
    config = watched.root / "partnerproof.toml"
    config.write_text(config.read_text().replace('address = ""', 'address = "https://review.acme.example"'))
    configure(
        watched.root,
        f"""
[[watch.alert]]
name = "team"
kind = "email"
to = ["team@acme.example"]
from = "partnerproof@acme.example"
host = "127.0.0.1"
port = {port}
starttls = false
[[watch.alert]]
name = "hook-1"
kind = "webhook"
to = ["{hook.url}/hook"]
brands = ["acme"]
[[watch.alert]]
name = "elsewhere"
kind = "webhook"
to = ["{hook.url}/hook"]
brands = ["another"]
""".replace("[watch]", ""),
    )
    monkeypatch.setenv("PARTNERPROOF_ALERT_HOOK_1", "a secret")
    watched.watch()
    watched.watch()
    assert len(box.mails) == len(taken) == 1
    assert "Subject: acme: 1 new" in box.mails[0]
    assert "Vendor (127.0.0.1) as partner: new, verdict no-authorisation" in box.mails[0].replace("\r\n", "\n")
    body, headers = taken[0]
    told = json.loads(body)
    assert (told["kind"], told["counts"], told["verdicts"]) == ("summary", {"opened": 1}, {"no-authorisation": 1})
    assert told["events"][0]["page_url"] == f"{watched.server.url}/partners.html"
    assert told["events"][0]["link"] == f"https://review.acme.example/cases/{watched.case().case_id}"
    assert headers["webhook-id"] == told["delivery_id"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"a secret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 600
    watched.write_to()
    watched.look_after(8, CLEAN)
    assert [json.loads(one)["counts"] for one, _ in taken[1:]] == [{"removed": 1}]
    assert "gone on the last look" in box.mails[1]


def test_a_channel_that_can_not_be_reached_is_told_next_time(watched, serve):
    taken: list[bytes] = []
    answers: dict[str, Answer] = {"/hook": send(b"", "text/plain", 500)}
    hook = serve(answers)
    configure(watched.root, f'[[watch.alert]]\nname = "hook"\nkind = "webhook"\nto = ["{hook.url}/hook"]\n')
    assert "it will be told next time" in watched.watch(code=3)

    def take(handler: BaseHTTPRequestHandler) -> None:
        taken.append(handler.rfile.read(int(handler.headers["Content-Length"])))
        send(b"", "text/plain")(handler)

    answers["/hook"] = send(b"", "text/plain", 302, Location=f"{hook.url}/other")  # where it leads, nothing is sent
    answers["/other"] = take
    watched.watch(code=3)
    assert taken == []
    answers["/hook"] = take
    watched.watch()
    assert json.loads(taken[0])["counts"] == {"opened": 1}


def test_a_channel_that_drips_or_breaks_keeps_neither_others_from_writing_nor_other_channels_from_being_told(
    watched, serve, monkeypatch
):
    taken: list[bytes] = []

    def drip(handler: BaseHTTPRequestHandler) -> None:
        with acquire_writer_lock(watched.database, "another"):  # nobody else has it meanwhile
            taken.append(b"dripping")
        with suppress(OSError):
            for _ in range(150):
                handler.wfile.write(b"X")
                time.sleep(0.2)

    def take(handler: BaseHTTPRequestHandler) -> None:
        taken.append(handler.rfile.read(int(handler.headers["Content-Length"])))
        send(b"", "text/plain")(handler)

    def breaks(channel: AlertConfig, digest: Digest) -> None:
        raise TypeError("a library's own")

    hook = serve({"/drip": drip, "/hook": take})
    monkeypatch.setitem(alert_channels._SENDERS, "apprise", breaks)
    watched.watch()  # nobody to tell
    channels = [
        AlertConfig.model_validate({"name": "drip", "kind": "webhook", "to": [f"{hook.url}/drip"]}),
        AlertConfig.model_validate({"name": "lib", "kind": "apprise", "to": ["x://y"]}),
        AlertConfig.model_validate({"name": "hook", "kind": "webhook", "to": [f"{hook.url}/hook"]}),
    ]
    said: list[str] = []
    with Ledger.open(watched.database) as ledger:
        writing = lambda: acquire_entry_lock(watched.database, "watch")  # noqa: E731
        assert not send_alerts(ledger, channels, said.append, writing=writing, longest_s=3)
        told = ledger.values("SELECT channel FROM deliveries WHERE delivered_at IS NOT NULL")
    assert said[0] == "alert drip: it did not end within 3 s; it will be told next time"
    assert said[1] == "alert lib: it failed (TypeError: a library's own); it will be told next time"
    assert (told, taken[0], json.loads(taken[1])["counts"]) == (["hook"], b"dripping", {"opened": 1})


def test_a_killed_round_goes_on_with_the_same_vendors(watched):
    watched.days_pass(40)
    slow = watched.answers["/"]

    def wait(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(20)
        slow(handler)

    watched.answers["/"] = wait
    watched.server.requests.clear()
    command = [
        sys.executable,
        "-m",
        "partnerproof",
        "-w",
        str(watched.root),
        "watch",
        "--once",
        "--allow-private",
        "--delay",
        "0",
    ]
    round_ = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 600
    while "/" not in watched.server.requests and time.monotonic() < until:
        time.sleep(0.1)
    round_.send_signal(signal.SIGKILL)
    round_.wait()
    watched.answers["/"] = slow
    watched.watch()
    with sqlite3.connect(watched.database) as database:
        assert database.execute(
            "SELECT count(*), count(ended_at) FROM crawls WHERE seeds_file = 'watch.csv'"
        ).fetchone() == (1, 1)


def test_a_round_beside_who_does_not_give_way_is_skipped(watched, monkeypatch):
    monkeypatch.setenv("PARTNERPROOF_WAIT", "1")
    watched.days_pass(40)
    with acquire_writer_lock(watched.database, "crawl"):
        watched.watch()
    watched.server.requests.clear()
    watched.watch()
    assert watched.server.requests


@pytest.mark.parametrize("timer", ["cron", "systemd"])
def test_what_a_timer_runs_is_printed_and_runs(watched, timer):
    printed = run_partnerproof("-w", watched.root, "watch", "--timer", timer)
    line = next(line for line in printed.splitlines() if "watch --once" in line)
    command = line.removeprefix("17 * * * * ").removeprefix("ExecStart=")
    done = subprocess.run(command, shell=True, check=False, capture_output=True, text=True, timeout=600)  # noqa: S602  # as cron does
    assert done.returncode == 0, done.stderr
    if timer == "systemd" and shutil.which("systemd-analyze"):
        assert "[Timer]" in printed


def test_alerts_that_can_not_work_are_named_before_anything_starts(watched):
    configure(watched.root, '[[watch.alert]]\nname = "a"\nkind = "email"\nto = ["nobody"]\n')
    assert "names host, from, and mail addresses" in watched.watch(code=2)
