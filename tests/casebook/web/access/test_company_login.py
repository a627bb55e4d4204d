"""A company's login: the whole way over a real provider's HTTP, and every way in which somebody else's answer opens nothing.

Tests: casebook/web/access/provider.py, casebook/web/access/company_accounts.py, casebook/web/access/login_pages.py,
casebook/web/access/bounded_transport.py.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from casebook.cases.decisions import approve
from casebook.web.access import bounded_transport, provider
from casebook.web.access.company_accounts import Identity, name_account
from casebook.web.access.login_pages import COOKIE, DEPARTURE_COOKIE
from casebook.web.access.provider import Provider, ProviderSettings, role_of
from casebook.web.application_context import ApplicationContext
from ledger.errors import BadInputError
from ledger.records import Account
from ledger.vocabulary import Role
from tests.casebook.web.contexts import PASSWORD, case_of, client, csrf, make_context, ticks
from tests.oidc_provider import CLIENT, SECRET, OidcProvider

ROLES = {"staff": Role.READER, "brand": Role.REVIEWER, "legal": Role.APPROVER}


@pytest.fixture(scope="module")
def company() -> Iterator[OidcProvider]:
    made = OidcProvider().start()
    yield made
    made.close()


@pytest.fixture
def idp(company: OidcProvider) -> OidcProvider:
    """The provider, as good as new."""
    fresh = OidcProvider(key=company.key)
    for each in ("person", "change", "sign", "description", "userinfo", "more_keys", "asked", "codes"):
        setattr(company, each, getattr(fresh, each))
    return company


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ApplicationContext:
    return make_context(tmp_path_factory.mktemp("context"), four_eyes=True)


@pytest.fixture
def context(base: ApplicationContext, idp: OidcProvider) -> ApplicationContext:
    base.ledger.execute("DELETE FROM sessions")
    base.ledger.execute("DELETE FROM accounts WHERE issuer IS NOT NULL")
    return dataclasses.replace(base, company=Provider(settings(idp)))


def settings(idp: OidcProvider, **more: Any) -> ProviderSettings:
    return ProviderSettings(
        **{"issuer": idp.issuer, "client_id": CLIENT, "client_secret": SECRET, "roles": ROLES, **more}
    )


def depart(who: TestClient, leads_to: str = "") -> str:
    answer = who.get("/login/company", params={"next": leads_to} if leads_to else {})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_in(context: ApplicationContext, idp: OidcProvider, leads_to: str = "") -> tuple[TestClient, Any]:
    who = client(context)
    return who, who.get(idp.log_in(depart(who, leads_to)))


def accounts(context: ApplicationContext) -> list[Account]:
    return context.ledger.select(Account, "SELECT * FROM accounts WHERE issuer IS NOT NULL ORDER BY account")


def test_the_whole_way_in_and_out(context, idp):
    assert "Company login" in client(context).get("/login").text
    who, answer = come_in(context, idp, leads_to="/help?x=1")
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/help?x=1">' in answer.text
    page = who.get("/help").text
    name = f"ann ({idp.issuer.removeprefix('http://')})"
    assert f"<bdi>{name}</bdi>, approver" in page
    assert (
        "with your company&#39;s login" in who.get("/account").text
        or "your company's login" in who.get("/account").text
    )
    (account,) = accounts(context)
    assert (account.account, account.issuer, account.subject) == (name, idp.issuer, "u-1")
    assert (account.role, account.password_hash) == (Role.APPROVER, None)
    out = who.post("/logout", data={"csrf": csrf(page)})
    assert out.headers["location"] == "/login?left=company"
    left = who.get("/login?left=company").text
    assert f"{idp.issuer}/leave?client_id={CLIENT}&amp;post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Flogin" in left
    assert who.get("/help").status_code == 303


def test_what_goes_to_the_provider_and_what_stays(context, idp):
    who = client(context)
    answer = who.get("/login/company")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["scope"] == ["openid profile"]
    assert query["redirect_uri"] == ["http://testserver/login/company/return"]
    assert len(query["state"][0]) == len(query["nonce"][0]) == 32
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/login/company" in cookie
    assert query["state"][0] not in cookie
    assert "nonce" not in cookie
    over_tls = client(context).get("https://testserver/login/company").headers["set-cookie"]
    assert "Secure" in over_tls


def test_the_session_is_a_new_one_and_comes_with_a_strict_cookie(context, idp):
    who = client(context)
    who.cookies.set(COOKIE, "planted")
    answer = who.get(idp.log_in(depart(who)))
    cookies = answer.headers.get_list("set-cookie")
    assert any(c.startswith(f"{COOKIE}=") and "SameSite=strict" in c and "planted" not in c for c in cookies)
    assert any(c.startswith(f'{DEPARTURE_COOKIE}=""') for c in cookies)


def _set(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update(values)


def _without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.pop(name) and None


WRONG = {
    "another nonce": _set(nonce="somebody-elses"),
    "no nonce": _without("nonce"),
    "another audience": _set(aud="another-application"),
    "two audiences, for another party": _set(aud=[CLIENT, "another"], azp="another"),
    "two audiences, for nobody": _set(aud=[CLIENT, "another"]),
    "no audience": _without("aud"),
    "expired": lambda claims: claims.update(exp=int(time.time()) - 120),
    "never expires": _without("exp"),
    "not a time": _set(exp="tomorrow"),
    "of the future": lambda claims: claims.update(iat=int(time.time()) + 600),
    "foreign issuer": _set(iss="https://evil.example"),
    "no issuer": _without("iss"),
    "no subject": _without("sub"),
    "an empty subject": _set(sub=""),
    "a number as subject": _set(sub=1),
    "a very long subject": _set(sub="x" * 256),
    "for another access token": _set(at_hash="77QmUPtjPfzWtF2AnpK9RQ"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_an_id_token_that_is_not_for_this_login_opens_nothing(context, idp, wrong):
    idp.change = WRONG[wrong]
    who, answer = come_in(context, idp)
    assert answer.status_code == 403
    assert "ID token is not valid" in answer.text
    assert who.get("/help").status_code == 303
    assert accounts(context) == []


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _hand_made(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None = None) -> str:
    signed = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{signed}.{_b64(hmac.digest(secret, signed.encode(), hashlib.sha256)) if secret else ''}"


def forgeries(idp: OidcProvider) -> dict[str, Callable[[dict[str, Any]], str]]:
    other = RSAKey.generate_key(2048, {"kid": "first"})
    own = OidcProvider(key=other)
    return {
        "no signature": lambda claims: _hand_made({"alg": "none"}, claims),
        "no signature, spelt otherwise": lambda claims: _hand_made({"alg": "NoNe", "kid": "first"}, claims),
        "the public key as a shared secret": lambda claims: _hand_made({"alg": "HS256", "kid": "first"}, claims, idp.public_pem()),
        "the client's secret": lambda claims: _hand_made({"alg": "HS256"}, claims, SECRET.encode()),
        "a shared secret among the keys": lambda claims: _hand_made({"alg": "HS256", "kid": "shared"}, claims, b"known to all, long enough for it"),
        "another key of the same name": own.sign_well,
        "a key that it brings along": lambda claims: _with_own_key(other, claims),
        "changed afterwards": lambda claims: _changed(idp.sign_well(claims)),
        "not a token": lambda claims: "not.a.token",
        "nothing": lambda claims: "",
    }  # fmt: skip


def _with_own_key(key: RSAKey, claims: dict[str, Any]) -> str:
    from joserfc import jws

    header = {"alg": "RS256", "kid": "mine", "jwk": key.as_dict(private=False)}
    return jws.serialize_compact(header, json.dumps(claims).encode(), key)


def _changed(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==="))
    return f"{head}.{_b64(json.dumps({**claims, 'sub': 'u-2'}).encode())}.{signature}"


def test_a_forged_id_token_opens_nothing(context, idp):
    idp.more_keys = [{"kty": "oct", "kid": "shared", "k": _b64(b"known to all, long enough for it")}]
    admitted = []
    for name, sign in forgeries(idp).items():
        idp.sign = sign
        who, answer = come_in(context, idp)
        if answer.status_code != 403 or who.get("/help").status_code != 303:
            admitted.append(name)
    assert admitted == []
    assert accounts(context) == []


def test_keys_that_were_changed_are_read_anew_but_not_for_every_token(context, idp, monkeypatch):
    come_in(context, idp)
    old, idp.key = idp.key, RSAKey.generate_key(2048, {"kid": "second"})
    try:
        assert come_in(context, idp)[1].status_code == 403  # read a moment ago
        assert idp.asked.count("/keys") == 1
        monkeypatch.setattr(provider, "KEYS_AGAIN_S", 0)
        assert come_in(context, idp)[1].status_code == 200
        assert idp.asked.count("/keys") == 2
    finally:
        idp.key = old


def test_an_answer_is_good_once_and_in_its_own_browser(context, idp):
    who, other = client(context), client(context)
    back = idp.log_in(depart(who))
    departure = who.cookies[DEPARTURE_COOKIE]
    assert "was not begun in this browser" in other.get(back).text  # without the cookie
    depart(other)
    assert "belongs to another login" in other.get(back).text  # a code of another session put into this one
    assert who.get(back).status_code == 200
    again = client(context)
    again.cookies.set(DEPARTURE_COOKIE, departure, domain="testserver.local", path="/login/company")
    answer = again.get(back)
    assert (answer.status_code, "was used before" in answer.text) == (403, True)
    assert again.get("/help").status_code == 303


def test_a_code_of_another_session_does_not_fit_to_this_state(context, idp):
    attacker, victim = client(context), client(context)
    stolen = dict(parse_qs(urlsplit(idp.log_in(depart(attacker))).query))["code"][0]
    state = parse_qs(urlsplit(depart(victim)).query)["state"][0]
    answer = victim.get("/login/company/return", params={"code": stolen, "state": state})
    assert answer.status_code == 403
    assert "invalid_grant" in answer.text  # the code verifier is another
    assert victim.get("/help").status_code == 303


def test_an_attempt_ends_after_minutes(context, idp, monkeypatch):
    who = client(context)
    back = idp.log_in(depart(who))
    monkeypatch.setattr(provider, "ATTEMPT_S", -1)
    assert who.get(back).status_code == 403


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"error": "access_denied"}, "access_denied"), ({"error": "<script>alert(1)</script>"}, "scriptalert1/script"), ({"code": ""}, "no code"),
        ({"code": "x", "iss": "https://evil.example"}, "another provider"), ({"code": "made up"}, "invalid_grant"),
    ],
)  # fmt: skip
def test_other_answers_are_told_in_words(context, query, words):
    who = client(context)
    state = parse_qs(urlsplit(depart(who)).query)["state"][0]
    answer = who.get("/login/company/return", params={"state": state, **query})
    assert answer.status_code == 403
    assert words in answer.text
    assert "<script>alert" not in answer.text


def test_a_provider_that_says_whose_its_answers_are_is_held_to_it(context, idp):
    idp.description = {"authorization_response_iss_parameter_supported": True}
    who = client(context)
    back = idp.log_in(depart(who))
    assert "does not say which provider" in who.get(back).text
    assert who.get(f"{idp.log_in(depart(who))}&iss={idp.issuer}").status_code == 200


@pytest.mark.parametrize(
    "leads_to",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "/login/company",
        "/enter?token=x",
        "/" + "x" * 1_900,
    ],
)
def test_a_login_leads_to_pages_of_ours_alone(context, idp, leads_to):
    answer = come_in(context, idp, leads_to=leads_to)[1]
    assert 'content="0;url=/"' in answer.text


def test_who_has_no_role_is_told_and_gets_no_account(context, idp):
    idp.person["groups"] = ["gardeners"]
    who, answer = come_in(context, idp)
    assert answer.status_code == 403
    assert "You have no role here" in answer.text
    assert "Ask whoever runs partnerproof" in answer.text
    assert (accounts(context), who.get("/help").status_code) == ([], 303)


def test_a_role_that_was_taken_away_is_gone_and_ends_the_sessions(context, idp):
    first, _ = come_in(context, idp)
    idp.person["groups"] = ["brand"]
    second, _ = come_in(context, idp)
    assert "reviewer</a>" in second.get("/help").text
    assert first.get("/help").status_code == 303
    idp.person["groups"] = []
    _, answer = come_in(context, idp)
    assert "You have no role here" in answer.text
    assert second.get("/help").status_code == 303


def test_a_closed_account_stays_closed_whatever_the_provider_says(context, idp):
    come_in(context, idp)
    context.ledger.update(Account, {"is_active": False}, subject="u-1")
    assert "was closed here" in come_in(context, idp)[1].text


def test_nobody_takes_over_an_account_of_the_same_name(context, idp):
    for subject in ("u-1", "u-2"):
        idp.person = {"sub": subject, "preferred_username": "admin-one", "groups": ["legal"]}
        come_in(context, idp)
    host = idp.issuer.removeprefix("http://")
    assert [account.account for account in accounts(context)] == [f"admin-one ({host})", f"admin-one 2 ({host})"]
    own = context.ledger.find(Account, account="admin-one")
    assert own is not None
    assert (own.role, own.issuer) == (Role.ADMIN, None)
    assert client(context, "admin-one").get("/log").status_code == 200
    for name in (f"admin-one ({host})", "admin-one"):
        answer = client(context).post("/login", data={"account": name, "password": "a wrong password"})
        assert answer.status_code == 401
    idp.person = {"sub": "u-1", "preferred_username": "renamed", "groups": ["legal"]}
    who, _ = come_in(context, idp)
    assert f"admin-one ({host})" in who.get("/help").text  # the name of what they did before


def test_a_company_account_has_no_password(context, idp):
    come_in(context, idp)
    (account,) = accounts(context)
    for password in ("", PASSWORD):
        assert (
            client(context).post("/login", data={"account": account.account, "password": password}).status_code == 401
        )


def test_four_eyes_are_those_of_two_people(context, idp):
    """Also where one person may have an account of each kind: of the same name it counts as the same person."""
    idp.person["preferred_username"] = "reviewer-one"
    own, (company, _) = client(context, "reviewer-one"), come_in(context, idp)
    tick = ticks(context, "mill.example")
    own.post("/decide", data={"csrf": csrf(own.get("/help").text), "case": tick, "decision": "confirmed:no-agreement"})
    answer = company.post(
        "/approve",
        data={"csrf": csrf(company.get("/help").text), "case": ticks(context, "mill.example"), "approval": "approve"},
    )
    assert answer.status_code == 400
    idp.person = {"sub": "u-9", "preferred_username": "cora", "groups": ["legal"]}
    cora, _ = come_in(context, idp)
    cora.post(
        "/approve",
        data={"csrf": csrf(cora.get("/help").text), "case": ticks(context, "mill.example"), "approval": "approve"},
    )
    case = case_of(context, "mill.example")
    assert case.state == "confirmed"
    entry = context.log.entries()[-1]
    assert entry["by"] == f"cora ({idp.issuer.removeprefix('http://')})"
    with pytest.raises(BadInputError):
        approve(
            context.ledger, context.log, case.case_id, seen=case.last_event_id, by="x", is_approved=True, comment=""
        )


def test_without_the_provider_own_accounts_still_work(context, caplog):
    down = dataclasses.replace(
        context, company=Provider(dataclasses.replace(context.company.settings, issuer="http://127.0.0.1:9"))
    )
    answer = client(down).get("/login/company")
    assert answer.status_code == 503
    assert "could not be reached" in answer.text
    assert "Accounts of this application still work" in answer.text
    assert "127.0.0.1:9" in caplog.text
    assert client(down, "reader-one").get("/help").status_code == 200


def test_a_provider_that_failed_a_moment_ago_is_not_waited_for(context, idp, monkeypatch):
    idp.description = {"issuer": "https://evil.example"}
    assert [client(context).get("/login/company").status_code for _ in range(3)] == [503] * 3
    assert len(idp.asked) == 1
    idp.description = {}
    monkeypatch.setattr(provider, "FAILED_S", 0)
    fresh = dataclasses.replace(context, company=Provider(settings(idp)))
    assert come_in(fresh, idp)[1].status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"state=%ff%00&code=%fe",
        b"state=&state=&code=x",
        b"code=" + b"x" * 5_000,
        b"error=%0d%0aSet-Cookie:x=1",
        b"iss=%f0%9f",
    ],
)
@pytest.mark.parametrize("cookie", [None, "gAAAAAB", "\x80"])
def test_strange_answers_open_nothing_and_break_nothing(context, query, cookie):
    who = client(context)
    headers = [] if cookie is None else [(b"cookie", f"{DEPARTURE_COOKIE}={cookie}".encode("latin-1"))]
    for own in (False, True):
        if own:
            depart(who)
            headers = []
        answer = who.get(f"/login/company/return?{query.decode()}", headers=headers)
        assert (answer.status_code, who.get("/help").status_code) == (403, 303)


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ({"issuer": "https://evil.example"}, "expected a provider that calls itself so"),
        ({"issuer": None}, "expected a provider that calls itself so"),
        ({"token_endpoint": "http://127.0.0.1:1/token"}, "its token_endpoint is expected on"),
        ({"jwks_uri": "file:///etc/passwd"}, "its jwks_uri is expected on"),
        ({"authorization_endpoint": "https://evil.example/authorize"}, "its authorization_endpoint is expected on"),
        ({"end_session_endpoint": "javascript:alert(1)"}, "its end_session_endpoint is expected on"),
        ({"token_endpoint": None}, "its token_endpoint is expected on"),
        ({"token_endpoint": ["x"]}, "its token_endpoint is expected on"),
    ],
)
def test_a_description_that_leads_elsewhere_is_refused(context, idp, caplog, description, words):
    idp.description = description
    assert client(context).get("/login/company").status_code == 503
    assert words in caplog.text


def test_hosts_that_are_named_are_asked(context, idp):
    idp.description = {"authorization_endpoint": "http://login.acme.example/authorize"}
    named = Provider(settings(idp, hosts=frozenset({"login.acme.example"})))
    assert named.depart(returns_to="http://testserver/", leads_to="/").address.startswith(
        "http://login.acme.example/authorize?"
    )


@pytest.mark.parametrize(("name", "value"), [("MOST_ANSWER_BYTES", 100), ("ANSWER_S", -1.0)])
def test_an_answer_without_an_end_is_ended(context, monkeypatch, name, value):
    monkeypatch.setattr(bounded_transport, name, value)
    assert client(context).get("/login/company").status_code == 503


def test_roles_that_only_the_userinfo_tells(context, idp):
    idp.person = {"sub": "u-1"}
    idp.userinfo = {"sub": "u-1", "preferred_username": "ann", "groups": ["brand"]}
    who, answer = come_in(context, idp)
    assert answer.status_code == 200
    assert "<bdi>ann (" in who.get("/help").text
    idp.userinfo["sub"] = "u-2"
    assert "spoke of two people" in come_in(context, idp)[1].text


def test_where_names_and_passwords_open_nothing(context):
    alone = dataclasses.replace(context, own_accounts=False)
    page = client(alone).get("/login").text
    assert "Company login" in page
    assert "password" not in page.lower()
    assert client(alone).post("/login", data={"account": "admin-one", "password": PASSWORD}).status_code == 403


def test_a_form_whose_session_ended_leads_back_to_its_page(context):
    headers = {"Referer": "http://testserver/cases/abc", "Host": "testserver"}
    page = client(context).post("/comment", data={"csrf": "x", "comment": "seen"}, headers=headers)
    assert page.status_code == 401
    assert 'href="/login/company?next=%2Fcases%2Fabc"' in page.text


@pytest.mark.parametrize(
    ("claims", "path", "role"),
    [
        ({"groups": ["staff", "legal"]}, "groups", Role.APPROVER), ({"groups": "brand"}, "groups", Role.REVIEWER), ({"groups": "brand legal"}, "groups", None),
        ({"realm_access": {"roles": ["staff"]}}, "realm_access.roles", Role.READER), ({"realm_access.roles": ["brand"]}, "realm_access.roles", Role.REVIEWER),
        ({"https://acme.example/roles": ["legal"]}, "https://acme.example/roles", Role.APPROVER), ({}, "groups", None), ({"groups": {"legal": 1}}, "groups", None),
        ({"groups": [["legal"], 1, None]}, "groups", None), ({"groups": ["LEGAL"]}, "groups", None), ({"a": "x"}, "a.b.c", None),
    ],
)  # fmt: skip
def test_what_claims_stand_for(idp, claims, path, role):
    assert role_of(claims, settings(idp, role_claim=path)) is role


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("ann", "ann (id.acme.example/realms/staff)"), ("Ann O'Hara", "Ann O'Hara (id.acme.example/realms/staff)"), ("ann@acme.example", "ann@acme.example (id.acme.example/realms/staff)"),
        ("ann (evil.example)", "ann evil.example (id.acme.example/realms/staff)"), ("a\u202en\nn", "ann (id.acme.example/realms/staff)"), ("安娜", "安娜 (id.acme.example/realms/staff)"),
        ("", f"person {hashlib.sha256(b'u-1').hexdigest()[:12]} (id.acme.example/realms/staff)"), ("x" * 500, f"{'x' * 60} (id.acme.example/realms/staff)"),
    ],
)  # fmt: skip
def test_names_say_who_vouches_for_them(name, account):
    person = Identity(issuer="https://id.acme.example/realms/staff/", subject="u-1", name=name, role=None)
    assert name_account(person) == account
