"""What takes a relation back: disclaimers, notices of trademarks, denials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ledger.vocabulary import Polarity, Relation, StatementKind
from matcher.words.grammar import PARTNERS, RELATIONS, Word
from matcher.words.phrase import Phrase
from matcher.words.statement_context import Reading

NOT_REACH = 7  # words between a "not" and what it denies
NOT_AFTER_REACH = 4
_PAUSE = re.compile(r"[,;:.!?|，。]")


def disclaimed(phrase: Phrase) -> Reading | None:
    """Return the disclaimer of a sentence, if it has one."""
    for word in phrase.having("disclaimer"):
        # a notice of trademarks states no relation; it doesn't take back what the page says elsewhere
        speaks_of_status = bool(phrase.having(*PARTNERS, "certification", "denial"))
        return Reading(
            kind=StatementKind.DENIAL,
            rule=f"disclaimed: “{word.text}”",
            polarity=Polarity.DISCLAIMED,
            relation=Relation.PARTNER if speaks_of_status else None,
        )
    for unless in phrase.having("unless"):
        if later := [w for w in phrase.having(*PARTNERS, "certification") if w.start >= unless.stop]:
            return Reading(
                kind=StatementKind.DENIAL,
                rule=f"disclaimed: “{unless.text} … {later[0].text}”",
                polarity=Polarity.DISCLAIMED,
                relation=Relation.PARTNER,
            )
    return None


def trademark_notice(phrase: Phrase) -> Reading | None:
    """Return what a notice of trademarks says, if the sentence is one: no relation, and none taken back."""
    for word in phrase.having("trademark"):
        rule = f"disclaimed: “{word.text}”"
        return Reading(kind=StatementKind.DENIAL, rule=rule, polarity=Polarity.DISCLAIMED)
    return None


def denied(phrase: Phrase, name: tuple[int, int] | None, words: Sequence[Word]) -> Reading | None:
    """Return the denial of a sentence, if it has one. words: those whose denial counts."""
    clause = phrase.clause(name[0]) if name else (0, len(phrase.text))
    for word in phrase.having("denial"):
        if clause[0] <= word.start < clause[1] and not phrase.between(word.start, word.stop, "not-really"):
            return _denial(f"denied: “{word.text}”", None)
    for word in words:
        if hit := negation(phrase, word):
            claiming = phrase.between(min(hit.start, word.start), max(hit.stop, word.stop), "claiming")
            first, second = sorted((hit, word), key=lambda w: w.start)
            denial = _denial(f"denied: “{first.text} … {second.text}”", word)
            if claiming:
                return replace(
                    denial, polarity=Polarity.DISCLAIMED, rule=denial.rule.replace("denied", "disclaimed", 1)
                )
            return denial
    return None


def _denial(rule: str, word: Word | None) -> Reading:
    role = next((role for role in RELATIONS if word and role in word.roles), "partner")
    return Reading(kind=StatementKind.DENIAL, rule=rule, polarity=Polarity.DENIED, relation=RELATIONS[role])


def negation(phrase: Phrase, word: Word) -> Word | None:
    """Return the "not" that denies a word: before it in its clause, or after it where the language puts it there."""
    start, stop = phrase.clause(word.start)
    for hit in phrase.between(start, word.start, "not"):
        is_apart = _PAUSE.search(phrase.text[hit.stop : word.start]) and not phrase.between(
            hit.stop, word.start, "claiming"
        )
        is_near = phrase.tokens(hit.stop, word.start) <= NOT_REACH
        if is_near and not is_apart and not phrase.is_new_start(hit.stop, word.start):
            return hit
    for hit in phrase.between(word.start, stop, "not-after"):
        if phrase.tokens(word.stop, hit.start) <= NOT_AFTER_REACH and not _PAUSE.search(
            phrase.text[word.stop : hit.start]
        ):
            return hit
    return None
