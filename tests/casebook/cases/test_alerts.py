"""Alerts: the first round is one summary, what follows is told once each, and what a channel did not take waits for it.

Tests: casebook/cases/alerts.py, partnerproof/alert_channels.py, partnerproof/service/alert_sender.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from casebook.cases.alerts import list_waiting, make_deliveries, note_delivered, note_failure, read_digests
from casebook.cases.cases import sync_cases
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.identity import parse_utc
from ledger.records import Delivery
from partnerproof.alert_channels import send_alerts, sign_webhook
from partnerproof.config import AlertConfig
from partnerproof.service.alert_sender import AlertSender
from partnerproof.workspace import find_workspace
from tests.casebook.ledgers import ACME, Read, Said, add_brand, add_visit
from tests.conftest import send
from tests.new_ledger import new_ledger

SITE = "https://review.acme.example"


def add_vendors(ledger: Ledger, names: list[str], day: str = "2026-01-02") -> None:
    pages = [Read(images=[ACME], sentences=[Said(text="We are a certified partner of Acme.")])]
    visits = [add_visit(ledger, day, pages, domain=f"{name}.example") for name in names]
    find_claims(ledger, ["acme"], visit_ids=visits)
    Judge(ledger).judge()
    ledger.execute("INSERT OR IGNORE INTO recognitions SELECT DISTINCT image_sha256, 'set', 9, 9, 'PNG', NULL, NULL, '2026-01-01T00:00:00Z' FROM logo_matches")  # fmt: skip
    sync_cases(ledger)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = new_ledger(tmp_path / "var" / "partnerproof.db")
    add_brand(made)
    return made


def bodies(ledger: Ledger, channel: str = "hook") -> list[dict[str, Any]]:
    return [json.loads(delivery.body) for delivery in list_waiting(ledger, channel)]


def take(ledger: Ledger, channel: str = "hook") -> list[dict[str, Any]]:
    """What a channel is told, and takes."""
    make_deliveries(ledger, channel, [], SITE)
    told = bodies(ledger, channel)
    for delivery in list_waiting(ledger, channel):
        note_delivered(ledger, delivery)
    return told


def test_the_first_round_is_one_summary_and_what_follows_is_told_each(ledger):
    add_vendors(ledger, [f"vendor-{number:03d}" for number in range(120)])
    (first,) = take(ledger)
    assert (first["kind"], first["counts"], first["verdicts"]) == ("summary", {"opened": 120}, {"undetermined": 120})
    assert len(first["events"]) == 10
    assert take(ledger) == []
    add_vendors(ledger, ["new"], "2026-02-01")
    (second,) = take(ledger)
    assert (second["kind"], [event["vendor_domain"] for event in second["events"]]) == ("changes", ["new.example"])


def test_very_much_at_once_is_a_summary_too(ledger):
    add_vendors(ledger, ["first"])
    take(ledger)
    add_vendors(ledger, [f"vendor-{number:03d}" for number in range(60)], "2026-02-01")
    (told,) = take(ledger)
    assert (told["kind"], told["counts"]) == ("summary", {"opened": 60})


def test_an_event_has_page_sentence_certainty_and_the_link_to_its_case(ledger):
    add_vendors(ledger, ["harbour"])
    event = take(ledger)[0]["events"][0]
    case = ledger.value("SELECT case_id FROM cases")
    assert event["page_url"] == "https://harbour.example/partners"
    assert event["sentence"] == "We are a certified partner of Acme."
    assert event["certainty"] == "sure"
    assert event["link"] == f"{SITE}/cases/{case}"


def test_what_waits_is_told_before_what_came_since_and_each_channel_for_itself(ledger):
    add_vendors(ledger, ["one"])
    assert make_deliveries(ledger, "hook", [], SITE) == 1
    add_vendors(ledger, ["two"], "2026-02-01")
    assert read_digests(ledger, "hook", []) == []
    assert make_deliveries(ledger, "hook", [], SITE) == 0
    assert [told["counts"] for told in take(ledger, "mail")] == [{"opened": 2}]
    assert [told["counts"] for told in take(ledger)] == [{"opened": 1}]
    assert [told["counts"] for told in take(ledger)] == [{"opened": 1}]


def test_what_fails_is_tried_again_after_growing_waits(ledger):
    add_vendors(ledger, ["one"])
    make_deliveries(ledger, "hook", [])
    waits = []
    for _ in range(9):
        (delivery,) = list_waiting(ledger, "hook")
        before = time.time()
        note_failure(ledger, delivery, "no answer\nat all")
        (failed,) = list_waiting(ledger, "hook")
        waits.append(round((parse_utc(failed.next_try_at).timestamp() - before) / 10) * 10)
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert (failed.attempts, failed.last_failure) == (9, "no answer at all")
    assert list_waiting(ledger, "hook", until="2026-01-01T00:00:00Z") == []


def test_what_was_delivered_long_ago_is_forgotten(ledger):
    add_vendors(ledger, ["one"])
    take(ledger)
    ledger.execute("UPDATE deliveries SET delivered_at = '2026-01-01T00:00:00Z'")
    make_deliveries(ledger, "hook", [])
    assert ledger.value("SELECT count(*) FROM deliveries") == 0


def test_a_signature_is_that_of_standard_webhooks():
    """The example of its specification (version 1.0.0), with the secret as base64."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = sign_webhook("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body, secret)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    plain = sign_webhook("a", "1", b"", "a secret")["webhook-signature"]
    assert plain == "v1," + base64.b64encode(hmac.new(b"a secret", b"a.1.", hashlib.sha256).digest()).decode()
    assert "webhook-signature" not in sign_webhook("a", "1", b"", "")


