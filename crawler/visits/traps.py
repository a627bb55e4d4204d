"""Addresses without end: calendars, facets, session ids, paths that repeat. Each site gets so many of a kind, then no more.

A visit's budget bounds all of it; this keeps the budget for pages that differ.
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

MAX_URL_CHARS = 8_000  # what servers take; links of shops and portals with their whole state have over 2,000
MAX_DEPTH = 10  # the deepest partner page of the corpus has 3
MAX_SAME_SHAPE = 12  # /blog/#, /product/#/reviews
MAX_QUERIES = 6  # of one path
MAX_DATES = 3
_SESSION = re.compile(r"(phpsessid|jsessionid|aspsessionid\w*|sid|session_?id|zenid|oscsid|cfid|cftoken)", re.I)
_TRACKING = re.compile(r"(utm_\w+|gclid|fbclid|msclkid|mc_cid|mc_eid|_ga)", re.I)
_PATH_SESSION = re.compile(r";jsessionid=[^/?#]*|/\(S\([a-z0-9]{20,}\)\)", re.I)
_DATE = re.compile(
    r"(19|20)\d\d[/_-]?(0?[1-9]|1[0-2])([/_-]?\d{1,2})?(?=$|[/?&_.-])|[?&](month|year|date|day|week|tribe-bar-date|cal\w*)=",
    re.I,
)
_NUMBER = re.compile(r"\d+")


def url_key(url: str) -> str:
    """Return what makes an address another page: without session, tracking, fragment, trailing slash and index file."""
    parts = urlsplit(_PATH_SESSION.sub("", url))
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)[:50]
        if not _TRACKING.fullmatch(name) and not (_SESSION.fullmatch(name) and len(value) >= 8)
    ]
    path = re.sub(r"/(index|default|home)\.(html?|php|aspx?|jsp)$", "/", parts.path or "/", flags=re.I)
    return urlunsplit((parts.scheme, parts.netloc.lower(), path.rstrip("/") or "/", urlencode(query), ""))


class Traps:
    """What one visit has seen of a site's addresses, and which it takes no more of."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()  # kind of trap → addresses not followed
        self._shapes: Counter[str] = Counter()
        self._queries: Counter[str] = Counter()
        self._dates = 0

    def is_trap(self, url: str, *, is_promising: bool) -> bool:
        """Tell whether an address is one too many; counts it otherwise. is_promising: a word of the lexicon names it."""
        kind = self._kind(url, is_promising=is_promising)
        if kind is not None:
            self.refused[kind] += 1
        return kind is not None

    def _kind(self, url: str, *, is_promising: bool) -> str | None:
        parts = urlsplit(url)
        steps = [step for step in parts.path.split("/") if step]
        if len(url) > MAX_URL_CHARS or len(steps) > MAX_DEPTH or _repeats(steps):
            return "endless path"
        if _DATE.search(url):
            self._dates += 1
            if self._dates > MAX_DATES:
                return "calendar"
        path = f"{parts.netloc}{parts.path}"
        if parts.query:
            self._queries[path] += 1
            if self._queries[path] > MAX_QUERIES:
                return "facets"
        shape = "/".join([parts.netloc, *(_NUMBER.sub("#", step) for step in steps[:-1]), "#" if steps else ""])
        if len(steps) > 1 or _NUMBER.search(parts.path):
            self._shapes[shape] += 1
            if self._shapes[shape] > MAX_SAME_SHAPE * (3 if is_promising else 1):
                return "too many alike"
        return None

    def describe(self) -> str | None:
        """Return the traps in words, or None when there was none."""
        if not self.refused:
            return None
        return ", ".join(f"{kind} ({count} addresses not followed)" for kind, count in self.refused.most_common())


def _repeats(steps: list[str]) -> bool:
    """Tell a path that goes in circles: a run of steps three times in a row, or one step four times."""
    if steps and Counter(steps).most_common(1)[0][1] >= 4:
        return True
    for size in (1, 2, 3):
        for start in range(len(steps) - 3 * size + 1):
            run = steps[start : start + size]
            if run == steps[start + size : start + 2 * size] == steps[start + 2 * size : start + 3 * size]:
                return True
    return False
