"""Letters as data: templates by language and tone, and who has to approve which tone where.

Reads: data/letters/ as shipped, with the workspace's own letters/ over it. Writes nothing.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from casebook.cases.letter_facts import (
    EarlierLetter,
    Grounds,
    LetterFacts,
    RegisterAnswer,
    RegisterStanding,
    Sender,
    ShownPage,
    ShownThing,
    ThingKind,
)
from casebook.cases.letter_text import (
    MAX_PAGES,
    OTHER,
    REPLY_FORM,
    REPLY_FORM_FIELDS,
    REPLY_FORM_TEXTS,
    UNDERTAKING,
    Filled,
    describe_thing,
    fill_letter,
    fill_reply_form,
)
from casebook.verdicts.grant_limits import Gap, GapKind
from ledger.errors import BadInputError, Problem
from ledger.shipped import shipped_data
from ledger.typed_texts import FinalUrl, IsoDate
from ledger.vocabulary import ReplyKind, Tone, VerdictKind

GATES_FILE = "gates.toml"
# what a language's file has to hold: table → names
_NEEDED = {
    "words": (
        "language",
        *(kind.value for kind in ThingKind),
        "heading",
        "level",
        "seen",
        "seen-once",
        "more",
        "sender-name",
        "sender-email",
        "presented",
        "presented-gone",
        "remove",
        "remove-gone",
    ),
    "relations": (OTHER,),
    "register": (*(answer.value for answer in RegisterAnswer), "copied"),
    "beyond": tuple(kind.value for kind in GapKind),
    "earlier": (
        *(tone.value for tone in Tone),
        "no-reply",
        *(kind.value for kind in ReplyKind),
        "still-shown",
    ),
    "enclosure": ("title", "page", "seen", "shows", "digest", "pictures", "official", "found"),
    REPLY_FORM: (*REPLY_FORM_TEXTS, *(kind.value for kind in ReplyKind)),
    **{tone.value: ("subject", "body") for tone in Tone},
}


class Gate(StrEnum):
    """Who has to approve a letter, the least strict first."""

    WRITER = "writer"
    SECOND_PERSON = "second-person"
    COUNSEL = "counsel"

    @property
    def strictness(self) -> int:
        """Larger: stricter."""
        return list(Gate).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class JurisdictionGates:
    """The gates of one jurisdiction, by tone, and why."""

    gates: Mapping[Tone, Gate]
    note: str


class LetterTemplates:
    """All templates and gates of a workspace. own: its letters/ folder, which need not exist."""

    def __init__(self, own: Path | None = None) -> None:
        """Read all files. Errors: BadInputError with every mistake."""
        self._languages: dict[str, dict[str, Any]] = {}
        self._gates: dict[str, JurisdictionGates] = {}
        problems: list[Problem] = []
        for folder in (shipped_data("letters"), own):
            for path in sorted(folder.glob("*.toml")) if folder is not None else ():
                self._read(path, problems)
        if problems:
            raise BadInputError(problems)

    def _read(self, path: Path, problems: list[Problem]) -> None:
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors begin a file with a mark
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            problems.append(_problem(str(path), "TOML in UTF-8", str(error)))
            return
        if path.name == GATES_FILE:
            for name, entry in data.items():
                problems += _gate_problems(f"{path}, {name}", entry)
            if not problems:
                self._gates |= {
                    name.upper() if name != OTHER else name: _gates_of(entry) for name, entry in data.items()
                }
            return
        wrong = _template_problems(path, data)
        problems += wrong
        if not wrong:
            self._languages[path.stem] = data

    @property
    def languages(self) -> dict[str, str]:
        """Code → name of each language, in its own words."""
        return {code: str(data["words"]["language"]) for code, data in self._languages.items()}

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Those that have gates of their own, and `other` as the last one."""
        return (*sorted(self._gates.keys() - {OTHER}), OTHER)

    def jurisdiction_of(self, country: str | None) -> str:
        """The jurisdiction whose gates hold for a vendor's country (ISO 3166-1 code)."""
        code = (country or "").strip().upper()
        return code if code in self._gates else OTHER

    def gates(self, jurisdiction: str) -> JurisdictionGates:
        """Errors: BadInputError for a jurisdiction that is not known."""
        if jurisdiction not in self._gates:
            raise BadInputError(_problem("jurisdiction", f"one of {', '.join(self.jurisdictions)}", repr(jurisdiction)))
        return self._gates[jurisdiction]

    def gate_of(self, jurisdiction: str, tone: Tone, *, is_edited: bool) -> Gate:
        """Return who has to approve a letter. An edited text may ask for more than its tone: at least as a request.

        Errors: BadInputError for a jurisdiction that is not known.
        """
        gates = self.gates(jurisdiction).gates
        return max(gates[tone], gates[Tone.REQUEST], key=lambda gate: gate.strictness) if is_edited else gates[tone]

    def undertaking_label(self, language: str) -> str:
        """Return what a signed undertaking is called in a language whose demand can ask for one; empty: it can't."""
        demand = self._language(language)[Tone.DEMAND]
        return str(demand.get(f"{UNDERTAKING}-label", "")) if UNDERTAKING in demand else ""

    def fill(self, language: str, tone: Tone, facts: LetterFacts) -> Filled:
        """Write a letter from a case. Errors: BadInputError for a language that is not there."""
        return fill_letter(language, self._language(language), tone, facts)

    def enclosure_words(self, language: str) -> Mapping[str, str]:
        """Return the words of an enclosure. Errors: BadInputError for a language that is not there."""
        words: Mapping[str, str] = self._language(language)["enclosure"]
        return words

    def fill_reply_form(self, language: str, facts: Mapping[str, str]) -> Mapping[str, str]:
        """Return the texts of the form for an answer, by name. Errors: BadInputError for a language that is not there."""
        return fill_reply_form(self._language(language), facts)

    def language_of(self, code: str | None) -> str:
        """Return the language in which a letter to somebody who writes in this one begins: English where there is none."""
        known = self._languages.keys()
        return next((name for name in (code or "", (code or "").partition("-")[0]) if name in known), "en")

    def describe_thing(self, language: str, brand: str, thing: ShownThing) -> str:
        """Return one thing that a page shows, in a language. Errors: BadInputError for a language that is not there."""
        return describe_thing(language, self._language(language), brand, thing)

    def _language(self, language: str) -> dict[str, Any]:
        if language not in self._languages:
            raise BadInputError(_problem("language", f"one of {', '.join(sorted(self._languages))}", repr(language)))
        return self._languages[language]


