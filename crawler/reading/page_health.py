"""Is this page what the vendor shows its visitors? Only healthy pages count as looked at.

Reads: a document and its HTTP status. Writes: nothing; the answer says which words or which markup, and where.

1. Challenge, by words of the lexicon or a product's markup: it also explains error answers, so it is asked first.
2. Error and login by HTTP status.
3. Bytes that are no text, or whose letters came as question marks.
4. Parked, soft 404, login, empty shell, maintenance, a server's error, another country, consent wall, nothing at all: by title,
   first heading, words and markup.
5. What a long page merely mentions says nothing: words count in titles, or on pages with little else.
6. A page whose main part is empty beside its menu or footer is healthy, and not whole: its reason says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from bs4 import Tag

from crawler.page.page import MAX_PAGE_BYTES, UNSEEN, Document, attribute, squeeze
from ledger.archive.codings import BodyRefusedError, is_no_text, undo_unsaid_codings
from ledger.lexicon import Hit, Lexicon, WordLists, fold
from ledger.vocabulary import PageHealth

# A real page that merely mentions such words is longer; the longest challenge page seen had 600 characters.
SHORT_PAGE_CHARS = 1_500
EMPTY_SHELL_CHARS = 60  # an application's shell says "You need to enable JavaScript to run this app." (45)
MOUNTED_SHELL_CHARS = 200  # with an empty mount point beside it: a header's words, "Loading…"
# A page of a site leads on and shows something; the pages of protection products and parkers seen had 0-4 links to own
# pages and 0-2 pictures. Logo walls have few words, so that length alone would call them challenges.
SITE_LINKS = 8
SITE_PICTURES = 4
# What a page for maintenance or of a server's error says in all; the longest seen, with an apology and a telephone number, had 400.
NOTICE_CHARS = 600
# Text outside menus, footers and headings of a page whose content did not come: "Loading…", a slash between crumbs. A sentence is
# longer, "Coming in October." too; Chinese and Japanese say in ten characters what takes twenty elsewhere. Tried: 10-40.
EMPTY_MAIN_CHARS = 16
MIN_QUESTION_CHARS, MAX_QUESTION_SHARE = 40, 0.3  # "?????? ???????": what a wrong charset leaves of another script
_WIDE = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_QUESTIONS = re.compile(r"[?\ufffd]")
# "Sorry, page not found on our site" is it, "How to write a good page not found message" is about it
AROUND_WORDS_CHARS = 20
# "404 Not found", "Error 404" and "Fehler 404" are it, "How we fixed 404 errors" and "Pump series X 404" are not
BEFORE_NUMBER_CHARS = 8
# what may stand before the number on a page with much to read; elsewhere it is a name's: "Vendor 404", "Studio 404"
_ERROR_WORD = re.compile(
    r"\W*(http|status|code|error|erreur|errore|erro|eroare|fehler|fout|fejl|feil|fel|virhe|chyba|greška|грешка|błąd|hiba|hata"
    r"|ошибка|помилка|σφάλμα|lỗi|ralat|kesalahan|خطأ|خطا|שגיאה|त्रुटि|오류|エラー|错误|錯誤)?\W*",
    re.I,
)
_MOUNT_POINTS = re.compile(
    r"(root|app|__next|__nuxt|main-app|react-root|svelte|ember-app|gatsby-focus-wrapper|app-root)", re.I
)
_SEGMENTS = re.compile(r"\s+[|–—·•:»-]\s+|\s*[|»]\s*")
_NUMBER = re.compile(r"\b\d{3}\b")
_WAITING = re.compile(r"load|spin|progress", re.I)
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.I | re.S)
_LISTING = re.compile(r"\s*(index of|directory listing for) /", re.I)
EMPTY_MAIN = "empty main part"  # how the reason of a page begins that is healthy and not whole
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BEHIND_PASSWORD = frozenset({401, 407})
_PICTURES = ("img", "svg", "picture", "object", "embed", "frame", "iframe", "amp-img", "video")


@dataclass(frozen=True, slots=True)
class Health:
    health: PageHealth
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What gives away one product; where: title, text or markup."""

    health: PageHealth
    product: str
    where: str
    words: tuple[str, ...]
    is_bare_only: bool  # counts only where there is little else


