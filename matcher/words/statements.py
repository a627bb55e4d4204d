"""What passages say about brands: where they name one, in which sentence, and what the sentence says.

1. Find the names (naming.py); most passages have none, and no word that speaks of partners at all: done.
2. Split the passage into sentences (sentences.py), and find the words of the lexicon in those that matter (grammar.py).
3. For each name: which relation it is tied to (ties.py), and how: denied, over, wished, someone else's (naming_rules.py).
4. Sentences without a name that speak of partners or customers speak of every brand (any_brand.py).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ledger.lexicon import Lexicon
from ledger.vocabulary import AssertedBy, Certainty, Modality, Polarity, Relation, StatementKind
from matcher.words.any_brand import read_any_brand, read_under_name
from matcher.words.denials import denied
from matcher.words.grammar import Grammar, Grammars, grammars_of
from matcher.words.levelled import Levelled, level
from matcher.words.naming import Name, NameFinder, Naming
from matcher.words.naming_rules import ASKED, answers_no, denied_by_answer, read_naming
from matcher.words.phrase import Phrase, make_phrase, weigh
from matcher.words.sentences import split_sentences
from matcher.words.statement_context import Frame, Reading, Setting

# An entry of a list of partners is a name with a word or two ("Veltrana Systems Ltd."), or a row of names; not a text.
MAX_LISTED_CHARS = 300
# a sentence longer than any person writes is read in pieces, so that the time stays in proportion to the length
MAX_SENTENCE_CHARS = 1_000
_QUOTE_ENDS = re.compile(r"[”’»“\"]\s*$")
_SIGNS = re.compile(r"\s*[—–―-]\s*[^\W\d_]")
_CLOSERS = {"“": "”", "„": "“”", "«": "»", "「": "」", "『": "』"}
_QUOTE_MARK = re.compile("[“”„«»「」『』]")
MIN_QUOTE_TOKENS = 4
MAX_NAME_HEADING_CHARS = 60
MIN_NAME_CHARS = 2  # of a vendor's name that is looked for in its sentences
MOST_BESIDE_LABEL = 1  # words beside a name that is a part of a line by itself


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
    certainty: Certainty
    doubt: str | None
    span: slice
    sentence: slice


@dataclass(frozen=True)
class StatementReader:
    """Finds the statements about some brands in passages; made once, used for every passage."""

    names: Sequence[Name]
    lexicon: Lexicon

    @cached_property
    def _finder(self) -> NameFinder:
        return NameFinder(self.names, self._grammars.endings)

    @cached_property
    def _grammars(self) -> Grammars:
        return grammars_of(self.lexicon)

    def read(self, text: str, setting: Setting) -> list[Statement]:
        """Return every naming of a brand in a passage, and what it says of every brand, in order."""
        levelled = level(text)
        namings = self._finder.find(text, levelled, self._grammars.of(setting.language).endings)
        if not namings and not self._tells(levelled.text, setting):
            return []
        return list(self._statements(text, levelled, namings, setting))

    def _tells(self, text: str, setting: Setting) -> bool:
        return self._grammars.of(setting.language).tells(text)

    def _statements(
        self, text: str, levelled: Levelled, namings: Sequence[Naming], setting: Setting
    ) -> Iterator[Statement]:
        written = text if levelled.places is None else "".join(text[p] for p in levelled.places[:-1])
        setting = replace(
            setting,
            vendor=level(setting.vendor).text if setting.vendor else None,
            own_names=tuple(own for name in setting.own_names if len(own := level(name).text) >= MIN_NAME_CHARS),
        )
        around = self._frame(text, written, setting)
        quotations, upcoming = _quotations(written), deque(namings)
        above = [] if namings or around.is_heading else self._names_above(setting)
        earlier: Reading | None = None
        asked: list[tuple[Naming, Reading]] = []  # questions of the sentence before
        for sentence in self._sentences(written):
            within = []
            while upcoming and upcoming[0].start < sentence.stop:
                within.append(upcoming.popleft())
            sentence_text = levelled.text[sentence]
            grammar = self._grammars.for_sentence(setting.language, sentence_text)
            if not within and not asked and not grammar.tells(sentence_text):
                earlier = None
                continue
            names = [(n.start - sentence.start, min(n.stop, sentence.stop) - sentence.start) for n in within]
            phrase = make_phrase(sentence_text, written[sentence], grammar, names)
            frame = replace(
                around,
                is_quoted=any(start <= sentence.start + 1 < stop for start, stop in quotations),
                signs_quote=_signs_quote(written, sentence),
                earlier=earlier,
            )
            source = _Source(levelled=levelled, written=written, sentence=sentence, language=grammar.language)
            if (no := answers_no(phrase)) and asked:
                for naming, question in asked:
                    yield source.statement(naming.brand, denied_by_answer(question, no), (no.start, no.stop))
            asked = []
            for naming, name in zip(within, names, strict=True):
                reading = _read_name(phrase, name, naming, frame, grammar)
                if reading is not None:
                    yield source.statement(naming.brand, reading, name)
                    asked += [(naming, reading)] if reading.rule.startswith(ASKED) and reading.relation else []
            any_brand = None if within else read_any_brand(phrase, frame)
            earlier = any_brand[1] if any_brand else None
            for naming in above:
                if under_name := read_under_name(phrase, naming, grammar, frame):
                    yield source.statement(naming.brand, under_name[1], (under_name[0].start, under_name[0].stop))
            if any_brand:
                yield source.statement(None, any_brand[1], (any_brand[0].start, any_brand[0].stop))
            # "Acme Romania | Authorised distributor": the part before is the name alone
            above = above or (within if _is_label(sentence_text, names) else [])

    def _frame(self, text: str, written: str, setting: Setting) -> Frame:
        grammars = {self._grammars.of(setting.language), self._grammars.of("en")}
        roles = {
            role
            for heading in setting.heading_trail
            for grammar in grammars
            for word in grammar.words(level(heading).text)
            for role in word.roles
        }
        return Frame(
            setting=setting,
            is_person="person" in roles,
            is_job="job" in roles,
            is_over="past" in self._last_heading_roles(setting),
            is_listed=len(written) <= MAX_LISTED_CHARS,
            is_heading=bool(setting.heading_trail) and setting.heading_trail[-1] == text.strip(),
        )

    def _last_heading_roles(self, setting: Setting) -> frozenset[str]:
        heading = level(setting.heading_trail[-1]).text if setting.heading_trail else ""
        words = self._grammars.of(setting.language).words(heading) if heading else []
        return frozenset(role for word in words for role in word.roles)

    def _names_above(self, setting: Setting) -> list[Naming]:
        """Return the name that the passage's heading is made of: a card "Veltrana" with "Gold Partner since 2012" under it."""
        heading = setting.heading_trail[-1] if setting.heading_trail else ""
        levelled = level(heading)
        found = self._finder.find(heading, levelled) if len(heading) <= MAX_NAME_HEADING_CHARS else []
        whole = [n for n in found if weigh(levelled.text[: n.start] + levelled.text[n.stop :]) <= 1]
        return whole[:1]

    def _sentences(self, written: str) -> Iterator[slice]:
        grammars = self._grammars
        for sentence in split_sentences(written, grammars.abbreviations, grammars.openers, grammars.examples):
            for start in range(sentence.start, max(sentence.stop, sentence.start + 1), MAX_SENTENCE_CHARS):
                yield slice(start, min(start + MAX_SENTENCE_CHARS, sentence.stop))


