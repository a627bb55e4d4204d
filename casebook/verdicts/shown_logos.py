"""Which images of a visit may stand for which brand, where they stand, and what speaks for it: signs, before they are weighed.

Reads: pages, visits, seeds, looks, sightings, logo_matches, official_logos, name_matches, image_words, rejections, brands, wall_images,
recognitions, v_image_hashes, claims and claim_evidence of earlier visits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.database import Ledger
from ledger.typed_texts import FinalUrl, Instant, IsoDate, MatchId, PageId, SeedId, Sha256, SightingId, VisitId
from ledger.vocabulary import LogoVariant, MatchKind, MatchStrength, NameSource, Noise, PageKind, Relation, SectionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSign:
    """A match of an image and a brand. By words: what belongs to official logos is None; by picture: words is."""

    image_sha256: Sha256
    brand: str
    match_id: MatchId
    kind: MatchKind
    strength: MatchStrength
    transform: str | None  # JSON, as matcher.looking.transform reads it
    x: int
    y: int
    width: int
    height: int
    words: str | None
    relation: Relation | None  # this and the next two: what the words of the image tell, or else the official badge
    tier: str | None
    programme: str | None
    file: str | None
    variant: LogoVariant | None
    valid_until: IsoDate | None
    usage: str | None  # JSON, as matcher.brands.usage reads it
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSign:
    """What names a brand beside an image."""

    sighting_id: SightingId
    brand: str
    source: NameSource
    text: str
    is_alone: bool
    relation: Relation | None
    tier: str | None
    programme: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an image stands that may stand for a brand."""

    seed_id: SeedId
    brand: str
    brand_name: str
    aliases: tuple[str, ...]
    official_files: tuple[str, ...]
    domains: tuple[str, ...]
    page_id: PageId
    url: FinalUrl
    page_kind: PageKind
    kind_reasons: tuple[str, ...]
    sighting_id: SightingId
    image_sha256: Sha256 | None
    zone: str
    image_url: str | None
    link_url: str | None
    section_kind: SectionKind
    section_reasons: tuple[str, ...]
    heading_trail: tuple[str, ...]
    alt: str | None
    aria_label: str | None
    caption: str | None
    nearby_text: str | None
    noise: Noise | None
    noise_reason: str | None
    page_box: tuple[int, ...] | None
    is_in_wall: bool
    is_hidden: bool
    has_one_colour_variant: bool
    image_width_px: int | None
    neighbours: str | None  # JSON list of [x, y, width, height]; None: no rule needs them
    other_names: tuple[str, ...]  # further brands that what stands beside it names, and nothing else
    other_brands: tuple[str, ...]  # further brands that were recognised in it, by picture or words
    was_exchanged: bool  # another file under its address was recognised as the brand's
    read_lines: tuple[str, ...] | None  # that were read in it; None: it was not read
    seen_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLogo:
    """An image that may stand for a brand, with what speaks for it: at least one sign."""

    spot: Spot
    picture: MatchSign | None
    words: MatchSign | None
    names: tuple[NameSign, ...]

    @property
    def badge(self) -> Relation | None:
        """What it says by itself that the vendor is: an official badge, or words such as "Certified Reseller" with the brand's name."""
        sure = [match for match in (self.words, self.picture) if match and match.strength is MatchStrength.MATCH]
        said = next((match.relation for match in sure if match.relation), None)
        is_official = any(match.variant is LogoVariant.BADGE for match in sure)
        return said or (Relation.PARTNER if is_official else None)


def read_shown_logos(ledger: Ledger, visit_id: VisitId, brands: Sequence[str]) -> Iterator[ShownLogo]:
    """Yield what a visit's healthy pages show, in the order of the sightings."""
    keys = {"visit": visit_id, "brands": json.dumps(list(brands))}
    matches: dict[tuple[Sha256 | None, str, MatchKind], MatchSign] = {}
    for sign in ledger.select_each(MatchSign, _MATCHES, keys):  # of two of a kind the better one
        matches.setdefault((sign.image_sha256, sign.brand, sign.kind), sign)
    names: dict[tuple[SightingId, str], list[NameSign]] = {}
    for name in ledger.select_each(NameSign, _NAMES, keys):
        names.setdefault((name.sighting_id, name.brand), []).append(name)
    for spot in ledger.select_each(Spot, _SPOTS, keys):
        yield ShownLogo(
            spot=spot,
            picture=matches.get((spot.image_sha256, spot.brand, MatchKind.PICTURE)),
            words=matches.get((spot.image_sha256, spot.brand, MatchKind.WORDS)),
            names=tuple(names.get((spot.sighting_id, spot.brand), ())),
        )


