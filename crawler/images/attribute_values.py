"""The value of an attribute → the images that it names, whatever the attribute is called.

Every loader, slider and page builder has names of its own for where it keeps a picture; what the value looks like is the
same everywhere:

1. an address of an image: by its ending, or by the attribute's name where a loader keeps addresses without one;
2. a style, or a part of one: `url(…)`;
3. JSON, or what scripts write instead of it: the addresses, styles and markup among its texts;
4. markup: it is handed back, to be read as the page itself is.

Reads: one attribute. Gives: addresses as written, and markup.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from crawler.images.image_addresses import IMAGE_PATH, MAX_ADDRESS_CHARS, best_candidate

MAX_VALUE_CHARS = 200_000
MAX_NODES = 3_000  # of the JSON in one value
MAX_DEPTH = 3  # markup in JSON in JSON
MAX_IMAGES = 60  # of one value: a slider's logos
_URL = re.compile(r"url\(\s*(?:\"([^\"]{1,4000})\"|'([^']{1,4000})'|([^\s\"'()]{1,4000}))\s*\)", re.I)
_MARKUP = re.compile(
    r"<(?:img|picture|source|svg|image|amp-img|object|input|video|embed|a|div|span|li|figure|p|section)[\s/>]", re.I
)
_ENDING = re.compile(r"\.(?:png|jpe?g|jfif|gif|webp|svgz?|avif|bmp|ico|tiff?)\b", re.I)
_CANDIDATES = re.compile(r"\S+\s+\d[\d.]{0,8}[wx]\s*(?:,|$)")
_BETWEEN = re.compile(r"\s*[,|;]\s*|\s+")
_LISTED = re.compile(r"[\"'(\[,=:\s]((?:https?:)?[^\s\"'()\[\]{}<>,;|]{1,2000})")
_ADDRESS = re.compile(r"(?:https?:)?//[^/\s]|\.{0,2}/[^/\s]", re.I)
# names that promise a picture: of it an address without an image's ending, and one without any folder, is believed
SAYS_PICTURE = re.compile(
    r"(?:^|[^a-z])(?:bg|back|background|imgs?|images?|pictures?|pics?|photos?|posters?|thumb(?:nail)?s?|logos?|cover|banner)"
    r"(?:[-_.:]?(?:src|source|url|uri|path|hidden|image|img|lazy|desktop|tablet|mobile|phone|large|full|original|default|retina|2x))*$",
    re.I,
)
SAYS_SOURCE = re.compile(
    r"(?:^|[^a-z]|lazy|fp|real|orig)(?:src|source|original|lazy|lazyload|lazysrc|echo|img|image|uri)(?:[-_](?:url|path|retina|2x|hidden|default|desktop|mobile))*$",
    re.I,
)
# names of words about a picture, not of where it lies; and those whose addresses are pages
_SAYS_LABEL = re.compile(
    r"(?:^|[-_.]|(?<=[a-z])(?=[A-Z]))(?:alt|title|caption|(?:file)?name|desc\w*|label|text|slug|events?|track\w*|analytics|ga|gtm|id|class|type|mime\w*|meta)$",
    re.I,
)
_SAYS_LINK = re.compile(r"(?:link|href|page|permalink|target|share\w*|action|endpoint|ajax|api)$", re.I)
_SAYS_PICTURES = re.compile(r"image|img|picture|photo|poster|thumb|logo|gallery|slide|carousel|background|media", re.I)
_KEY_OF_SOURCE = re.compile(
    r"(?:src|source|url|uri|image|img|picture|photo|background|thumb\w*|poster|logo|original|path|file)s?$", re.I
)


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that stands in an attribute."""

    text: str


def images_in_value(name: str, value: str, *, is_image: bool, depth: int = 0) -> Iterator[str | Markup]:
    """Yield the addresses of images, and the markup, that an attribute's value holds; at most MAX_IMAGES.

    is_image: the element shows one image and nothing else, so that an address in it is the image's.
    """
    if len(value) > MAX_VALUE_CHARS or _SAYS_LABEL.search(name):
        return
    yield from islice(dict.fromkeys(_read(name, value.strip(), is_image=is_image, depth=depth)), MAX_IMAGES)


