"""How one gets in and out: name, password and code; the company's login; the token of one person's machine; the second factor.

A session's cookie is sent along from our own pages only (SameSite=strict). A browser that comes back from a provider comes from
elsewhere: so that login ends on a page of ours that leads on, not in a redirect, which would arrive without the cookie.
"""

from __future__ import annotations

import hmac
import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from anyio import CapacityLimiter, to_thread
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from casebook.web.access.accounts import (
    Session,
    begin_session,
    end_session,
    end_sessions_of,
    is_password_of,
    log_in,
    read_session,
)
from casebook.web.access.company_accounts import LoginRefusedError, NoRoleError, ProviderDownError, admit
from casebook.web.access.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    count_recovery_codes,
    draw_enrolment,
    has_second_factor,
)
from casebook.web.application_context import ApplicationContext
from casebook.web.responses import FORM, Answer, Form, Page, Path_, is_from_here, one_field, read_form
from ledger.records import Account
from ledger.vocabulary import Role

COOKIE, DEPARTURE_COOKIE = "partnerproof_session", "partnerproof_departure"
DEPARTURE_S = 600
RETURN_PATH = "/login/company/return"
_MOST_LEADING_CHARS = 1_500  # of the page that a company login leads to: it goes along in a cookie
Act = Callable[[Request, Session, Form], Awaitable[Response]]


class Render(Protocol):
    """Makes a page of a template."""

    def __call__(self, template: str, code: int, **values: Any) -> HTMLResponse: ...


