"""Which encoding a text file is in: UTF-8 or UTF-16 with or without their mark, else Windows-1252 where that is plausible.

1. A byte order mark says it.
2. NULs in every other byte are UTF-16: of a table, half of the characters are ASCII.
3. What is UTF-8 from the first byte to the last is UTF-8: hardly any other text is by chance.
4. What is left is read as Windows-1252, as spreadsheets in western Europe save it, unless the words that come out are none.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from ledger.errors import BadInputError, Problem

NAMES = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
}
_MARKS = (  # the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SNIFFED_BYTES = 1 << 16
_READ_AT_ONCE = 1 << 20
# Chosen on lists of names and addresses in Chinese, Russian and English, of which the first has fewest: a third. Tried 0.05 to 0.4
MIN_NUL_SHARE = 0.15
MIN_SIDE_SHARE = 0.95  # of the NULs, in bytes of the same parity
# In text of western Europe a letter beyond ASCII stands alone among others; read from GBK, Shift JIS, KOI8 or Windows-1251 they
# stand side by side (0.9 and more of them), from Windows-1250 a sign such as ³ stands within a word
MAX_NEIGHBOUR_SHARE = 0.5
MAX_SIGNS_IN_WORDS_SHARE = 0.1
MIN_JUDGED_CHARS = 4


def encoding_of(path: Path) -> str:
    """Return the name of the codec that reads a file. Errors: OSError; BadInputError when none of ours does."""
    with path.open("rb") as file:
        start = file.read(_SNIFFED_BYTES)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    wide = _wide_encoding(start)
    if wide is not None:
        return wide
    if _is_utf8(path):
        return "utf-8-sig"
    if _is_western(path):
        return "cp1252"
    raise BadInputError(
        Problem(
            where=str(path),
            expected="text in UTF-8, UTF-16 or Windows-1252",
            got="another encoding",
            next_step='save the file as "CSV UTF-8", or name its encoding in a mapping: [file] encoding = "cp1251"',
        )
    )


def _wide_encoding(start: bytes) -> str | None:
    even, odd = start[::2].count(0), start[1::2].count(0)
    count = even + odd
    if count < 2 or count < MIN_NUL_SHARE * len(start):
        return None
    if odd >= MIN_SIDE_SHARE * count:
        return "utf-16-le"
    return "utf-16-be" if even >= MIN_SIDE_SHARE * count else None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while data := file.read(_READ_AT_ONCE):
                decoder.decode(data)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_western(path: Path) -> bool:
    """Tell whether what Windows-1252 makes of the lines beyond ASCII looks like words."""
    lines, size = [], 0
    with path.open("rb") as file:
        while line := file.readline(_READ_AT_ONCE):
            if not line.isascii():
                lines.append(line)
                size += len(line)
                if size > _SNIFFED_BYTES:
                    break
    try:
        text = b"\n".join(lines)[: 4 * _SNIFFED_BYTES].decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = side_by_side = signs = 0
    for before, sign, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if sign.isascii():
            continue
        beyond += 1
        side_by_side += not before.isascii() or not after.isascii()
        signs += not sign.isalpha() and before.isalpha() and after.isalpha() and sign not in "’‘–"
    if beyond < MIN_JUDGED_CHARS:
        return True
    return side_by_side <= MAX_NEIGHBOUR_SHARE * beyond and signs <= MAX_SIGNS_IN_WORDS_SHARE * beyond
