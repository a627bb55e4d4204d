"""What an address of the API is given, what it gives, and how it is described: one row a route."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter

from casebook.api.api_models import NoQuery
from casebook.jobs.job_orders import JobPlaces
from casebook.web.application_context import ApplicationContext
from ledger.database import Ledger
from ledger.errors import Problem
from ledger.records import ApiToken
from ledger.vocabulary import TokenScope


class NotAskedSoError(Exception):
    """A request that is wrong in its form: status 400, 411, 413 or 415."""

    def __init__(self, status: int, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.status, self.problems = status, problems


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """How the API is kept. requests_per_minute: of one token; strangers_per_minute: of one address without a good token.

    address: by which people open the screen, for links; empty: links are paths.
    """

    requests_per_minute: int = 300
    strangers_per_minute: int = 60
    address: str = ""
    metrics_from_loopback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One request, checked: who asks, for what. query: of the route's own model; body: of its body's."""

    context: ApplicationContext
    settings: ApiSettings
    token: ApiToken
    path: Mapping[str, str]
    query: Any
    body: Any = None
    idempotency_key: str | None = None

    @property
    def ledger(self) -> Ledger:
        return self.context.ledger

    @property
    def by(self) -> str:
        """The name under which what is done is entered."""
        return f"token {self.token.name}"

    @property
    def places(self) -> JobPlaces:
        """Where jobs lie. Errors: NoJobsError where this server runs none."""
        if self.context.job_places is None:
            raise NoJobsError
        return self.context.job_places


class NoJobsError(Exception):
    """This server runs no jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswer:
    """What an address gives: a model, or lines that are made while they are sent. headers: besides those of all answers."""

    model: BaseModel | None = None
    lines: Iterator[bytes] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRoute:
    """An address with the scope that it needs. errors: statuses that it may answer besides those of all."""

    method: str
    path: str  # behind /api/v1
    name: str
    summary: str
    scope: TokenScope
    act: Callable[[ApiCall], ApiAnswer]
    answer: type[BaseModel]
    query: type[BaseModel] = NoQuery
    body: TypeAdapter[Any] | None = None
    status: int = 200
    errors: tuple[int, ...] = ()
    takes_key: bool = False
    is_lines: bool = False
