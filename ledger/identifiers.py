"""Identifiers of companies: LEIs, checked by their check digits, and registration numbers with who issued them.

An identifier decides a search, so nothing is taken for one that another company could share: a bare
registration number is not enough, because every country counts from 1.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
_ISSUED = re.compile(r"([^\W_]{2}[\w .-]{0,30}?)\s*:\s*(\S.*)")
_SEPARATORS = re.compile(r"[\s./_-]+")
MAX_CHARS = 80
_NUMBERS = {ord(letter): str(ord(letter) - ord("A") + 10) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def is_lei(text: str) -> bool:
    """Tell whether a text in normal form is an LEI: 20 characters whose last two are right.

    Source: ISO 17442-1, check digits by ISO/IEC 7064 MOD 97-10: letters count 10 to 35, and the number is 1 modulo 97.
    """
    return bool(_LEI.fullmatch(text)) and int(text.translate(_NUMBERS)) % 97 == 1


@lru_cache(maxsize=65_536)
def normal_identifier(text: str) -> str:
    """Return an identifier as it is compared: an LEI, or `ISSUER:NUMBER` (`de hrb: 12 345` → `DE HRB:12345`).

    Errors: ValueError, in words, when it is neither.
    """
    text = " ".join(text.split()).upper()
    if len(text) > MAX_CHARS:
        raise ValueError(f"it has more than {MAX_CHARS} characters")
    bare = _SEPARATORS.sub("", text.removeprefix("LEI:").removeprefix("LEI "))
    if _LEI.fullmatch(bare):
        if not is_lei(bare):
            raise ValueError("the check digits of this LEI are wrong, so it has a slip of the pen")
        return bare
    issued = _ISSUED.fullmatch(text)
    if issued is None:
        raise ValueError("it is no LEI, and does not say who issued it")
    number = _SEPARATORS.sub("", issued[2])
    if not any(character.isdigit() for character in number):
        raise ValueError("the number has no digit")
    return f"{' '.join(_SEPARATORS.sub(' ', issued[1]).split())}:{number}"


def check_digits(stem: str) -> str:
    """Return the two check digits of the first 18 characters of an LEI."""
    return f"{98 - int(f'{stem}00'.translate(_NUMBERS)) % 97:02d}"
