"""A public partner directory, saved as HTML → rows, by the CSS selectors of a mapping or, without, by what is plain to see.

Without selectors two forms are understood: a table with a header that names a company column, and a list of three or
more like elements that each have a name and one link to a site of their own. When there is more than one such list a
person has to say which: a wrong guess would make strangers partners.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import soupsieve
from bs4 import BeautifulSoup, Tag

from ledger.domains import normal_domain, registrable_domain
from ledger.errors import BadInputError, Problem
from ledger.tables.list_mapping import ListMapping
from ledger.tables.list_words import heading_words, shipped_list_words
from ledger.tables.table_format import Cell, TableReading, TableRow, control_problem
from ledger.tables.table_rows import has_control

MAX_BYTES = 64 << 20
MIN_CARDS = 3
# what a table of a directory may tell by its headings; in this order a heading with two meanings is given away
_TOLD = {
    "company": ("company",),
    "domains": ("site", "domain"),
    "tier": ("tier",),
    "programme": ("programme",),
    "territory": ("territory",),
    "valid_from": ("valid_from",),
    "valid_until": ("valid_until",),
}
_ATTRIBUTE = re.compile(r"(.*)@([\w:-]+)", re.S)
_NAMES = "h1, h2, h3, h4, h5, h6, [class*=name], [class*=title], strong, b"


def each_directory_row(path: Path, mapping: ListMapping, reading: TableReading) -> Iterator[TableRow]:
    """Yield the entries of a saved page. Errors: BadInputError when it is not plain what they are."""
    page = _read(path)
    rows = _by_selectors(page, path, mapping) if mapping.columns else _by_sight(page, path)
    before, reading.row_word = reading.rows, "entry"
    for row in rows:
        reading.rows += 1
        mistakes = [control_problem(row, name) for name, cell in row.cells.items() if has_control("".join(cell))]
        if mistakes:
            reading.reject(row, mistakes)
        else:
            yield row
    if reading.rows == before:
        raise _unclear(path, "none")


def _read(path: Path) -> BeautifulSoup:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _bad(str(path), f"at most {MAX_BYTES:,} bytes", f"{path.stat().st_size:,}", "save the list alone")
        return BeautifulSoup(path.read_bytes(), "lxml")
    except OSError as error:
        raise _bad(str(path), "a readable HTML file", error.strerror or str(error), "name an existing file") from error


def _by_selectors(page: BeautifulSoup, path: Path, mapping: ListMapping) -> Iterator[TableRow]:
    entry_selector = mapping.setting("entry", None)
    if entry_selector is None:
        raise _bad(
            str(path), "a mapping with [file] entry", "one without", 'write entry = "li.partner", a CSS selector'
        )
    entries = _select(page, entry_selector, path)
    for number, entry in enumerate(entries, start=1):
        cells: dict[str, Cell] = {}
        for ours, selectors in mapping.columns.items():
            for selector in selectors:
                values = tuple(_values(entry, selector, path, of_domain=ours == "domains"))
                cells[selector] = values if ours in mapping.shape.several else values[:1]
        yield _row(number, f"{path} entry {number}", cells)


def _values(entry: Tag, selector: str, path: Path, *, of_domain: bool) -> Iterator[str]:
    """Yield what a selector finds in an entry: the text, or an attribute after @; the entry itself for an empty selector."""
    attribute = _ATTRIBUTE.fullmatch(selector)
    css, name = (attribute[1].strip(), attribute[2]) if attribute else (selector.strip(), None)
    for element in _select(entry, css, path) if css else [entry]:
        text = _words(element) if name is None else str(element.get(name) or "").strip()
        if text and (not of_domain or name is None or normal_domain(text) is not None):
            yield text


def _select(within: Tag, css: str, path: Path) -> list[Tag]:
    try:
        return list(within.select(css))
    except soupsieve.SelectorSyntaxError as error:
        first = str(error).splitlines()[0]
        raise _bad(f"{path}, selector {css!r}", "a CSS selector", first, "correct it in the mapping") from error


def _by_sight(page: BeautifulSoup, path: Path) -> Iterator[TableRow]:
    tables = [
        (table, columns) for table in page.find_all("table") if "company" in (columns := _columns(table)).values()
    ]
    if tables:
        for at, (table, columns) in enumerate(tables, start=1):
            yield from _table_rows(table, columns, path, f"table {at}")
        return
    lists = _card_lists(page)
    if len(lists) != 1:
        raise _unclear(path, f"{len(lists)} lists that may be it" if lists else "none")
    for number, (name, domain) in enumerate(lists[0], start=1):
        yield _row(number, f"{path} entry {number}", {"company": name, "domains": domain})


def _columns(table: Tag) -> dict[int, str]:
    first = table.find("tr")
    if not isinstance(first, Tag):
        return {}
    words = [heading_words(_words(cell)) for cell in first.find_all(["th", "td"])]
    columns: dict[int, str] = {}
    for ours, kinds in _TOLD.items():
        headings = [heading for kind in kinds for heading in shipped_list_words().headings[kind]]
        place = next((at for heading in headings for at, word in enumerate(words) if word == heading), None)
        if place is not None:
            columns.setdefault(place, ours)
    return columns


def _table_rows(table: Tag, columns: dict[int, str], path: Path, where: str) -> Iterator[TableRow]:
    base = 1_000_000 * int(where.removeprefix("table "))  # lines of several tables must not be the same
    for number, line in enumerate(table.find_all("tr")[1:], start=2):
        cells = line.find_all(["td", "th"])
        values = {ours: _words(cells[at]) for at, ours in columns.items() if at < len(cells)}
        links = [domain for cell in cells for domain in _outside_domains(cell, None)]
        if (links and "domains" not in values) or (links and normal_domain(values["domains"]) is None):
            values["domains"] = links[0]
        if values.get("company"):
            yield _row(base + number, f"{path} {where} row {number}", values)


def _card_lists(page: BeautifulSoup) -> list[list[tuple[str, str]]]:
    """Return the lists of like elements in which each has a name and one site of its own."""
    own = _own_domain(page)
    groups: dict[tuple[int, str, str], list[Tag]] = defaultdict(list)
    for element in page.find_all(["li", "div", "article", "section", "a"]):
        classes = " ".join(sorted(map(str, element.get("class") or [])))
        groups[id(element.parent), element.name, classes].append(element)
    lists: list[list[tuple[str, str]]] = []
    for elements in groups.values():
        cards = [card for element in elements if (card := _card(element, own)) is not None]
        # what is only in part a list of companies is another list: news, or a menu
        if (
            len(cards) >= MIN_CARDS
            and len(cards) * 10 >= len(elements) * 9
            and len({site for _, site in cards}) == len(cards)
        ):
            lists.append(cards)
    return lists


def _card(element: Tag, own: str | None) -> tuple[str, str] | None:
    domains = list(dict.fromkeys(_outside_domains(element, own)))
    if len(domains) != 1:
        return None
    heading = element.select_one(_NAMES)
    image = element.find("img", alt=True)
    name = _words(heading) if heading else ""
    name = name or (str(image["alt"]).strip() if isinstance(image, Tag) else "") or _words(element)
    return (name, domains[0]) if name and len(name) <= 120 and not normal_domain(name) else None


def _outside_domains(element: Tag, own: str | None) -> Iterator[str]:
    links = [element] if element.name == "a" else element.find_all("a")
    for link in links:
        address = str(link.get("href") or "")
        domain = normal_domain(address) if address.startswith(("http://", "https://")) else None
        if domain and (own is None or registrable_domain(domain) != own):
            yield domain


def _own_domain(page: BeautifulSoup) -> str | None:
    for tag, attribute in (
        ('link[rel="canonical"]', "href"),
        ("base[href]", "href"),
        ('meta[property="og:url"]', "content"),
    ):
        element = page.select_one(tag)
        domain = normal_domain(str(element.get(attribute) or "")) if element else None
        if domain:
            return registrable_domain(domain)
    return None


def _words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def _row(line: int, at: str, cells: Mapping[str, Cell]) -> TableRow:
    raw = tuple(cell if isinstance(cell, str) else "; ".join(cell) for cell in cells.values())
    return TableRow(line=line, at=at, cells=cells, header=tuple(cells), raw=raw)


def _unclear(path: Path, got: str) -> BadInputError:
    return _bad(
        str(path), "a list of companies that is plain to see", got,
        "say which elements are the entries with [file] entry and [columns] in a mapping; see docs/how-to-register.md",
    )  # fmt: skip


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(Problem(where=where, expected=expected, got=got[:200], next_step=next_step))
