"""A crawl → its shards: which vendors one worker visits, and all that it needs to do so.

Reads: crawls, visits, seeds. Writes: no row here; a shard's order fills a workspace of its own where it is run.

1. Vendors whose start addresses share a registrable domain are one group: one host is asked by one worker.
2. Groups fill shards in the order of the list, over all visits of the crawl, so that a crawl that goes on has the same shards.
3. Of a shard only visits that nobody has begun are ordered.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.visits.visit import EarlierFacts, EarlierPage, find_earlier_visit, read_earlier_facts
from ledger.database import Ledger
from ledger.domains import registrable_domain
from ledger.errors import BadInputError, Problem
from ledger.identity import content_id
from ledger.records import Crawl, Seed, Visit
from ledger.typed_texts import CrawlId, VisitId
from ledger.vocabulary import PageKind, VisitState
from partnerproof.config import CONFIG_FILE, PathsConfig, read_config
from partnerproof.workspace import Workspace

SHARD_VENDORS = 200  # of a shard, unless more share a domain; see bench/README.md
_PLAIN = PathsConfig()
EARLIER = "earlier.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardOrder:
    """What one worker is to visit. crawl_visits: how many the whole crawl has; earlier: what visits know of earlier ones."""

    shard_id: str
    crawl: Crawl
    seeds: tuple[Seed, ...]
    visits: tuple[Visit, ...]
    crawl_visits: int
    earlier: dict[VisitId, EarlierFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceFiles:
    """The files of a workspace that a crawl reads, by their names in a workspace with the usual paths."""

    files: dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    visit_id: VisitId
    start_urls: tuple[str, ...] | None
    seed_urls: tuple[str, ...]


def cut_shards(ledger: Ledger, crawl_id: CrawlId, *, vendors: int) -> Iterator[ShardOrder]:
    """Yield the shards of a crawl that have visits to do. vendors: so many at least fill a shard, and close it."""
    crawl = ledger.find(Crawl, crawl_id=crawl_id)
    assert crawl is not None  # noqa: S101  # the caller has begun it
    listed = ledger.select(
        _Listed,
        "SELECT v.visit_id, v.start_urls, s.start_urls AS seed_urls FROM visits v JOIN seeds s USING (seed_id)"
        " WHERE v.crawl_id = ? ORDER BY v.ordinal",
        [crawl_id],
    )
    for members in _fill(_group(listed), vendors):
        visits = [
            visit
            for visit_id in members
            if (visit := ledger.find(Visit, visit_id=visit_id)) is not None and _is_untouched(ledger, visit)
        ]
        if not visits:
            continue
        yield ShardOrder(
            shard_id=content_id("shard", crawl_id, *(visit.visit_id for visit in visits)),
            crawl=replace(crawl, ended_at=None, clock=None, waits_until=None, waits_for=None),
            seeds=tuple(seed for visit in visits if (seed := ledger.find(Seed, seed_id=visit.seed_id)) is not None),
            visits=tuple(visits),
            crawl_visits=len(listed),
            earlier={
                visit.visit_id: read_earlier_facts(ledger, visit, find_earlier_visit(ledger, visit)) for visit in visits
            },
        )


def _is_untouched(ledger: Ledger, visit: Visit) -> bool:
    """Whether nothing of a visit is here yet; what was begun on this machine is ended on it."""
    if visit.state is not VisitState.PENDING:
        return False
    return ledger.value("SELECT 1 FROM captures WHERE visit_id = ? LIMIT 1", [visit.visit_id]) is None


def _group(listed: Sequence[_Listed]) -> list[list[VisitId]]:
    """Put visits together whose start addresses share a domain, near or by way of others; in the order of their first."""
    leader: dict[str, str] = {}

    def find(domain: str) -> str:
        while leader.setdefault(domain, domain) != domain:
            leader[domain] = domain = leader[leader[domain]]
        return domain

    domains = [
        sorted({registrable_domain(urlsplit(url).hostname or url) for url in (visit.start_urls or visit.seed_urls)})
        for visit in listed
    ]
    for names in domains:
        for name in names[1:]:
            leader[find(name)] = find(names[0])
    groups: dict[str, list[VisitId]] = {}
    for visit, names in zip(listed, domains, strict=True):
        groups.setdefault(find(names[0]) if names else visit.visit_id, []).append(visit.visit_id)
    return list(groups.values())


def _fill(groups: Sequence[list[VisitId]], vendors: int) -> Iterator[list[VisitId]]:
    shard: list[VisitId] = []
    for group in groups:
        shard += group
        if len(shard) >= vendors:
            yield shard
            shard = []
    if shard:
        yield shard


def read_workspace_files(workspace: Workspace, brands: Sequence[str]) -> WorkspaceFiles:
    """Return what a crawl reads of a workspace: configuration, brands with their logos, own languages, who is never asked."""
    files = {CONFIG_FILE: (workspace.root / CONFIG_FILE).read_bytes()}
    folders = [workspace.brands / brand for brand in brands] if brands else [workspace.brands]
    for base, place, chosen in (
        (workspace.brands, _PLAIN.brands, folders),
        (workspace.own_lexicon, _PLAIN.lexicon, [workspace.own_lexicon]),
    ):
        for folder in chosen:
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                if path.is_file():
                    files[f"{place}/{path.relative_to(base).as_posix()}"] = path.read_bytes()
    if workspace.opt_out.is_file():
        files[_PLAIN.opt_out] = workspace.opt_out.read_bytes()
    return WorkspaceFiles(files=files)


def write_shard_workspace(root: Path, order: ShardOrder, files: WorkspaceFiles) -> None:
    """Make the workspace that a shard is run in; whole or not at all, also when it is killed in between."""
    part = root.with_name(f".{root.name}")
    shutil.rmtree(part, ignore_errors=True)
    for name, content in files.files.items():
        target = part / name
        if not target.resolve().is_relative_to(part.resolve()):
            raise BadInputError(
                Problem(
                    where=name[:80], expected="a file of a workspace", got="a way out of it", next_step="order anew"
                )
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (part / EARLIER).write_text(
        json.dumps(
            {
                visit_id: {**asdict(facts), "evidence_urls": sorted(facts.evidence_urls)}
                for visit_id, facts in order.earlier.items()
            }
        ),
        encoding="utf-8",
    )
    workspace = open_shard_workspace(part)
    with workspace.open() as ledger:
        with ledger.transaction():
            ledger.add(order.seeds)
            ledger.add([order.crawl])
            ledger.add(order.visits)
        ledger.checkpoint()
    part.rename(root)


def read_earlier(root: Path) -> dict[VisitId, EarlierFacts]:
    """Return what the visits of a shard know of earlier ones."""
    told: dict[str, Any] = json.loads((root / EARLIER).read_text(encoding="utf-8"))
    return {
        VisitId(visit_id): EarlierFacts(
            pages=tuple(EarlierPage(**{**page, "kind": PageKind(page["kind"])}) for page in facts["pages"]),
            evidence_urls=frozenset(facts["evidence_urls"]),
            wants_contacts=facts["wants_contacts"],
        )
        for visit_id, facts in told.items()
    }


def open_shard_workspace(root: Path) -> Workspace:
    """Return a shard's workspace: with the settings of home, and the usual paths, wherever home has its own."""
    config = read_config(root / CONFIG_FILE)
    return Workspace(root=root, config=config.model_copy(update={"paths": _PLAIN}))
