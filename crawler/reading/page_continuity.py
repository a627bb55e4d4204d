"""Is a page that was read again still the page that it was? Only then can what it lacks have left it.

Reads: visits, looks, renders, pages, passages, sightings. Writes: page_continuity.

1. A page is held against its last healthy version: the latest earlier reading of its address that was read whole and was
   itself that page. Content that is the same byte for byte needs no comparison, and gets no row.
2. What counts are its own words: pairs of neighbouring words and names of picture files of its main part that stand on no
   other page which the vendor's visit read then. Half of them are there still: it is that page.
3. A page of whose own words fewer are left is it still when title and headings say so; one that has few or none of its own
   when title, headings and most of all its words do. Everything else has changed beyond recognition.
4. Readings that an ingested archive puts in front of later ones are compared with them anew.

How often that is right was measured on pairs of versions of real pages: bench/page_continuity.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from ledger.database import Ledger
from ledger.identity import utc_text
from ledger.passage_search import searchable
from ledger.records import PageContinuity
from ledger.typed_texts import FinalUrl, Instant, PageId, SeedId, VisitId
from ledger.vocabulary import Continuity

# The figures below were chosen on 1,122 pairs of versions and 807 pairs of two pages of a site, of 22 sites; the ranges tried follow.
OWN_KEPT = 0.5  # of its own words that suffice; 0.2-0.8
OWN_KEPT_UNDER_ITS_TITLE = 0.25  # 0.1-0.5
OWN_KEPT_UNDER_TITLE_AND_HEADINGS = 0.2  # 0.1-0.3
OWN_KEPT_UNDER_ANOTHER_TITLE = 0.8  # and other headings
NEARLY_ALL = 0.9  # of all words, in both directions: next to nothing was edited
MOST = 0.8
MANY_OWN, FEW_OWN = 8, 3  # 8-20; with fewer than FEW_OWN its own words say nothing
NEXT_TO_NOTHING = 8  # word pairs and pictures: what a page with less shows, no page can be known by
SAME_TITLE, OTHER_TITLE = 0.6, 0.4  # share of the words of both
MAX_OTHER_PAGES = 40
MAX_PASSAGES = 3_000
_WORD = re.compile(r"\w+")
_MAIN = frozenset({"main", "aside"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """What a page is known by."""

    title: frozenset[str]  # words
    headings: frozenset[str]  # of its main part
    words: frozenset[str]  # of its main part: pairs of neighbouring words, names of picture files; without the menu's


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much of a page another reading still has. own_kept: share of its own words; None: it has too few."""

    continuity: Continuity
    own_kept: float | None
    kept: float  # share of all words of its main part
    why: str

    @property
    def is_same(self) -> bool:
        return self.continuity is Continuity.SAME


def page_content(
    title: str | None, passages: Iterable[tuple[str, str, Iterable[str]]], image_urls: Iterable[str]
) -> PageContent:
    """Return what a page is known by. passages: text, zone and heading trail of each, in reading order."""
    main: set[str] = set()
    menu: set[str] = set()
    headings: set[str] = set()
    for text, zone, trail in passages:
        if zone in _MAIN:
            headings.update(heading.casefold() for heading in trail)
            main |= _pairs(text)
        else:
            menu |= _pairs(text)
    pictures = (urlsplit(url).path.rpartition("/")[2] for url in image_urls)
    main.update(f"picture {name}" for name in pictures if name)
    return PageContent(title=frozenset(_words(title or "")), headings=frozenset(headings), words=frozenset(main - menu))


