"""Places of a page that wait for logos: empty boxes and carousels that a script fills.

Reads: a document, and where it has images. Gives: what is empty, in words.

1. A box is empty that has no words, no image by any technique (styles included), and nothing that draws (video, canvas, frame).
2. Three empty boxes beside each other that are called logo, partner, client, … are places for logos.
3. One empty box is a carousel to be filled when it is called both, or stands on a page about partners and is called a carousel;
   or when a script of the page names it, and it is called logos, partners, ….
A page without scripts fills nothing: its empty boxes are decoration.
"""

from __future__ import annotations

import re

from bs4 import Tag

from crawler.page.outline import NONE, Outline
from crawler.page.page import Document, attribute
from ledger.lexicon import split_words

MIN_PLACES = 3  # one or two empty boxes hold a layout together
MAX_INSIDE = 6  # elements in an empty box: wrappers, a track, a spinner
ANCESTORS_READ = 3
MAX_SCRIPT_CHARS = 400_000
_BOXES = frozenset({"div", "ul", "ol", "li", "section", "article", "aside", "figure", "a", "span", "td", "p"})
_DRAWS = frozenset(
    {
        "img",
        "svg",
        "picture",
        "video",
        "iframe",
        "object",
        "embed",
        "canvas",
        "input",
        "select",
        "textarea",
        "noscript",
        "form",
    }
)
_SAYS_LOGO = re.compile(
    r"\b(?:logos?|partners?|clients?|customers?|brands?|sponsors?|resellers?|vendors?|suppliers?|alliances?|members?|kunden?|referen\w+"
    r"|partenaires?|clientes?|marcas?|parceiros?|socios?)\b",
    re.I,
)
_SAYS_CAROUSEL = re.compile(
    r"\b(?:carousel|slider|slideshow|slides?|swiper|slick|splide|flickity|owl|glide|marquee|ticker|wall|grid|gallery|list)\b",
    re.I,
)
_SAYS_OWN = re.compile(
    r"\b(?:site|header|footer|navbar|nav|brand link|custom logo|menu|separator|divider|overlay|spacer|arrow|arrows|dots?|indicators?|scroll|scrollbar|thumb|progress|controls?|prev|next|caption|pagination|btn|button|icon)\b",
    re.I,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def find_empty_places(document: Document, image_places: frozenset[int], *, is_claiming: bool) -> str | None:
    """Return which places for logos are empty, or None. image_places: elements that show an image; is_claiming: the page is
    about partners, clients, ….
    """
    outline = document.outline
    if not any(tag.name == "script" and not _is_data(tag) for tag in outline.tags):
        return None
    filled = _filled(outline, image_places)
    rows: dict[tuple[int, str, str], int] = {}
    script: str | None = None
    for place, tag in enumerate(outline.tags):
        if tag.name not in _BOXES or not _is_empty(outline, place, filled):
            continue
        names = _names(tag)
        says_logo, says_carousel = bool(_SAYS_LOGO.search(names)), bool(_SAYS_CAROUSEL.search(names))
        if not (says_logo or says_carousel) or _SAYS_OWN.search(names) or _is_hidden(tag):
            continue
        if _is_part_of_filled(outline, place, filled, image_places):
            continue
        if says_carousel and (says_logo or is_claiming) and tag.name not in ("a", "span", "li"):
            return f"an empty “{names[:60]}” that a script fills"
        if not says_logo:
            continue
        row = (outline.parents[place], tag.name, " ".join(names.split()[:3]))
        rows[row] = rows.get(row, 0) + 1
        if rows[row] >= MIN_PLACES:
            return f"{_count(outline, row, filled)} places for logos are empty (“{row[2][:60]}”)"
        if (name := attribute(tag, "id")) and tag.name != "a":
            script = _scripts(outline) if script is None else script
            if re.search(rf"[\"'#.]{re.escape(name[:80])}[\"'\s)]", script):
                return f"an empty “{names[:60]}” that a script fills"
    return None


def _is_part_of_filled(outline: Outline, place: int, filled: list[int], image_places: frozenset[int]) -> bool:
    """Tell an empty part of a slide that shows something: it has a background, or stands in a carousel with images."""
    for _ in range(ANCESTORS_READ):
        place = outline.parents[place]
        if place == NONE:
            return False
        if place in image_places:
            return True
        if filled[place] != filled[outline.ends[place]] and _SAYS_CAROUSEL.search(_names(outline.tags[place])):
            return True
    return False


def _count(outline: Outline, row: tuple[int, str, str], filled: list[int]) -> int:
    parent, name, words = row
    last = outline.ends[parent] if parent != NONE else len(outline.tags)
    return sum(
        outline.parents[place] == parent
        and outline.tags[place].name == name
        and " ".join(_names(outline.tags[place]).split()[:3]) == words
        and _is_empty(outline, place, filled)
        for place in range(parent + 1, last)
    )


def _filled(outline: Outline, image_places: frozenset[int]) -> list[int]:
    """How many elements up to each place show an image or draw something: equal at both ends of an empty box."""
    counts, count = [0], 0
    for place, tag in enumerate(outline.tags):
        count += place in image_places or tag.name in _DRAWS
        counts.append(count)
    return counts


def _is_empty(outline: Outline, place: int, filled: list[int]) -> bool:
    end = outline.ends[place]
    return (
        end - place - 1 <= MAX_INSIDE
        and outline.first_words[place] == outline.last_words[place]
        and filled[place] == filled[end]
        and not outline.is_unread[place]
        and outline.svgs[place] == NONE
        and outline.noscripts[place] == NONE
    )


def _names(tag: Tag) -> str:
    names = [value for name in ("class", "id") if name in tag.attrs and (value := attribute(tag, name))]
    return split_words(" ".join(names)[:300]).lower() if names else ""


def _is_hidden(tag: Tag) -> bool:
    return "hidden" in tag.attrs or bool(_HIDDEN.search(attribute(tag, "style") or ""))


def _is_data(script: Tag) -> bool:
    return "json" in (attribute(script, "type") or "").lower()


def _scripts(outline: Outline) -> str:
    texts = (tag.get_text() for tag in outline.tags if tag.name == "script" and not _is_data(tag))
    return "\n".join(texts)[:MAX_SCRIPT_CHARS]
