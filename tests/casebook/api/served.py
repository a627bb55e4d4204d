"""The service over a context with cases, and programs with tokens of every scope."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from casebook.api.api_calls import ApiSettings
from casebook.api.api_tokens import make_token
from casebook.api.metrics import ServiceHealth
from casebook.api.service_app import make_service
from casebook.web.application_context import ApplicationContext
from ledger.vocabulary import TokenScope
from tests.casebook.web.contexts import make_context

ADDRESS = "https://review.acme.example"


class Served:
    """A service whose jobs nobody runs: they wait in the queue."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.context: ApplicationContext = make_context(folder)
        self.settings = ApiSettings(**{"requests_per_minute": 100_000, "address": ADDRESS} | settings)
        self.health = ServiceHealth(database=self.context.database, min_free_bytes=1)
        self.app = make_service(self.context, self.settings, self.health)
        self.tokens = {scope: self.make_token(scope.replace(":", "-"), scope) for scope in TokenScope}

    def make_token(self, name: str, *scopes: TokenScope, days: int = 30) -> str:
        with self.context.ledger.transaction():
            return make_token(self.context.ledger, self.context.log, name, scopes, days=days, by="ann")[0]

    def program(self, *scopes: TokenScope) -> TestClient:
        """A program with a token of these scopes; without any it has no token."""
        name = "several-" + "".join(str(list(TokenScope).index(scope)) for scope in scopes)
        if len(scopes) > 1 and name not in self.tokens:
            self.tokens[name] = self.make_token(name, *scopes)  # type: ignore[index]  # names of several
        text = self.tokens[scopes[0] if len(scopes) == 1 else name] if scopes else None  # type: ignore[index]  # likewise
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        return TestClient(self.app, headers=headers, follow_redirects=False, base_url="http://testserver")
