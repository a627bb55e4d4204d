"""Where to look next: what a page leads to, scored by the lexicon, best first.

Reads: a document. Writes: links of the same site, from anchors, image maps, frames, refreshes, language variants, menus
that a script makes, JSON state, and addresses on the vendor's production domain.

A link's worth is 0..1; a page is worth what its best word promises, a little less for each step from home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlencode, urljoin, urlsplit

from bs4 import Tag

from crawler.images.stylesheets import part_urls
from crawler.page.outline import NONE, Outline
from crawler.page.page import Document, attribute
from crawler.reading.own_hosts import own_hosts, seen_here
from crawler.reading.page_kind import WORTH, is_home, is_language_home, kinds_in, path_words
from crawler.reading.script_links import json_links, language_switches, quoted_paths
from ledger.domains import site_of
from ledger.lexicon import Lexicon, split_words
from ledger.vocabulary import PageKind

MAX_CONTACT_PAGES = 3
# texts and addresses of links to an imprint or a contact page
SAYS_WHO = re.compile(
    r"impressum|imprint|mentions[ -]?l|aviso-?.?legal|contact|kontakt|contatt|impress[uo]\b|kolofon|colophon|legal[ -]notice"
    r"|联系|聯絡|%E8%81%94%E7%B3%BB|お問い合わせ|会社概要|회사소개|문의",
    re.I,
)
MAX_LEGAL_PAGES = 2
# links to the pages on which a company says what it is not: "independent, not affiliated with any of the makers"
SAYS_WHAT_NOT = re.compile(
    r"disclaimer|legal|terms|imprint|impressum|haftungsausschluss|rechtlich|nutzungsbedingung|\bagb\b|mentions[ -]?l|conditions[ -]g|cgu\b|cgv\b"
    r"|aviso-?.?legal|términos|terminos|condiciones|termos|condições|note[ -]legali|condizioni|voorwaarden|regulamin|informacje[ -]prawne"
    r"|podmínky|podmienky|uvjeti|villkor|vilkår|ehdot|όροι|koşullar|yasal|услови|правов|соглашени|умови|免责|免責|法律声明|法律聲明|利用規約|免責事項"
    r"|이용약관|면책|điều khoản|ketentuan|syarat|terma|शर्तें|الشروط|قانوني|תקנון|תנאי שימוש",
    re.I,
)
SECURITY_TXT = "/.well-known/security.txt"  # RFC 9116
MAX_LINKS = 2_000
MAX_TEXT = 200
MENU_TEXT = 40  # characters
MAX_SCRIPTS = 3
LANGUAGE_HOME_WORTH = 0.6  # below every page that a word names: a variant adds partners of its country at best
NOT_A_PAGE = re.compile(
    r"\.(pdf|zip|rar|7z|gz|tgz|docx?|xlsx?|pptx?|mp[34]|avi|mov|webm|wav|exe|dmg|apk|ics|vcf|css|js|json|xml|rss|atom"
    r"|png|jpe?g|gif|webp|svg|avif|ico|bmp|tiff?|woff2?|ttf|eot)$",
    re.I,
)
AT_ONCE_S = 15.0  # a refresh after more than that shows a page of its own first
LITTLE_TEXT = 200  # characters: a page that a script leaves at once shows "You are being redirected …"
_REFRESH_AT_ONCE = re.compile(r"\s*(\d{1,5}(?:\.\d*)?)?\s*[;,]?\s*url\s*=\s*['\"]?([^'\"]+)", re.I)
_LOCATION = re.compile(r"\blocation(?:(?:\.href)?\s*=|\.(?:replace|assign)\()\s*['\"]([^'\"]{1,300})['\"]")
# what a PDF has to promise to be read: a line card, a list of partners, a certificate, a company's profile
DOCUMENT_KINDS = frozenset(
    {
        PageKind.PARTNERS,
        PageKind.CLIENTS,
        PageKind.RESELLERS,
        PageKind.CERTIFICATIONS,
        PageKind.MEMBERS,
        PageKind.SPONSORS,
        PageKind.SUPPLIERS,
        PageKind.ABOUT,
    }
)
_REFRESH = re.compile(r"url\s*=\s*['\"]?([^'\"]+)", re.I)
_ON_CLICK = re.compile(
    r"(?:location(?:\.href)?\s*=|location\.(?:assign|replace)\(|window\.open\()\s*['\"]([^'\"]{1,300})['\"]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page worth a look, and why."""

    url: str
    text: str
    worth: float
    kind: PageKind
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """Where a page leads."""

    links: tuple[Link, ...]
    sheet_urls: tuple[str, ...]  # and drawings that it shows parts of: files that it is read with
    script_urls: tuple[str, ...]  # of the same site: a menu may be in them
    section_kinds: frozenset[PageKind]  # what its own menu names a section of the page itself
    contact_urls: tuple[
        str, ...
    ]  # of the same site: pages on which a company says who it is, and where it can be written to
    legal_urls: tuple[str, ...]  # of the same site: terms, disclaimers, an imprint
    other_hosts: frozenset[str]  # further hosts that are the vendor's own, by what the page says
    sent_on_to: str | None = None  # where the page sends its visitors at once, wherever that is


