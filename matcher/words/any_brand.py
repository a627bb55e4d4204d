"""What a sentence says about partners or customers without naming any: it speaks of every brand.

1. denied, disclaimed   "we are no official partner of any of them", "without claiming formal partner status", "trademarks of their owners"
2. yours, quoted        "your trusted partner in logistics"; a customer's praise
3. wished, theirs       "become a partner", "how partners earn"
4. over                 "our former partners"
5. customers            "trusted by 3,000 companies"
6. partners             a heading "Our partners"; a sentence of ours that speaks of several, or of partnership with makers, firms, …
Anything else says nothing worth a row.
"""

from __future__ import annotations

from dataclasses import replace

from ledger.vocabulary import AssertedBy, Modality, Relation, StatementKind
from matcher.words.denials import denied, disclaimed
from matcher.words.grammar import PARTNERS, RELATIONS, Grammar, Word
from matcher.words.levelled import level_word
from matcher.words.naming import Naming
from matcher.words.naming_rules import read_naming
from matcher.words.phrase import Phrase, make_phrase
from matcher.words.statement_context import Frame, Reading
from matcher.words.ties import Tie, find_ties
from matcher.words.times import read_period

MOST_HEADING_TOKENS = 6
_FURNITURE = frozenset({"header", "nav", "footer"})
WE_REACH = 2


def read_any_brand(phrase: Phrase, frame: Frame) -> tuple[Word, Reading] | None:
    """Return the deciding word and what is said, or None when the sentence says nothing about partners or customers."""
    if reading := disclaimed(phrase):
        return _first(phrase, "disclaimer", "unless"), reading
    words = phrase.having(*PARTNERS)
    ours = phrase.having("we")
    if reading := _denied(phrase, words, ours):
        return _first(phrase, "denial", *PARTNERS), reading
    return _customers(phrase, frame) or _partners(phrase, frame, words, ours)


def _denied(phrase: Phrase, words: list[Word], ours: list[Word]) -> Reading | None:
    """Return what a sentence denies of every brand. It has to speak of a relation, and of all brands named there.

    "There is no relationship between price and weight", "we don't offer partner discounts" deny nothing.
    """
    speaks_of_relation = bool(phrase.having(*PARTNERS, "certification"))
    if phrase.having("marks"):
        reading = denied(phrase, None, words)
        return reading if speaks_of_relation or phrase.having("denial") else None
    if phrase.having("claiming"):
        return denied(phrase, None, words)
    official = [w for w in words if "several" in w.roles or _is_formal(phrase, w)]
    return (
        denied(
            replace(phrase, words=[w for w in phrase.words if "denial" not in w.roles or w.roles & PARTNERS]),
            None,
            official,
        )
        if ours
        else None
    )


def _is_formal(phrase: Phrase, word: Word) -> bool:
    return any(phrase.tokens(formal.stop, word.start) <= 1 for formal in phrase.between(0, word.start, "official"))


def read_under_name(phrase: Phrase, naming: Naming, grammar: Grammar, frame: Frame) -> tuple[Word, Reading] | None:
    """Return what a sentence says of the brand whose name is the heading above it, and the word that says it.

    "Gold Partner since 2012" under "Veltrana" reads as if the name stood before it; only an opening that is one term counts.
    """
    name, offset = naming.alias, len(naming.alias) + 1
    together = make_phrase(f"{level_word(name)} {phrase.text}", f"{name} {phrase.written}", grammar, [(0, offset - 1)])
    if len(together.text) != len(phrase.text) + offset:
        return None
    for tie in find_ties(together, (0, offset - 1), own_names=frame.setting.names):
        if isinstance(tie, Tie) and tie.is_term and not tie.is_theirs:
            reading = read_naming(together, (0, offset - 1), frame)
            if reading.kind in (StatementKind.MENTION_ONLY, StatementKind.CUSTOMER_CLAIM):
                return None
            word = replace(tie.word, start=tie.word.start - offset, stop=tie.word.stop - offset)
            return word, replace(reading, rule=f"under the heading “{name}”, {reading.rule}", subject=None)
    return None


def _customers(phrase: Phrase, frame: Frame) -> tuple[Word, Reading] | None:
    for word in phrase.having("trust"):
        if (
            (frame.setting.zone in _FURNITURE and not frame.is_heading)
            or frame.is_quoted
            or phrase.having("not", "wish")
        ):
            return None
        return word, Reading(
            kind=StatementKind.CUSTOMER_CLAIM, rule=f"customers: “{word.text}”", relation=Relation.CUSTOMER
        )
    return None


def _partners(phrase: Phrase, frame: Frame, words: list[Word], ours: list[Word]) -> tuple[Word, Reading] | None:
    if not words or phrase.having("title", "job"):
        return None
    word = next((w for w in words if "several" in w.roles), words[0])
    role = next(role for role in RELATIONS if role in word.roles)
    plain_reading = Reading(kind=StatementKind.MENTION_ONLY, rule="", relation=RELATIONS[role])
    if frame.is_quoted:
        return word, replace(plain_reading, rule=f"quoted: “{word.text}”", asserted_by=AssertedBy.TESTIMONIAL)
    if yours := [w for w in phrase.having("yours") if abs(w.start - word.start) < 60]:
        return word, replace(plain_reading, rule=f"the reader's: “{yours[0].text} … {word.text}”")
    if phrase.having("wish", "others", "future") or (frame.setting.zone in _FURNITURE and not frame.is_heading):
        return None
    is_heading = phrase.tokens(0, len(phrase.text)) <= MOST_HEADING_TOKENS and not phrase.having(
        "is", "was", "does", "use"
    )
    if phrase.having("past") and ours and not phrase.having("now"):
        return word, replace(
            plain_reading,
            kind=StatementKind.PAST,
            rule=f"over: “{word.text}”",
            modality=Modality.WAS,
            period=read_period(phrase),
        )
    if is_heading:
        if ours or ("several" in word.roles and " " not in word.text) or _fills(phrase, word):
            return word, replace(plain_reading, kind=StatementKind.PARTNER_CLAIM, rule=f"heading: “{word.text}”")
        return None
    whom = phrase.having("whom")
    is_verb = role == "partner" and " " in word.text  # "works closely with": with customers as well
    is_ours = bool(ours) and not is_verb and ("several" in word.roles or _is_ours(phrase, word, ours))
    if is_ours or (whom and not phrase.having("not")):
        rule = f"partners: “{(whom or ours)[0].text} … {word.text}”"
        return word, replace(plain_reading, kind=StatementKind.PARTNER_CLAIM, rule=rule, period=read_period(phrase))
    if phrase.having("is"):
        return word, replace(plain_reading, rule=f"a partner, not said of whom: “{word.text}”")
    return None


def _is_ours(phrase: Phrase, word: Word, ours: list[Word]) -> bool:
    # where a plural shows, "our partner" without a name is one partner, and the sentence about something else
    return (
        not word.text.isascii()
        and any(phrase.tokens(min(we.stop, word.stop), max(we.start, word.start)) <= WE_REACH for we in ours)
        and not phrase.having("is", "as")
    )


def _fills(phrase: Phrase, word: Word) -> bool:
    """Whether the sentence is little more than the word: 合作伙伴, パートナー企業, "Partner"."""
    beside = phrase.tokens(0, word.start) + phrase.tokens(word.stop, len(phrase.text))
    return beside <= (0 if word.text.isascii() else 1)


def _first(phrase: Phrase, *roles: str) -> Word:
    return phrase.having(*roles)[0]
