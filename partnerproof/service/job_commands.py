"""The command line that a job is: the same command with the same options that somebody would type."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from casebook.jobs.job_orders import CheckJob, CrawlJob, ImportJob, WatchJob, read_order
from ledger.records import Job
from partnerproof.workspace import Workspace

REJECTS_NAME = "rejects.csv"


def command_of(workspace: Workspace, job: Job, folder: Path) -> list[str]:
    """Return the arguments of `partnerproof` for a job. folder: where its files lie.

    What was typed by others stands behind `--`, or joined to its option, and so is never taken for an option.
    """
    root = ["-w", str(workspace.root.resolve())]
    told = ["--log-json", "--quiet", *(part for pin in workspace.config.service.resolve for part in ("--resolve", pin))]
    order = _read(job)
    match order:
        case CrawlJob():
            strict = ["--strict"] if order.strict else []
            rejects = ["--rejects", str((folder / REJECTS_NAME).resolve())]
            file = _file(workspace.seeds, order.file, job, folder)
            return [*root, "crawl", *_brands(order.brands), *strict, *rejects, *told, "--", file]
        case CheckJob():
            return [*root, "check", *_brands(order.brands), *told, "--", order.url]
        case ImportJob():
            options = [f"--register={order.register_name}", "--rejects", str((folder / REJECTS_NAME).resolve())]
            options += [f"--keeper={order.keeper}"] if order.keeper else []
            options += ["--lenient"] if order.lenient else []
            options += ["--valid-until-is-last-day"] if order.valid_until_is_last_day else []
            file = _file(workspace.registers, order.file, job, folder)
            return [*root, "register", "import", *options, "--", order.brand, file]
        case WatchJob():
            return [*root, "watch", "--once", *told]
        case _:
            assert_never(order)


def _read(job: Job) -> CrawlJob | CheckJob | ImportJob | WatchJob:
    """The order as it was given, its file left in the job's folder."""
    facts = dict(job.job_order)
    if isinstance(given := facts.get("file"), dict):
        facts["file"] = {"name": given["name"], "format": given["format"], "content": ""}
    return read_order(facts)


def _brands(brands: list[str]) -> list[str]:
    return [f"--brand={brand}" for brand in brands]


def _file(stored: Path, file: object, job: Job, folder: Path) -> str:
    if isinstance(file, str):
        return str((stored / file).resolve())
    return str((folder / f"job-{job.job_id}.{job.job_order['file']['format']}").resolve())
