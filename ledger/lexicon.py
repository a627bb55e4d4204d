"""The words of the field in every language, read from `lexicon/<lang>.toml`; adding a language touches no code.

A word of an alphabetic script hits where a word starts ("partner" hits "Partnernetz"); a word of a script
without spaces between words hits anywhere.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias

from ledger.errors import BadInputError, Problem, did_you_mean
from ledger.shipped import shipped_data

TABLES = ("pages", "sections", "statements", "health")
_TOP_KEYS = ("language", "source")
_Tables: TypeAlias = "dict[str, dict[str, tuple[str, ...]]]"
# scripts that write without spaces, or glue articles and prepositions to the word
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u0590-\u06ff]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
MAX_REMEMBERED = 20_000  # texts of which the hits are kept, at most 10 MB a list
MAX_REMEMBERED_CHARS = 200
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A word of the lexicon found in a text."""

    kind: str
    word: str
    start: int


_Letters: TypeAlias = "dict[str, _Letters]"


class WordLists:
    """The lists of one table ("pages", say): kind → words, over some languages."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._lists = {kind: tuple(listed) for kind, listed in words.items()}
        self._patterns: dict[str, re.Pattern[str]] = {}  # made when first asked for: most processes need few
        self._remembered: dict[str, tuple[Hit, ...]] = {}

    def hits(self, text: str) -> list[Hit]:
        """Return the longest hit of each kind in text, longest first: of "Alliances and technology partners" that is partners."""
        if len(text) > MAX_REMEMBERED_CHARS:
            return self._tree.longest(fold(text))
        # the menu of a site stands on each of its pages, and most texts of a page say nothing
        hits = self._remembered.get(text)
        if hits is None:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()  # perhaps under another thread's hands, which keeps what it has
            hits = self._remembered[text] = tuple(self._tree.longest(fold(text)))
        return list(hits)

    @cached_property
    def _tree(self) -> _WordTree:
        return _WordTree(self._lists)

    def hit(self, kind: str, text: str) -> Hit | None:
        """Return the first hit of one kind, or None."""
        pattern = self._patterns.get(kind)
        if pattern is None:
            pattern = self._patterns[kind] = word_pattern(self._lists.get(kind, ()))
        match = pattern.search(fold(text))
        return None if match is None else Hit(kind=kind, word=match[0], start=match.start())


@dataclass(slots=True)
class _Branch:
    """What words go on with after some letters, and the kinds of those that end there."""

    further: dict[str, _Branch] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)


class _WordTree:
    """Finds what the word_pattern of each kind finds (tests/ledger/test_lexicon.py), in one go; made in a tenth of the time."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._kinds = tuple(lists)
        self._begun, self._anywhere = _Branch(), _Branch()
        for kind, words in lists.items():
            for word in {" ".join(fold(word).split()) for word in words} - {""}:
                _plant(self._begun, word, kind)
                if _UNSPACED.search(word):
                    _plant(self._anywhere, word, kind)
        begun, anywhere = (_letter_set(tree.further) for tree in (self._begun, self._anywhere))
        self._starts = re.compile(f"(?<!\\w)({begun})|{anywhere}")

    def longest(self, text: str) -> list[Hit]:
        """Return the longest hit of each kind in a folded text, longest first; hits of one kind do not overlap."""
        hits: dict[str, Hit] = {}
        stops = dict.fromkeys(self._kinds, 0)
        for match in self._starts.finditer(text):
            start = match.start()
            for kind, stop in _walk(self._begun if match.lastindex else self._anywhere, text, start).items():
                if start >= stops[kind]:
                    stops[kind] = stop
                    if kind not in hits or stop - start > len(hits[kind].word):
                        hits[kind] = Hit(kind=kind, word=text[start:stop], start=start)
        return sorted((hits[kind] for kind in self._kinds if kind in hits), key=lambda hit: -len(hit.word))


