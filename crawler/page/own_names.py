"""Page → what the vendor calls itself there: for telling its own logo from those of others.

Reads: host, title, `og:site_name` and `application-name`, the copyright line. A name that stands in one place only may be
anybody's: the last part of a title is the site's, the first one only on the home page.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.page.page import Document, attribute
from ledger.domains import registrable_domain
from ledger.lexicon import Lexicon

MAX_NAME_CHARS = 60
MAX_TITLE_WORDS = 4  # a part of a title with more is a slogan, and slogans name the brands one sells
_PARTS = re.compile(r"\s+[-–—|:·•»/]+\s+|\s*[|»•]\s*|:\s+")
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)[\s©,–-]*(?:\d{4}[\s,–-]*){0,3}(?:by\s+)?([^.,|©<>\n]{3,60})", re.I)
_SITE_NAMES = frozenset({"og:site_name", "application-name", "apple-mobile-web-app-title"})
# a title's part that says what the page is, not whose
_PAGE_KINDS = frozenset({"partners", "clients", "resellers", "about", "news", "certifications", "members", "unwanted"})
_IS_HOME = re.compile(r"/?(?:[a-z]{2}/?)?(?:(?:index|home|default)\.\w{3,5})?", re.I)
_LEGAL = re.compile(
    r"\b(?:all rights reserved|gmbh|ag|kg|inc|llc|ltd|limited|corp|co|sa|sas|sarl|srl|spa|bv|oy|ab|as|pte|pvt|plc)\b.*$",
    re.I,
)


def find_own_names(document: Document, lexicon: Lexicon) -> list[str]:
    """Return the names by which a vendor goes on its page, most telling first."""
    names: list[str] = []
    parts = urlsplit(document.url)
    host = parts.hostname or ""
    if not re.fullmatch(r"[\d.]+|[0-9a-f:]+", host):
        names.append(registrable_domain(host).split(".")[0])
    for tag in document.outline.tags:
        if tag.name == "meta" and (attribute(tag, "property") or attribute(tag, "name") or "").lower() in _SITE_NAMES:
            names.append((attribute(tag, "content") or "")[:MAX_NAME_CHARS])
        elif tag.name == "body":
            break
    title = [part for part in _PARTS.split((document.title or "")[:300]) if part.strip()]
    title_names = title if _IS_HOME.fullmatch(parts.path) else title[-1:] if len(title) > 1 else []
    names += [
        part for part in title_names if len(part.split()) <= MAX_TITLE_WORDS and not _says_page_kind(part, lexicon)
    ]
    # the copyright line stands at the end
    line = _COPYRIGHT.search(" ".join(document.outline.words[-60:])[-3_000:])
    if line:
        names.append(line[1].strip())
    return [
        name for name in dict.fromkeys(_LEGAL.sub("", name).strip() for name in names) if name and not name.isdigit()
    ]


def _says_page_kind(part: str, lexicon: Lexicon) -> bool:
    return any(hit.kind in _PAGE_KINDS for hit in lexicon.pages.hits(part))
