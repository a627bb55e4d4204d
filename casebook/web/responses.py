"""What an address of the review application gives, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from casebook.cases.follow_up import MAX_FILE_BYTES
from casebook.cases.letter_files import LetterFile
from casebook.web.access.accounts import Session
from casebook.web.application_context import ApplicationContext
from casebook.web.queue import Filters
from ledger.errors import BadInputError, Problem
from ledger.vocabulary import Role

MAX_FORM_BYTES, MAX_UPLOAD_BYTES, MAX_FIELDS = 1_000_000, MAX_FILE_BYTES + 1_000_000, 1_200
FORM, FORM_WITH_FILES = "application/x-www-form-urlencoded", "multipart/form-data"
POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)

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


async def read_form(request: Request, most_bytes: int = MAX_FORM_BYTES) -> dict[str, list[str]]:
    """Return the fields of a form. Errors: HTTPException. Only where uploads are taken (most_bytes) may it be one with files."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > most_bytes:  # without a length a body may have no end
        raise HTTPException(413 if length.isdecimal() else 411)
    kind = request.headers.get("content-type", "")
    if FORM not in kind and not (most_bytes > MAX_FORM_BYTES and FORM_WITH_FILES in kind):
        raise HTTPException(415)
    form: FormData = await request.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FORM_BYTES)
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return fields


async def read_files(request: Request) -> dict[str, UploadedFile]:
    """Return the files of the form that was just read; a field that was left empty is none."""
    form = await request.form()
    files = [(name, value) for name, value in form.multi_items() if not isinstance(value, str)]
    read = {name: UploadedFile(name=value.filename or name, content=await value.read()) for name, value in files}
    return {name: file for name, file in read.items() if file.content}


def is_from_here(request: Request) -> bool:
    """Tell whether a browser says that the request comes from our own pages; what says nothing is held to the form's secret."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
