"""A page of a claim as the archive holds it, as one document that runs nothing and asks nobody for anything.

Reads: looks, captures and drawn documents of one visit; the WARC files. Writes nothing.

1. The document is what came over the wire, or what a browser drew of it during the crawl where scripts make the page.
2. Scripts, frames, forms' targets, links' targets and whatever sends or loads by itself are taken out.
3. Pictures, style sheets and fonts that the visit stored stand in the document itself; the others are counted, and left out.
4. What the page hides until its scripts have run (loading veils, parts that come as one scrolls) is uncovered, as none will run.
5. The images and sentences that the claim rests on are outlined.

The document is read in a box (ledger/boxes/boxed_calls.py), which asks here for the files that it names. Whoever shows the document has to forbid it everything by a policy (COPY_POLICY): what is taken out here is for its looks,
what a browser may do with it is not left to this module.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

from crawler.drawing.archive_drawing import find_elements, find_stored
from crawler.images.image_addresses import best_candidate
from crawler.images.stylesheets import decode_sheet
from crawler.page.charsets import decode_page
from crawler.page.page import MAX_PAGE_BYTES, Document, attribute, parse_html
from crawler.reading.documents import is_pdf
from crawler.reading.stored_pages import read_drawn
from ledger.archive.warc import read_exchange
from ledger.boxes.boxed_calls import SHARED, Ask, BoxedCallError
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError, RecordDeletedError
from ledger.typed_texts import CaptureId, ClaimId, FinalUrl, Instant, LookId, VisitId

COPY_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'"
)
MAX_PART_BYTES, MAX_COPY_BYTES = 5_000_000, 40_000_000
MAX_COPY_TAGS = 60_000  # read as signs of tags; so many take 1 to 5 s, and the largest page of the corpus has 5,000
MAX_IMPORTS = 3  # style sheets that import style sheets
_TAKEN_OUT = ("script", "iframe", "frame", "object", "applet", "base", "portal", "audio", "template")
_UNWRAPPED = ("embed", "animate", "set")  # no void elements to the parser: what follows them stands in them
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-image", "data-srcset", "data-lazy-srcset")
_TARGETS = ("href", "action", "formaction", "ping", "target", "xlink:href", "manifest", "srcdoc", "background")
_URL = re.compile(r"url\(\s*(?:\"([^\"\n]{1,4000})\"|'([^'\n]{1,4000})'|([^\s\"'()]{1,4000}))\s*\)", re.I)
_IMPORT = re.compile(r"@import\s+(?:url\()?\s*[\"']?([^\"'()\s;]{1,2000})[\"']?\s*\)?[^;{}]{0,200};", re.I)
_TAG_IN_SHEET = re.compile(r"<(?=[a-z/!?])", re.I)
_KINDS = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"wOFF": "font/woff",
    b"wOF2": "font/woff2",
}
# what a page hides until its scripts have run: veils before it, and parts that come as one scrolls
_UNCOVERED = (
    "*, *::before, *::after { animation: none !important; transition: none !important }"
    " [data-aos], [data-sal], [data-animate], [data-animation], .wow, .reveal, .aos-init, .animate-on-scroll, .scroll-reveal"
    " { opacity: 1 !important; visibility: visible !important; transform: none !important }"
    " [id*=preload i], [class*=preload i], [id=loader i], [class~=loader i], [id=loading i], [id=spinner i], [class~=spinner-wrapper i]"
    " { display: none !important }"
)
_SEEN = "opacity: 1 !important; visibility: visible !important; filter: none !important;"  # whatever waits for a script around it
_MARK = "outline: 4px solid #d4000f !important; outline-offset: 3px !important; scroll-margin-top: 30vh;"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedPage:
    """A page of a claim that the archive holds: its latest look."""

    look_id: LookId
    url: FinalUrl
    looked_at: Instant
    is_document: bool  # a page of a PDF


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedCopy:
    """A page as one document. missing: of its parts (pictures, style sheets, fonts), how many the archive does not hold."""

    page: CopiedPage
    html: str
    is_drawn: bool  # as a browser drew it during the crawl; else as it came over the wire
    parts: int
    missing: int
    outlined: int
    is_too_large: bool = False  # to be shown here; then it is empty
    why_not: str | None = None  # why it could not be made; then it is empty


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPlace:
    """What a claim rests on in a page: an image's address, or a sentence."""

    image_url: str | None
    original_url: str | None
    sentence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    look_id: LookId
    visit_id: VisitId
    capture_id: CaptureId
    final_url: FinalUrl
    looked_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedDocument:
    """What was made of a page; see ArchivedCopy."""

    html: str
    parts: int
    missing: int
    outlined: int
    is_too_large: bool = False


