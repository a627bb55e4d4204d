"""What a passage says about a brand: where it names it, in which sentence, and which words decide the kind.

The words come from the lexicon's [statements]; a rule is named by the word that decided. Order of the rules:
denial, past, partner-claim, certification, customer-claim, a name listed under a telling heading, mention-only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ledger.lexicon import Lexicon, WordLists
from ledger.vocabulary import AssertedBy, Modality, Polarity, Relation, SectionKind, StatementKind

_ORDER = (
    StatementKind.DENIAL,
    StatementKind.PAST,
    StatementKind.PARTNER_CLAIM,
    StatementKind.CERTIFICATION,
    StatementKind.CUSTOMER_CLAIM,
)
_RELATION = {
    StatementKind.PARTNER_CLAIM: Relation.PARTNER,
    StatementKind.CERTIFICATION: Relation.CERTIFICATION,
    StatementKind.CUSTOMER_CLAIM: Relation.CUSTOMER,
    StatementKind.DENIAL: Relation.PARTNER,
    StatementKind.PAST: Relation.PARTNER,
}
_LISTED = {
    SectionKind.PARTNERS: StatementKind.PARTNER_CLAIM,
    SectionKind.RESELLERS: StatementKind.PARTNER_CLAIM,
    SectionKind.CERTIFICATIONS: StatementKind.CERTIFICATION,
    SectionKind.CLIENTS: StatementKind.CUSTOMER_CLAIM,
}
# An entry of a list of partners is a name with a word or two ("Veltrana Systems Ltd."), not a sentence.
MAX_LISTED_CHARS = 60
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？؟।])\s*|\s*[;；]\s+|\s+[|•·]\s+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
# e-mail, URL, www; and a name that goes on as a domain does ("acme.example", not "Acme.Call us")
_IN_ADDRESS_BEFORE = re.compile(r"(@|://\S*|www\.)$", re.I)
_IN_ADDRESS_AFTER = re.compile(r"[\w-]*\.[a-z]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name of a brand, as it is looked for."""

    brand: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One naming of a brand. Spans count characters of the passage, [start, end)."""

    brand: str
    alias: str
    kind: StatementKind
    rule: str
    relation: Relation | None
    polarity: Polarity
    modality: Modality
    asserted_by: AssertedBy
    subject: str | None
    tier: str | None
    programme: str | None
    since: str | None
    until: str | None
    span: slice
    sentence: slice


@dataclass(frozen=True)
class StatementReader:
    """Finds the statements about some brands in passages; made once, used for every passage."""

    names: Sequence[Name]
    lexicon: Lexicon

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        ordered = sorted({name.text for name in self.names if name.text.strip()}, key=lambda text: (-len(text), text))
        parts = [_name_pattern(text) for text in ordered]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    @cached_property
    def _by_text(self) -> dict[str, list[Name]]:
        found: dict[str, list[Name]] = {}
        for name in self.names:
            found.setdefault(_key(name.text), []).append(name)
        return found

    def read(self, text: str, *, language: str | None, section_kind: SectionKind) -> list[Statement]:
        """Return every naming of a brand in a passage, in order."""
        if self._pattern is None:
            return []
        statements: list[Statement] = []
        sentences: list[slice] | None = None
        for match in self._pattern.finditer(text):
            if _is_in_address(text, match):
                continue
            sentences = sentences or list(split_sentences(text))
            sentence = next(s for s in sentences if s.start <= match.start() < s.stop)
            kind, rule = self._judge(text, sentence, match, language, section_kind)
            for name in self._by_text.get(_key(match[0]), ()):
                if _is_acronym(name.text) and match[0] != name.text:
                    continue  # "IT" is no brand in "it"; short capitals count only as written
                statements.append(
                    Statement(
                        brand=name.brand,
                        alias=match[0],
                        kind=kind,
                        rule=rule,
                        relation=_RELATION.get(kind),
                        polarity=Polarity.DENIED if kind is StatementKind.DENIAL else Polarity.AFFIRMED,
                        modality=Modality.WAS if kind is StatementKind.PAST else Modality.IS,
                        asserted_by=AssertedBy.VENDOR,
                        subject=None,
                        programme=None,
                        since=None,
                        until=None,
                        tier=self._tier(text, sentence, match, language) if kind in _TIERED else None,
                        span=slice(match.start(), match.end()),
                        sentence=sentence,
                    )
                )
        return statements

    def _judge(
        self, text: str, sentence: slice, name: re.Match[str], language: str | None, section: SectionKind
    ) -> tuple[StatementKind, str]:
        words = self._words(language)
        # "not a Veltrana partner", 不是维川的合作伙伴: the name stands in the middle of the phrase, so it is tried without it too
        around = squeeze(text[sentence.start : name.start()] + " " + text[name.end() : sentence.stop])
        glued = text[sentence.start : name.start()].rstrip() + text[name.end() : sentence.stop].lstrip()
        for kind in _ORDER:
            for said in (text[sentence], around, glued):
                if hit := words.hit(kind, said):
                    return kind, f"{kind}: “{hit.word}”"
        if len(text) <= MAX_LISTED_CHARS and section in _LISTED:
            return _LISTED[section], f"listed under a heading of {section}"
        return StatementKind.MENTION_ONLY, "no word of the lexicon in the sentence"

    def _tier(self, text: str, sentence: slice, name: re.Match[str], language: str | None) -> str | None:
        """Return the tier of the sentence that stands nearest to the name."""
        words = self._words(language).whole_words("tiers", text[sentence])
        place = name.start() - sentence.start
        return min(words, key=lambda word: abs(word.start - place)).word if words else None

    def _words(self, language: str | None) -> WordLists:
        known = [code for code in (language, "en") if code in self.lexicon.languages]
        return self.lexicon.words("statements", known if language in self.lexicon.languages else None)


_TIERED = frozenset({StatementKind.PARTNER_CLAIM, StatementKind.CERTIFICATION})


def brand_names(brand: str, name: str, aliases: Iterable[str]) -> list[Name]:
    """Return the names under which a brand is looked for, each once."""
    return [Name(brand=brand, text=text) for text in dict.fromkeys((name, *aliases)) if text.strip()]


def split_sentences(text: str) -> Iterator[slice]:
    """Yield the sentences of a passage as slices that cover all of it."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match.end() > start:
            yield slice(start, match.end())
            start = match.end()
    if start < len(text) or not text:
        yield slice(start, len(text))


def squeeze(text: str) -> str:
    """Return text with every run of white space as one space."""
    return re.sub(r"\s+", " ", text).strip()


def _key(text: str) -> str:
    return squeeze(text).casefold()


def _name_pattern(text: str) -> str:
    escaped = re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(text))
    before = "" if _WIDE.match(text) else r"(?<![^\W_])"
    # a Chinese character after a Latin name is no part of the name, a Latin letter is
    after = "" if _WIDE.match(text[-1]) else r"(?![^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])"
    if before:
        before = r"(?<![^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])"
    return f"{before}{escaped}{after}"


def _is_acronym(text: str) -> bool:
    return len(text) <= 4 and text.isupper() and text.isascii()


def _is_in_address(text: str, match: re.Match[str]) -> bool:
    return bool(
        _IN_ADDRESS_BEFORE.search(text[max(0, match.start() - 40) : match.start()])
        or _IN_ADDRESS_AFTER.match(text[match.end() : match.end() + 40])
    )
