"""What may name or reach a person in the captures of a claim and in its case: names, e-mail addresses, telephone numbers. A person decides.

Reads: the stored pages of a claim, letters that were sent and replies, data/roles.toml. Writes nothing.

1. E-mail addresses: in the text as written and unescaped, "name [at] domain", what Cloudflare hides.
2. Telephone numbers: what libphonenumber takes for a valid one in the vendor's country, in words and in tel: links.
3. Names: where a page says so itself (schema.org Person, hCard, vCard, meta author, mailto: links), and where a position or a form of
   address stands beside words that look like a name in their script; under testimonials.
4. Whom letters name and who answered. Their words are no part of a redacted copy; who is in them may stand in the pages, too.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import phonenumbers
from bs4 import BeautifulSoup, Tag

from casebook.dossier.case_story import read_case_story
from casebook.dossier.pictures import stored_place
from casebook.export.claim_rows import read_capture_ids, read_drawn_pages
from casebook.export.redaction import decode_cloudflare
from casebook.export.redaction_list import Personal
from casebook.export.unescaped import Unescaped
from crawler.page.charsets import decode_page
from ledger.archive.warc import read_exchange, read_made
from ledger.database import Ledger
from ledger.errors import RecordDeletedError
from ledger.lexicon import fold, word_pattern
from ledger.shipped import shipped_data
from ledger.typed_texts import ClaimId

BLANKED_ADDRESS = "[e-mail address]"
MAX_TEXT_CHARS = 2_000_000
MAX_NAME_CHARS = 120
MAX_HITS = 1_000  # of positions in a line, as no person wrote it
MAX_TRIES = 500  # of the number matcher in a line: hostile digits would keep it busy
MAX_LINE_CHARS = 200  # a longer line is a sentence: names are looked for beside the position only
_TEXTUAL = re.compile(r"text/|html|xml|json|javascript|vcard", re.I)
_STATIC = re.compile(r"text/css", re.I)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+'-]{1,64}@(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w-])")
_SPELT_EMAIL = re.compile(
    r"(?<![\w.+-])([\w.+-]{1,64})\s{0,3}[\[({<]\s{0,3}(?:at|@|ät|arroba|arobase|chez)\s{0,3}[\])}>]\s{0,3}"
    r"((?:[\w-]{1,63}\s{0,3}(?:\.|[\[({<]\s{0,3}(?:dot|punkt|punto|point|ponto|\.)\s{0,3}[\])}>])\s{0,3}){1,6}[^\W\d_]{2,24})(?!\w)", re.I,
)  # fmt: skip
_SPELT_DOT = re.compile(r"\s*[\[({<]\s*(?:dot|punkt|punto|point|ponto|\.)\s*[\])}>]\s*|\s*\.\s*", re.I)
_CLOUDFLARE = re.compile(r"(?:data-cfemail=[\"']?|email-protection#)([0-9a-fA-F]{8,800})")
_FILE_END = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|css|js|woff2?)$", re.I)  # logo@2x.png is no address
_TEL = re.compile(r"(?:tel|callto):([^\"'<>]{5,40})", re.I)
_VCARD_NAME = re.compile(r"^FN[^:\r\n]{0,60}:(.{2,80})$", re.M)
# "Anna de la Cruz", "Иван Петров", "J. R. van Dyke", "O'Neil-Smith"
_WORD = r"(?:[^\W\d_a-zà-öø-ÿа-яα-ω][\w'’-]{0,30}\w\.?|[^\W\d_a-zа-я]\.)"
_PARTICLE = r"(?:de|da|di|do|dos|del|della|la|le|van|von|vom|der|den|ter|ten|zu|af|av|bin|ibn|al|el|y|e)"
_CASED_NAME = re.compile(rf"{_WORD}(?:[ \u00a0]+(?:{_PARTICLE}[ \u00a0]+){{0,2}}{_WORD}){{1,3}}")
_HAN_NAME = r"[\u3400-\u9fff々]{1,3}[ \u3000]?[\u3400-\u9fff々\u3040-\u30ff]{1,4}|[\uac00-\ud7af]{2,4}"
_UNCASED_WORDS = (
    r"[\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f]{2,20}(?: [\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f]{2,20}){0,2}"
)
_UNCASED = re.compile(rf"{_HAN_NAME}|{_UNCASED_WORDS}")
_REST_OF_WORD = re.compile(r"\w*")
_HAN = re.compile(r"[\u3400-\u9fff]{2,4}")
_SEPARATOR = re.compile(r"^[\s,:;|/()\-–—·•：，、（）]+|[\s,:;|/()\-–—·•：，、（）]+$")
_QUOTED_BY = re.compile(
    r"testimonial|author|quote-?(?:by|name)|reviewer|team-?(?:member|name)|person-?name|staff-?name|fn\b", re.I
)


@dataclass
class GatheredPersonal:
    """What some pages hold that may name or reach a person, each text once. region: the vendor's country."""

    region: str | None
    _texts: dict[tuple[str, str], Personal] = field(default_factory=dict)  # by kind and text in small letters

    def add(self, kind: str, text: str, where: str, why: str) -> None:
        """Count a text; the first page and reason stay."""
        text = " ".join(text.replace("\u00a0", " ").split()).strip(" ,;:|\"'“”„()")
        if 2 <= len(text) <= 120:
            key = (kind, fold(text))
            known = self._texts.get(key) or Personal(kind=kind, text=text, where=where, times=0, why=why)
            self._texts[key] = replace(known, times=known.times + 1)

    def listed(self) -> list[Personal]:
        """Return all of it in the order in which it was seen first."""
        return list(self._texts.values())


