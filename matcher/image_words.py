"""Images → the words in them: read once an image, where the picture alone does not say enough.

Reads: pages, sightings, looks, captures, deletions, recognitions, logo_matches, official_logos, name_matches, brands. Writes: image_readings,
image_words, logo_matches of kind "words", and the relation and tier of those of kind "picture".

1. Of the given visits' images take those that may be a logo and show no official one: where the place tells, unless they are large
   photographs, and wherever a name beside them is a brand's, or they perhaps show its logo. And badges: official ones, and marks that
   are only a part of their picture.
2. Read each in a process of its own; store the lines, or why it could not be read.
3. Find the brands that the lines name, and what they say beside the name (lettering/). An image whose words name one brand, or none,
   gives its tier to the official logos in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from ledger.database import Ledger
from ledger.identity import content_id, utc_text
from ledger.lexicon import Lexicon
from ledger.passage_search import searchable
from ledger.records import ImageLine, ImageReading, Match
from ledger.typed_texts import CaptureId, MatchId, Sha256, VisitId
from ledger.vocabulary import MatchKind
from matcher import thresholds
from matcher.decoding.lettering_worker import lettering_engine
from matcher.decoding.refusals import Refusal
from matcher.lettering.read_lines import ReadLine, read_lines
from matcher.logo_matches import image_content
from matcher.looking.picture_box import Box
from matcher.rejections import StandingRejections, stored_hashes_of_whole
from matcher.stored_names import picture_names, read_brands, tiers_of
from matcher.word_matcher import WordMatch, WordMatcher


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    image_sha256: Sha256
    capture_id: CaptureId | None  # None: it is an inline image


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    image_sha256: Sha256
    engine: str
    text: str
    confidence: float
    x: int
    y: int
    width: int
    height: int

    def as_read(self) -> ReadLine:
        box = Box(x=self.x, y=self.y, width=self.width, height=self.height)
        return ReadLine(text=self.text, confidence=self.confidence, box=box)


def read_image_words(ledger: Ledger, *, warc_dir: Path, visit_ids: Iterable[VisitId]) -> int:
    """Read the words in images of visits that were not read yet; returns how many were read now: none without the extra "ocr"."""
    engine, total = lettering_engine(), 0
    for visit_id in visit_ids if engine else ():
        for image in ledger.select(_Image, _TO_READ, _to_read(visit_id)):
            found = read_lines(image_content(ledger, warc_dir, image.image_sha256, image.capture_id))
            _store(ledger, image.image_sha256, engine or "", found)
            total += 1
    return total


def count_unread(ledger: Ledger, visit_ids: Iterable[VisitId]) -> int:
    """How many images of visits would be read, had this machine the extra "ocr"."""
    unread = {
        image.image_sha256 for visit_id in visit_ids for image in ledger.select(_Image, _TO_READ, _to_read(visit_id))
    }
    return len(unread)


def _to_read(visit_id: VisitId) -> dict[str, object]:
    return {
        "visit": visit_id,
        "long": thresholds.MIN_LETTERED_LONG_PX,
        "short": thresholds.MIN_LETTERED_SHORT_PX,
        "part": thresholds.BADGE_MARK_SHARE,
        "photo": thresholds.PHOTOGRAPH_PX,
    }


def _store(ledger: Ledger, image_sha256: Sha256, engine: str, found: Sequence[ReadLine] | Refusal) -> None:
    refusal, read = (found, ()) if isinstance(found, Refusal) else (None, found)
    reading = ImageReading(
        image_sha256=image_sha256,
        engine=engine,
        refusal_reason=refusal.reason if refusal else None,
        refusal_detail=refusal.detail if refusal else None,
        read_at=utc_text(),
        search_words=searchable("\n".join(line.text for line in read)),
    )
    lines = [
        ImageLine(
            image_sha256=image_sha256,
            line_no=number,
            text=line.text,
            confidence=line.confidence,
            x=line.box.x,
            y=line.box.y,
            width=line.box.width,
            height=line.box.height,
        )
        for number, line in enumerate(read)
    ]
    with ledger.transaction():
        ledger.put([reading])
        ledger.execute("DELETE FROM image_words WHERE image_sha256 = ?", [image_sha256])
        ledger.add(lines)


def match_words(ledger: Ledger, brands: Sequence[str], lexicon: Lexicon, *, visit_ids: Iterable[VisitId]) -> int:
    """Write the matches that the words of visits' images give; returns how many there are now. Running it again changes nothing."""
    rows = read_brands(ledger, brands)
    matcher = WordMatcher(picture_names(rows), lexicon, tiers_of(rows))
    rejected, total = StandingRejections(ledger, brands), 0
    for visit_id in visit_ids:
        lines_of_visit = ledger.select(_Line, _LINES, [visit_id])
        for image_sha256, group in groupby(lines_of_visit, key=attrgetter("image_sha256")):
            stored = list(group)
            lines = [line.as_read() for line in stored]
            found = matcher.match_lines(lines)
            whole = stored_hashes_of_whole(ledger, image_sha256) if found else []
            matches = [
                replace(match, rejection_id=rejected.find(match.brand, image_sha256, whole, None))
                for match in (_match(image_sha256, stored[0].engine, one) for one in found)
            ]
            _replace(ledger, image_sha256, brands, matches)
            _tell_tier(ledger, image_sha256, brands, matcher, lines, {match.brand for match in matches})
            total += len(matches)
    return total


