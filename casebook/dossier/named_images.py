"""Images that claim by words or names: the brand's name was read in them, or stands beside them; no official logo was recognised.

Reads: claim_evidence, sightings, pages, logo_matches, image_words, the archive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ledger.database import Ledger
from ledger.errors import RecordDeletedError
from ledger.typed_texts import CaptureId, ClaimId, FinalUrl, Instant, Sha256, SightingId
from ledger.vocabulary import Evidence, FoundBy
from matcher.decoding.refusals import Refusal
from matcher.explain import outline_region
from matcher.logo_matches import image_content
from matcher.looking.picture_box import Box

MAX_NAMED_PICTURED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedImage:
    """A row of _NAMED: an image that claims by its words, or by a name beside it. x to words: None when it is the name alone."""

    sighting_id: SightingId
    evidence: Evidence
    reasons: tuple[str, ...]
    seen_at: Instant
    page_url: FinalUrl
    found_by: FoundBy
    image_url: str | None
    inline_sha256: Sha256 | None
    image_sha256: Sha256 | None
    image_capture_id: CaptureId | None
    alt: str | None
    link_url: str | None
    heading_trail: tuple[str, ...]
    tier: str | None
    words: str | None
    score: float | None
    x: int | None
    y: int | None
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedExhibit:
    """One such image for a reader. image: as the newest look showed it; read: all lines that were read in it; None: it was not read.

    picture_png: the image with the words outlined; why_not: why there is none.
    """

    image: NamedImage
    reasons: tuple[str, ...]
    first_seen: Instant
    last_seen: Instant
    read: tuple[str, ...] | None
    picture_png: bytes | None
    why_not: str | None


def read_named_images(
    ledger: Ledger, warc_dir: Path, claim_id: ClaimId, *, with_pictures: bool
) -> tuple[NamedExhibit, ...]:
    """Return each image once a page, the newest look's words."""
    rows = ledger.select(NamedImage, _NAMED, [claim_id])
    exhibits: list[NamedExhibit] = []
    for _, group in groupby(rows, key=lambda row: (row.page_url, row.image_sha256 or row.image_url)):
        looks = list(group)
        image = looks[0]
        drawn: bytes | str | None = None
        if with_pictures:
            is_room = sum(exhibit.picture_png is not None for exhibit in exhibits) < MAX_NAMED_PICTURED
            drawn = draw_named_image(ledger, warc_dir, image) if is_room else "only the first ones are pictured"
        exhibits.append(
            NamedExhibit(
                image=image,
                reasons=tuple(dict.fromkeys(reason for look in looks for reason in look.reasons)),
                first_seen=min(look.seen_at for look in looks),
                last_seen=max(look.seen_at for look in looks),
                read=_read_lines(ledger, image.image_sha256),
                picture_png=drawn if isinstance(drawn, bytes) else None,
                why_not=drawn if isinstance(drawn, str) else None,
            )
        )
    return tuple(exhibits)


def draw_named_image(ledger: Ledger, warc_dir: Path, image: NamedImage) -> bytes | str:
    """Return a PNG of the image with the words outlined, or why there is none."""
    if image.image_sha256 is None:
        return "its file was not had"
    try:
        content = image_content(
            ledger, warc_dir, image.image_sha256, None if image.inline_sha256 else image.image_capture_id
        )
    except RecordDeletedError as error:
        return str(error)
    region = None
    if image.x is not None and image.y is not None and image.width is not None and image.height is not None:
        region = Box(x=image.x, y=image.y, width=image.width, height=image.height)
    drawn = outline_region(content, region)
    return f"the picture could not be drawn: {drawn.reason}" if isinstance(drawn, Refusal) else drawn


def _read_lines(ledger: Ledger, image_sha256: Sha256 | None) -> tuple[str, ...] | None:
    if not ledger.value(
        "SELECT 1 FROM image_readings WHERE image_sha256 = ? AND refusal_reason IS NULL", [image_sha256]
    ):
        return None
    lines: Sequence[str] = ledger.values(
        "SELECT text FROM image_words WHERE image_sha256 = ? ORDER BY line_no", [image_sha256]
    )
    return tuple(lines)


_NAMED = """
    SELECT g.sighting_id, e.evidence, e.reasons, e.seen_at, p.url AS page_url, g.found_by, g.image_url, g.inline_sha256, g.image_sha256,
           g.image_capture_id, g.alt, g.link_url, g.heading_trail, e.tier, m.words, m.score, m.x, m.y, m.width, m.height
    FROM claim_evidence e
    JOIN seen_images g ON g.sighting_id = e.sighting_id
    JOIN pages p ON p.page_id = e.page_id
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    WHERE e.claim_id = ?1 AND e.evidence IN ('words', 'name')
      AND NOT EXISTS (SELECT 1 FROM claim_evidence n WHERE n.claim_id = ?1 AND n.sighting_id = e.sighting_id AND n.evidence = 'picture')
    ORDER BY p.url, coalesce(g.image_sha256, g.image_url), e.evidence = 'words' DESC, e.seen_at DESC, e.evidence_id
"""
