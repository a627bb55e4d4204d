"""What the service keeps: jobs of its queue, tokens of the API, alerts on their way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ledger.typed_texts import CrawlId, Instant, JobId, Sha256
from ledger.vocabulary import JobKind, JobState, TokenScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    table: ClassVar[str] = "jobs"
    job_id: JobId
    kind: JobKind
    job_order: dict[str, Any]
    order_sha256: Sha256
    requested_by: str
    requested_at: Instant
    idempotency_key: str | None = None
    state: JobState = JobState.QUEUED
    started_at: Instant | None = None
    ended_at: Instant | None = None
    attempts: int = 0
    progress: dict[str, Any]
    exit_code: int | None = None
    messages: tuple[str, ...] = ()
    problems: tuple[dict[str, Any], ...] = ()
    crawl_id: CrawlId | None = None
    stop_by: str | None = None  # None: nobody asked to stop it
    stop_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    table: ClassVar[str] = "api_tokens"
    token_id: str
    name: str
    token_sha256: Sha256
    scopes: tuple[TokenScope, ...]
    made_by: str
    made_at: Instant
    expires_at: Instant
    last_used_at: Instant | None = None  # None: never
    closed_at: Instant | None = None  # None: it may be used until it expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    table: ClassVar[str] = "deliveries"
    delivery_id: str
    channel: str
    brand: str
    subject: str
    text: str
    body: str
    made_at: Instant
    attempts: int
    next_try_at: Instant
    last_failure: str | None = None
    delivered_at: Instant | None = None  # None: it waits