_SHOWN = """
    SELECT g.*, p.visit_id FROM pages p JOIN seen_images g ON g.page_id = p.page_id
    WHERE p.visit_id = :visit AND p.health = 'ok'
"""
_MATCHES = f"""
    SELECT m.image_sha256, m.brand, m.match_id, m.kind, m.strength, m.transform, m.x, m.y, m.width, m.height, m.words, m.relation,
           coalesce(iif(o.variant = 'badge', o.tier, NULL), m.tier) AS tier,
           coalesce(iif(o.variant = 'badge', o.programme, NULL), m.programme) AS programme,
           o.file, o.variant, o.valid_until, o.usage, m.score
    FROM logo_matches m
    LEFT JOIN official_logos o ON o.official_logo_id = m.official_logo_id
    WHERE m.image_sha256 IN (SELECT image_sha256 FROM ({_SHOWN})) AND m.rejection_id IS NULL
      AND m.brand IN (SELECT value FROM json_each(:brands))
    ORDER BY m.strength = 'match' DESC, m.score DESC, m.match_id
"""
_NAMES = f"""
    SELECT n.sighting_id, n.brand, n.source, n.text, n.is_alone, n.relation, n.tier, n.programme
    FROM name_matches n
    WHERE n.sighting_id IN (SELECT sighting_id FROM ({_SHOWN})) AND n.brand IN (SELECT value FROM json_each(:brands))
    ORDER BY n.sighting_id, n.source
"""
_SPOTS = f"""
    WITH shown AS MATERIALIZED ({_SHOWN}), pairs AS MATERIALIZED (
        SELECT g.sighting_id, m.brand FROM shown g JOIN logo_matches m ON m.image_sha256 = g.image_sha256 AND m.rejection_id IS NULL
        UNION
        SELECT n.sighting_id, n.brand FROM shown g JOIN name_matches n ON n.sighting_id = g.sighting_id
        WHERE NOT EXISTS (SELECT 1 FROM v_rejections r
                          WHERE r.brand = n.brand AND r.image_sha256 = g.image_sha256 AND r.state = 'holds')
    )
    SELECT s.seed_id, b.brand, b.name AS brand_name, b.aliases, b.domains, p.page_id, p.url, p.kind AS page_kind, p.kind_reasons,
           g.sighting_id, g.image_sha256, g.zone, coalesce(g.original_url, g.image_url) AS image_url, g.link_url, g.section_kind,
           g.section_reasons, g.heading_trail, g.alt, g.aria_label, g.caption, g.nearby_text, g.noise, g.noise_reason, g.page_box,
           g.is_hidden, k.looked_at AS seen_at,
           (SELECT json_group_array(o.file) FROM official_logos o WHERE o.brand = b.brand) AS official_files,
           EXISTS (SELECT 1 FROM wall_images w WHERE w.sighting_id = g.sighting_id) AS is_in_wall,
           EXISTS (SELECT 1 FROM official_logos n WHERE n.brand = b.brand AND n.variant IN ('white', 'mono') AND n.is_current)
               AS has_one_colour_variant,
           (SELECT r.width_px FROM recognitions r WHERE r.image_sha256 = g.image_sha256 AND r.width_px IS NOT NULL LIMIT 1)
               AS image_width_px,
           iif(EXISTS (SELECT 1 FROM official_logos o WHERE o.brand = b.brand AND o.usage LIKE '%clear_space%'),
               (SELECT json_group_array(json_array(x, y, width, height)) FROM
                (SELECT DISTINCT x, y, width, height FROM v_image_hashes h WHERE h.image_sha256 = g.image_sha256)), NULL)
               AS neighbours,
           (SELECT json_group_array(DISTINCT n.brand) FROM name_matches n
            WHERE n.sighting_id = g.sighting_id AND n.brand <> b.brand AND n.is_alone AND n.source <> 'link') AS other_names,
           (SELECT json_group_array(DISTINCT m.brand) FROM logo_matches m
            WHERE m.image_sha256 = g.image_sha256 AND m.brand <> b.brand AND m.strength = 'match' AND m.rejection_id IS NULL) AS other_brands,
           EXISTS (SELECT 1 FROM claims c JOIN claim_evidence e ON e.claim_id = c.claim_id
                   JOIN logo_matches m ON m.match_id = e.match_id AND m.image_sha256 <> g.image_sha256
                   JOIN sightings o ON o.sighting_id = e.sighting_id AND o.image_url = g.image_url
                   WHERE c.seed_id = s.seed_id AND c.brand = b.brand) AS was_exchanged,
           (SELECT json_group_array(w.text) FROM image_readings i LEFT JOIN image_words w ON w.image_sha256 = i.image_sha256
            WHERE i.image_sha256 = g.image_sha256 AND i.refusal_reason IS NULL HAVING count(i.image_sha256)) AS read_lines
    FROM pairs a
    JOIN shown g ON g.sighting_id = a.sighting_id
    JOIN pages p ON p.page_id = g.page_id
    JOIN visits v ON v.visit_id = p.visit_id
    JOIN seeds s ON s.seed_id = v.seed_id
    JOIN looks k ON k.look_id = p.look_id
    JOIN brands b ON b.brand = a.brand
    WHERE b.brand IN (SELECT value FROM json_each(:brands))
    ORDER BY g.sighting_no, b.brand
"""
