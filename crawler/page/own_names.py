"""Page → what the vendor calls itself there: for telling its own logo from those of others.

Reads: host, title, `og:site_name` and `application-name`, the copyright line. A name that stands in one place only may be
anybody's: the last part of a title is the site's, the first one only on the home page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from crawler.page.page import Document, attribute
from ledger.domains import registrable_domain
from ledger.lexicon import Lexicon

MAX_NAME_CHARS = 60
MAX_NAMES = 6  # of one page
ORGANISATIONS = ("Organization", "Corporation", "LocalBusiness", "Store", "ProfessionalService", "WebSite")
MAX_TITLE_WORDS = 4  # a part of a title with more is a slogan, and slogans name the brands one sells
_PARTS = re.compile(r"\s+[-–—|:·•»/]+\s+|\s*[|»•]\s*|:\s+")
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)[\s©,–-]*(?:\d{4}[\s,–-]*){0,3}(?:by\s+)?([^.,|©<>\n]{3,60})", re.I)
_RIGHTS = re.compile(r"\ball rights reserved.*$", re.I)
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


def stated_names(document: Document, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the names under which the register is asked for a vendor: those that its page states, with their legal forms.

    JSON-LD of the organisation, the site's name, the title of the home page, the copyright line.
    """
    names = [*_organisation_names(document)]
    for tag in document.outline.tags:
        if tag.name == "meta" and (attribute(tag, "property") or attribute(tag, "name") or "").lower() in _SITE_NAMES:
            names.append(attribute(tag, "content") or "")
        elif tag.name == "body":
            break
    if _IS_HOME.fullmatch(urlsplit(document.url).path):
        parts = [part for part in _PARTS.split((document.title or "")[:300]) if part.strip()]
        names += [p for p in parts if len(p.split()) <= MAX_TITLE_WORDS and not _says_page_kind(p, lexicon)]
    if line := _COPYRIGHT.search(" ".join(document.outline.words[-60:])[-3_000:]):
        names.append(_RIGHTS.sub("", line[1]))
    named = (" ".join(name.split()).strip(" -–|·,") for name in names)
    return tuple(dict.fromkeys(n for n in named if 2 <= len(n) <= MAX_NAME_CHARS and any(map(str.isalpha, n))))[
        :MAX_NAMES
    ]


def _organisation_names(document: Document) -> Iterator[str]:
    for item in json_ld_items(document):
        kinds = item.get("@type")
        if any(kind in ORGANISATIONS for kind in (kinds if isinstance(kinds, list) else [kinds])):
            for key in ("legalName", "name", "alternateName"):
                value = item.get(key)
                yield from (v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str))


def json_ld_items(document: Document) -> Iterator[dict[str, Any]]:
    """Yield the items of a page's JSON-LD, those of a @graph too; none of what can't be read."""
    for tag in document.outline.tags:
        if tag.name != "script" or attribute(tag, "type") != "application/ld+json":
            continue
        try:
            data = json.loads(tag.get_text()[:200_000])
        except (ValueError, RecursionError):
            continue
        for item in data if isinstance(data, list) else [data]:
            if isinstance(item, dict):
                graph = item.get("@graph")
                yield from (
                    part for part in [item, *(graph if isinstance(graph, list) else [])] if isinstance(part, dict)
                )


def _says_page_kind(part: str, lexicon: Lexicon) -> bool:
    return any(hit.kind in _PAGE_KINDS for hit in lexicon.pages.hits(part))
