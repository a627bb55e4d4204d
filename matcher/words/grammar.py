"""The words that tell what a sentence says, by the part they play; read from the [statements] of the lexicon.

data/lexicon/README.md says what each list is for. Two ways to hit: a stem hits where a word begins ("partner" hits
"Partnernetz"), a small word hits whole words only ("not" isn't in "notary"). Chinese, Japanese, Korean and Thai have no
borders between words, so both hit anywhere there. Arabic and Hebrew glue prefixes to words: stems hit anywhere, small words
may follow an "and".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from ledger.lexicon import Lexicon, shared_pattern
from ledger.vocabulary import Relation
from matcher.words.levelled import level_word

# what a vendor may be to a brand; the order decides between two that are equally near
RELATIONS: Mapping[str, Relation] = {
    "reseller": Relation.RESELLER,
    "distributor": Relation.DISTRIBUTOR,
    "partner": Relation.PARTNER,
    "member": Relation.MEMBER,
    "supplier": Relation.SUPPLIER,
    "certification": Relation.CERTIFICATION,
    "customer": Relation.CUSTOMER,
    "sponsor": Relation.SPONSOR,
    "investor": Relation.INVESTOR,
}
PARTNERS = frozenset({"reseller", "distributor", "partner", "member", "supplier"})
LISTS_OF_THEIR_OWN = frozenset({"abbreviations", "oblique", "endings", "past-prefix"})
STEMS = (
    *RELATIONS,
    "trust",
    "customer-noun",
    "programme",
    "several",
    "denial",
    "disclaimer",
    "trademark",
    "not-after",
    "past",
    "wish",
    "future",
    "general",
    "relative",
    "marks",
    "use",
    "others",
    "through",
    "biography",
    "experience",
    "person",
    "title",
    "job",
    "press",
    "whom",
    "official",
)
SMALL = (
    "we",
    "yours",
    "not",
    "not-really",
    "claiming",
    "is",
    "was",
    "does",
    "as",
    "for",
    "and",
    "but",
    "now",
    "small",
    "article",
    "since",
    "until",
    "unless",
    "one-of",
    "continued",
    "tiers",
)
_GLUED = re.compile(r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_PREFIXED = re.compile(r"[\u0590-\u06ff]")
# languages whose sentences are told from English ones by their script
_SCRIPTS = {
    "zh": re.compile(r"[\u3400-\u9fff]"),
    "ja": re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    **{code: re.compile(r"[\u0600-\u06ff]") for code in ("ar", "fa")},
    **{code: re.compile(r"[\u0400-\u04ff]") for code in ("ru", "uk", "bg")},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Words of the lexicon found in a levelled text, [start, stop), with the parts they can play."""

    roles: frozenset[str]
    text: str
    start: int
    stop: int


class Grammar:
    """The lists of one language."""

    def __init__(
        self, language: str, lists: Mapping[str, Iterable[str]], *, guests: Mapping[str, Iterable[str]]
    ) -> None:
        """guests: another language's lists, of which the stems count too: English terms stand in every language's sentences."""
        self.language = language
        self._stem_roles, self._small_roles = _by_word(lists, guests)
        _complete(self._stem_roles)
        _complete_tiers(self._small_roles, self._stem_roles)
        self._stems, self._small = _stem_pattern(self._stem_roles), _small_pattern(self._small_roles)
        self._telling = _stem_pattern(word for word, roles in self._stem_roles.items() if roles & TELLING)
        self.has_negations = "not" in lists
        self.endings = frozenset(map(level_word, lists.get("endings", ())))
        former = [re.escape(level_word(word)) for word in lists.get("past-prefix", ())]
        self.former = re.compile(rf"(?:{'|'.join(former)})\s?$") if former else None
        oblique = [re.escape(level_word(word)) for word in lists.get("oblique", ())]
        self.oblique = re.compile(rf"\s*(?:{'|'.join(oblique)})") if oblique else None

    def tells(self, text: str) -> bool:
        """Whether a levelled text has a word that can tell of partners, customers or denials at all. Quick."""
        return self._telling.search(text) is not None

    def words(self, text: str) -> list[Word]:
        """Return the words of a levelled text, in order; one that stands inside a longer one doesn't count."""
        found = [
            Word(roles=roles, text=match[0], start=match.start(), stop=match.end())
            for pattern, by_word in ((self._stems, self._stem_roles), (self._small, self._small_roles))
            for match in pattern.finditer(text)
            if (roles := by_word.get(" ".join(match[0].split())))
        ]
        found.sort(key=lambda word: (word.start, -word.stop))
        kept: list[Word] = []
        tiers: list[Word] = []
        for word in found:
            if kept and word.start < kept[-1].stop and word.stop <= kept[-1].stop:
                # Turkish says "we are" and "our" by an ending: iş ortağıyız
                if "tiers" in word.roles and "tiers" not in kept[-1].roles:
                    tiers.append(word)  # "gold status" is a relation, and names the tier
                if (word.start, word.stop) == (kept[-1].start, kept[-1].stop) or kept[-1].roles & {"we", "yours"}:
                    kept[-1] = replace(kept[-1], roles=kept[-1].roles | word.roles)
                continue
            kept.append(word)
        return sorted([*kept, *tiers], key=lambda word: (word.start, -word.stop)) if tiers else kept


_AROUND = frozenset({"wish", "future", "past", "others", "official", "whom"})
TELLING = frozenset({*PARTNERS, "customer", "customer-noun", "denial", "disclaimer"})


