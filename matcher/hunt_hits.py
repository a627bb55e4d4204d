"""Short-listed images → hits: what the stored bytes of an image say about new logos, and which pages show it.

Reads: image_sha256s of matcher/hunt.py, looks, captures, inline_images, sightings. Writes: no row.

1. Take an image's bytes from the archive or inline_images; what can't be read any more is counted, not passed over.
2. Recognise it in the process that can be killed, with the new logos only.
3. List the pages that show it, with when they were first and last fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.archive.stores import StoreAwayError
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError
from ledger.identity import sha256_hex
from ledger.typed_texts import Instant, Sha256
from matcher.logo_matches import image_content
from matcher.looking.picture_box import Box
from matcher.recognition import LogoMatch
from matcher.recognition_process import Recogniser


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A new logo in an image on a page. logo: the file as it was named; score: 0..1, 1 = the same drawing.

    first_seen, last_seen: when the page was fetched. Vendor, page and times are None where no page shows the image
    any more, because its page was read again; image_url is None for an image that lies in the page itself.
    """

    logo: str
    score: float
    distance_bits: int
    vendor: str | None
    vendor_domain: str | None
    page_url: str | None
    image_url: str | None
    image_sha256: Sha256
    region: Box
    first_seen: Instant | None
    last_seen: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    vendor: str | None
    vendor_domain: str | None
    page_url: str | None
    image_url: str | None
    first_seen: Instant | None
    last_seen: Instant | None


_NOWHERE = _Place(vendor=None, vendor_domain=None, page_url=None, image_url=None, first_seen=None, last_seen=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What the bytes tell. hits: best first; images: how many show a new logo.

    not_looked_at: short-listed images that could not be judged, by SHA-256, with the reason.
    """

    hits: tuple[Hit, ...]
    images: int
    not_looked_at: dict[Sha256, str]


def verify_images(
    ledger: Ledger,
    recogniser: Recogniser,
    image_sha256s: Sequence[Sha256],
    *,
    warc_dir: Path,
    on_image: Callable[[], None] = lambda: None,
) -> Verification:
    """Look at short-listed images closely; recogniser: of the new logos only."""
    hits, images, not_looked_at = list[Hit](), 0, dict[Sha256, str]()
    for image_sha256 in image_sha256s:
        content = _read_image(ledger, warc_dir, image_sha256)
        if isinstance(content, str):
            not_looked_at[image_sha256] = content
        else:
            recognition = recogniser.recognise(content)
            if recognition.refusal is not None:
                not_looked_at[image_sha256] = str(recognition.refusal)
            images += bool(recognition.matches)
            for match in recognition.matches:
                hits += _place(ledger, image_sha256, match)
        on_image()
    hits.sort(key=lambda hit: (-hit.score, hit.vendor or "", hit.page_url or "", hit.image_url or "", hit.logo))
    return Verification(hits=tuple(hits), images=images, not_looked_at=not_looked_at)


def _read_image(ledger: Ledger, warc_dir: Path, image_sha256: Sha256) -> bytes | str:
    """The bytes of a stored image, or why none of the places that had it gives them any more."""
    captures = ledger.values(  # one capture for each payload: an image may have been fetched from a thousand vendors
        "SELECT min(c.capture_id) FROM looks l JOIN captures c ON c.capture_id = l.capture_id"
        " WHERE l.content_sha256 = ? AND l.outcome = 'looked' GROUP BY coalesce(c.refers_to, c.capture_id)",
        [image_sha256],
    )
    reasons = dict[str, None]()
    for capture_id in (None, *captures):
        try:
            content = image_content(ledger, warc_dir, image_sha256, capture_id)
        except (EvidenceBrokenError, StoreAwayError) as error:
            reasons[str(error)] = None
            continue
        if sha256_hex(content) == image_sha256:
            return content
        if content:
            reasons[f"the stored bytes have the SHA-256 {sha256_hex(content)}"] = None
    return "; ".join(reasons) or "no stored look or page has its bytes any more"


def _place(ledger: Ledger, image_sha256: Sha256, match: LogoMatch) -> list[Hit]:
    """A hit for each page that shows the image; one without a page if none does any more."""
    places = ledger.select(
        _Place,
        """
        SELECT s.vendor, s.vendor_domain, p.url AS page_url, g.image_url,
               min(k.looked_at) AS first_seen, max(k.looked_at) AS last_seen
        FROM sightings g
        JOIN pages p ON p.page_id = g.page_id
        JOIN visits v ON v.visit_id = p.visit_id
        JOIN seeds s ON s.seed_id = v.seed_id
        JOIN looks k ON k.look_id = p.look_id
        WHERE g.inline_sha256 = :sha
           OR g.look_id IN (SELECT look_id FROM looks WHERE content_sha256 = :sha AND outcome = 'looked')
        GROUP BY s.seed_id, p.url, g.image_url
        """,
        {"sha": image_sha256},
    )
    return [
        Hit(
            logo=match.brand,
            score=match.score,
            distance_bits=match.distance_bits,
            image_sha256=image_sha256,
            region=match.region,
            vendor=place.vendor,
            vendor_domain=place.vendor_domain,
            page_url=place.page_url,
            image_url=place.image_url,
            first_seen=place.first_seen,
            last_seen=place.last_seen,
        )
        for place in places or [_NOWHERE]
    ]
