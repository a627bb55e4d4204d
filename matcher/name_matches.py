"""Sightings → name matches: what stands beside an image and names a brand.

Reads: sightings with their pages, visits and seeds, brands. Writes: name_matches.

1. Take the images of the given visits that may be anyone's logo.
2. Look for brands' names in the alternative text, the title, the label, the caption, the name of the file, and in what the image
   leads to: a brand's own domain, or a path that ends in its name.
3. Replace the sightings' earlier name matches of these brands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ledger.database import Ledger
from ledger.domains import belongs_to
from ledger.identity import content_id
from ledger.lexicon import Lexicon
from ledger.records import BrandRow, NameMatch
from ledger.typed_texts import NameMatchId, SightingId, VisitId
from ledger.vocabulary import NameSource
from matcher.lettering.badge_words import BadgeReader, word_list
from matcher.lettering.named_brands import PictureNames, name_key
from matcher.lettering.read_lines import written_line
from matcher.stored_names import picture_names, read_brands, tiers_of

MAX_BESIDE_CHARS = 120  # a longer text tells a story: the sentences of the page are read by text_matches.py
SHORTEST_SHARED, MOST_SHARED_WORDS = 4, 3  # letters and words of a name on which two texts agree
_ENDING = re.compile(r"\.(?:png|jpe?g|gif|webp|avif|svgz?|bmp|ico|tiff?|heic|html?|php|aspx?)$", re.I)
_SEPARATOR = re.compile(r"[\W_]+")
_MADE_BY_MACHINES = re.compile(
    r"(?=\w*\d)(?=\w*[a-z])\w{8,}|\d+x\d*|v?\d+|[0-9a-f]{6,}", re.I
)  # digests, sizes, numbers
_COLOURS = frozenset({"black", "blue", "gray", "green", "grey", "red", "white"})
_ADDRESSES = frozenset({NameSource.FILE, NameSource.LINK})
_LOCALE = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?)?/?", re.I)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside an image."""

    sighting_id: SightingId
    alt: str | None
    title: str | None
    aria_label: str | None
    caption: str | None
    file_url: str | None
    link_url: str | None
    vendor: str


def match_names(ledger: Ledger, brands: Sequence[str], lexicon: Lexicon, *, visit_ids: Iterable[VisitId]) -> int:
    """Write the name matches of visits; returns how many there are now. Running it again changes nothing."""
    finder = _Finder(read_brands(ledger, brands), lexicon)
    total = 0
    for visit_id in visit_ids:
        matches = [
            match for beside in ledger.select_each(_Beside, _SIGHTINGS, [visit_id]) for match in finder.find(beside)
        ]
        _replace(ledger, visit_id, brands, matches)
        total += len(matches)
    return total


class _Finder:
    def __init__(self, brands: Sequence[BrandRow], lexicon: Lexicon) -> None:
        self._brands = brands
        self._names = PictureNames(picture_names(brands))
        self._badges = BadgeReader(lexicon, tiers_of(brands))

    def find(self, beside: _Beside) -> Iterator[NameMatch]:
        known = (*_SEPARATOR.split(beside.vendor), *word_list("beside_words.txt"))
        for source, text, written in _texts(beside):
            line = written_line(text)
            namings = self._names.find([line])
            if not namings and source in _ADDRESSES:  # "hp" of "hp-logo-white": short names have to stand alone
                namings = self._names.find([written_line(_without_general(text))])
            for naming in namings:
                if naming.letters_wrong:
                    continue  # what was written was not read
                words = self._badges.read(naming, [line], known)
                yield NameMatch(
                    name_match_id=_match_id(beside, naming.brand, source),
                    sighting_id=beside.sighting_id,
                    brand=naming.brand,
                    source=source,
                    text=written,
                    name=naming.read,
                    is_alone=not words.strange,
                    relation=words.relation,
                    tier=words.tier,
                    programme=words.programme,
                )
        yield from self._by_domain(beside)

    def _by_domain(self, beside: _Beside) -> Iterator[NameMatch]:
        """A link to the front page of a brand names it; one to a page of its site may be a profile, or a review."""
        parts = urlsplit(beside.link_url or "")
        if not parts.hostname or not _LOCALE.fullmatch(parts.path):
            return
        for row in self._brands:
            if belongs_to(parts.hostname, row.domains):
                yield NameMatch(
                    name_match_id=_match_id(beside, row.brand, NameSource.LINK),
                    sighting_id=beside.sighting_id,
                    brand=row.brand,
                    source=NameSource.LINK,
                    text=beside.link_url or "",
                    name=parts.hostname,
                    is_alone=True,
                    relation=None,
                    tier=None,
                    programme=None,
                )


