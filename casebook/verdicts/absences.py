"""A page that once showed a claim was read again and does not show it: could that reading have seen it?

Reads: claims, claim_evidence, text_matches, visits, looks, pages, page_continuity, renders, sightings, passages, recognitions.
Writes: absences.

A claim is gone from a page only when all of this holds; else the reading could not look, and a person has to:
1. It is still the page that it was (crawler/reading/page_continuity.py), and not the same bytes read otherwise.
2. It was drawn by a browser, when the page that showed the claim was.
3. The file of the claim's picture came, when the page still shows it, and nothing else in the page, or in its style
   sheets, names that file: a loader that we do not know may show it.
4. The style sheets that it names were read, as far as they could be when it showed the claim.
5. Each picture that the page did not show then could be judged.
6. Something that stood beside it is there still: where a whole row of pictures or lines went at once, what carried them
   may have failed.
7. The page shows no other tie to the brand, and lacks none that this reading could not have seen.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ledger.archive.warc import read_exchange
from ledger.database import Ledger
from ledger.errors import RecordDeletedError
from ledger.records import Absence
from ledger.relations import TIES
from ledger.typed_texts import CaptureId, ClaimId, FinalUrl, LookId, PageId, SeedId, Sha256, SightingId, VisitId
from ledger.vocabulary import Continuity, LookOutcome, RefusalReason, RemovalOutcome

_TIES = json.dumps(sorted(TIES))
MIN_NEIGHBOURS = 3  # a row has that many more; of one or two beside it nothing can be told
MIN_NAME_CHARS = 5  # of a file, so that it is not found in any word
MAX_QUOTED_CHARS = 80
# these two say what the picture shows: nothing that could be a logo
_JUDGED = frozenset({RefusalReason.TOO_SMALL, RefusalReason.DEGENERATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """A row of _MISSING: a reading without a claim, and the latest one before it that shows the claim."""

    claim_id: ClaimId
    brand: str
    page_id: PageId
    look_id: LookId
    capture_id: CaptureId | None
    content_sha256: Sha256 | None
    shown_on: PageId
    shown_look_id: LookId
    shown_content_sha256: Sha256 | None
    continuity: Continuity | None
    continuity_why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownPicture:
    """A picture that a page shows. file: the address, or what it is in the page itself."""

    sighting_id: SightingId
    image_url: str | None
    image_sha256: Sha256 | None
    heading: str | None
    zone: str
    image_outcome: LookOutcome | None
    image_reason: str | None
    refusal: RefusalReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnreadSheet:
    """A style sheet that a visit could not read. was_read: with the page that showed the claim."""

    url: str
    was_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A passage that a page has."""

    text: str
    heading: str | None
    is_evidence: bool


