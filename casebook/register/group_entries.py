"""What a file of companies or corporate groups says, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass

from casebook.register.company_names import comparable_name


@dataclass(frozen=True, slots=True)
class CompanyEntry:
    """A company under one of its names."""

    name: str
    identifier: str | None
    country: str | None

    @property
    def node(self) -> str:
        """What relationships call it: the identifier, else the name in the form that is compared."""
        return self.identifier or comparable_name(self.name)


@dataclass(frozen=True, slots=True)
class RelationshipEntry:
    """A company belongs to another. Dates are ISO; None: not said, or no end on record."""

    child: str
    parent: str
    kind: str
    valid_from: str | None
    valid_until: str | None


GroupEntry = CompanyEntry | RelationshipEntry
