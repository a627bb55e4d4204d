"""Is this page what the vendor shows its visitors? Only healthy pages count as looked at."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.page import Document
from ledger.lexicon import Lexicon
from ledger.vocabulary import PageHealth

# A real page that merely mentions such words is longer; the longest challenge page seen had 600 characters.
SHORT_PAGE_CHARS = 1_500
EMPTY_SHELL_CHARS = 60  # an application's shell says "You need to enable JavaScript to run this app." (45)


@dataclass(frozen=True, slots=True)
class Health:
    health: PageHealth
    reason: str | None = None


def is_html(content_type: str | None, content: bytes) -> bool:
    """Tell documents from downloads, by the header and, where it is missing or general, by the first bytes."""
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        return True
    if kind in ("", "text/plain", "application/octet-stream", "application/xml", "text/xml"):
        start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        return start.startswith((b"<!doctype html", b"<html")) or b"<html" in start or b"<body" in start
    return False


def judge_health(document: Document, status: int, lexicon: Lexicon) -> Health:
    """Judge a page, most telling sign first. status: HTTP status of the final response."""
    text = document.visible_text
    words = f"{document.title or ''} {text[:SHORT_PAGE_CHARS]}"
    is_short = len(text) < SHORT_PAGE_CHARS
    lists = lexicon.health
    if (is_short or status in (403, 429, 503)) and (hit := lists.hit("challenge", words)):
        return Health(PageHealth.CHALLENGE, f"“{hit.word}”, status {status}")
    if status >= 400:
        return Health(PageHealth.ERROR, f"status {status}")
    if is_short and (hit := lists.hit("parked", words)):
        return Health(PageHealth.PARKED, f"“{hit.word}”")
    if hit := lists.hit("soft-404", document.title or ""):
        return Health(PageHealth.SOFT_404, f"title says “{hit.word}”")
    if len(text) < SHORT_PAGE_CHARS // 3 and (hit := lists.hit("soft-404", text)):
        return Health(PageHealth.SOFT_404, f"“{hit.word}” on an almost empty page")
    soup = document.soup
    if is_short and soup.find("input", type="password") is not None and lists.hit("login", words):
        return Health(PageHealth.LOGIN, "a password field and little else")
    pictures = soup.find(["img", "svg", "picture", "object", "embed", "frame", "iframe"])
    if len(text) < EMPTY_SHELL_CHARS and pictures is None and soup.find("script") is not None:
        return Health(PageHealth.EMPTY_SHELL, f"{len(text)} characters of text, the rest is script")
    if len(text) < SHORT_PAGE_CHARS // 3 and pictures is None and (hit := lists.hit("consent", words)):
        return Health(PageHealth.CONSENT_WALL, f"“{hit.word}”")
    return Health(PageHealth.OK)