def compare_contents(earlier: PageContent, later: PageContent, elsewhere: Set[str]) -> Likeness:
    """Tell whether a page is still what it was. elsewhere: words of the other pages of the site, as they were then."""
    own = earlier.words - elsewhere
    own_kept = _kept(own, later.words) if len(own) >= FEW_OWN else None
    kept = _kept(earlier.words, later.words)
    added = 1 - _kept(later.words, earlier.words)
    # a title that is missing on one side says nothing: scripts may set it
    title = _share(earlier.title, later.title) if earlier.title and later.title else None
    headings = _kept(earlier.headings, later.headings)
    has_title = title is not None and title >= SAME_TITLE
    has_other_title = title is not None and title < OTHER_TITLE

    def same(why: str) -> Likeness:
        return Likeness(continuity=Continuity.SAME, own_kept=own_kept, kept=kept, why=why)

    def changed(why: str) -> Likeness:
        return Likeness(continuity=Continuity.CHANGED, own_kept=own_kept, kept=kept, why=why)

    if earlier == later:
        return same("its words and pictures are the same")
    if len(earlier.words) < NEXT_TO_NOTHING:
        said = f"it showed next to nothing; {kept:.0%} of that, title and headings"
        is_same = has_title and headings == 1.0 and kept >= OWN_KEPT
        return same(f"{said} are there") if is_same else changed(f"{said} are not there together")
    if len(later.words) < NEXT_TO_NOTHING and kept < MOST:
        return changed(f"next to nothing is left in its main part: {kept:.0%} of its words and pictures")
    has_its_name = not has_other_title or bool(earlier.headings and headings >= MOST)
    if kept >= NEARLY_ALL and added <= 1 - NEARLY_ALL and has_its_name:
        return same(f"{kept:.0%} of its words and pictures are there")
    if own_kept is None:
        has_little_else = kept >= NEARLY_ALL and added <= OWN_KEPT and not has_other_title
        is_same = headings >= OWN_KEPT and ((has_title and kept >= MOST) or has_little_else)
        said = f"it has no words of its own; {kept:.0%} of what it shows, title and headings"
        return same(f"{said} are there") if is_same else changed(f"{said} are not there together")
    # what was its own may have been the claim alone: then its title, all headings and half of the rest say that it is that page
    is_same = has_title and ((headings >= MOST <= kept) or (headings >= NEARLY_ALL and kept >= OWN_KEPT))
    if len(own) < MANY_OWN:
        is_same = is_same or (own_kept >= OWN_KEPT and kept >= OWN_KEPT and not has_other_title)
    else:
        enough = OWN_KEPT_UNDER_ANOTHER_TITLE if has_other_title and headings < OWN_KEPT else OWN_KEPT
        is_same = (
            is_same
            or own_kept >= enough
            or (has_title and own_kept >= OWN_KEPT_UNDER_ITS_TITLE)
            or (has_title and headings >= OWN_KEPT_UNDER_TITLE_AND_HEADINGS <= own_kept)
        )
    said = f"{own_kept:.0%} of the words and pictures that were its own are there"
    return same(said) if is_same else changed(said)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(searchable(text.casefold())) if not word.isdigit()]


@lru_cache(maxsize=20_000)  # a menu stands on every page of a site
def _pairs(text: str) -> frozenset[str]:
    words = _words(text)
    return frozenset(" ".join(words[start : start + 2]) for start in range(max(1, len(words) - 1)) if words)


def _kept(before: Set[str], after: Set[str]) -> float:
    return len(before & after) / len(before) if before else 1.0


def _share(before: Set[str], after: Set[str]) -> float:
    return len(before & after) / len(before | after)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A row of _READINGS: one healthy reading of an address, whole."""

    page_id: PageId
    visit_id: VisitId
    looked_at: Instant
    content_sha256: str | None
    is_drawn: bool
    continuity: Continuity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Title:
    page_id: PageId
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    page_id: PageId
    text: str
    zone: str
    heading_trail: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PictureUrl:
    page_id: PageId
    image_url: str


class StoredContents:
    """What the pages of visits are known by, each visit read once."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._visits: dict[VisitId, Mapping[PageId, PageContent]] = {}

    def compare(self, earlier: PageId, later: PageId) -> Likeness:
        """Tell whether what was read as one page is still what was read as another, of any visits of the vendor."""
        before, after = self._of_visit(earlier), self._of_visit(later)
        elsewhere = set[str]().union(*(content.words for page, content in before.items() if page != earlier))
        return compare_contents(before[earlier], after[later], elsewhere)

    def _of_visit(self, page_id: PageId) -> Mapping[PageId, PageContent]:
        visit_id: VisitId = self.ledger.value("SELECT visit_id FROM pages WHERE page_id = ?", [page_id])
        if visit_id not in self._visits:
            if len(self._visits) >= 4:
                self._visits.clear()
            self._visits[visit_id] = dict(self._read(visit_id))
        contents = self._visits[visit_id]
        if page_id not in contents:  # beyond the number that a visit's other pages are read of
            contents = {**contents, **dict(self._read(visit_id, only=page_id))}
        return contents

    def _read(self, visit_id: VisitId, only: PageId | None = None) -> Iterator[tuple[PageId, PageContent]]:
        which = {"visit": visit_id, "only": only, "most": MAX_OTHER_PAGES}
        titles = self.ledger.select(_Title, f"SELECT page_id, title {_PAGES} ORDER BY rowid LIMIT :most", which)
        texts: dict[PageId, list[tuple[str, str, tuple[str, ...]]]] = {title.page_id: [] for title in titles}
        pictures: dict[PageId, list[str]] = {title.page_id: [] for title in titles}
        for text in self.ledger.select_each(_Text, _TEXTS, which):
            if text.page_id in texts and len(texts[text.page_id]) < MAX_PASSAGES:
                texts[text.page_id].append((text.text, text.zone, text.heading_trail))
        for picture in self.ledger.select_each(_PictureUrl, _PICTURES, which):
            if picture.page_id in pictures:
                pictures[picture.page_id].append(picture.image_url)
        for title in titles:
            yield title.page_id, page_content(title.title, texts[title.page_id], pictures[title.page_id])


