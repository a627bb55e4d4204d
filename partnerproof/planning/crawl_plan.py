"""What a crawl would cost, before it starts: requests, bytes, disk, and hours, by the limit that binds.

1. A vendor that was visited costs what its last visit cost, any other the mean of the visits here, or of the benchmark's corpus.
2. For each limit: how long the crawl would take if there were no other.
3. Visits that wait and visits at dead hosts stand in the same places, so their times add up; of all others the longest decides.
4. What lies outside the hours of [crawl] hours comes on top.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import crawler.settings as crawl_settings
from crawler.visits.start_addresses import other_start_addresses
from crawler.wire.hours import Window
from ledger.domains import belongs_to
from ledger.records import Seed
from partnerproof.config import CrawlConfig
from partnerproof.planning.machine_speed import MachineSpeed
from partnerproof.planning.plan_figures import ANSWER_S, CRAWL_DELAY_S, CRAWL_DELAY_SHARE, DISK_PER_BYTE, REQUEST_S
from partnerproof.planning.visit_costs import VisitCost, VisitCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One thing that a crawl can't be faster than. hours: if nothing else held it up."""

    name: str
    title: str
    hours: float
    reckoned: str  # from what
    advice: str  # what to change when it binds


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlan:
    """The expected cost of one crawl."""

    vendors: int
    opted_out: int
    known_vendors: int  # whose own last visit was taken
    basis: str  # where the numbers of the others come from
    requests: int
    received_bytes: int
    disk_bytes: int
    pages: int
    images: int
    dead_vendors: float  # at which nobody answers, as many as are expected
    page_ms: float  # processor time
    image_ms: float
    speed_basis: str  # where the processor times come from
    processors: int
    hours: float  # of the crawl itself
    hours_with_window: float  # until its end, with the hours in which it must not start visits
    bound_by: str  # the name of a limit
    limits: list[Limit]  # the longest first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vendor:
    """One vendor of the list, with what its visit is expected to cost. dead: how likely nobody answers, 0..1."""

    seed: Seed
    cost: VisitCost
    dead: float


def plan_crawl(
    costs: VisitCosts, seeds: Sequence[Seed], config: CrawlConfig, opted_out: frozenset[str], speed: MachineSpeed
) -> CrawlPlan:
    """Return what a crawl of these seeds would cost."""
    wanted = [seed for seed in seeds if not belongs_to(seed.vendor_domain, opted_out)]
    vendors = [_expect(seed, costs) for seed in wanted]
    totals = VisitCost(
        requests=sum((1 - vendor.dead) * vendor.cost.requests for vendor in vendors),
        received_bytes=sum((1 - vendor.dead) * vendor.cost.received_bytes for vendor in vendors),
        pages=sum((1 - vendor.dead) * vendor.cost.pages for vendor in vendors),
        images=sum((1 - vendor.dead) * vendor.cost.images for vendor in vendors),
        seconds=None,
    )
    waits, dead = _visit_waits(vendors, config), _dead_hosts(vendors, costs, config)
    limits = [
        waits,
        dead,
        _longest_visit(vendors, config),
        _one_address(vendors, totals, costs, config),
        *_processor_limits(totals, speed),
    ]
    longest = max(limits, key=lambda limit: limit.hours)
    hours = max(longest.hours, waits.hours + dead.hours)
    if longest.hours < waits.hours + dead.hours:
        longest = max(waits, dead, key=lambda limit: limit.hours)
    with_window = _with_window(hours, Window.of(config.hours))
    if with_window > hours:
        limits.append(_window_limit(with_window - hours, config))
        longest = max(longest, limits[-1], key=lambda limit: limit.hours)
    return CrawlPlan(
        vendors=len(wanted),
        opted_out=len(seeds) - len(wanted),
        known_vendors=sum(seed.seed_id in costs.known for seed in wanted),
        basis=costs.basis,
        requests=round(totals.requests),
        received_bytes=round(totals.received_bytes),
        disk_bytes=round(totals.received_bytes * DISK_PER_BYTE),
        pages=round(totals.pages),
        images=round(totals.images),
        dead_vendors=round(sum(vendor.dead for vendor in vendors), 1),
        page_ms=round(speed.page_s * 1000, 1),
        image_ms=round(speed.image_s * 1000, 1),
        speed_basis=speed.basis,
        processors=speed.processors,
        hours=hours,
        hours_with_window=with_window,
        bound_by=longest.name,
        limits=sorted(limits, key=lambda limit: -limit.hours),
    )


