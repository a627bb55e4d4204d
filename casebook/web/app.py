"""The routes of the review application, and what stands between them and a stranger.

1. Every answer carries a policy that lets a page load nothing but our own files.
2. Every route names the least role that may ask for it; without a session it leads to the login.
3. Whatever writes is a form with the session's own secret, sent from our own pages.
4. Pages are made on the server and can be read and used without JavaScript; the script adds keys.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlunsplit

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
from casebook.web.access.accounts import Session, read_session
from casebook.web.access.known_hosts import KnownHosts
from casebook.web.access.login_pages import ACCOUNT_PAGES, COOKIE, Act, LoginPages, came_from
from casebook.web.application_context import STATIC, ApplicationContext, make_environment
from casebook.web.faults import LOG_NAME, FaultLog
from casebook.web.kept_texts import forget_text
from casebook.web.pages import PAGES, POSTS, UPLOADS, show_what_changed
from casebook.web.responses import (
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


class ReviewApp:
    """The application over one context."""

    def __init__(self, context: ApplicationContext) -> None:
        self.context = context
        self.environment = make_environment()
        self._faults = FaultLog(context.database.parent)
        self._logins = LoginPages(context, self._render)

    def routes(self) -> list[Route]:
        """Return all routes; tests walk over them role by role."""
        return [
            Route("/static/{name}", self.static),
            Route("/favicon.ico", self.no_icon),
            *self._logins.routes(),
            *(
                Route(path, self._posting(Role.READER, act, is_own=True), methods=["POST"])
                for path, act in self._logins.own_forms().items()
            ),
            *(Route(path, self._reading(page), methods=["GET"]) for path, page in {**PAGES, **ACCOUNT_PAGES}.items()),
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
            if session.must_enrol and request.scope["path"] != "/account":
                return RedirectResponse("/account", 303)
            return await run_in_threadpool(
                lambda: self._answer(
                    session, page.make(self.context, session, request.path_params, request.query_params)
                )
            )

        return answer

    def _posting(
        self, role: Role, act: Act, most_bytes: int = MAX_FORM_BYTES, *, is_own: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            session = await self._session(request)
            try:
                if session is None:
                    return await self._logins.ask_to_log_in(request)
                form = await read_form(request, most_bytes)
                if not is_from_here(request) or not hmac.compare_digest(
                    one_field(form, "csrf").encode(), session.csrf.encode()
                ):
                    raise HTTPException(403, "the form was not sent from a page of this session: load the page again")
                if not session.may(role):
                    raise HTTPException(403)
                if session.must_enrol and not is_own:
                    raise HTTPException(
                        403, "your role needs a second factor: set it up first, on the page of your account"
                    )
                return await act(request, session, form)
            finally:
                await request.close()  # files that came with it

        return answer

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
            "problem.html", status, session=session, words=words, status=status, back=came_from(request)
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