@dataclass(slots=True)
class Parts:
    """What the visit stored for addresses, as data addresses; each is read once."""

    find: Callable[[str], tuple[bytes, str] | None]  # address → content and content type
    known: dict[str, str | None] = field(default_factory=dict)
    copied_bytes: int = 0

    def data_address(self, url: str) -> str | None:
        if url not in self.known:
            self.known[url] = self._read(url)
        return self.known[url]

    def text(self, url: str) -> str | None:
        found = self.find(url)
        self.known.setdefault(url, "" if found else None)
        return decode_sheet(found[0]) if found else None

    def _read(self, url: str) -> str | None:
        found = self.find(url)
        if found is None or len(found[0]) > MAX_PART_BYTES or self.copied_bytes + len(found[0]) > MAX_COPY_BYTES:
            return None
        content, named = found
        kind = _kind_of(content, named)
        if kind is None:
            return None
        self.copied_bytes += len(content)
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def list_copied_pages(ledger: Ledger, claim_id: ClaimId) -> list[CopiedPage]:
    """Return the pages of a claim that the archive holds, each with its latest look, the latest first."""
    return ledger.select(CopiedPage, _PAGES, [claim_id])


def make_archived_copy(ledger: Ledger, warc_dir: Path, claim_id: ClaimId, look_id: LookId) -> ArchivedCopy | None:
    """Return a page of a claim as one document; None: it is none of the claim's, is no HTML, or was deleted.

    Errors: EvidenceBrokenError when the archive does not hold what the database says.
    """
    look = ledger.select_first(_Look, _LOOK, [claim_id, look_id])
    if look is None:
        return None
    try:
        stored = read_exchange(warc_dir, ledger, look.capture_id)
    except RecordDeletedError:
        return None
    if is_pdf(stored.content):
        return None
    drawn = read_drawn(ledger, warc_dir, look_id)
    page = CopiedPage(look_id=look_id, url=look.final_url, looked_at=look.looked_at, is_document=False)
    shown = ledger.select(ShownPlace, _SHOWN, [claim_id, look_id])
    copied, why_not = CopiedDocument(html="", parts=0, missing=0, outlined=0), None
    try:
        copied = SHARED.call_asking(
            copy_stored,
            lambda url: _read_part(ledger, warc_dir, look.visit_id, url),
            drawn.html if drawn else stored.content[:MAX_PAGE_BYTES],
            stored.content_type,
            look.final_url,
            shown,
        )
    except BoxedCallError as error:
        why_not = str(error)
    return ArchivedCopy(
        page=page,
        html=copied.html,
        is_drawn=drawn is not None,
        parts=copied.parts,
        missing=copied.missing,
        outlined=copied.outlined,
        is_too_large=copied.is_too_large,
        why_not=why_not,
    )


def copy_stored(
    find: Ask, content: bytes | str, content_type: str | None, url: FinalUrl, shown: Sequence[ShownPlace]
) -> CopiedDocument:
    """Return a page as a document that stands alone. Called in a box. content: as it came, or text that a browser drew."""
    text = content if isinstance(content, str) else decode_page(content, content_type, url)
    if text.count("<") > MAX_COPY_TAGS:
        return CopiedDocument(html="", parts=0, missing=0, outlined=0, is_too_large=True)
    parts = Parts(find)
    html, outlined = copy_document(text, url, parts, shown)
    missing = sum(address is None for address in parts.known.values())
    return CopiedDocument(html=html, parts=len(parts.known), missing=missing, outlined=outlined)


