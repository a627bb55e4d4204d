"""Sightings → groups that show one logo: its grey and its colour file, a placeholder and the real image.

Reads: the sightings of one page, with the element that each was found at. Gives: for each a group or None, so that later
stages count one logo. Sightings are twins when

1. one element shows them (src, srcset and lazy attributes; a rule and its :hover rule), or one <picture>, or the image of
   a <noscript> has the address that a neighbour loads later, or
2. they stand next to each other in one link or slide, and their names differ only by words such as grey, hover, colour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.page.outline import NONE, Outline
from ledger.identity import content_id
from ledger.records import Sighting
from ledger.typed_texts import PageId
from ledger.vocabulary import FoundBy

MAX_TWINS = 6  # in one link or slide; more are a row of different logos
_VARIANT = re.compile(
    r"(?:^|[\s_.-])(?:grey|gray|gris|grau|greyscale|grayscale|bw|nb|sw|black|white|colou?r|colou?red|farbe|farbig|color[ei]|couleur"
    r"|mono|hover|h|on|off|over|active|inactive|normal|static|light|dark|inverse|inverted|alt|cor|c|g|w|b|1|2|2x)(?=$|[\s_.-])",
    re.I,
)
_STYLED = frozenset({FoundBy.CSS_BACKGROUND, FoundBy.INLINE_STYLE, FoundBy.CSS_CONTENT, FoundBy.CSS_MASK})
_SIZE = re.compile(r"-\d{2,4}x\d{2,4}$")


@dataclass(frozen=True, slots=True)
class Placed:
    """A sighting and where it was found."""

    sighting: Sighting
    place: int
    is_state: bool = False  # shown only under the pointer
    is_one_of_many: bool = False  # of the images that its element shows, one after or beside the other


def group_twins(outline: Outline, placed: Sequence[Placed], page_id: PageId) -> list[str | None]:
    """Return a group for each sighting, equal for twins; None for those that have none."""
    union = list(range(len(placed)))

    def root(member: int) -> int:
        while union[member] != member:
            union[member] = union[union[member]]
            member = union[member]
        return member

    holders: dict[tuple[str, int], list[int]] = {}
    for number, image in enumerate(placed):
        for holder in _holders(outline, image):
            holders.setdefault(holder, []).append(number)
    for holder, numbers in holders.items():
        is_same_element = holder[0] == "element"
        if not is_same_element and len(numbers) > MAX_TWINS:
            continue
        for number in numbers[1:]:
            first = next((n for n in numbers if n < number and _are_twins(placed[n], placed[number], holder)), None)
            if first is not None:
                union[root(number)] = root(first)
    sizes: dict[int, int] = {}
    for number in range(len(placed)):
        sizes[root(number)] = sizes.get(root(number), 0) + 1
    return [
        content_id("twins", page_id, placed[root(n)].sighting.sighting_id)[:16] if sizes[root(n)] > 1 else None
        for n in range(len(placed))
    ]


def _holders(outline: Outline, image: Placed) -> list[tuple[str, int]]:
    """What a twin would have in common with it: the element, the picture, the link or the slide around it."""
    place = image.place
    parent = outline.parents[place]
    if image.is_one_of_many:
        return [("slide", place)]
    holders: list[tuple[str, int]] = [("element", place)]
    if parent == NONE:
        return holders
    while parent != NONE and outline.tags[parent].name == "source":  # the parser nests what follows a <source> into it
        parent = outline.parents[parent]
    if parent != NONE and outline.tags[parent].name == "picture":
        holders.append(("element", parent))
        parent = outline.parents[parent]
    if outline.noscripts[place] != NONE:
        parent = outline.parents[outline.noscripts[place]]
        if parent != NONE and outline.tags[parent].name in ("amp-img", "amp-anim"):
            holders.append(("element", parent))  # what readers without scripts get of it
    link = outline.links[place]
    holders.append(("link", link) if link != NONE else ("slide", parent))
    return holders


def _are_twins(first: Placed, second: Placed, holder: tuple[str, int]) -> bool:
    a, b = first.sighting, second.sighting
    if holder[0] == "element":
        if not {a.found_by, b.found_by} <= _STYLED:
            return True  # an element shows one image at a time
        # backgrounds may lie over each other: then one is a pattern
        return first.is_state != second.is_state or _plain(_stem(a)) == _plain(_stem(b)) != ""
    if a.box != b.box:
        return False
    if a.image_url is not None and a.image_url == b.image_url:
        return FoundBy.NOSCRIPT in (a.found_by, b.found_by)
    if FoundBy.DATA_URI in (a.found_by, b.found_by) and FoundBy.NOSCRIPT in (a.found_by, b.found_by):
        return True  # a placeholder and what readers without scripts get
    left, right = _stem(a), _stem(b)
    if not left or not right:
        return False
    return left != right and bool(_plain(left)) and _plain(left) == _plain(right)


def _stem(sighting: Sighting) -> str:
    name = (sighting.original_url or sighting.image_url or "").partition("?")[0].rpartition("/")[2]
    return _SIZE.sub("", re.sub(r"\.\w{2,5}$", "", name.lower()[:200]))


def _plain(stem: str) -> str:
    while (shorter := _VARIANT.sub("", stem)) != stem:
        stem = shorter
    return re.sub(r"[\W_]+", "", stem)