def _match_id(beside: _Beside, brand: str, source: NameSource) -> NameMatchId:
    return NameMatchId(content_id("name-match", beside.sighting_id, brand, source))


def _texts(beside: _Beside) -> Iterator[tuple[NameSource, str, str]]:
    """Source, text to look for names in, and text as written."""
    for source, text in (
        (NameSource.ALT, beside.alt),
        (NameSource.TITLE, beside.title),
        (NameSource.LABEL, beside.aria_label),
        (NameSource.CAPTION, beside.caption),
    ):
        if text and len(text) <= MAX_BESIDE_CHARS:
            yield source, text, text
    for source, url in ((NameSource.FILE, beside.file_url), (NameSource.LINK, beside.link_url)):
        name = _last_name(url)
        if words := _words_of_name(name):
            yield source, words, name


def _last_name(url: str | None) -> str:
    """The last part of an address's path, as it was before it was quoted."""
    try:
        return unquote(urlsplit(url or "").path).rstrip("/").rpartition("/")[2][:MAX_BESIDE_CHARS]
    except ValueError:  # an address that is none
        return ""


def _words_of_name(name: str) -> str:
    """The words of a file's name, without digests, numbers and sizes: "sap_logo-white@2x.png" is sap logo white."""
    parts = _SEPARATOR.split(_ENDING.sub("", name))
    return " ".join(part for part in parts if part and not _MADE_BY_MACHINES.fullmatch(part))


def _without_general(text: str, kept: frozenset[str] = frozenset()) -> str:
    """A text without the words that say what kind of picture it is, and how it is drawn. kept: those of them that stay."""
    general = frozenset(word_list("beside_words.txt")) - kept
    return " ".join(word for word in text.split() if word.lower() not in general)


def shared_name(alt: str | None, file_url: str | None) -> str | None:
    """The words on which an alternative text and a file's name agree, as the text has them; None where they do not, or say nothing."""
    words = _words_of_name(alt or ""), _words_of_name(_last_name(file_url))
    for kept in (_COLOURS, frozenset[str]()):  # "Red Harbour" is no harbour; a white copy of a logo is the logo
        text, file = (_without_general(each, kept) for each in words)
        key = name_key(text)
        if key == name_key(file) and len(key) >= SHORTEST_SHARED and len(text.split()) <= MOST_SHARED_WORDS:
            return text
    return None


_SIGHTINGS = """
    SELECT g.sighting_id, g.alt, g.title, g.aria_label, g.caption, coalesce(g.original_url, g.image_url) AS file_url, g.link_url,
           s.vendor
    FROM pages p
    JOIN sightings g ON g.page_id = p.page_id AND g.noise IS NULL
    JOIN visits v ON v.visit_id = p.visit_id
    JOIN seeds s ON s.seed_id = v.seed_id
    WHERE p.visit_id = ? AND p.health = 'ok'
    ORDER BY g.rowid
"""


def _replace(ledger: Ledger, visit_id: VisitId, brands: Sequence[str], matches: Sequence[NameMatch]) -> None:
    ledger.replace(
        NameMatch,
        matches,
        "name_match_id",
        "SELECT n.name_match_id FROM name_matches n JOIN sightings g ON g.sighting_id = n.sighting_id"
        " JOIN pages p ON p.page_id = g.page_id"
        " WHERE p.visit_id = ? AND n.brand IN (SELECT value FROM json_each(?))",
        [visit_id, json.dumps(list(brands))],
    )
