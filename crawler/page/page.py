"""A page's bytes → a document one can ask: decoded text, parsed tree, base URL, language."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning

from crawler.page.charsets import decode_page
from crawler.page.headings import Headings
from crawler.page.languages import choose_language
from crawler.page.outline import Outline
from crawler.page.written_markup import lay_in_written_markup

MAX_PAGE_BYTES = 5_000_000  # the largest page of the corpus has 1.1 MB


@dataclass(frozen=True)
class Document:
    """One HTML page as it was received, or as a browser drew it."""

    url: str
    text: str
    box_attribute: str | None = None  # of a page that a browser drew: where its elements carry their box

    @cached_property
    def soup(self) -> BeautifulSoup:
        soup = parse_html(self.text)
        lay_in_written_markup(soup, is_drawn=self.box_attribute is not None)
        return soup

    @cached_property
    def base_url(self) -> str:
        hrefs = (attribute(tag, "href") for tag in self.outline.tags if tag.name == "base" and "href" in tag.attrs)
        href = next(hrefs, None)
        return self.absolute(href, base=self.url) or self.url if href else self.url

    @cached_property
    def title(self) -> str | None:
        title = self.soup.find("title")
        return squeeze(title.get_text())[:300] or None if isinstance(title, Tag) else None

    @cached_property
    def visible_text(self) -> str:
        """The words of the body, without scripts and styles; at most 200,000 characters."""
        outline = self.outline
        seen = [tag.name not in UNSEEN for tag in outline.tags]
        words = [word for word, owner in zip(outline.words, outline.word_owners, strict=True) if seen[owner]]
        return " ".join(words)[:200_000]

    @cached_property
    def outline(self) -> Outline:
        return Outline(self.soup)

    @cached_property
    def headings(self) -> Headings:
        return Headings(self.outline)

    @cached_property
    def language(self) -> str | None:
        """BCP 47 primary tag, see crawler/page/languages.py."""
        declared = None
        root = self.soup.find("html")
        if isinstance(root, Tag):
            declared = attribute(root, "lang") or attribute(root, "xml:lang")
        return choose_language(declared, self.visible_text)

    def absolute(self, reference: str | None, *, base: str | None = None) -> str | None:
        """Return a reference as an absolute http(s) URL without fragment, or None when it leads nowhere we go."""
        if not reference:
            return None
        reference = _UNSEEN_SIGNS.sub("", reference.strip())
        if "\\" in reference:  # browsers read it as / up to the query
            path, *rest = re.split(r"(?=[?#])", reference, maxsplit=1)
            reference = path.replace("\\", "/") + "".join(rest)
        try:
            url: str = urljoin(base or self.base_url, reference)
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                return None
            _ = parts.port  # raises for a port that is no number
        except ValueError:
            return None
        return url.split("#", maxsplit=1)[0]


_UNSEEN_SIGNS = re.compile(r"[\t\r\n]")
UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "title"})


def parse_page(content: bytes, url: str, content_type: str | None) -> Document:
    """Decode and hold a page. Never fails: bytes that no declared charset explains are read with replacements."""
    return Document(url=url, text=decode_page(content[:MAX_PAGE_BYTES], content_type, url))


def parse_html(text: str) -> BeautifulSoup:
    """Return the tree of a page as its markup has it, without what its scripts write."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML served as such is read as HTML on purpose
        return BeautifulSoup(text, "lxml")


def attribute(tag: Tag | None, name: str) -> str | None:
    """Return an attribute as text, or None when it is missing or empty."""
    value = tag.get(name) if tag is not None else None
    if isinstance(value, list):
        value = " ".join(value)
    return value.strip() or None if value else None


def squeeze(text: str) -> str:
    """Return text with every run of white space as one space."""
    return " ".join(text.split())
