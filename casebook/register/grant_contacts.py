"""Whom a register names for letters to a partner: an e-mail address, with or without a name."""

from __future__ import annotations

import re
import unicodedata

from crawler.lists.site_addresses import is_email

MAX_CONTACT_CHARS = 300
EXPECTED = "an e-mail address, or a name and one"
_ADDRESS = re.compile(r"(?:mailto:)?[\[(<]*([^\s<>()\[\],;:?]+@[^\s<>()\[\],;:?]+)(?:\?\S*)?[\])>]*", re.I)
_JOINERS = "\u200c\u200d"  # they belong to names of some scripts
_AROUND = " ()[],;:|/–—-\"'"


def read_contact(text: str) -> str | None:
    """Return a contact as `address` or `Name <address>`; None when it is none, or names several addresses."""
    text = "".join(
        c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )  # a letter shows it
    found = list(_ADDRESS.finditer(text))
    if len(found) != 1 or len(text) > MAX_CONTACT_CHARS or not is_email(found[0][1]):
        return None
    match = found[0]
    name = " ".join(f"{text[: match.start()]} {text[match.end() :]}".split()).strip(_AROUND)
    name = re.sub(r"[<>]", "", name)
    return f"{name} <{match[1]}>" if name else match[1]
