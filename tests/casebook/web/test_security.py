"""Who may ask for what: every route for every role, forms of strangers, sessions, hostile words.

Tests: casebook/web/app.py, casebook/web/access/known_hosts.py, casebook/web/access/accounts.py, casebook/web/letter_pages.py,
casebook/web/application_context.py.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from urllib.parse import quote

import httpx2
import pytest

from casebook.web.access.accounts import hash_password, is_password
from casebook.web.access.login_guard import PAIR, LoginGuard
from casebook.web.app import ReviewApp, make_app
from casebook.web.application_context import ApplicationContext
from casebook.web.pages import PAGES, POSTS, UPLOADS
from casebook.web.responses import POLICY
from ledger.vocabulary import Role
from tests.casebook.ledgers import rows_of
from tests.casebook.web.contexts import HOSTILE, PASSWORD, client, csrf, make_context, ticks, write_approved_letter

ORDER = tuple(Role)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ApplicationContext:
    made = make_context(tmp_path_factory.mktemp("context"), token="a-token-of-the-machine")  # noqa: S106  # of this test
    write_approved_letter(made, "meadow.example")
    return made


def address(context: ApplicationContext, path: str) -> str:
    case = context.ledger.value("SELECT case_id FROM cases ORDER BY case_id LIMIT 1")
    letter = context.ledger.value("SELECT letter_id FROM letters ORDER BY letter_id LIMIT 1")
    reply = context.ledger.value("SELECT reply_id FROM replies ORDER BY reply_id LIMIT 1")
    kind = "html" if path.startswith("/letters") else "csv" if path.startswith("/table") else "official"
    look = context.ledger.value("SELECT look_id FROM looks ORDER BY look_id LIMIT 1")
    names = {
        "look_id": look,
        "case_id": case,
        "letter_id": letter,
        "reply_id": reply,
        "number": "0",
        "kind": kind,
        "job_id": "none",
    }
    return path.format(**names)


def test_every_route_is_known_to_these_tests(context):
    open_to_all = {"/static/{name}", "/favicon.ico", "/login", "/enter"}
    own = {"/logout", "/account", "/account/second-factor", "/account/second-factor/confirm"}  # test_second_factor.py
    assert {route.path for route in ReviewApp(context).routes()} == {*open_to_all, *own, *PAGES, *POSTS, *UPLOADS}


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("path", PAGES)
def test_pages_by_role(context, role, path):
    who = client(context, f"{role}-one" if role else None)
    answer = who.get(address(context, path))
    if role is None:
        to = "/login" if path == "/" else f"/login?next={quote(address(context, path), safe='')}"
        assert (answer.status_code, answer.headers["location"]) == (303, to)
    elif ORDER.index(role) < ORDER.index(PAGES[path].role):
        assert answer.status_code == 403
    else:
        assert answer.status_code in (200, 404)  # these cases have no pictures
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("path", [*POSTS, *UPLOADS])
def test_forms_by_role(context, role, path):
    who = client(context, f"{role}-one" if role else None)
    token = csrf(who.get("/help").text) if role else "x"
    answer = who.post(path, data={"csrf": token})
    if role is None and path == "/kept":
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    elif role is None:
        assert answer.status_code == 401
        assert "Your session has ended" in answer.text
    elif ORDER.index(role) < ORDER.index({**POSTS, **UPLOADS}[path][0]):
        assert answer.status_code == 403
    else:
        assert answer.status_code == 400  # nothing was ticked


@pytest.mark.parametrize(
    "path", [*POSTS, *UPLOADS, "/logout", "/account/second-factor", "/account/second-factor/confirm"]
)
def test_a_form_without_the_sessions_secret_does_nothing(context, path):
    who, other = client(context, "admin-one"), client(context, "approver-one")
    for given in ("", "x", csrf(other.get("/help").text)):
        data = {"csrf": given, "case": ticks(context, "mill.example"), "decision": "confirmed:ended", "name": "v"}
        assert who.post(path, data=data).status_code == 403
    right = csrf(who.get("/help").text)
    assert who.post(path, data={"csrf": right}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert who.get("/").status_code == 200


def test_a_session_that_a_browser_brings_along_is_never_taken_over(context):
    who = client(context)
    who.cookies.set("partnerproof_session", "planted")
    answer = who.post("/login", data={"account": "reader-one", "password": PASSWORD})
    assert "planted" not in answer.headers["set-cookie"]
    assert re.search(r"HttpOnly.*SameSite=strict", answer.headers["set-cookie"], re.I)
    who.cookies.clear()
    who.cookies.set("partnerproof_session", "planted")
    assert who.get("/").status_code == 303


def test_after_logging_out_the_old_cookie_opens_nothing(context):
    who = client(context, "reader-one")
    cookie = who.cookies["partnerproof_session"]
    who.post("/logout", data={"csrf": csrf(who.get("/help").text)})
    again = client(context)
    again.cookies.set("partnerproof_session", cookie)
    assert again.get("/").status_code == 303


def test_passwords_can_not_be_tried_for_long(tmp_path):
    context = dataclasses.replace(make_context(tmp_path), logins=LoginGuard(clock=lambda: 1_000.0))
    who = client(context)
    tries = [
        who.post("/login", data={"account": "admin-one", "password": "wrong"}).status_code for _ in range(PAIR.free)
    ]
    assert tries == [401] * PAIR.free
    refused = who.post("/login", data={"account": "admin-one", "password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 2
    assert "Wait 2 seconds" in refused.text


def test_many_guesses_at_once_are_no_more_than_many(tmp_path):
    context = dataclasses.replace(make_context(tmp_path), logins=LoginGuard(clock=lambda: 1_000.0))

    async def guess() -> list[int]:
        transport = httpx2.ASGITransport(make_app(context))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as who:
            data = {"account": "admin-one", "password": "wrong"}
            answers = await asyncio.gather(*(who.post("/login", data=data) for _ in range(40)))
        return [answer.status_code for answer in answers]

    told = asyncio.run(guess())
    assert (told.count(401), told.count(429)) == (PAIR.free, 40 - PAIR.free)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8742", 303), ("localhost", 303), ("LOCALHOST.:1", 303), ("[::1]:8742", 303), ("evil.example", 421), ("127.0.0.1.evil.example", 421),
        ("", 421), ("127.0.0.1@evil.example", 421), ("localhost:8742:1", 421), ("xn--", 421),
    ],
)  # fmt: skip
def test_only_the_application_s_own_names_are_answered(context, host, status):
    own = dataclasses.replace(context, hosts=frozenset({"127.0.0.1", "localhost", "::1"}))
    assert client(own).get("/", headers={"Host": host}).status_code == status


def test_what_is_stored_of_passwords_and_sessions_opens_nothing(context):
    client(context, "reader-one")
    stored = rows_of(context.ledger, "SELECT token_sha256, csrf FROM sessions")
    who = client(context)
    for row in stored:
        who.cookies.set("partnerproof_session", row["token_sha256"])
        assert who.get("/").status_code == 303
    assert PASSWORD not in str([tuple(row) for row in rows_of(context.ledger, "SELECT * FROM accounts")])
    assert is_password("x" * 12, hash_password("x" * 12))
    assert not is_password("y" * 12, hash_password("x" * 12))


def test_the_machines_token_opens_it_and_another_does_not(context):
    who = client(context)
    assert who.get("/enter?token=wrong").status_code == 403
    assert who.get("/enter").status_code == 403
    assert who.get("/enter?token=a-token-of-the-machine").status_code == 303
    assert who.get("/log").status_code == 200


def test_words_of_vendors_stay_words(context):
    who = client(context, "admin-one")
    pages = [who.get("/").text, who.get(f"/?q={HOSTILE}").text, who.get("/log").text]
    pages += [
        who.get(address(context, path)).text for path in ("/letters/{letter_id}", "/letters/{letter_id}/file/html")
    ]
    pages += [
        who.get(f"/cases/{row['case_id']}/letter").text for row in rows_of(context.ledger, "SELECT case_id FROM cases")
    ]
    pages += [who.get(f"/cases/{row['case_id']}").text for row in rows_of(context.ledger, "SELECT case_id FROM cases")]
    assert any("&lt;script&gt;alert(1)" in page for page in pages)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/cases/..%2f..%2fetc", "/cases/x",
        "/cases/CASE/pictures/0/../../../../etc/passwd", "/cases/CASE/pictures/-1/found", "/cases/CASE/pictures/0/passwd",
        "/cases/CASE/pictures/9999/found", "/cases/%00", "/nothing",
    ],
)  # fmt: skip
def test_no_path_leads_to_files_of_others(context, path):
    who = client(context, "admin-one")
    case = context.ledger.value("SELECT case_id FROM cases LIMIT 1")
    answer = who.get(path.replace("CASE", case))
    assert answer.status_code in (404, 405)
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "data",
    [
        {"case": "rubbish", "decision": "confirmed:ended"}, {"case": ["a" * 26 + ":" + "b" * 26], "decision": "confirmed:ended"},
        {"decision": "confirmed:ended"}, {"decision": "open:x"}, {"decision": ":"}, {"decision": "confirmed:no-such-reason"},
        {"batch": "'; DROP TABLE cases"}, {"until": "\x00"}, {"query": "%ff%00&&&==="}, {"name": "x" * 5_000},
    ],
)  # fmt: skip
def test_rubbish_in_forms_is_refused_in_words_and_never_a_fault(context, data):
    who = client(context, "admin-one")
    token = csrf(who.get("/help").text)
    for path in (*POSTS, *UPLOADS):
        answer = who.post(path, data={"csrf": token, **data})
        assert answer.status_code in (303, 400, 403, 404), (path, answer.status_code)


def test_bodies_that_are_no_forms_are_refused(context):
    who = client(context, "admin-one")
    assert who.post("/decide", content=b"x" * 10, headers={"Content-Type": "application/json"}).status_code == 415
    assert who.post("/decide", content=b"", headers={"Content-Length": "99999999", "Content-Type": "application/x-www-form-urlencoded"}).status_code in (403, 413)  # fmt: skip
    many = "&".join(f"case={n}" for n in range(2_000))
    assert who.post("/decide", content=many, headers={"Content-Type": "application/x-www-form-urlencoded"}).status_code in (400, 403)  # fmt: skip