class AbsenceJudge:
    """Judges what readings of pages do not show. warc_dir: None where the archive is not at hand; then rule 3 asks sightings alone."""

    def __init__(self, ledger: Ledger, warc_dir: Path | None) -> None:
        self.ledger = ledger
        self.warc_dir = warc_dir
        self._pictures: dict[PageId, list[_ShownPicture]] = {}
        self._texts: dict[PageId, str] = {}

    def judge_together(self, missing: Sequence[_Missing]) -> list[Absence]:
        """Return what a reading tells of the claims to one brand that it lacks: no tie is gone while another may stand there."""
        absences = [self.judge(one) for one in missing]
        left = self.ledger.value(_OTHER_TIE, {"page": missing[0].page_id, "brand": missing[0].brand, "ties": _TIES})
        doubt = f"the page still shows a claim to the brand, as {left}" if left else None
        doubt = doubt or next((one.why for one in absences if one.outcome is RemovalOutcome.COULD_NOT_LOOK), None)
        if doubt is None:
            return absences
        return [
            replace(one, outcome=RemovalOutcome.COULD_NOT_LOOK, why=doubt)
            if one.outcome is RemovalOutcome.GONE
            else one
            for one in absences
        ]

    def judge(self, missing: _Missing) -> Absence:
        """Return what a reading without a claim tells of it."""
        doubt = next(self._doubts(missing), None)
        return Absence(
            claim_id=missing.claim_id,
            page_id=missing.page_id,
            last_shown_on=missing.shown_on,
            outcome=RemovalOutcome.GONE if doubt is None else RemovalOutcome.COULD_NOT_LOOK,
            why=doubt or "the page was read whole, is still the page that it was, and does not show it",
        )

    def _doubts(self, missing: _Missing) -> Iterator[str]:
        if missing.continuity is Continuity.CHANGED:
            yield f"the page has changed beyond recognition: {missing.continuity_why}"
        if self._was_drawn(missing.shown_look_id) and not self._was_drawn(missing.look_id):
            yield "the page that showed it was drawn by a browser, and this time it was not"
        pictures = [
            picture
            for picture in self._pictures_of(missing.shown_on)
            if picture.sighting_id in self._evidence(missing.claim_id, missing.shown_on)
        ]
        for picture in pictures:
            yield from self._picture_doubts(missing, picture)
        if missing.content_sha256 is not None and missing.content_sha256 == missing.shown_content_sha256:
            now = {picture.image_sha256 for picture in self._pictures_of(missing.page_id)}
            if all(picture.image_sha256 in now for picture in pictures):
                yield "the page is the same byte for byte; it is we who read it otherwise than before"
        yield from self._line_doubts(missing)
        if pictures:
            yield from self._new_picture_doubts(missing)

    def _was_drawn(self, look_id: LookId) -> bool:
        sql = "SELECT 1 FROM renders WHERE look_id = ? AND failure IS NULL"
        return self.ledger.value(sql, [look_id]) is not None

    def _evidence(self, claim_id: ClaimId, page_id: PageId) -> set[SightingId]:
        sql = "SELECT sighting_id FROM claim_evidence WHERE claim_id = ? AND page_id = ? AND sighting_id IS NOT NULL"
        return set(self.ledger.values(sql, [claim_id, page_id]))

    def _pictures_of(self, page_id: PageId) -> list[_ShownPicture]:
        if page_id not in self._pictures:
            self._pictures[page_id] = self.ledger.select(_ShownPicture, _PICTURES, [page_id])
        return self._pictures[page_id]

    def _picture_doubts(self, missing: _Missing, picture: _ShownPicture) -> Iterator[str]:
        now = self._pictures_of(missing.page_id)
        same = [other for other in now if other.image_url is not None and other.image_url == picture.image_url]
        for other in same:
            if other.image_outcome is LookOutcome.COULD_NOT_LOOK:
                yield f"the page still shows {picture.image_url}, which could not be fetched: {other.image_reason}"
            elif other.image_outcome is None and other.image_sha256 is None:
                yield f"the page still shows {picture.image_url}, which was not looked at"
        if not same and (name := _file_name(picture.image_url)) and name in self._text_of(missing):
            yield f"the page still names {name[:MAX_QUOTED_CHARS]}, in a way that was not read as a picture"
        if unread := self._unread_sheet(missing):
            yield f"the style sheet {unread[:MAX_QUOTED_CHARS]} could not be read"
        beside = {
            key for other in self._pictures_of(missing.shown_on)
            if (other.heading, other.zone) == (picture.heading, picture.zone) and (key := _key(other)) != _key(picture)
        }  # fmt: skip
        if len(beside) >= MIN_NEIGHBOURS and not beside & {_key(other) for other in now}:
            yield f"all {len(beside)} pictures that stood beside it went with it: what carried them may have failed"

    def _line_doubts(self, missing: _Missing) -> Iterator[str]:
        lines = self.ledger.select(_Line, _LINES, {"page": missing.shown_on, "claim": missing.claim_id})
        headings = {line.heading for line in lines if line.is_evidence}
        if not headings:
            return
        now = set(self.ledger.values("SELECT text FROM passages WHERE page_id = ?", [missing.page_id]))
        for heading in headings:
            beside = {line.text for line in lines if line.heading == heading and not line.is_evidence} - {heading}
            if len(beside) >= MIN_NEIGHBOURS and not beside & now:
                yield f"all {len(beside)} lines that stood beside it went with it: what carried them may have failed"

    def _new_picture_doubts(self, missing: _Missing) -> Iterator[str]:
        before = {_key(picture) for picture in self._pictures_of(missing.shown_on)}
        for picture in self._pictures_of(missing.page_id):
            if _key(picture) in before:
                continue
            refusal = picture.refusal if picture.refusal not in _JUDGED else None
            reason = picture.image_reason if picture.image_outcome is LookOutcome.COULD_NOT_LOOK else refusal
            if reason is not None:
                name = (_file_name(picture.image_url) or "a picture in the page")[:MAX_QUOTED_CHARS]
                yield f"{name}, which it did not show then, could not be judged: {reason}"

    def _unread_sheet(self, missing: _Missing) -> str | None:
        """A sheet that the page names, or did when it showed the claim, and that only this time could not be read."""
        for sheet in self.ledger.select(_UnreadSheet, _UNREAD_SHEETS, [missing.page_id, missing.shown_on]):
            if sheet.was_read or (_file_name(sheet.url) or sheet.url) in self._text_of(missing):
                return sheet.url
        return None

    def _text_of(self, missing: _Missing) -> str:
        """What a page and its style sheets say, as they came, so that any way of writing an address is found."""
        if missing.page_id not in self._texts:
            looks = [missing.capture_id, *self.ledger.values(_SHEET_CAPTURES, [missing.page_id])]
            self._texts[missing.page_id] = "\n".join(self._contents(filter(None, looks)))
        return self._texts[missing.page_id]

    def _contents(self, captures: Iterable[CaptureId]) -> Iterator[str]:
        if self.warc_dir is None:
            return
        for capture_id in captures:
            try:
                content = read_exchange(self.warc_dir, self.ledger, capture_id).content
            except RecordDeletedError:
                continue
            yield unquote(html.unescape(content.decode("utf-8", "replace"))).replace("\\/", "/")


