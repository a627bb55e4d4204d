"""Element → the images that it embeds, by every technique, each named in found_by.

Reads: one element of an outline. Style sheets are read in stylesheets.py, scripts in script_state.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urldefrag

from bs4 import BeautifulSoup, Tag

from crawler.images.image_addresses import IMAGE_PATH, MAX_ADDRESS_CHARS, best_candidate
from crawler.images.image_rules import read_declarations
from crawler.images.inline_svg import SvgWriter
from crawler.page.outline import NONE, Outline
from crawler.page.page import attribute
from ledger.vocabulary import FoundBy

MAX_LAZY = 8  # of one element
MAX_NOSCRIPTS = 300  # of a page that are parsed anew
_LAZY_NAME = re.compile(
    r"(src|lazy|original|bg|background|image|img|url|thumb|poster|retina|2x|hi-?res|full|large)", re.I
)
_LAZY_ATTRIBUTES = frozenset({"lazy-src", "lowsrc", "loadsrc", "real-src", "nitro-lazy-src", "realsrc", "_src", "src2"})
# what common loaders call the address of the real image: believed without an image's file ending
_LOADERS = frozenset(
    [
        "data-src",
        "data-lazy-src",
        "data-original",
        "data-lazy",
        "data-lazyload",
        "data-echo",
        "data-cfsrc",
        "data-ezsrc",
        "data-ll-src",
        "data-llsrc",
        "data-real-src",
        "data-original-src",
        "data-orig-src",
        "data-pagespeed-lazy-src",
        "data-wpfc-original-src",
        "data-layzr",
        "data-normal",
        "data-img-src",
        "data-image-src",
        "data-src-retina",
        "data-hi-res-src",
        "data-flickity-lazyload",
        "data-splide-lazy",
        "data-pin-media",
        "data-orig-file",
        "data-large-file",
        "data-full-src",
        "data-defer-src",
        "data-delayed-url",
        "data-lazy-image",
        "data-thumb-src",
        "nitro-lazy-src",
        "lazy-src",
    ]
)
_UNSEEN_TYPES = re.compile(r"(video|audio|application|text)/", re.I)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image as an element names it."""

    found_by: FoundBy
    reference: str  # URL as written, or a data: URI; empty when content is given
    content: bytes | None = None  # inline images
    fragment: str | None = None  # the part of a sprite file that is shown
    label: str | None = None  # a name that stands beside it in data
    tag: Tag | None = None  # where the image stands, when that is no element of the outline


