"""What a person ticked, blanked in a copy: one text or picture goes in, the same without it comes out.

1. Each ticked text becomes a pattern over what a reader would see: any case, any white space, "erika-mustermann" in an address,
   "name [at] domain", the digits of a telephone number however they are grouped, letters without their marks.
2. It is looked for in a text as written and unescaped up to three times, with its tags and without (casebook/export/unescaped.py), in
   base64 and in what Cloudflare makes of e-mail addresses. What is between two tags of a hit goes, the tags stay.
3. Bytes are read in every charset that they may be written in; whatever is no hit stays as it is, byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import gzip
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

import phonenumbers
from anyascii import anyascii

from casebook.export.redacted_pictures import is_picture, read_remarks, without_remarks
from casebook.export.unescaped import SEAM, Unescaped, split_tags
from crawler.page.charsets import candidate_charsets
from ledger.archive.codings import BodyRefusedError, undo_content_coding
from ledger.identity import CONTENT_ID_DIGITS, sha256_hex

BLANK = "████"  # of one length whatever stood there: a length would tell something
URL_BLANK = quote(BLANK)
BYTE_BLANK = b"#"
MAX_UNPACKED_BYTES = 64_000_000
MAX_LAYERS = 3  # how often a text may be escaped; what was escaped more often was not meant to be read
_AT = r"(?:@|\s{0,3}[\[({<]\s{0,3}(?:at|@|ät|arroba|arobase|chez|a|собака|圈)\s{0,3}[\])}>]\s{0,3}|\s{1,3}at\s{1,3})"
_DOT = r"(?:\.|\s{0,3}[\[({<]\s{0,3}(?:dot|punkt|punto|point|ponto|точка|点|\.)\s{0,3}[\])}>]\s{0,3}|\s{1,3}dot\s{1,3})"
# a tag within a word, which becomes a space where the text of a page is taken out of it
_BETWEEN_LETTERS = rf"[\s{SEAM}]{{0,4}}"
_BETWEEN_WORDS = rf"[\s\-_.,+/{SEAM}]{{1,12}}"
_BETWEEN_DIGITS = rf"[\s\-./()\u2010-\u2015·_{SEAM}]{{0,4}}"
_GERMAN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
_CF_EMAIL = re.compile(r"((?:data-cfemail=[\"']?|email-protection\#))([0-9a-fA-F]{8,800})")
_BASE64 = re.compile(
    r"(?:data:([\w.+-]+/[\w.+-]+)?[^,\"'\s<>]{0,100};base64,)?((?<![A-Za-z0-9+/])[A-Za-z0-9+/]{12,}={0,2})"
)
_DIGEST_FORM = rf"(?:[0-9a-f]{{{CONTENT_ID_DIGITS}}}|[0-9a-f]{{32,64}})"  # ids made of content, and digests
_DIGEST = re.compile(_DIGEST_FORM)
# of our own pages: style and script, which hold nothing of others, digests, and pictures, which are blanked as pictures
_OURS = re.compile(
    rf"<style>.*?</style>|<script>.*?</script>|data:image/png;base64,[A-Za-z0-9+/=]+|\b{_DIGEST_FORM}\b",
    re.S,
)
_BINARY_CHARSETS = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
    "cp1251",
    "koi8-r",
    "cp1252",
)
_TEXTUAL = re.compile(r"text/|html|xml|json|javascript", re.I)
_MARKUP = re.compile(r"html|xml", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """A text to blank. kind: phone (its digits count), e-mail, name or text."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Redaction:
    """Blanks the same texts and pictures wherever they stand. pictures: the copy to show, by SHA-256 of the original."""

    texts: Sequence[Ticked]
    country: str | None = None  # of the vendor, two letters: how its telephone numbers are written
    pictures: Mapping[str, bytes] = field(default_factory=dict)

    def text(self, text: str, *, charset: str = "utf-8", blank: str = BLANK) -> str:
        """Return a text without what was ticked."""
        for is_without_tags in (False, True):
            for start, stop in reversed(self._spans(text, charset, is_without_tags=is_without_tags)):
                text = text[:start] + _blanked(text[start:stop], blank) + text[stop:]
        text = _CF_EMAIL.sub(self._cloudflare, text)
        return _BASE64.sub(self._base64, text)

    def holds(self, text: str) -> bool:
        return self.text(text) != text

    def url(self, url: str) -> str:
        """Return an address, or the value of a header: ASCII stays ASCII."""
        return self.text(url, blank=URL_BLANK)

    def page(self, text: str) -> str:
        """Return a page of ours; style, script, digests and pictures stay."""
        parts, place = [], 0
        for match in _OURS.finditer(text):
            parts += [self.text(text[place : match.start()]), match[0]]
            place = match.end()
        return "".join([*parts, self.text(text[place:])])

    def value(self, value: Any) -> Any:
        """Return a value of JSON; digests stay."""
        if isinstance(value, str):
            return value if _DIGEST.fullmatch(value) else self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.value(key): self.value(part) for key, part in value.items()}
        return value

    def body(self, content: bytes, content_type: str | None, url: str) -> bytes:
        """Return what a server sent, content coding undone."""
        replaced = self.pictures.get(sha256_hex(content))
        if replaced is not None:
            return replaced
        if is_picture(content):
            return self._picture(content)
        if content.startswith(b"\x1f\x8b"):  # a drawing or a site map packed as a file
            return self._packed(content, content_type, url)
        charsets = candidate_charsets(content, content_type, url)
        is_text = _TEXTUAL.search(content_type or "") or content.lstrip()[:1] in (b"<", b"{")
        if b"\x00" in content[:4096] and not is_text and not charsets[0].startswith(("utf-16", "utf-32")):
            return self._binary(content)
        for charset in charsets:
            # what is ASCII is read with UTF-8, whatever stands beside it
            if charset.startswith("utf") or self._is_beyond_ascii or b"\x1b" in content:
                content = self._recoded(content, charset, content_type or "")
        return content

    def _recoded(self, content: bytes, charset: str, content_type: str) -> bytes:
        blank = _blank_in(charset, content_type)
        try:
            text = content.decode(charset, "surrogateescape")
            if text.encode(charset, "surrogateescape") == content:
                redacted = self.text(text, charset=charset, blank=blank)
                return content if redacted == text else redacted.encode(charset, "surrogateescape")
        except UnicodeError:
            pass
        # a character that has two spellings in this charset, or a broken one: only what is blanked may change
        for is_without_tags in (False, True):
            text, places = _decoded_with_places(content, charset)
            for start, stop in reversed(self._spans(text, charset, is_without_tags=is_without_tags)):
                made = _blanked(text[start:stop], blank).encode(charset, "replace")
                content = content[: places[start]] + made + content[places[stop] :]
        return content

    def _packed(self, content: bytes, content_type: str | None, url: str) -> bytes:
        try:
            unpacked = undo_content_coding(content, "gzip", max_bytes=MAX_UNPACKED_BYTES)
        except BodyRefusedError:
            unpacked = content
        if unpacked.startswith(b"\x1f\x8b"):  # not unpacked, or a file within a file
            return self._binary(content)
        redacted = self.body(unpacked, content_type, url)
        return content if redacted == unpacked else gzip.compress(redacted, mtime=0)

    def _binary(self, content: bytes) -> bytes:
        """Bytes that are no text, with what they hold of a ticked text overwritten."""
        for pattern in self._byte_patterns:
            content = pattern.sub(lambda match: BYTE_BLANK * len(match[0]), content)
        return content

    def _picture(self, content: bytes) -> bytes:
        """A picture whose remarks hold a ticked text, without its remarks."""
        if self._binary(content) == content and not any(map(self.holds, read_remarks(content))):
            return content
        return without_remarks(content) or self._binary(content)

    def _spans(self, text: str, charset: str, *, is_without_tags: bool) -> list[tuple[int, int]]:
        """Where ticked texts stand, from the first to the last, none within another."""
        hits: list[tuple[int, int]] = []
        for layer, steps in _layers(text, charset, is_without_tags=is_without_tags):
            folded = _fold(layer)
            for pattern in self._patterns:
                for match in pattern.finditer(folded):
                    start, stop = match.span()
                    for step in reversed(steps):
                        start, stop = step.span(start, stop)
                    hits.append((start, stop))
        merged: list[tuple[int, int]] = []
        for start, stop in sorted(hits):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
            else:
                merged.append((start, stop))
        return merged

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for ticked in self.texts for pattern in _patterns_of(ticked, self.country))

    @cached_property
    def _byte_patterns(self) -> tuple[re.Pattern[bytes], ...]:
        written = {unicodedata.normalize(form, ticked.text) for ticked in self.texts for form in ("NFC", "NFD")}
        cased = {form for text in written for form in (text, text.lower(), text.upper(), text.title())}
        coded = {form.encode(charset) for form in cased for charset in _BINARY_CHARSETS if _is_in(form, charset)}
        return tuple(re.compile(re.escape(form), re.I) for form in sorted(coded))

    @cached_property
    def _is_beyond_ascii(self) -> bool:
        return not all(ticked.text.isascii() for ticked in self.texts)

    def _cloudflare(self, match: re.Match[str]) -> str:
        address = decode_cloudflare(match[2])
        return match[0] if not self.holds(address) else match[1] + "00" + BLANK.encode().hex()

    def _base64(self, match: re.Match[str]) -> str:
        try:
            content = base64.b64decode(match[2] + "=" * (-len(match[2]) % 4), validate=True)
        except (binascii.Error, ValueError):
            return match[0]
        if match[1] or match[0] != match[2]:
            redacted = self.body(content, match[1], "")
        else:
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError:
                return match[0]
            redacted = content if not text.isprintable() else self.text(text).encode()
        head = match[0][: match.start(2) - match.start()]
        return match[0] if redacted == content else head + base64.b64encode(redacted).decode()


