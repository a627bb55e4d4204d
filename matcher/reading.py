"""What a sentence says about one name in it: the rules, the most telling first. Each names itself and the words that decided.

 1. disclaimed       a trademark notice, "no affiliation is implied", "without claiming partner status", "unless confirmed"
 2. denied           "not affiliated with", or a word of a relation with a "not" before (or, where verbs stand last, after) it
 3. asked            a question claims nothing
 4. worked there     a person's past: "spent eight years at Acme"; with "experience" under a person's name as well
 5. testimonial      the words of a customer, signed with the brand's name; or a relation told inside a quotation
 6. job, title       an advert's "experience with Acme"; "Partner Manager, Acme"
 7. theirs           the relation is a third party's: the brand acts, or its partners are spoken of
 8. over             "was", "former", "until 2019", unless "now" follows
 9. wished, coming   "want to become", "will become"
10. tied             partner, reseller, …; certification; customer
11. listed           a name in a list under a telling heading, unless the page itself disclaims
12. mentioned        and why it is no more, when a word of a relation stood near
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.vocabulary import AssertedBy, Modality, Polarity, Relation, SectionKind, StatementKind
from matcher.grammar import PARTNERS, RELATIONS, Word
from matcher.levelled import level
from matcher.phrase import Phrase
from matcher.ties import NoTie, Tie, find_ties
from matcher.times import NO_PERIOD, Period, read_period

NOT_REACH = 7  # words between a "not" and what it denies
NOT_AFTER_REACH = 4
WAS_REACH = 9
_MOST_SUBJECT_TOKENS = 6
_MOST_LISTED_TOKENS = {SectionKind.CERTIFICATIONS: 2}  # others: 5
_LISTED = {
    SectionKind.PARTNERS: (StatementKind.PARTNER_CLAIM, Relation.PARTNER),
    SectionKind.RESELLERS: (StatementKind.PARTNER_CLAIM, Relation.RESELLER),
    SectionKind.SUPPLIERS: (StatementKind.PARTNER_CLAIM, Relation.SUPPLIER),
    SectionKind.CERTIFICATIONS: (StatementKind.CERTIFICATION, Relation.CERTIFICATION),
    SectionKind.CLIENTS: (StatementKind.CUSTOMER_CLAIM, Relation.CUSTOMER),
}
_KIND = dict.fromkeys(PARTNERS, StatementKind.PARTNER_CLAIM) | {
    "certification": StatementKind.CERTIFICATION,
    "customer": StatementKind.CUSTOMER_CLAIM,
}
_WORD = re.compile(r"[^\W\d_]\w*")
_PAUSE = re.compile(r"[,;:.!?|，。]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a passage stands. Unknown is None; page_disclaims: the words by which its page disclaims partner status."""

    language: str | None = None
    section_kind: SectionKind = SectionKind.NONE
    heading_trail: tuple[str, ...] = ()
    zone: str = "main"
    vendor: str | None = None
    seen_year: int | None = None
    page_disclaims: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is said. rule: its stable name, and the words that decided, in quotation marks."""

    kind: StatementKind
    rule: str
    relation: Relation | None = None
    polarity: Polarity = Polarity.AFFIRMED
    modality: Modality = Modality.IS
    asserted_by: AssertedBy = AssertedBy.VENDOR
    subject: str | None = None
    tier: str | None = None
    programme: str | None = None
    period: Period = NO_PERIOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the reader knows beside the sentence: who speaks, what stands above. earlier: the sentence before, of every brand."""

    setting: Setting
    is_person: bool = False
    is_job: bool = False
    is_quoted: bool = False
    signs_quote: bool = False
    is_listed: bool = False
    is_heading: bool = False
    earlier: Reading | None = None


def read_naming(phrase: Phrase, name: tuple[int, int], frame: Frame) -> Reading:
    """Return what a sentence says about the name at [start, stop)."""
    vendor = frame.setting.vendor
    outcomes = find_ties(phrase, name, vendor=vendor)
    ties = [one for one in outcomes if isinstance(one, Tie)]
    tie = ties[0] if ties else None
    reading = (
        disclaimed(phrase)
        or (None if ties else _trademark(phrase))
        or denied(phrase, name, [tie.word for tie in ties])
        or _asked(phrase)
        or _worked_there(phrase, name, frame, tie)
        or _testimonial(phrase, frame, tie)
        or _at_work(phrase, frame, tie)
    )
    if reading is not None:
        return replace(reading, relation=reading.relation or (RELATIONS[tie.role] if tie else None))
    if tie is None:
        return _continued(phrase, frame) or _listed(phrase, name, frame) or _mentioned(phrase, name, outcomes)
    return _tied(phrase, name, tie, frame)


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


def _trademark(phrase: Phrase) -> Reading | None:
    for word in phrase.having("trademark"):
        rule = f"disclaimed: “{word.text}”"
        return Reading(kind=StatementKind.DENIAL, rule=rule, polarity=Polarity.DISCLAIMED)
    return None


def _asked(phrase: Phrase) -> Reading | None:
    if phrase.text.rstrip(' "”’»)').endswith(("?", "؟")):
        return Reading(kind=StatementKind.MENTION_ONLY, rule="asked: a question claims nothing")
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