class Embedded:
    """Finds the images of one page, element by element."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.svgs = SvgWriter(outline)
        self._noscripts: dict[int, list[str]] = {}
        for word, raw, owner in zip(outline.words, outline.raw_words, outline.word_owners, strict=True):
            # lxml keeps what stands in <head><noscript> as text; lazy loaders put whole images there
            if outline.tags[owner].name == "noscript" and "<" in word and "<img" in word.lower():
                self._noscripts.setdefault(owner, []).append(str(raw))
        self._noscripts_left = MAX_NOSCRIPTS

    def images_of(self, place: int) -> Iterator[ImageReference]:
        """Yield the images that an element embeds, its own styles aside."""
        tag = self.outline.tags[place]
        name = tag.name
        if reader := _READERS.get(name):
            yield from reader(self, place, tag)
        if tag.attrs and name not in _NOT_LAZY:
            yield from _lazy(tag)

    def _img(self, place: int, tag: Tag) -> Iterator[ImageReference]:
        yield from _of_img(tag, in_noscript=self.outline.noscripts[place] != NONE)

    def _source(self, place: int, tag: Tag) -> Iterator[ImageReference]:
        above = self.outline.parents[place]
        while above != NONE and self.outline.tags[above].name == "source":  # <source> of old parsers nests
            above = self.outline.parents[above]
        if above == NONE or self.outline.tags[above].name != "picture":
            return
        if _UNSEEN_TYPES.match(attribute(tag, "type") or ""):
            return
        for name in ("srcset", "data-srcset", "data-lazy-srcset", "src", "data-src"):
            if reference := best_candidate(attribute(tag, name)):
                yield ImageReference(FoundBy.PICTURE, reference)
                return

    def _svg(self, place: int, tag: Tag) -> Iterator[ImageReference]:
        outline = self.outline
        if outline.svgs[place] != place or outline.ends[place] == place + 1 or _is_symbol_store(tag):
            return
        if reference := self.svgs.external_use(place):
            file, fragment = urldefrag(reference)
            yield ImageReference(FoundBy.SVG_USE, file, fragment=fragment or None)
        elif content := self.svgs.write(place):
            yield ImageReference(FoundBy.SVG_USE if self.svgs.is_use(place) else FoundBy.INLINE_SVG, "", content)

    def _svg_image(self, place: int, tag: Tag) -> Iterator[ImageReference]:
        reference = attribute(tag, "href") or attribute(tag, "xlink:href") or attribute(tag, "src")
        if reference:
            yield ImageReference(FoundBy.SVG_IMAGE if self.outline.svgs[place] != NONE else FoundBy.IMG, reference)

    def _noscript(self, place: int, _: Tag) -> Iterator[ImageReference]:
        for text in self._noscripts.get(place, ()):
            if self._noscripts_left <= 0:
                return
            self._noscripts_left -= 1
            for image in BeautifulSoup(text, "lxml").find_all("img"):
                for inner in _of_img(image, in_noscript=True):
                    yield ImageReference(FoundBy.NOSCRIPT, inner.reference, tag=image)

    def _file(self, _: int, tag: Tag) -> Iterator[ImageReference]:
        is_object = tag.name == "object"
        reference = attribute(tag, "data" if is_object else "src")
        is_image = (attribute(tag, "type") or "").lower().startswith("image/")
        if reference and (is_image or IMAGE_PATH.search(reference) or reference.lower().startswith("data:image/")):
            yield ImageReference(FoundBy.OBJECT if is_object else FoundBy.EMBED, reference)

    def _input(self, _: int, tag: Tag) -> Iterator[ImageReference]:
        if (attribute(tag, "type") or "").lower() == "image" and (reference := attribute(tag, "src")):
            yield ImageReference(FoundBy.INPUT_IMAGE, reference)

    def _video(self, _: int, tag: Tag) -> Iterator[ImageReference]:
        if reference := attribute(tag, "poster"):
            yield ImageReference(FoundBy.VIDEO_POSTER, reference)

    def _background(self, _: int, tag: Tag) -> Iterator[ImageReference]:
        if reference := attribute(tag, "background"):
            yield ImageReference(FoundBy.INLINE_STYLE, reference)

    def _link(self, place: int, tag: Tag) -> Iterator[ImageReference]:
        # a gallery's link in words: the picture opens when it is clicked
        reference = attribute(tag, "href")
        if reference and IMAGE_PATH.search(reference) and self.outline.inside(place, "img", "svg", "picture") == NONE:
            yield ImageReference(FoundBy.LINK, reference)


_READERS: dict[str, Callable[[Embedded, int, Tag], Iterator[ImageReference]]] = {
    "img": Embedded._img,
    "amp-img": Embedded._img,
    "amp-anim": Embedded._img,
    "source": Embedded._source,
    "svg": Embedded._svg,
    "image": Embedded._svg_image,
    "feimage": Embedded._svg_image,
    "noscript": Embedded._noscript,
    "object": Embedded._file,
    "embed": Embedded._file,
    "input": Embedded._input,
    "video": Embedded._video,
    "a": Embedded._link,
    **dict.fromkeys(("table", "td", "th", "tr", "body"), Embedded._background),
}
_NOT_LAZY = frozenset({"img", "source", "amp-img", "amp-anim", "script", "link", "meta", "iframe", "html"})


def _is_symbol_store(svg: Tag) -> bool:
    children = [child for child in svg.children if isinstance(child, Tag)]
    return all(child.name in ("symbol", "defs", "style", "title", "metadata") for child in children)


def _of_img(tag: Tag, *, in_noscript: bool) -> Iterator[ImageReference]:
    seen = set()
    if reference := attribute(tag, "src"):
        seen.add(reference)
        yield ImageReference(FoundBy.NOSCRIPT if in_noscript else FoundBy.IMG, reference)
    reference = best_candidate(attribute(tag, "srcset"))
    if reference and reference not in seen:
        seen.add(reference)
        yield ImageReference(FoundBy.NOSCRIPT if in_noscript else FoundBy.SRCSET, reference)
    for lazy in _lazy(tag):
        if lazy.reference not in seen:
            seen.add(lazy.reference)
            yield lazy


def _lazy(tag: Tag) -> Iterator[ImageReference]:
    yielded = 0
    is_img = tag.name in ("img", "amp-img", "amp-anim")
    for name in tag.attrs:
        if not name.startswith("data-") and name not in _LAZY_ATTRIBUTES:
            continue
        value = attribute(tag, name)
        if not value or len(value) > MAX_ADDRESS_CHARS or value[0] in "{[<":
            continue
        if "srcset" in name or name == "data-bgset":
            value = best_candidate(value)
        elif value.startswith("url("):
            value = next((image.reference for image in read_declarations(f"background:{value}").images), None)
        is_named = name in _LOADERS and is_img
        if value and (is_named or (IMAGE_PATH.search(value) and (is_img or _LAZY_NAME.search(name)))):
            yield ImageReference(FoundBy.LAZY, value)
            yielded += 1
            if yielded == MAX_LAZY:
                return
