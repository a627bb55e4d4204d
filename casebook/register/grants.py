"""Rows of a register → grants, with every mistake named where it stands.

Company and valid_from are needed; aliases, domains, identifiers and marks hold several values parted by `;`; dates are
YYYY-MM-DD, or what the whole column is written in, and the interval is [valid_from, valid_until); a valid_until that is empty, or
says so ("unlimited"), means that no end is on record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from casebook.register.company_names import comparable_name
from casebook.register.grant_contacts import EXPECTED, read_contact
from crawler.images.noise_words import shipped_noise_words
from ledger.dates import ISO_DATES, read_date, suggest_date
from ledger.domains import normal_place
from ledger.errors import Problem
from ledger.identifiers import normal_identifier
from ledger.identity import content_id
from ledger.records import Grant
from ledger.relations import GRANTABLE
from ledger.tables.date_columns import NO_FORM, DateForm, is_last_of_month, is_open_end
from ledger.tables.list_mapping import ListMapping, ListShape
from ledger.tables.list_words import says_nothing, shipped_list_words
from ledger.tables.table_format import TableRow
from ledger.typed_texts import IsoDate, SnapshotId
from ledger.vocabulary import Noise, Relation

COLUMNS = (
    "company", "aliases", "domains", "identifiers", "relation", "programme", "tier", "marks", "purpose", "territory",
    "valid_from", "valid_until", "parent", "source", "contact",
)  # fmt: skip
SINGULAR = {"domain": "domains", "identifier": "identifiers", "alias": "aliases"}  # as files may call them too
SEVERAL = frozenset({"aliases", "domains", "identifiers", "marks"})
EXAMPLE = (
    "company,domains,relation,valid_from,valid_until\nBright Harbour Ltd,brightharbour.example,partner,2021-03-01,"
)
MAX_CELL_CHARS = 20_000  # a longer one is a slip, and would stand in every report


DATE_COLUMNS = ("valid_from", "valid_until")


def _headings() -> dict[str, tuple[str, ...]]:
    """Return other headings of our columns. An e-mail address is no site of a company, it may be anybody's: it is whom to write to."""
    words = shipped_list_words().headings
    headings = {column: words.get(column, ()) for column in COLUMNS}
    headings["domains"] = ("domain", *words["domain"], *words["site"])
    headings["contact"] = (*words["contact"], *words["email"])
    return headings


REGISTER = ListShape(
    columns=COLUMNS,
    needed=[("company",), ("valid_from",)],
    example=EXAMPLE,
    guide="docs/how-to-register.md",
    several=SEVERAL,
    singular=SINGULAR,
    headings=_headings(),
    has_dates=True,
)
NO_MAPPING = ListMapping(shape=REGISTER)


