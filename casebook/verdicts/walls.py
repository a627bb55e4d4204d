"""Logo walls, and those that came with a bought template or were copied: sightings of a visit → walls, templates.

Reads: sightings with what their images are, image_hashes. Writes: walls, wall_images.

1. A wall is a run of at least MIN_WALL_IMAGES different images of a page under the same headings, with no words of their own.
2. Walls of other vendors that share a rare image are compared: the same images (by digest, or by perceptual hash),
   in the same order.
3. Walls that are alike, also by way of others, are one group, whichever of them was seen first; one that lost a wall is put together anew.
4. Where at least MIN_TEMPLATE_VENDORS unrelated vendors show the walls of a group, they all get one template_id.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from ledger.database import Ledger
from ledger.identity import content_id
from ledger.records import Wall, WallImage
from ledger.typed_texts import PageId, SeedId, Sha256, SightingId, VisitId
from ledger.vocabulary import SectionKind

MIN_WALL_IMAGES = 4  # three logos in a row are too common to say anything
# Jaccard similarity of the sets of images, and the share of the shorter wall that stands in the same order. A copied
# template keeps its placeholders whole; a vendor that replaced every third one has made it its own. Tried .6 to 1.
MIN_ALIKE = 0.8
MIN_TEMPLATE_VENDORS = 3  # two may be sister companies; tried 2 and 3
# of 64, between perceptual hashes: a copy that was compressed again or resized differs by 0 to 4, other logos by 10 and more
MAX_SAME_BITS = 4
MAX_CANDIDATES = 200  # walls that are compared with one, rarest images first; more of them would say nothing new
MAX_SHOWN = 200  # walls that show one image of it, and are looked at


@dataclass(frozen=True, slots=True)
class Shown:
    """One image of a wall, by what can be compared."""

    sha256: str
    hash: str | None

    @property
    def bits(self) -> int | None:
        return int(self.hash.rpartition(":")[2], 16) if self.hash else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A wall that shares an image with another."""

    wall_id: str
    alike_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tile:
    """A row of _SIGHTINGS: an image that may stand in a wall. words_alone: words that no other image of its place has."""

    page_id: PageId
    seed_id: SeedId
    sighting_id: SightingId
    zone: str
    heading_trail: tuple[str, ...]
    section_kind: SectionKind
    image_sha256: Sha256
    words_alone: str | None
    image_hash: str | None


def find_walls(ledger: Ledger, visit_id: VisitId) -> set[SeedId]:
    """Write the walls of a visit anew and their templates; returns the vendors (seed_id) whose walls changed template."""
    tiles = ledger.select(_Tile, _SIGHTINGS, [visit_id])
    walls: list[Wall] = []
    images: list[WallImage] = []
    for _, page in groupby(tiles, key=attrgetter("page_id")):
        for run in _runs(list(page)):
            first = run[0]
            wall_id = content_id("wall", first.page_id, *(tile.image_sha256 for tile in run))
            walls.append(
                Wall(
                    wall_id=wall_id,
                    page_id=first.page_id,
                    seed_id=first.seed_id,
                    images=len(run),
                    alike_id=wall_id,
                    template_id=None,
                )
            )
            images += [
                WallImage(
                    wall_id=wall_id,
                    position=place,
                    sighting_id=tile.sighting_id,
                    image_sha256=tile.image_sha256,
                    image_hash=tile.image_hash,
                )
                for place, tile in enumerate(run)
            ]
    kept = {"visit": visit_id, "kept": json.dumps([wall.wall_id for wall in walls])}
    with ledger.transaction():
        parted = ledger.values(_PARTED, kept)
        ledger.execute("DELETE FROM walls WHERE wall_id IN (SELECT wall_id FROM (" + _GONE + "))", kept)
        ledger.add(walls)
        ledger.put(images)
        for wall_id in parted:
            ledger.update(Wall, {"alike_id": wall_id}, wall_id=wall_id)
        settled = dict.fromkeys([*parted, *(wall.wall_id for wall in walls)])
        return {seed for wall_id in settled for seed in _settle_template(ledger, wall_id)}


def _runs(page: Sequence[_Tile]) -> Iterator[list[_Tile]]:
    """Yield the walls of one page: equal images of a marquee that runs twice count once."""
    for _, group in groupby(page, key=_place):
        run: dict[Sha256, _Tile] = {}
        for tile in group:
            run.setdefault(tile.image_sha256, tile)
        if len(run) >= MIN_WALL_IMAGES:
            yield list(run.values())


def _place(tile: _Tile) -> tuple[object, ...]:
    # words that only one image has make it a card, not a tile: then its place is its own
    return tile.zone, tile.heading_trail, tile.section_kind, tile.words_alone


def _settle_template(ledger: Ledger, wall_id: str) -> set[SeedId]:
    """Join a wall's group with those of the walls that are alike it; returns the vendors whose template changed."""
    groups = json.dumps(sorted(_alike_groups(ledger, wall_id)))
    first = ledger.value("SELECT min(value) FROM json_each(?)", [groups])
    ledger.execute(_JOIN_GROUPS, {"first": first, "groups": groups})
    unrelated = ledger.value(_UNRELATED, {"group": first, "enough": MIN_TEMPLATE_VENDORS})
    template = content_id("template", first) if unrelated >= MIN_TEMPLATE_VENDORS else None
    changed: set[SeedId] = set(ledger.values(_OTHER_TEMPLATE, {"group": first, "template": template}))
    if changed:
        ledger.execute(
            "UPDATE walls SET template_id = :template WHERE alike_id = :group AND template_id IS NOT :template",
            {"group": first, "template": template},
        )
    return changed


