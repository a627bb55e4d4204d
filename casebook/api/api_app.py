"""The API as an ASGI application: tokens, scopes, rate limits, checked input, described answers, problem details.

1. A request shows a token; without a good one it is refused, and counted by its address.
2. The token's bucket gives it leave, its scopes let it in.
3. Path, parameters and body are held to the route's models; what is wrong is told whole.
4. Whatever goes wrong is answered as problem details; what nobody foresaw is noted as on the screen.

Sessions open nothing here, and tokens nothing on the screen: this never looks at a cookie.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from casebook.api.api_calls import ApiAnswer, ApiCall, ApiRoute, ApiSettings, NoJobsError, NotAskedSoError
from casebook.api.api_models import ProblemDetails, ProblemItem
from casebook.api.api_routes import API_ROUTES, BASE
from casebook.api.api_tokens import find_token, note_use
from casebook.api.metrics import CONTENT_TYPE, RequestCounts, ServiceHealth, write_metrics
from casebook.api.openapi import KEY_PATTERN, MAX_BODY_BYTES, describe_api
from casebook.api.rate_limits import Allowance, RateLimits
from casebook.jobs.job_orders import problems_of
from casebook.web.access.known_hosts import KnownHosts
from casebook.web.application_context import ApplicationContext, is_plain_id
from casebook.web.faults import LOG_NAME, FaultLog
from casebook.web.responses import NotThereError
from ledger.errors import BadInputError, OutsideFailureError, PartnerproofError, Problem
from ledger.identity import sha256_hex
from ledger.records import ApiToken
from ledger.vocabulary import TokenScope

T = TypeVar("T")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}
_LOOPBACK = ("127.0.0.1", "::1")
OPEN = (f"{BASE}/openapi.json", "/healthz", "/readyz")  # to all: they tell nothing that is secret


class RefusedError(Exception):
    """A request that is not let in: 401, 403 or 429."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.status, self.headers = status, dict(headers)