@dataclass(frozen=True)
class Grammars:
    """The grammar of each language of a lexicon, made when first asked for."""

    lexicon: Lexicon
    _made: dict[str | None, Grammar] = field(default_factory=dict, compare=False, repr=False)

    def of(self, language: str | None) -> Grammar:
        """Return the grammar of a language with English terms; for a language that is not known, all languages' stems."""
        key = language if language in self._lists else None
        if key not in self._made:
            self._made[key] = self._make(key)
        return self._made[key]

    def for_sentence(self, language: str | None, text: str) -> Grammar:
        """Return the grammar by which one levelled sentence is read: English sentences stand on pages of every language."""
        script = _SCRIPTS.get(language or "")
        return self.of("en") if script is not None and not script.search(text) else self.of(language)

    @property
    def _lists(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        return self.lexicon.tables["statements"]

    def _make(self, language: str | None) -> Grammar:
        english = self._lists.get("en", {})
        if language is not None:
            return Grammar(language, self._lists[language], guests={} if language == "en" else english)
        merged: dict[str, list[str]] = {}
        for lists in self._lists.values():
            for role, words in lists.items():
                merged.setdefault(role, []).extend(words)
        return Grammar("any", english, guests=merged)

    @cached_property
    def abbreviations(self) -> frozenset[str]:
        """Return words that end in a dot without ending a sentence, of all languages, without that dot."""
        return frozenset(
            word.lower().rstrip(".") for lists in self._lists.values() for word in lists.get("abbreviations", ())
        )

    @cached_property
    def examples(self) -> frozenset[str]:
        """Return the abbreviations by which an example begins ("e.g."), of all languages, without their last dot."""
        general = (word for lists in self._lists.values() for word in lists.get("general", ()))
        return frozenset(word.rstrip(".") for word in general if word.endswith(".")) & self.abbreviations

    @cached_property
    def endings(self) -> frozenset[str]:
        """Return what names may end in when they are declined, of all languages."""
        return frozenset(level_word(ending) for lists in self._lists.values() for ending in lists.get("endings", ()))

    @cached_property
    def openers(self) -> frozenset[str]:
        """Return words that begin a sentence, of all languages."""
        return frozenset(word.lower() for lists in self._lists.values() for word in lists.get("we", ()))


@lru_cache(maxsize=4)  # compiling takes up to 0.4 s, and each visit of a crawl is read by a reader of its own
def grammars_of(lexicon: Lexicon) -> Grammars:
    """Return the grammars of a lexicon, the same ones for the same lexicon."""
    return Grammars(lexicon)


def _by_word(
    lists: Mapping[str, Iterable[str]], guests: Mapping[str, Iterable[str]]
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Return word → parts, of the stems and of the small words."""
    stems: dict[str, frozenset[str]] = {}
    small: dict[str, frozenset[str]] = {}
    for role, words in [*lists.items(), *((role, words) for role, words in guests.items() if role in STEMS)]:
        for entry in map(level_word, words):
            word = entry.removesuffix("|")  # "var|" isn't in "various"
            kept = small if role in SMALL or word != entry else stems
            kept[word] = kept.get(word, frozenset()) | {role}
    return stems, small


def _complete(stems: dict[str, frozenset[str]]) -> None:
    """Add the parts that follow from the spelling."""
    for word in list(stems):
        for shorter in (word[:size] for size in range(2, len(word))):
            if (
                shorter in stems and " " not in word[len(shorter) :]
            ):  # "partners" is a partner; "partner manager" is none
                stems[word] |= stems[shorter] & RELATIONS.keys()
        if "several" in stems[word] and not stems[word] & RELATIONS.keys():
            stems[word] |= {"partner"}
    official = _stem_pattern(word for word, roles in stems.items() if "official" in roles)
    relation = _stem_pattern(word for word, roles in stems.items() if roles & RELATIONS.keys())
    for word in list(stems):
        if "official" not in stems[word] and official.search(word):
            stems[word] |= {"officially"}  # "authorised service centre"
        if stems[word] & _AROUND:  # "become a partner" is a wish, and names the relation that is wished for
            for match in relation.finditer(word):
                stems[word] |= stems[" ".join(match[0].split())] & RELATIONS.keys()


def _complete_tiers(small: dict[str, frozenset[str]], stems: Mapping[str, frozenset[str]]) -> None:
    """Let a tier that names the relation too ("partenaire or") tell both."""
    relation = _stem_pattern(word for word, roles in stems.items() if roles & RELATIONS.keys())
    for word, roles in small.items():
        if "tiers" in roles and (match := relation.match(word)):
            small[word] = roles | (stems[" ".join(match[0].split())] & RELATIONS.keys())


def _stem_pattern(words: Iterable[str]) -> re.Pattern[str]:
    listed = sorted(set(words) - {""})
    anywhere = [word for word in listed if _GLUED.search(word) or _PREFIXED.search(word)]
    glued = set(anywhere)
    bound = [word for word in listed if word not in glued]
    parts = [f"(?<!\\w)(?:{shared_pattern(bound)})"] if bound else []
    parts += [f"(?:{shared_pattern(anywhere)})"] if anywhere else []
    return re.compile("|".join(parts or [r"(?!)"]))


def _small_pattern(words: Iterable[str]) -> re.Pattern[str]:
    listed = sorted(set(words) - {""})
    glued = [word for word in listed if _GLUED.search(word)]
    prefixed = [word for word in listed if _PREFIXED.search(word)]
    bound = [word for word in listed if not _GLUED.search(word) and not _PREFIXED.search(word)]
    parts = [f"(?<!\\w)(?:{shared_pattern(bound)})(?!\\w)"] if bound else []
    parts += [f"(?<!\\w)(?:{shared_pattern(prefixed)})(?!\\w)"] if prefixed else []
    parts += [f"(?:{shared_pattern(glued)})"] if glued else []
    return re.compile("|".join(parts or [r"(?!)"]))
