"""How sure it is that a sentence claims something of the vendor itself, now. The closed list of shapes, in words.

A claim is sure when nothing in its sentence leaves a doubt, and the sentence has one of these shapes:
1. ours    "we are an authorised Acme reseller", "as a certified partner of Acme, we …", "our partner Acme": a word for us stands
           beside the relation, and what stands between them is explained
2. named   "Quayside is an Acme partner", "Quayside – official distributor of Acme": the vendor's own name stands there instead
3. yours   "your authorised Acme dealer in Cork": at the start of a phrase, with the brand or the authorisation beside it
4. alone   a phrase without a verb, which stands alone as title, badge, list item or caption: "Acme Gold Partner since 2012"
5. listed  a name in a list under a heading that says what the list is, or the term under the name as its heading

Whatever else stands in the sentence leaves a doubt and makes the claim likely at best: advice, a condition or partners in general;
a negation; a time word; a question or a quotation; another subject; words that no shape explains.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.vocabulary import Certainty
from matcher.words.grammar import Word
from matcher.words.levelled import level
from matcher.words.phrase import GLUED, Phrase, weigh
from matcher.words.statement_context import Frame
from matcher.words.ties import Tie

# chosen on the open half of strangers' sentences (bench/README.md, "Sentences of strangers"); 1 to 6 tried
MOST_UNEXPLAINED_BESIDE = 0  # words between the vendor and the relation
# words of a phrase that stands alone; before its term none, for a verb may be among them, and right behind it none: "dealer locator"
MOST_UNEXPLAINED_WITHIN = 2
MOST_UNEXPLAINED_GOODS = 2
MOST_UNEXPLAINED_AFTER = 3  # behind a preposition: "dealer for agricultural drones"
MOST_QUOTED = 6
MOST_BETWEEN_AS = 2  # "as an authorised (reseller)"
SUBJECT_IS_LEFT_OUT = frozenset(
    {"ja", "zh", "ko"}
)  # languages in which a sentence without a subject speaks of who writes it
CAPITAL_NOUNS = frozenset({"en", "de", "any"})  # languages in whose titles a noun has a capital that is no name
MOST_LETTERS_OF_AN_ENDING = 3  # in scripts with capitals: "dystrybutorami", but "Händlernetz" is no dealer
MOST_ENDING_LETTERS = 2  # of a word of the lexicon, in Korean, Arabic, Hebrew, Hindi: a particle, an article
_DOUBTS = (
    "general",
    "wish",
    "future",
    "past",
    "biography",
    "press",
    "job",
    "title",
    "others",
    "through",
    "relative",
    "claiming",
)
_LETTERS = (
    r"\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # of scripts without capitals
)
_CASED = rf"(?:(?![{_LETTERS}])[^\W\d_])+"
_TOKEN = re.compile(rf"[{_LETTERS}]+|{_CASED}(?:['’-]{_CASED})*")
_PART = re.compile(r"\s[–—-]\s|[|·•:,;()（），、：；｜&/!?.。]")
_PAUSE = re.compile(r"[,;:、，]")
_FIGURE = re.compile(r"\d")
_ENDING = re.compile(r"[^\W\d_]*")
_NEXT_WORD = re.compile(r"\s+([^\W\d_]{2,})")
_BEFORE_FIRST = re.compile(r"[\W_]+")
_QUOTED = re.compile(r"[\"“”„«»「」『』]")
_CASELESS = re.compile(rf"[{_LETTERS}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sureness:
    """Whether a claim is sure; doubt: what leaves the doubt, in words, None when it is."""

    certainty: Certainty
    doubt: str | None = None


SURE = Sureness(certainty=Certainty.SURE)


def likely(doubt: str) -> Sureness:
    return Sureness(certainty=Certainty.LIKELY, doubt=doubt)


def sureness_of(phrase: Phrase, name: tuple[int, int], tie: Tie, subject: str | None, frame: Frame) -> Sureness:
    """Return how sure the claim is that a word tied to the name at [start, stop) makes. subject: who is said to be it, if another."""
    if doubt := _doubt(phrase, tie.word, subject, frame):
        return likely(doubt)
    left, right = min(name[0], tie.word.start), max(name[1], tie.word.stop)
    is_as = any(phrase.tokens(word.stop, left) <= MOST_BETWEEN_AS for word in phrase.between(0, left, "as"))
    ours = phrase.having("we")
    if (ours and is_as) or _beside(phrase, [(we.start, we.stop) for we in ours], left, right):
        return SURE
    named = [match.span() for own in frame.setting.names for match in re.finditer(re.escape(own), phrase.text)]
    if _beside(phrase, named, left, right):
        return SURE
    if subject:
        return SURE  # which _doubt found to be the vendor
    alone = _doubt_alone(phrase, name, tie, left, right)
    return likely(alone) if alone else SURE


def _doubt_alone(phrase: Phrase, name: tuple[int, int], tie: Tie, left: int, right: int) -> str | None:
    """Return what keeps a sentence without "us" from being a phrase that stands alone; its term is [left, right)."""
    verb = phrase.having("is", "was", "does")
    if verb and (phrase.language not in SUBJECT_IS_LEFT_OUT or _unexplained(phrase, *_before_term(phrase, left), name)):
        return f"not said of whom: “{phrase.written[verb[0].start : verb[0].stop]}”"
    if article := [word for word in phrase.between(0, left, "article") if phrase.tokens(word.stop, left) <= 1]:
        return f"no one in particular: “{article[0].text}”"
    if "several" in tie.word.roles:
        return f"of more than one: “{tie.word.text}”"
    if further := _goes_on(phrase, right, tie.word):
        return f"something else: “{further}”"
    start, stop = _part(phrase, left, right)
    if governing := _governing(phrase, name, tie, start, left):
        return f"not by itself: “{phrase.written[governing.start : right]}”"
    before, within = _unexplained(phrase, start, left, name), _unexplained(phrase, left, right, name)
    bare, after = _after(phrase, right, stop, name)
    # "importer of Acme saws": what is dealt in follows the name, but "Acme dealer locator" is no dealer
    most_bare = MOST_UNEXPLAINED_GOODS if right == name[1] else 0
    if before or len(bare) > most_bare or len(within) > MOST_UNEXPLAINED_WITHIN or len(after) > MOST_UNEXPLAINED_AFTER:
        return f"more is said than that: “{' '.join([*before, *within, *bare, *after][:MOST_QUOTED])}”"
    return None


def _governing(phrase: Phrase, name: tuple[int, int], tie: Tie, start: int, left: int) -> Word | None:
    """Return the preposition that makes the term a part of another phrase: "Stamped by Acme dealer", "Acme key from authorised dealer"."""
    if before := phrase.between(start, left, "for", "small"):
        return before[-1]
    gap = (name[1], tie.word.start)
    if tie.is_term or gap[0] >= gap[1] or _CASELESS.search(phrase.text[gap[0] : gap[1]]):
        return None
    return next(iter(phrase.between(*gap, "for", "small")), None)


def _doubt(phrase: Phrase, word: Word, subject: str | None, frame: Frame) -> str | None:
    for other in phrase.having(*_DOUBTS, "not", "was"):
        if other is not word and not (other.start < word.stop and word.start < other.stop):
            return f"“{phrase.written[other.start : other.stop].strip()}”"
    if frame.is_quoted or len(_QUOTED.findall(phrase.written)) > 1:
        return "words in quotation marks"
    if subject and not any(is_same_name(level(subject).text, own) for own in frame.setting.names):
        return f"said of “{subject}”"
    return None


def is_same_name(name: str, own: str) -> bool:
    """Whether two levelled names are one, or one the beginning of the other: "merrow & tate" of "merrow & tate advisory"."""
    shorter, longer = sorted((name, own), key=len)
    if not longer.startswith(shorter):
        return False
    rest = longer[len(shorter) :]
    return not rest or not shorter.isascii() or not rest[0].isalnum()


def _beside(phrase: Phrase, places: list[tuple[int, int]], left: int, right: int) -> bool:
    """Whether one of some places stands beside [left, right) with no more between than can be explained."""
    for start, stop in places:
        if start < right and left < stop:
            return True  # "we are partners" in one word
        gap = (stop, left) if stop <= left else (right, start)
        if start >= right and _PAUSE.search(phrase.text[gap[0] : gap[1]]):
            continue  # "Unlike Acme dealers, we sell used goods"
        if phrase.between(*gap, "customer", "customer-noun", "through", "others"):
            continue
        if len(_unexplained(phrase, *gap, (left, right))) <= MOST_UNEXPLAINED_BESIDE:
            return True
    return False


def _before_term(phrase: Phrase, left: int) -> tuple[int, int]:
    return _part(phrase, left, left)[0], left


def _part(phrase: Phrase, left: int, right: int) -> tuple[int, int]:
    """Return the part of the sentence, between dashes, bars, colons, commas and brackets, that [left, right) lies in."""
    start = max((m.end() for m in _PART.finditer(phrase.text, 0, left)), default=0)
    after = _PART.search(phrase.text, right)
    return start, after.start() if after else len(phrase.text)


def _after(phrase: Phrase, right: int, stop: int, name: tuple[int, int]) -> tuple[list[str], list[str]]:
    """Return what is unexplained right behind the term, and what is behind a preposition, a name or a year."""
    turns = [w.start for w in phrase.words if w.start >= right and w.roles & {"for", "small", "since", "until", "as"}]
    turns += [token.start() for token in _TOKEN.finditer(phrase.written, right, stop) if token[0][0].isupper()]
    if figure := _FIGURE.search(phrase.written, right, stop):
        turns.append(figure.start())
    turn = min([stop, *turns])
    return _unexplained(phrase, right, turn, name), _unexplained(phrase, turn, stop, name)


def _goes_on(phrase: Phrase, right: int, word: Word) -> str | None:
    """Return what makes another thing of the term: "Partner Summit", "Händlernetz", 正規代理店の."""
    ending = _ENDING.match(phrase.written, word.stop)
    if ending and len(ending[0]) > MOST_LETTERS_OF_AN_ENDING and not _CASELESS.search(ending[0]):
        return phrase.written[word.start : ending.end()]
    if right != word.stop:
        return None
    if phrase.oblique and (of := phrase.oblique.match(phrase.text, right)) and of[0].strip():
        return phrase.written[word.start : of.end()]
    following = _NEXT_WORD.match(phrase.written, right) if phrase.language in CAPITAL_NOUNS else None
    if following and following[1][0].isupper() and not following[1].isupper():
        is_known = any(w.start <= following.start(1) < w.stop for w in phrase.words)
        return None if is_known else following[1]
    return None


def _begins(phrase: Phrase, start: int, token: str) -> bool:
    """Whether a word has its capital for beginning the sentence: "Software for …", "Bought from …"; a name may be all capitals."""
    return not _BEFORE_FIRST.sub("", phrase.written[:start]) and not token.isupper()


def _unexplained(phrase: Phrase, start: int, stop: int, name: tuple[int, int]) -> list[str]:
    """Return the words of [start, stop) that are neither of the lexicon nor names, which capitals tell where there are any."""
    spans = [(word.start, word.stop) for word in phrase.words] + [*phrase.names, name]
    found = []
    for token in _TOKEN.finditer(phrase.written, start, stop):
        if any(begin <= token.start() < end for begin, end in spans) or len(token[0]) == 1:
            continue
        if token[0][0].isupper() and not _begins(phrase, token.start(), token[0]):
            continue
        if _CASELESS.match(token[0]):
            rest = "".join(
                letter
                for place, letter in enumerate(token[0], token.start())
                if not any(begin <= place < end for begin, end in spans)
            )
            if GLUED.match(token[0]):
                found += [rest] * (weigh(rest) if len(rest) > 1 else 0)
            elif len(rest) > (MOST_ENDING_LETTERS if len(rest) < len(token[0]) else 1):
                found.append(rest)
            continue
        found.append(token[0])
    return found