def _worked_there(phrase: Phrase, name: tuple[int, int], frame: Frame, tie: Tie | None) -> Reading | None:
    clause = phrase.clause(name[0])
    strong = [word for word in phrase.between(*clause, "biography") if phrase.tokens(*_gap(word, name)) <= WAS_REACH]
    weak = phrase.between(*clause, "experience") if frame.is_person else []
    if not (strong or weak) or (tie and tie.role in ("certification", "customer") and (tie.is_term or not strong)):
        return None
    return Reading(
        kind=StatementKind.PAST,
        rule=f"worked there: “{(strong or weak)[0].text}”",
        modality=Modality.WAS,
        asserted_by=AssertedBy.BIOGRAPHY,
        period=read_period(phrase),
    )


def _testimonial(phrase: Phrase, frame: Frame, tie: Tie | None) -> Reading | None:
    if frame.signs_quote:
        return Reading(
            kind=StatementKind.CUSTOMER_CLAIM,
            rule="testimonial: signed with the name",
            relation=Relation.CUSTOMER,
            asserted_by=AssertedBy.TESTIMONIAL,
        )
    if frame.is_quoted and tie is not None:
        return Reading(
            kind=StatementKind.MENTION_ONLY,
            rule=f"quoted: “{tie.word.text}”",
            asserted_by=AssertedBy.TESTIMONIAL,
        )
    return None


def _at_work(phrase: Phrase, frame: Frame, tie: Tie | None) -> Reading | None:
    if frame.is_job and not phrase.having("we"):
        rule = "job-advert: under its heading"
        return Reading(kind=StatementKind.MENTION_ONLY, rule=rule, asserted_by=AssertedBy.JOB_ADVERT)
    for role, by in (("title", AssertedBy.BIOGRAPHY), ("job", AssertedBy.JOB_ADVERT), ("press", AssertedBy.PRESS)):
        words = phrase.having(role)
        if words and (tie is None or role != "title"):
            return Reading(kind=StatementKind.MENTION_ONLY, rule=f"{by}: “{words[0].text}”", asserted_by=by)
    return None


def _tied(phrase: Phrase, name: tuple[int, int], tie: Tie, frame: Frame) -> Reading:
    relation, word = RELATIONS[tie.role], tie.word
    period = read_period(phrase)
    reading = Reading(
        kind=_KIND.get(tie.role, StatementKind.MENTION_ONLY),
        rule=f"{tie.role}{'' if tie.is_term else '-of'}: “{word.text}”",
        relation=relation,
        subject=_subject(phrase, name, word),
        tier=_tier(phrase, name, word) if tie.role in PARTNERS or tie.role == "certification" else None,
        programme=_programme(phrase, name),
        period=period,
    )
    if tie.is_theirs or _is_about_another(reading.subject, frame):
        return replace(
            reading,
            kind=StatementKind.MENTION_ONLY,
            rule=f"theirs: “{word.text}”",
            asserted_by=AssertedBy.THIRD_PARTY,
            tier=None,
        )
    if over := _over(phrase, word, name, period, frame.setting.seen_year):
        return replace(reading, kind=StatementKind.PAST, rule=f"over: “{over}”", modality=Modality.WAS)
    if coming := _coming(phrase, word, name):
        modality = Modality.WILL_BE if "future" in coming.roles else Modality.WANTS_TO_BE
        rule = f"{'coming' if modality is Modality.WILL_BE else 'wished'}: “{coming.text} … {word.text}”"
        return replace(reading, kind=StatementKind.MENTION_ONLY, rule=rule, modality=modality, tier=None)
    if others := [w for w in phrase.having("others") if tie.role in PARTNERS and not _is_ours(phrase)]:
        return replace(
            reading,
            kind=StatementKind.MENTION_ONLY,
            rule=f"theirs: “{others[0].text}”",
            asserted_by=AssertedBy.THIRD_PARTY,
            tier=None,
        )
    return reading


def _is_about_another(subject: str | None, frame: Frame) -> bool:
    """Whether the passage stands under another company's name: "Corvane is an Acme partner" under "Corvane Ltd."."""
    trail, vendor = frame.setting.heading_trail, frame.setting.vendor
    if not subject or not trail:
        return False
    first = level(subject).text.split()[0]
    return first in level(trail[-1]).text.split() and not (vendor and (first in vendor or vendor in first))


def _is_ours(phrase: Phrase) -> bool:
    return bool(phrase.having("we"))


def _over(phrase: Phrase, word: Word, name: tuple[int, int], period: Period, seen_year: int | None) -> str | None:
    clause = phrase.clause(word.start)
    for past in phrase.between(*clause, "past"):
        first, last = sorted((past, word), key=lambda w: w.start)
        if not phrase.is_new_start(first.stop, last.start) and not phrase.between(first.stop, last.start, "now"):
            return past.text
    for was in phrase.between(clause[0], max(word.start, name[0]), "was"):
        if phrase.tokens(was.stop, word.start) <= WAS_REACH and not phrase.between(was.stop, word.start, "is", "now"):
            return was.text
    if period.until and not phrase.having("now", "is"):
        year = int(period.until[:4])
        if seen_year is None or year <= seen_year:
            return f"… {period.until}"
    return None


