"""Rows of a register → grants, with every mistake named where it stands.

Company and valid_from are needed; aliases, domains, identifiers and marks hold several values parted by `;`; dates are
YYYY-MM-DD and the interval is [valid_from, valid_until); an empty valid_until means that no end is on record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from casebook.register.company_names import comparable_name
from crawler.images.noise_words import shipped_noise_words
from ledger.dates import ISO_DATES, read_date, suggest_date
from ledger.domains import normal_place
from ledger.errors import Problem
from ledger.identifiers import normal_identifier
from ledger.identity import content_id
from ledger.records import Grant
from ledger.relations import GRANTABLE
from ledger.typed_texts import IsoDate, SnapshotId
from ledger.vocabulary import Noise, Relation

COLUMNS = (
    "company", "aliases", "domains", "identifiers", "relation", "programme", "tier", "marks", "purpose", "territory",
    "valid_from", "valid_until", "parent", "source",
)  # fmt: skip
SINGULAR = {"domain": "domains", "identifier": "identifiers", "alias": "aliases"}  # as files may call them too
SEVERAL = frozenset({"aliases", "domains", "identifiers", "marks"})
EXAMPLE = (
    "company,domains,relation,valid_from,valid_until\nBright Harbour Ltd,brightharbour.example,partner,2021-03-01,"
)
MAX_CELL_CHARS = 20_000  # a longer one is a slip, and would stand in every report


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One entry of a register's file. cells: by column; place: where a column of it stands, in words."""

    line: int
    cells: Mapping[str, str | tuple[str, ...]]
    place: Callable[[str], str]

    def text(self, column: str) -> str:
        cell = self.cells.get(column, "")
        return cell if isinstance(cell, str) else "; ".join(cell)

    def several(self, column: str) -> tuple[str, ...]:
        cell = self.cells.get(column, "")
        parts = cell.split(";") if isinstance(cell, str) else cell
        return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


@dataclass(slots=True, kw_only=True)
class GrantReader:
    """Makes grants of rows and gathers what is wrong with them. date_format: for strptime, or YYYY-MM-DD."""

    brand: str
    snapshot_id: SnapshotId
    date_format: str = ISO_DATES
    problems: list[Problem] = field(default_factory=list)

    def read(self, row: SourceRow) -> Grant | None:
        """Return the grant of a row; None when something is wrong with it."""
        before = len(self.problems)
        for column, cell in row.cells.items():
            if len(cell if isinstance(cell, str) else "".join(cell)) > MAX_CELL_CHARS:
                self._problem(row, column, f"at most {MAX_CELL_CHARS} characters", "more", "shorten it")
                return None
        company = row.text("company")
        if not comparable_name(company):  # "???" and "-" would be the same name as each other
            self._problem(row, "company", "a company's name", repr(company) if company else "nothing", "fill it in or remove the row")  # fmt: skip
        domains = self._domains(row)
        identifiers = self._identifiers(row)
        relation = row.text("relation").lower() or "partner"
        if relation not in GRANTABLE:
            self._problem(row, "relation", f"one of {', '.join(GRANTABLE)}", repr(relation), "choose the nearest")
        start = self._date(row, "valid_from")
        end = self._date(row, "valid_until") if row.text("valid_until") else None
        if start and end and end <= start:
            self._problem(
                row, "valid_until", f"a date after valid_from {start}", end, "valid_until is the first day without the grant"
            )  # fmt: skip
        if len(self.problems) > before or start is None:
            return None
        return Grant(
            grant_id=content_id("grant", self.snapshot_id, row.line),
            snapshot_id=self.snapshot_id,
            brand=self.brand,
            line=row.line,
            company=company,
            aliases=row.several("aliases"),
            relation=Relation(relation),
            programme=row.text("programme") or None,
            tier=row.text("tier") or None,
            marks=row.several("marks"),
            territory=row.text("territory") or None,
            valid_from=start,
            valid_until=end,
            parent=row.text("parent") or None,
            source=row.text("source") or None,
            domains=domains,
            identifiers=identifiers,
            purpose=row.text("purpose") or None,
        )

    def _problem(self, row: SourceRow, column: str, expected: str, got: str, next_step: str) -> None:
        self.problems.append(Problem(where=row.place(column), expected=expected, got=got[:200], next_step=next_step))

    def _domains(self, row: SourceRow) -> tuple[str, ...]:
        domains: dict[str, None] = {}
        for text in row.several("domains"):
            domain = normal_place(text)
            if domain is None:
                self._problem(row, "domains", "domains such as vendor.example", repr(text), "correct it or leave it empty")  # fmt: skip
            elif network := _network_of(text):  # a domain decides: it would authorise whoever has a page there
                self._problem(row, "domains", "the company's own domain", f"a page at {network}, which others share", f"leave it empty, or write {network} alone if it is that company")  # fmt: skip
            else:
                domains[domain] = None
        return tuple(domains)

    def _identifiers(self, row: SourceRow) -> tuple[str, ...]:
        identifiers: dict[str, None] = {}
        for text in row.several("identifiers"):
            try:
                identifiers[normal_identifier(text)] = None
            except ValueError as error:
                expected = "an LEI, or a registration number with its issuer, such as GB:01234567"
                self._problem(row, "identifiers", expected, f"{text!r} ({error})", "correct it or leave it empty")
        return tuple(identifiers)

    def _date(self, row: SourceRow, column: str) -> IsoDate | None:
        text = row.text(column)
        read = read_date(text, self.date_format)
        if read is None:
            self._problem(row, column, self.date_format, repr(text), suggest_date(text))
        return IsoDate(read) if read else None


def _network_of(text: str) -> str | None:
    """Return the social network on which an address is a page: linkedin.com/company/x, not linkedin.com itself."""
    url = text if "://" in text else f"https://{text}"
    parts = urlsplit(url)
    has_page = bool(parts.path.strip("/") or parts.query)
    return shipped_noise_words().domain(Noise.SOCIAL, url.lower()) if has_page else None