class Api:
    """The API over one context."""

    def __init__(self, context: ApplicationContext, settings: ApiSettings, health: ServiceHealth) -> None:
        self.context, self.settings, self.health = context, settings, health
        self.counts = RequestCounts()
        self._limits = RateLimits(per_minute=settings.requests_per_minute)
        self._strangers = RateLimits(per_minute=settings.strangers_per_minute)
        self._faults = FaultLog(context.database.parent)

    def routes(self) -> list[Route]:
        """Return all routes; tests walk over them scope by scope."""
        return [
            Route(f"{BASE}/openapi.json", self.describe, methods=["GET"]),
            Route("/healthz", self.say_alive, methods=["GET"]),
            Route("/readyz", self.say_ready, methods=["GET"]),
            Route("/metrics", self.tell_metrics, methods=["GET"]),
            *(
                Route(path, _Methods(self, path), methods=None)
                for path in dict.fromkeys(BASE + r.path for r in API_ROUTES)
            ),
        ]

    # --- open to all

    async def describe(self, request: Request) -> Response:
        return _with_etag(request, json.dumps(describe_api(), ensure_ascii=False).encode(), {})

    async def say_alive(self, request: Request) -> Response:
        return _json({"status": "alive"}, 200)

    async def say_ready(self, request: Request) -> Response:
        checks = await run_in_threadpool(self.health.check)
        return _json(
            {"status": "ready" if all(checks.values()) else "not ready", "checks": checks},
            200 if all(checks.values()) else 503,
        )

    # --- with a token

    async def tell_metrics(self, request: Request) -> Response:
        if not (self.settings.metrics_from_loopback and _is_from_here(request)):
            await self._let_in(request, TokenScope.METRICS_READ)
        text = await run_in_threadpool(lambda: write_metrics(self.context, self.counts, self.health))
        return Response(text, headers={"Content-Type": CONTENT_TYPE})

    async def answer(self, request: Request, route: ApiRoute) -> Response:
        token, allowance = await self._let_in(request, route.scope)
        for name, value in request.path_params.items():
            if not is_plain_id(value):
                raise NotThereError(name)
        query = _checked(lambda: route.query.model_validate(_query_of(request)))
        body = await _body_of(request, route) if route.body is not None else None
        key = _key_of(request) if route.takes_key else None
        made = await run_in_threadpool(lambda: self._act(route, token, request.path_params, query, body, key))
        return _answer(request, made, allowance.headers())

    def _act(
        self,
        route: ApiRoute,
        token: ApiToken,
        path: Mapping[str, str],
        query: BaseModel,
        body: bytes | None,
        key: str | None,
    ) -> ApiAnswer:
        checked = _read_body(route, body) if body is not None else None
        note_use(self.context.ledger, token)
        call = ApiCall(
            context=self.context,
            settings=self.settings,
            token=token,
            path=path,
            query=query,
            body=checked,
            idempotency_key=key,
        )
        return route.act(call)

    async def _let_in(self, request: Request, scope: TokenScope) -> tuple[ApiToken, Allowance]:
        """Return who asks. Errors: RefusedError."""
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        token = None
        if kind.lower() == "bearer" and text:
            token = await run_in_threadpool(lambda: find_token(self.context.ledger, text.strip()))
        if token is None:
            stranger = self._strangers.take(request.client.host if request.client else "")
            if stranger.wait_s:
                raise RefusedError(429, "too many requests without a good token", stranger.headers())
            error = ', error="invalid_token"' if text else ""
            raise RefusedError(401, "a token is needed, as Authorization: Bearer …; see `partnerproof token add`", {"WWW-Authenticate": f'Bearer realm="partnerproof"{error}'})  # fmt: skip
        allowance = self._limits.take(token.token_id)
        if allowance.wait_s:
            raise RefusedError(429, f"the token may ask {allowance.limit} times a minute", allowance.headers())
        if scope not in token.scopes:
            challenge = f'Bearer realm="partnerproof", error="insufficient_scope", scope="{scope}"'
            raise RefusedError(
                403, f"the token has not the scope {scope}", {"WWW-Authenticate": challenge, **allowance.headers()}
            )
        return token, allowance

    # --- what goes wrong

    async def refuse(self, request: Request, error: Exception) -> Response:
        return _problem_of(error)

    async def fail(self, request: Request, error: Exception) -> Response:
        pattern = getattr(request.state, "pattern", "no route")
        number = await run_in_threadpool(lambda: self._faults.note(request.method, pattern, error))
        self.counts.add(pattern, 500)
        answer = _problem(500, f"this was not foreseen; it is entry {number} of {LOG_NAME}")
        answer.headers.update(_HEADERS)
        return answer


class _Methods:
    """An address with each of its methods; others are named as not allowed."""

    def __init__(self, api: Api, path: str) -> None:
        self._api, self._pattern = api, path
        self._routes = {route.method: route for route in API_ROUTES if BASE + route.path == path}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive, send)
        request.state.pattern = self._pattern
        method = "GET" if request.method == "HEAD" else request.method
        if method not in self._routes:
            allowed = [*self._routes, *(["HEAD"] if "GET" in self._routes else [])]
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        answer = await self._api.answer(request, self._routes[method])
        await answer(scope, receive, send)


def make_api(api: Api) -> Starlette:
    """Return the API as an ASGI server runs it."""
    errors = (
        RefusedError,
        HTTPException,
        NotThereError,
        NotAskedSoError,
        NoJobsError,
        PartnerproofError,
    )
    return Starlette(
        routes=api.routes(),
        middleware=[Middleware(KnownHosts, hosts=api.context.hosts), Middleware(_Guard, counts=api.counts)],
        exception_handlers={**dict.fromkeys(errors, api.refuse), Exception: api.fail},
    )


class _Guard:
    """Puts what every answer carries on it, and counts it."""

    def __init__(self, app: Any, counts: RequestCounts) -> None:
        self._app, self._counts = app, counts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_on(message: Any) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [
                    (name.lower().encode(), value.encode())
                    for name, value in _HEADERS.items()
                    if name.lower().encode() not in known
                ]
                pattern = scope.get("state", {}).get(
                    "pattern", scope["path"] if scope["path"] in (*OPEN, "/metrics") else "other"
                )
                self._counts.add(pattern, message["status"])
            await send(message)

        await self._app(scope, receive, send_on)


