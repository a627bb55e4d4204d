"""What was typed and not sent comes back, to its own account alone; a session that ends while one writes loses nothing.

Tests: casebook/web/kept_texts.py, casebook/web/app.py.
"""

from __future__ import annotations

import html
import json
import re

import pytest

from casebook.web.application_context import ApplicationContext
from casebook.web.kept_texts import MAX_FIELDS_CHARS, MAX_KEPT, keep_text, read_kept
from ledger.errors import BadInputError
from tests.casebook.web.contexts import PASSWORD, case_of, client, csrf, make_context, states, ticks


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    return make_context(tmp_path)


def keep(context: ApplicationContext, account: str, form: str, **fields: str) -> int:
    who = client(context, account)
    data = {"csrf": csrf(who.get("/help").text), "form": form, "fields": json.dumps(fields)}
    return who.post("/kept", data=data).status_code


def test_what_was_typed_comes_back_to_its_account_and_to_no_other(context):
    case_id = case_of(context, "mill.example").case_id
    assert keep(context, "reviewer-one", f"decide:{case_id}", comment="Half a <b>thought</b>") == 204
    page = client(context, "reviewer-one").get(f"/cases/{case_id}").text
    kept = re.search(r'data-keep="decide:[^"]*" data-kept="([^"]*)"', page)
    assert kept
    assert json.loads(html.unescape(kept[1])) == {"comment": "Half a <b>thought</b>"}
    assert "data-kept=" not in client(context, "approver-one").get(f"/cases/{case_id}").text


def test_what_was_sent_need_not_be_kept(context):
    case_id = case_of(context, "mill.example").case_id
    form = f"comment:{case_id}"
    keep(context, "reviewer-one", form, comment="Seen.")
    who = client(context, "reviewer-one")
    token = csrf(who.get("/help").text)
    data = {"csrf": token, "case": ticks(context, "mill.example"), "keep": form}
    assert who.post("/comment", data={**data, "comment": " "}).status_code == 400
    assert form in read_kept(context.ledger, "reviewer-one", [case_id])
    assert who.post("/comment", data={**data, "comment": "Seen."}).status_code == 303
    assert read_kept(context.ledger, "reviewer-one", [case_id]) == {}


def test_an_empty_form_is_forgotten_and_the_oldest_go_first(context):
    ledger = context.ledger
    keep_text(ledger, "ann", "decide:A", '{"comment": "x"}')
    keep_text(ledger, "ann", "decide:A", '{"comment": "  "}')
    assert read_kept(ledger, "ann", ["A"]) == {}
    for number in range(MAX_KEPT + 3):
        keep_text(ledger, "ann", f"decide:{number}", '{"comment": "x"}')
    assert ledger.value("SELECT count(*) FROM kept_texts") == MAX_KEPT


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("decide", "{}"),
        ("decide:a'--", "{}"),
        ("decide:A", "[]"),
        ("decide:A", '{"a": 1}'),
        ("decide:A", "{"),
        ("decide:A", "[" * 100_000),
        ("decide:A", json.dumps({"a": "x" * MAX_FIELDS_CHARS})),
    ],
)
def test_rubbish_is_not_kept(context, form, fields):
    with pytest.raises(BadInputError):
        keep_text(context.ledger, "ann", form, fields)


def test_a_form_that_was_sent_after_the_session_ended_is_sent_after_the_login(context):
    who = client(context, "reviewer-one")
    case = ticks(context, "mill.example")
    data = {"csrf": csrf(who.get("/help").text), "case": case, "decision": "confirmed:ended", "comment": "A & <b>"}
    context.ledger.execute("DELETE FROM sessions")
    answer = who.post("/decide", data=data)
    assert answer.status_code == 401
    assert states(context)["mill.example"] == "open"
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    login = {name: html.unescape(value) for name, value in hidden.items()}
    page = who.post("/login", data={**login, "account": "reviewer-one", "password": PASSWORD})
    assert page.status_code == 200
    assert "A &amp; &lt;b&gt;" in page.text
    assert 'action="/decide"' in page.text
    again = {**{name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)}, "comment": "A & <b>"}  # fmt: skip
    assert who.post("/decide", data=again).status_code == 303
    assert states(context)["mill.example"] == "confirmed"


def test_a_page_that_was_asked_for_without_a_session_follows_the_login(context):
    who = client(context)
    case_id = case_of(context, "mill.example").case_id
    leads_to = who.get(f"/cases/{case_id}?state=open").headers["location"]
    page = who.get(leads_to).text
    to = re.search(r'name="next" value="([^"]*)"', page)
    assert to
    login = {"account": "reviewer-one", "password": PASSWORD, "next": html.unescape(to[1])}
    assert who.post("/login", data=login).headers["location"] == f"/cases/{case_id}?state=open"


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/login", "x", "/a\nb"])
def test_a_login_leads_nowhere_else(context, to):
    login = {"account": "reviewer-one", "password": PASSWORD, "next": to}
    assert client(context).post("/login", data=login).headers["location"] == "/"


def test_a_stranger_can_not_have_a_form_sent_by_a_login(context):
    who = client(context)
    answer = who.post("/decide", data={"comment": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
