"""Which word of a sentence ties the vendor to a name: the partner in "an authorised Acme partner" and in "partners of Acme".

A word of a relation and a name in one clause are tied when
1. the word follows the name and they are one term ("Acme Gold Partner", 维川授权经销商), or
2. the word comes first ("partners of Acme", "Official partner: A, Acme"), or
3. the word follows in the same clause, and the name isn't who acts there ("licences of Acme as an authorised reseller").
What speaks against it is said as a reason, and a later word may do better:
- it is the reader's partner ("your partner for Acme projects"), or somebody's title ("partner manager"); but "your Acme Gold Partner",
  "your authorised partner for Acme" and "your dealer for Acme" are the vendor, who speaks to the reader;
- something that is done with the brand's goods stands between ("our partner for the Acme integration");
- the brand is who acts ("Acme works with thousands of partners"), or its partners are spoken of ("how Acme partners earn");
- somebody else begins to speak in between ("…, we …").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from matcher.words.grammar import PARTNERS, RELATIONS, Word
from matcher.words.phrase import Phrase

# chosen on the sentences of tests/gold/statements that are not held out; 8 to 20 tried
MOST_TOKENS_APART = 16
MOST_TOKENS_IN_TERM = 4
YOURS_REACH = 3
MOST_WORDS = 12
NO_PLURAL = frozenset({"ko", "ja", "zh", "th", "vi", "id", "ms"})  # languages whose "partners" may be one
OUTLETS = frozenset({"reseller", "distributor"})  # nobody is a dealer of the reader
_PAUSE = re.compile(r"[,;:.!?()|、，。：]")
_POSSESSIVE = re.compile(r"'s?(?!\w)")
_COLON = re.compile(r"\s*[:：]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A word tied to a name. role: the relation it tells; is_theirs: the partner is a third party, not the vendor."""

    word: Word
    role: str
    apart: int
    is_term: bool
    is_theirs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTie:
    """Why a word near a name ties nobody to it."""

    word: Word
    because: str


def find_ties(phrase: Phrase, name: tuple[int, int], *, own_names: Sequence[str]) -> list[Tie | NoTie]:
    """Return what the words of relations in a name's clause do, the surest tie first, then what ties nothing."""
    found = list(_each(phrase, name, own_names))
    ties = [outcome for outcome in found if isinstance(outcome, Tie)]
    order = list(RELATIONS)
    terms = {tie.is_term for tie in ties if tie.role in PARTNERS and not tie.is_theirs}
    has_noun = any(tie.role in PARTNERS and "official" not in tie.word.roles for tie in ties)
    is_member = any(tie.role == "member" for tie in ties)

    def rank(tie: Tie) -> tuple[bool, bool, bool, int, int, int]:
        # "certified reseller" is a reseller; a member of the "Acme Alliance" is a member, of its partner network a partner
        is_lesser = (tie.role == "certification" and tie.is_term in terms) or (
            is_member and tie.role == "partner" and "programme" not in tie.word.roles
        )
        # "authorised" by itself says partner; beside "reseller" it only says what kind of one
        is_lesser = is_lesser or ("official" in tie.word.roles and has_noun)
        return tie.is_theirs, is_lesser, not tie.is_term, tie.apart, order.index(tie.role), tie.word.start

    ties.sort(key=rank)
    return [*ties, *(outcome for outcome in found if isinstance(outcome, NoTie))]


def _each(phrase: Phrase, name: tuple[int, int], own_names: Sequence[str]) -> Iterator[Tie | NoTie]:
    start, stop = phrase.clause(name[0])
    left, right = phrase.group(*name)
    words = phrase.having(*RELATIONS, "customer-noun")
    if len(words) > MOST_WORDS:  # no sentence that anybody wrote
        words = sorted(
            sorted(words, key=lambda word: abs(word.start - name[0]))[:MOST_WORDS], key=lambda word: word.start
        )
    for word in words:
        if word.start < start or word.stop > max(stop, right) or _overlap(word, name):
            continue
        role = next((role for role in RELATIONS if role in word.roles), "customer-noun")
        # a word inside the list ("Acme Gold Partner, Beta partner") is measured from the name itself
        near_left, near_right = (left, right) if word.stop <= left or word.start >= right else name
        if word.start >= near_right:
            outcome = _after(phrase, name, (near_left, near_right), word, role, own_names)
        else:
            outcome = _before(phrase, name, near_left, word, role)
        if isinstance(outcome, Tie) and _is_said_of_other(phrase, name, (left, right), own_names):
            outcome = replace(outcome, is_theirs=True)
        if outcome is not None:
            yield outcome