def _is_from_here(request: Request) -> bool:
    """Whether a program of this machine asks, and no proxy for somebody else."""
    is_through = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via"))
    return request.client is not None and request.client.host in _LOOPBACK and not is_through


def _query_of(request: Request) -> dict[str, str]:
    """The parameters. Errors: NotAskedSoError where one comes twice, or is no text."""
    pairs = request.query_params.multi_items()
    if len(pairs) > len(dict(pairs)):
        raise NotAskedSoError(400, "a parameter came twice")
    return dict(pairs)


def _key_of(request: Request) -> str | None:
    """Errors: NotAskedSoError where it is none."""
    key = request.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(KEY_PATTERN[1:-1], key):
        raise NotAskedSoError(400, "Idempotency-Key: 1 to 100 characters of ASCII without spaces")
    return key


async def _body_of(request: Request, route: ApiRoute) -> bytes:
    """The body as it came. Errors: NotAskedSoError."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise NotAskedSoError(415, "the body is application/json")
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()):
        raise NotAskedSoError(411, "a body has its length in Content-Length")
    if int(length) > MAX_BODY_BYTES:
        raise NotAskedSoError(413, f"a body has {MAX_BODY_BYTES:,} bytes at most")
    return await request.body()


def _read_body(route: ApiRoute, body: bytes) -> Any:
    model = route.body
    return _checked(lambda: model.validate_json(body)) if model is not None else None


def _checked(read: Callable[[], T]) -> T:
    """What a model makes of the request. Errors: NotAskedSoError with each mistake; one in our own answers is no mistake of a request."""
    try:
        return read()
    except ValidationError as error:
        raise NotAskedSoError(
            400, "the request is not as /api/v1/openapi.json describes it", problems_of(error)
        ) from error


def _answer(request: Request, made: ApiAnswer, headers: Mapping[str, str]) -> Response:
    told = {**headers, **made.headers}
    if made.lines is not None:
        return StreamingResponse(made.lines, media_type="application/jsonl", headers=told)
    body = made.model.model_dump_json().encode() if made.model is not None else b"{}"
    if request.method in ("GET", "HEAD") and made.status == 200:
        return _with_etag(request, body, told)
    return Response(body, made.status, media_type="application/json", headers=told)


def _with_etag(request: Request, body: bytes, headers: Mapping[str, str]) -> Response:
    etag = f'"{sha256_hex(body)[:32]}"'
    told = {**headers, "ETag": etag}
    asked = [mark.strip().removeprefix("W/") for mark in request.headers.get("if-none-match", "").split(",")]
    if etag in asked or asked == ["*"]:
        return Response(status_code=304, headers=told)
    return Response(body, media_type="application/json", headers=told)


def _json(facts: object, status: int) -> Response:
    return Response(json.dumps(facts), status, media_type="application/json")


def _problem_of(error: Exception) -> Response:
    match error:
        case RefusedError():
            return _problem(error.status, str(error), headers=error.headers)
        case HTTPException():
            return _problem(error.status_code, {404: "there is nothing here", 405: "this address is asked in another way"}.get(error.status_code, "this could not be answered"), headers=error.headers)  # fmt: skip
        case NotThereError():
            return _problem(404, "there is nothing here")
        case NotAskedSoError():
            return _problem(error.status, str(error), error.problems)
        case NoJobsError():
            return _problem(503, "this server runs no jobs: jobs_at_once is 0 in its configuration")
        case BadInputError():
            return _problem(422, "it can't be done as asked", error.problems)
        case OutsideFailureError():
            return _problem(503, str(error))
        case _:
            return _problem(409, str(error))


def _problem(
    status: int, detail: str, problems: Sequence[Problem] = (), headers: Mapping[str, str] | None = None
) -> Response:
    phrase = HTTPStatus(status).phrase
    told = [ProblemItem(where=p.where, expected=p.expected, got=p.got, next_step=p.next_step) for p in problems[:100]]
    kind = f"urn:partnerproof:problem:{phrase.lower().replace(' ', '-')}"
    model = ProblemDetails(type=kind, title=phrase, status=status, detail=detail, problems=told)
    body = model.model_dump_json().encode("utf-8", "replace")
    return Response(body, status, media_type="application/problem+json", headers=dict(headers or {}))
