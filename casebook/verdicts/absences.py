"""A page that once showed a claim was read again and does not show it: could that reading have seen it?

Reads: claims, claim_evidence, text_matches, visits, looks, pages, page_continuity, renders, sightings, passages, recognitions.
Writes: absences.

The reading is the page at its address, one that its address leads to, or the answer that it is no more (404, 410).

A claim is gone from a page only when all of this holds; else the reading could not look, and a person has to:
1. It is still the page that it was (crawler/reading/page_continuity.py), and not the same bytes read otherwise.
2. It was drawn by a browser, when the page that showed the claim was.
3. The file of the claim's picture came, when the page still shows it, and nothing else in the page, or in its style
   sheets, names that file: a loader that we do not know may show it.
4. The style sheets that it names were read, as far as they could be when it showed the claim.
5. Each picture that the page did not show then could be judged.
6. Something that stood beside it is there still, or its heading went too: where a whole row of pictures or lines went at
   once, what carried them may have failed.
7. Nothing new stands at its place but words and pictures that were read (casebook/verdicts/new_at_place.py).
8. The page shows no other tie to the brand, and lacks none that this reading could not have seen.

Over 400 lines: the rules are one list of doubts, asked in this order, and the queries at the end are theirs alone.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote, urlsplit

from casebook.verdicts.new_at_place import ClaimPlace, StoredDocument, find_new_at_places
from crawler.page.charsets import decode_page
from crawler.reading.page_continuity import StoredContents
from crawler.reading.stored_pages import read_drawn
from ledger.archive.warc import read_exchange
from ledger.boxes.boxed_calls import BoxedCallError, read_foreign
from ledger.database import Ledger
from ledger.errors import RecordDeletedError
from ledger.records import Absence
from ledger.relations import TIES
from ledger.typed_texts import CaptureId, ClaimId, FinalUrl, LookId, PageId, SeedId, Sha256, SightingId, VisitId
from ledger.vocabulary import Continuity, FoundBy, LookOutcome, PageHealth, RefusalReason, RemovalOutcome

_TIES = json.dumps(sorted(TIES))
MIN_NEIGHBOURS = 3  # a row has that many more; of one or two beside it nothing can be told
MIN_NAME_CHARS = 5  # of a file, so that it is not found in any word
MIN_STEM_CHARS = 5  # of a file's name without its ending
MAX_QUOTED_CHARS = 80
MAX_DOCUMENTS = 2  # kept: a page, and what it was
GONE_STATUS = frozenset({404, 410})
GONE_FROM_PAGE = "the page was read whole, is still the page that it was, and does not show it"
_BY_STYLE = frozenset({FoundBy.CSS_BACKGROUND, FoundBy.CSS_CONTENT, FoundBy.CSS_MASK, FoundBy.INLINE_STYLE})
_COMMENT = re.compile(r"<!--(?!\[if|#|esi).*?-->", re.S)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# these two say what the picture shows: nothing that could be a logo
_JUDGED = frozenset({RefusalReason.TOO_SMALL, RefusalReason.DEGENERATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """A row of _MISSING: a reading without a claim, and the latest one before it that shows the claim."""

    claim_id: ClaimId
    brand: str
    page_id: PageId
    url: FinalUrl  # that showed it
    page_url: FinalUrl  # of the reading: another one where the address leads on
    look_id: LookId
    capture_id: CaptureId | None
    content_sha256: Sha256 | None
    status: int | None
    health: PageHealth
    health_reason: str | None
    has_site: bool  # the visit read a page of the site whole
    shown_on: PageId
    shown_url: FinalUrl
    shown_look_id: LookId
    shown_capture_id: CaptureId | None
    shown_content_sha256: Sha256 | None
    continuity: Continuity | None
    continuity_why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownPicture:
    """A picture that a page shows. file: the address, or what it is in the page itself."""

    sighting_id: SightingId
    image_url: str | None
    image_sha256: Sha256 | None
    found_by: FoundBy
    heading: str | None
    zone: str
    image_outcome: LookOutcome | None
    image_reason: str | None
    refusal: RefusalReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _UnreadSheet:
    """A style sheet that a visit could not read. was_read: with the page that showed the claim."""

    url: str
    status: int | None
    was_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A passage that a page has."""

    text: str
    heading: str | None
    is_evidence: bool


