"""A form that is sent twice is one act: one decision, one draft, one reply; and whoever sends it again is led to the same place."""

from __future__ import annotations

import re
import threading

import pytest

from casebook.web.application_context import ApplicationContext
from casebook.web.responses import Answer
from casebook.web.sent_forms import carry_out_once
from ledger.identity import event_id
from tests.casebook.web.contexts import client, confirm, csrf, make_context, states, ticks


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    return make_context(tmp_path)


def test_every_form_of_a_page_has_a_number_of_its_own(context):
    case_id = confirm(context, "mill.example").case_id
    page = client(context, "reviewer-one").get(f"/cases/{case_id}").text
    numbers = re.findall(r'name="once" value="(\w+)"', page)
    assert len(numbers) == len(set(numbers)) >= 3


def test_a_key_pressed_twice_decides_once_and_says_nothing_of_somebody_else(context):
    who = client(context, "reviewer-one")
    data = {"csrf": csrf(who.get("/help").text), "case": ticks(context, "mill.example"), "once": event_id()}
    first, second = (who.post("/decide", data={**data, "decision": "confirmed:ended"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert states(context)["mill.example"] == "confirmed"
    assert context.ledger.value("SELECT count(*) FROM case_events WHERE event = 'decided'") == 1


def test_a_draft_and_a_reply_that_are_sent_twice_are_one(context):
    case = confirm(context, "mill.example")
    who = client(context, "reviewer-one")
    token = csrf(who.get("/help").text)
    order = {
        "csrf": token, "once": event_id(), "case": case.case_id, "tone": "enquiry", "language": "en", "jurisdiction": "other",
        "recipient": "Mill", "contact": "else", "other": "info@mill.example",
    }  # fmt: skip
    places = {who.post("/letters", data=order).headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert context.ledger.value("SELECT count(*) FROM letters") == 1
    reply = {
        "csrf": token,
        "once": event_id(),
        "case": case.case_id,
        "kind": "other",
        "received": "2026-01-10",
        "words": "No.",
    }
    for _ in range(2):
        assert who.post("/replies", data=reply, files={"file": ("a.txt", b"x")}).status_code == 303
    assert context.ledger.value("SELECT count(*) FROM replies") == 1


def test_a_form_that_was_refused_may_be_sent_again(context):
    who = client(context, "reviewer-one")
    data = {"csrf": csrf(who.get("/help").text), "case": ticks(context, "mill.example"), "once": event_id()}
    assert who.post("/decide", data={**data, "decision": "confirmed:strange"}).status_code == 400
    assert who.post("/decide", data={**data, "decision": "confirmed:ended"}).status_code == 303


def test_two_at_the_same_moment_are_one_act(context):
    number, acts = event_id(), []
    both = threading.Barrier(2)

    def act() -> Answer:
        acts.append(1)
        return Answer(leads_to="/there")

    def send() -> None:
        both.wait()
        led_to.append(carry_out_once(context.ledger, "ann", {"once": [number]}, act).leads_to)

    led_to: list[str | None] = []
    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert led_to == ["/there", "/there"]
    assert acts == [1]


def test_nobody_learns_where_the_form_of_another_led(context):
    number = event_id()
    carry_out_once(context.ledger, "ann", {"once": [number]}, lambda: Answer(leads_to="/there"))
    assert carry_out_once(context.ledger, "bob", {"once": [number]}, lambda: Answer(leads_to="/here")).leads_to == "/"


def test_a_page_that_is_shown_again_may_decide_something_else(context):
    who = client(context, "reviewer-one")
    data = {"csrf": csrf(who.get("/help").text), "case": ticks(context, "mill.example"), "once": event_id()}
    assert who.post("/decide", data={**data, "decision": "confirmed:ended"}).status_code == 303
    assert who.post("/decide", data={**data, "decision": "not-a-claim:news"}).status_code == 409, (
        "it changed: said, not swallowed"
    )