def _is_label(sentence: str, names: Sequence[tuple[int, int]]) -> bool:
    """Whether a part of a line is one name, and at most a word more."""
    return len(names) == 1 and weigh(sentence[: names[0][0]] + sentence[names[0][1] :]) <= MOST_BESIDE_LABEL


def _read_name(phrase: Phrase, name: tuple[int, int], naming: Naming, frame: Frame, grammar: Grammar) -> Reading | None:
    if any(re.search(rf"(?<!\w){re.escape(word)}", phrase.text) for word in naming.not_when):
        return None
    reading = read_naming(phrase, name, frame)
    if not grammar.has_negations and reading.kind is not StatementKind.DENIAL:
        # a language with whole denials only: "not a partner", "not an Acme partner"
        without = f"{phrase.text[: name[0]].rstrip()} {phrase.text[name[1] :].lstrip()}"
        reading = denied(make_phrase(without, without, grammar), None, []) or reading
    is_told = reading.relation is not None and reading.kind is not StatementKind.MENTION_ONLY
    return None if naming.is_ordinary and not is_told else reading


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where a statement comes from: a sentence of a levelled passage."""

    levelled: Levelled
    written: str
    sentence: slice
    language: str

    def statement(self, brand: str | None, reading: Reading, span: tuple[int, int]) -> Statement:
        """Return the statement of a reading; span: [start, stop) in the sentence of the words that said it."""
        start, stop = self.sentence.start + span[0], self.sentence.start + span[1]
        places = self.levelled.places
        return Statement(
            brand=brand,
            alias=self.written[start:stop],
            kind=reading.kind,
            rule=f"{self.language}/{reading.rule}",
            relation=reading.relation,
            polarity=reading.polarity,
            modality=reading.modality,
            asserted_by=reading.asserted_by,
            subject=reading.subject,
            tier=reading.tier,
            programme=reading.programme,
            since=reading.period.since,
            until=reading.period.until,
            certainty=reading.certainty,
            doubt=reading.doubt,
            span=self.levelled.original(start, stop),
            sentence=self.sentence
            if places is None
            else slice(places[self.sentence.start], places[self.sentence.stop]),
        )


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
    return bool(_SIGNS.match(text[sentence])) and bool(
        _QUOTE_ENDS.search(text[max(0, sentence.start - 6) : sentence.start])
    )
