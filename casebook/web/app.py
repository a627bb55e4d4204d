"""The routes of the review application, and what stands between them and a stranger.

1. Every answer carries a policy that lets a page load nothing but our own files.
2. Every route names the least role that may ask for it; without a session it leads to the login.
3. Whatever writes is a form with the session's own secret, sent from our own pages.
4. Pages are made on the server and can be read and used without JavaScript; the script adds keys.
"""

from __future__ import annotations

import hmac
import json
import logging
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from casebook.cases.decisions import CaseChangedError
from casebook.cases.follow_up import MAX_FILE_BYTES
from casebook.files.styles import STYLES
from casebook.web.access.accounts import Session, begin_session, end_session, log_in, read_session
from casebook.web.access.known_hosts import KnownHosts
from casebook.web.application_context import STATIC, ApplicationContext, make_environment
from casebook.web.faults import LOG_NAME, FaultLog
from casebook.web.kept_texts import forget_text
from casebook.web.letter_pages import UPLOADS
from casebook.web.pages import PAGES, POSTS, show_what_changed
from casebook.web.responses import (
    FORM,
    MAX_FORM_BYTES,
    MAX_UPLOAD_BYTES,
    POLICY,
    Answer,
    Form,
    NotThereError,
    Page,
    Post,
    Upload,
    explain_refusal,
    is_from_here,
    one_field,
    read_files,
    read_form,
)
from casebook.web.sent_forms import carry_out_once
from ledger.errors import BadInputError, EvidenceBrokenError, PartnerproofError
from ledger.vocabulary import Role

logger = logging.getLogger(__name__)
COOKIE = "partnerproof_session"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STATIC_FILES = {
    "tokens.css": (STYLES / "tokens.css", "text/css"),  # cases look as dossiers do
    "components.css": (STYLES / "components.css", "text/css"),
    "app.css": (STATIC / "app.css", "text/css"),
    "charts.css": (STATIC / "charts.css", "text/css"),
    "app.js": (STATIC / "app.js", "text/javascript"),
    "mark.svg": (STATIC / "mark.svg", "image/svg+xml"),
}
Act = Callable[[Request, Session, Form], Awaitable[Response]]


