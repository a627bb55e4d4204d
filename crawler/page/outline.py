"""A parsed page as flat lists, made in one pass, so that no later question walks a subtree or climbs to the root again.

Reads: the tree. Gives: every element in reading order with its place (parent, end, depth), what it stands in (link,
figure, drawing, block), and the words of the page with the element that each belongs to.

Pages are hostile: 50,000 elements in each other or 100,000 beside each other must cost what 100,000 elements cost.
"""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, TemplateString

NONE = -1
# the words in these are none that a visitor reads
UNREAD = frozenset({"script", "style", "template", "head", "title", "svg", "select", "textarea"})
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "noscript",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)


class Outline:
    """One page. All lists but the `word_…` ones have one entry for each element, in reading order."""

    __slots__ = (
        "blocks",
        "by_id",
        "depths",
        "ends",
        "figures",
        "first_words",
        "index",
        "is_unread",
        "last_words",
        "links",
        "noscripts",
        "parents",
        "raw_words",
        "svgs",
        "tags",
        "word_owners",
        "word_places",
        "words",
    )

    def __init__(self, soup: BeautifulSoup) -> None:
        self.tags: list[Tag] = []
        self.parents: list[int] = []  # NONE for the outermost
        self.ends: list[int] = []  # index after the last element inside
        self.depths: list[int] = []
        self.links: list[int] = []  # the <a> that it stands in or is, or NONE; so for figure, svg and noscript
        self.figures: list[int] = []
        self.svgs: list[int] = []
        self.noscripts: list[int] = []
        self.blocks: list[int] = []  # the block whose words its own words are
        self.is_unread: list[bool] = []
        self.first_words: list[int] = []  # words[first_words[i]:last_words[i]] stand in element i
        self.last_words: list[int] = []
        self.words: list[str] = []  # without white space at the ends and runs of it; never empty
        self.raw_words: list[str] = []
        self.word_owners: list[int] = []
        self.word_places: list[int] = []  # the element that began last before the word
        self.by_id: dict[str, int] = {}
        self.index: dict[int, int] = {id(soup): NONE}  # by id() of elements, which the tree keeps alive
        self._fill(soup)

    def _fill(self, soup: BeautifulSoup) -> None:
        tags, parents, ends, depths, index = self.tags, self.parents, self.ends, self.depths, self.index
        links, figures, svgs, noscripts = self.links, self.figures, self.svgs, self.noscripts
        blocks, is_unread, words = self.blocks, self.is_unread, self.words
        open_tags: list[int] = []
        shadow = NONE  # the shadow root whose words are being read
        step: PageElement | None = soup.contents[0] if soup.contents else None
        while step is not None:
            kind = type(step)
            if kind is NavigableString or kind is TemplateString:
                text = " ".join(step.split())  # type: ignore[attr-defined]  # both are str
                owner = index[id(step.parent)]
                if text and owner != NONE and (kind is NavigableString or NONE < shadow <= owner):
                    while open_tags[-1] != owner:  # what ended before the word does not hold it
                        self._close(open_tags.pop(), len(tags))
                    words.append(text)
                    self.raw_words.append(step)  # type: ignore[arg-type]
                    self.word_owners.append(owner)
                    self.word_places.append(len(tags) - 1)
            elif isinstance(step, Tag):
                here, parent = len(tags), index[id(step.parent)]
                while open_tags and open_tags[-1] != parent:
                    self._close(open_tags.pop(), here)
                if shadow != NONE and (not open_tags or open_tags[-1] < shadow):
                    shadow = NONE
                open_tags.append(here)
                index[id(step)] = here
                tags.append(step)
                parents.append(parent)
                ends.append(here + 1)
                self.first_words.append(len(words))
                self.last_words.append(len(words))
                name = step.name
                if name == "template" and (step.get("shadowrootmode") or step.get("shadowroot")):
                    shadow = here if shadow == NONE else shadow
                    unread = False
                else:
                    unread = name in UNREAD
                if parent == NONE:
                    depths.append(0)
                    links.append(here if name == "a" else NONE)
                    figures.append(here if name == "figure" else NONE)
                    svgs.append(here if name == "svg" else NONE)
                    noscripts.append(here if name == "noscript" else NONE)
                    blocks.append(here)
                    is_unread.append(unread)
                else:
                    depths.append(depths[parent] + 1)
                    links.append(here if name == "a" else links[parent])
                    figures.append(here if name == "figure" else figures[parent])
                    # the outermost: a drawing in a drawing is part of it
                    svgs.append(here if name == "svg" and svgs[parent] == NONE else svgs[parent])
                    noscripts.append(here if name == "noscript" else noscripts[parent])
                    blocks.append(here if name in BLOCKS else blocks[parent])
                    is_unread.append(unread or is_unread[parent])
                if (name_of := step.get("id")) and isinstance(name_of, str):
                    self.by_id.setdefault(name_of, here)
            step = step.next_element
        while open_tags:
            self._close(open_tags.pop(), len(tags))

    def _close(self, tag: int, end: int) -> None:
        self.ends[tag] = end
        self.last_words[tag] = len(self.words)

    def text(self, tag: int, limit: int) -> str:
        """Return the first `limit` characters of the words in an element."""
        first, last = self.first_words[tag], self.last_words[tag]
        # a word has a character and a space at least
        return " ".join([word[:limit] for word in self.words[first : min(last, first + limit // 2 + 1)]])[:limit]

    def inside(self, tag: int, *names: str, limit: int = 2_000) -> int:
        """Return the first element with one of the names among the first `limit` inside an element, or NONE."""
        for place in range(tag + 1, min(self.ends[tag], tag + 1 + limit)):
            if self.tags[place].name in names:
                return place
        return NONE

    def holds(self, outer: int, inner: int) -> bool:
        """Tell whether an element stands in another one; each stands in itself."""
        return outer <= inner < self.ends[outer]