def _coming(phrase: Phrase, word: Word, name: tuple[int, int]) -> Word | None:
    clause = phrase.clause(word.start)
    for hit in phrase.between(*clause, "wish", "future"):
        first, last = sorted((hit, word), key=lambda w: w.start)
        if phrase.is_new_start(first.stop, last.start) or phrase.between(first.stop, last.start, "as"):
            continue
        return hit
    return None


def _continued(phrase: Phrase, frame: Frame) -> Reading | None:
    """ "We have many partners. Among them are Acme and Veltrana." """
    opening = phrase.words[0] if phrase.words else None
    if frame.earlier is None or opening is None or "continued" not in opening.roles:
        return None
    if frame.earlier.kind in (StatementKind.DENIAL, StatementKind.MENTION_ONLY) or phrase.having("not", "use"):
        return None
    rule = f"continued: “{opening.text} …”, after {frame.earlier.rule}"
    return replace(frame.earlier, rule=rule, subject=None)


def _listed(phrase: Phrase, name: tuple[int, int], frame: Frame) -> Reading | None:
    setting = frame.setting
    if setting.section_kind not in _LISTED or setting.zone not in ("main", "aside") or not frame.is_listed:
        return None
    left, right = phrase.group(*name)
    beside = phrase.tokens(0, left) + phrase.tokens(right, len(phrase.text))
    is_row_of_names = all(token[0].isupper() for token in _WORD.findall(phrase.written))
    if (beside > _MOST_LISTED_TOKENS.get(setting.section_kind, 5) and not is_row_of_names) or phrase.having(
        "is", "was", "does", "we", "yours", "use", "not", "job", "title"
    ):
        return None
    kind, relation = _LISTED[setting.section_kind]
    rule = f"listed: under a heading of {setting.section_kind}"
    if setting.page_disclaims and kind is not StatementKind.CUSTOMER_CLAIM:
        return Reading(
            kind=StatementKind.MENTION_ONLY, rule=f"{rule}, but the page disclaims: “{setting.page_disclaims}”"
        )
    return Reading(kind=kind, rule=rule, relation=relation, tier=_tier(phrase, name, None))


def _mentioned(phrase: Phrase, name: tuple[int, int], outcomes: Sequence[Tie | NoTie]) -> Reading:
    for outcome in outcomes:
        if isinstance(outcome, NoTie):
            rule = f"mentioned: “{outcome.word.text}”, {outcome.because}"
            return Reading(kind=StatementKind.MENTION_ONLY, rule=rule)
    if use := phrase.having("use"):
        rule = f"used: “{use[0].text}”"
        return Reading(kind=StatementKind.MENTION_ONLY, rule=rule, relation=Relation.TECHNOLOGY)
    return Reading(kind=StatementKind.MENTION_ONLY, rule="mentioned: no word of a relation in its clause")


def _tier(phrase: Phrase, name: tuple[int, int], word: Word | None) -> str | None:
    """Return the tier that stands nearest to the name."""
    tiers = phrase.having("tiers")
    if not tiers:
        return None
    near = min(tiers, key=lambda tier: phrase.tokens(*_gap(tier, name)) * 100 + abs(tier.start - name[0]))
    return phrase.written[near.start : near.stop]


def _programme(phrase: Phrase, name: tuple[int, int]) -> str | None:
    """ "Acme Partner Network": the brand's name and the words up to the one that says programme."""
    for word in phrase.having("programme"):
        if word.start >= name[1] and phrase.tokens(name[1], word.start) <= 4:
            between = phrase.written[name[1] : word.start]
            if not _PAUSE.search(between) and not phrase.between(
                name[1], word.start, "small", "is", "as", "and", "for"
            ):
                return " ".join(phrase.written[name[0] : _word_end(phrase.text, word.stop)].split())
    return None


def _word_end(text: str, place: int) -> int:
    while place < len(text) and text[place].isalpha() and text[place].isascii():
        place += 1
    return place


def _subject(phrase: Phrase, name: tuple[int, int], word: Word) -> str | None:
    """Return who is said to be the partner: what stands before the first "is", when it reads as a name."""
    first = min(name[0], word.start)
    verbs = phrase.between(0, first, "is", "was")
    if not verbs:
        return None
    start = phrase.clause(verbs[0].start)[0]
    begin = max([start, *(m.end() for m in re.finditer(r"[,:،、，–—-]\s", phrase.text[: verbs[0].start]))])
    text = phrase.written[begin : verbs[0].start].strip(" ,:")
    if not text or phrase.between(begin, verbs[0].start, "we", "yours", "since", "until", "now", "not", *RELATIONS):
        return None
    if text[0].islower() or phrase.tokens(begin, verbs[0].start) > _MOST_SUBJECT_TOKENS or text[0].isdigit():
        return None
    return text


def _gap(word: Word, name: tuple[int, int]) -> tuple[int, int]:
    return (word.stop, name[0]) if word.stop <= name[0] else (name[1], max(word.start, name[1]))