def _alike_groups(ledger: Ledger, wall_id: str) -> set[str]:
    """The wall's group and those of walls of other vendors with the same images in the same order; rarest images lead to them first."""
    mine = _read_wall(ledger, wall_id)
    groups: set[str] = {ledger.value("SELECT alike_id FROM walls WHERE wall_id = ?", [wall_id])}
    candidates: set[str] = set()
    for image in ledger.select(Shown, _FINDERS, {"wall": wall_id}):
        keys = {
            "sha": image.sha256,
            "hash": image.hash,
            "wall": wall_id,
            "most": MAX_SHOWN,
            "groups": json.dumps([*groups]),
        }
        for other in ledger.select(_Candidate, _WITH_IMAGE, keys):
            if other.alike_id in groups or other.wall_id in candidates:
                continue  # one of a group that is alike is enough
            candidates.add(other.wall_id)
            if are_alike(mine, _read_wall(ledger, other.wall_id)):
                groups.add(other.alike_id)
        if len(candidates) >= MAX_CANDIDATES:
            break
    return groups


def _read_wall(ledger: Ledger, wall_id: str) -> list[Shown]:
    sql = "SELECT image_sha256 AS sha256, image_hash AS hash FROM wall_images WHERE wall_id = ? ORDER BY position"
    return ledger.select(Shown, sql, [wall_id])


def are_alike(one: Sequence[Shown], other: Sequence[Shown]) -> bool:
    """Tell whether two walls show the same images in the same order, a few exceptions allowed."""
    place_of = {shown.sha256: place for place, shown in reversed(list(enumerate(other)))}
    bits_of = [shown.bits for shown in other]
    common = [place for mine in one if (place := _find_place(mine, place_of, bits_of)) is not None]
    if len(set(common)) < MIN_ALIKE * (len(one) + len(other) - len(set(common))):
        return False
    return _longest_rise(common) >= MIN_ALIKE * min(len(one), len(other))


def _find_place(mine: Shown, place_of: Mapping[str, int], bits_of: Sequence[int | None]) -> int | None:
    """Where the same image stands in another wall: by digest, else by hash."""
    if mine.sha256 in place_of:
        return place_of[mine.sha256]
    own = mine.bits
    if own is None:
        return None
    places = (p for p, bits in enumerate(bits_of) if bits is not None and (own ^ bits).bit_count() <= MAX_SAME_BITS)
    return next(places, None)


def _longest_rise(places: Iterable[int]) -> int:
    """Length of the longest subsequence that only rises: how many images stand in the same order."""
    ends: list[int] = []  # ends[n]: the smallest end of a rise of n + 1
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)


_SIGHTINGS = """
    SELECT g.page_id, v.seed_id, g.sighting_id, g.zone, g.heading_trail, g.section_kind,
           g.image_sha256,
           CASE WHEN count(*) OVER (PARTITION BY g.page_id, g.heading_trail, g.nearby_text) > 1 THEN NULL
                ELSE g.nearby_text END AS words_alone,
           (SELECT h.phash FROM v_image_hashes h WHERE h.image_sha256 = g.image_sha256
            ORDER BY h.width * h.height DESC, h.x, h.y, h.phash LIMIT 1) AS image_hash
    FROM seen_images g
    JOIN pages p ON p.page_id = g.page_id AND p.health = 'ok'
    JOIN visits v ON v.visit_id = p.visit_id
    WHERE p.visit_id = ? AND g.noise IS NULL AND g.image_sha256 IS NOT NULL
    ORDER BY p.rowid, g.sighting_no
"""
# rarest first: how many walls of others show each image
_FINDERS = """
    SELECT i.image_sha256 AS sha256, i.image_hash AS hash
    FROM wall_images i WHERE i.wall_id = :wall
    ORDER BY (SELECT count(*) FROM (SELECT 1 FROM wall_images o WHERE o.image_sha256 = i.image_sha256 LIMIT 1000)), i.position
"""
# walls of groups that are not known to be alike; of an image that more walls show than are looked at, those that were seen first
_WITH_IMAGE = """
    SELECT wall_id, alike_id FROM walls
    WHERE wall_id IN (
        SELECT wall_id FROM (SELECT wall_id FROM wall_images WHERE image_sha256 = :sha LIMIT :most)
        UNION SELECT wall_id FROM (SELECT wall_id FROM wall_images WHERE image_hash = :hash LIMIT :most))
    AND alike_id NOT IN (SELECT value FROM json_each(:groups))
    AND seed_id <> (SELECT seed_id FROM walls WHERE wall_id = :wall)
    ORDER BY wall_id
"""
# walls of a visit that are there no more
_GONE = """
    SELECT w.wall_id, w.alike_id FROM walls w JOIN pages p USING (page_id)
    WHERE p.visit_id = :visit AND w.wall_id NOT IN (SELECT value FROM json_each(:kept))
"""
# what is left of the groups that they were in
_PARTED = f"""
    SELECT wall_id FROM walls WHERE alike_id IN (SELECT alike_id FROM ({_GONE})) AND wall_id NOT IN (SELECT wall_id FROM ({_GONE}))
    ORDER BY wall_id
"""
_JOIN_GROUPS = """
    UPDATE walls SET alike_id = :first WHERE alike_id <> :first AND alike_id IN (SELECT value FROM json_each(:groups))
"""
# no more are counted than make a template
_UNRELATED = """
    SELECT count(*) FROM (
        SELECT DISTINCT coalesce(s.parent, s.vendor_domain) FROM walls w JOIN seeds s USING (seed_id)
        WHERE w.alike_id = :group LIMIT :enough)
"""
_OTHER_TEMPLATE = "SELECT DISTINCT seed_id FROM walls WHERE alike_id = :group AND template_id IS NOT :template"