def copy_document(text: str, url: str, parts: Parts, shown: Sequence[ShownPlace]) -> tuple[str, int]:
    """Return a document that stands alone, and how many places in it were outlined."""
    document = Document(url=url, text=text)
    soup = parse_html(text)
    base = soup.find("base", href=True)
    base_url = (document.absolute(attribute(base, "href"), base=url) if isinstance(base, Tag) else None) or url

    def absolute(reference: str | None, against: str = base_url) -> str | None:
        return document.absolute(reference, base=against)

    marked = list(_find_marked(soup, shown, absolute))
    _lay_in_sheets(soup, parts, absolute)
    for tag in soup.find_all(_TAKEN_OUT):
        tag.extract()
    for tag in soup.find_all(_UNWRAPPED):
        tag.unwrap()
    for tag in soup.find_all("meta"):
        if attribute(tag, "http-equiv") or attribute(tag, "charset"):
            tag.extract()
    for text_node in soup.find_all(string=lambda node: isinstance(node, PreformattedString)):
        text_node.extract()  # comments and the like, whose end a browser may see earlier
    for tag in soup.find_all(True):
        _lay_in_pictures(tag, parts, absolute)
        _take_out_targets(tag)
    marked = [tag for tag in marked if any(above is soup for above in tag.parents)]  # not what was taken out
    around = {id(above): above for tag in marked for above in (tag, *tag.parents) if above.name != "[document]"}
    for above in around.values():
        above["style"] = f"{attribute(above, 'style') or ''};{_SEEN}"
    for tag in marked:
        tag["style"] = f"{tag['style']}{_MARK}"
    if marked:
        marked[0]["id"] = "found"
    head = soup.head
    if head is None:
        head = soup.new_tag("head")
        (soup.html or soup).insert(0, head)
    head.insert(0, soup.new_tag("meta", charset="utf-8"))
    uncovered = soup.new_tag("style")
    uncovered.string = _UNCOVERED
    head.append(uncovered)
    return f"<!doctype html>\n{soup}", len(marked)


def _find_marked(
    soup: BeautifulSoup, shown: Sequence[ShownPlace], absolute: Callable[[str | None], str | None]
) -> Iterator[Tag]:
    """Yield the elements that show what the claim rests on: images by their address, sentences by their words."""
    addresses = {address for piece in shown for address in (piece.image_url, piece.original_url) if address}
    seen: set[int] = set()
    for image in soup.find_all(["img", "source", "image", "input"]):
        named = [attribute(image, name) for name in ("src", "href", "xlink:href", *_LAZY)]
        named.append(best_candidate(attribute(image, "srcset")))
        if addresses & {absolute(reference) for reference in named if reference}:
            picture = image.find_parent("picture") if image.name == "source" else None
            tag = picture.find("img") if picture is not None else image
            if isinstance(tag, Tag) and id(tag) not in seen:
                seen.add(id(tag))
                yield tag
    for piece in shown:
        for tag in find_elements(soup, piece.sentence or ""):
            if id(tag) not in seen and tag.name not in ("body", "html"):
                seen.add(id(tag))
                yield tag


def _lay_in_sheets(soup: BeautifulSoup, parts: Parts, absolute: Callable[..., str | None]) -> None:
    """Put the stored style sheets where they are linked, and what they show into them."""
    for sheet in soup.find_all("style"):
        sheet.string = _with_parts(sheet.get_text(), None, parts, absolute)
    for link in soup.find_all("link"):
        rel = (attribute(link, "rel") or "").lower().split()
        url = absolute(attribute(link, "href"))
        if "stylesheet" in rel and url and (text := parts.text(url)) is not None:
            sheet = soup.new_tag("style")
            media = attribute(link, "media")
            if media:
                sheet["media"] = media
            sheet.string = _with_parts(text, url, parts, absolute)
            link.replace_with(sheet)
        else:
            link.decompose()


def _with_parts(text: str, url: str | None, parts: Parts, absolute: Callable[..., str | None], depth: int = 0) -> str:
    """A style sheet in which stored sheets and pictures stand where it names them. url: its own; None: the page's."""

    def address_of(reference: str) -> str | None:
        return absolute(reference, url) if url else absolute(reference)

    def imported(match: re.Match[str]) -> str:
        target = address_of(match[1])
        if target is None or depth >= MAX_IMPORTS:
            return ""
        sheet = parts.text(target)
        return _with_parts(sheet, target, parts, absolute, depth + 1) if sheet is not None else ""

    def laid_in(match: re.Match[str]) -> str:
        reference = match[1] or match[2] or match[3]
        if reference.startswith(("data:", "#")):
            return match[0]
        target = address_of(reference)
        data = parts.data_address(target) if target else None
        return f'url("{data}")' if data else "none"

    # in an <svg> a browser reads a style sheet as markup, and anywhere </style> ends one
    return _TAG_IN_SHEET.sub(r"\\3c ", _URL.sub(laid_in, _IMPORT.sub(imported, text)))


