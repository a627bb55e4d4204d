"""Where a text names a brand: its names and aliases in every script, with the borders that each script has.

1. A Latin, Cyrillic or Arabic name stands alone: "Acme", not "Acmex". Chinese, Japanese and Korean write without spaces and glue particles to names.
2. A name in an address (mail, URL, domain) is none.
3. Short capitals count only as written: "IT" is no brand in "it".
4. A word of everyday counts only as the brand writes it: "an oracle" names nobody. In front of a word that tells a relation
   ("an oracle alliance partner") it does: the reader of the sentence asks `is_ordinary`.
5. Languages that decline add an ending ("Kestrovy", "Кестровой", "Kestrovának"), in the place of a last vowel; Arabic and Hebrew put one
   letter before (لكيستروفا). Which endings, the language's list `endings` says; a word that only begins like a short name is none.
6. A sentence with one of the brand's own words for "not us" (brand.toml: not_when = ["pie", "orchard"]) doesn't name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ledger.domains import registrable_domain
from ledger.lexicon import shared_pattern
from matcher.words.levelled import Levelled, level_word

_GLUED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_GLUED_LETTER = re.compile(f"[{_GLUED}]")
# mail, URL, www; and a name that goes on as a domain does ("acme.example", not "Acme.Call us")
_IN_ADDRESS_BEFORE = re.compile(r"(@|://\S*|www\.)$", re.I)
_IN_ADDRESS_AFTER = re.compile(r"[\w-]{0,40}(?:@[\w-]|\.[a-z]{2,}(?![A-Z]))")
_UNDECLINED = re.compile(r"[^a-zà-žа-яіїєґα-ώ .&'-]")  # scripts without such endings
_LOOK = 40  # characters before and after a name that tell an address
LONGEST_ACRONYM = 4
SHORTEST_OF_DOMAIN = 4  # letters
SHORTEST_DECLINED = 5  # letters; "Acmen" may well be another firm
_VOWELS = "aeiouyаяеоиуы"
_PREFIXES = {"ar": "ولبكف", "he": "והבלמכש"}  # and, to, in, like, so; the, from, that
_PREFIXED = re.compile(r"[\u0590-\u06ff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name of a brand, as it is looked for. not_when: words beside which the name means something else."""

    brand: str
    text: str
    not_when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """A name found in a levelled text, [start, stop). is_ordinary: written as an everyday word, not as a name.

    ending: what stands there in place of the name's own end, or behind it; empty: the name as it is.
    """

    brand: str
    alias: str
    start: int
    stop: int
    is_ordinary: bool
    not_when: tuple[str, ...]
    ending: str = ""


def brand_names(brand: str, name: str, aliases: Iterable[str], not_when: Iterable[str] = ()) -> list[Name]:
    """Return the names under which a brand is looked for, each once."""
    without = tuple(map(level_word, not_when))
    return [Name(brand=brand, text=text, not_when=without) for text in dict.fromkeys((name, *aliases)) if text.strip()]


def domain_names(brand: str, domains: Iterable[str]) -> list[Name]:
    """Return the names that a brand's own domains say: of azure.example "azure". Few are words of everyday: whoever asks for them is to
    look in places of names only, not in sentences."""
    labels = (registrable_domain(domain).partition(".")[0] for domain in domains)
    return [Name(brand=brand, text=label) for label in dict.fromkeys(labels) if len(label) >= SHORTEST_OF_DOMAIN]