@dataclass(frozen=True, slots=True)
class _Reference:
    target: str
    text: str
    is_frame: bool = False
    from_script: str | None = None  # why it is taken for a link at all


def is_same_site(url: str, other: str) -> bool:
    """Tell whether two URLs belong to one vendor: equal domain, or tenant of a platform; for bare addresses equal host and port."""
    a, b = urlsplit(url), urlsplit(other)
    if not a.hostname or not b.hostname:
        return False
    if site_of(url) != site_of(other):
        return False
    return a.port == b.port or not re.fullmatch(r"[\d.]+|[0-9a-f:]+", a.hostname)


def find_page_links(document: Document, lexicon: Lexicon) -> PageLinks:
    """Return all that a page leads to; each page of the site once, in document order."""
    hosts = own_hosts(document)
    links: dict[str, Link] = {}
    sections: set[PageKind] = set()
    contacts: dict[str, None] = {}
    legal: dict[str, None] = {}
    names = _names(document.outline)
    for reference in _references(document):
        link = _route_of(reference, document, lexicon) or _link_of(reference, document, lexicon, hosts)
        if link is not None and link.url not in links:
            links[link.url] = link
        if SAYS_WHAT_NOT.search(f"{reference.text} {reference.target}"):
            legal[document.absolute(reference.target) or ""] = None
        if SAYS_WHO.search(f"{reference.text} {reference.target}"):
            contacts[document.absolute(reference.target) or ""] = None
        if reference.target.startswith("#") and reference.target[1:] in names:
            sections |= {*kinds_in(reference.text, lexicon)} or {*kinds_in(split_words(reference.target), lexicon)}
        if len(links) >= MAX_LINKS:
            break
    sources = (attribute(tag, "src") for tag in document.outline.tags if tag.name == "script" and "src" in tag.attrs)
    scripts = map(document.absolute, sources)
    return PageLinks(
        links=tuple(links.values()),
        sheet_urls=tuple(part_urls(document)),
        script_urls=tuple(dict.fromkeys(url for url in scripts if url and is_same_site(url, document.url)))[
            :MAX_SCRIPTS
        ],
        section_kinds=frozenset(sections),
        contact_urls=tuple(url for url in contacts if is_same_site(url, document.url))[:MAX_CONTACT_PAGES],
        legal_urls=tuple(url for url in legal if is_same_site(url, document.url))[:MAX_LEGAL_PAGES],
        other_hosts=hosts,
        sent_on_to=_sent_on_to(document),
    )


def read_refresh(value: str | None) -> str | None:
    """Return the address in a Refresh header or <meta>, as it stands, when visitors are sent there at once."""
    refresh = _REFRESH_AT_ONCE.match(value or "")
    return refresh[2].strip() if refresh and float(refresh[1] or 0) <= AT_ONCE_S else None


def _sent_on_to(document: Document) -> str | None:
    for tag in document.outline.tags:
        if tag.name == "meta" and (attribute(tag, "http-equiv") or "").lower() == "refresh":
            target = document.absolute(read_refresh(attribute(tag, "content")))
            if target is not None and target != document.url:
                return target
    if len(document.visible_text) > LITTLE_TEXT:
        return None
    for tag in document.outline.tags:
        if tag.name == "script" and "src" not in tag.attrs and (sent := _LOCATION.search(tag.get_text()[:20_000])):
            target = document.absolute(sent[1])
            if target is not None and target != document.url:
                return target
    return None


def find_links(document: Document, lexicon: Lexicon) -> list[Link]:
    """Return the pages of the same site that a page leads to, each once, in document order."""
    return list(find_page_links(document, lexicon).links)