@dataclass(slots=True, kw_only=True)
class GrantReader:
    """Makes grants of rows. date_form: of a column that is not in ISO dates.

    ends, month_ends: how many ends were read, and how many of them are the last day of a month.
    """

    brand: str
    snapshot_id: SnapshotId
    date_form: Callable[[str], DateForm] = lambda column: NO_FORM
    valid_until_is_last_day: bool = False
    ends: int = 0
    month_ends: int = 0
    problems: list[Problem] = field(default_factory=list)  # of the row that is being read

    def read(self, row: TableRow) -> Grant | tuple[Problem, ...]:
        """Return the grant of a row, or what is wrong with it."""
        self.problems.clear()
        for column in row.cells:
            if len(row.text(column)) > MAX_CELL_CHARS:
                return (row.problem(column, f"at most {MAX_CELL_CHARS} characters", "more", "shorten it"),)
        company = row.text("company")
        if not comparable_name(company):  # "???" and "-" would be the same name as each other
            self._problem(row, "company", "a company's name", repr(company) if company else "nothing", "fill it in or remove the row")  # fmt: skip
        domains = self._domains(row)
        identifiers = self._identifiers(row)
        contact = self._contact(row)
        relation = row.text("relation").lower() or "partner"
        if relation not in GRANTABLE:
            self._problem(row, "relation", f"one of {', '.join(GRANTABLE)}", repr(relation), "choose the nearest")
        start = self._date(row, "valid_from")
        end = self._end(row)
        if start and end and end <= start:
            self._problem(
                row, "valid_until", f"a date after valid_from {start}", end, "valid_until is the first day without the grant"
            )  # fmt: skip
        if self.problems or start is None:
            return tuple(self.problems)
        return Grant(
            grant_id=content_id("grant", self.snapshot_id, row.line),
            snapshot_id=self.snapshot_id,
            brand=self.brand,
            line=row.line,
            company=company,
            aliases=_several(row, "aliases"),
            relation=Relation(relation),
            programme=_said(row, "programme"),
            tier=_said(row, "tier"),
            marks=row.several("marks"),
            territory=row.text("territory") or None,
            valid_from=start,
            valid_until=end,
            parent=_said(row, "parent"),
            source=_said(row, "source"),
            domains=domains,
            identifiers=identifiers,
            purpose=_said(row, "purpose"),
            contact=contact,
        )

    def _problem(self, row: TableRow, column: str, expected: str, got: str, next_step: str) -> None:
        self.problems.append(row.problem(column, expected, got, next_step))

    def _domains(self, row: TableRow) -> tuple[str, ...]:
        domains: dict[str, None] = {}
        for text in _several(row, "domains"):
            domain = normal_place(text)
            if domain is None:
                self._problem(row, "domains", "domains such as vendor.example", repr(text), "correct it or leave it empty")  # fmt: skip
            elif network := _network_of(text):  # a domain decides: it would authorise whoever has a page there
                self._problem(row, "domains", "the company's own domain", f"a page at {network}, which others share", f"leave it empty, or write {network} alone if it is that company")  # fmt: skip
            else:
                domains[domain] = None
        return tuple(domains)

    def _identifiers(self, row: TableRow) -> tuple[str, ...]:
        identifiers: dict[str, None] = {}
        for text in _several(row, "identifiers"):
            try:
                identifiers[normal_identifier(text)] = None
            except ValueError as error:
                expected = "an LEI, or a registration number with its issuer, such as GB:01234567"
                self._problem(row, "identifiers", expected, f"{text!r} ({error})", "correct it or leave it empty")
        return tuple(identifiers)

    def _contact(self, row: TableRow) -> str | None:
        text = _said(row, "contact")
        if text is None:
            return None
        contact = read_contact(text)
        if contact is None:
            self._problem(
                row, "contact", EXPECTED, repr(text[:80]), "write Ann Example <ann@vendor.example>, or leave it empty"
            )
        return contact

    def _end(self, row: TableRow) -> IsoDate | None:
        """Return the first day without the grant; None when no end is on record."""
        text = row.text("valid_until")
        if not text or is_open_end(text):
            return None
        day = self._date(row, "valid_until")
        if day is None:
            return None
        self.ends += 1
        self.month_ends += is_last_of_month(day)
        if not self.valid_until_is_last_day:
            return day
        return IsoDate((dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat())

    def _date(self, row: TableRow, column: str) -> IsoDate | None:
        text = row.text(column)
        day = read_date(text)
        form = self.date_form(column) if day is None and text else NO_FORM
        if form.format is not None:
            day = read_date(text, form.format)
        if day is None:
            step = f"{form.why}: {suggest_date(text)}" if form.why else suggest_date(text)
            if text and any(map(str.isdigit, text)):
                form_like = "%d.%m.%Y" if "." in text else "%d/%m/%Y"
                step += f', or say how the dates are written in a mapping: [dates] format = "{form_like}"'
            self._problem(row, column, ISO_DATES, repr(text) if text else "nothing", step)
        return day


def _said(row: TableRow, column: str) -> str | None:
    """Return what a cell says; "n/a" is no tier and no parent. Not of marks and territory: "none" may mean that there are none."""
    text = row.text(column)
    return None if says_nothing(text) else text


def _several(row: TableRow, column: str) -> tuple[str, ...]:
    return tuple(text for text in row.several(column) if not says_nothing(text))


def _network_of(text: str) -> str | None:
    """Return the social network on which an address is a page: linkedin.com/company/x, not linkedin.com itself."""
    url = text if "://" in text else f"https://{text}"
    parts = urlsplit(url)
    has_page = bool(parts.path.strip("/") or parts.query)
    return shipped_noise_words().domain(Noise.SOCIAL, url.lower()) if has_page else None
