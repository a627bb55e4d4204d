"""Page → sightings: every image a visitor may see, before anyone decides whose it is.

Reads: a document and the style sheets it links to. Writes: Sighting and InlineImage records.

1. Take the page's elements in reading order, with headings and zones (outline.py, headings.py).
2. At each element take every image that it embeds, by every technique, each named in found_by (embedded.py).
3. Add the images of styles, where their selector hits the element (stylesheets.py).
4. Add images that only the page's data names (script_state.py).
5. Say of each what it is when it is surely no logo of others, with the reason (noise.py); nothing is dropped.
6. Number the sightings of each technique from 0; group those that show one logo (twins.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote_to_bytes, urldefrag

from bs4 import Tag
from w3lib.url import parse_data_uri

from crawler.images.embedded import Embedded, ImageReference
from crawler.images.image_addresses import best_candidate, is_small_copy, original_address
from crawler.images.noise import Judgement, NoiseJudge, Seen, words_of_address
from crawler.images.noise_words import shipped_noise_words
from crawler.images.script_state import find_preloads, find_state_images
from crawler.images.sprite_files import is_drawing
from crawler.images.stylesheets import Box, Sheet, find_styled_images
from crawler.images.twins import Placed, group_twins
from crawler.page.outline import NONE, Outline
from crawler.page.own_names import find_own_names
from crawler.page.page import Document, attribute, squeeze
from crawler.page.surroundings import PageSections, Surroundings
from ledger.identity import content_id, look_id_of, sha256_hex
from ledger.lexicon import Lexicon, split_words
from ledger.records import InlineImage, Sighting
from ledger.typed_texts import PageId, SightingId, VisitId
from ledger.vocabulary import FoundBy, Purpose, SectionKind

__all__ = ["PageImages", "best_candidate", "extract_sightings"]

MAX_INLINE_BYTES = 400_000
MAX_SIGHTINGS = 3_000
MAX_NEARBY_CHARS = 240
MAX_LABEL_CHARS = 500
GROUPS_READ = 8  # ancestors whose class and id may say what an image is
ANCESTORS_READ = 4  # for words near an image: its link, its slide, the column, the row


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImages:
    """What one page shows."""

    sightings: tuple[Sighting, ...]
    inline_images: tuple[InlineImage, ...]
    places: frozenset[int]  # of the outline, at which there is an image


def extract_sightings(
    document: Document, sheets: Iterable[Sheet], lexicon: Lexicon, *, page_id: PageId, visit_id: VisitId
) -> PageImages:
    """Return every image of a page with its surroundings. Pure: the same bytes give the same records."""
    reader = _PageImagesReader(document, lexicon, page_id=page_id, visit_id=visit_id)
    reader.read(tuple(sheets))
    return reader.result()


class _PageImagesReader:
    def __init__(self, document: Document, lexicon: Lexicon, *, page_id: PageId, visit_id: VisitId) -> None:
        self.document = document
        self.outline: Outline = document.outline
        self.sections = PageSections(document, lexicon)
        self.page_id, self.visit_id = page_id, visit_id
        self._placed: list[Placed] = []
        self.inline: dict[str, InlineImage] = {}
        self._ordinals: dict[FoundBy, int] = {}
        self._captions: dict[int, str | None] = {}
        self._names: dict[int, str] = {}
        own_names = find_own_names(document, lexicon)
        self._noise = NoiseJudge(shipped_noise_words(), document.url, own_names)

    def read(self, sheets: Sequence[Sheet]) -> None:
        styled = find_styled_images(self.document, sheets)
        embedded = Embedded(self.outline, sprites=self._sprites(sheets))
        for place in range(len(self.outline.tags)):
            around: Surroundings | None = None
            for reference in embedded.images_of(place):
                around = around or self.sections.around(place)
                self._add(reference, place, around)
            for image in styled.get(place, ()):
                around = around or self.sections.around(place)
                self._add(
                    ImageReference(image.found_by, image.url), place, around, box=image.box, is_state=image.is_state
                )
            self._add_larger(place, around)
            if len(self._placed) >= MAX_SIGHTINGS:
                del self._placed[MAX_SIGHTINGS:]
                return
        self._add_unseen()

    def _sprites(self, sheets: Sequence[Sheet]) -> dict[str, str]:
        """The text of the drawing files that parts are shown of, by the references that the page writes."""
        drawings = {sheet.url: sheet.text for sheet in sheets if is_drawing(sheet.text)}
        if not drawings:
            return {}
        uses = (tag for tag in self.outline.tags if tag.name == "use")
        files = {urldefrag(attribute(tag, "href") or attribute(tag, "xlink:href") or "")[0] for tag in uses}
        return {file: drawings[url] for file in files if (url := self.document.absolute(file)) in drawings}

    def _add_larger(self, place: int, around: Surroundings | None) -> None:
        """Add the large picture where an element shows a small or blurred copy of it, until a script brings it."""
        here = []
        for placed in reversed(self._placed):
            if placed.place != place:
                break
            here.append(placed)
        shown = {placed.sighting.image_url for placed in here}
        for placed in reversed(here):
            sighting = placed.sighting
            if sighting.image_url is None or around is None or not is_small_copy(sighting.image_url):
                continue
            if sighting.original_url is not None and sighting.original_url not in shown:
                shown.add(sighting.original_url)
                self._add(ImageReference(FoundBy.LAZY, sighting.original_url, label=sighting.alt), place, around)

    def _add_unseen(self) -> None:
        """Add images that no element shows yet: those seen already are not added again."""
        seen = {placed.sighting.image_url for placed in self._placed}
        nowhere = Surroundings(
            heading_trail=(), zone="main", section_kind=SectionKind.NONE, section_reasons=(), is_hidden=False
        )
        for image in find_state_images(self.outline):
            if (url := self.document.absolute(image.reference)) not in seen:
                seen.add(url)
                self._add(
                    ImageReference(FoundBy.SCRIPT_STATE, image.reference, label=image.label), image.place, nowhere
                )
        for place, reference in find_preloads(self.outline):
            if (url := self.document.absolute(reference)) not in seen:
                seen.add(url)
                self._add(ImageReference(FoundBy.PRELOAD, reference), place, nowhere)
        del self._placed[MAX_SIGHTINGS:]

    def result(self) -> PageImages:
        groups = group_twins(self.outline, self._placed, self.page_id)
        sightings = (
            replace(placed.sighting, twin_group=group) if group else placed.sighting
            for placed, group in zip(self._placed, groups, strict=True)
        )
        return PageImages(
            sightings=tuple(sightings),
            inline_images=tuple(self.inline.values()),
            places=frozenset(placed.place for placed in self._placed),
        )

    def _add(
        self, image: ImageReference, place: int, around: Surroundings, *, box: Box | None = None, is_state: bool = False
    ) -> None:
        found_by, content = image.found_by, image.content
        if content is None and image.reference[:5].lower() == "data:":
            content, found_by = _data_uri_content(image.reference), FoundBy.DATA_URI
            if content is None:
                return
        url = None if content is not None else self.document.absolute(image.reference)
        if url is None and content is None:
            return
        digest = None
        if content is not None:
            digest = sha256_hex(content)
            self.inline.setdefault(digest, InlineImage(image_sha256=digest, content=content))
        ordinal = self._ordinals.get(found_by, 0)
        self._ordinals[found_by] = ordinal + 1
        tag = image.tag or self.outline.tags[place]
        link = self.outline.links[place]
        href = attribute(self.outline.tags[link], "href") if link != NONE else None
        sighting = Sighting(
            sighting_id=SightingId(content_id("sighting", self.page_id, found_by, ordinal)),
            page_id=self.page_id,
            found_by=found_by,
            ordinal=ordinal,
            image_url=url,
            original_url=original_address(url) if url else None,
            fragment=image.fragment,
            look_id=look_id_of(self.visit_id, Purpose.IMAGE, url) if url else None,
            inline_sha256=digest,
            box=box,
            page_box=_page_box(tag, self.document.box_attribute),
            alt=_cut(
                image.label or attribute(tag, "alt") or attribute(tag, "aria-label") or self._drawing_title(place)
            ),
            title=attribute(tag, "title"),
            aria_label=self._aria_label(place),
            caption=self._caption(place),
            link_url=self.document.absolute(href),
            heading_trail=around.heading_trail,
            zone=around.zone,
            section_kind=around.section_kind,
            section_reasons=around.section_reasons,
            is_hidden=around.is_hidden,
            nearby_text=self._nearby_text(place),
        )
        judged = self._judge(sighting, image, place, href)
        if judged is not None:
            sighting = replace(sighting, noise=judged.noise, noise_reason=judged.reason)
        self._placed.append(Placed(sighting, place, is_state, image.is_one_of_many))

    def _judge(self, sighting: Sighting, image: ImageReference, place: int, href: str | None) -> Judgement | None:
        tag = image.tag or self.outline.tags[place]
        groups: list[str] = []
        above = self.outline.parents[place]
        while above != NONE and len(groups) < GROUPS_READ and self.outline.tags[above].name not in ("body", "html"):
            groups.append(self._names_of(above))
            above = self.outline.parents[above]
        link = self.outline.links[place]
        width, height = _sides(tag)
        reasons = sighting.section_reasons
        return self._noise.judge(
            Seen(
                found_by=sighting.found_by,
                file_name=words_of_address(sighting.original_url or sighting.image_url) or (image.fragment or ""),
                label=split_words(" ".join(filter(None, (sighting.alt, sighting.title, sighting.aria_label)))).lower(),
                own_names=" | ".join(
                    names
                    for element in dict.fromkeys((place, link))
                    if element != NONE and (names := self._names_of(element))
                ),
                group_names=tuple(filter(None, groups)),
                link_url=sighting.link_url,
                is_link_inside=bool(href and href.startswith("#")),
                zone=sighting.zone,
                section_kind=sighting.section_kind,
                is_section_by_heading=bool(reasons) and reasons[0].startswith("heading"),
                width_px=width,
                height_px=height,
                is_hidden=(attribute(tag, "aria-hidden") or "") == "true",
            )
        )

    def _names_of(self, place: int) -> str:
        if place not in self._names:
            attributes = self.outline.tags[place].attrs
            names = [attribute(self.outline.tags[place], name) or "" for name in ("class", "id") if name in attributes]
            self._names[place] = _split_names(" ".join(names)[:MAX_LABEL_CHARS]) if names else ""
        return self._names[place]

    def _drawing_title(self, place: int) -> str | None:
        if self.outline.tags[place].name != "svg":
            return None
        title = self.outline.inside(place, "title")
        return squeeze(self.outline.tags[title].get_text())[:MAX_LABEL_CHARS] or None if title != NONE else None

    def _aria_label(self, place: int) -> str | None:
        """The label of the image, or else of its link."""
        link = self.outline.links[place]
        own = attribute(self.outline.tags[place], "aria-label")
        return _cut(own or (attribute(self.outline.tags[link], "aria-label") if link != NONE else None))

    def _caption(self, place: int) -> str | None:
        figure = self.outline.figures[place]
        if figure == NONE:
            return None
        if figure not in self._captions:
            caption = self.outline.inside(figure, "figcaption")
            self._captions[figure] = self.outline.text(caption, MAX_NEARBY_CHARS) or None if caption != NONE else None
        return self._captions[figure]

    def _nearby_text(self, place: int) -> str | None:
        if caption := self._caption(place):
            return caption
        above = self.outline.parents[place]
        for _ in range(ANCESTORS_READ):
            if above == NONE or self.outline.tags[above].name in ("body", "html", "main", "section"):
                return None
            if text := self.outline.text(above, MAX_NEARBY_CHARS):
                return text
            above = self.outline.parents[above]
        return None


def _sides(tag: Tag) -> tuple[float | None, float | None]:
    return _side(attribute(tag, "width")), _side(attribute(tag, "height"))


def _side(text: str | None) -> float | None:
    match = re.fullmatch(r"(\d{1,5}(?:\.\d{1,4})?)\s*(?:px)?", text) if text else None
    return float(match[1]) if match else None


@lru_cache(maxsize=20_000)
def _split_names(names: str) -> str:
    return split_words(names).lower()


def _cut(words: str | None) -> str | None:
    return words[:MAX_LABEL_CHARS] if words else None


def _page_box(element: Tag, name: str | None) -> tuple[int, ...] | None:
    numbers = (attribute(element, name) or "").split(",") if name else []
    if len(numbers) != 4 or not all(number.lstrip("-").isdecimal() for number in numbers):
        return None  # it is in the page, and not seen
    return tuple(int(number) for number in numbers)


def _data_uri_content(uri: str) -> bytes | None:
    if len(uri) > MAX_INLINE_BYTES * 4 // 3:
        return None
    try:
        parsed = parse_data_uri(re.sub(r"\s+", "", uri) if ";base64" in uri[:100] else uri)
    except ValueError:
        _, _, data = uri.partition(",")
        return unquote_to_bytes(data) or None
    return parsed.data or None