def find_script_links(script: str, page_url: str, lexicon: Lexicon) -> list[Link]:
    """Return the pages that a script file of the site names and the lexicon knows."""
    page = Document(page_url, "")
    references = (_Reference(path, "", from_script="a script names it") for path in quoted_paths(script))
    links = (_link_of(reference, page, lexicon, frozenset()) for reference in references)
    return list({link.url: link for link in links if link is not None}.values())


def _link_of(reference: _Reference, document: Document, lexicon: Lexicon, hosts: frozenset[str]) -> Link | None:
    url = document.absolute(reference.target)
    if url is None:
        return None
    is_document = urlsplit(url).path.lower().endswith(".pdf")
    if NOT_A_PAGE.search(urlsplit(url).path) and not is_document:
        return None
    named_at = None
    if not is_same_site(url, document.url):
        here = seen_here(url, document.url, hosts)
        if here is None:
            return None
        named_at, url = urlsplit(url).hostname, here
    link = score_link(url, reference.text, lexicon, fragment=urlsplit(reference.target).fragment)
    if link is None or (is_document and link.kind not in DOCUMENT_KINDS):
        return None  # manuals and price lists are many
    is_known = link.reason != A_PAGE
    if (named_at or reference.from_script) and not is_known:
        return None  # a guess is worth a request only when a word speaks for it
    if reference.is_frame:  # what stands in a frame is the page itself
        link = replace(link, worth=max(link.worth, WORTH[PageKind.HOME] if is_home(document.url) else 0.5))
    if named_at:
        link = replace(link, reason=f"{link.reason}; named at {named_at}, looked for here")
    if reference.from_script:
        link = replace(link, reason=f"{link.reason}; {reference.from_script}")
    return link


def is_hash_route(url: str) -> bool:
    """Tell an address whose page scripts make of what stands behind #: the server never hears of it, a browser shows it."""
    return url.partition("#")[2].startswith(("/", "!"))


def _route_of(reference: _Reference, document: Document, lexicon: Lexicon) -> Link | None:
    """A hash route that a word speaks for: it costs a browser, so that a guess is not worth it."""
    if not is_hash_route(reference.target):
        return None
    page = document.absolute(reference.target)
    if page is None or not is_same_site(page, document.url):
        return None
    fragment = reference.target.partition("#")[2]
    link = score_link(f"{page}#{fragment}", reference.text, lexicon, fragment=fragment)
    if link is None or link.reason in (A_PAGE, "home page"):
        link = score_link(urljoin(page, f"/{fragment.lstrip('!/')}"), reference.text, lexicon)
    if link is None or link.reason == A_PAGE or link.kind in (PageKind.HOME, PageKind.OTHER, PageKind.NEWS):
        return None
    return replace(link, url=f"{page}#{fragment}", reason=f"{link.reason}; a hash route")


A_PAGE = "a page of the site"
LANGUAGE_HOME = "home page of a language"


def score_link(url: str, text: str, lexicon: Lexicon, *, fragment: str = "") -> Link | None:
    """Score a link by its text and address; None for those never worth a visit's budget (login, cart, …)."""
    words = path_words(url)
    if is_home(url):
        return Link(url=url, text=text, worth=WORTH[PageKind.HOME], kind=PageKind.HOME, reason="home page")
    best: Link | None = None
    path = urlsplit(url).path
    steps = 0.02 * path.strip("/").count("/") + (0.1 if "?" in url else 0)
    for place, where in ((text, "text"), (words, "address"), (split_words(unquote(fragment)), "anchor")):
        for kind, word in kinds_in(place, lexicon).items() if place else ():
            worth = WORTH[kind] - steps
            if best is None or worth > best.worth:
                best = Link(url=url, text=text, worth=max(worth, 0.01), kind=kind, reason=f"link {where} has “{word}”")
    if best is not None and best.kind is not PageKind.NEWS:
        return best
    if is_language_home(url):
        return Link(url=url, text=text, worth=LANGUAGE_HOME_WORTH, kind=PageKind.HOME, reason=LANGUAGE_HOME)
    # a card's whole text may name anything; the words of a menu entry say what it is
    if lexicon.pages.hit("unwanted", f"{text} | {words}" if len(text) <= MENU_TEXT else words):
        return None
    kind = PageKind.NEWS if best else PageKind.OTHER
    worth = WORTH[kind] - 0.05 * path.strip("/").count("/") - (0.1 if "?" in url else 0)
    return Link(url=url, text=text, worth=max(worth, 0.01), kind=kind, reason=A_PAGE)