class AbsenceJudge:
    """Judges what readings of pages do not show. warc_dir: None where the archive is not at hand; then rules 3 and 7 ask rows alone."""

    def __init__(self, ledger: Ledger, warc_dir: Path | None) -> None:
        self.ledger = ledger
        self.warc_dir = warc_dir
        self._likeness = StoredContents(ledger)
        self._pictures: dict[PageId, list[_ShownPicture]] = {}
        self._texts: dict[PageId, str] = {}
        self._documents: dict[tuple[LookId, FinalUrl], StoredDocument | None] = {}

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
        is_no_more = missing.status in GONE_STATUS and missing.health in (PageHealth.ERROR, PageHealth.NOT_HTML)
        doubt = next(self._doubts_of_no_page(missing) if is_no_more else self._doubts(missing), None)
        gone = f"the page is no more (HTTP {missing.status})" if is_no_more else GONE_FROM_PAGE
        return Absence(
            claim_id=missing.claim_id,
            page_id=missing.page_id,
            url=missing.url,
            last_shown_on=missing.shown_on,
            outcome=RemovalOutcome.GONE if doubt is None else RemovalOutcome.COULD_NOT_LOOK,
            why=doubt or gone,
        )

    def _doubts_of_no_page(self, missing: _Missing) -> Iterator[str]:
        """Why an answer that there is no such page may not be believed."""
        if not missing.has_site:
            yield f"the page answers {missing.status}, and so does all of the site that was asked for"
        text = self._text_of(missing)
        names = [_file_name(picture.image_url) for picture in self._evidence_pictures(missing)]
        if any(name and name in text for name in names) or any(line in text for line in self._sentences(missing)):
            yield f"the page answers {missing.status} and shows it all the same"

    def _doubts(self, missing: _Missing) -> Iterator[str]:
        if missing.health is not PageHealth.OK or missing.health_reason is not None:
            yield f"{missing.health}{': ' + missing.health_reason if missing.health_reason else ''}"
            return
        yield from self._other_page_doubts(missing)
        if self._was_drawn(missing.shown_look_id) and not self._was_drawn(missing.look_id):
            yield "the page that showed it was drawn by a browser, and this time it was not"
        pictures = self._evidence_pictures(missing)
        for picture in pictures:
            yield from self._picture_doubts(missing, picture)
        if missing.content_sha256 is not None and missing.content_sha256 == missing.shown_content_sha256:
            now = {picture.image_sha256 for picture in self._pictures_of(missing.page_id)}
            if all(picture.image_sha256 in now for picture in pictures):
                yield "the page is the same byte for byte; it is we who read it otherwise than before"
        yield from self._line_doubts(missing)
        if pictures:
            yield from self._new_picture_doubts(missing)
        yield from self._place_doubts(missing, pictures)

    def _other_page_doubts(self, missing: _Missing) -> Iterator[str]:
        if missing.page_url != missing.url:
            likeness = self._likeness.compare(missing.shown_on, missing.page_id)
            if not likeness.is_same:
                yield f"leads to {missing.page_url}, which is another page: {likeness.why}"
        elif missing.continuity is Continuity.CHANGED:
            yield f"the page has changed beyond recognition: {missing.continuity_why}"

    def _evidence_pictures(self, missing: _Missing) -> list[_ShownPicture]:
        sql = "SELECT sighting_id FROM claim_evidence WHERE claim_id = ? AND page_id = ? AND sighting_id IS NOT NULL"
        evidence: set[SightingId] = set(self.ledger.values(sql, [missing.claim_id, missing.shown_on]))
        return [picture for picture in self._pictures_of(missing.shown_on) if picture.sighting_id in evidence]

    def _sentences(self, missing: _Missing) -> list[str]:
        return self.ledger.values(_SENTENCES, {"page": missing.shown_on, "claim": missing.claim_id})

    def _place_doubts(self, missing: _Missing, pictures: Sequence[_ShownPicture]) -> Iterator[str]:
        sentences = self._sentences(missing)
        if not pictures and not sentences:
            return
        earlier = self._stored_document(missing.shown_look_id, missing.shown_capture_id, missing.shown_url)
        later = earlier and self._stored_document(missing.look_id, missing.capture_id, missing.page_url)
        if earlier is None or later is None:
            return
        places = [
            ClaimPlace(
                picture=_file_name(picture.image_url),
                heading=picture.heading,
                is_background=picture.found_by in _BY_STYLE,
            )
            for picture in pictures
        ]
        places += [ClaimPlace(sentence=sentence) for sentence in sentences]
        try:
            yield from read_foreign(find_new_at_places, earlier, later, places)
        except BoxedCallError as error:
            yield f"what stands where the claim stood could not be read: {error}"

    def _stored_document(self, look_id: LookId, capture_id: CaptureId | None, url: FinalUrl) -> StoredDocument | None:
        """A page as it is stored; None where the archive does not have it. Kept for the page's other claims."""
        if (look_id, url) not in self._documents:
            if len(self._documents) >= MAX_DOCUMENTS:
                self._documents.clear()
            self._documents[look_id, url] = self._read_stored(look_id, capture_id, url)
        return self._documents[look_id, url]

    def _read_stored(self, look_id: LookId, capture_id: CaptureId | None, url: FinalUrl) -> StoredDocument | None:
        if self.warc_dir is None or capture_id is None:
            return None
        drawn = read_drawn(self.ledger, self.warc_dir, look_id)
        if drawn is not None:
            return StoredDocument(url=url, content=drawn.html, content_type=None)
        try:
            stored = read_exchange(self.warc_dir, self.ledger, capture_id)
        except RecordDeletedError:
            return None
        return StoredDocument(url=url, content=stored.content, content_type=stored.content_type)

    def _was_drawn(self, look_id: LookId) -> bool:
        sql = "SELECT 1 FROM renders WHERE look_id = ? AND failure IS NULL"
        return self.ledger.value(sql, [look_id]) is not None

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
        if not same and (name := _named_in(self._text_of(missing), picture.image_url)):
            yield f"the page still names {name[:MAX_QUOTED_CHARS]}, in a way that was not read as a picture"
        if unread := self._unread_sheet(missing):
            yield f"the style sheet {unread[:MAX_QUOTED_CHARS]} could not be read"
        beside = {
            key for other in self._pictures_of(missing.shown_on)
            if (other.heading, other.zone) == (picture.heading, picture.zone) and (key := _key(other)) != _key(picture)
        }  # fmt: skip
        is_left = beside & {_key(other) for other in now} or self._same_files(missing, picture)
        if len(beside) >= MIN_NEIGHBOURS and not is_left and self._has_heading(missing, picture.heading):
            yield f"all {len(beside)} pictures that stood beside it went with it: what carried them may have failed"

    def _same_files(self, missing: _Missing, picture: _ShownPicture) -> bool:
        """Whether a picture beside it is there under another name."""
        then = {
            other.image_sha256
            for other in self._pictures_of(missing.shown_on)
            if other.image_sha256 not in (None, picture.image_sha256) and other.heading == picture.heading
        }
        return bool(then & {other.image_sha256 for other in self._pictures_of(missing.page_id)})

    def _has_heading(self, missing: _Missing, heading: str | None) -> bool:
        """Whether the heading of a section is still there; a section that was taken out goes with its heading."""
        if heading is None:
            return True
        sql = "SELECT 1 FROM passages WHERE page_id = ? AND (text = ? OR heading = ?) LIMIT 1"
        return self.ledger.value(sql, [missing.page_id, heading, heading]) is not None

    def _line_doubts(self, missing: _Missing) -> Iterator[str]:
        lines = self.ledger.select(_Line, _LINES, {"page": missing.shown_on, "claim": missing.claim_id})
        headings = {line.heading for line in lines if line.is_evidence}
        if not headings:
            return
        now = set(self.ledger.values("SELECT text FROM passages WHERE page_id = ?", [missing.page_id]))
        for heading in headings:
            beside = {line.text for line in lines if line.heading == heading and not line.is_evidence} - {heading}
            if len(beside) >= MIN_NEIGHBOURS and not beside & now and self._has_heading(missing, heading):
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
        """A sheet that the page names, or did when it showed the claim, and that only this time could not be read whole."""
        for sheet in self.ledger.select(_UnreadSheet, _UNREAD_SHEETS, [missing.page_id, missing.shown_on]):
            is_missing_anyhow = sheet.status in GONE_STATUS and not sheet.was_read  # no visitor gets it either
            if not is_missing_anyhow and (
                sheet.was_read or (_file_name(sheet.url) or sheet.url) in self._text_of(missing)
            ):
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
            yield _plain(decode_page(content, None, ""))


