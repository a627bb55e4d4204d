"""A page's bytes → a document one can ask: decoded text, parsed tree, base URL, language."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.element import NavigableString
from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding, resolve_encoding

MAX_PAGE_BYTES = 5_000_000  # the largest page of the corpus has 1.1 MB
_SCRIPTS = (  # first match wins: kana before Han, since Japanese has both
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("fa", re.compile(r"[پچژگکی]")),  # letters that Arabic does not write; before Arabic, whose script it is
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("uk", re.compile(r"[іїєґ]", re.I)),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Document:
    """One HTML page as it was received, or as a browser drew it."""

    url: str
    text: str
    box_attribute: str | None = None  # of a page that a browser drew: where its elements carry their box

    @cached_property
    def soup(self) -> BeautifulSoup:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML served as such is read as HTML on purpose
            return BeautifulSoup(self.text, "lxml")

    @cached_property
    def base_url(self) -> str:
        base = self.soup.find("base", href=True)
        href = attribute(base, "href") if isinstance(base, Tag) else None
        return self.absolute(href, base=self.url) or self.url if href else self.url

    @cached_property
    def title(self) -> str | None:
        title = self.soup.find("title")
        return squeeze(title.get_text())[:300] or None if isinstance(title, Tag) else None

    @cached_property
    def visible_text(self) -> str:
        """The words of the body, without scripts and styles; at most 200,000 characters."""
        words = (
            step
            for step in self.soup.descendants
            if type(step) is NavigableString and step.parent is not None and step.parent.name not in UNSEEN
        )
        return squeeze(" ".join(words))[:200_000]

    @cached_property
    def language(self) -> str | None:
        """BCP 47 primary tag: what the script says if it says it clearly, else what the page declares."""
        declared = None
        root = self.soup.find("html")
        if isinstance(root, Tag):
            declared = attribute(root, "lang") or attribute(root, "xml:lang")
        declared = re.split(r"[-_]", declared.strip().lower())[0] if declared else None
        declared = ONE_NAME.get(declared, declared) if declared else None
        by_script = language_of_script(self.visible_text[:20_000])
        if by_script and not (declared and declared in SCRIPT_MATES.get(by_script, ())):
            return by_script
        return declared if declared and re.fullmatch(r"[a-z]{2,3}", declared) else None

    def absolute(self, reference: str | None, *, base: str | None = None) -> str | None:
        """Return a reference as an absolute http(s) URL without fragment, or None when it leads nowhere we go."""
        if not reference:
            return None
        try:
            url = urljoin(base or self.base_url, re.sub(r"[\t\r\n]", "", reference.strip()))
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                return None
            _ = parts.port  # raises for a port that is no number
        except ValueError:
            return None
        return url.split("#")[0]


UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "title"})
# tags of one language, under the name that the lexicon has: written Norwegian, and ISO 639 before 1989
ONE_NAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}
# languages that share the script of the key, so that a declaration is believed
SCRIPT_MATES = {
    "ru": frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg"}),
    "ar": frozenset({"ar", "fa", "ur", "ps", "ckb"}),
    "fa": frozenset({"ar", "fa", "ur", "ps", "ckb", "ug", "sd"}),
    "hi": frozenset({"hi", "mr", "ne", "sa"}),
    "zh": frozenset({"zh", "ja"}),
}


def parse_page(content: bytes, url: str, content_type: str | None) -> Document:
    """Decode and hold a page. Never fails: bytes that no declared charset explains are read with replacements."""
    content = content[:MAX_PAGE_BYTES]
    declared = (http_content_type_encoding(content_type), html_body_declared_encoding(content[:4096]), "utf-8")
    for encoding in declared:
        name = resolve_encoding(encoding) if encoding else None
        if name is None:
            continue
        try:
            return Document(url=url, text=content.decode(name).lstrip("\ufeff"))
        except (UnicodeDecodeError, LookupError):
            continue
    return Document(url=url, text=html_to_unicode(content_type, content)[1])


def language_of_script(text: str) -> str | None:
    """Return the language that the script gives away, when it makes up a fifth of the letters; else None."""
    letters = sum(character.isalpha() for character in text)
    for language, pattern in _SCRIPTS:
        count = len(pattern.findall(text))
        if letters and count >= (0.02 if language in ("ja", "uk", "fa") else 0.2) * letters and count > 1:
            return language
    return None


def attribute(tag: Tag | None, name: str) -> str | None:
    """Return an attribute as text, or None when it is missing or empty."""
    value = tag.get(name) if tag is not None else None
    if isinstance(value, list):
        value = " ".join(value)
    return value.strip() or None if value else None


def squeeze(text: str) -> str:
    """Return text with every run of white space as one space."""
    return _SPACE.sub(" ", text).strip()
