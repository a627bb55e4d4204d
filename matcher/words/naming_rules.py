"""What a sentence says about one name in it: the rules, the most telling first. Each names itself and the words that decided.

 1. disclaimed       a trademark notice, "no affiliation is implied", "without claiming partner status", "unless confirmed"
 2. denied           "not affiliated with", or a word of a relation with a "not" before (or, where verbs stand last, after) it
 3. asked            a question claims nothing
 4. worked there     a person's past: "spent eight years at Acme"; with "experience" under a person's name as well
 5. testimonial      the words of a customer, signed with the brand's name; or a relation told inside a quotation
 6. job, title       an advert's "experience with Acme"; "Partner Manager, Acme"
 7. theirs           the relation is a third party's: the brand acts, its partners are spoken of, "how Bluefin, an Acme partner, …"
 8. a relative's     "our parent company is a partner of Acme": the subject is asked of the register as a relative
 9. over             "was", "former", "until 2019", unless "now" follows
10. wished, coming   "want to become", "will become"
11. in general       advice to the reader, a condition, partners as such: "buy only from an authorised dealer", "the bidder must be …"
12. tied             partner, reseller, …; certification; customer. How sure that is, certainty.py says
13. listed           a name in a list under a telling heading
14. mentioned        and why it is no more, when a word of a relation stood near
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ledger.vocabulary import AssertedBy, Modality, Polarity, Relation, SectionKind, StatementKind
from matcher.words.certainty import likely, sureness_of
from matcher.words.denials import denied, disclaimed, negation, trademark_notice
from matcher.words.details import gap_between, read_programme, read_subject, read_tier
from matcher.words.grammar import PARTNERS, RELATIONS, Word
from matcher.words.levelled import level
from matcher.words.phrase import Phrase
from matcher.words.statement_context import Frame, Reading
from matcher.words.ties import NoTie, Tie, find_ties
from matcher.words.times import Period, read_period

WAS_REACH = 9
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
GRANTED = PARTNERS | {"certification"}
ASKED = "asked"
RELATIVE = "a relative's"  # so begins the rule of a relation that a company of the vendor's group is said to have
_NAME_PART = r"[^\W\d_a-zà-öø-ÿ][\w&.'’-]*"
_COMPANY = re.compile(rf"({_NAME_PART}(?:\s+(?:{_NAME_PART}|&))*)\s*,\s*$")
_COMPANY_AFTER = re.compile(rf"[\s,–—:-]*({_NAME_PART}(?:\s+(?:{_NAME_PART}|&))*)")
_WORD = re.compile(r"[^\W\d_]\w*")
_PAUSE = re.compile(r"[,;:.!?|，。]")


def read_naming(phrase: Phrase, name: tuple[int, int], frame: Frame) -> Reading:
    """Return what a sentence says about the name at [start, stop)."""
    outcomes = find_ties(phrase, name, own_names=frame.setting.names)
    ties = [each_outcome for each_outcome in outcomes if isinstance(each_outcome, Tie)]
    tie = ties[0] if ties else None
    reading = (
        disclaimed(phrase)
        or (None if ties else trademark_notice(phrase))
        or denied(phrase, name, [tie.word for tie in ties])
        or _denied_of_it(phrase, name)
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


def _denied_of_it(phrase: Phrase, name: tuple[int, int]) -> Reading | None:
    """Return what a later clause without a name denies: "we sell used Acme, but are neither partner nor authorised dealer"."""
    stop = phrase.clause(name[0])[1]
    if any(start >= stop for start, _ in phrase.names):
        return None
    for word in phrase.between(stop, len(phrase.text), *GRANTED):
        if hit := negation(phrase, word):
            rule = f"denied: “{hit.text} … {word.text}”, of the name before"
            role = next(role for role in RELATIONS if role in word.roles)
            return Reading(kind=StatementKind.DENIAL, rule=rule, relation=RELATIONS[role], polarity=Polarity.DENIED)
    return None


def _asked(phrase: Phrase) -> Reading | None:
    if phrase.text.rstrip(' "”’»)').endswith(("?", "؟")):
        return Reading(kind=StatementKind.MENTION_ONLY, rule=f"{ASKED}: a question claims nothing")
    return None


def answers_no(phrase: Phrase) -> Word | None:
    """Return the word by which a sentence begins as the answer "no"."""
    first = phrase.words[0] if phrase.words else None
    return first if first and "not" in first.roles and not phrase.text[: first.start].strip() else None


def denied_by_answer(question: Reading, answer: Word) -> Reading:
    """ "Are you an authorised Acme reseller? No, we are independent." """
    return Reading(
        kind=StatementKind.DENIAL,
        rule=f"denied: “{answer.text}”, after a question",
        relation=question.relation,
        polarity=Polarity.DENIED,
    )


def _worked_there(phrase: Phrase, name: tuple[int, int], frame: Frame, tie: Tie | None) -> Reading | None:
    clause = phrase.clause(name[0])
    strong = [
        word for word in phrase.between(*clause, "biography") if phrase.tokens(*gap_between(word, name)) <= WAS_REACH
    ]
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
        subject=read_subject(phrase, name, word),
        tier=read_tier(phrase, name, word) if tie.role in PARTNERS or tie.role == "certification" else None,
        programme=read_programme(phrase, name),
        period=period,
    )
    if tie.is_theirs or _is_about_another(reading.subject, frame):
        return _said_of_others(reading, f"theirs: “{word.text}”")
    if tie.role in GRANTED and (customer := _customers(phrase, word)):
        return _said_of_others(reading, f"theirs: “{customer.text}”")
    if tie.role in GRANTED and (relative := _relative(phrase, name, tie)):
        company = _COMPANY_AFTER.match(phrase.written, relative.stop)
        return _said_of_others(reading, f"{RELATIVE}: “{relative.text}”", company[1] if company else None)
    if tie.role in GRANTED and (company_name := _apposition(phrase, name, word, frame)):
        return _said_of_others(reading, f"theirs: “{company_name}, … {word.text}”", company_name)
    if over := _over(phrase, word, name, period, frame.setting.seen_year):
        return replace(reading, kind=StatementKind.PAST, rule=f"over: “{over}”", modality=Modality.WAS)
    if coming := _coming(phrase, word, name):
        modality = Modality.WILL_BE if "future" in coming.roles else Modality.WANTS_TO_BE
        rule = f"{'coming' if modality is Modality.WILL_BE else 'wished'}: “{coming.text} … {word.text}”"
        return replace(reading, kind=StatementKind.MENTION_ONLY, rule=rule, modality=modality, tier=None)
    if others := [w for w in phrase.having("others") if tie.role in PARTNERS and not _is_ours(phrase)]:
        return _said_of_others(reading, f"theirs: “{others[0].text}”")
    if tie.role in GRANTED and (general := _in_general(phrase, name, word, frame)):
        rule = f"in general: “{general.text} … {word.text}”"
        return replace(reading, kind=StatementKind.MENTION_ONLY, rule=rule, tier=None)
    if tie.role not in GRANTED:
        return reading
    sureness = sureness_of(phrase, name, tie, reading.subject, frame)
    return replace(reading, certainty=sureness.certainty, doubt=sureness.doubt)


def _said_of_others(reading: Reading, rule: str, subject: str | None = None) -> Reading:
    """Return what is said as said of a third party. subject: who that is, if more is known than the reading tells."""
    return replace(
        reading,
        kind=StatementKind.MENTION_ONLY,
        rule=rule,
        asserted_by=AssertedBy.THIRD_PARTY,
        subject=subject or reading.subject,
        tier=None,
    )


def _in_general(phrase: Phrase, name: tuple[int, int], word: Word, frame: Frame) -> Word | None:
    """Return the word by which a sentence speaks to the reader, or of partners as such, and not of the vendor."""
    if _is_ours(phrase) or any(own in phrase.text for own in frame.setting.names):
        return None
    end = max(name[1], word.stop)
    for general in phrase.having("general"):
        # "Acme dealer, whatever you need", "Acme engineers on every project": what follows so is another matter
        gap = phrase.text[end : general.start]
        before = phrase.between(end, general.start, "for", "small")
        is_aside = _PAUSE.search(gap) or (before and phrase.tokens(before[-1].stop, general.start) == 0)
        if general.start < end or not is_aside:
            return general
    return None


def _customers(phrase: Phrase, word: Word) -> Word | None:
    """Return the customer of whom the relation is said: "our client Bluefin is an Acme distributor"."""
    for customer in phrase.between(0, word.start, "customer-noun"):
        ours = [
            we
            for we in phrase.having("we")
            if we.stop <= customer.start and phrase.tokens(we.stop, customer.start) == 0
        ]
        verbs = phrase.between(customer.stop, word.start, "is", "was")
        if (ours or "we" in customer.roles) and verbs and phrase.tokens(customer.stop, verbs[0].start) <= WAS_REACH:
            return customer
    return None


def _relative(phrase: Phrase, name: tuple[int, int], tie: Tie) -> Word | None:
    """Return the word by which the relation is said of a company of the vendor's group."""
    for relative in phrase.having("relative"):
        if relative.start <= max(name[0], tie.word.start) and phrase.clause(relative.start) == phrase.clause(name[0]):
            return relative
    return None


