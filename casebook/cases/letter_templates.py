"""Letters as data: templates by language and tone, and who has to approve which tone where.

Reads: data/letters/ as shipped, with the workspace's own letters/ over it. Writes nothing.

Whatever comes from a vendor is one line without control characters when it gets into a letter, and is never read as a template.
"""

from __future__ import annotations

import datetime as dt
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Any

from ledger.errors import BadInputError, Problem
from ledger.shipped import shipped_data
from ledger.typed_texts import IsoDate
from ledger.vocabulary import Tone

GATES_FILE = "gates.toml"
OTHER = "other"  # jurisdictions without an entry of their own; relations that a template does not name
OPEN_MARK, CLOSE_MARK = "⟦", "⟧"  # around what a person has to write
MAX_VALUE_CHARS = 600
_JOINERS = "\u200c\u200d"  # Persian and Indic words are spelt with them
_WORDS = (
    "language",
    "logo",
    "image_words",
    "image_name",
    "sentence",
    "seen",
    "seen_once",
    "sender_name",
    "sender_email",
)


class Gate(StrEnum):
    """Who has to approve a letter."""

    WRITER = "writer"
    SECOND_PERSON = "second-person"
    COUNSEL = "counsel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whoever writes: `[letters]` in partnerproof.toml. Empty: a person has to write it into each letter."""

    name: str = ""
    address: str = ""
    email: str = ""

    def as_text(self, words: Mapping[str, str]) -> str:
        lines = [self.name or _to_write(words["sender_name"]), *filter(None, self.address.splitlines()), self.email]
        return "\n".join(filter(None, lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPage:
    """A page on which a claim stands. sentences: what it says; days are ISO dates.

    has_logo: an official logo was recognised; image_words, image_names: of its other images, what was read in them, or stands beside them.
    """

    url: str
    first_seen: str
    last_seen: str
    has_logo: bool
    sentences: tuple[str, ...]
    image_words: tuple[str, ...] = ()
    image_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """What a letter tells of a case. as_of: the day of the register search; None: the register was not asked."""

    brand: str
    vendor: str
    domain: str
    relation: str
    pages: Sequence[ShownPage]
    as_of: IsoDate | None
    answer_by: dt.date
    reference: str
    sender: Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A letter's text."""

    subject: str
    body: str


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

    def fill(self, language: str, tone: Tone, facts: LetterFacts) -> Filled:
        """Write a letter from a case. Errors: BadInputError for a language that is not there."""
        if language not in self._languages:
            raise BadInputError(_problem("language", f"one of {', '.join(sorted(self._languages))}", repr(language)))
        return _fill(self._languages[language], tone, facts)


def one_line(text: str) -> str:
    """Return text of a vendor as one line: without control and direction characters, and without our own marks."""
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text[: 4 * MAX_VALUE_CHARS])
    hidden = ("Cf", "Cs", "Co", "Cn")
    shown = "".join(c for c in plain if c in _JOINERS or unicodedata.category(c) not in hidden)
    return " ".join(shown.replace(OPEN_MARK, "[").replace(CLOSE_MARK, "]").split())[:MAX_VALUE_CHARS]


def unwritten(text: str) -> list[str]:
    """Return what a person still has to write into a letter."""
    return [part.partition(CLOSE_MARK)[0] for part in text.split(OPEN_MARK)[1:]]


def _fill(data: Mapping[str, Any], tone: Tone, facts: LetterFacts) -> Filled:
    words, relations = data["words"], data["relations"]
    brand = {"brand": one_line(facts.brand)}
    relation = Template(relations.get(facts.relation, relations[OTHER])).substitute(brand)
    values = {
        **brand,
        "vendor": one_line(facts.vendor),
        "domain": one_line(facts.domain),
        "relation": relation,
        "evidence": "\n".join(_evidence_lines(words, brand, page) for page in facts.pages) or _to_write("evidence"),
        "as_of": facts.as_of or _to_write("date of the register search"),
        "answer_by": facts.answer_by.isoformat(),
        "reference": facts.reference,
        "sender": facts.sender.as_text(words),
        "sender_name": facts.sender.name or _to_write(words["sender_name"]),
        "sender_email": facts.sender.email or _to_write(words["sender_email"]),
    }
    text = data[tone]
    subject, body = (Template(text[part]).substitute(values).strip() for part in ("subject", "body"))
    return Filled(subject=one_line(subject), body=body + "\n")


def _evidence_lines(words: Mapping[str, str], brand: Mapping[str, str], page: ShownPage) -> str:
    days = {"url": one_line(page.url), "first_seen": page.first_seen, "last_seen": page.last_seen}
    lines = [f"- {Template(words['seen' if page.first_seen != page.last_seen else 'seen_once']).substitute(days)}"]
    if page.has_logo:
        lines.append(f"  {Template(words['logo']).substitute(brand)}")
    for name, texts in (("image_words", page.image_words), ("image_name", page.image_names)):
        lines += [f"  {Template(words[name]).substitute(sentence=one_line(text))}" for text in texts]
    lines += [f"  {Template(words['sentence']).substitute(sentence=one_line(sentence))}" for sentence in page.sentences]
    return "\n".join(lines)


def _to_write(what: str) -> str:
    return f"{OPEN_MARK}{what}{CLOSE_MARK}"


def _template_problems(path: Path, data: Mapping[str, Any]) -> list[Problem]:
    needed = [("words", name) for name in _WORDS] + [("relations", OTHER)]
    needed += [(str(tone), part) for tone in Tone for part in ("subject", "body")]
    problems = [
        _problem(f"{path}, [{table}] {name}", "text", repr(got)[:60])
        for table, name in needed
        if not isinstance(got := data.get(table, {}).get(name) if isinstance(data.get(table), dict) else None, str)
    ]
    relations = data.get("relations")
    problems += [
        _problem(f"{path}, [relations] {name}", "text", repr(got)[:60])
        for name, got in (relations if isinstance(relations, dict) else {}).items()
        if not isinstance(got, str) and name != OTHER
    ]
    if problems:
        return problems
    for tone in Tone:
        try:
            for relation in data["relations"]:
                _fill(data, tone, _sample_facts(relation))
        except (KeyError, ValueError) as error:
            expected = "fields that README.md of data/letters names, a $ itself as $$"
            problems.append(_problem(f"{path}, [{tone}]", expected, str(error)[:80]))
    return problems


def _sample_facts(relation: str) -> LetterFacts:
    pages = tuple(
        ShownPage(
            url="u",
            first_seen="a",
            last_seen=last,
            has_logo=True,
            sentences=("s",),
            image_words=("w",),
            image_names=("n",),
        )
        for last in ("a", "b")
    )
    return LetterFacts(
        brand="b", vendor="v", domain="d", relation=relation, pages=pages, as_of=IsoDate("a"), answer_by=dt.date(2026, 1, 1),
        reference="r", sender=Sender(),
    )  # fmt: skip


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