def _expect(seed: Seed, costs: VisitCosts) -> _Vendor:
    known = costs.known.get(seed.seed_id)
    if known is None:
        return _Vendor(seed=seed, cost=costs.usual, dead=costs.dead_share)
    return _Vendor(seed=seed, cost=known, dead=1.0 if known.is_dead else 0.0)


def _pace_s(config: CrawlConfig) -> float:
    """Seconds between two requests to one host, as they are asked for: by our delay, AutoThrottle, and some sites' Crawl-delay."""
    own = max(config.delay_s, ANSWER_S / crawl_settings.AUTOTHROTTLE_TARGET_CONCURRENCY)
    return own + CRAWL_DELAY_SHARE * max(0.0, CRAWL_DELAY_S - own)


def _visit_s(vendor: _Vendor, config: CrawlConfig) -> float:
    """Seconds of one visit: as long as it took last time, and never less than the delay between its requests makes it.

    Of that time a visit that stood in a queue waited no more than the pace of its requests asks for.
    """
    if vendor.cost.is_queued and vendor.cost.seconds is not None:
        return min(config.max_seconds, vendor.cost.seconds, vendor.cost.requests * _pace_s(config))
    paced = vendor.cost.requests * (_pace_s(config) if vendor.cost.seconds is None else config.delay_s)
    return min(config.max_seconds, max(vendor.cost.seconds or 0.0, paced))


def _visit_waits(vendors: Sequence[_Vendor], config: CrawlConfig) -> Limit:
    seconds = sum((1 - vendor.dead) * _visit_s(vendor, config) for vendor in vendors)
    places = min(config.visits_at_once, max(1, len(vendors)))
    living = sum(1 - vendor.dead for vendor in vendors)
    more_at_once = f", or raise visits_at_once ({config.visits_at_once})" if places < len(vendors) else ""
    return Limit(
        name="visits-at-once",
        title="waits between requests",
        hours=seconds / places / 3600,
        reckoned=f"{living:.0f} visits of {seconds / max(living, 1):.0f} s, {places} at once",
        advice=f"lower delay_s ({config.delay_s:g}){more_at_once}",
    )


def _dead_hosts(vendors: Sequence[_Vendor], costs: VisitCosts, config: CrawlConfig) -> Limit:
    number = sum(vendor.dead for vendor in vendors)
    attempts = 1 + crawl_settings.RETRY_TIMES
    if costs.dead_seconds is None:
        ways = [1 + len(other_start_addresses(vendor.seed.start_urls[0])) for vendor in vendors]
        mean_ways = sum(ways) / max(1, len(ways))
        seconds = mean_ways * attempts * config.timeout_s
        reckoned = (
            f"{number:.0f} hosts, {mean_ways:.1f} addresses each, {attempts} attempts of {config.timeout_s:g} s; their share is assumed"
            if number
            else "none is expected"
        )
    else:
        seconds = costs.dead_seconds
        reckoned = f"{number:.0f} hosts of {seconds:.0f} s, as earlier visits at such"
    places = min(config.visits_at_once, max(1, len(vendors)))
    return Limit(
        name="dead-hosts",
        title="hosts at which nobody answers",
        hours=number * seconds / places / 3600,
        reckoned=reckoned,
        advice=f"take vendors off the list whose sites are gone, lower timeout_s ({config.timeout_s:g}), or raise visits_at_once"
        f" ({config.visits_at_once})",
    )