def _apposition(phrase: Phrase, name: tuple[int, int], word: Word, frame: Frame) -> str | None:
    """Return the company whose description the relation is: "how Bluefin, an Acme Platinum Partner, cut costs"."""
    left = min(name[0], word.start)
    for article in phrase.between(0, left, "article"):
        if phrase.tokens(article.stop, left) > 2:
            continue
        if found := _COMPANY.search(phrase.written[: article.start]):
            company, start, names = found[1], found.start(1), frame.setting.names
            is_ours = not names or any(level(company).text in own or own in level(company).text for own in names)
            if not is_ours and not any(
                w.start <= start < w.stop for w in phrase.words if w.roles & {"we", "since", "now"}
            ):
                return company
    return None


def _is_about_another(subject: str | None, frame: Frame) -> bool:
    """Whether the passage stands under another company's name: "Corvane is an Acme partner" under "Corvane Ltd."."""
    trail = frame.setting.heading_trail
    if not subject or not trail:
        return False
    first = level(subject).text.split()[0]
    return first in level(trail[-1]).text.split() and not any(
        first in own or own in first for own in frame.setting.names
    )


def _is_ours(phrase: Phrase) -> bool:
    return bool(phrase.having("we"))


def _over(phrase: Phrase, word: Word, name: tuple[int, int], period: Period, seen_year: int | None) -> str | None:
    clause = phrase.clause(word.start)
    left = min(name[0], word.start)
    if phrase.former and (former := phrase.former.search(phrase.text[:left])):
        return former[0].strip()
    for past in phrase.between(*clause, "past"):
        first, last = sorted((past, word), key=lambda w: w.start)
        is_near = phrase.tokens(first.stop, last.start) <= WAS_REACH
        if (
            is_near
            and not phrase.is_new_start(first.stop, last.start)
            and not phrase.between(first.stop, last.start, "now")
        ):
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
    sureness = likely(f"said in the sentence before: {frame.earlier.rule}")
    return replace(frame.earlier, rule=rule, subject=None, certainty=sureness.certainty, doubt=sureness.doubt)