@dataclass(frozen=True)
class _Look:
    """A document with what several rules ask of it."""

    document: Document
    words: WordLists

    @cached_property
    def text(self) -> str:
        return self.document.visible_text

    @cached_property
    def title(self) -> str:
        return self.document.title or ""

    @cached_property
    def heading(self) -> str:
        heading = self.document.soup.find("h1") or self.document.soup.find("h2")
        return squeeze(heading.get_text(" "))[:300] if isinstance(heading, Tag) else ""

    @cached_property
    def markup(self) -> str:
        return self.document.text[:300_000].lower()

    @property
    def is_short(self) -> bool:
        return len(self.text) < SHORT_PAGE_CHARS

    @cached_property
    def pictures(self) -> int:
        return len(self.document.soup.find_all(_PICTURES, limit=SITE_PICTURES + 1))

    @cached_property
    def is_bare(self) -> bool:
        """Little to read, little to see, nowhere to go."""
        if not self.is_short or self.pictures >= SITE_PICTURES:
            return False
        links = {
            reference
            for link in self.document.soup.find_all("a", href=True)
            if (reference := attribute(link, "href")) and not reference.startswith(("#", "javascript:", "mailto:"))
        }
        return len(links) < SITE_LINKS

    def mention(self, kind: str) -> Hit | None:
        return self.words.hit(kind, f"{self.title} {self.text[:SHORT_PAGE_CHARS]}")

    def named_by(self, kind: str) -> str | None:
        """Return the reason when title or first heading say this and nothing else of weight."""
        for place, line in (("title", self.title), ("first heading", self.heading)):
            for segment in _SEGMENTS.split(line):
                hit = self.words.hit(kind, _NUMBER.sub("", segment)) or self.words.hit(kind, segment)
                if hit is not None and _is_about_nothing_else(hit, segment) and self._is_an_error(hit, segment):
                    return f"{place} says “{hit.word}”"
        return None

    def _is_an_error(self, hit: Hit, segment: str) -> bool:
        return not hit.word.isdecimal() or self.is_short or bool(_ERROR_WORD.fullmatch(segment[: hit.start]))

    def sign(self, health: PageHealth) -> str | None:
        """Return the reason when a product's own sign stands in the page."""
        for sign in read_signs():
            if sign.health is not health or (sign.is_bare_only and not self.is_bare):
                continue
            place = {"title": fold(self.title), "text": fold(self.text[:SHORT_PAGE_CHARS]), "markup": self.markup}
            if sign.where != "title" and not self.is_short:
                continue
            within = place[sign.where]
            word = next((word for word in sign.words if _stands_in(word, within, sign.where)), None)
            if word is not None:
                return f"{sign.where} has “{word}” ({sign.product})"
        return None


def is_html(content_type: str | None, content: bytes) -> bool:
    """Tell documents from downloads, by the header and, where it is missing or general, by the first bytes."""
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        return True
    if kind in ("", "text/plain", "application/octet-stream", "application/xml", "text/xml"):
        start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        return start.startswith((b"<!doctype html", b"<html")) or b"<html" in start or b"<body" in start
    return False


def judge_health(document: Document, status: int, lexicon: Lexicon, *, content: bytes = b"") -> Health:
    """Judge a page, most telling sign first. status: HTTP status of the final response; content: its bytes, codings undone."""
    look = _Look(document, lexicon.health)
    if reason := _challenge(look, status):
        return Health(PageHealth.CHALLENGE, f"{reason}, status {status}")
    if status in _BEHIND_PASSWORD:
        return Health(PageHealth.LOGIN, f"status {status}")
    if status >= 400:
        return _error(look, status)
    if reason := _no_text(look, content):
        return Health(PageHealth.NO_TEXT, reason)
    if _LISTING.match(look.title):
        return Health(PageHealth.LISTING, f"a server's list of files: “{look.title[:60]}”")
    if reason := _parked(look):
        return Health(PageHealth.PARKED, reason)
    if reason := look.sign(PageHealth.SERVER_ERROR):
        return Health(PageHealth.SERVER_ERROR, reason)
    if reason := _soft_404(look):
        return Health(PageHealth.SOFT_404, reason)
    if look.is_short:
        for health, judge in _OF_SHORT_PAGES:
            if reason := judge(look):
                return Health(health, reason)
    return Health(PageHealth.OK, _empty_main(look))


