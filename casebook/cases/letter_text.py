"""A letter's text: a language's template filled with what a case shows. Nothing is read or written here.

Whatever comes from a vendor is one line without control characters when it gets into a letter, and is never read as a template.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from casebook.cases.letter_facts import Grounds, LetterFacts, RegisterAnswer, Sender, ShownPage, ShownThing
from casebook.files.written_days import write_day
from casebook.verdicts.grant_limits import Gap, GapKind
from ledger.dates import day_of
from ledger.typed_texts import IsoDate
from ledger.vocabulary import Tone

OTHER = "other"  # jurisdictions without an entry of their own; relations that a template does not name
OPEN_MARK, CLOSE_MARK = "⟦", "⟧"  # around what a person has to write
MAX_VALUE_CHARS = 600
_JOINERS = "\u200c\u200d"  # Persian and Indic words are spelt with them
MAX_PAGES, MAX_THINGS = 20, 5  # in the text of a letter, and of a page there; its enclosure has all of them
UNDERTAKING = "undertaking"
REPLY_FORM = "reply-form"  # the table with the texts of the page on which a vendor answers
REPLY_FORM_FIELDS = ("brand", "vendor", "domain", "day", "file")
REPLY_FORM_TEXTS = (
    "title", "about", "reference", "answer-by", "answer-to", "address-of-letter", "how", "question", "day", "words", "hint", "sender",
    "save", "saved",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A letter's text."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class _Language:
    """A language's texts. code: of its file, such as de."""

    code: str
    data: Mapping[str, Any]

    def say(self, table: str, name: str, **values: str) -> str:
        return Template(self.data[table][name]).substitute(values)

    def day(self, day: IsoDate | None) -> str:
        """A date as people write it: 24 December 2026."""
        return write_day(self.code, day_of(day)) if day else ""

    def relation(self, relation: str, tier: str | None, brand: str) -> str:
        relations = self.data["relations"]
        said = Template(relations.get(relation, relations[OTHER])).substitute(brand=brand)
        return self.say("words", "level", relation=said, tier=one_line(tier)) if tier else said


def fill_letter(code: str, data: Mapping[str, Any], tone: Tone, facts: LetterFacts) -> Filled:
    """Write a letter from a case. data: the texts of the language whose file is called by the code, such as de."""
    language = _Language(code, data)
    names = {"brand": one_line(facts.brand), "vendor": one_line(facts.vendor), "domain": one_line(facts.domain)}
    relation = language.relation(facts.relation, facts.tier, names["brand"])
    is_gone = facts.gone_on is not None
    presented = language.say(
        "words", "presented-gone" if is_gone else "presented", relation=relation, gone_on=language.day(facts.gone_on), **names
    )  # fmt: skip
    most = (
        len(facts.pages) if tone is Tone.HOST_NOTICE else MAX_PAGES
    )  # DSA Art. 16(2)(b): the exact locations, all of them
    values = {
        **names,
        "relation": relation,
        "presented": presented,
        "evidence": _tell_evidence(language, names["brand"], facts.pages, most) or _to_write("evidence"),
        "register": _tell_register(language, names["brand"], names["vendor"], facts.grounds),
        "earlier": " ".join(_tell_earlier(language, facts)),
        "remove": language.say("words", "remove-gone" if is_gone else "remove", **names),
        "answer_by": write_day(code, facts.answer_by),
        "reference": facts.reference,
        "sender": _sign(facts.sender, data["words"]),
        "sender_name": facts.sender.name or _to_write(data["words"]["sender-name"]),
        "sender_email": facts.sender.email or _to_write(data["words"]["sender-email"]),
    }
    text = data[tone]
    undertaking = text.get(UNDERTAKING, "") if facts.with_undertaking else ""
    values[UNDERTAKING] = Template(undertaking).substitute(values).strip()
    subject, body = (Template(text[part]).substitute(values).strip() for part in ("subject", "body"))
    return Filled(subject=one_line(subject), body=re.sub(r"\n{3,}", "\n\n", body) + "\n")