@dataclass(frozen=True)
class NameFinder:
    """Finds the names of some brands; made once, used for every text."""

    names: Sequence[Name]
    endings: frozenset[str] = frozenset()  # of all languages

    @cached_property
    def _by_stem(self) -> dict[str, list[tuple[str, Name]]]:
        """Return stem → the end that the name itself has, and the name; of the names that may be declined."""
        found: dict[str, list[tuple[str, Name]]] = {}
        for name in self.names:
            key = _key(level_word(name.text))
            if (
                len(key) >= SHORTEST_DECLINED
                and key[-1].isalpha()
                and not _is_acronym(name.text)
                and not _UNDECLINED.search(key)
            ):
                stem = key[:-1] if key[-1] in _VOWELS else key
                for each in dict.fromkeys((stem, key[:-1] if key[-1] == "s" else stem)):  # Ambralis: Ambraliksen
                    found.setdefault(each, []).append((key[len(each) :], name))
        return found

    @cached_property
    def _declined(self) -> re.Pattern[str]:
        if not self.endings or not self._by_stem:
            return re.compile(r"(?!)")
        border = f"[^\\W_{_GLUED}]"
        return re.compile(f"(?<!{border})({shared_pattern(self._by_stem)})({shared_pattern(self.endings)})(?!{border})")

    @cached_property
    def _by_text(self) -> dict[str, list[Name]]:
        found: dict[str, list[Name]] = {}
        for name in self.names:
            found.setdefault(_key(level_word(name.text)), []).append(name)
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # borders differ by how a name begins and ends; in each class the names share their beginnings
        classes: dict[tuple[bool, bool], list[str]] = {}
        for text in self._by_text:
            classes.setdefault((bool(_GLUED_LETTER.match(text)), bool(_GLUED_LETTER.match(text[-1]))), []).append(text)
        border = f"[^\\W_{_GLUED}]"
        parts = [
            ("" if begins else f"(?<!{border})") + f"(?:{shared_pattern(texts)})" + ("" if ends else f"(?!{border})")
            for (begins, ends), texts in sorted(classes.items())
        ]
        return re.compile("|".join(parts or [r"(?!)"]))

    @cached_property
    def _after_prefix(self) -> re.Pattern[str]:
        """Names of the Arabic and Hebrew scripts behind a letter that is glued to them."""
        border = f"[^\\W_{_GLUED}]"
        names = [text for text in self._by_text if _PREFIXED.match(text)]
        before = "|".join(f"(?<=(?<!{border})[{letters}])" for letters in _PREFIXES.values())
        return re.compile(f"(?:{before})(?:{shared_pattern(names)})(?!{border})" if names else r"(?!)")

    def find(self, text: str, levelled: Levelled, endings: frozenset[str] = frozenset()) -> list[Naming]:
        """Return the names in a text, in order. levelled: the same text, levelled; endings: with which names are declined there."""
        found = list(self._named(self._pattern, text, levelled))
        if not text.isascii() and _PREFIXED.search(levelled.text):
            found += self._named(self._after_prefix, text, levelled)
        if endings:
            found += (naming for naming in self._find_declined(text, levelled) if naming.ending in endings)
        return sorted(found, key=lambda naming: naming.start) if len(found) > 1 else found

    def _named(self, pattern: re.Pattern[str], text: str, levelled: Levelled) -> Iterator[Naming]:
        for match in pattern.finditer(levelled.text):
            place = levelled.original(match.start(), match.end())
            if _is_in_address(text, place):
                continue
            written = text[place]
            for name in self._by_text.get(_key(match[0]), ()):
                if _is_acronym(name.text) and written != name.text and not _is_wide(written):
                    continue
                yield Naming(
                    brand=name.brand,
                    alias=written,
                    start=match.start(),
                    stop=match.end(),
                    is_ordinary=written.islower() and not name.text.islower() and " " not in written,
                    not_when=name.not_when,
                )

    def _find_declined(self, text: str, levelled: Levelled) -> Iterator[Naming]:
        for match in self._declined.finditer(levelled.text):
            place = levelled.original(match.start(), match.end())
            written = text[place]
            if not written[:1].isupper() or _is_in_address(text, place):
                continue
            for own_end, name in self._by_stem[_key(match[1])]:
                if match[2] != own_end:
                    yield Naming(
                        brand=name.brand,
                        alias=written,
                        start=match.start(),
                        stop=match.end(),
                        is_ordinary=False,
                        not_when=name.not_when,
                        ending=match[2],
                    )


def _key(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _is_acronym(text: str) -> bool:
    return len(text) <= LONGEST_ACRONYM and text.isupper() and text.isascii()


def _is_wide(text: str) -> bool:
    return not text.isascii() and text.upper() == text


def _is_in_address(text: str, place: slice) -> bool:
    return bool(
        _IN_ADDRESS_BEFORE.search(text[max(0, place.start - _LOOK) : place.start])
        or _IN_ADDRESS_AFTER.match(text[place.stop : place.stop + _LOOK + 10])
    )
