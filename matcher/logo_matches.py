"""Sightings → logo matches: every image seen in a page is compared once with each set of official logos.

Reads: pages, sightings, looks, the images they lead to (captures without deletions, inline_images), rejections. Writes: brands,
official_logos, recognitions, hashed_images, image_hashes, logo_matches.

1. Bring the brands' folders into the database; matches with logos that left the official set go.
2. Take the images of the given visits that this set of logos has not judged.
3. Recognise each in a process of its own that can be killed; write matches, hashes or the refusal. A match that a
   person has rejected is written too, and held back (rejections.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from ledger.archive.warc import read_exchange
from ledger.database import Ledger, as_row, columns_of
from ledger.identity import content_id, utc_text
from ledger.records import BrandRow, HashedImage, HashedRegion, Match, OfficialLogoRow
from ledger.records import Recognition as RecognitionRow
from ledger.typed_texts import CaptureId, Instant, IsoDate, MatchId, Sha256, VisitId
from ledger.vocabulary import MatchKind
from matcher.brands.official_logos import Brand, OfficialLogo
from matcher.logo_matcher import Recognition
from matcher.recognition import RegionHash
from matcher.recognition_process import Recogniser
from matcher.rejections import StandingRejections, hashes_of_whole


def store_brands(ledger: Ledger, brands: Sequence[Brand]) -> bool:
    """Bring brands and their official logos into the database; logos that left the set stay, marked as not current.

    Returns whether a brand that was there before has other logos now: earlier visits then wait for `match`.
    """
    now = utc_text()
    changed = 0
    with ledger.transaction():
        for brand in brands:
            row = BrandRow(
                brand=brand.slug,
                name=brand.name,
                aliases=brand.aliases,
                domains=brand.domains,
                not_when=brand.not_when,
                recorded_at=now,
                tiers=brand.tiers,
            )
            ledger.put(_new_or_changed([row], [ledger.find(BrandRow, brand=brand.slug)]))
            current = json.dumps([logo.official_logo_id for logo in brand.logos])
            # matches with a logo that left the set stay as evidence until their image is judged anew
            changed += ledger.execute(
                "UPDATE official_logos SET is_current = 0 WHERE brand = ? AND is_current = 1"
                " AND official_logo_id NOT IN (SELECT value FROM json_each(?))",
                [brand.slug, current],
            )
            known = ledger.value("SELECT count(*) FROM official_logos WHERE brand = ?", [brand.slug])
            rows = [_logo_row(logo, now) for logo in brand.logos]
            stored = [ledger.find(OfficialLogoRow, official_logo_id=row.official_logo_id) for row in rows]
            ledger.put(_new_or_changed(rows, stored))
            changed += (
                known > 0 and ledger.value("SELECT count(*) FROM official_logos WHERE brand = ?", [brand.slug]) - known
            )
    return bool(changed)


R = TypeVar("R", BrandRow, OfficialLogoRow)


def _new_or_changed(records: Sequence[R], stored: Sequence[R | None]) -> list[R]:
    """Return the records that say something new; unchanged rows keep the time of their first recording."""
    return [
        record
        for record, known in zip(records, stored, strict=True)
        if known is None or as_row(replace(known, recorded_at=record.recorded_at)) != as_row(record)
    ]


def _logo_row(logo: OfficialLogo, now: Instant) -> OfficialLogoRow:
    return OfficialLogoRow(
        official_logo_id=logo.official_logo_id,
        brand=logo.brand,
        file=logo.file,
        variant=logo.variant,
        programme=logo.programme,
        tier=logo.tier,
        valid_from=IsoDate(logo.valid_from.isoformat()) if logo.valid_from else None,
        valid_until=IsoDate(logo.valid_until.isoformat()) if logo.valid_until else None,
        content=logo.content,
        is_current=True,
        recorded_at=now,
        product=logo.product,
        usage=logo.usage.as_dict(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    image_sha256: Sha256
    capture_id: CaptureId | None  # None: it is an inline image


def match_logos(
    ledger: Ledger,
    recogniser: Recogniser,
    *,
    warc_dir: Path,
    visit_ids: Iterable[VisitId],
    on_image: Callable[[], None] = lambda: None,
) -> int:
    """Judge the images of visits that this set of logos has not judged yet; returns how many were judged now."""
    judged, rejected = 0, StandingRejections(ledger, recogniser.brands)
    for visit_id in visit_ids:
        images = _images_to_judge(ledger, visit_id, recogniser.set_id)
        contents = (image_content(ledger, warc_dir, image.image_sha256, image.capture_id) for image in images)
        for image, recognition in zip(images, recogniser.recognise_each(contents), strict=True):
            _store(ledger, image.image_sha256, recogniser, recognition, rejected)
            judged += 1
            on_image()
    return judged


def image_content(ledger: Ledger, warc_dir: Path, image_sha256: Sha256, capture_id: CaptureId | None) -> bytes:
    """Return the bytes of an image that was seen: from the archive, or from inline_images."""
    if capture_id is not None:
        return read_exchange(warc_dir, ledger, capture_id).content
    content: bytes = ledger.value("SELECT content FROM inline_images WHERE image_sha256 = ?", [image_sha256]) or b""
    return content


def _images_to_judge(ledger: Ledger, visit_id: VisitId, set_id: str) -> list[_Image]:
    return ledger.select(
        _Image,
        """
        SELECT g.image_sha256, iif(min(g.inline_sha256) IS NULL, min(g.image_capture_id), NULL) AS capture_id
        FROM pages p JOIN seen_images g ON g.page_id = p.page_id
        WHERE p.visit_id = ? AND g.image_sha256 IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM captures c JOIN deletions d ON d.capture_id IN (c.capture_id, c.refers_to)
                          WHERE c.capture_id = g.image_capture_id)
          AND NOT EXISTS (SELECT 1 FROM recognitions r
                          WHERE r.image_sha256 = g.image_sha256 AND r.logo_set_id = ?
                            AND coalesce(r.refusal_reason, '') NOT IN ('too-slow', 'crashed')) -- these may be the machine's fault
        GROUP BY 1 ORDER BY min(g.sighting_no)
        """,
        [visit_id, set_id],
    )


def _store(
    ledger: Ledger, image_sha256: Sha256, recogniser: Recogniser, recognition: Recognition, rejected: StandingRejections
) -> None:
    whole = hashes_of_whole(recognition.hashes)
    matches = [
        Match(
            match_id=MatchId(content_id("match", image_sha256, match.brand, match.official_logo_id)),
            image_sha256=image_sha256,
            brand=match.brand,
            kind=MatchKind.PICTURE,
            official_logo_id=match.official_logo_id,
            method=match.method,
            distance_bits=match.distance_bits,
            score=round(match.score, 4),
            x=match.region.x,
            y=match.region.y,
            width=match.region.width,
            height=match.region.height,
            transform=asdict(match.transform),
            strangers=match.strangers,
            strangers_compared=match.strangers_compared,
            strength=match.strength,
            why_perhaps=match.why_perhaps,
            inside_brand=match.inside_brand,
            rejection_id=rejected.find(match.brand, image_sha256, whole, match.distance_bits),
        )
        for match in (*recognition.matches, *recognition.perhaps)
    ]
    refusal = recognition.refusal
    row = RecognitionRow(
        image_sha256=image_sha256,
        logo_set_id=recogniser.set_id,
        width_px=recognition.width_px,
        height_px=recognition.height_px,
        format=recognition.format,
        refusal_reason=refusal.reason if refusal else None,
        refusal_detail=refusal.detail if refusal else None,
        recognised_at=utc_text(),
    )
    with ledger.transaction():
        ledger.replace(
            Match,
            matches,
            "match_id",
            "SELECT match_id FROM logo_matches WHERE image_sha256 = ? AND kind = 'picture'"
            " AND brand IN (SELECT value FROM json_each(?))",
            [image_sha256, json.dumps(list(recogniser.brands))],
        )
        store_hashes(ledger, image_sha256, recognition.hashes)
        ledger.put([row])


def store_hashes(ledger: Ledger, image_sha256: Sha256, hashes: Sequence[RegionHash]) -> None:
    """Write the hashes of an image's regions; other ones than are stored get the image a new number, for caches to see."""
    known = ledger.find(HashedImage, image_sha256=image_sha256)
    with ledger.transaction():
        if known is not None:
            rows = set(_hashed_regions(known.image_no, hashes))
            columns = columns_of(HashedRegion)
            stored = ledger.select(
                HashedRegion, f"SELECT {columns} FROM image_hashes WHERE image_no = ?", [known.image_no]
            )
            if rows == set(stored):
                return
            ledger.execute("DELETE FROM hashed_images WHERE image_no = ?", [known.image_no])
        if hashes:
            ledger.execute("INSERT INTO hashed_images (image_sha256) VALUES (?)", [image_sha256])
            image_no = ledger.value("SELECT image_no FROM hashed_images WHERE image_sha256 = ?", [image_sha256])
            ledger.add(_hashed_regions(image_no, hashes))


def _hashed_regions(image_no: int, hashes: Sequence[RegionHash]) -> list[HashedRegion]:
    return [
        HashedRegion(
            image_no=image_no,
            x=region.box.x,
            y=region.box.y,
            width=region.box.width,
            height=region.box.height,
            phash_8x8=region.phash.content,
            dhash_8x8=region.dhash.content,
            edge_4x8x8=region.edge.content,
        )
        for region in {region.box: region for region in reversed(hashes)}.values()  # each place once
    ]
