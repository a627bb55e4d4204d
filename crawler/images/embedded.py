"""Element → the images that it embeds, by every technique, each named in found_by.

Reads: one element of an outline. Style sheets are read in stylesheets.py, scripts in script_state.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote, urldefrag

from bs4 import BeautifulSoup, Tag

from crawler.images.attribute_values import SAYS_PICTURE, Markup, images_in_value, in_style
from crawler.images.image_addresses import IMAGE_PATH, MAX_ADDRESS_CHARS, best_candidate
from crawler.images.inline_svg import SvgWriter
from crawler.images.sprite_files import cut_symbol
from crawler.page.outline import NONE, Outline
from crawler.page.page import attribute
from ledger.vocabulary import FoundBy

MAX_FRAGMENTS = 300  # pieces of markup of a page, in <noscript> and in attributes, that are parsed anew
MAX_FRAGMENT_DEPTH = 2  # markup in an attribute of markup in an attribute
MIN_VALUE_CHARS = 4
MAX_VALUED = 80  # images of one element that its attributes name
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
# attributes whose meaning the standards fix, and that hold no image or are read in ways of their own
_STANDARD_NAMES = """
accept accept-charset action allow alt async autocomplete background charset checked cite class color cols
content coords crossorigin data datetime defer dir disabled download draggable enctype face fetchpriority for
form formaction frameborder headers height hidden href hreflang http-equiv id imagesizes imagesrcset integrity
itemid itemprop itemref itemscope itemtype kind label lang list loading longdesc loop max maxlength media method
min minlength multiple muted name nonce novalidate pattern ping placeholder poster preload profile property
readonly referrerpolicy rel required rev role rows rowspan sandbox scope selected shape size sizes slot span
spellcheck src srcdoc srclang srcset start step style summary tabindex target title translate type usemap value
width wrap xlink:href xmlns
"""
_STANDARD = frozenset(_STANDARD_NAMES.split())
_SOURCES_OF_OWN_ELEMENTS = frozenset(
    {"src", "poster", "background", "data"}
)  # of <x-img src=…>, which no standard knows
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
    is_one_of_many: bool = False  # the element shows several images, one after or beside the other


class Embedded:
    """Finds the images of one page, element by element."""

    def __init__(self, outline: Outline, *, sprites: Mapping[str, str] | None = None, depth: int = 0) -> None:
        """sprites: the text of the drawing files that `<use>` points into, by reference as written."""
        self.outline = outline
        self.sprites = sprites or {}
        self._depth = depth
        self.svgs = SvgWriter(outline)
        self._noscripts: dict[int, list[str]] = {}
        for word, raw, owner in zip(outline.words, outline.raw_words, outline.word_owners, strict=True):
            # lxml keeps what stands in <head><noscript> as text; lazy loaders put whole images there
            if outline.tags[owner].name == "noscript" and "<" in word and "<img" in word.lower():
                self._noscripts.setdefault(owner, []).append(str(raw))
        self._fragments_left = MAX_FRAGMENTS

    def images_of(self, place: int) -> Iterator[ImageReference]:
        """Yield the images that an element embeds, its own styles aside."""
        tag = self.outline.tags[place]
        name = tag.name
        if reader := _READERS.get(name):
            yield from reader(self, place, tag)
        if tag.attrs and name not in _NOT_VALUED and self.outline.svgs[place] in (NONE, place):
            yield from self._valued(tag)

    def _img(self, place: int, tag: Tag) -> Iterator[ImageReference]:
        seen = set()
        for image in _of_img(tag, in_noscript=self.outline.noscripts[place] != NONE):
            seen.add(image.reference)
            yield image
        yield from (image for image in self._valued(tag) if image.content or image.reference not in seen)

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
            sprite = self.sprites.get(file)
            cut = cut_symbol(sprite, unquote(fragment), attribute(tag, "viewbox")) if sprite and fragment else None
            if cut is not None and len(cut) <= self.svgs.chars_left:
                self.svgs.chars_left -= len(cut)
                yield ImageReference(FoundBy.SVG_USE, "", cut, fragment=fragment)
            else:
                yield ImageReference(FoundBy.SVG_USE, file, fragment=fragment or None)
        elif content := self.svgs.write(place):
            yield ImageReference(FoundBy.SVG_USE if self.svgs.is_use(place) else FoundBy.INLINE_SVG, "", content)

    def _svg_image(self, place: int, tag: Tag) -> Iterator[ImageReference]:
        reference = attribute(tag, "href") or attribute(tag, "xlink:href") or attribute(tag, "src")
        if reference:
            yield ImageReference(FoundBy.SVG_IMAGE if self.outline.svgs[place] != NONE else FoundBy.IMG, reference)

    def _noscript(self, place: int, _: Tag) -> Iterator[ImageReference]:
        for text in self._noscripts.get(place, ()):
            if self._fragments_left <= 0:
                return
            self._fragments_left -= 1
            for image in BeautifulSoup(text, "lxml").find_all("img"):
                for inner in _of_img(image, in_noscript=True):
                    yield ImageReference(FoundBy.NOSCRIPT, inner.reference, tag=image)

    def _valued(self, tag: Tag) -> Iterator[ImageReference]:
        """The images that attributes of no fixed meaning name: what loaders, sliders and page builders read."""
        is_own = "-" in tag.name and tag.name not in _IMG
        is_image = tag.name in _IMG or (is_own and SAYS_PICTURE.search(tag.name) is not None)
        seen: dict[str, None] = {}
        for name in tag.attrs:
            if (name in _STANDARD and not (is_own and name in _SOURCES_OF_OWN_ELEMENTS)) or name[:5] == "aria-":
                continue
            value = attribute(tag, name)
            if not value or len(value) < MIN_VALUE_CHARS:
                continue
            if name in _LOADERS and tag.name in _IMG and value[0] not in "{[<" and "url(" not in value:
                held: list[str | Markup] = [value] if len(value) <= MAX_ADDRESS_CHARS else []
            else:
                held = list(images_in_value(name, value, is_image=is_image))
            for reference in held:
                if isinstance(reference, Markup):
                    yield from self._in_markup(reference.text)
                elif reference not in seen and len(seen) < MAX_VALUED:
                    seen[reference] = None
                    yield ImageReference(FoundBy.LAZY, reference, is_one_of_many=len(held) > 1 and not is_image)

    def _in_markup(self, text: str) -> Iterator[ImageReference]:
        """The images of markup that stands in an attribute, found as in a page."""
        if self._fragments_left <= 0 or self._depth >= MAX_FRAGMENT_DEPTH:
            return
        self._fragments_left -= 1
        outline = Outline(BeautifulSoup(text, "lxml"))
        inner = Embedded(outline, sprites=self.sprites, depth=self._depth + 1)
        inner._fragments_left = self._fragments_left
        for place, tag in enumerate(outline.tags):
            styled = (ImageReference(FoundBy.LAZY, url) for url in in_style(attribute(tag, "style") or ""))
            for image in (*inner.images_of(place), *styled):
                yield replace(image, found_by=FoundBy.LAZY, tag=image.tag or tag, is_one_of_many=True)
        self._fragments_left = inner._fragments_left

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
_IMG = frozenset({"img", "amp-img", "amp-anim"})
_NOT_VALUED = _IMG | {"source", "script", "link", "meta", "iframe", "html", "base", "param", "option", "track", "use"}


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
