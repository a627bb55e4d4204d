"""Rejections: a person said that an image does not show a brand's logo, so it and its copies match that brand no more.

Reads: rejections, official_logos, image_hashes, logo_matches, name_matches, sightings, looks. Writes: rejections, logo_matches.rejection_id.

1. Events are only ever added; of one image and brand the latest counts (v_rejections).
2. A rejection holds while the brand's official set is the one that it was made against: new logos are judged anew.
3. It holds back the matches of the image itself, and those of images near it: the hash of the whole differs in
   thresholds.REJECTED_DISTANCE_BITS at most, and in fewer bits than the match differs from the official logo. Without
   the second half one click on a good forgery would hide the true logo.
4. A match that is held back keeps its row, with the rejection's id; undone, it counts again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ledger.database import Ledger
from ledger.errors import BadInputError, Problem
from ledger.identity import event_id, utc_text
from ledger.records import Match, Rejection
from ledger.typed_texts import MatchId, OfficialLogoId, RejectionId, Sha256, VisitId
from ledger.vocabulary import RejectionEvent
from matcher import thresholds
from matcher.looking.hash_index import hash_words, measure_distances
from matcher.looking.hashes import LogoHash, hash_of_content
from matcher.recognition import RegionHash

HOLDS: Final = "holds"
SET_CHANGED: Final = "official-set-changed"
_WHOLE_SHARE = (
    0.95  # a region of so much of the largest one's area is the whole image, hashed by this or an earlier version
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person says of an image. decided_by: a name or a login."""

    event: RejectionEvent
    image_sha256: Sha256
    brand: str
    decided_by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    rejection_id: RejectionId
    brand: str
    image_sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    match_id: MatchId
    brand: str
    image_sha256: Sha256
    distance_bits: int | None
    rejection_id: RejectionId | None


class StandingRejections:
    """The rejections of some brands that hold now, with the hashes of what was rejected."""

    def __init__(self, ledger: Ledger, brands: Sequence[str]) -> None:
        standing = ledger.select(
            _Standing,
            "SELECT rejection_id, brand, image_sha256 FROM v_rejections"
            " WHERE state = ? AND brand IN (SELECT value FROM json_each(?)) ORDER BY rejection_id",
            [HOLDS, json.dumps(list(brands))],
        )
        self._of_image = {(row.brand, row.image_sha256): row.rejection_id for row in standing}
        self._near: dict[tuple[str, str], list[tuple[RejectionId, np.ndarray]]] = {}
        for (brand, image_sha256), rejection_id in self._of_image.items():
            for value in stored_hashes_of_whole(ledger, image_sha256):
                self._near.setdefault((brand, value.kind), []).append((rejection_id, hash_words(value)))

    @property
    def brands(self) -> set[str]:
        return {brand for brand, _ in self._of_image}

    def find(
        self, brand: str, image_sha256: Sha256, whole: Sequence[LogoHash], distance_bits: int | None
    ) -> RejectionId | None:
        """Id of the rejection that holds a match back, or None. whole: hashes of the whole image; distance_bits: of the
        match, None of one by words: it is held back with images that look the same to the last bit."""
        exact = self._of_image.get((brand, image_sha256))
        if exact is not None:
            return exact
        limit = 0 if distance_bits is None else min(thresholds.REJECTED_DISTANCE_BITS, distance_bits - 1)
        best: tuple[int, RejectionId] | None = None
        for value in whole:
            near = self._near.get((brand, value.kind), [])
            if near:
                distances = measure_distances(hash_words(value)[None], np.stack([words for _, words in near]))[0]
                place = int(distances.argmin())
                best = min(filter(None, (best, (int(distances[place]), near[place][0]))))
        return best[1] if best is not None and best[0] <= limit else None


def hashes_of_whole(hashes: Sequence[RegionHash]) -> list[LogoHash]:
    """Edge hashes of an image's largest regions, as a look at it gives them."""
    areas = [h.box.width * h.box.height for h in hashes]
    return [h.edge for h, area in zip(hashes, areas, strict=True) if area >= _WHOLE_SHARE * max(areas)]


def stored_hashes_of_whole(ledger: Ledger, image_sha256: Sha256) -> list[LogoHash]:
    """The same from the database; none for an image that was refused."""
    edges = ledger.values(
        "SELECT edge_4x8x8 FROM (SELECT r.*, max(width * height) OVER () AS largest FROM image_hashes r"
        " JOIN hashed_images USING (image_no) WHERE image_sha256 = ?) WHERE width * height >= ? * largest"
        " ORDER BY x, y, width, height",
        [image_sha256, _WHOLE_SHARE],
    )
    return [hash_of_content("edge/4x8x8", edge) for edge in edges]