def _error(look: _Look, status: int) -> Health:
    """An error by its status; one that says what is wrong with the whole site is that, and no page that is not there."""
    if not look.mention("soft-404"):
        for health, kind in ((PageHealth.NOT_HERE, "not-here"), (PageHealth.MAINTENANCE, "maintenance")):
            if reason := _notice(kind)(look):
                return Health(health, f"{reason}, status {status}")
    return Health(PageHealth.ERROR, f"status {status}")


def _no_text(look: _Look, content: bytes) -> str | None:
    if is_no_text(content):
        return f"{len(content)} bytes that are no text{_what_is_packed(content)}"
    if b"\0" in content:  # which browsers leave out, and a reader may show as a sign for what it can't read
        return None
    letters = "".join(look.text[:4_000].split())
    questions = len(_QUESTIONS.findall(letters))
    if len(letters) >= MIN_QUESTION_CHARS and questions > MAX_QUESTION_SHARE * len(letters):
        return f"{questions} of {len(letters)} letters came as question marks"
    return None


def _challenge(look: _Look, status: int) -> str | None:
    if reason := look.sign(PageHealth.CHALLENGE):
        return reason
    if (look.is_bare or status in (403, 429, 503)) and (hit := look.mention("challenge")):
        return f"“{hit.word}”"
    return None


def _parked(look: _Look) -> str | None:
    if reason := look.sign(PageHealth.PARKED):
        return reason
    if look.is_bare and (hit := look.mention("parked")):
        return f"“{hit.word}”"
    return look.named_by("parked") if look.is_short else None


def _soft_404(look: _Look) -> str | None:
    if reason := look.named_by("soft-404"):
        return reason
    if len(look.text) < SHORT_PAGE_CHARS // 3 and (hit := look.mention("soft-404")):
        return f"“{hit.word}” on an almost empty page"
    return None


def _login(look: _Look) -> str | None:
    if look.document.soup.find("input", type="password") is None:
        return None
    if look.is_bare:
        return "a password field and little else"
    # a form in the menu of a real page asks for a password, too
    is_little = len(look.text) < NOTICE_CHARS and look.pictures < SITE_PICTURES
    return f"a password field and “{hit.word}”" if is_little and (hit := look.words.hit("login", look.text)) else None


def _empty_shell(look: _Look) -> str | None:
    soup, chars = look.document.soup, len(look.text)
    if chars >= MOUNTED_SHELL_CHARS or look.pictures > 1 or soup.find("script") is None:
        return None
    if chars < EMPTY_SHELL_CHARS and look.pictures == 0:
        return f"{chars} characters of text, the rest is script"
    mount = soup.find(["div", "app-root", "main"], id=_MOUNT_POINTS) or soup.find("app-root")
    if isinstance(mount, Tag) and len(squeeze(mount.get_text())) < EMPTY_SHELL_CHARS and _shows_nothing(mount):
        return f"an empty <{mount.name} id={attribute(mount, 'id') or ''}> that scripts are to fill"
    for aside in soup.find_all("noscript", limit=10):
        if "javascript" in aside.get_text().lower():
            return "noscript asks for JavaScript"
    return None


