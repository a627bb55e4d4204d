"""The words of data/noise.toml, ready to be looked for: kinds of noise by name, by group and by domain."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from urllib.parse import urlsplit

from ledger.shipped import shipped_data
from ledger.vocabulary import Noise

_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True, eq=False)  # one object a process
class NoiseWords:
    """names, groups and domains by kind of noise. All texts asked about are words in small letters."""

    names: dict[Noise, re.Pattern[str]]
    groups: dict[Noise, re.Pattern[str]]
    domains: dict[Noise, frozenset[str]]
    signs: re.Pattern[str]
    codes: frozenset[str]
    fillers: frozenset[str]
    whole: dict[Noise, frozenset[str]]  # names without spaces
    ordinary: frozenset[str]  # names of networks that are words of every day as well

    @cached_property
    def networks(self) -> frozenset[str]:
        return self.whole[Noise.SOCIAL] - self.ordinary

    def hit(self, noise: Noise, words: str) -> str | None:
        """Return the first name of a kind among the words."""
        match = self.names[noise].search(words) if words else None
        return match[0] if match else None

    def group(self, noise: Noise, words: str) -> str | None:
        """Return the first word by which groups of a kind are called."""
        match = self.groups[noise].search(words) if words else None
        return match[0] if match else None

    def sign(self, words: str) -> str | None:
        match = self.signs.search(words) if words else None
        return match[0] if match else None

    def domain(self, noise: Noise, url: str | None) -> str | None:
        """Return the domain of a kind that a URL leads to."""
        if not url:
            return None
        labels = (urlsplit(url).hostname or "").split(".")
        return next((name for at in range(len(labels)) if (name := ".".join(labels[at:])) in self.domains[noise]), None)

    def is_only(self, noise: Noise, words: str) -> str | None:
        """Return the name of a kind when the words say nothing else but fillers: "facebook icon white"."""
        named = self.hit(noise, words)
        if named and not self.telling(words.replace(named, " ", 1)):
            return named
        telling = self.telling(words)
        if not telling or len(telling) > 4:
            return None
        text = " ".join(telling)
        if text.replace(" ", "") in self.whole[noise]:
            return text
        return text if all(word in self.whole[noise] for word in telling) else None

    def and_nothing_else(self, words: str) -> str:
        """Return the words when they are few enough to be a name, else nothing: a sentence is no name."""
        return words if len(self.telling(words)) <= 2 else ""

    def telling(self, words: str) -> tuple[str, ...]:
        """Return the words that say whose a picture is."""
        return _telling(words, self)

    def country(self, words: str) -> str | None:
        parts = words.split()
        return parts[0] if parts and len(parts) <= 2 and parts[0] in self.codes else None


@lru_cache(maxsize=5_000)
def _telling(words: str, known: NoiseWords) -> tuple[str, ...]:
    parts = (_NUMBER.sub("", word) for word in words.split())
    return tuple(word for word in parts if word and word not in known.fillers)


@cache
def shipped_noise_words() -> NoiseWords:
    """Return the words shipped with the program."""
    data = tomllib.loads(shipped_data("noise.toml").read_text(encoding="utf-8"))
    tables = {noise: data.get(noise, {}) for noise in Noise}
    return NoiseWords(
        names={noise: _pattern(table.get("names", ())) for noise, table in tables.items()},
        groups={noise: _pattern(table.get("groups", ())) for noise, table in tables.items()},
        domains={noise: frozenset(table.get("domains", ())) for noise, table in tables.items()},
        signs=_pattern(data["icon"]["signs"]),
        codes=frozenset(data["flag"]["codes"]),
        fillers=frozenset(data["fillers"]["words"]),
        ordinary=frozenset(data["social"]["ordinary"]),
        whole={
            noise: frozenset(name.replace(" ", "") for name in table.get("names", ()))
            for noise, table in tables.items()
        },
    )


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    # numbers at the end of a word do not change it: "icon2"
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?=\d*(?!\w))" if ordered else r"(?!)")