def _references(document: Document) -> Iterator[_Reference]:
    scripts = []
    for place, tag in enumerate(document.outline.tags):
        if tag.name == "script":
            scripts.append(tag)
        else:
            yield from _references_of(tag, place, document.outline)
    for script in scripts:
        if "json" in (attribute(script, "type") or "").lower():
            for target, text in json_links(script.get_text()):
                yield _Reference(target, text[:MAX_TEXT], from_script="in the page's data")
        elif "src" not in script.attrs:
            for path in quoted_paths(script.get_text()):
                yield _Reference(path, "", from_script="a script of the page names it")


def _references_of(tag: Tag, place: int, outline: Outline) -> Iterator[_Reference]:
    name, attributes = tag.name, tag.attrs
    if name in ("frame", "iframe"):
        if source := attribute(tag, "src"):
            yield _Reference(source, attribute(tag, "title") or attribute(tag, "name") or "", is_frame=True)
    elif name == "link":
        if (
            "alternate" in (attribute(tag, "rel") or "")
            and attribute(tag, "hreflang")
            and (to := attribute(tag, "href"))
        ):
            yield _Reference(to, "")
    elif name == "meta":
        if (attribute(tag, "http-equiv") or "").lower() == "refresh":
            refresh = _REFRESH.search(attribute(tag, "content") or "")
            if refresh:
                yield _Reference(refresh[1], "", is_frame=True)
    elif name == "form":
        if (to := _target_of_form(tag)) is not None:
            yield _Reference(to, outline.text(place, MAX_TEXT) or _label_of_button(tag))
    elif name == "option":
        value = attribute(tag, "value") or ""
        if value.startswith(("/", "http")) or value.endswith((".html", ".htm", ".php", ".aspx")):
            yield _Reference(value, outline.text(place, MAX_TEXT))
    elif name != "base" and "href" in attributes and (to := attribute(tag, "href")):
        # frameworks put href on cards that are no anchors, too
        yield _Reference(to, _words_of(tag, place, outline))
    for data in ("data-href", "data-url", "data-link", "formaction"):
        if data in attributes and (to := attribute(tag, data)) and len(to) < 500:
            yield _Reference(to, _words_of(tag, place, outline), from_script=f"in {data}")
    if "onclick" in attributes and (called := _ON_CLICK.search(attribute(tag, "onclick") or "")):
        yield _Reference(called[1], _words_of(tag, place, outline), from_script="in onclick")
    for path in language_switches(tag):
        yield _Reference(path, _words_of(tag, place, outline), from_script="a switch of language")


def _target_of_form(form: Tag) -> str | None:
    """Where a form leads that is a link in disguise: asked with GET, nothing to fill in, only a button."""
    if (attribute(form, "method") or "get").lower() != "get" or not (action := attribute(form, "action")):
        return None
    hidden: list[tuple[str, str]] = []
    for field in form.find_all(["input", "select", "textarea"], limit=20):
        kind = (attribute(field, "type") or "text").lower()
        if field.name != "input" or kind not in ("hidden", "submit", "button", "image"):
            return None
        if kind == "hidden" and (name := attribute(field, "name")):
            hidden.append((name, attribute(field, "value") or ""))
    return f"{action.partition('?')[0]}?{urlencode(hidden)}" if hidden else action


def _label_of_button(form: Tag) -> str:
    button = form.find("input", type=["submit", "button", "image"])
    return (attribute(button, "value") or attribute(button, "alt") or "") if isinstance(button, Tag) else ""


def _words_of(tag: Tag, place: int, outline: Outline) -> str:
    """The words of a link: its own, else its labels, else those of its picture; where a handler says more, that too."""
    text = outline.text(place, MAX_TEXT)
    if text:
        return text
    inside = outline.inside(place, "img", limit=50)
    image = outline.tags[inside] if inside != NONE else None
    labels = (attribute(tag, "title"), attribute(tag, "aria-label"), attribute(tag, "alt"))
    inner = (attribute(image, "alt"), attribute(image, "title"))
    return " ".join(filter(None, (*labels, *inner)))[:MAX_TEXT]


def _names(outline: Outline) -> set[str]:
    """What an address may name a part of the page by."""
    anchors = (attribute(tag, "name") for tag in outline.tags if tag.name == "a" and "name" in tag.attrs)
    return {*outline.by_id, *filter(None, anchors)}