def fill_reply_form(data: Mapping[str, Any], facts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of the form for an answer, filled. facts: REPLY_FORM_FIELDS."""
    values = {name: one_line(facts[name]) for name in REPLY_FORM_FIELDS}
    return {name: Template(text).substitute(values) for name, text in data[REPLY_FORM].items()}


def _sign(sender: Sender, words: Mapping[str, str]) -> str:
    lines = [sender.name or _to_write(words["sender-name"]), *filter(None, sender.address.splitlines()), sender.email]
    return "\n".join(filter(None, lines))


def _tell_evidence(language: _Language, brand: str, pages: Sequence[ShownPage], most: int) -> str:
    lines = []
    for page in pages[:most]:
        seen = "seen" if page.first_seen != page.last_seen else "seen-once"
        days = {"first_seen": language.day(page.first_seen), "last_seen": language.day(page.last_seen)}
        lines.append(f"- {language.say('words', seen, url=one_line(page.url), **days)}")
        lines += [f"  {_describe(language, brand, thing)}" for thing in page.things[:MAX_THINGS]]
        if len(page.things) > MAX_THINGS:
            lines.append(f"  {language.say('words', 'more', count=str(len(page.things) - MAX_THINGS))}")
    if len(pages) > most:
        lines.append(f"- {language.say('words', 'more', count=str(len(pages) - most))}")
    return "\n".join(lines)


def describe_thing(code: str, data: Mapping[str, Any], brand: str, thing: ShownThing) -> str:
    """Return one thing that a page shows, in a language."""
    return _describe(_Language(code, data), brand, thing)


def _describe(language: _Language, brand: str, thing: ShownThing) -> str:
    values = {"brand": brand, "sentence": one_line(thing.text), "until": language.day(thing.retired_on)}
    said = language.say("words", thing.kind, **values)
    return language.say("words", "heading", shown=said, heading=one_line(thing.heading)) if thing.heading else said


def _tell_register(language: _Language, brand: str, vendor: str, grounds: Grounds) -> str:
    """What the register says of the vendor, and what may explain the claim: nothing that the case contradicts."""
    standing = grounds.standing
    values = {
        "brand": brand,
        "vendor": vendor,
        "as_of": language.day(standing.as_of),
        "company": one_line(standing.company),
        "granted": language.relation(standing.relation, standing.tier, brand),
        "valid_from": language.day(standing.valid_from),
        "last_day": language.day(standing.last_day),
    }
    said = [language.say("register", standing.answer, **values)]
    if grounds.copied_by:
        said.append(language.say("register", "copied", vendor=vendor, count=str(grounds.copied_by)))
    beyond = [f"- {_tell_gap(language, brand, gap)}" for gap in standing.gaps]
    if standing.answer is RegisterAnswer.EXCEEDS and not beyond:  # its pages are not there any more to be read again
        beyond = [f"- {_to_write(vendor)}"]
    return "\n".join([" ".join(said), *(["", *beyond] if beyond else [])])


def _tell_gap(language: _Language, brand: str, gap: Gap) -> str:
    claimed, granted = one_line(gap.claimed), one_line(gap.granted)
    if gap.kind is GapKind.RELATION:
        claimed, granted = (language.relation(relation, None, brand) for relation in (gap.claimed, gap.granted))
    return language.say("beyond", gap.kind, claimed=claimed, granted=granted)


def _tell_earlier(language: _Language, facts: LetterFacts) -> Iterator[str]:
    """What was written before and what came of it, the oldest letter first."""
    for letter in facts.earlier:
        yield language.say(
            "earlier", letter.tone, day=language.day(letter.sent_on), recipient=one_line(letter.recipient)
        )
        yield language.say("earlier", letter.reply or "no-reply", day=language.day(letter.replied_on))
    shown = max((page.last_seen for page in facts.pages), default=None)
    if facts.earlier and facts.gone_on is None and shown and shown > facts.earlier[-1].sent_on:
        yield language.say("earlier", "still-shown", day=language.day(shown))


def _to_write(what: str) -> str:
    return f"{OPEN_MARK}{what}{CLOSE_MARK}"


def one_line(text: str) -> str:
    """Return text of a vendor as one line: without control and direction characters, and without our own marks."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text[: 4 * MAX_VALUE_CHARS])
    hidden = ("Cf", "Cs", "Co", "Cn")
    shown = "".join(c for c in plain if c in _JOINERS or unicodedata.category(c) not in hidden)
    return " ".join(shown.replace(OPEN_MARK, "[").replace(CLOSE_MARK, "]").split())[:MAX_VALUE_CHARS]


def unwritten(text: str) -> list[str]:
    """Return what a person still has to write into a letter."""
    return [part.partition(CLOSE_MARK)[0] for part in text.split(OPEN_MARK)[1:]]