def _listed(phrase: Phrase, name: tuple[int, int], frame: Frame) -> Reading | None:
    setting = frame.setting
    if setting.section_kind not in _LISTED or setting.zone not in ("main", "aside") or not frame.is_listed:
        return None
    left, right = phrase.group(*name)
    beside = phrase.tokens(0, left) + phrase.tokens(right, len(phrase.text))
    is_row_of_names = all(token[0].isupper() for token in _WORD.findall(phrase.written))
    if (beside > _MOST_LISTED_TOKENS.get(setting.section_kind, 5) and not is_row_of_names) or phrase.having(
        "is", "was", "does", "we", "yours", "use", "not", "job", "title", "general", "past"
    ):
        return None
    kind, relation = _LISTED[setting.section_kind]
    rule = f"listed: under a heading of {setting.section_kind}"
    if frame.is_over and kind is StatementKind.PARTNER_CLAIM:
        rule = f"over: listed under “{setting.heading_trail[-1]}”"
        return Reading(kind=StatementKind.PAST, rule=rule, relation=relation, modality=Modality.WAS)
    return Reading(kind=kind, rule=rule, relation=relation, tier=read_tier(phrase, name, None))


def _mentioned(phrase: Phrase, name: tuple[int, int], outcomes: Sequence[Tie | NoTie]) -> Reading:
    for outcome in outcomes:
        if isinstance(outcome, NoTie):
            rule = f"mentioned: “{outcome.word.text}”, {outcome.because}"
            return Reading(kind=StatementKind.MENTION_ONLY, rule=rule)
    if use := phrase.having("use"):
        rule = f"used: “{use[0].text}”"
        return Reading(kind=StatementKind.MENTION_ONLY, rule=rule, relation=Relation.TECHNOLOGY)
    return Reading(kind=StatementKind.MENTION_ONLY, rule="mentioned: no word of a relation in its clause")
