"""The screen and the API under one roof: each request goes to one of them, by its address, and never to both."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp

from casebook.api.api_app import OPEN, Api, make_api
from casebook.api.api_calls import ApiSettings
from casebook.api.metrics import ServiceHealth
from casebook.web.app import make_app
from casebook.web.application_context import ApplicationContext


def make_service(context: ApplicationContext, settings: ApiSettings, health: ServiceHealth) -> ASGIApp:
    """Return what an ASGI server runs."""
    screen, api = make_app(context), make_api(Api(context, settings, health))

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        is_api = scope["type"] == "http" and (path.startswith("/api/") or path in ("/api", "/metrics", *OPEN))
        await (api if is_api else screen)(scope, receive, send)

    return serve