class ReviewApp:
    """The application over one context."""

    def __init__(self, context: ApplicationContext) -> None:
        self.context = context
        self.environment = make_environment()
        self._faults = FaultLog(context.database.parent)
        self._checking = CapacityLimiter(1)  # passwords at once: each takes a core, and pages go on beside it

    def routes(self) -> list[Route]:
        """Return all routes; tests walk over them role by role."""
        return [
            Route("/static/{name}", self.static),
            Route("/favicon.ico", self.no_icon),
            Route("/login", self.show_login, methods=["GET"]),
            Route("/login", self.log_in, methods=["POST"]),
            Route("/enter", self.enter, methods=["GET"]),
            Route("/logout", self._posting(Role.READER, self._log_out), methods=["POST"]),
            *(Route(path, self._reading(page), methods=["GET"]) for path, page in PAGES.items()),
            *(
                Route(path, self._posting(role, self._carrying_out(post)), methods=["POST"])
                for path, (role, post) in POSTS.items()
            ),
            *(
                Route(path, self._posting(role, self._taking_in(upload), most_bytes=MAX_UPLOAD_BYTES), methods=["POST"])
                for path, (role, upload) in UPLOADS.items()
            ),
        ]

    # --- without a session

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC_FILES:
            raise HTTPException(404)
        path, kind = _STATIC_FILES[name]
        return FileResponse(path, media_type=kind)

    async def no_icon(self, request: Request) -> Response:
        return Response(status_code=204)

    async def show_login(self, request: Request) -> Response:
        return self._render_login(200, leads_to=_local_path(request.query_params.get("next", "")))

    async def log_in(self, request: Request) -> Response:
        form = await read_form(request)
        account, password = one_field(form, "account"), one_field(form, "password")
        address = request.client.host if request.client else "?"
        if not is_from_here(request):
            raise HTTPException(403)
        carried = _Carried(leads_to=_local_path(one_field(form, "next")), fields=one_field(form, "fields"))
        if wait_s := self.context.logins.wait_s(account, address):
            answer = self._render_login(429, problem=f"Too many tries. Wait {_in_words(wait_s)}.", carried=carried)
            answer.headers["Retry-After"] = str(math.ceil(wait_s))
            return answer
        token = await to_thread.run_sync(lambda: log_in(self.context.ledger, account, password), limiter=self._checking)
        if token is None:
            return self._render_login(401, problem="Name and password do not fit.", carried=carried)
        self.context.logins.succeeded(account, address)
        if carried.fields:
            session = await run_in_threadpool(lambda: read_session(self.context.ledger, token))
            page = self._render("carried.html", 200, session=session, action=carried.leads_to, fields=carried.read())
            return self._set_cookie(request, token, page)
        return self._with_cookie(request, token, carried.leads_to)

    async def enter(self, request: Request) -> Response:
        """Enter with the token that `partnerproof serve --token` printed: for the one user of a machine."""
        given = request.query_params.get("token", "")
        if self.context.token is None or not hmac.compare_digest(given.encode(), self.context.token.encode()):
            raise HTTPException(403)
        token = await run_in_threadpool(lambda: begin_session(self.context.ledger, self.context.user, Role.ADMIN))
        return self._with_cookie(request, token)

    def _render_login(
        self, code: int, *, problem: str | None = None, carried: _Carried | None = None, leads_to: str = "/"
    ) -> HTMLResponse:
        """The login, with where it leads, and what a form holds that was sent without a session."""
        return self._render(
            "login.html",
            code,
            problem=problem,
            is_token=self.context.token is not None,
            carried=carried or _Carried(leads_to=leads_to),
        )

    def _with_cookie(self, request: Request, token: str, leads_to: str = "/") -> Response:
        return self._set_cookie(request, token, RedirectResponse(leads_to, 303))

    def _set_cookie(self, request: Request, token: str, answer: Response) -> Response:
        answer.set_cookie(
            COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
        )
        return answer

    # --- with a session

    def _reading(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            session = await self._session(request)
            if session is None:
                query = request.scope["query_string"].decode("latin-1")  # what comes need not be UTF-8
                here = urlunsplit(("", "", request.scope["path"], query, ""))
                return RedirectResponse("/login" if here == "/" else f"/login?next={quote(here, safe='')}", 303)
            if not session.may(page.role):
                raise HTTPException(403)
            return await run_in_threadpool(
                lambda: self._answer(
                    session, page.make(self.context, session, request.path_params, request.query_params)
                )
            )

        return answer

    def _posting(
        self, role: Role, act: Act, most_bytes: int = MAX_FORM_BYTES
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            session = await self._session(request)
            try:
                if session is None:
                    return await self._ask_to_log_in(request)
                form = await read_form(request, most_bytes)
                if not is_from_here(request) or not hmac.compare_digest(
                    one_field(form, "csrf").encode(), session.csrf.encode()
                ):
                    raise HTTPException(403, "the form was not sent from a page of this session: load the page again")
                if not session.may(role):
                    raise HTTPException(403)
                return await act(request, session, form)
            finally:
                await request.close()  # files that came with it

        return answer

    async def _ask_to_log_in(self, request: Request) -> Response:
        """The session has ended while somebody wrote: after the login what they wrote can be sent. Files have to be chosen again."""
        path: str = request.scope["path"]
        is_form = FORM in request.headers.get("content-type", "")
        if path in ("/logout", "/kept") or not is_form or not is_from_here(request):
            return RedirectResponse("/login", 303)
        form = await read_form(request)
        fields = json.dumps({name: values for name, values in form.items() if name != "csrf"}, ensure_ascii=False)
        return self._render_login(
            401,
            problem="Your session has ended. What you wrote is kept: log in to go on.",
            carried=_Carried(leads_to=path, fields=fields),
        )

    def _carrying_out(self, post: Post) -> Act:
        async def act(request: Request, session: Session, form: Form) -> Response:
            made = await run_in_threadpool(
                lambda: self._once(session, form, lambda: post(self.context, session, request.path_params, form))
            )
            result = self._answer(session, made)
            if made.afterwards is not None:
                result.background = made.afterwards
            return result

        return act

    def _taking_in(self, upload: Upload) -> Act:
        async def act(request: Request, session: Session, form: Form) -> Response:
            files = await read_files(request)
            made = await run_in_threadpool(
                lambda: self._once(
                    session, form, lambda: upload(self.context, session, request.path_params, form, files)
                )
            )
            return self._answer(session, made)

        return act

    def _once(self, session: Session, form: Form, act: Callable[[], Answer]) -> Answer:
        """What a form does, however often it is sent; once it is done, what was typed into it need not be kept."""
        ledger, kept = self.context.ledger, one_field(form, "keep")
        try:
            made = carry_out_once(ledger, session.account, form, act)
        except CaseChangedError as error:
            return show_what_changed(self.context, session, form, error)
        if kept and made.leads_to is not None:
            forget_text(ledger, session.account, kept)
        return made

    async def _log_out(self, request: Request, session: Session, form: Form) -> Response:
        await run_in_threadpool(lambda: end_session(self.context.ledger, request.cookies.get(COOKIE)))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    async def _session(self, request: Request) -> Session | None:
        token = request.cookies.get(COOKIE)
        return await run_in_threadpool(lambda: read_session(self.context.ledger, token))

    def _answer(self, session: Session, made: Answer) -> Response:
        if made.response is not None:
            return made.response
        if made.file is not None:
            return FileResponse(made.file, media_type="image/png", headers={"Cache-Control": "private, max-age=600"})
        if made.png is not None:
            return Response(made.png, media_type="image/png", headers={"Cache-Control": "private, max-age=600"})
        if made.download is not None:
            named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.download.name, safe='')}"}
            return Response(made.download.content, media_type=made.download.content_type, headers=named)
        if made.leads_to is not None:
            return RedirectResponse(made.leads_to, 303)
        page = self._render(made.template, made.status, session=session, **made.values)
        if made.policy is not None:
            page.headers["Content-Security-Policy"] = made.policy
        return page

    def _render(self, template: str, code: int, **values: Any) -> HTMLResponse:
        return HTMLResponse(self.environment.get_template(template).render(**values), code)

    # --- what goes wrong

    async def refuse(self, request: Request, error: Exception) -> Response:
        status, words = _words_of(error)
        session = await self._session(request)
        return self._render(
            "problem.html", status, session=session, words=words, status=status, back=_came_from(request)
        )

    async def fail(self, request: Request, error: Exception) -> Response:
        """Answer what nobody foresaw. It asks nothing of the database, which may be what failed."""
        route = request.scope.get("route")
        path = getattr(route, "path", "no route")
        number = await run_in_threadpool(lambda: self._faults.note(request.method, path, error))
        is_form = request.method not in ("GET", "HEAD")
        answer = self._render("fault.html", 500, session=None, is_form=is_form, number=number, log_name=LOG_NAME)
        answer.headers.update(_HEADERS)  # nothing that stands before the routes sees this answer
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carried:
    """What a login goes on to: a page, or a form that was sent without a session. fields: its fields as JSON, names to lists of texts."""

    leads_to: str
    fields: str = ""

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