def blank_addresses(text: str | None) -> str | None:
    """Return a text without the e-mail addresses in it, written or spelt out."""
    if text is None:
        return None
    spelt = _SPELT_EMAIL.sub(BLANKED_ADDRESS, text)
    return _EMAIL.sub(lambda found: found[0] if _FILE_END.search(found[0]) else BLANKED_ADDRESS, spelt)


def find_personal(ledger: Ledger, warc_dir: Path, claim_id: ClaimId) -> list[Personal]:
    """Return what may name or reach a person in the pages of a claim, by kind, the most frequent first."""
    country = ledger.value(
        "SELECT s.country FROM claims c JOIN seeds s ON s.seed_id = c.seed_id WHERE c.claim_id = ?", [claim_id]
    )
    gathered = GatheredPersonal(country)
    for capture_id in read_capture_ids(ledger, claim_id):
        try:
            exchange = read_exchange(warc_dir, ledger, capture_id)
        except RecordDeletedError:
            continue
        headers = {name.lower(): value for name, value in exchange.headers}
        content_type = headers.get("content-type", "")
        if not _STATIC.search(content_type) and (
            _TEXTUAL.search(content_type) or exchange.content.lstrip()[:1] == b"<"
        ):
            read_text(
                decode_page(exchange.content, content_type, exchange.url)[:MAX_TEXT_CHARS], exchange.url, gathered
            )
    for render in read_drawn_pages(ledger, claim_id):
        place = stored_place(render.document_warc_file, render.document_warc_offset, render.document_sha256)
        assert place is not None  # noqa: S101  # a render without a failure has its document
        drawn = read_made(warc_dir, place.warc_file, place.warc_offset, place.sha256)
        read_text(drawn.decode("utf-8", "replace")[:MAX_TEXT_CHARS], "the page as drawn", gathered)
    _read_casework(ledger, claim_id, gathered)
    return sorted(gathered.listed(), key=lambda entry: (_ORDER.index(entry.kind), -entry.times, entry.text))


_ORDER = ("name", "e-mail", "phone")


def _read_casework(ledger: Ledger, claim_id: ClaimId, gathered: GatheredPersonal) -> None:
    """Add what letters that were sent and replies hold; their files are not read."""
    story = read_case_story(ledger, claim_id)
    if story is None:
        return
    for letter in story.letters:
        where = f"the letter of {letter.sent_on}"
        if looks_like_name(letter.recipient):
            gathered.add("name", letter.recipient, where, "whom a letter goes to")
        read_text(escape(f"{letter.contact}\n{letter.body}"), where, gathered)
    for reply in story.replies:
        where = f"the reply of {reply.received_on}"
        if looks_like_name(reply.sender):
            gathered.add("name", reply.sender, where, "who answered")
        read_text(escape(f"{reply.sender}\n{reply.words}"), where, gathered)