def _what_is_packed(content: bytes) -> str:
    """What the bytes hold when they are unpacked. A browser does that only when a header says so: its visitors see rubbish."""
    try:
        unpacked = undo_unsaid_codings(content, max_bytes=MAX_PAGE_BYTES)
    except BodyRefusedError as error:
        return f", packed without a header that says so ({error.detail})"
    if unpacked == content:
        return ", nor packed in a way that is known"
    words = squeeze(_TAG.sub(" ", unpacked[:20_000].decode("utf-8", "replace")))[:80]
    return f", packed without a header that says so: visitors see rubbish; unpacked they begin “{words}”"


def _consent(look: _Look) -> str | None:
    return f"“{hit.word}” and little else" if look.is_bare and (hit := look.mention("consent")) else None


def _notice(kind: str) -> Callable[[_Look], str | None]:
    """A rule for pages that say one thing and nothing else."""

    def judge(look: _Look) -> str | None:
        if not look.is_bare:
            return None
        if len(look.text) < NOTICE_CHARS and (hit := look.mention(kind)):
            return f"“{hit.word}” and little else"
        return look.named_by(kind)

    return judge


def _empty(look: _Look) -> str | None:
    return None if look.text or look.title or look.pictures else "no words and no picture in it"


def _empty_main(look: _Look) -> str | None:
    """Why a page that has menus or a footer is not whole: nothing stands between them."""
    if len(look.text) > SHORT_PAGE_CHARS * 4:
        return None
    outline, headings = look.document.outline, look.document.headings
    chars, has_frame = 0, False
    for word, owner in zip(outline.words, outline.word_owners, strict=True):
        tag = outline.tags[owner]
        is_heading = tag.name in _HEADINGS or any(heading.place == owner for heading in headings.in_force[owner])
        if headings.zones[owner] in ("main", "aside") and not is_heading and tag.name not in UNSEEN:
            chars += len(word) + len(_WIDE.findall(word))
            if chars > EMPTY_MAIN_CHARS:
                return None
    for place, tag in enumerate(outline.tags):
        if tag.name in _PICTURES and headings.zones[place] in ("main", "aside"):
            return None
        has_frame = has_frame or headings.zones[place] in ("nav", "footer", "header")
    return f"{EMPTY_MAIN}: {chars} characters between menu and footer" if has_frame else None


def _shows_nothing(mount: Tag) -> bool:
    picture = mount.find("img")
    return not isinstance(picture, Tag) or bool(_WAITING.search(str(picture.attrs)))


def _is_about_nothing_else(hit: Hit, segment: str) -> bool:
    if len(segment) > len(hit.word) + AROUND_WORDS_CHARS:
        return False
    return not hit.word.isdecimal() or hit.start <= BEFORE_NUMBER_CHARS


def _stands_in(word: str, within: str, where: str) -> bool:
    # a title that holds the words among others is some page's title: "Apache Tomcat training"
    return within.strip().startswith(word) and len(within) <= len(word) + 40 if where == "title" else word in within


_OF_SHORT_PAGES: tuple[tuple[PageHealth, Callable[[_Look], str | None]], ...] = (
    (PageHealth.LOGIN, _login),
    (PageHealth.EMPTY_SHELL, _empty_shell),
    (PageHealth.NOT_HERE, _notice("not-here")),
    (PageHealth.MAINTENANCE, _notice("maintenance")),
    (PageHealth.SERVER_ERROR, _notice("server-error")),
    (PageHealth.CONSENT_WALL, _consent),
    (PageHealth.EMPTY, _empty),
)


@cache
def read_signs() -> tuple[Sign, ...]:
    """Return the signs of crawler/reading/health_signs.toml, in its order."""
    listed = tomllib.loads((Path(__file__).parent / "health_signs.toml").read_text(encoding="utf-8"))["sign"]
    return tuple(
        Sign(
            health=PageHealth(sign["health"]),
            product=sign["product"],
            where=where,
            words=tuple(sign[where]),
            is_bare_only=sign.get("needs") == "bare",
        )
        for sign in _tables(listed)
        for where in ("title", "text", "markup")
        if where in sign
    )


def _tables(listed: Any) -> list[dict[str, Any]]:
    return list(listed)