def _plain(text: str) -> str:
    """A file's text with every way of writing an address undone, and without what its author has commented out."""
    text = _COMMENT.sub("", _ESCAPE.sub(lambda sign: chr(int(sign[1], 16)), html.unescape(text)))
    return unquote(unquote(text.replace("\\/", "/")))


def find_absences(ledger: Ledger, visit_id: VisitId, warc_dir: Path | None) -> int:
    """Judge each claim that a page of a visit showed before and this time does not; returns how many. Again: no harm.

    What a visit shows, or no longer shows, also bears on later readings of its pages, when it was ingested after them.
    """
    judge = AbsenceJudge(ledger, warc_dir)
    with ledger.transaction():
        seed_id: SeedId = ledger.value("SELECT seed_id FROM visits WHERE visit_id = ?", [visit_id])
        found = 0
        for url in ledger.values(_URLS, {"visit": visit_id}):
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


def _named_in(text: str, url: str | None) -> str | None:
    """What of a picture's address a text names: its last two steps, or its file's own name when that tells anything."""
    name = _file_name(url)
    if name is None or name in text:
        return name
    stem = re.sub(r"(?:[-_.](?:\d+x\d+|\d+w|min|scaled))*\.\w{2,5}$", "", name.rpartition("/")[2])
    return stem if len(stem) >= MIN_STEM_CHARS and re.search(rf"\b{re.escape(stem)}\.\w", text) else None