def decode_cloudflare(code: str) -> str:
    """Return the address of a data-cfemail attribute: each byte is crossed with the first. Empty when it is none."""
    if len(code) % 2 or not re.fullmatch(r"[0-9a-fA-F]{4,}", code):
        return ""
    data = bytes.fromhex(code)
    return bytes(byte ^ data[0] for byte in data[1:]).decode("utf-8", "replace")


def _layers(text: str, charset: str, *, is_without_tags: bool) -> Iterator[tuple[str, list[Unescaped]]]:
    """The text as given, unescaped once, twice, …: each with the steps that lead to it."""
    steps: list[Unescaped] = []
    if is_without_tags:
        steps = [Unescaped(text, is_without_tags=True)]
        if steps[0].is_as_given:
            return
        text = steps[0].text
    yield text, steps
    for _ in range(MAX_LAYERS):
        step = Unescaped(text, charset=charset)
        if step.is_as_given:
            return
        steps, text = [*steps, step], step.text
        yield text, steps
        if not is_without_tags and "<" in text:  # a page within a string of a script
            bare = Unescaped(text, is_without_tags=True)
            if not bare.is_as_given:
                yield bare.text, [*steps, bare]


def _blanked(written: str, blank: str) -> str:
    """A hit without its text; its tags stay, the blank where its text begins."""
    parts = split_tags(written)
    if len(parts) == 1:
        return blank
    made, is_blank_there = [], False
    for part, is_tag in parts:
        if is_tag:
            made.append(part)
        elif part.strip() and not is_blank_there:
            made.append(blank)
            is_blank_there = True
    return "".join(made)


