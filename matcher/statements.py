"""What passages say about brands: where they name one, in which sentence, and what the sentence says.

1. Find the names (naming.py); most passages have none, and no word that speaks of partners at all: done.
2. Split the passage into sentences (sentences.py), and find the words of the lexicon in those that matter (grammar.py).
3. For each name: which relation it is tied to (ties.py), and how: denied, over, wished, someone else's (reading.py).
4. Sentences without a name that speak of partners or customers speak of every brand (any_brand.py).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ledger.lexicon import Lexicon
from ledger.vocabulary import AssertedBy, Modality, Polarity, Relation, StatementKind
from matcher.any_brand import read_any_brand
from matcher.grammar import Grammar, Grammars
from matcher.levelled import Levelled, level
from matcher.naming import Name, NameFinder, Naming
from matcher.phrase import Phrase
from matcher.reading import Frame, Reading, Setting, read_naming
from matcher.sentences import split_sentences

# An entry of a list of partners is a name with a word or two ("Veltrana Systems Ltd."), or a row of names; not a text.
MAX_LISTED_CHARS = 300
# a sentence longer than any person writes is read in pieces, so that the time stays in proportion to the length
MAX_SENTENCE_CHARS = 1_000
_QUOTE_ENDS = re.compile(r"[”’»“\"]\s*$")
_SIGNS = re.compile(r"\s*[—–―-]\s*[^\W\d_]")
_CLOSERS = {"“": "”", "„": "“”", "«": "»", "「": "」", "『": "』"}
_QUOTE_MARK = re.compile("[“”„«»「」『』]")
MIN_QUOTE_TOKENS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One naming of a brand, or a sentence about every brand (brand None). Spans count characters of the passage, [start, end)."""

    brand: str | None
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
    def _finder(self) -> NameFinder:
        return NameFinder(self.names)

    @cached_property
    def _grammars(self) -> Grammars:
        return Grammars(self.lexicon)

    def read(self, text: str, setting: Setting) -> list[Statement]:
        """Return every naming of a brand in a passage, and what it says of every brand, in order."""
        levelled = level(text)
        namings = self._finder.find(text, levelled)
        if not namings and not self._tells(levelled.text, setting):
            return []
        return list(self._statements(text, levelled, namings, setting))

    def _tells(self, text: str, setting: Setting) -> bool:
        return self._grammars.of(setting.language).tells(text)

    def _statements(
        self, text: str, levelled: Levelled, namings: Sequence[Naming], setting: Setting
    ) -> Iterator[Statement]:
        written = text if levelled.places is None else "".join(text[p] for p in levelled.places[:-1])
        setting = replace(setting, vendor=level(setting.vendor).text if setting.vendor else None)
        is_person, quotations = self._is_person(setting), _quotations(written)
        upcoming = deque(namings)
        for sentence in self._sentences(written):
            within = []
            while upcoming and upcoming[0].start < sentence.stop:
                within.append(upcoming.popleft())
            said = levelled.text[sentence]
            grammar = self._grammars.for_sentence(setting.language, said)
            if not within and not grammar.tells(said):
                continue
            names = [(n.start - sentence.start, min(n.stop, sentence.stop) - sentence.start) for n in within]
            phrase = Phrase(text=said, written=written[sentence], words=grammar.words(said), names=names, oblique=grammar.oblique)
            frame = Frame(
                setting=setting,
                is_person=is_person,
                is_quoted=any(start <= sentence.start + 1 < stop for start, stop in quotations),
                signs_quote=_signs_quote(written, sentence),
                is_listed=len(written) <= MAX_LISTED_CHARS,
                is_heading=bool(setting.heading_trail) and setting.heading_trail[-1] == text.strip(),
            )
            for naming, name in zip(within, names, strict=True):
                if not _means_something_else(phrase, naming):
                    reading = self._read(phrase, name, naming, frame, grammar)
                    if reading is not None:
                        yield _statement(naming.brand, naming.alias, reading, levelled, sentence, name, grammar)
            if not within and (any_brand := read_any_brand(phrase, frame)):
                word, reading = any_brand
                alias = written[sentence.start + word.start : sentence.start + word.stop]
                yield _statement(None, alias, reading, levelled, sentence, (word.start, word.stop), grammar)

    def _read(
        self, phrase: Phrase, name: tuple[int, int], naming: Naming, frame: Frame, grammar: Grammar
    ) -> Reading | None:
        reading = read_naming(phrase, name, frame)
        is_told = reading.relation is not None and reading.kind is not StatementKind.MENTION_ONLY
        return None if naming.is_ordinary and not is_told else reading

    def _sentences(self, written: str) -> Iterator[slice]:
        for sentence in split_sentences(written, self._grammars.abbreviations, self._grammars.openers):
            for start in range(sentence.start, max(sentence.stop, sentence.start + 1), MAX_SENTENCE_CHARS):
                yield slice(start, min(start + MAX_SENTENCE_CHARS, sentence.stop))

    def _is_person(self, setting: Setting) -> bool:
        grammar = self._grammars.of(setting.language)
        english = self._grammars.of("en")
        return any(
            "person" in word.roles
            for heading in setting.heading_trail
            for read in {grammar, english}
            for word in read.words(level(heading).text)
        )


def _statement(
    brand: str | None,
    alias: str,
    reading: Reading,
    levelled: Levelled,
    sentence: slice,
    span: tuple[int, int],
    grammar: Grammar,
) -> Statement:
    whole = sentence
    if levelled.places is not None:
        whole = slice(levelled.places[sentence.start], levelled.places[sentence.stop])
    return Statement(
        brand=brand,
        alias=alias,
        kind=reading.kind,
        rule=f"{grammar.language}/{reading.rule}",
        relation=reading.relation,
        polarity=reading.polarity,
        modality=reading.modality,
        asserted_by=reading.asserted_by,
        subject=reading.subject,
        tier=reading.tier,
        programme=reading.programme,
        since=reading.period.since,
        until=reading.period.until,
        span=levelled.original(sentence.start + span[0], sentence.start + span[1]),
        sentence=whole,
    )


def _means_something_else(phrase: Phrase, naming: Naming) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(word)}", phrase.text) for word in naming.not_when)


def _quotations(text: str) -> list[tuple[int, int]]:
    """Return [start, stop) of the quotations in a text that hold more than a title."""
    found: list[tuple[int, int]] = []
    opened: tuple[int, str] | None = None
    for match in _QUOTE_MARK.finditer(text):
        if opened and match[0] in opened[1]:
            if len(text[opened[0] : match.start()].split()) >= MIN_QUOTE_TOKENS:
                found.append((opened[0], match.end()))
            opened = None
        elif opened is None and match[0] in _CLOSERS:
            opened = (match.start(), _CLOSERS[match[0]])
    if opened and len(text[opened[0] :].split()) >= MIN_QUOTE_TOKENS:
        found.append((opened[0], len(text)))
    return found


def _signs_quote(text: str, sentence: slice) -> bool:
    """Whether a sentence is the signature under a quotation: “…” — Jonas Reiter, CIO, Veltrana."""
    return bool(_SIGNS.match(text[sentence])) and bool(_QUOTE_ENDS.search(text[max(0, sentence.start - 6) : sentence.start]))