def find_absences(ledger: Ledger, visit_id: VisitId, warc_dir: Path | None) -> int:
    """Judge each claim that a page of a visit showed before and this time does not; returns how many. Again: no harm.

    What a visit shows, or no longer shows, also bears on later readings of its pages, when it was ingested after them.
    """
    judge = AbsenceJudge(ledger, warc_dir)
    with ledger.transaction():
        seed_id: SeedId = ledger.value("SELECT seed_id FROM visits WHERE visit_id = ?", [visit_id])
        urls: list[FinalUrl] = ledger.values("SELECT DISTINCT url FROM pages WHERE visit_id = ?", [visit_id])
        found = 0
        for url in urls:
            which = {"seed": seed_id, "url": url, "visit": visit_id}
            by_brand = groupby(
                ledger.select(_Missing, _MISSING, which), lambda missing: (missing.page_id, missing.brand)
            )
            absences = [absence for _, missing in by_brand for absence in judge.judge_together(list(missing))]
            ledger.execute(_DELETE, which)
            ledger.put(absences)
            found += len(absences)
    return found


def _file_name(url: str | None) -> str | None:
    """The last two steps of a picture's address, as a page may name it in any other way; None where they say too little."""
    parts = urlsplit(url or "")
    name = "/".join(unquote(parts.path).rsplit("/", 2)[-2:]).strip("/")
    if parts.query and "." not in name:
        name = f"{name}?{unquote(parts.query)}"
    return name if len(name) >= MIN_NAME_CHARS else None


def _key(picture: _ShownPicture) -> str | None:
    """What makes a picture the same at another address: the name of its file, or what lies in the page."""
    return _file_name(picture.image_url) or picture.image_sha256


