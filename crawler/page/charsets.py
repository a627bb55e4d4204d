"""A page's bytes → its text, whatever they declare.

1. A byte order mark decides.
2. Text that is UTF-8 is UTF-8, whatever is declared: servers say ISO-8859-1 by default.
3. Else what header, `<meta>` or XML declaration say, as browsers understand the label; a few broken bytes do not matter.
4. Where nothing is declared, or it is wrong: the charsets usual for the page's language or country, then any of the
   common ones whose result looks most like a language.

Never fails: what nothing explains is read with replacements.
"""

from __future__ import annotations

import codecs
import re
from urllib.parse import urlsplit

from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding, resolve_encoding

HEAD_BYTES = 16_384  # the standard says 1,024; inline styles before <meta> are common, browsers read on
SAMPLE_BYTES = 50_000
MAX_BROKEN_SHARE = 0.002  # of characters: a cut or a pasted word, not a wrong charset
MIN_SEQUENCES = 4  # of several bytes that make UTF-8 certain; fewer may be a word of GBK that looks like it
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEQUENCE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_LANG = re.compile(rb"<html[^>]{0,500}?\blang\s*=\s*[\"']?([A-Za-z]{2,3}(?:-[A-Za-z]+)?)", re.I)
# what pages of a language or country without a declaration were written in: the fallbacks of browsers
_USUAL = {
    "ru": ("cp1251", "koi8-r"),
    "uk": ("cp1251", "koi8-u"),
    "bg": ("cp1251",),
    "by": ("cp1251",),
    "ua": ("cp1251", "koi8-u"),
    "kz": ("cp1251",),
    "sr": ("cp1251", "cp1250"),
    "zh": ("gb18030", "big5"),
    "cn": ("gb18030",),
    "zh-tw": ("big5", "gb18030"),
    "zh-hk": ("big5", "gb18030"),
    "tw": ("big5",),
    "hk": ("big5",),
    "ja": ("cp932", "euc_jp"),
    "jp": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "kr": ("cp949",),
    "pl": ("cp1250", "iso8859-2"),
    "cs": ("cp1250", "iso8859-2"),
    "cz": ("cp1250", "iso8859-2"),
    "hu": ("cp1250", "iso8859-2"),
    "sk": ("cp1250", "iso8859-2"),
    "hr": ("cp1250",),
    "ro": ("cp1250",),
    "sl": ("cp1250", "iso8859-2"),
    "et": ("cp1257", "cp1252"),
    "lv": ("cp1257", "iso8859-13"),
    "lt": ("cp1257", "iso8859-13"),
    "tr": ("cp1254",),
    "el": ("cp1253",),
    "gr": ("cp1253",),
    "he": ("cp1255",),
    "il": ("cp1255",),
    "ar": ("cp1256",),
    "th": ("cp874",),
    "vi": ("cp1258",),
}
_COMMON = ("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8-r", "cp1252")
_SCRIPTS = {
    "han": re.compile(r"[\u4e00-\u9fff]"),
    "kana": re.compile(r"[\u3040-\u30ff]"),
    "hangul": re.compile(r"[\uac00-\ud7a3]"),
    "cyrillic": re.compile(r"[\u0410-\u044f]"),
    "latin": re.compile(r"[\u00c0-\u00ff]"),
}
_CYRILLIC_WORD = re.compile(r"[\u0410-\u044f]{3,}")
_FREQUENT_HAN = frozenset(
    "的一是不了在人有我他这们中来上大和国地到以说时要就出会可也你对生能而子得于着下自之年过发后作里用公司合伙伴我們這來國個說時會對後發務產品業資訊服"
)


