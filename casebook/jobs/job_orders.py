"""What a job can be asked to do: one model a kind, the source of the API's description and of what the screen's form is held to.

An order is checked before it is queued, as far as that can be told at once: names, brands, the file's size. What is in a file is read by
the job, as the command line reads it, and its mistakes are the job's problems.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from casebook.register.imports import DEFAULT_REGISTER
from crawler.visits.seeds import seed_of_url
from ledger.errors import BadInputError, Problem, did_you_mean
from ledger.vocabulary import JobKind

MAX_FILE_BYTES = 8_000_000  # some 100,000 vendors; as base64 it is under the 12 MB that deploy/nginx.conf lets through
LIST_FORMATS, REGISTER_FORMATS = ("csv", "xlsx"), ("csv", "xlsx", "json", "html")
MAX_BRANDS = 100

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$", description="A brand, as its folder is called.")]
StoredName = Annotated[
    str,
    Field(pattern=r"^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,150}$", description="The name of a file in the workspace."),
]  # fmt: skip
OneLine = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _require_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the content is base64 (RFC 4648, section 4)") from error
    return text


class GivenFile(_Strict):
    """A file that comes with the order."""

    name: OneLine = Field(default="", description="What the list is called by who sends it; it names no place.")
    format: Literal["csv", "xlsx", "json", "html"] = Field(description="A list of vendors is csv or xlsx.")
    content: Annotated[
        str,
        AfterValidator(_require_base64),
        Field(
            max_length=MAX_FILE_BYTES * 4 // 3 + 4,
            pattern=r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            json_schema_extra={"contentEncoding": "base64"},
            description=f"The file's bytes as base64; at most {MAX_FILE_BYTES // 1_000_000} MB before coding.",
        ),
    ]

    @property
    def data(self) -> bytes:
        return base64.b64decode(self.content)


class CrawlJob(_Strict):
    """Visit the vendors of a list, as `partnerproof crawl` does."""

    kind: Literal["crawl"]
    file: StoredName | GivenFile = Field(description="The list: the name of one in seeds/, or the list itself.")
    brands: list[Slug] = Field(default=[], max_length=MAX_BRANDS, description="None means all of the workspace.")
    strict: bool = Field(default=False, description="Take the whole list or, with a mistake in it, nothing.")


class CheckJob(_Strict):
    """Look at one page, as `partnerproof check` does."""

    kind: Literal["check"]
    url: str = Field(pattern=r"^https?://[^\s\x00-\x1f\x7f]+$", max_length=2_000)
    brands: list[Slug] = Field(default=[], max_length=MAX_BRANDS, description="None means all of the workspace.")


class ImportJob(_Strict):
    """Make a file a register of a brand, as `partnerproof register import` does."""

    kind: Literal["import"]
    brand: Slug
    file: StoredName | GivenFile = Field(description="The name of a file in registers/, or the file itself.")
    register_name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")] = DEFAULT_REGISTER
    keeper: OneLine = Field(default="", description="Who keeps the register, name and function.")
    lenient: bool = Field(default=False, description="Leave out rows that can't be read; verdicts say so.")
    valid_until_is_last_day: bool = False


class WatchJob(_Strict):
    """Visit again what is due, as `partnerproof watch --once` does."""

    kind: Literal["watch"]


JobOrder = Annotated[CrawlJob | CheckJob | ImportJob | WatchJob, Field(discriminator="kind")]
ORDERS: TypeAdapter[CrawlJob | CheckJob | ImportJob | WatchJob] = TypeAdapter(JobOrder)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlaces:
    """Where jobs find what they need, and how whoever runs them learns that one waits."""

    jobs: Path  # a folder for each
    seeds: Path
    registers: Path
    brands: Path
    wake: Callable[[], None] = field(default=lambda: None)

    def folder(self, job_id: str) -> Path:
        return self.jobs / job_id

    def list_brands(self) -> list[str]:
        return sorted(entry.name for entry in self.brands.glob("*") if (entry / "brand.toml").is_file())

    def list_files(self, kind: JobKind) -> list[str]:
        """The names of the files that a crawl or an import may take from the workspace."""
        folder, formats = (
            (self.registers, REGISTER_FORMATS) if kind is JobKind.IMPORT else (self.seeds, (*LIST_FORMATS, "tsv", "txt"))
        )  # fmt: skip
        return sorted(
            entry.name
            for entry in folder.glob("*")
            if entry.is_file() and entry.suffix.lower().lstrip(".") in formats and not entry.name.startswith(".")
        )


def read_order(data: Any) -> CrawlJob | CheckJob | ImportJob | WatchJob:
    """Return an order from JSON's values. Errors: BadInputError with every mistake."""
    try:
        return ORDERS.validate_python(data)
    except ValidationError as error:
        raise BadInputError(problems_of(error)) from error


def problems_of(error: ValidationError) -> list[Problem]:
    """Return what a model says of its input, each mistake in our form."""
    return [
        Problem(
            where=".".join(str(part) for part in each["loc"]) or "body",
            expected=each["msg"].removeprefix("Value error, "),
            got=ascii(each["input"])[:80],
            next_step="see /api/v1/openapi.json",
        )
        for each in error.errors(include_url=False, include_context=False)
    ]


def check_order(order: CrawlJob | CheckJob | ImportJob | WatchJob, places: JobPlaces) -> None:
    """Errors: BadInputError with every mistake that can be told before the job runs."""
    problems: list[Problem] = []
    named: Sequence[str] = getattr(order, "brands", []) if not isinstance(order, ImportJob) else [order.brand]
    known = places.list_brands()
    problems += [
        Problem(where="brands", expected=f"one of {', '.join(known) or 'no brands yet'}", got=repr(brand), next_step=f"name a brand of the workspace{did_you_mean(brand, known)}")
        for brand in named if brand not in known
    ]  # fmt: skip
    if isinstance(order, CrawlJob | ImportJob):
        problems += _check_file(order, places)
    if isinstance(order, CheckJob):
        try:
            seed_of_url(order.url)
        except BadInputError as error:
            problems += error.problems
    if problems:
        raise BadInputError(problems)


def _check_file(order: CrawlJob | ImportJob, places: JobPlaces) -> list[Problem]:
    if isinstance(order.file, str):
        known = places.list_files(JobKind(order.kind))
        if order.file in known:
            return []
        folder = "registers/" if isinstance(order, ImportJob) else "seeds/"
        return [
            Problem(where="file", expected=f"the name of a list in {folder}", got=repr(order.file), next_step=f"send the list itself, or name one that is there{did_you_mean(order.file, known)}")
        ]  # fmt: skip
    formats = REGISTER_FORMATS if isinstance(order, ImportJob) else LIST_FORMATS
    if order.file.format not in formats:
        return [
            Problem(where="file.format", expected=f"one of {', '.join(formats)}", got=repr(order.file.format), next_step="save the list in one of these formats")
        ]  # fmt: skip
    size = len(order.file.data)
    if not 0 < size <= MAX_FILE_BYTES:
        return [
            Problem(where="file.content", expected=f"1 to {MAX_FILE_BYTES:,} bytes", got=f"{size:,} bytes", next_step="split the list, or put it into the workspace's folder and name it")
        ]  # fmt: skip
    return []
