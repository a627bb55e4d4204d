"""The API's addresses of jobs: order, list, read, stop."""

from __future__ import annotations

from casebook.api.api_calls import ApiAnswer, ApiCall, ApiRoute
from casebook.api.api_models import JobAnswer, JobDetail, JobPage, JobQuery
from casebook.jobs.job_answers import read_answer
from casebook.jobs.job_orders import ORDERS
from casebook.jobs.job_queue import list_jobs, order_job, read_job, request_stop
from casebook.web.responses import NotThereError
from ledger.records import Job
from ledger.vocabulary import TokenScope


def order(call: ApiCall) -> ApiAnswer:
    job, is_new = order_job(
        call.ledger, call.context.log, call.places, call.body, by=call.by, idempotency_key=call.idempotency_key
    )
    place = {"Location": f"/api/v1/jobs/{job.job_id}"}
    return ApiAnswer(model=JobAnswer.of(job), status=201 if is_new else 200, headers=place)


def show_jobs(call: ApiCall) -> ApiAnswer:
    query: JobQuery = call.query
    jobs = list_jobs(call.ledger, state=query.state, kind=query.kind, before=query.cursor, limit=query.limit + 1)
    shown = jobs[: query.limit]
    return ApiAnswer(
        model=JobPage(
            items=[JobAnswer.of(job) for job in shown], next=shown[-1].job_id if len(jobs) > query.limit else None
        )
    )


def show_job(call: ApiCall) -> ApiAnswer:
    job = _require(read_job(call.ledger, call.path["job_id"]))
    return ApiAnswer(model=JobDetail(job=JobAnswer.of(job), answer=read_answer(call.places, job)))


def stop(call: ApiCall) -> ApiAnswer:
    job = request_stop(call.ledger, call.context.log, call.places, call.path["job_id"], by=call.by)
    return ApiAnswer(model=JobAnswer.of(_require(job)))


def _require(job: Job | None) -> Job:
    if job is None:
        raise NotThereError
    return job


JOB_ROUTES = (
    ApiRoute(method="POST", path="/jobs", name="order_job", summary="Order a job: a crawl, a check of one page, an import of a register or a round of the watch.", scope=TokenScope.JOBS_WRITE, act=order, answer=JobAnswer, body=ORDERS, status=201, errors=(422, 503), takes_key=True),
    ApiRoute(method="GET", path="/jobs", name="list_jobs", summary="List jobs, the newest first.", scope=TokenScope.JOBS_READ, act=show_jobs, answer=JobPage, query=JobQuery),
    ApiRoute(method="GET", path="/jobs/{job_id}", name="read_job", summary="Read how far a job is, what it told and what its command printed.", scope=TokenScope.JOBS_READ, act=show_job, answer=JobDetail, errors=(404, 503)),
    ApiRoute(method="POST", path="/jobs/{job_id}/stop", name="stop_job", summary="Ask that a job ends; one that has ended stays as it is.", scope=TokenScope.JOBS_WRITE, act=stop, answer=JobAnswer, errors=(404, 503)),
)  # fmt: skip
