"""The text of an SVG as UTF-8: programs on Windows save drawings as UTF-16, with a mark at the beginning or without."""

from __future__ import annotations

import codecs
import re

_SIGNS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16 does, so it is asked first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED = re.compile(r"(<\?xml[^>]{0,200}?)\s+encoding\s*=\s*(\"[^\"]{0,40}\"|'[^']{0,40}')")


def as_utf8(content: bytes) -> bytes:
    """The text in UTF-8, without a declaration of what it was in; unchanged if it is neither UTF-16 nor UTF-32.

    What does not decode is replaced: the parser then says where the drawing is broken.
    """
    encoding = next((name for sign, name in _SIGNS if content.startswith(sign)), None)
    if encoding is None:
        return content
    text = content.decode(encoding, "replace")
    return (_DECLARED.sub(r"\1", text[:400], count=1) + text[400:]).encode("utf-8", "replace")
