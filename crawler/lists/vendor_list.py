"""A vendor list → seeds; every row is accounted for: it is a vendor, it is merged into the row of the same site, or it is left out.

Reads: CSV of any usual dialect or XLSX, and a mapping file where the columns have names that nobody knows. A row needs a site (url,
domain, or an e-mail address of the vendor's own) and may have name, country, parent, aliases and identifiers (LEI or ISSUER:NUMBER).
Writes nothing.

1. Each row becomes a seed, or is rejected with its reasons.
2. Rows of one site are one vendor: the first names it, other names become its aliases, other pages are start addresses too.
3. With a mistake the others go in, unless the list is to be taken whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from crawler.lists.site_addresses import is_email, is_web_address, read_address
from crawler.visits.seeds import seed_of
from ledger.errors import Problem
from ledger.identifiers import normal_identifier
from ledger.records import Seed
from ledger.tables.list_mapping import ListMapping, ListShape, read_mapping
from ledger.tables.list_words import cell_words, says_nothing, shipped_list_words
from ledger.tables.raw_rows import Fault
from ledger.tables.table_format import TableReading, TableRow
from ledger.tables.table_rows import each_row

EXAMPLE = "name,url\nBright Harbour,https://www.brightharbour.example/"
ADDRESS_COLUMNS = ("url", "domain", "email")  # the first that says something
MAX_NAME_CHARS = 200  # a longer one is no name: text that slipped into its column
_HOLDS = {
    "name": "company",
    "url": "site",
    "domain": "domain",
    "email": "email",
    "country": "country",
    "parent": "parent",
    "aliases": "aliases",
    "identifiers": "identifiers",
}
VENDORS = ListShape(
    columns=tuple(_HOLDS),
    needed=[ADDRESS_COLUMNS],
    example=EXAMPLE,
    guide="docs/how-to-crawl.md",
    several=frozenset({"aliases", "identifiers"}),
    singular={"alias": "aliases", "identifier": "identifiers"},
    headings={column: shipped_list_words().headings[kind] for column, kind in _HOLDS.items()},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """How a list is to be read. pinned_hosts: those that --resolve names: they may be private.

    is_strict: with a mistake take nothing. is_own: the program wrote it: each row a seed as it is, with all its addresses, nothing merged or refused.
    """

    mapping_path: Path | None = None
    allow_private: bool = False
    pinned_hosts: frozenset[str] = frozenset()
    is_strict: bool = False
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRow:
    """A row of a site that an earlier row has. note: what of it was not as there, in words; None: nothing."""

    line: int
    into_line: int
    vendor: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorList:
    """A list as it was read: len(seeds) + len(merged) + len(reading.rejected) == reading.rows."""

    seeds: tuple[Seed, ...]
    merged: tuple[MergedRow, ...]
    reading: TableReading


def read_vendor_list(path: Path, options: ListOptions | None = None) -> VendorList:
    """Return the vendors of a list, in its order, and what became of its other rows.

    Errors: BadInputError with every mistake, by line and column, when no row is good, or the list is to be taken whole.
    """
    options = options or ListOptions()
    mapping = read_mapping(options.mapping_path, VENDORS) if options.mapping_path else ListMapping(shape=VENDORS)
    reading = TableReading()
    table = mapping.table_format(
        leaves_out_unknown=not options.is_strict,
        may_be_short=True,
        knows_by_cells={"url": is_web_address, "email": is_email, "name": _is_name},
    )
    gatherer = _Gatherer(options, reading)
    for row in each_row(path, table, reading):
        gatherer.take(mapping.apply(row))
    reading.columns = mapping.named(reading.columns)
    if not reading.rows and not reading.problems:
        where = f"{path} line 2"
        problem = Problem(where=where, expected="at least one vendor", got="the end of the file", next_step="add one")
        reading.problems.append(problem)
    if options.is_strict or reading.problems or not gatherer.vendors:
        reading.raise_problems()
    return VendorList(
        seeds=tuple(vendor.seed for vendor in gatherer.vendors.values()),
        merged=tuple(gatherer.merged),
        reading=reading,
    )


def _is_name(cell: str) -> bool:
    """Tell whether a cell may be a company's name: it has letters, and is no address, code or sentence."""
    letters = sum(map(str.isalpha, cell))
    is_code = len(cell) <= 3 and cell.isascii()
    is_address = is_web_address(cell) or is_email(cell)
    return letters * 2 >= len(cell) and 2 <= len(cell) <= MAX_NAME_CHARS and not is_code and not is_address


@dataclass(slots=True, kw_only=True)
class _Vendor:
    """A vendor and the row that named it first. has_name: somebody gave one; pages: what of its addresses is known."""

    seed: Seed
    line: int
    has_name: bool
    pages: set[str] = field(default_factory=set)