def compare_pages(ledger: Ledger, visit_id: VisitId) -> int:
    """Write of each page of a visit whether it is still the page that it was; returns how many were compared. Again: no harm."""
    seed_id: SeedId = ledger.value("SELECT seed_id FROM visits WHERE visit_id = ?", [visit_id])
    contents = StoredContents(ledger)
    compared = 0
    with ledger.transaction():
        for url in ledger.values(f"SELECT DISTINCT url {_PAGES}", {"visit": visit_id, "only": None}):
            compared += _follow(ledger, contents, seed_id, url, visit_id)
    return compared


def _follow(ledger: Ledger, contents: StoredContents, seed_id: SeedId, url: FinalUrl, visit_id: VisitId) -> int:
    """Compare the readings of an address from a visit on: a new one with the last, an ingested one with those after it."""
    last: _Reading | None = None
    is_from_here = False
    compared = 0
    for reading in ledger.select(_Reading, _READINGS, {"seed": seed_id, "url": url}):
        is_from_here = is_from_here or reading.visit_id == visit_id
        continuity = reading.continuity
        if is_from_here:
            ledger.execute("DELETE FROM page_continuity WHERE page_id = ?", [reading.page_id])
            continuity = None
            if last is not None and not _is_equal(last, reading):
                likeness = contents.compare(last.page_id, reading.page_id)
                continuity = likeness.continuity
                compared += 1
                ledger.put([_row(reading.page_id, last.page_id, likeness)])
        if continuity is not Continuity.CHANGED:
            last = reading
    return compared


def _is_equal(earlier: _Reading, later: _Reading) -> bool:
    is_drawn = earlier.is_drawn or later.is_drawn  # what scripts made of the same bytes may be another page
    return not is_drawn and earlier.content_sha256 is not None and earlier.content_sha256 == later.content_sha256


def _row(page_id: PageId, compared_with: PageId, likeness: Likeness) -> PageContinuity:
    return PageContinuity(
        page_id=page_id,
        compared_with=compared_with,
        continuity=likeness.continuity,
        own_kept=likeness.own_kept,
        kept=likeness.kept,
        why=likeness.why,
        compared_at=utc_text(),
    )


_PAGES = (
    "FROM pages WHERE visit_id = :visit AND health = 'ok'"
    " AND iif(:only IS NULL, health_reason IS NULL, page_id = :only)"  # a reason on a healthy page: it was not read whole
)
_TEXTS = f"""
    SELECT page_id, text, zone, heading_trail FROM passages WHERE page_id IN (SELECT page_id {_PAGES}) ORDER BY page_id, ordinal
"""
_PICTURES = f"""
    SELECT page_id, image_url FROM sightings WHERE page_id IN (SELECT page_id {_PAGES}) AND image_url IS NOT NULL
"""
_READINGS = """
    SELECT p.page_id, p.visit_id, k.looked_at, k.content_sha256, c.continuity,
           EXISTS (SELECT 1 FROM renders r WHERE r.look_id = p.look_id AND r.failure IS NULL) AS is_drawn
    FROM pages p
    JOIN visits v ON v.visit_id = p.visit_id AND v.seed_id = :seed
    JOIN looks k ON k.look_id = p.look_id
    LEFT JOIN page_continuity c ON c.page_id = p.page_id
    WHERE p.url = :url AND p.health = 'ok' AND p.health_reason IS NULL
    ORDER BY k.looked_at, p.visit_id, p.page_id
"""
