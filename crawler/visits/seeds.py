"""Seeds → a crawl with one visit for each; what an address says of the seed that it is of.

Reads: crawls, visits. Writes: seeds, crawls, visits.

An unfinished crawl of the same seeds, brands and scope goes on; else a new crawl begins with all visits pending.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from w3lib.url import safe_url_string

from crawler.visits.clock import measure_clock
from ledger.database import Ledger, columns_of
from ledger.domains import site_of
from ledger.errors import BadInputError, Problem
from ledger.identity import content_id, event_id, sha256_hex, utc_text
from ledger.records import Crawl, Seed, Visit
from ledger.typed_texts import CrawlId, SeedId, VisitId
from ledger.vocabulary import CrawlKind, VisitState

SCOPE_SETTINGS = ("PARTNERPROOF_BRANDS", "PARTNERPROOF_FOLLOW_LINKS", "PARTNERPROOF_MAX_PAGES")
# RFC 1035 section 2.3.4; a longer name raises in the resolver, far from whoever wrote it
MAX_HOST_CHARS, MAX_LABEL_CHARS = 253, 63


def seed_of(address: str, *, name: str | None = None, country: str | None = None, parent: str | None = None) -> Seed:
    """Return the seed for a domain or URL. Errors: ValueError, in words, when it is neither."""
    if not address:
        raise ValueError("empty")
    if any(character.isspace() for character in address):
        raise ValueError("holds a space")
    url = address if "://" in address else f"https://{address}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"scheme {parts.scheme}")
    host = parts.hostname or ""
    _ = parts.port  # raises ValueError for a port that is no number
    if "." not in host and ":" not in host and host != "localhost":
        raise ValueError("no domain in it")
    url = safe_url_string(urlunsplit(parts._replace(path=parts.path or "/")))
    _refuse_long(urlsplit(url).hostname or "")
    netloc = urlsplit(url).netloc.lower().rpartition("@")[2]
    domain = site_of(url)
    tenant = domain.partition("/")[2]
    return Seed(
        seed_id=SeedId(content_id("seed", f"{netloc}/{tenant}" if tenant else netloc)),
        vendor=name or domain,
        vendor_domain=domain,
        start_urls=(url,),
        country=country or None,
        parent=parent or None,
    )


def _refuse_long(host: str) -> None:
    """Errors: ValueError. A name that is not ASCII after being encoded has a part that can't be."""
    if len(host) > MAX_HOST_CHARS:
        raise ValueError(f"a host has at most {MAX_HOST_CHARS} characters")
    if not host.isascii() or any(len(label) > MAX_LABEL_CHARS for label in host.split(".")):
        raise ValueError(f"each part of a host has at most {MAX_LABEL_CHARS} characters")


def sites_beside(ledger: Ledger, seed: Seed) -> tuple[str, ...]:
    """Return the start addresses of other vendors on the same domain: a site builder's customers, a group's companies.

    A seed that nobody named may be the same vendor: `www.` in front, a page that was checked.
    """
    own = {_place(url) for url in seed.start_urls}
    listed = ledger.select(
        Seed,
        f"SELECT {columns_of(Seed)} FROM seeds WHERE vendor_domain = ? AND seed_id <> ?",
        [seed.vendor_domain, seed.seed_id],
    )
    named = [other for other in listed if other.vendor not in (seed.vendor, other.vendor_domain)]
    return tuple(url for other in named for url in other.start_urls if _place(url) not in own)


def is_within(url: str, site: str) -> bool:
    """Tell whether an address lies on the site that a start address begins: on its host, or below its path."""
    (host, path), (site_host, site_path) = _place(url), _place(site)
    return host == site_host and (path == site_path or path.startswith(site_path.rstrip("/") + "/"))


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower().removeprefix("www."), parts.path or "/"


def seed_of_url(url: str) -> Seed:
    """Return the seed for one URL that a person gave. Errors: BadInputError when it is none."""
    try:
        return seed_of(url)
    except ValueError as error:
        raise _bad(
            "url", "a web address", f"{url!r} ({error})", "write it as https://vendor.example/partners"
        ) from error


def begin_crawl(
    ledger: Ledger,
    seeds: Iterable[Seed],
    *,
    seeds_file: str,
    settings: dict[str, object],
    tool_version: str,
    keep_known: bool = False,
    kind: CrawlKind = CrawlKind.CRAWL,
    made_with: dict[str, object] | None = None,
) -> CrawlId:
    """Return the id of the crawl to work on: the unfinished one of the same list, brands and scope, or a new one.

    keep_known: a vendor that an earlier list named keeps its name, country and parent.
    made_with: versions and digests of what looks and judges; when an unfinished crawl goes on with others, it says so.
    """
    seeds = list(seeds)
    scope = json.dumps([settings.get(name) for name in SCOPE_SETTINGS])
    digest = sha256_hex("\n".join([scope, *map(repr, seeds)]).encode())
    unfinished: CrawlId | None = ledger.value(
        "SELECT crawl_id FROM crawls WHERE order_sha256 = ? AND ended_at IS NULL ORDER BY crawl_id DESC LIMIT 1",
        [digest],
    )
    if unfinished is not None:
        _note_continuation(ledger, unfinished, made_with or {})
        return unfinished
    crawl_id = CrawlId(event_id())
    crawl = Crawl(
        crawl_id=crawl_id,
        order_sha256=digest,
        seeds_file=seeds_file,
        settings=settings,
        tool_version=tool_version,
        started_at=utc_text(),
        ended_at=None,
        kind=kind,
        made_with=made_with or {},
    )
    with ledger.transaction():
        (ledger.add if keep_known else ledger.put)(seeds)
        ledger.add([crawl])
        ledger.add(
            Visit(
                visit_id=VisitId(content_id("visit", crawl_id, seed.seed_id)),
                crawl_id=crawl_id,
                seed_id=seed.seed_id,
                ordinal=ordinal,
                state=VisitState.PENDING,
                started_at=None,
                ended_at=None,
                end_reason=None,
                pages=0,
                requests=0,
                body_bytes=0,
                start_urls=seed.start_urls,
            )
            for ordinal, seed in enumerate(seeds)
        )
    return crawl_id


def end_crawl_if_complete(ledger: Ledger, crawl_id: CrawlId) -> bool:
    """Mark a crawl as ended when no visit is left. Returns whether it is."""
    left = ledger.value(
        "SELECT count(*) FROM visits WHERE crawl_id = ? AND state IN ('pending', 'running')", [crawl_id]
    )
    if left:
        return False
    if ledger.value("SELECT ended_at FROM crawls WHERE crawl_id = ?", [crawl_id]) is None:
        ledger.execute(
            "UPDATE crawls SET ended_at = ?, clock = ? WHERE crawl_id = ?",
            [utc_text(), json.dumps(measure_clock(ledger, crawl_id)), crawl_id],
        )
    return True


def _note_continuation(ledger: Ledger, crawl_id: CrawlId, made_with: dict[str, object]) -> None:
    begun = json.loads(ledger.value("SELECT made_with FROM crawls WHERE crawl_id = ?", [crawl_id]))
    later = begun.pop("continued_with", [])
    last = {key: value for key, value in (later[-1] if later else begun).items() if key != "at"}
    if last != made_with:
        begun["continued_with"] = [*later, {"at": utc_text(), **made_with}]
        ledger.execute("UPDATE crawls SET made_with = ? WHERE crawl_id = ?", [json.dumps(begun), crawl_id])


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(Problem(where=where, expected=expected, got=got, next_step=next_step))