def _key(picture: _ShownPicture) -> str | None:
    """What makes a picture the same at another address: the name of its file, or what lies in the page."""
    return _file_name(picture.image_url) or picture.image_sha256


# a reading of the address itself, or of where it leads; a page that had been read already at another address has no row of its own
_OF_URL = """
    ((k.look_id = q.look_id AND (q.url = :url OR k.requested_url = :url))
     OR (k.look_id <> q.look_id AND k.requested_url = :url AND q.url <> :url AND k.content_sha256 = o.content_sha256))
"""
_READ = """
    FROM pages q
    JOIN looks o ON o.look_id = q.look_id
    JOIN looks k ON k.visit_id = q.visit_id AND k.purpose = 'page'
"""
_LATER = f"""
    {_READ} JOIN visits v ON v.visit_id = q.visit_id AND v.seed_id = :seed
    WHERE {_OF_URL} AND k.looked_at >= (SELECT min(k.looked_at) {_READ} WHERE q.visit_id = :visit AND {_OF_URL})
"""
_DELETE = f"DELETE FROM absences WHERE url = :url AND page_id IN (SELECT q.page_id {_LATER})"
# the addresses of a visit at which a claim of its vendor ever stood
_URLS = """
    SELECT url FROM pages WHERE visit_id = :visit
    UNION SELECT requested_url FROM looks WHERE visit_id = :visit AND purpose = 'page'
"""
_MISSING = f"""
    SELECT c.claim_id, c.brand, q.page_id, :url AS url, q.url AS page_url, q.look_id, q.capture_id, q.content_sha256, q.status,
           q.health, q.health_reason,
           EXISTS (SELECT 1 FROM pages o WHERE o.visit_id = q.visit_id AND o.health = 'ok' AND o.health_reason IS NULL) AS has_site,
           s.page_id AS shown_on, s.url AS shown_url, s.look_id AS shown_look_id, l.capture_id AS shown_capture_id,
           l.content_sha256 AS shown_content_sha256, n.continuity, n.why AS continuity_why
    FROM (SELECT q.page_id, q.url, q.visit_id, q.look_id, q.health, q.health_reason, k.looked_at, k.capture_id, k.content_sha256,
                 k.status {_LATER}) q
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
_SENTENCES = """
    SELECT t.sentence FROM claim_evidence e JOIN sentences t ON t.text_match_id = e.text_match_id
    WHERE e.claim_id = :claim AND e.page_id = :page
"""
_OTHER_TIE = """
    SELECT c.relation FROM claim_evidence e JOIN claims c ON c.claim_id = e.claim_id
    WHERE e.page_id = :page AND c.brand = :brand AND c.relation IN (SELECT value FROM json_each(:ties)) LIMIT 1
"""
_PICTURES = """
    SELECT g.sighting_id, g.image_url, g.image_sha256, g.found_by, g.heading, g.zone, g.image_outcome,
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
_UNREAD = "(k.outcome = 'could-not-look' OR k.content_bytes < 3 OR k.detail LIKE 'cut-short%')"
_UNREAD_SHEETS = f"""
    SELECT k.requested_url AS url, k.status,
           k.requested_url IN (SELECT requested_url FROM looks WHERE look_id IN ({_SHEETS.replace("?", "?2")})) AS was_read
    FROM looks k
    WHERE k.visit_id = (SELECT visit_id FROM pages WHERE page_id = ?1) AND k.purpose = 'stylesheet' AND {_UNREAD}
      AND NOT EXISTS (SELECT 1 FROM looks f WHERE f.visit_id = (SELECT visit_id FROM pages WHERE page_id = ?2)
                      AND f.purpose = 'stylesheet' AND f.requested_url = k.requested_url AND {_UNREAD.replace("k.", "f.")})
"""
_SHEET_CAPTURES = f"SELECT capture_id FROM looks WHERE look_id IN ({_SHEETS}) AND capture_id IS NOT NULL"
