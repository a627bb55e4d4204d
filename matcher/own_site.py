"""Pictures on a brand's own site that may be official logos, and lie in none of its official files: what `brand check` proposes.

Reads: pages, visits, seeds, sightings, looks, recognitions, logo_matches.

1. Of the pages that stand at a domain of the brand, take the pictures that the page shows as its own logo.
2. Leave out those that an official logo recognises, and those that were refused.
3. Those on most pages come first: a new logo stands on every page, a campaign on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ledger.database import Ledger
from ledger.domains import belongs_to
from ledger.typed_texts import CaptureId, Sha256
from matcher.brands.official_logos import Brand

MOST_PROPOSED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSiteLogo:
    """A picture that may be an official logo. page_url: one of the pages; capture_id: None for an inline image."""

    brand: str
    image_sha256: Sha256
    image_url: str | None
    page_url: str
    pages: int
    width_px: int
    height_px: int
    format: str
    capture_id: CaptureId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A row of _OWN_LOGOS."""

    image_sha256: Sha256
    image_url: str | None
    page_url: str
    width_px: int
    height_px: int
    format: str
    capture_id: CaptureId | None


def find_own_site_logos(ledger: Ledger, brand: Brand) -> list[OwnSiteLogo]:
    """Return at most MOST_PROPOSED pictures of a brand's own site; none where no visit has read a page of it."""
    shown: dict[Sha256, list[_Shown]] = {}
    for row in ledger.select_each(_Shown, _OWN_LOGOS, [brand.slug]):
        if belongs_to(urlsplit(row.page_url).hostname, brand.domains):
            shown.setdefault(row.image_sha256, []).append(row)
    proposed = [
        OwnSiteLogo(
            brand=brand.slug,
            image_sha256=image_sha256,
            image_url=rows[0].image_url,
            page_url=rows[0].page_url,
            pages=len({row.page_url for row in rows}),
            width_px=rows[0].width_px,
            height_px=rows[0].height_px,
            format=rows[0].format,
            capture_id=rows[0].capture_id,
        )
        for image_sha256, rows in shown.items()
    ]
    return sorted(proposed, key=lambda logo: (-logo.pages, logo.image_sha256))[:MOST_PROPOSED]


_OWN_LOGOS = """
    SELECT g.image_sha256, g.image_url, p.url AS page_url, r.width_px, r.height_px, r.format,
           iif(g.inline_sha256 IS NULL, g.image_capture_id, NULL) AS capture_id
    FROM seen_images g
    JOIN pages p ON p.page_id = g.page_id AND p.health = 'ok'
    JOIN recognitions r ON r.image_sha256 = g.image_sha256 AND r.refusal_reason IS NULL AND r.width_px IS NOT NULL
    WHERE g.noise = 'own-logo'
      AND NOT EXISTS (SELECT 1 FROM logo_matches m WHERE m.image_sha256 = g.image_sha256 AND m.brand = ? AND m.kind = 'picture'
                      AND m.strength = 'match')
    GROUP BY g.image_sha256, p.url ORDER BY min(g.sighting_no)
"""