def _read(name: str, value: str, *, is_image: bool, depth: int) -> Iterator[str | Markup]:
    if value[:3].lower() in ("%7b", "%5b", "%3c"):  # JSON and markup as a part of an address
        value = unquote(value)
    if value[:4] in ("&lt;", "&#60") or value[:7] in ("{&quot;", "[&quot;"):  # escaped twice
        value = html.unescape(value)
    if value[:1] in ("{", "["):
        yield from _in_json(name, value, is_image=is_image, depth=depth)
    elif "<" in value and _MARKUP.search(value):
        if depth < MAX_DEPTH:
            yield Markup(value)
    elif "url(" in value.lower():
        yield from in_style(value)
    elif "srcset" in name or name == "data-bgset" or _CANDIDATES.match(value):
        if candidate := best_candidate(value):
            yield candidate
    elif len(parts := _BETWEEN.split(value)) > 1 and all(map(IMAGE_PATH.search, parts)):
        yield from parts
    elif is_address(name, value, is_image=is_image):
        yield value
    elif _ENDING.search(value) and any(sign in value for sign in "'\";:"):
        yield from _listed(value)  # `'/logo.png'` of a framework's binding, `src: /logo.png; width: 80` of options


def in_style(text: str) -> Iterator[str]:
    """Yield the images of a style: what `url(…)` names, with or without an image's ending."""
    for match in _URL.finditer(text):
        reference = next(filter(None, match.groups()))
        if not reference.startswith("#"):
            yield reference


def is_address(name: str, value: str, *, is_image: bool) -> bool:
    """Tell whether a value is the address of an image. name: of the attribute, or the key in JSON."""
    if not value or len(value) > MAX_ADDRESS_CHARS or any(sign in value for sign in '<>{}"\n'):
        return False
    if " " in value and not (IMAGE_PATH.search(value) and _ADDRESS.match(value)):
        return False
    if value[:11].lower() == "data:image/":
        return True
    if IMAGE_PATH.search(value):
        return is_image or "/" in value or bool(SAYS_PICTURE.search(name) or SAYS_SOURCE.search(name))
    if not _ADDRESS.match(value) or _SAYS_LINK.search(name):
        return False
    return bool(SAYS_PICTURE.search(name) or (is_image and SAYS_SOURCE.search(name)))


def _in_json(name: str, value: str, *, is_image: bool, depth: int) -> Iterator[str | Markup]:
    try:
        data = json.loads(value)
    except (ValueError, RecursionError):
        yield from _listed(value)
        return
    promises = bool(SAYS_PICTURE.search(name) or SAYS_SOURCE.search(name)) or is_image
    pending: list[tuple[object, str, bool]] = [(data, "", promises)]
    for _ in range(MAX_NODES):
        if not pending:
            return
        node, key, is_pictures = pending.pop()
        if isinstance(node, dict):
            pending += [
                (child, str(inner)[:80], is_pictures or bool(_SAYS_PICTURES.search(key)))
                for inner, child in reversed(node.items())
            ]
        elif isinstance(node, list):
            pending += [(child, key, is_pictures) for child in reversed(node)]
        elif isinstance(node, str) and node.strip():
            yield from _in_text(key, node.strip(), is_pictures=is_pictures, depth=depth)


def _in_text(key: str, text: str, *, is_pictures: bool, depth: int) -> Iterator[str | Markup]:
    """Yield what one text of JSON holds. is_pictures: what it stands in is called pictures, a background or the like."""
    if text[:1] in ("{", "[") or "<" in text or "url(" in text.lower():
        if depth < MAX_DEPTH:
            yield from images_in_value(key or "data", text, is_image=False, depth=depth + 1)
    elif not _SAYS_LABEL.search(key):
        is_source = is_pictures and (not key or bool(_KEY_OF_SOURCE.search(key)))
        if is_address("image" if is_source else key, text, is_image=False):
            yield text


def _listed(value: str) -> Iterator[str]:
    """Yield the addresses of images in what is like JSON, or a list of options."""
    for match in _LISTED.finditer(f" {value.replace(chr(92) + '/', '/')}"):
        if IMAGE_PATH.search(match[1]):
            yield match[1]
    if "url(" in value.lower():
        yield from in_style(value)