def _lay_in_pictures(tag: Tag, parts: Parts, absolute: Callable[..., str | None]) -> None:
    style = attribute(tag, "style")
    if style and "url(" in style.lower():
        tag["style"] = _with_parts(style, None, parts, absolute)
    if tag.name in ("image", "use") and (reference := attribute(tag, "href") or attribute(tag, "xlink:href")):
        for name in ("href", "xlink:href"):
            del tag[name]
        if reference.startswith(("#", "data:image/")):
            tag["href"] = reference
        elif tag.name == "image" and (url := absolute(reference)) and (data := parts.data_address(url)):
            tag["href"] = data
    elif tag.name in ("img", "input", "video", "source"):
        references = [attribute(tag, "poster" if tag.name == "video" else "src")]
        references += [best_candidate(attribute(tag, "srcset")), *(attribute(tag, name) for name in _LAZY)]
        data = next((data for reference in references if (data := _picture(reference, parts, absolute))), None)
        for name in ("src", "srcset", "sizes", "poster", "loading", "controls", "autoplay"):
            del tag[name]
        if data:
            tag["poster" if tag.name == "video" else "srcset" if tag.name == "source" else "src"] = data
        elif tag.name == "source":
            tag.unwrap()  # to the parser it is no void element: the img after it stands in it
        elif tag.name == "img" and not attribute(tag, "alt"):
            tag["alt"] = "(picture not in the archive)"


def _picture(reference: str | None, parts: Parts, absolute: Callable[..., str | None]) -> str | None:
    if reference is None:
        return None
    if reference.startswith("data:image/"):
        return None if len(reference) < 200 else reference  # the pixel that stands in until a script brings the picture
    if " " in reference.strip():
        reference = best_candidate(reference) or reference
    url = absolute(reference)
    return parts.data_address(url) if url else None


def _take_out_targets(tag: Tag) -> None:
    """A link says where it led, and leads nowhere."""
    led_to = attribute(tag, "href") if tag.name in ("a", "area") else None
    for name in list(tag.attrs):
        is_drawing = tag.name in ("image", "use") and name == "href"
        if name.lower().startswith("on") or (name.lower() in _TARGETS and not is_drawing):
            del tag[name]
    if led_to and led_to.startswith("#"):
        tag["href"] = led_to
    elif led_to:
        tag["title"] = f"led to {led_to[:300]}"


def _read_part(ledger: Ledger, warc_dir: Path, visit_id: VisitId, url: str) -> tuple[bytes, str] | None:
    capture_id = find_stored(ledger, visit_id, url)
    if capture_id is None:
        return None
    try:
        stored = read_exchange(warc_dir, ledger, capture_id)
    except (RecordDeletedError, EvidenceBrokenError):
        return None  # counted among what is missing; the page itself is what the copy is about
    return stored.content, (stored.content_type or "").partition(";")[0].strip().lower()


def _kind_of(content: bytes, named: str) -> str | None:
    """The kind of a picture or font: by its first bytes, else as the server named it; None: it is neither."""
    for start, kind in _KINDS.items():
        if content.startswith(start):
            return kind
    return named if re.fullmatch(r"(?:image|font)/[a-z0-9.+-]{1,40}", named) else None


_PAGES = """
    SELECT k.look_id, k.final_url AS url, max(k.looked_at) AS looked_at, p.url LIKE '%#page=%' AS is_document
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id JOIN looks k ON k.look_id = p.look_id
    WHERE e.claim_id = ? AND k.final_url IS NOT NULL AND k.capture_id NOT IN (SELECT capture_id FROM deletions)
    GROUP BY p.url ORDER BY looked_at DESC, p.url LIMIT 20
"""
_LOOK = """
    SELECT k.look_id, k.visit_id, k.capture_id, k.final_url, k.looked_at
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id JOIN looks k ON k.look_id = p.look_id
    WHERE e.claim_id = ? AND k.look_id = ? AND k.capture_id IS NOT NULL AND k.final_url IS NOT NULL LIMIT 1
"""
_SHOWN = """
    SELECT g.image_url, g.original_url,
           (SELECT t.sentence FROM sentences t WHERE t.text_match_id = e.text_match_id) AS sentence
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id LEFT JOIN sightings g ON g.sighting_id = e.sighting_id
    WHERE e.claim_id = ? AND p.look_id = ?
"""