def record_decision(ledger: Ledger, decision: Decision) -> Rejection | None:
    """Add the event; None if it says what holds already. Errors: BadInputError for an image that was never judged, or a
    rejection to undo that is not there."""
    if not ledger.value("SELECT 1 FROM recognitions WHERE image_sha256 = ?", [decision.image_sha256]):
        raise BadInputError(
            Problem(
                where="IMAGE_SHA256",
                expected="the SHA-256 of an image that was judged",
                got=repr(decision.image_sha256),
                next_step="copy image_sha256 from `partnerproof findings --json`, `findings --perhaps` or a dossier",
            )
        )
    state = ledger.value(
        "SELECT state FROM v_rejections WHERE brand = ? AND image_sha256 = ?", [decision.brand, decision.image_sha256]
    )
    if decision.event is RejectionEvent.REJECTED and state == HOLDS:
        return None
    if decision.event is RejectionEvent.UNDONE and state not in (HOLDS, SET_CHANGED):
        raise BadInputError(_nothing_to_undo(ledger, decision))
    official = ledger.values(
        "SELECT official_logo_id FROM official_logos WHERE brand = ? AND is_current = 1 ORDER BY official_logo_id",
        [decision.brand],
    )
    row = Rejection(
        rejection_id=RejectionId(event_id()),
        event=decision.event,
        image_sha256=decision.image_sha256,
        brand=decision.brand,
        official_logo_ids=tuple(map(OfficialLogoId, official)),
        decided_by=decision.decided_by,
        why=decision.why,
        decided_at=utc_text(),
    )
    ledger.add([row])
    return row


def _nothing_to_undo(ledger: Ledger, decision: Decision) -> Problem:
    other = ledger.value(
        "SELECT r.image_sha256 FROM logo_matches m JOIN rejections r ON r.rejection_id = m.rejection_id"
        " WHERE m.image_sha256 = ? AND m.brand = ?",
        [decision.image_sha256, decision.brand],
    )
    return Problem(
        where="--undo",
        expected=f"an image that was rejected for {decision.brand}",
        got=f"a copy of the rejected image {other}" if other else "one that was not",
        next_step="undo the rejection of that image" if other else "see `partnerproof reject --list`",
    )


def hold_back(ledger: Ledger, brands: Sequence[str]) -> set[Sha256]:
    """Bring all stored matches of brands in line with their rejections; returns the images for which that changed
    something, and those that were ever rejected though named beside. Running it again changes nothing."""
    standing = StandingRejections(ledger, brands)
    matches = ledger.select(
        _Judged,
        "SELECT match_id, brand, image_sha256, distance_bits, rejection_id FROM logo_matches"
        " WHERE brand IN (SELECT value FROM json_each(:rejecting))"
        " OR (rejection_id IS NOT NULL AND brand IN (SELECT value FROM json_each(:brands)))",
        {"rejecting": json.dumps(sorted(standing.brands)), "brands": json.dumps(list(brands))},
    )
    changed = set[Sha256]()
    with ledger.transaction():
        for match in matches:
            whole = stored_hashes_of_whole(ledger, match.image_sha256)
            rejection_id = standing.find(match.brand, match.image_sha256, whole, match.distance_bits)
            if rejection_id != match.rejection_id:
                changed.add(match.image_sha256)
                ledger.update(Match, {"rejection_id": rejection_id}, match_id=match.match_id)
    # a name beside an image has no match that could be held back: whoever weighs it asks v_rejections
    return changed | set(ledger.values(_NAMED, [json.dumps(list(brands))]))


_NAMED = """
    SELECT DISTINCT r.image_sha256 FROM rejections r JOIN seen_images g ON g.image_sha256 = r.image_sha256
    JOIN name_matches n ON n.sighting_id = g.sighting_id AND n.brand = r.brand
    WHERE r.brand IN (SELECT value FROM json_each(?))
"""


def visits_that_show(ledger: Ledger, image_sha256s: Iterable[Sha256]) -> list[VisitId]:
    """Ended visits with a page that shows one of these images: their claims are to be found anew."""
    return ledger.values(
        """
        SELECT DISTINCT v.visit_id FROM sightings g
        JOIN pages p ON p.page_id = g.page_id
        JOIN visits v ON v.visit_id = p.visit_id AND v.state IN ('done', 'failed')
        WHERE g.inline_sha256 IN (SELECT value FROM json_each(:images))
           OR g.look_id IN (SELECT look_id FROM looks WHERE outcome = 'looked'
                            AND content_sha256 IN (SELECT value FROM json_each(:images)))
        ORDER BY v.visit_id
        """,
        {"images": json.dumps(sorted(image_sha256s))},
    )