class LoginPages:
    """The pages before a session, and those of one's own account."""

    def __init__(self, context: ApplicationContext, render: Render) -> None:
        self.context, self._render = context, render
        self._checking = CapacityLimiter(1)  # passwords at once: each takes a core, and pages go on beside it
        self._waiting = CapacityLimiter(4)  # for the provider at once: when it hangs, pages go on beside it

    def routes(self) -> list[Route]:
        """What can be asked for without a session."""
        company = [
            Route("/login/company", self.depart, methods=["GET"]),
            Route(RETURN_PATH, self.arrive, methods=["GET"]),
        ]
        return [
            Route("/login", self.show_login, methods=["GET"]),
            Route("/login", self.log_in, methods=["POST"]),
            Route("/enter", self.enter, methods=["GET"]),
            *(company if self.context.company else []),
        ]

    def own_forms(self) -> dict[str, Act]:
        """Forms of a session about itself, also of one that must set up its second factor first."""
        return {
            "/logout": self._log_out,
            "/account/second-factor": self._begin_enrolment,
            "/account/second-factor/confirm": self._confirm_enrolment,
        }

    # --- name, password, code

    async def show_login(self, request: Request) -> Response:
        leads_to = local_path(request.query_params.get("next", ""))
        has_left = request.query_params.get("left", "") == "company" and self.context.company is not None
        return await self.render_login(200, carried=Carried(leads_to=leads_to), has_left=has_left, request=request)

    async def log_in(self, request: Request) -> Response:
        form = await read_form(request)
        account, password, code = (one_field(form, name) for name in ("account", "password", "code"))
        if not is_from_here(request) or not self.context.own_accounts:
            raise HTTPException(403)
        carried = Carried(leads_to=local_path(one_field(form, "next")), fields=one_field(form, "fields"))
        if (wait_s := self.context.logins.wait_s(account, _address(request))) > 0:
            answer = await self.render_login(429, problem=f"Too many tries. Wait {_in_words(wait_s)}.", carried=carried)
            answer.headers["Retry-After"] = str(math.ceil(wait_s))
            return answer
        token = await to_thread.run_sync(
            lambda: log_in(self.context.ledger, account, password, code, self.context.terms), limiter=self._checking
        )
        if token is None:
            words = "Name and password do not fit"
            problem = (
                f"{words}, or the code is not right or was used."
                if await run_in_threadpool(self._asks_code)
                else f"{words}."
            )
            return await self.render_login(401, problem=problem, carried=carried)
        self.context.logins.succeeded(account, _address(request))
        session = await run_in_threadpool(lambda: read_session(self.context.ledger, token))
        if carried.fields and session is not None and not session.must_enrol:
            page = self._render("carried.html", 200, session=session, action=carried.leads_to, fields=carried.read())
            return _set_cookie(request, token, page)
        return _set_cookie(request, token, RedirectResponse(carried.leads_to if not carried.fields else "/", 303))

    async def enter(self, request: Request) -> Response:
        """Enter with the token that `partnerproof serve --token` printed: for the one user of a machine."""
        given = request.query_params.get("token", "")
        if self.context.token is None or not hmac.compare_digest(given.encode(), self.context.token.encode()):
            raise HTTPException(403)
        token = await run_in_threadpool(
            lambda: begin_session(self.context.ledger, self.context.user, Role.ADMIN, terms=self.context.terms)
        )
        return _set_cookie(request, token, RedirectResponse("/", 303))

    async def render_login(
        self,
        code: int,
        *,
        problem: str | None = None,
        carried: Carried | None = None,
        has_left: bool = False,
        request: Request | None = None,
    ) -> HTMLResponse:
        """The login, with where it leads, and what a form holds that was sent without a session.

        has_left: somebody has just logged out whose session at the provider may go on.
        """
        carried, company = carried or Carried(leads_to="/"), self.context.company
        leads_to = carried.came_from if carried.fields else carried.leads_to
        company_address = "/login/company" if leads_to == "/" else f"/login/company?next={quote(leads_to, safe='')}"
        ends_at = (
            company.departure_for_good(_own_address(request, "/login")) if company and has_left and request else None
        )
        return self._render(
            "login.html",
            code,
            problem=problem,
            is_token=self.context.token is not None,
            carried=carried,
            company=company.settings.button if company else None,
            company_address=company_address,
            own_accounts=self.context.own_accounts,
            asks_code=await run_in_threadpool(self._asks_code),
            has_left=has_left,
            ends_at=ends_at,
        )

    async def ask_to_log_in(self, request: Request) -> Response:
        """The session has ended while somebody wrote: after the login what they wrote can be sent. Files have to be chosen again."""
        path: str = request.scope["path"]
        is_form = FORM in request.headers.get("content-type", "")
        if path in (*self.own_forms(), "/kept") or not is_form or not is_from_here(request):
            return RedirectResponse("/login", 303)
        form = await read_form(request)
        fields = json.dumps({name: values for name, values in form.items() if name != "csrf"}, ensure_ascii=False)
        return await self.render_login(
            401,
            problem="Your session has ended. What you wrote is kept: log in to go on.",
            carried=Carried(leads_to=path, fields=fields, came_from=came_from(request) or "/"),
        )

    def _asks_code(self) -> bool:
        """Whether the login has a field for codes: not on every machine somebody needs one."""
        has_any = "SELECT EXISTS (SELECT 1 FROM second_factors WHERE confirmed_at IS NOT NULL)"
        return bool(self.context.terms.second_factor_roles) or bool(self.context.ledger.value(has_any))

    # --- the company's login

    async def depart(self, request: Request) -> Response:
        """Lead a browser to the provider."""
        company = self.context.company
        if company is None:
            raise HTTPException(404)
        leads_to = local_path(request.query_params.get("next", ""))
        leads_to = leads_to if len(leads_to) <= _MOST_LEADING_CHARS else "/"
        returns_to = _own_address(request, RETURN_PATH)
        try:
            departure = await to_thread.run_sync(
                lambda: company.depart(returns_to=returns_to, leads_to=leads_to), limiter=self._waiting
            )
        except ProviderDownError as error:
            return await self._without_provider(error, leads_to)
        answer = RedirectResponse(departure.address, 303)
        answer.set_cookie(
            DEPARTURE_COOKIE, departure.cookie, max_age=DEPARTURE_S, httponly=True, samesite="lax",
            secure=request.url.scheme == "https", path="/login/company",
        )  # fmt: skip
        return answer

    async def arrive(self, request: Request) -> Response:
        """Take a browser in that comes back from the provider."""
        company = self.context.company
        if company is None:
            raise HTTPException(404)
        query, cookie = dict(request.query_params), request.cookies.get(DEPARTURE_COOKIE)
        try:
            arrival = await to_thread.run_sync(lambda: company.arrive(query, cookie), limiter=self._waiting)
            token = await run_in_threadpool(
                lambda: admit(self.context.ledger, self.context.log, arrival.person, self.context.terms)
            )
        except ProviderDownError as error:
            return await self._without_provider(error, "/")
        except LoginRefusedError as error:
            ends_at = company.departure_for_good(_own_address(request, "/login"))
            title = "You have no role here" if isinstance(error, NoRoleError) else "You are not logged in"
            answer = self._render(
                "not-admitted.html", 403, session=None, title=title, words=str(error), ends_at=ends_at
            )
        else:
            answer = self._render("arrived.html", 200, session=None, leads_to=arrival.leads_to)
            _set_cookie(request, token, answer)
        answer.delete_cookie(DEPARTURE_COOKIE, path="/login/company")
        return answer

    async def _without_provider(self, error: ProviderDownError, leads_to: str) -> Response:
        also = " Accounts of this application still work." if self.context.own_accounts else ""
        words = f"The company login could not be reached. Try again in a while.{also}"
        self.context.note_provider_failure(str(error))
        return await self.render_login(503, problem=words, carried=Carried(leads_to=leads_to))

    # --- one's own account

    async def _log_out(self, request: Request, session: Session, form: Form) -> Response:
        def end() -> bool:
            end_session(self.context.ledger, request.cookies.get(COOKIE))
            known = self.context.ledger.find(Account, account=session.account)
            return known is not None and known.is_company_account

        # not on to the provider at once: a policy of our pages lets forms lead nowhere else
        answer = RedirectResponse("/login?left=company" if await run_in_threadpool(end) else "/login", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    async def _begin_enrolment(self, request: Request, session: Session, form: Form) -> Response:
        """Show the secret of a new second factor to whoever knows the password, not to whoever found the session open."""
        if (wait_s := self.context.logins.wait_s(session.account, _address(request))) > 0:
            return await self._render_account(session, 429, problem=f"Too many tries. Wait {_in_words(wait_s)}.")
        password = one_field(form, "password")
        is_right = await to_thread.run_sync(
            lambda: is_password_of(self.context.ledger, session.account, password), limiter=self._checking
        )
        if not is_right:
            return await self._render_account(session, 401, problem="The password does not fit.")
        self.context.logins.succeeded(session.account, _address(request))
        secret = await run_in_threadpool(lambda: begin_enrolment(self.context.ledger, session.account))
        return self._render_enrolment(session, 200, secret)

    async def _confirm_enrolment(self, request: Request, session: Session, form: Form) -> Response:
        """Let the second factor count. Other sessions of the account end, and this one gets another token."""
        code = one_field(form, "code")

        def confirm() -> tuple[list[str], str] | None:
            ledger = self.context.ledger  # of the thread that this runs in
            codes = confirm_enrolment(ledger, session.account, code)
            if codes is None:
                return None
            end_sessions_of(ledger, session.account)
            return codes, begin_session(ledger, session.account, session.role, terms=self.context.terms)

        confirmed = await run_in_threadpool(confirm)
        if confirmed is None:
            return await self._render_account(
                session, 400, problem="The code is not right. Set the second factor up again, and see that the clock of the app is right."
            )  # fmt: skip
        codes, token = confirmed
        new = await run_in_threadpool(lambda: read_session(self.context.ledger, token))
        return _set_cookie(request, token, self._render("recovery-codes.html", 200, session=new, codes=codes))

    def _render_enrolment(self, session: Session, code: int, secret: str) -> HTMLResponse:
        drawn = Markup(draw_enrolment(session.account, secret))  # noqa: S704  # drawn here; the account's name is in its squares
        grouped = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
        return self._render("enrolment.html", code, session=session, drawn=drawn, secret=grouped)

    async def _render_account(self, session: Session, code: int, *, problem: str) -> HTMLResponse:
        values = await run_in_threadpool(lambda: _account_values(self.context, session))
        return self._render("account.html", code, session=session, problem=problem, **values)


def show_account(context: ApplicationContext, session: Session, path: Path_, query: Any) -> Answer:
    """Who one is here, and one's second factor."""
    return Answer(template="account.html", values={"problem": None, **_account_values(context, session)})


ACCOUNT_PAGES = {"/account": Page(role=Role.READER, make=show_account)}


def _account_values(context: ApplicationContext, session: Session) -> dict[str, Any]:
    ledger = context.ledger
    return {
        "known": ledger.find(Account, account=session.account),
        "has_factor": has_second_factor(ledger, session.account),
        "recovery_codes": count_recovery_codes(ledger, session.account),
        "is_needed": session.role in context.terms.second_factor_roles,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a login goes on to: a page, or a form that was sent without a session.

    fields: its fields as JSON, names to lists of texts; came_from: the page that it stands on.
    """

    leads_to: str
    fields: str = ""
    came_from: str = "/"

    def read(self) -> dict[str, list[str]]:
        """The fields; none where they are not what we wrote."""
        try:
            read = json.loads(self.fields)
        except (ValueError, RecursionError):
            return {}
        if not isinstance(read, dict):
            return {}
        return {
            name: [str(text) for text in texts]
            for name, texts in read.items()
            if isinstance(texts, list) and name != "csrf"
        }


def local_path(path: str) -> str:
    """An address of ours, or the queue's: a login leads nowhere else."""
    is_ours = re.fullmatch(r"/(?![/\\])[^\x00-\x20\\]{0,2000}", path) and not path.startswith(
        ("/login", "/logout", "/enter")
    )
    return path if is_ours else "/"


def came_from(request: Request) -> str | None:
    """The page of ours from which a form was sent; None: not from one."""
    try:
        referer = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    if request.method != "POST" or referer.netloc != request.headers.get("host") or not referer.path.startswith("/"):
        return None
    return urlunsplit(("", "", f"/{referer.path.lstrip('/')}", referer.query, ""))


def _own_address(request: Request, path: str) -> str:
    """An address of ours as browsers ask for it; its host is one that was let in."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}{path}"


def _address(request: Request) -> str:
    return request.client.host if request.client else "?"


def _in_words(seconds: float) -> str:
    return f"{math.ceil(seconds / 60)} minutes" if seconds > 100 else f"{math.ceil(seconds)} seconds"


def _set_cookie(request: Request, token: str, answer: Response) -> Response:
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/")
    return answer