def _after(
    phrase: Phrase, name: tuple[int, int], group: tuple[int, int], word: Word, role: str, own_names: Sequence[str]
) -> Tie | NoTie | None:
    apart = phrase.tokens(group[1], word.start)
    if apart > MOST_TOKENS_APART:
        return None
    if role == "customer-noun":
        # "Acme is one of our customers"
        ours = [we for we in phrase.between(group[1], word.start, "we") if phrase.tokens(we.stop, word.start) == 0]
        return (
            Tie(word=word, role="customer", apart=apart, is_term=False)
            if ours and phrase.between(group[1], word.start, "is")
            else None
        )
    is_term = _is_term(phrase, group[1], word, apart) and role != "customer"
    if (yours := _yours(phrase, word)) and not is_term:
        return NoTie(word=word, because=f"the reader's, as “{yours}” says")
    if (
        is_term
        and "several" in word.roles
        and phrase.language not in NO_PLURAL
        and not _is_said_of_us(phrase, group[0])
    ):
        return Tie(word=word, role=role, apart=apart, is_term=True, is_theirs=True)
    if not is_term:
        if role == "certification" and (used := _used_before(phrase, group[0])):
            return NoTie(word=word, because=f"something is done with it: “{used.text}”")
        if use := phrase.between(group[1], word.start, "use"):
            return NoTie(word=word, because=f"something is done with it: “{use[0].text}”")
        if role == "customer":
            # "Acme and Veltrana trust us"; but "Acme is trusted by millions"
            trusts = "trust" in word.roles and "by" not in word.text.split()
            return Tie(word=word, role=role, apart=apart, is_term=False) if trusts else None
        if _acts(phrase, group, word, own_names):
            return Tie(word=word, role=role, apart=apart, is_term=False, is_theirs=True)
    elif role == "certification" and (others := phrase.having("through", "others")):
        return Tie(word=others[0], role=role, apart=apart, is_term=True, is_theirs=True)
    return Tie(word=word, role=role, apart=apart, is_term=is_term)


def _before(phrase: Phrase, name: tuple[int, int], left: int, word: Word, role: str) -> Tie | NoTie | None:
    apart = phrase.tokens(word.stop, left)
    if apart > MOST_TOKENS_APART:
        return None
    if (yours := _yours(phrase, word)) and role not in OUTLETS and not _is_official(phrase, word):
        return NoTie(word=word, because=f"the reader's, as “{yours}” says")
    if phrase.is_new_start(word.stop, left):
        return NoTie(word=word, because="somebody else begins to speak in between")
    between = [
        verb for verb in phrase.between(word.stop, left, "use", "does") if not _is_coordinate(phrase, word, verb)
    ]
    if between:
        return NoTie(word=word, because=f"something is done with it: “{between[0].text}”")
    if role == "customer-noun":
        ours = [we for we in phrase.having("we") if phrase.tokens(we.stop, word.start) <= 1 and we.stop <= word.start]
        is_list = bool(_COLON.search(phrase.text[word.stop : left]))
        return Tie(word=word, role="customer", apart=apart, is_term=False) if ours or is_list or apart <= 1 else None
    if role == "partner" and _is_about_use(phrase, name, left, word):
        return NoTie(word=word, because="a partner for something with it")
    return Tie(word=word, role=role, apart=apart, is_term=False)


def _used_before(phrase: Phrase, left: int) -> Word | None:
    """ "Migrate from Acme with our certified partner Bluefin": what is done with the brand stands before its name."""
    return next((use for use in phrase.between(0, left, "use") if phrase.tokens(use.stop, left) <= 1), None)