def _patterns_of(ticked: Ticked, country: str | None) -> Iterator[str]:
    if ticked.kind == "phone" and (pattern := _phone_pattern(ticked.text, country)):
        yield pattern
    yield _text_pattern(ticked.text)
    words = ticked.text.split()
    if ticked.kind == "name" and len(words) > 1:
        yield _text_pattern(" ".join([words[-1], *words[:-1]]))  # Mustermann, Erika


def _text_pattern(text: str) -> str:
    is_address = "@" in text
    parts = []
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        if character == " ":
            parts.append(_BETWEEN_WORDS)
        elif character == "@":
            parts.append(_AT)
        elif character == "." and is_address:
            parts.append(_DOT)
        else:
            parts.append(_letter_pattern(character))
    return _BETWEEN_LETTERS.join(parts)


def _letter_pattern(character: str) -> str:
    folded = _fold(character)
    forms = [folded, *([character.lower()] if character.lower() != folded else [])]
    if not character.isascii() and unicodedata.category(character)[0] == "L":
        forms += [unicodedata.normalize("NFD", folded), _GERMAN.get(folded, "")]
        if "LATIN" in unicodedata.name(character, ""):
            forms.append(anyascii(folded).lower())
        elif unicodedata.category(character) == "Lo":  # scripts in which white space between letters means nothing
            return rf"{re.escape(folded)}\s{{0,2}}"
    listed = sorted({form for form in forms if form}, key=lambda form: (-len(form), form))
    return re.escape(listed[0]) if len(listed) == 1 else f"(?:{'|'.join(map(re.escape, listed))})"


def _phone_pattern(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        digits = re.sub(r"\D", "", _fold(text))
        return rf"(?<!\d){_BETWEEN_DIGITS.join(digits)}(?!\d)" if len(digits) >= 5 else None
    digits = phonenumbers.national_significant_number(number)
    country_code = _BETWEEN_DIGITS.join(str(number.country_code))
    before = rf"(?:(?:\+|00){_BETWEEN_DIGITS}{country_code}{_BETWEEN_DIGITS})?(?:0{_BETWEEN_DIGITS})?"
    return rf"(?<![0-9a-f]){before}{_BETWEEN_DIGITS.join(digits)}(?!\d)|(?<!\d){country_code}{_BETWEEN_DIGITS.join(digits)}(?!\d)"


def _fold(text: str) -> str:
    """Text as it is compared, of the same length."""
    lowered = text.lower() if text.isascii() else ""
    return lowered or "".join(map(_folded, text))


@lru_cache(maxsize=20_000)
def _folded(character: str) -> str:
    if character.isdigit() and not character.isascii():
        return str(unicodedata.digit(character))
    plain = unicodedata.normalize("NFKC", character).lower()
    lowered = plain if len(plain) == 1 else character.lower()
    return lowered if len(lowered) == 1 else character


def _blank_in(charset: str, content_type: str) -> str:
    if not _is_in(BLANK, charset):
        return "&#9608;" * len(BLANK) if _MARKUP.search(content_type) else "#" * len(BLANK)
    return BLANK


def _is_in(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _decoded_with_places(content: bytes, charset: str) -> tuple[str, list[int]]:
    """The text of some bytes, and where each of its characters begins in them."""
    decoder = codecs.getincrementaldecoder(charset)("replace")
    characters: list[str] = []
    places, begun = [], 0
    for at in range(len(content)):
        read = decoder.decode(content[at : at + 1], final=at == len(content) - 1)
        for place, character in enumerate(read):
            characters.append(character)
            places.append(min(begun + place, at))
        if read:
            begun = at + 1
    return "".join(characters), [*places, len(content)]