class Hook:
    """A webhook that takes what is sent after some refusals."""

    def __init__(self, serve: Callable[..., Any], refusals: int = 0) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.refusals, self.url = refusals, serve({"/hook": self.answer}).url + "/hook"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.taken.append((handler.headers["webhook-id"], body))
        self.refusals -= 1
        send(b"", "text/plain", 503 if self.refusals >= 0 else 200)(handler)


def test_a_delivery_keeps_its_id_until_it_is_taken_and_is_not_sent_before_its_time(ledger, serve):
    hook = Hook(serve, refusals=1)
    channel = AlertConfig.model_validate({"name": "hook", "kind": "webhook", "to": [hook.url]})
    add_vendors(ledger, ["one"])
    said: list[str] = []
    assert not send_alerts(ledger, [channel], said.append)
    assert send_alerts(ledger, [channel], said.append, only_due=True)
    assert len(hook.taken) == 1
    assert send_alerts(ledger, [channel], said.append)
    assert send_alerts(ledger, [channel], said.append)
    assert [delivery for delivery, _ in hook.taken] == [hook.taken[0][0]] * 2
    assert hook.taken[0][0] == hook.taken[0][1]["delivery_id"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from ledger.database import Ledger
from partnerproof import alert_channels
from partnerproof.config import AlertConfig
channel = AlertConfig.model_validate({"name": "hook", "kind": "webhook", "to": [sys.argv[2]]})
alert_channels.note_delivered = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with Ledger.open(Path(sys.argv[1])) as ledger:
    alert_channels.send_alerts(ledger, [channel], print)
"""


def test_killed_between_sending_and_noting_it_is_sent_again_under_the_same_id(ledger, serve):
    hook = Hook(serve)
    add_vendors(ledger, ["one"])
    done = subprocess.run([sys.executable, "-c", _KILLED, str(ledger.path), hook.url], check=False)
    assert done.returncode == -9
    channel = AlertConfig.model_validate({"name": "hook", "kind": "webhook", "to": [hook.url]})
    assert send_alerts(ledger, [channel], print)
    assert send_alerts(ledger, [channel], print)
    assert len(hook.taken) == 2
    assert hook.taken[0] == hook.taken[1]


def test_a_running_server_tells_by_itself(acme, serve):
    hook = Hook(serve)
    config = acme / "partnerproof.toml"
    config.write_text(f'{config.read_text()}\n[[watch.alert]]\nname = "hook"\nkind = "webhook"\nto = ["{hook.url}"]\n')
    workspace = find_workspace(acme)
    with workspace.open() as ledger:
        add_brand(ledger)
        add_vendors(ledger, ["one"])
    sender = AlertSender(workspace, every_s=0.05)
    sender.start()
    until = time.monotonic() + 20
    while not hook.taken and time.monotonic() < until:
        time.sleep(0.05)
    sender.stop()
    assert [body["counts"] for _, body in hook.taken] == [{"opened": 1}]
    with workspace.open_readonly() as ledger:
        assert ledger.find(Delivery, channel="hook").delivered_at is not None
