"""Codes of an app: set up on one's own page, asked for at the login, each good once; recovery codes; roles that need one.

Tests: casebook/web/access/second_factor.py, casebook/web/access/accounts.py.
"""

from __future__ import annotations

import dataclasses
import re
import time

import cv2
import numpy as np
import pyotp
import pytest
import resvg_py
from starlette.testclient import TestClient

from casebook.web.access.accounts import LoginTerms, begin_session, log_in, read_session
from casebook.web.access.login_guard import PAIR, LoginGuard
from casebook.web.access.second_factor import (
    RECOVERY_CODES,
    begin_enrolment,
    confirm_enrolment,
    count_recovery_codes,
    draw_enrolment,
    enrolment_address,
    has_second_factor,
    remove_second_factor,
    take_code,
)
from casebook.web.application_context import ApplicationContext
from ledger.errors import BadInputError
from ledger.records import SecondFactor
from ledger.vocabulary import Role
from tests.casebook.web.contexts import PASSWORD, client, csrf, make_context, ticks

NOW = 1_795_000_010.0  # 20 s into its 30


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ApplicationContext:
    return make_context(tmp_path_factory.mktemp("context"))


@pytest.fixture
def context(base: ApplicationContext) -> ApplicationContext:
    for table in ("recovery_codes", "second_factors", "sessions"):
        base.ledger.execute(f"DELETE FROM {table}")
    return dataclasses.replace(base, logins=LoginGuard(clock=lambda: 1_000.0))


def code_at(secret: str, seconds: float) -> str:
    return pyotp.TOTP(secret).at(int(seconds))


def enrol(context: ApplicationContext, account: str) -> tuple[str, list[str]]:
    secret = begin_enrolment(context.ledger, account)
    codes = confirm_enrolment(context.ledger, account, code_at(secret, NOW - 300), clock=lambda: NOW - 300)
    assert codes is not None
    return secret, codes