def _plant(tree: _Branch, word: str, kind: str) -> None:
    branch = tree
    for letter in word:
        branch = branch.further.setdefault(letter, _Branch())
    branch.kinds.append(kind)


def _walk(tree: _Branch, text: str, start: int) -> dict[str, int]:
    """Where the longest word of each kind that begins at a place ends; a space of a word is any white space."""
    stops: dict[str, int] = {}
    branch, place = tree, start
    while place < len(text):
        letter = text[place]
        place += 1
        if letter.isspace():
            letter = " "
            while place < len(text) and text[place].isspace():
                place += 1
        following = branch.further.get(letter)
        if following is None:
            break
        branch = following
        for kind in branch.kinds:
            stops[kind] = place
    return stops


def _letter_set(letters: Iterable[str]) -> str:
    return f"[{''.join(map(re.escape, letters))}]" if letters else "(?!)"


def fold(text: str) -> str:
    """Return text as it is compared: without case, and without the dot that folding leaves on the Turkish İ."""
    return text.casefold().replace("\u0307", "")


def word_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds the leftmost word of a folded text, of several there the longest.

    So that "not a partner" is reported and not "partner". The words share their beginnings: the pattern asks each
    letter once where a plain alternation asks once a word. tests/ledger/test_lexicon.py holds it against that one.
    """
    folded = {fold(word) for word in words if word}
    anywhere = {word for word in folded if _UNSPACED.search(word)}
    parts = [f"(?<!\\w)(?:{shared_pattern(folded)})", *([f"(?:{shared_pattern(anywhere)})"] if anywhere else [])]
    return re.compile("|".join(parts if folded else [r"(?!)"]))


def shared_pattern(words: Iterable[str]) -> str:
    """Return a pattern that finds the longest of some words, their common beginnings written once; a space is any white space."""
    tree: _Letters = {}
    for word in words:
        branch = tree
        for letter in word:
            branch = branch.setdefault(letter, {})
        branch[""] = {}
    return _written(tree)


def _written(tree: _Letters) -> str:
    branches = []
    for first in sorted(tree.keys() - {""}, reverse=True):
        letters, rest = [first], tree[first]
        while len(rest) == 1 and "" not in rest:  # one way on: no choice to write down
            letters += rest
            rest = rest[letters[-1]]
        literal = "".join(r"\s+" if letter == " " else re.escape(letter) for letter in letters)
        after = _written(rest)
        branches.append(literal + (f"(?:{after})" if after else "") + ("?" if after and "" in rest else ""))
    return "|".join(branches)


@dataclass(frozen=True, eq=False)  # told apart by identity, so that what is compiled from one can be kept
class Lexicon:
    """All languages' word lists: tables[table][language][kind] → words."""

    tables: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]
    _compiled: dict[tuple[str, ...], WordLists] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, *directories: Path) -> Lexicon:
        """Read every `<lang>.toml`; a file of a later directory replaces the same language of an earlier one.

        Without directories: the lexicon shipped with the program, the same one each time. Errors: BadInputError with every mistake.
        """
        return cls._read(directories) if directories else _shipped_lexicon()

    @classmethod
    def _read(cls, directories: Iterable[Path]) -> Lexicon:
        files: dict[str, Path] = {}
        for directory in directories:
            files |= {path.stem: path for path in sorted(directory.glob("*.toml"))}
        tables: dict[str, _Tables] = {table: {} for table in TABLES}
        problems: list[Problem] = []
        for language, path in files.items():
            for table, kinds in _read_language(path, problems).items():
                tables[table][language] = kinds
                problems += _unknown_kinds(path, table, kinds)
        if problems:
            raise BadInputError(problems)
        return cls(tables)

    @classmethod
    def with_own(cls, own: Path) -> Lexicon:
        """Return the shipped lexicon with a workspace's own languages over it, if it has any."""
        return cls.load(shipped_data("lexicon"), own) if any(own.glob("*.toml")) else cls.load()

    def __reduce__(self) -> tuple[type[Lexicon], tuple[Mapping[str, object]]]:
        """Hand on the words alone: what is compiled from them takes longer to unpack than to make when it is asked for."""
        return Lexicon, (self.tables,)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.tables["pages"])

    def words(self, table: str, languages: Iterable[str] | None = None) -> WordLists:
        """Return the lists of a table over some languages; all of them by default."""
        key = (table, *sorted(self.tables[table] if languages is None else {*languages} & {*self.tables[table]}))
        if key not in self._compiled:
            self._compiled[key] = WordLists(self._merged(*key))
        return self._compiled[key]

    def _merged(self, table: str, *languages: str) -> dict[str, list[str]]:
        merged: dict[str, list[str]] = {}
        for language in languages:
            for kind, words in self.tables[table][language].items():
                merged.setdefault(kind, []).extend(words)
        return merged

    @cached_property
    def pages(self) -> WordLists:
        return self.words("pages")

    @cached_property
    def sections(self) -> WordLists:
        return self.words("sections")

    @cached_property
    def health(self) -> WordLists:
        return self.words("health")


