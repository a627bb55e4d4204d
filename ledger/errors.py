"""Errors by what the reader does next: mend the input, try later, or stop because evidence is broken."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in an input: where it is, what was expected, what was found and what to do. column: of a table, as the file calls it."""

    where: str
    expected: str
    got: str
    next_step: str
    column: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, got {self.got}; {self.next_step}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return what is put behind a word that is not known, when one that is known is spelt nearly the same; else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f" (did you mean {near[0]}?)" if near else ""


class PartnerproofError(Exception):
    """Base of every error that is shown to a person without a traceback."""

    exit_code = 1


class BadInputError(PartnerproofError):
    """The input is wrong; whoever wrote it can mend it. Carries every mistake, not only the first."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class OutsideFailureError(PartnerproofError):
    """Something outside failed (network, disk, another process); the same command may work later."""

    exit_code = 3


class EvidenceBrokenError(PartnerproofError):
    """What is stored contradicts itself; stop and look before anything is written."""

    exit_code = 1


class RecordDeletedError(EvidenceBrokenError):
    """A stored payload was deleted on purpose, as the custody log tells; its digest is all that is left."""