def _longest_visit(vendors: Sequence[_Vendor], config: CrawlConfig) -> Limit:
    longest = max(vendors, key=lambda vendor: (1 - vendor.dead) * _visit_s(vendor, config), default=None)
    return Limit(
        name="delay",
        title="the delay of one host",
        hours=0.0 if longest is None else (1 - longest.dead) * _visit_s(longest, config) / 3600,
        reckoned="no vendor"
        if longest is None
        else f"the longest visit, {longest.seed.vendor_domain}: {longest.cost.requests:.0f} requests, {config.delay_s:g} s apart at least",
        advice=f"lower delay_s ({config.delay_s:g}) or max_requests ({config.max_requests}): no other setting makes one visit shorter",
    )


def _one_address(vendors: Sequence[_Vendor], totals: VisitCost, costs: VisitCosts, config: CrawlConfig) -> Limit:
    share = costs.address_share
    largest = max((vendor.cost.requests for vendor in vendors), default=0.0)
    requests = max(largest, (share or 0.0) * totals.requests)
    return Limit(
        name="requests-per-address",
        title="requests to one IP address",
        hours=requests * ANSWER_S / config.requests_per_address / 3600,
        reckoned=f"{requests:.0f} requests to the one that most go to{'' if share is not None else ' (not known yet)'},"
        f" {config.requests_per_address} at once, {ANSWER_S:g} s each",
        advice=f"raise requests_per_address ({config.requests_per_address})",
    )


def _processor_limits(totals: VisitCost, speed: MachineSpeed) -> list[Limit]:
    """All of it on all processors, and what one process does alone. With more processors only the first becomes less."""
    readers = max(1, min(crawl_settings.PARTNERPROOF_READERS, speed.processors))
    reading_s, recognising_s = totals.pages * speed.page_s, totals.images * speed.image_s
    fetching_s = totals.requests * REQUEST_S
    elsewhere = "share the list out among several machines, each with a workspace of its own"
    return [
        Limit(
            name="processor",
            title="processor time",
            hours=(reading_s + recognising_s + fetching_s) / speed.processors / 3600,
            reckoned=f"{totals.pages:,.0f} pages of {speed.page_s * 1000:.0f} ms, {totals.images:,.0f} images of {speed.image_s * 1000:.0f} ms,"
            f" {totals.requests:,.0f} requests of {REQUEST_S * 1000:.1f} ms, on {_cores(speed.processors)}",
            advice=f"use a machine with more cores, or {elsewhere}",
        ),
        Limit(
            name="reading",
            title="reading pages",
            hours=reading_s / readers / 3600,
            reckoned=f"{totals.pages:,.0f} pages of {speed.page_s * 1000:.0f} ms, in {readers} process{'es' if readers > 1 else ''}",
            advice=f"lower max_pages, use a machine with more cores, or {elsewhere}",
        ),
        Limit(
            name="recognising",
            title="recognising images",
            hours=recognising_s / 3600,
            reckoned=f"{totals.images:,.0f} images of {speed.image_s * 1000:.0f} ms, in one process",
            advice=f"lower max_images, or {elsewhere}",
        ),
        Limit(
            name="fetching",
            title="fetching and storing",
            hours=fetching_s / 3600,
            reckoned=f"{totals.requests:,.0f} requests of {REQUEST_S * 1000:.1f} ms, in one process",
            advice=f"{elsewhere}",
        ),
    ]


def _cores(number: int) -> str:
    return f"{number} core{'s' if number > 1 else ''}"


def _window_limit(waiting_h: float, config: CrawlConfig) -> Limit:
    return Limit(
        name="hours",
        title="hours in which it must not crawl",
        hours=waiting_h,
        reckoned=f"visits start at {config.hours} only",
        advice="widen hours",
    )


def _with_window(hours: float, window: Window | None) -> float:
    if window is None:
        return hours
    opens, closes = (at.hour + at.minute / 60 for at in (window.opens, window.closes))
    open_h = (closes - opens) % 24
    days = max(0, math.ceil(hours / open_h) - 1)
    return days * 24 + (hours - days * open_h)