class _Gatherer:
    """Takes rows one by one; knows the vendors by their sites."""

    def __init__(self, options: ListOptions, reading: TableReading) -> None:
        self._options, self._reading = options, reading
        self._page_key: Callable[[str], str] = str if options.is_own else _page_key
        self._may_be_private = None if options.allow_private or options.is_own else options.pinned_hosts
        self.vendors: dict[str, _Vendor] = {}
        self.merged: list[MergedRow] = []

    def take(self, row: TableRow) -> None:
        problems: list[Problem] = []
        name = self._said(row, "name") or ""
        if not self._options.is_own:
            name = " ".join(name.split())
        if len(name) > MAX_NAME_CHARS:
            problems.append(row.problem("name", f"a name of at most {MAX_NAME_CHARS} characters", f"{len(name):,}", "shorten it"))  # fmt: skip
        seed = self._seed(row, name, problems)
        identifiers = _identifiers(row, problems)
        if seed is None or problems:
            self._reading.reject(row, problems)
            return
        seed = replace(seed, identifiers=identifiers, aliases=row.several("aliases"))
        key = seed.seed_id if self._options.is_own else _site_key(seed)
        known = self.vendors.get(key)
        if known is None:
            pages = {self._page_key(url) for url in seed.start_urls}
            self.vendors[key] = _Vendor(seed=seed, line=row.line, has_name=bool(name), pages=pages)
        elif self._options.is_strict and name and known.has_name and name != known.seed.vendor:
            expected = f"{known.seed.vendor!r} as in line {known.line}, which has the same site"
            step = "give each vendor a site of its own, or the lines one name"
            self._reading.reject(row, [row.problem("name", expected, repr(name), step)])
        else:
            note = _merge(known, seed, name, self._page_key)
            self.merged.append(MergedRow(line=row.line, into_line=known.line, vendor=known.seed.vendor, note=note))

    def _seed(self, row: TableRow, name: str, problems: list[Problem]) -> Seed | None:
        column = next((column for column in ADDRESS_COLUMNS if not says_nothing(row.text(column))), None)
        if column is None:
            column = next((column for column in ADDRESS_COLUMNS if column in row.cells), "url")
        text = row.text(column)
        address: str | Fault
        if self._options.is_own:
            address, *others = text.split() or [""]
        else:
            address, others = read_address(text, may_be_private=self._may_be_private), []
        if isinstance(address, str):
            try:
                seed = seed_of(
                    address, name=name or None, country=self._said(row, "country"), parent=self._said(row, "parent")
                )
            except ValueError as error:
                step = "write it as https://www.vendor.example/"
                address = Fault(expected="a web address or domain", got=f"{text!r} ({error})", next_step=step)
            else:
                return replace(seed, start_urls=(*seed.start_urls, *others))
        problems.append(row.problem(column, address.expected, address.got, address.next_step))
        return None

    def _said(self, row: TableRow, column: str) -> str | None:
        text = row.text(column)
        return None if not text or (says_nothing(text) and not self._options.is_own) else text


def _merge(known: _Vendor, seed: Seed, name: str, page_key: Callable[[str], str]) -> str | None:
    """Take into a vendor what another row of its site says; returns what was not the same, in words."""
    mine = known.seed
    notes: list[str] = []
    names = {cell_words(other) for other in (mine.vendor, *mine.aliases)}
    aliases = [alias for alias in seed.aliases if cell_words(alias) not in names]
    vendor = mine.vendor
    if name and not known.has_name:
        vendor, known.has_name = name, True
    elif name and cell_words(name) not in names:
        aliases.insert(0, name)
        notes.append(f"{name} became another name of {vendor}")
    for what, old, new in (("country", mine.country, seed.country), ("parent", mine.parent, seed.parent)):
        if old and new and cell_words(old) != cell_words(new):
            notes.append(f"the {what} {new} was left out: it is {old} there")
    pages = []
    for url in seed.start_urls:
        if (page := page_key(url)) not in known.pages:
            known.pages.add(page)
            pages.append(url)
    known.seed = replace(
        mine,
        vendor=vendor,
        start_urls=_together(mine.start_urls, pages),
        country=mine.country or seed.country,
        parent=mine.parent or seed.parent,
        identifiers=_together(mine.identifiers, seed.identifiers),
        aliases=_together(mine.aliases, aliases),
    )
    return "; ".join(notes) or None


def _together(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _site_key(seed: Seed) -> str:
    """Return what rows of one site have in common: host without www. and usual port, and the tenant on a shared host."""
    tenant = seed.vendor_domain.partition("/")[2]
    return f"{_host_key(seed.start_urls[0])}/{tenant}"


def _host_key(url: str) -> str:
    netloc = urlsplit(url).netloc.lower().rpartition("@")[2]
    return netloc.removeprefix("www.").removesuffix(":443").removesuffix(":80").rstrip(".")


def _page_key(url: str) -> str:
    """Return what two ways to write one page have in common: http and https, with www. and without."""
    parts = urlsplit(url)
    return f"{_host_key(url)}{parts.path.rstrip('/')}?{parts.query}"


def _identifiers(row: TableRow, problems: list[Problem]) -> tuple[str, ...]:
    identifiers: dict[str, None] = {}
    for text in row.several("identifiers"):
        if says_nothing(text):
            continue
        try:
            identifiers[normal_identifier(text)] = None
        except ValueError as error:
            expected = "an LEI, or a registration number with its issuer, such as GB:01234567"
            problems.append(row.problem("identifiers", expected, f"{text!r} ({error})", "correct it or leave it empty"))
    return tuple(identifiers)