@pytest.mark.parametrize(("offset_s", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_good_for_its_half_minute_and_those_beside_it(context, offset_s, is_taken):
    secret, _ = enrol(context, "reader-one")
    assert take_code(context.ledger, "reader-one", code_at(secret, NOW + offset_s), clock=lambda: NOW) is is_taken


def test_a_code_is_good_once_and_none_before_it_afterwards(context):
    secret, _ = enrol(context, "reader-one")
    code = code_at(secret, NOW)
    assert take_code(context.ledger, "reader-one", f" {code[:3]} {code[3:]}", clock=lambda: NOW)
    assert not take_code(context.ledger, "reader-one", code, clock=lambda: NOW)
    assert not take_code(context.ledger, "reader-one", code_at(secret, NOW - 30), clock=lambda: NOW)
    assert take_code(context.ledger, "reader-one", code_at(secret, NOW + 30), clock=lambda: NOW + 30)


def test_the_code_that_set_it_up_opens_nothing(context):
    secret = begin_enrolment(context.ledger, "reader-one")
    code = code_at(secret, NOW)
    assert confirm_enrolment(context.ledger, "reader-one", code, clock=lambda: NOW) is not None
    assert not take_code(context.ledger, "reader-one", code, clock=lambda: NOW)


def test_a_recovery_code_is_good_once_however_it_is_typed(context):
    _, codes = enrol(context, "reader-one")
    assert len(set(codes)) == count_recovery_codes(context.ledger, "reader-one") == RECOVERY_CODES
    assert take_code(context.ledger, "reader-one", codes[0].upper().replace("-", " "))
    assert not take_code(context.ledger, "reader-one", codes[0])
    assert count_recovery_codes(context.ledger, "reader-one") == RECOVERY_CODES - 1
    stored = context.ledger.values("SELECT code_sha256 FROM recovery_codes")
    assert not any(code.replace("-", "") in text for code in codes for text in stored)
    enrol(context, "reviewer-one")
    assert not take_code(context.ledger, "reviewer-one", codes[1])  # another's


@pytest.mark.parametrize("code", ["", "000000", "１２３４５６", "a" * 40, "\x00", "\ud800"])
def test_what_is_no_code_opens_nothing(context, code):
    enrol(context, "reader-one")
    assert not take_code(context.ledger, "reader-one", code, clock=lambda: NOW)
    assert not take_code(context.ledger, "reviewer-one", code, clock=lambda: NOW)  # who has none


def test_it_is_not_asked_for_before_a_code_was_given(context):
    first = begin_enrolment(context.ledger, "reader-one")
    assert not has_second_factor(context.ledger, "reader-one")
    assert log_in(context.ledger, "reader-one", PASSWORD)
    second = begin_enrolment(context.ledger, "reader-one")
    assert confirm_enrolment(context.ledger, "reader-one", code_at(first, NOW), clock=lambda: NOW) is None
    assert confirm_enrolment(context.ledger, "reader-one", code_at(second, NOW), clock=lambda: NOW)
    assert confirm_enrolment(context.ledger, "reader-one", code_at(second, NOW + 30), clock=lambda: NOW + 30) is None
    with pytest.raises(BadInputError, match="one that has it"):
        begin_enrolment(context.ledger, "reader-one")


def test_without_the_code_a_password_opens_nothing_and_tells_nothing(context):
    enrol(context, "reviewer-one")
    who = client(context)
    assert 'name="code"' in who.get("/login").text
    answers = [
        who.post("/login", data={"account": "reviewer-one", **given})
        for given in ({"password": PASSWORD}, {"password": PASSWORD, "code": "123456"}, {"password": "wrong"})
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}) == 1
    assert "or the code is not right or was used" in answers[0].text


def test_tries_of_codes_are_counted_as_tries_of_passwords(context):
    enrol(context, "reviewer-one")
    who, data = client(context), {"account": "reviewer-one", "password": PASSWORD, "code": "000000"}
    assert who.post("/login", data=data).status_code == 401
    for _ in range(PAIR.free - 1):
        assert context.logins.wait_s("reviewer-one", "testclient") == 0
    assert who.post("/login", data=data).status_code == 429


def set_up(who: TestClient, account: str) -> tuple[str, str]:
    """Set it up as a person does; returns the secret and the page with the recovery codes."""
    page = who.get("/account").text
    shown = who.post("/account/second-factor", data={"csrf": csrf(page), "password": PASSWORD})
    assert shown.status_code == 200, shown.text
    assert "qr-frame" in shown.text
    assert "style=" not in shown.text  # the policy of the pages would drop it
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", shown.text)[1].replace(" ", "")
    assert f"otpauth://totp/partnerproof:{account}?secret={secret}" in enrolment_address(account, secret)
    wrong = who.post("/account/second-factor/confirm", data={"csrf": csrf(page), "code": "000000"})
    assert (wrong.status_code, "The code is not right" in wrong.text) == (400, True)
    code = pyotp.TOTP(secret).at(int(time.time()))
    done = who.post("/account/second-factor/confirm", data={"csrf": csrf(page), "code": code})
    assert done.status_code == 200, done.text
    return secret, done.text


def test_the_whole_way_of_a_person(context):
    assert client(context).get("/account").headers["location"] == "/login?next=%2Faccount"
    who, elsewhere = client(context, "reviewer-one"), client(context, "reviewer-one")
    assert 'name="code"' not in who.get("/login").text  # nobody has one
    before = who.cookies["partnerproof_session"]
    secret, page = set_up(who, "reviewer-one")
    codes = re.findall(r"<li><code>([a-z2-9-]{19})</code>", page)
    assert len(codes) == RECOVERY_CODES
    assert who.cookies["partnerproof_session"] != before
    assert who.get("/help").status_code == 200
    assert elsewhere.get("/help").status_code == 303  # sessions that somebody may have begun without it
    account = who.get("/account").text
    assert "10 recovery codes are left" in account
    assert secret not in account
    new = client(context)
    data = {"account": "reviewer-one", "password": PASSWORD}
    later = pyotp.TOTP(secret).at(int(time.time()) + 30)
    assert new.post("/login", data={**data, "code": later}).status_code == 303
    assert new.post("/login", data={**data, "code": later}).status_code == 401
    assert new.post("/login", data={**data, "code": codes[3]}).status_code == 303
    assert "9 recovery codes are left" in new.get("/account").text


def test_a_camera_reads_from_the_picture_what_the_app_needs():
    drawn = resvg_py.svg_to_bytes(
        svg_string=draw_enrolment("ann", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").replace(
            "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1
        )
    )
    pixels = cv2.imdecode(np.frombuffer(bytes(drawn), np.uint8), cv2.IMREAD_GRAYSCALE)
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(pixels)
    assert read == enrolment_address("ann", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert read == "otpauth://totp/partnerproof:ann?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=partnerproof"


def test_an_open_session_alone_does_not_set_it_up(context):
    who = client(context, "reviewer-one")
    secret = csrf(who.get("/account").text)
    answer = who.post("/account/second-factor", data={"csrf": secret, "password": "found it open"})
    assert (answer.status_code, "qr-frame" in answer.text) == (401, False)
    for _ in range(PAIR.free - 1):
        assert context.logins.wait_s("reviewer-one", "testclient") == 0
    answer = who.post("/account/second-factor", data={"csrf": secret, "password": "found it open"})
    assert answer.status_code == 429
    assert context.ledger.find(SecondFactor, account="reviewer-one") is None


def test_a_role_that_needs_it_opens_nothing_before_it_is_set_up(context):
    terms = LoginTerms(second_factor_roles=frozenset({Role.APPROVER, Role.ADMIN}))
    context = dataclasses.replace(context, terms=terms)
    who = client(context, "approver-one")
    for path in ("/", "/help", "/dashboard", "/table.csv"):
        assert who.get(path).headers["location"] == "/account", path
    page = who.get("/account").text
    assert "nothing else opens before it is set up" in page
    data = {"csrf": csrf(page), "case": ticks(context, "mill.example"), "decision": "confirmed:no-agreement"}
    answer = who.post("/decide", data=data)
    assert (answer.status_code, "set it up first" in answer.text) == (403, True)
    set_up(who, "approver-one")
    assert who.get("/help").status_code == 200
    assert client(context, "reviewer-one").get("/help").status_code == 200  # its role needs none


def test_whoever_lost_everything_is_helped_by_the_operator(context):
    enrol(context, "reviewer-one")
    token = begin_session(context.ledger, "reviewer-one", Role.REVIEWER)
    assert remove_second_factor(context.ledger, "reviewer-one")
    assert read_session(context.ledger, token) is None
    assert not remove_second_factor(context.ledger, "reviewer-one")
    assert log_in(context.ledger, "reviewer-one", PASSWORD)


def test_a_session_lasts_as_long_as_it_was_agreed(context):
    ledger = context.ledger
    token = begin_session(ledger, "reader-one", Role.READER, terms=LoginTerms(session_hours=2))
    assert read_session(ledger, token) is not None
    sql = "SELECT (julianday(expires_at) - julianday(began_at)) * 24 FROM sessions"
    assert ledger.value(sql) == pytest.approx(2, abs=0.001)
    assert (
        read_session(ledger, begin_session(ledger, "reader-one", Role.READER, terms=LoginTerms(session_hours=-1)))
        is None
    )


def test_the_one_user_of_a_machine_has_no_account_to_protect(context):
    context = dataclasses.replace(context, token="of-the-machine")  # noqa: S106  # of this test
    who = client(context)
    who.get("/enter?token=of-the-machine")
    page = who.get("/account").text
    assert "there is no account to protect" in page
    answer = who.post("/account/second-factor", data={"csrf": csrf(page), "password": ""})
    assert answer.status_code == 401