def _in_words(seconds: float) -> str:
    return f"{math.ceil(seconds / 60)} minutes" if seconds > 100 else f"{math.ceil(seconds)} seconds"


def _local_path(path: str) -> str:
    """An address of ours, or the queue's: a login leads nowhere else."""
    is_ours = re.fullmatch(r"/(?![/\\])[^\x00-\x20\\]{0,2000}", path) and not path.startswith(
        ("/login", "/logout", "/enter")
    )
    return path if is_ours else "/"


def _came_from(request: Request) -> str | None:
    """The page of ours from which a form was sent; None: not from one."""
    try:
        referer = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    if request.method != "POST" or referer.netloc != request.headers.get("host") or not referer.path.startswith("/"):
        return None
    return urlunsplit(("", "", f"/{referer.path.lstrip('/')}", referer.query, ""))


def _words_of(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        messages = {
            403: "You may not do this.",
            404: "There is nothing here.",
            405: "This address is asked in another way.",
            413: f"It is too large: a file may have {MAX_FILE_BYTES // 1_000_000} MB, all words of a form 1 MB.",
        }
        reason = error.detail if error.status_code == 403 and error.detail != "Forbidden" else ""
        return error.status_code, reason or messages.get(error.status_code, "This could not be answered.")
    if isinstance(error, NotThereError):
        return 404, "There is nothing here."
    if isinstance(error, BadInputError):
        return 400, explain_refusal(error)
    if isinstance(error, EvidenceBrokenError):
        return 500, str(error)
    return (503 if isinstance(error, PartnerproofError) and error.exit_code == 3 else 409), str(error)


def make_app(context: ApplicationContext) -> Starlette:
    """Return the application as an ASGI server runs it."""
    review = ReviewApp(context)
    return Starlette(
        routes=review.routes(),
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_guard), Middleware(KnownHosts, hosts=context.hosts)],
        exception_handlers={
            HTTPException: review.refuse,
            PartnerproofError: review.refuse,
            NotThereError: review.refuse,
            Exception: review.fail,
        },
    )


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await call_next(request)
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
