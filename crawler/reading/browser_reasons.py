"""Which pages need a browser, and why.

Reads: a page that was read. Writes: nothing; the reason is kept with what comes of it.

A page is drawn for one of these reasons, never on a hunch: a render costs as much as a hundred pages.
1. The page is an empty shell that scripts are to fill.
2. Its main part is empty beside menu or footer, and there are scripts.
3. Three of its images or backgrounds are placeholders, and no attribute has the address of the real ones; however many others show.
4. Places for logos are empty: three beside each other, or a carousel that a script fills.
4. It is a page about partners, clients, … by its address and title, scripts speak of them, and there is next to nothing in it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace

from bs4 import Tag

from crawler.images.attribute_values import images_in_value, in_style
from crawler.images.image_addresses import best_candidate, is_small_copy, original_address
from crawler.images.small_pictures import is_small_picture
from crawler.page.page import attribute, squeeze
from crawler.reading.empty_places import find_empty_places
from crawler.reading.page_health import EMPTY_MAIN
from crawler.reading.page_reader import ReadPage
from ledger.vocabulary import PageHealth, PageKind

CLAIMING = frozenset(
    {
        PageKind.PARTNERS,
        PageKind.CLIENTS,
        PageKind.RESELLERS,
        PageKind.TECHNOLOGY,
        PageKind.CERTIFICATIONS,
        PageKind.MEMBERS,
        PageKind.SPONSORS,
        PageKind.SUPPLIERS,
    }
)
# One or two placeholders are a chat button or a counter; a row of logos has more.
MIN_PLACEHOLDERS = 3
# Of words outside menus and footers: a heading and a sentence of welcome; partner pages of the corpus with logos alone have 40-300.
THIN_CHARS = 400
THIN_IMAGES = 2
MAX_SCRIPT_CHARS = 400_000
_PARTNER_WORD = re.compile(
    r"partner|alliance|client|customer|reseller|sponsor|logos?\b|kunde|合作|パートナー|파트너|партн", re.I
)
# the whole name says it; spacer.gif and pixel.gif hold tables of 1999 together, and wait for nothing
_BLANK = re.compile(
    r"(^|/)(blank|placeholder|lazy|lazyload|loading|loader|gr[ae]y)([-_.][\w.-]{0,20})?\.(gif|png|svg|jpe?g|webp)([?#]|$)",
    re.I,
)
SHORT_DATA_CHARS = 400  # a data: URI of a placeholder; an icon has more
BLURRED_DATA_CHARS = 4_000  # of a blurred copy: JPEG of 20x10 px has 700


def reason_to_render(read: ReadPage) -> str | None:
    """Return why a page has to be drawn by a browser, or None when what was received says all."""
    if read.page.health is PageHealth.EMPTY_SHELL:
        return f"empty shell: {read.page.health_reason}"
    if not read.is_healthy:
        return None
    if (read.page.health_reason or "").startswith(EMPTY_MAIN) and read.document.soup.find("script") is not None:
        return f"{read.page.health_reason}, and scripts that may fill it"
    placeholders = count_placeholders(read)
    if placeholders >= MIN_PLACEHOLDERS:
        return f"{placeholders} images are placeholders with nothing behind them"
    if reason := find_empty_places(read.document, read.image_places, is_claiming=read.page.kind in CLAIMING):
        return reason
    if read.page.kind in CLAIMING and _is_thin(read) and (word := _word_in_script(read)):
        return f"a page about {read.page.kind} without content, and “{word}” in a script"
    return None


def needs_browser(read: ReadPage, reason: str, why_not: str) -> ReadPage:
    """Return the page as one that could not be looked at as it is. why_not: why it was not drawn.

    A page that has words of its own stays healthy, with the note: they were read, its images were not.
    """
    note = f"needs a browser ({reason}): {why_not}"
    keeps_health = read.is_healthy and not _is_thin(read)
    health = PageHealth.OK if keeps_health else PageHealth.EMPTY_SHELL
    return replace(read, page=replace(read.page, health=health, health_reason=note))


def count_placeholders(read: ReadPage) -> int:
    """Return how many images and backgrounds of a page, outside <noscript>, show nothing and say nowhere what they would show."""
    count = 0
    for tag in read.document.outline.tags:
        if tag.name == "img":
            if _is_placeholder(tag) and tag.find_parent("noscript") is None:
                beside = tag.find_next_sibling()
                count += not (isinstance(beside, Tag) and beside.name == "noscript")
        elif "style" in tag.attrs:
            count += _is_background_placeholder(tag)
    return count


def _is_placeholder(image: Tag) -> bool:
    source = attribute(image, "src") or ""
    if attribute(image, "aria-hidden") == "true":  # frameworks keep room with an empty drawing
        return False
    if source and not _shows_nothing(source):
        return False
    if best_candidate(attribute(image, "srcset")) or image.find_parent("picture") is not None:
        return False
    return not _is_explained(image, is_image=True)


def _is_background_placeholder(tag: Tag) -> bool:
    shown = list(in_style(attribute(tag, "style") or ""))
    return bool(shown) and all(map(_shows_nothing, shown)) and not _is_explained(tag, is_image=False)


def _shows_nothing(source: str) -> bool:
    if source.startswith("data:"):
        return len(source) < SHORT_DATA_CHARS or (len(source) < BLURRED_DATA_CHARS and _is_small_data(source))
    return bool(_BLANK.search(source)) or (is_small_copy(source) and original_address(source) is None)


def _is_small_data(source: str) -> bool:
    """Tell whether a data: URI is a picture of a few pixels, blurred until the real one comes."""
    kind, _, data = source.partition(",")
    if ";base64" not in kind or "svg" in kind:
        return False
    try:
        return is_small_picture(base64.b64decode(data, validate=False))
    except ValueError:
        return False


def _is_explained(tag: Tag, *, is_image: bool) -> bool:
    """Tell whether an attribute has what the element is to show."""
    values = (
        (name, attribute(tag, name)) for name in tag.attrs if name not in ("src", "srcset", "alt", "title", "style")
    )
    return any(value and any(True for _ in images_in_value(name, value, is_image=is_image)) for name, value in values)


def _is_thin(read: ReadPage) -> bool:
    words = sum(len(p.text) for p in read.passages if p.zone in ("main", "aside"))
    images = sum(s.zone in ("main", "aside") for s in read.sightings)
    return words < THIN_CHARS and images < THIN_IMAGES


def _word_in_script(read: ReadPage) -> str | None:
    left = MAX_SCRIPT_CHARS
    for script in read.document.soup.find_all("script"):
        if left <= 0:
            return None
        text = (attribute(script, "src") or "") + " " + squeeze(script.get_text())[:left]
        left -= len(text)
        if match := _PARTNER_WORD.search(text):
            return match[0].lower()
    return None
