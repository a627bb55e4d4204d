"""What the draft certification of an export is filled with: process, versions, exchanges, clock. A person signs, or not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casebook.dossier.provenance import Exchange
from ledger.database import Ledger, columns_of
from ledger.records import Crawl
from ledger.typed_texts import CrawlId, Instant, Json, Sha256
from ledger.vocabulary import CrawlKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedCapture:
    """One exchange as the certification lists it."""

    url: str
    fetched_at: Instant
    remote_ip: str | None
    connection: str
    is_checked: bool
    payload_sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedCrawl:
    """A crawl that exchanges come from. made_with: of every start with other versions, words, rules or logos; empty: not noted."""

    crawl_id: CrawlId
    kind: CrawlKind
    started_at: Instant
    ended_at: Instant | None
    made_with: tuple[Mapping[str, Any], ...]
    clock: Mapping[str, Any] | None  # None: not measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """The draft's contents. stamps: what the custody log says of the authorities' answers over the seals of this export.

    unstamped: seals of it without any; unsealed: rows and records that no seal covers.
    """

    crawls: Sequence[CertifiedCrawl]
    captures: Sequence[CertifiedCapture]
    made_with: Mapping[str, Any]
    stamps: Sequence[Mapping[str, Any]]
    custody_entries: int
    unstamped: int
    unsealed: int

    @property
    def is_by_others(self) -> bool:
        """Whether some of the exchanges were made by others, and read from their archives."""
        return any(crawl.kind is CrawlKind.INGEST for crawl in self.crawls)

    @property
    def is_by_others_alone(self) -> bool:
        return bool(self.crawls) and all(crawl.kind is CrawlKind.INGEST for crawl in self.crawls)

    @property
    def is_all_tls(self) -> bool:
        return bool(self.captures) and all(capture.is_checked for capture in self.captures)


def certify_exchange(exchange: Exchange) -> CertifiedCapture:
    """Return an exchange as the certification lists it."""
    return CertifiedCapture(
        url=exchange.capture.url,
        fetched_at=exchange.capture.fetched_at,
        remote_ip=exchange.capture.remote_ip,
        connection=exchange.connection,
        is_checked=exchange.is_checked,
        payload_sha256=exchange.capture.payload_sha256,
    )


def read_crawls(ledger: Ledger, exchanges: Sequence[Exchange]) -> tuple[CertifiedCrawl, ...]:
    """Return the crawls that exchanges come from, oldest first."""
    crawls = ledger.select(
        Crawl,
        f"SELECT DISTINCT {columns_of(Crawl, 'w')} FROM captures c JOIN visits v ON v.visit_id = c.visit_id"
        " JOIN crawls w ON w.crawl_id = v.crawl_id"
        " WHERE c.capture_id IN (SELECT value FROM json_each(?)) ORDER BY w.crawl_id",
        [json.dumps([exchange.capture.capture_id for exchange in exchanges])],
    )
    return tuple(
        CertifiedCrawl(
            crawl_id=crawl.crawl_id,
            kind=crawl.kind,
            started_at=crawl.started_at,
            ended_at=crawl.ended_at,
            made_with=_starts(crawl.made_with),
            clock=crawl.clock if isinstance(crawl.clock, dict) else None,
        )
        for crawl in crawls
    )


def _starts(made_with: Json) -> tuple[Mapping[str, Any], ...]:
    """Return what a crawl began with, and what it went on with each time."""
    if not isinstance(made_with, dict):
        return ()
    first = {name: value for name, value in made_with.items() if name != "continued_with"}
    return tuple(start for start in (first, *made_with.get("continued_with", ())) if "tool" in start)
