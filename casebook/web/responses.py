"""What an address of the review application gives, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.background import BackgroundTask
from starlette.responses import Response

from casebook.cases.letter_files import LetterFile
from casebook.web.accounts import Session
from casebook.web.application_context import ApplicationContext
from casebook.web.queue import Filters
from ledger.errors import BadInputError, Problem
from ledger.vocabulary import Role

Form = Mapping[str, list[str]]
Path_ = Mapping[str, Any]


class NotThereError(Exception):
    """What was asked for is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an address gives: a page, a file, or another address. afterwards: what is done when it has been sent."""

    template: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    leads_to: str | None = None
    file: Path | None = None
    png: bytes | None = None
    download: LetterFile | None = None  # saved by the browser, never shown
    policy: str | None = None  # of the page, where it is another than that of all pages
    response: Response | None = None  # as it is: a file that is made while it is sent
    afterwards: BackgroundTask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page and the least role that may see it."""

    role: Role
    make: Callable[[ApplicationContext, Session, Path_, Mapping[str, str]], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file of a form, as it came."""

    name: str
    content: bytes


Post = Callable[[ApplicationContext, Session, Path_, Form], Answer]
Upload = Callable[[ApplicationContext, Session, Path_, Form, Mapping[str, UploadedFile]], Answer]


def explain_refusal(error: BadInputError) -> str:
    """Return in sentences, for a reviewer, why a form was refused; a line for each reason."""
    return "\n".join(map(_explain, error.problems))


def _explain(problem: Problem) -> str:
    where, next_step = (text[:1].upper() + text[1:] for text in (problem.where, problem.next_step))
    return f"{where}: what is needed is {problem.expected}. What there is: {problem.got.strip(chr(39))}. {next_step}."


def one_field(form: Form, name: str) -> str:
    """Return the first value of a field; empty when there is none."""
    return (form.get(name) or [""])[0]


def filters_of(form: Form) -> Filters:
    """Return the queue's filters that a form carries along."""
    return Filters.read(dict(parse_qsl(one_field(form, "query"))))


def with_filters(target: str, form: Form, **more: str) -> str:
    """Return an address with the filters that a form carries along, and further parameters."""
    parts = [
        part for part in (filters_of(form).address(), *(f"{name}={value}" for name, value in more.items())) if part
    ]
    return f"{target}?{'&'.join(parts)}" if parts else target
