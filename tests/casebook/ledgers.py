"""A ledger as crawls leave it, written row by row with the days that a test wants."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.database import Ledger
from ledger.domains import registrable_domain
from ledger.identity import content_id, look_id_of
from ledger.records import (
    BrandRow,
    Crawl,
    HashedImage,
    HashedRegion,
    Look,
    Match,
    OfficialLogoRow,
    Page,
    Passage,
    Seed,
    Sighting,
    TextMatch,
    Visit,
)
from ledger.vocabulary import (
    AssertedBy,
    Certainty,
    FoundBy,
    LookOutcome,
    MatchKind,
    MatchStrength,
    Modality,
    PageHealth,
    PageKind,
    Polarity,
    Purpose,
    Relation,
    SectionKind,
    StatementKind,
    VisitState,
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An image in a page: what its file is, and whether it matches Acme's logo."""

    image: str
    is_acme: bool = False
    section: SectionKind = SectionKind.PARTNERS
    words: str | None = None
    phash: str | None = None  # 16 hexadecimal digits


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence about Acme, or about every brand."""

    text: str
    kind: StatementKind = StatementKind.PARTNER_CLAIM
    relation: Relation | None = Relation.PARTNER
    tier: str | None = None
    brand: str | None = "acme"
    certainty: Certainty = Certainty.SURE
    doubt: str | None = None


@dataclass(frozen=True, kw_only=True)
class Read:
    """A page as it was read on one visit."""

    path: str = "/partners"
    images: Sequence[Shown] = ()
    sentences: Sequence[Said] = ()
    lines: Sequence[str] = ()  # that name no brand
    title: str | None = None
    health: PageHealth = PageHealth.OK
    kind: PageKind = PageKind.PARTNERS


ACME = Shown(image="acme", is_acme=True)


def add_brand(ledger: Ledger) -> None:
    day = "2010-01-01T00:00:00Z"
    ledger.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=("acme.example",), recorded_at=day)])
    ledger.add(
        [
            OfficialLogoRow(
                official_logo_id="acme-logo", brand="acme", file="acme.svg", variant="colour", programme=None, tier=None,
                valid_from=None, valid_until=None, content=b"", is_current=True, recorded_at=day, product=None, usage={},
            )
        ]
    )  # fmt: skip


def add_visit(
    ledger: Ledger, day: str, pages: Sequence[Read], *, domain: str = "vendor.example", parent: str | None = None
) -> str:
    """Write a visit of a vendor on a day (ISO date) with what its pages showed; returns the visit's id."""
    at = f"{day}T10:00:00Z"
    seed_id = content_id("seed", domain)
    assert registrable_domain(domain) == domain
    ledger.add(
        [Seed(seed_id=seed_id, vendor=domain.split(".", maxsplit=1)[0].title(), vendor_domain=domain, start_urls=(f"https://{domain}/",), country=None, parent=parent)]
    )  # fmt: skip
    crawl = content_id("crawl", day)
    ledger.add([Crawl(crawl_id=crawl, order_sha256="", seeds_file="s.csv", settings={}, tool_version="0", started_at=at, ended_at=at)])  # fmt: skip
    visit_id = content_id("visit", seed_id, day)
    ledger.add(
        [Visit(visit_id=visit_id, crawl_id=crawl, seed_id=seed_id, ordinal=0, state=VisitState.DONE, started_at=at, ended_at=at, end_reason="complete", pages=len(pages), requests=1, body_bytes=1)]
    )  # fmt: skip
    for page in pages:
        _add_page(ledger, visit_id, at, f"https://{domain}{page.path}", page)
    return visit_id