def read_text(text: str, where: str, gathered: GatheredPersonal) -> None:
    """Add what one page, script or state holds."""
    soup = BeautifulSoup(text, "lxml")
    data = [script.get_text() for script in soup.find_all("script", type=re.compile(r"json", re.I))]
    marked = list(_marked_names(soup, data, text))
    for tag in soup.find_all(["script", "style", "template"]):
        tag.decompose()
    lines = [" ".join(line.split()) for line in soup.get_text("\n").splitlines() if line.strip()]
    _add_addresses(text, lines, where, gathered)
    for target in _TEL.findall(text):
        _add_number(unquote(target), where, "a tel: link", gathered)
    for line in (*lines, *data):
        if sum(character.isdigit() for character in line) >= 6:
            for match in phonenumbers.PhoneNumberMatcher(line[:20_000], gathered.region, max_tries=MAX_TRIES):
                _add_number(match.raw_string, where, "a valid telephone number", gathered)
    for name, why in (*marked, *_names_by_role(lines)):
        gathered.add("name", name, where, why)


def _add_addresses(text: str, lines: Iterable[str], where: str, gathered: GatheredPersonal) -> None:
    seen = set()
    for layer in (text, Unescaped(text).text):
        for match in _EMAIL.finditer(layer):
            if not _FILE_END.search(match[0]):
                seen.add((match[0].removeprefix("mailto:"), "an e-mail address"))
    for code in _CLOUDFLARE.findall(text):
        if hidden := _EMAIL.search(decode_cloudflare(code)):
            seen.add((hidden[0], "an e-mail address that Cloudflare hides"))
    for line in lines:
        for match in _SPELT_EMAIL.finditer(line):
            seen.add((f"{match[1]}@{_SPELT_DOT.sub('.', match[2])}", f"an e-mail address, written {match[0]}"))
    for address, why in sorted(seen):
        times = max(1, text.count(address))
        for _ in range(times):
            gathered.add("e-mail", address, where, why)


def _add_number(written: str, where: str, why: str, gathered: GatheredPersonal) -> None:
    try:
        number = phonenumbers.parse(written, gathered.region)
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.is_possible_number(number):
        international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        gathered.add("phone", international, where, why)


def _marked_names(soup: BeautifulSoup, data: Iterable[str], text: str) -> Iterator[tuple[str, str]]:
    """Names that the page itself calls names of persons."""
    for script in data:
        try:
            yield from ((name, "schema.org Person") for name in _persons(json.loads(script)))
        except (ValueError, RecursionError):
            continue
    for person in soup.find_all(itemtype=re.compile(r"schema\.org/Person", re.I)):
        if (name := person.find(itemprop="name")) is not None:
            yield _content(name), "schema.org Person"
    for card in soup.select(".vcard .fn, .h-card .p-name, .hcard .fn, [rel~=author]"):
        yield _content(card), "hCard"
    for name in _VCARD_NAME.findall(text):
        yield name, "vCard"
    for meta in soup.find_all("meta", attrs={"name": re.compile(r"^(?:author|dc\.creator|twitter:creator)$", re.I)}):
        yield str(meta.get("content") or ""), "meta author"
    for link in soup.find_all("a", href=re.compile(r"^mailto:", re.I)):
        shown = link.get_text(" ", strip=True)
        if "@" not in shown and looks_like_name(shown):
            yield shown, "the name of a mailto: link"
        if match := re.match(r"mailto:\"?([^<\"@]{3,60})\"?\s*<", unquote(str(link["href"])), re.I):
            yield match[1], "the name of a mailto: link"
    for tag in soup.find_all(["cite", "figcaption", "footer", "span", "p", "div", "h3", "h4", "h5", "strong"]):
        is_signature = tag.name == "cite" or (tag.find_parent("blockquote") and tag.name == "footer")
        if (
            is_signature
            or (tag.name == "figcaption" and tag.find_previous_sibling("blockquote"))
            or _QUOTED_BY.search(" ".join(tag.get("class") or []))
        ):
            first = next(tag.stripped_strings, "")
            signed = _SEPARATOR.sub("", re.split(r"[,|–—]", first.lstrip("–—- "))[0])
            if looks_like_name(signed):
                yield signed, "a signature"