_LATER = """
    FROM pages q
    JOIN visits v ON v.visit_id = q.visit_id AND v.seed_id = :seed
    JOIN looks k ON k.look_id = q.look_id
    WHERE q.url = :url AND k.looked_at >= (
        SELECT min(n.looked_at) FROM pages m JOIN looks n ON n.look_id = m.look_id WHERE m.visit_id = :visit AND m.url = :url)
"""
_DELETE = f"DELETE FROM absences WHERE page_id IN (SELECT q.page_id {_LATER})"
_MISSING = f"""
    SELECT c.claim_id, c.brand, q.page_id, q.look_id, q.capture_id, q.content_sha256,
           s.page_id AS shown_on, s.look_id AS shown_look_id, l.content_sha256 AS shown_content_sha256,
           n.continuity, n.why AS continuity_why
    FROM (SELECT q.page_id, q.look_id, k.looked_at, k.capture_id, k.content_sha256 {_LATER}
          AND q.health = 'ok' AND q.health_reason IS NULL) q
    JOIN claims c ON c.seed_id = :seed
    JOIN pages s ON s.page_id = (
        SELECT e.page_id FROM claim_evidence e
        JOIN pages p ON p.page_id = e.page_id AND p.url = :url
        JOIN looks h ON h.look_id = p.look_id AND h.looked_at < q.looked_at
        WHERE e.claim_id = c.claim_id ORDER BY h.looked_at DESC LIMIT 1)
    JOIN looks l ON l.look_id = s.look_id
    LEFT JOIN page_continuity n ON n.page_id = q.page_id
    WHERE NOT EXISTS (SELECT 1 FROM claim_evidence e WHERE e.claim_id = c.claim_id AND e.page_id = q.page_id)
    ORDER BY q.looked_at, q.page_id, c.brand, c.claim_id
"""
_OTHER_TIE = """
    SELECT c.relation FROM claim_evidence e JOIN claims c ON c.claim_id = e.claim_id
    WHERE e.page_id = :page AND c.brand = :brand AND c.relation IN (SELECT value FROM json_each(:ties)) LIMIT 1
"""
_PICTURES = """
    SELECT g.sighting_id, g.image_url, g.image_sha256, g.heading, g.zone, g.image_outcome,
           (SELECT reason FROM looks WHERE look_id = g.look_id) AS image_reason,
           (SELECT r.refusal_reason FROM recognitions r WHERE r.image_sha256 = g.image_sha256
            ORDER BY r.recognised_at DESC LIMIT 1) AS refusal
    FROM seen_images g WHERE g.page_id = ?
"""
_LINES = """
    SELECT g.text, g.heading,
           EXISTS (SELECT 1 FROM claim_evidence e JOIN text_matches t ON t.text_match_id = e.text_match_id
                   WHERE e.claim_id = :claim AND t.passage_id = g.passage_id) AS is_evidence
    FROM passages g WHERE g.page_id = :page
"""
_SHEETS = "SELECT j.value FROM pages p, json_each(p.stylesheet_looks) j WHERE p.page_id = ?"
_UNREAD_SHEETS = f"""
    SELECT k.requested_url AS url, k.requested_url IN (SELECT requested_url FROM looks WHERE look_id IN ({_SHEETS.replace("?", "?2")})) AS was_read
    FROM looks k
    WHERE k.visit_id = (SELECT visit_id FROM pages WHERE page_id = ?1) AND k.purpose = 'stylesheet' AND k.outcome = 'could-not-look'
      AND NOT EXISTS (SELECT 1 FROM looks f WHERE f.visit_id = (SELECT visit_id FROM pages WHERE page_id = ?2)
                      AND f.purpose = 'stylesheet' AND f.requested_url = k.requested_url AND f.outcome = 'could-not-look')
"""
_SHEET_CAPTURES = f"SELECT capture_id FROM looks WHERE look_id IN ({_SHEETS}) AND capture_id IS NOT NULL"