def _match(image_sha256: Sha256, engine: str, found: WordMatch) -> Match:
    naming, words = found.naming, found.beside
    return Match(
        match_id=MatchId(content_id("words-match", image_sha256, naming.brand)),
        image_sha256=image_sha256,
        brand=naming.brand,
        kind=MatchKind.WORDS,
        method=engine,
        score=naming.confidence,
        x=naming.box.x,
        y=naming.box.y,
        width=naming.box.width,
        height=naming.box.height,
        strength=found.strength,
        why_perhaps=words.why_perhaps,
        rejection_id=None,
        name=naming.name,
        words=naming.read,
        letters_wrong=naming.letters_wrong,
        relation=words.relation,
        tier=words.tier,
        programme=words.programme,
    )


def _replace(ledger: Ledger, image_sha256: Sha256, brands: Sequence[str], matches: Sequence[Match]) -> None:
    ledger.replace(
        Match,
        matches,
        "match_id",
        "SELECT match_id FROM logo_matches WHERE image_sha256 = ? AND kind = 'words'"
        " AND brand IN (SELECT value FROM json_each(?))",
        [image_sha256, json.dumps(list(brands))],
    )


def _tell_tier(
    ledger: Ledger,
    image_sha256: Sha256,
    brands: Sequence[str],
    matcher: WordMatcher,
    lines: Sequence[ReadLine],
    named: set[str],
) -> None:
    """Write what a badge's words say into the matches of its official logos: "Platinum Business Partner" beside a mark alone."""
    for brand in ledger.values(
        "SELECT DISTINCT brand FROM logo_matches WHERE image_sha256 = ? AND kind = 'picture' AND brand IN (SELECT value FROM json_each(?))",
        [image_sha256, json.dumps(list(brands))],
    ):
        is_badge = named <= {brand} and sum(len(line.text.split()) for line in lines) <= thresholds.MAX_BADGE_WORDS
        badge = matcher.read_badge(brand, lines) if is_badge else None
        ledger.execute(
            "UPDATE logo_matches SET relation = :relation, tier = :tier"
            " WHERE image_sha256 = :image AND kind = 'picture' AND brand = :brand",
            {
                "image": image_sha256,
                "brand": brand,
                "relation": badge.relation if badge else None,
                "tier": badge.tier if badge else None,
            },
        )


def forget_unseen_words(ledger: Ledger) -> None:
    """Take away what was read in images that no page shows any more: their captures are deleted."""
    unseen = "NOT EXISTS (SELECT 1 FROM seen_images g WHERE g.image_sha256 = image_readings.image_sha256)"
    ledger.execute(
        f"DELETE FROM logo_matches WHERE kind = 'words' AND image_sha256 IN (SELECT image_sha256 FROM image_readings WHERE {unseen})"
    )
    ledger.execute(f"DELETE FROM image_readings WHERE {unseen}")


_TELLING = "('partners', 'resellers', 'clients', 'suppliers', 'technology', 'certifications', 'members', 'sponsors')"
_TO_READ = f"""
    SELECT g.image_sha256, iif(min(g.inline_sha256) IS NULL, min(g.image_capture_id), NULL) AS capture_id
    FROM pages p JOIN seen_images g ON g.page_id = p.page_id
    WHERE p.visit_id = :visit AND p.health = 'ok' AND g.image_sha256 IS NOT NULL AND g.noise IS NULL
      AND NOT EXISTS (SELECT 1 FROM image_readings i WHERE i.image_sha256 = g.image_sha256)
      AND NOT EXISTS (SELECT 1 FROM captures c JOIN deletions d ON d.capture_id IN (c.capture_id, c.refers_to)
                      WHERE c.capture_id = g.image_capture_id)
      AND EXISTS (SELECT 1 FROM recognitions r WHERE r.image_sha256 = g.image_sha256 AND r.refusal_reason IS NULL
                  AND max(r.width_px, r.height_px) >= :long AND min(r.width_px, r.height_px) >= :short)
      AND CASE WHEN EXISTS (SELECT 1 FROM logo_matches m WHERE m.image_sha256 = g.image_sha256 AND m.kind = 'picture' AND m.strength = 'match')
          THEN EXISTS (SELECT 1 FROM logo_matches m JOIN official_logos o ON o.official_logo_id = m.official_logo_id
                       JOIN recognitions r ON r.image_sha256 = m.image_sha256
                       WHERE m.image_sha256 = g.image_sha256 AND m.strength = 'match'
                         AND (o.variant = 'badge' OR m.width * m.height < :part * r.width_px * r.height_px))
          ELSE EXISTS (SELECT 1 FROM logo_matches m WHERE m.image_sha256 = g.image_sha256)
            OR EXISTS (SELECT 1 FROM name_matches n WHERE n.sighting_id = g.sighting_id)
            OR ((g.section_kind IN {_TELLING} OR p.kind IN {_TELLING})
                AND NOT EXISTS (SELECT 1 FROM recognitions r WHERE r.image_sha256 = g.image_sha256 AND r.format = 'jpeg'
                                AND r.width_px * r.height_px > :photo))
          END
    GROUP BY 1 ORDER BY min(g.sighting_no)
"""
_LINES = """
    SELECT w.image_sha256, i.engine, w.text, w.confidence, w.x, w.y, w.width, w.height
    FROM image_words w JOIN image_readings i ON i.image_sha256 = w.image_sha256
    WHERE w.image_sha256 IN (SELECT g.image_sha256 FROM pages p JOIN seen_images g ON g.page_id = p.page_id WHERE p.visit_id = ?)
    ORDER BY w.image_sha256, w.line_no
"""
