"""The addresses of jobs in the review application: order one, see how far it is, stop it. For admins."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from casebook.jobs.job_answers import read_answer
from casebook.jobs.job_orders import JobPlaces, read_order
from casebook.jobs.job_queue import ENDED, list_jobs, order_job, read_job, request_stop
from casebook.register.imports import DEFAULT_REGISTER
from casebook.web.access.accounts import Session
from casebook.web.application_context import ApplicationContext, is_plain_id
from casebook.web.responses import (
    Answer,
    Form,
    NotThereError,
    Page,
    Path_,
    Post,
    Upload,
    UploadedFile,
    explain_refusal,
    one_field,
)
from ledger.errors import BadInputError, Problem
from ledger.records import Job
from ledger.vocabulary import JobKind, Role

PAGE_SIZE = 50
_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".html": "html",
    ".htm": "html",
}


def show_jobs(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    before = query.get("before", "")
    return Answer(template="jobs.html", values=_values(context, before=before if is_plain_id(before) else None))


def show_job(context: ApplicationContext, session: Session, path: Path_, query: Mapping[str, str]) -> Answer:
    job = _require(context, path["job_id"])
    places = context.job_places
    values = {
        "job": job,
        "has_ended": job.state in ENDED,
        "answer": read_answer(places, job) if places else "",
        "what": describe_order(job),
    }
    return Answer(template="job.html", values=values)


def post_order(
    context: ApplicationContext, session: Session, path: Path_, form: Form, files: Mapping[str, UploadedFile]
) -> Answer:
    """Order a job; with a mistake in the form the page comes back with it, and with what was typed."""
    places = _places(context)
    try:
        order = read_order(_order_of(form, files))
        job, _ = order_job(context.ledger, context.log, places, order, by=session.account)
    except BadInputError as error:
        values = _values(
            context, problem=explain_refusal(error), typed={name: values[0] for name, values in form.items()}
        )
        return Answer(template="jobs.html", values=values, status=400)
    return Answer(leads_to=f"/jobs/{job.job_id}")


def post_stop(context: ApplicationContext, session: Session, path: Path_, form: Form) -> Answer:
    job_id = one_field(form, "job")
    if request_stop(context.ledger, context.log, _places(context), job_id, by=session.account) is None:
        raise BadInputError(
            Problem(where="job", expected="one of the list", got=repr(job_id), next_step="load the page again")
        )
    return Answer(leads_to=f"/jobs/{job_id}")


def describe_order(job: Job) -> str:
    """Say in a few words what a job was asked for."""
    facts = job.job_order
    file = facts.get("file", "")
    name = (file.get("name") or "a list that was sent") if isinstance(file, dict) else file
    brands = ", ".join(facts.get("brands", ())) or "all brands"
    match job.kind:
        case JobKind.CRAWL:
            return f"{name}, for {brands}"
        case JobKind.CHECK:
            return f"{facts.get('url', '')}, for {brands}"
        case JobKind.IMPORT:
            return f"{name}, as the register {facts.get('register_name', '')} of {facts.get('brand', '')}"
        case JobKind.WATCH:
            return "what is due"


def _order_of(form: Form, files: Mapping[str, UploadedFile]) -> dict[str, Any]:
    """What a form asks for, in the words of an order."""
    kind = one_field(form, "kind")
    order: dict[str, Any] = {"kind": kind}
    if kind in (JobKind.CRAWL, JobKind.CHECK):
        order["brands"] = [brand for brand in form.get("brands", ()) if brand]
    if kind in (JobKind.CRAWL, JobKind.IMPORT):
        order["file"] = _file_of(one_field(form, "stored"), files.get("list"))
    if kind == JobKind.CRAWL:
        order["strict"] = one_field(form, "strict") == "yes"
    if kind == JobKind.CHECK:
        order["url"] = one_field(form, "url").strip()
    if kind == JobKind.IMPORT:
        order |= {
            "brand": one_field(form, "brand"),
            "register_name": one_field(form, "register").strip() or DEFAULT_REGISTER,
            "keeper": one_field(form, "keeper").strip(),
            "lenient": one_field(form, "lenient") == "yes",
            "valid_until_is_last_day": one_field(form, "last_day") == "yes",
        }
    return order


def _file_of(stored: str, given: UploadedFile | None) -> str | dict[str, str]:
    """The list: one that was chosen, or the file that was sent. Errors: BadInputError unless there is exactly one."""
    if bool(stored) == (given is not None):
        got = "both" if stored else "neither"
        raise BadInputError(
            Problem(
                where="list",
                expected="a file, or one of the workspace's lists",
                got=got,
                next_step="choose one of them",
            )
        )
    if given is None:
        return stored
    ending = PurePath(given.name).suffix.lower()
    if ending not in _FORMATS:
        raise BadInputError(
            Problem(where="list", expected=f"a file that ends in {', '.join(_FORMATS)}", got=repr(ending or "no ending"), next_step="save it in one of these formats")
        )  # fmt: skip
    name = "".join(character for character in given.name if character.isprintable())[:200]
    return {"name": name, "format": _FORMATS[ending], "content": base64.b64encode(given.content).decode()}


def _values(
    context: ApplicationContext, *, problem: str = "", typed: Mapping[str, str] | None = None, before: str | None = None
) -> dict[str, Any]:
    places = context.job_places
    jobs: Sequence[Job] = list_jobs(context.ledger, before=before, limit=PAGE_SIZE + 1)
    return {
        "jobs": [(job, describe_order(job)) for job in jobs[:PAGE_SIZE]],
        "older": jobs[PAGE_SIZE - 1].job_id if len(jobs) > PAGE_SIZE else None,
        "runs_jobs": places is not None,
        "brands": places.list_brands() if places else [],
        "seeds": places.list_files(JobKind.CRAWL) if places else [],
        "registers": places.list_files(JobKind.IMPORT) if places else [],
        "default_register": DEFAULT_REGISTER,
        "problem": problem,
        "typed": typed or {},
    }


def _places(context: ApplicationContext) -> JobPlaces:
    if context.job_places is None:
        raise NotThereError
    return context.job_places


def _require(context: ApplicationContext, job_id: str) -> Job:
    job = read_job(context.ledger, job_id) if is_plain_id(job_id) else None
    if job is None:
        raise NotThereError
    return job


JOB_PAGES: Mapping[str, Page] = {
    "/jobs": Page(role=Role.ADMIN, make=show_jobs),
    "/jobs/{job_id}": Page(role=Role.ADMIN, make=show_job),
}
JOB_POSTS: Mapping[str, tuple[Role, Post]] = {"/jobs/stop": (Role.ADMIN, post_stop)}
JOB_UPLOADS: Mapping[str, tuple[Role, Upload]] = {"/jobs/order": (Role.ADMIN, post_order)}