def _content(tag: Tag) -> str:
    return str(tag.get("content") or tag.get_text(" ", strip=True))


def _persons(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _persons(item)
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if "Person" in (kinds if isinstance(kinds, list) else [kinds]) and isinstance(value.get("name"), str):
            yield value["name"]
        for key, part in value.items():
            if key in ("author", "creator", "founder", "employee", "contactPoint") and isinstance(part, str):
                yield part
            yield from _persons(part)


def looks_like_name(text: str) -> bool:
    """Tell whether a text could be the name of a person, and nothing more."""
    return bool(_CASED_NAME.fullmatch(text) or _UNCASED.fullmatch(text))


def _names_by_role(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Names beside a position or a form of address: in the same line, or the line before or after it."""
    roles, address, behind = _words()
    for number, line in enumerate(lines):
        folded = fold(line)
        if len(folded) != len(line):  # a letter that becomes two: places in one are not those in the other
            folded = line.lower() if len(line.lower()) == len(line) else line
        near = (lines[number - 1] if number else "", lines[number + 1] if number + 1 < len(lines) else "")
        for match in islice(roles.finditer(folded), MAX_HITS):
            why = f"beside “{line[match.start() : match.end()]}”"
            stop = match.end()
            if line[stop - 1].isascii():  # the rest of the word: Leiter, Leiterin
                stop += len(_REST_OF_WORD.match(line, stop)[0])  # type: ignore[index]  # it matches nothing at least
            for name in _names_at_end(line[max(0, match.start() - MAX_NAME_CHARS) : match.start()]):
                yield name, why
            for name in _names_at_start(line[stop : stop + MAX_NAME_CHARS]):
                yield name, why
            if len(line) <= MAX_LINE_CHARS:
                for other in near:
                    if len(other) <= MAX_NAME_CHARS and looks_like_name(other) and not roles.search(fold(other)):
                        yield other, why
        for match in islice(address.finditer(folded), MAX_HITS):
            why = f"after “{line[match.start() : match.end()].strip()}”"
            for name in _names_at_start(line[match.end() : match.end() + MAX_NAME_CHARS].lstrip(". "), is_alone=True):
                yield name, why
        for match in islice(behind.finditer(line), MAX_HITS):
            yield match[1], f"before “{match[2]}”"


def _names_at_start(text: str, *, is_alone: bool = False) -> Iterator[str]:
    text = _SEPARATOR.sub("", text)
    word = re.match(_WORD, text) if is_alone else None
    if match := _CASED_NAME.match(text) or _UNCASED.match(text) or word:
        yield match[0]
        first = match[0].partition(" ")[0]
        if first != match[0] and _HAN.fullmatch(first):  # 山田 太郎 is one name, 张伟 电话 is one and the next word
            yield first


def _names_at_end(text: str) -> Iterator[str]:
    text = _SEPARATOR.sub("", text)
    names = [match for pattern in (_CASED_NAME, _UNCASED) for match in pattern.finditer(text)]
    yield from (match[0] for match in names if match.end() == len(text))


@cache
def _words() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    data = tomllib.loads(shipped_data("roles.toml").read_text(encoding="utf-8"))
    before = "|".join(sorted(map(re.escape, map(fold, data["address"]["before"])), key=len, reverse=True))
    behind = "|".join(map(re.escape, data["address"]["behind"]))
    return (
        word_pattern(word for words in data["roles"].values() for word in words),
        re.compile(rf"(?<!\w)(?:{before})(?:\.\s*|\s+)"),
        re.compile(rf"([\u3400-\u9fff]{{1,4}}|[\uac00-\ud7af]{{2,4}})\s?({behind})"),
    )
