"""Page → sightings: every image a visitor may see, before anyone decides whose it is.

Reads: a document and the style sheets it links to. Writes: Sighting and InlineImage records.

1. Walk the document once, in reading order, keeping headings and zones.
2. At each element take every image that it embeds, by every technique, each named in found_by.
3. Add background images of style sheets, where their selector hits an element.
4. Number the sightings of each technique from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from w3lib.url import parse_data_uri

from crawler.inline_svg import external_use, is_use, write_svg
from crawler.page import Document, attribute, squeeze
from crawler.stylesheets import Sheet, find_backgrounds, urls_in_declarations
from crawler.surroundings import PageWalk, Surroundings
from ledger.identity import content_id, sha256_hex
from ledger.lexicon import Lexicon
from ledger.records import InlineImage, Sighting
from ledger.vocabulary import FoundBy, Purpose

WANTED_WIDTH_PX = 800  # of the candidates in a srcset the widest up to here: enough for recognition, kind to the server
MAX_INLINE_BYTES = 400_000
MAX_SIGHTINGS = 3_000
MAX_NEARBY_CHARS = 240
_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+([\d.]+)([wxh]))?(?:\s+[\d.]+h)?\s*(?:,|$)")
_IMAGE_PATH = re.compile(r"\.(png|jpe?g|gif|webp|svg|avif|bmp|ico|tiff?)([?#]|$)", re.I)
_LAZY_NAME = re.compile(r"(src|lazy|original|bg|background|image|img|url|thumb|poster)", re.I)


@dataclass(frozen=True, slots=True)
class _Found:
    found_by: FoundBy
    reference: str  # URL as written, or a data: URI
    content: bytes | None = None  # inline images


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImages:
    """What one page shows."""

    sightings: tuple[Sighting, ...]
    inline_images: tuple[InlineImage, ...]


def extract_sightings(
    document: Document, sheets: Iterable[Sheet], lexicon: Lexicon, *, page_id: str, visit_id: str
) -> PageImages:
    """Return every image of a page with its surroundings. Pure: the same bytes give the same records."""
    walk = PageWalk(document, lexicon)
    sightings: list[Sighting] = []
    inline: dict[str, InlineImage] = {}
    ordinals: dict[FoundBy, int] = {}
    backgrounds: dict[int, list[str]] = {}
    for background in find_backgrounds(document, sheets):
        backgrounds.setdefault(id(background.element), []).append(background.url)
    for step in walk.steps():
        if not isinstance(step, Tag):
            if isinstance(step, NavigableString) and step.parent is not None and step.parent.name == "noscript":
                found = [(f, i) for f, i in _in_noscript_text(step)]
            else:
                continue
        else:
            found = [(f, step) for f in _embedded(step, document.soup)]
            found += [(_Found(FoundBy.CSS_BACKGROUND, url), step) for url in backgrounds.get(id(step), ())]
        surroundings: Surroundings | None = None
        for image, element in found:
            if len(sightings) >= MAX_SIGHTINGS:
                break
            surroundings = surroundings or walk.surroundings_of(step)
            sighting = _sighting(
                image, element, document, surroundings, ordinals, inline, page_id=page_id, visit_id=visit_id
            )
            if sighting is not None:
                sightings.append(sighting)
    return PageImages(sightings=tuple(sightings), inline_images=tuple(inline.values()))


def image_look_id(visit_id: str, url: str) -> str:
    """Return the id of the look that a visit takes at an image."""
    return content_id("look", visit_id, Purpose.IMAGE, url)


def _sighting(
    image: _Found,
    element: Tag,
    document: Document,
    around: Surroundings,
    ordinals: dict[FoundBy, int],
    inline: dict[str, InlineImage],
    *,
    page_id: str,
    visit_id: str,
) -> Sighting | None:
    found_by, content = image.found_by, image.content
    if content is None and image.reference.lower().startswith("data:"):
        content = _data_uri_content(image.reference)
        found_by = FoundBy.DATA_URI
        if content is None:
            return None
    url = None if content is not None else document.absolute(image.reference)
    if url is None and content is None:
        return None
    digest = None
    if content is not None:
        digest = sha256_hex(content)
        inline.setdefault(digest, InlineImage(image_sha256=digest, content=content))
    ordinal = ordinals.get(found_by, 0)
    ordinals[found_by] = ordinal + 1
    link = element if element.name == "a" else element.find_parent("a")
    return Sighting(
        sighting_id=content_id("sighting", page_id, found_by, ordinal),
        page_id=page_id,
        found_by=found_by,
        ordinal=ordinal,
        image_url=url,
        look_id=image_look_id(visit_id, url) if url else None,
        inline_sha256=digest,
        alt=_words_of(element),
        title=attribute(element, "title"),
        link_url=document.absolute(attribute(link, "href")) if isinstance(link, Tag) else None,
        heading=around.heading,
        heading_trail=around.heading_trail,
        zone=around.zone,
        section_kind=around.section_kind,
        section_reasons=around.section_reasons,
        nearby_text=_nearby_text(element),
        box=_box_of(element, document.box_attribute),
    )


def _box_of(element: Tag, name: str | None) -> tuple[int, ...] | None:
    numbers = (attribute(element, name) or "").split(",") if name else []
    if len(numbers) != 4 or not all(number.lstrip("-").isdecimal() for number in numbers):
        return None  # it is in the page, and not seen
    return tuple(int(number) for number in numbers)


def _embedded(tag: Tag, soup: BeautifulSoup) -> Iterator[_Found]:
    name = tag.name
    if name in ("img", "amp-img"):
        yield from _of_img(tag)
    elif name == "source" and tag.find_parent("picture") is not None:
        if reference := best_candidate(attribute(tag, "srcset") or attribute(tag, "data-srcset")):
            yield _Found(FoundBy.PICTURE, reference)
    elif name == "svg":
        yield from _of_svg(tag, soup)
    elif name == "image" and (reference := attribute(tag, "href") or attribute(tag, "xlink:href")):
        yield _Found(FoundBy.SVG_IMAGE, reference)
    elif name == "object":
        kind = attribute(tag, "type") or ""
        reference = attribute(tag, "data")
        if reference and (kind.startswith("image/") or _IMAGE_PATH.search(reference)):
            yield _Found(FoundBy.OBJECT, reference)
    elif name == "embed":
        reference = attribute(tag, "src")
        if reference and ((attribute(tag, "type") or "").startswith("image/") or _IMAGE_PATH.search(reference)):
            yield _Found(FoundBy.EMBED, reference)
    elif name == "input" and (attribute(tag, "type") or "").lower() == "image" and (reference := attribute(tag, "src")):
        yield _Found(FoundBy.INPUT_IMAGE, reference)
    elif name == "video" and (reference := attribute(tag, "poster")):
        yield _Found(FoundBy.VIDEO_POSTER, reference)
    if (style := attribute(tag, "style")) and "(" in style:
        yield from (_Found(FoundBy.INLINE_STYLE, url) for url in urls_in_declarations(style) if not url.startswith("#"))
    if name in ("table", "td", "th", "tr", "body") and (reference := attribute(tag, "background")):
        yield _Found(FoundBy.INLINE_STYLE, reference)
    if name not in ("img", "source", "amp-img", "script", "link", "meta"):
        yield from _lazy(tag)


def _of_img(tag: Tag) -> Iterator[_Found]:
    in_noscript = tag.find_parent("noscript") is not None
    seen = set()
    if reference := attribute(tag, "src"):
        seen.add(reference)
        yield _Found(FoundBy.NOSCRIPT if in_noscript else FoundBy.IMG, reference)
    reference = best_candidate(attribute(tag, "srcset"))
    if reference and reference not in seen:
        seen.add(reference)
        yield _Found(FoundBy.NOSCRIPT if in_noscript else FoundBy.SRCSET, reference)
    for lazy in _lazy(tag):
        if lazy.reference not in seen:
            seen.add(lazy.reference)
            yield lazy


def _lazy(tag: Tag) -> Iterator[_Found]:
    for name in tag.attrs:
        if not name.startswith("data-") and name not in ("lazy-src", "lowsrc", "loadsrc", "real-src"):
            continue
        value = attribute(tag, name)
        if not value or len(value) > 4_000 or value.startswith("{"):
            continue
        if "srcset" in name:
            value = best_candidate(value)
        elif value.startswith("url("):
            value = next(iter(urls_in_declarations(f"background:{value}")), None)
        is_img = tag.name == "img"
        names_image = value and (
            _IMAGE_PATH.search(value) or (is_img and name in ("data-src", "data-lazy-src", "data-original"))
        )
        if value and names_image and (is_img or _LAZY_NAME.search(name)):
            yield _Found(FoundBy.LAZY, value)


def _of_svg(tag: Tag, soup: BeautifulSoup) -> Iterator[_Found]:
    if tag.find_parent("svg") is not None or tag.find(True) is None:
        return
    if tag.find_parent(["symbol", "defs"]) is not None or _is_symbol_store(tag):
        return
    if reference := external_use(tag):
        yield _Found(FoundBy.SVG_USE, reference)
        return
    content = write_svg(tag, soup)
    if content is not None:
        yield _Found(FoundBy.SVG_USE if is_use(tag) else FoundBy.INLINE_SVG, "", content)


def _is_symbol_store(tag: Tag) -> bool:
    children = [child for child in tag.children if isinstance(child, Tag)]
    return bool(children) and all(child.name in ("symbol", "defs", "style", "title") for child in children)


def _in_noscript_text(text: NavigableString) -> list[tuple[_Found, Tag]]:
    # lxml keeps what stands in <head><noscript> as text; lazy loaders put whole images there
    if "<img" not in text:
        return []
    inner = BeautifulSoup(str(text), "lxml")
    images = [image for image in inner.find_all("img") if isinstance(image, Tag)]
    return [(_Found(FoundBy.NOSCRIPT, found.reference), image) for image in images for found in _of_img(image)]


def best_candidate(srcset: str | None) -> str | None:
    """Return the widest candidate of a srcset up to WANTED_WIDTH_PX, or the narrowest beyond it."""
    if not srcset:
        return None
    candidates: list[tuple[float, str]] = []
    for match in _CANDIDATE.finditer(srcset[:20_000]):
        size = float(match[2]) if match[2] and match[2].count(".") <= 1 and match[2] != "." else 1.0
        candidates.append((size * (400 if match[3] == "x" or not match[3] else 1), match[1]))
    fitting = [c for c in candidates if c[0] <= WANTED_WIDTH_PX]
    if fitting:
        return max(fitting, key=lambda c: c[0])[1]
    return min(candidates, key=lambda c: c[0])[1] if candidates else None


def _data_uri_content(uri: str) -> bytes | None:
    if len(uri) > MAX_INLINE_BYTES * 4 // 3:
        return None
    try:
        parsed = parse_data_uri(re.sub(r"\s+", "", uri) if ";base64" in uri[:100] else uri)
    except ValueError:
        _, _, data = uri.partition(",")
        return unquote_to_bytes(data) or None
    return parsed.data or None


def _words_of(element: Tag) -> str | None:
    words = attribute(element, "alt") or attribute(element, "aria-label")
    if words is None and element.name == "svg":
        title = element.find("title")
        words = squeeze(title.get_text()) if isinstance(title, Tag) else None
    return words[:500] if words else None


def _nearby_text(element: Tag) -> str | None:
    figure = element.find_parent("figure")
    caption = figure.find("figcaption") if isinstance(figure, Tag) else None
    if isinstance(caption, Tag):
        return squeeze(caption.get_text(" "))[:MAX_NEARBY_CHARS] or None
    for steps, parent in enumerate(element.parents):
        if steps > 3 or parent.name in ("body", "html", "main", "section"):
            return None
        text = squeeze(parent.get_text(" "))
        if text:
            return text[:MAX_NEARBY_CHARS]
    return None