def decode_page(content: bytes, content_type: str | None, url: str) -> str:
    """Return the text of a page, without byte order mark."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    declared = _declared(content, content_type)
    if (text := _as_utf8(content, declared)) is not None:
        return text
    if (utf16 := _utf16_without_mark(content)) is not None:
        return content.decode(utf16, "replace")
    for name in declared:
        if (text := _nearly(content, name)) is not None:
            return text
    for name in _usual(content, url):
        if (text := _nearly(content, name)) is not None:
            return text
    best = max(_COMMON, key=lambda name: _likeness(content[:SAMPLE_BYTES], name))
    if _likeness(content[:SAMPLE_BYTES], best) > 0 and (text := _nearly(content, best)) is not None:
        return text
    return html_to_unicode(content_type, content)[1].lstrip("\ufeff")


def candidate_charsets(content: bytes, content_type: str | None, url: str) -> list[str]:
    """Return every charset that text may be written in, for whoever must not overlook a word of it; the likeliest first."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return [name]
    if (utf16 := _utf16_without_mark(content)) is not None:
        return [utf16]
    named = ["utf-8", *_declared(content, content_type), *_usual(content, url), *_COMMON]
    shifted = ["iso2022_jp"] if b"\x1b$" in content else []
    return list(dict.fromkeys(codecs.lookup(name).name for name in (*named, *shifted)))


def _declared(content: bytes, content_type: str | None) -> list[str]:
    labels = (http_content_type_encoding(content_type), html_body_declared_encoding(content[:HEAD_BYTES]))
    names = [name for label in labels if label and (name := resolve_encoding(label))]
    return list(dict.fromkeys(names))


def _as_utf8(content: bytes, declared: list[str]) -> str | None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        # a page that was cut off in the middle of a character
        if error.start < len(content) - 4 and ("utf-8" not in declared or _nearly(content, "utf-8") is None):
            return None
        return content.decode("utf-8", "replace")
    if declared and "utf-8" not in declared and not text.isascii():
        few = len(_SEQUENCE.findall(content[:SAMPLE_BYTES])) < MIN_SEQUENCES
        return None if few and _nearly(content, declared[0]) is not None else text
    # 7-bit charsets look like ASCII
    return text if "\x1b" not in text and "\x00" not in text[:1_000] else None


def _utf16_without_mark(content: bytes) -> str | None:
    sample = content[:2_000]
    zeros = [sample[side::2].count(0) / max(1, len(sample) // 2) for side in (0, 1)]
    # markup is ASCII: every second byte of it is zero
    if max(zeros) < 0.3 or min(zeros) > 0.05:
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _nearly(content: bytes, name: str) -> str | None:
    """Return content in a charset, if no more than MAX_BROKEN_SHARE of it is broken."""
    try:
        text = content.decode(name, "replace")
    except (LookupError, UnicodeError):
        return None
    return text if text.count("\ufffd") <= max(1, MAX_BROKEN_SHARE * len(text)) else None


def _usual(content: bytes, url: str) -> tuple[str, ...]:
    language = _LANG.search(content[:HEAD_BYTES])
    tag = language[1].decode("ascii").lower() if language else ""
    country = (urlsplit(url).hostname or "").rpartition(".")[2]
    return _USUAL.get(tag) or _USUAL.get(tag.partition("-")[0]) or _USUAL.get(country) or ()


def _likeness(sample: bytes, name: str) -> float:
    """How much a sample looks like a language in a charset: the share of its letters in one script, by habit of that."""
    text = sample.decode(name, "replace")
    others = [character for character in text if character > "\x7f"]
    if not others or text.count("\ufffd") > 2:
        return 0.0
    shares = {script: len(pattern.findall(text)) / len(others) for script, pattern in _SCRIPTS.items()}
    if name in ("gb18030", "big5"):
        frequent = sum(character in _FREQUENT_HAN for character in others) / len(others)
        return shares["han"] * min(1.0, 5 * frequent)
    if name in ("cp932", "euc_jp"):
        return (shares["han"] + shares["kana"]) * min(1.0, 4 * shares["kana"])
    if name == "cp949":
        return shares["hangul"]
    if name in ("cp1251", "koi8-r"):
        # in the wrong one of the two, words are WRITTEN tHE OTHER WAY ROUND
        small = sum("\u0430" <= character <= "\u044f" for character in others) / len(others)
        # Western letters beyond ASCII, read as Cyrillic, stand alone between ASCII ones
        in_words = sum(map(len, _CYRILLIC_WORD.findall(text))) / len(others)
        return shares["cyrillic"] * small * in_words
    # Western text has few letters beyond ASCII, most of them alone between others
    return 0.5 * shares["latin"] if len(others) < 0.1 * len(text) else 0.1 * shares["latin"]
