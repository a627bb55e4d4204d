"""The words of data/lists.toml: what headings of columns say, what "no end" is called, whose mailboxes and profiles are nobody's site."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache

from ledger.shipped import shipped_data

_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, eq=False)  # one object a process
class ListWords:
    """headings: by what a column holds; all words as `heading_words` and `cell_words` write them."""

    headings: dict[str, tuple[str, ...]]
    nothing: frozenset[str]
    open_end: frozenset[str]
    mail_providers: frozenset[str]
    mail_families: frozenset[str]  # providers under many suffixes
    profile_networks: frozenset[str]


def heading_words(text: str) -> str:
    """Return a heading as it is compared: `E-Mail_Adresse *` → `e mail adresse`."""
    return _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def cell_words(text: str) -> str:
    """Return a cell as it is compared with words that stand for nothing or for no end."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def shipped_list_words() -> ListWords:
    """Return the words shipped with the program."""
    data = tomllib.loads(shipped_data("lists.toml").read_text(encoding="utf-8"))
    return ListWords(
        headings={holds: tuple(map(heading_words, words)) for holds, words in data["headings"].items()},
        nothing=frozenset(map(cell_words, data["nothing"]["words"])),
        open_end=frozenset(map(cell_words, data["open_end"]["words"])),
        mail_providers=frozenset(data["mail"]["providers"]),
        mail_families=frozenset(data["mail"]["families"]),
        profile_networks=frozenset(data["profiles"]["networks"]),
    )


def says_nothing(cell: str) -> bool:
    """Tell whether a cell is empty, or says that there is nothing: `n/a`, `-`."""
    return not cell or cell_words(cell) in shipped_list_words().nothing