@cache
def _shipped_lexicon() -> Lexicon:
    return Lexicon._read([shipped_data("lexicon")])


@cache
def _read_shipped(path: Path) -> tuple[_Tables, tuple[Problem, ...]]:
    problems: list[Problem] = []
    return _read_file(path, problems), tuple(problems)


def _read_language(path: Path, problems: list[Problem]) -> _Tables:
    if path.parent != shipped_data("lexicon"):
        return _read_file(path, problems)
    tables, found = _read_shipped(path)
    problems += found
    return tables


def _read_file(path: Path, problems: list[Problem]) -> _Tables:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(Problem(where=str(path), expected="TOML in UTF-8", got=str(error), next_step="mend the file"))
        return {}
    except OSError as error:
        got = error.strerror or str(error)
        problems.append(Problem(where=str(path), expected="a readable file", got=got, next_step="let it be read"))
        return {}
    keys = (*_TOP_KEYS, *TABLES)
    problems += [_unknown(f"{path}, {key}", "one of the keys and tables", key, keys) for key in data if key not in keys]
    tables: _Tables = {}
    for table in TABLES:
        kinds = data.get(table, {})
        for kind, words in kinds.items() if isinstance(kinds, dict) else [("", kinds)]:
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                problems.append(
                    Problem(
                        where=f"{path}, [{table}] {kind}",
                        expected="a list of words",
                        got=repr(words)[:60],
                        next_step="write it as in data/lexicon/README.md",
                    )
                )
                continue
            tables.setdefault(table, {})[kind] = tuple(words)
    return tables


@cache
def shipped_kinds() -> Mapping[str, frozenset[str]]:
    """Return the lists of each table that any shipped language has: what nothing reads is in none of them."""
    kinds: dict[str, set[str]] = {table: set() for table in TABLES}
    for path in shipped_data("lexicon").glob("*.toml"):
        for table, listed in _read_language(path, []).items():
            kinds[table] |= listed.keys()
    return {table: frozenset(listed) for table, listed in kinds.items()}


def _unknown_kinds(path: Path, table: str, kinds: Iterable[str]) -> list[Problem]:
    """A misspelt list would be read by nothing, and its sentences would be read wrongly."""
    known = shipped_kinds()[table]
    return [
        _unknown(f"{path}, [{table}] {kind}", "one of the lists", kind, known) for kind in kinds if kind not in known
    ]


def _unknown(where: str, what: str, got: str, known: Iterable[str]) -> Problem:
    return Problem(
        where=where,
        expected=f"{what} {', '.join(sorted(known))}",
        got=f"{got!r}{did_you_mean(got, known)}",
        next_step="correct it; data/lexicon/README.md says what each is for",
    )


def split_words(name: str) -> str:
    """Return an identifier, class name or URL path as words: `our-partnersGrid` → `our partners Grid`."""
    return _NO_LETTER.sub(" ", _CAMEL.sub(" ", name)).strip()