def _is_coordinate(phrase: Phrase, word: Word, verb: Word) -> bool:
    """ "we resell and support Acme": what is joined by "and" to the word doesn't part it from the name."""
    joined = phrase.between(word.stop, verb.start, "and")
    return bool(joined) and phrase.tokens(word.stop, joined[0].start) == 0 == phrase.tokens(joined[0].stop, verb.start)


def _is_about_use(phrase: Phrase, name: tuple[int, int], left: int, word: Word) -> bool:
    """ "our partner for the Acme integration": not a partner of Acme. "Official partner for Acme in Malta" is one."""
    if not phrase.between(word.stop, left, "for"):
        return False
    return not _is_official(phrase, word)


def _is_official(phrase: Phrase, word: Word) -> bool:
    """Whether a word of authorisation stands at the relation: "authorised partner", "partner autorizado"."""
    return bool(word.roles & {"official", "officially"}) or any(
        phrase.tokens(*sorted((min(word.stop, official.stop), max(word.start, official.start)))) <= 2
        for official in phrase.having("official")
    )


def _is_said_of_other(phrase: Phrase, name: tuple[int, int], group: tuple[int, int], own_names: Sequence[str]) -> bool:
    """Whether another brand opens the clause and acts: "Corvane announced a partnership with Acme"."""
    written = phrase.text[name[0] : name[1]]
    for start, stop in phrase.names:
        if stop > group[0] or phrase.text[start:stop] == written or phrase.clause(start) != phrase.clause(name[0]):
            continue
        verb = next((word for word in phrase.words if word.start >= stop), None)
        if verb and verb.roles & {"is", "was", "does"} and phrase.tokens(stop, verb.start) <= 1:
            return _acts(phrase, (start, stop), verb, own_names)
    return False


def _is_term(phrase: Phrase, right: int, word: Word, apart: int) -> bool:
    gap = phrase.text[right : word.start]
    if (
        apart > MOST_TOKENS_IN_TERM
        or (apart and _PAUSE.search(gap))
        or (not apart and re.search(r"[,;:.!?|，。：]", gap))
    ):
        return False
    return not phrase.between(
        right, word.start, "small", "is", "was", "does", "we", "yours", "not", "use", "as", "for", "now", "but", "and"
    )


def _is_said_of_us(phrase: Phrase, left: int) -> bool:
    before = phrase.between(0, left, "is", "was", "as", "we", "official", "one-of")
    return any(word.roles - {"we"} for word in before) or (bool(before) and phrase.tokens(before[-1].stop, left) == 0)


def _acts(phrase: Phrase, group: tuple[int, int], word: Word, own_names: Sequence[str]) -> bool:
    """Whether the name is the subject: it opens its clause, and nobody else is in it."""
    start, stop = phrase.clause(group[0])
    if not phrase.between(start, stop, "is", "was", "does") or phrase.between(start, stop, "as"):
        return False  # "Acme – advanced partner since 2019": a name and what it stands for
    articles = sum(word.stop - word.start for word in phrase.between(start, group[0], "small"))
    if sum(map(str.isalnum, phrase.text[start : group[0]])) > articles:
        return False
    is_oblique = bool(phrase.oblique and phrase.oblique.match(phrase.text, group[1]))
    if (is_oblique or _POSSESSIVE.match(phrase.text, group[1])) and "several" not in word.roles:
        return False
    if any(we.start >= start and we.stop <= stop for we in phrase.having("we")):
        return False
    return not any(own in phrase.text[start:stop] for own in own_names)


def _yours(phrase: Phrase, word: Word) -> str | None:
    if not word.roles & (PARTNERS | {"certification"}):
        return None
    if "yours" in word.roles:
        return word.text
    for yours in phrase.having("yours"):
        is_before = yours.stop <= word.start
        gap = (yours.stop, word.start) if is_before else (word.stop, yours.start)
        # "a partner for your projects" is the reader's; "as a partner we advise you" isn't
        reach = YOURS_REACH if is_before else len(phrase.between(*gap, "for"))
        if phrase.tokens(*gap) <= reach and not _PAUSE.search(phrase.text[gap[0] : gap[1]]):
            return yours.text
    return None


def _overlap(word: Word, name: tuple[int, int]) -> bool:
    return word.start < name[1] and name[0] < word.stop