def _template_problems(path: Path, data: Mapping[str, Any]) -> list[Problem]:
    problems = [
        _problem(f"{path}, [{table}] {name}", "text", repr(got)[:60])
        for table, names in _NEEDED.items()
        for name in names
        if not isinstance(got := data.get(table, {}).get(name) if isinstance(data.get(table), dict) else None, str)
    ]
    problems += [
        _problem(f"{path}, [{table}] {name}", "text", repr(got)[:60])
        for table, entries in data.items()
        for name, got in (entries if isinstance(entries, dict) else {}).items()
        if not isinstance(got, str) and name not in _NEEDED.get(table, ())
    ]
    if problems:
        return problems
    try:
        fill_reply_form(data, dict.fromkeys(REPLY_FORM_FIELDS, "f"))
    except (KeyError, ValueError) as error:
        expected = "fields that README.md of data/letters names, a $ itself as $$"
        problems.append(_problem(f"{path}, [{REPLY_FORM}]", expected, str(error)[:80]))
    for tone in Tone:
        try:
            for facts in _sample_facts(data["relations"]):
                fill_letter(path.stem, data, tone, facts)
        except (KeyError, ValueError) as error:
            expected = "fields that README.md of data/letters names, a $ itself as $$"
            problems.append(_problem(f"{path}, [{tone}]", expected, str(error)[:80]))
    return problems


def _sample_facts(relations: Iterable[str]) -> Iterator[LetterFacts]:
    """Facts that use each text of a language once at least."""
    day, next_day = IsoDate("2026-01-01"), IsoDate("2026-01-02")
    things = tuple(ShownThing(kind=kind, text="t", heading="h", retired_on=day) for kind in ThingKind)
    page = ShownPage(url=FinalUrl("u"), first_seen=day, last_seen=next_day, things=things)
    letter = EarlierLetter(tone=Tone.ENQUIRY, recipient="r", sent_on=day)
    earlier = (
        *(replace(letter, tone=tone) for tone in Tone),
        *(replace(letter, reply=reply, replied_on=day) for reply in ReplyKind),
    )
    standings = [
        RegisterStanding(
            answer=answer, as_of=day, company="c", relation=OTHER, tier="t", valid_from=day, last_day=day,
            gaps=tuple(Gap(kind=kind, claimed="partner", granted="reseller") for kind in GapKind),
        )
        for answer in RegisterAnswer
    ]  # fmt: skip
    facts = LetterFacts(
        brand="b", vendor="v", domain="d", relation=OTHER, tier="t", pages=(page,), earlier=earlier,
        grounds=Grounds(verdict=VerdictKind.TEMPLATE, standing=standings[0], copied_by=1),
        answer_by=dt.date(2026, 1, 1), reference="r", sender=Sender(), with_undertaking=True,
    )  # fmt: skip
    yield replace(facts, pages=[replace(page, last_seen=day)] * (MAX_PAGES + 1), gone_on=day)
    for relation in relations:
        yield replace(facts, relation=relation)
    for standing in standings:
        yield replace(facts, grounds=replace(facts.grounds, standing=standing))


def _gate_problems(where: str, entry: object) -> list[Problem]:
    if not isinstance(entry, dict):
        return [_problem(where, "a table", repr(entry)[:60])]
    known, gates = {*map(str, Tone), "note"}, ", ".join(Gate)
    problems = [_problem(f"{where}.{name}", "a tone or note", repr(name)) for name in entry.keys() - known]
    problems += [
        _problem(f"{where}.{tone}", f"one of {gates}", repr(entry.get(tone)))
        for tone in Tone
        if entry.get(tone) not in tuple(Gate)
    ]
    if not isinstance(entry.get("note", ""), str):
        problems.append(_problem(f"{where}.note", "text", repr(entry["note"])[:60]))
    return problems


def _gates_of(entry: Mapping[str, str]) -> JurisdictionGates:
    return JurisdictionGates(gates={tone: Gate(entry[tone]) for tone in Tone}, note=entry.get("note", ""))


def _problem(where: str, expected: str, got: str) -> Problem:
    return Problem(
        where=where, expected=expected, got=got, next_step="see data/letters/README.md and the shipped files"
    )