def _add_page(ledger: Ledger, visit_id: str, at: str, url: str, page: Read) -> None:
    look_id = look_id_of(visit_id, Purpose.PAGE, url)
    ledger.add([_look(look_id, visit_id, Purpose.PAGE, url, at, "")])
    page_id = content_id("page", visit_id, url)
    ledger.add(
        [
            Page(
                page_id=page_id, visit_id=visit_id, look_id=look_id, url=url, link_text="", title=page.title, language="en",
                kind=page.kind, kind_reasons=("heading has “x”",), health=page.health, health_reason=None,
                stylesheet_looks=(), extractor_version=1,
            )
        ]
    )  # fmt: skip
    for place, shown in enumerate(page.images):
        image = content_id("image", shown.image)
        image_look = look_id_of(visit_id, Purpose.IMAGE, f"{url}/{shown.image}")
        ledger.add([_look(image_look, visit_id, Purpose.IMAGE, f"{url}/{shown.image}", at, image)])
        ledger.add(
            [
                Sighting(
                    sighting_id=content_id("sighting", page_id, place), page_id=page_id, found_by=FoundBy.IMG, ordinal=place,
                    image_url=f"{url}/{shown.image}", look_id=image_look, inline_sha256=None, alt=None, title=None,
                    link_url=None, heading_trail=(), zone="main", section_kind=shown.section,
                    section_reasons=("heading “Ours”",), nearby_text=shown.words,
                )
            ]
        )  # fmt: skip
        if shown.phash:
            _add_hash(ledger, image, shown.phash)
        if shown.is_acme:
            ledger.add(
                [
                    Match(
                        match_id=content_id("match", image), image_sha256=image, brand="acme", kind=MatchKind.PICTURE, official_logo_id="acme-logo",
                        method="m", distance_bits=0, score=1.0, x=0, y=0, width=9, height=9, strength=MatchStrength.MATCH,
                        why_perhaps=None, rejection_id=None, transform={}, strangers=0, strangers_compared=23370,
                    )
                ]
            )  # fmt: skip
    ledger.add(
        Passage(
            passage_id=content_id("passage", page_id, place), page_id=page_id, ordinal=place, text=text, language="en",
            heading_trail=(), zone="main", section_kind=SectionKind.NONE,
        )
        for place, text in enumerate([*(said.text for said in page.sentences), *page.lines])
    )  # fmt: skip
    for place, said in enumerate(page.sentences):
        passage_id = content_id("passage", page_id, place)
        is_denial = said.kind is StatementKind.DENIAL
        ledger.add(
            [
                TextMatch(
                    text_match_id=content_id("text", passage_id), passage_id=passage_id, brand=said.brand, alias="Acme",
                    kind=said.kind, rule="r", relation=said.relation, modality=Modality.IS, asserted_by=AssertedBy.VENDOR,
                    polarity=Polarity.DENIED if is_denial else Polarity.AFFIRMED, subject=None, tier=said.tier, programme=None,
                    since=None, until=None, certainty=said.certainty, doubt=said.doubt, span_start=0, span_end=4, sentence_start=0, sentence_end=len(said.text),
                )
            ]
        )  # fmt: skip


def _add_hash(ledger: Ledger, image: str, phash: str) -> None:
    if ledger.value("SELECT 1 FROM hashed_images WHERE image_sha256 = ?", [image]):
        return
    number = ledger.value("SELECT coalesce(max(image_no), 0) + 1 FROM hashed_images")
    ledger.add([HashedImage(image_no=number, image_sha256=image)])
    ledger.add(
        [
            HashedRegion(
                image_no=number, x=0, y=0, width=9, height=9, phash_8x8=bytes.fromhex(phash), dhash_8x8=bytes(8),
                edge_4x8x8=bytes(32),
            )
        ]
    )  # fmt: skip


def rows_of(ledger: Ledger, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[sqlite3.Row]:
    """Return the rows of any query, as another program would read them from the file."""
    return list(ledger.database.conn.execute(sql, parameters))


def _look(look_id: str, visit_id: str, purpose: Purpose, url: str, at: str, content: str) -> Look:
    return Look(
        look_id=look_id, visit_id=visit_id, purpose=purpose, requested_url=url, outcome=LookOutcome.LOOKED, reason=None,
        detail=None, status=200, final_url=url, capture_id=None, content_sha256=content or None, content_bytes=1, looked_at=at,
    )  # fmt: skip
