"""No request, however strange, makes a fault: it is answered, refused in words, or leads elsewhere. `bench/fuzz_review.py` asks longer.

Tests: casebook/web/app.py, casebook/web/faults.py.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator

import hypothesis
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from casebook.web.app import make_app
from casebook.web.application_context import ApplicationContext
from casebook.web.responses import POLICY
from tests.casebook.web.contexts import client, csrf, make_context
from tests.casebook.web.strangers import HOSTILE, TOO_MANY, Strangers, send


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Strangers:
    return Strangers(make_context(tmp_path_factory.mktemp("context"), four_eyes=True, token="a-token"))  # noqa: S106  # of this test


EXAMPLES = 30  # of each route


def test_no_request_makes_a_fault(strangers):
    app, statuses = make_app(strangers.context), Counter[int]()
    with asyncio.Runner() as runner:
        for number, (path, method) in enumerate(strangers.routes):

            @hypothesis.seed(number)  # the same each time, another for each route
            @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(strangers.requests(path, method))
            def ask(asked):
                answered = runner.run(send(app, asked))
                assert answered.status < 500, asked
                assert dict(answered.headers)[b"content-security-policy"] == POLICY.encode()
                if b"content-disposition" not in dict(answered.headers):  # a file is saved, never shown
                    assert b"<script>alert" not in answered.body
                assert b"Traceback" not in answered.body
                statuses[answered.status] += 1

            ask()
    assert strangers.context.ledger.value("PRAGMA integrity_check") == "ok"
    assert all(statuses[status] > 20 for status in (200, 303, 400, 403, 404, 405)), statuses  # it came beyond the door


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    query=st.dictionaries(
        st.sampled_from(["q", "score", "age", "sort", "brand", "page"]),
        st.sampled_from([text for text in HOSTILE if len(text) < 1_000]),
        max_size=4,
    )
)
def test_no_filter_makes_a_fault_in_a_table(strangers, query):
    assert client(strangers.context, "reader-one").get("/table.csv", params={name: value.encode("utf-8", "replace") for name, value in query.items()}).status_code == 200  # fmt: skip


@pytest.fixture(scope="module")
def port(strangers) -> Iterator[int]:
    config = uvicorn.Config(make_app(strangers.context), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
PARTS = b"Content-Type: multipart/form-data; boundary=b\r\n"
RAW = {
    "no request": b"\x00\xff\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a path of bytes": b"GET /cases/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "escaped rubbish": b"GET /cases/%ff%fe%00?q=%ff%c0%80&page=%00 HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n\r\n",
    "an absolute address": b"GET http://evil.example/cases HTTP/1.1\r\nHost: x\r\n\r\n",
    "too long a line": b"GET /?q=" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    "many cookies": b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a=b;" * 5_000 + b"\r\n\r\n",
    "a length below nothing": b"POST /decide HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + FORM + b"Content-Length: -5\r\n\r\nabc",
    "a length in words": b"POST /decide HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + FORM + b"Content-Length: many\r\n\r\nabc",
    "two lengths": b"POST /decide HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + FORM + b"Content-Length: 3\r\nContent-Length: 9\r\n\r\nabc",
    "a length and pieces": b"POST /decide HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + FORM + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "broken pieces": b"POST /decide HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + FORM + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "a body that ends early": b"POST /decide HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + FORM + b"Content-Length: 500\r\n\r\nabc",
    "too many fields": b"POST /decide HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + FORM + b"Content-Length: %d\r\n\r\n" % len(TOO_MANY) + TOO_MANY,
    "parts without an end": b"POST /replies HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + PARTS + b"Content-Length: 60\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"",
    "parts without a name": b"POST /replies HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n" + PARTS + b"Content-Length: 44\r\n\r\n--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
    "parts without a boundary": b"POST /replies HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\nContent-Type: multipart/form-data\r\nContent-Length: 5\r\n\r\nabcde",
    "parts in another charset": b"POST /replies HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\nContent-Type: multipart/form-data; boundary=b; charset=no-such\r\nContent-Length: 51\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n\xff\r\n",
    "a method of its own": b"BREW / HTTP/1.1\r\nHost: x\r\nCookie: COOKIE\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_what_is_no_proper_http_is_refused_without_a_fault(strangers, port, name):
    cookie = f"partnerproof_session={strangers.cookies[-1]}".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=120) as stream:
        stream.sendall(RAW[name].replace(b"COOKIE", cookie))
        stream.shutdown(socket.SHUT_WR)
        answer = b""
        while part := stream.recv(1 << 16):
            answer += part
    statuses = [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d{3})", answer, re.M)]
    assert all(status < 500 for status in statuses), answer[:300]
    assert b"Traceback" not in answer
    assert client(strangers.context, "reader-one").get("/help").status_code == 200


def broken(context: ApplicationContext) -> TestClient:
    """A client of a context whose cases can not be read any more: what nobody foresees."""
    who = client(context, "reviewer-one")
    context.ledger.execute("ALTER TABLE cases RENAME TO cases_elsewhere")
    context.ledger.execute("ALTER TABLE accounts RENAME TO accounts_elsewhere")
    return TestClient(make_app(context), follow_redirects=False, raise_server_exceptions=False, cookies=who.cookies)


def test_a_fault_is_told_in_words_and_noted_where_the_page_says(tmp_path):
    context = make_context(tmp_path)
    who = broken(context)
    answer = who.get("/?q=personal")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert "Nothing was changed" in answer.text
    assert "sqlite3" not in answer.text
    number = re.search(r"<code>(\w{26})</code> in <code>serve\.log</code>", answer.text)
    assert number
    told = who.post("/assign", data={"csrf": csrf(who.get("/help").text), "to": "ann"})
    assert told.status_code == 500
    assert "Look at the case before you send it again" in told.text
    log = (tmp_path / "var" / "serve.log").read_text(encoding="utf-8")
    assert number[1] in log
    assert "no such table: main.cases" in log or "no such table: cases" in log
    assert "POST /assign" in log
    assert "personal" not in log


def test_a_log_that_can_not_be_written_does_not_keep_the_page_from_being_told(tmp_path):
    context = make_context(tmp_path)
    (tmp_path / "var" / "serve.log").mkdir()
    assert broken(context).get("/").status_code == 500
