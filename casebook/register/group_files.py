"""Files of companies and corporate groups → entries, one by one: GLEIF's LEI-CDF and RR-CDF as XML or CSV, and plain CSV.

Files may be zipped, and are read as a stream: the largest has millions of entries. XML with a document type is refused,
so there are no entities that could grow or fetch something. An entry of GLEIF's that can't be used is left out and
counted, because their files hold some; in a plain CSV every mistake is named, and nothing is imported.
"""

from __future__ import annotations

import codecs
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from casebook.register.gleif import each_lei_entry, each_rr_entry, each_xml_record, lei_row, rr_row
from casebook.register.group_entries import CompanyEntry, GroupEntry, RelationshipEntry
from ledger.dates import read_date
from ledger.errors import BadInputError, Problem
from ledger.identifiers import normal_identifier
from ledger.tables.table_format import TableFormat, TableReading, TableRow
from ledger.tables.table_rows import rows_of, text_table

MAX_EXPANSION = 200  # times the size in the archive; GLEIF's files shrink to a twentieth
_SNIFFED_BYTES = 65_536
_LEI_CSV = ("LEI", "Entity.LegalName")
_RR_CSV = ("Relationship.StartNode.NodeID", "Relationship.EndNode.NodeID")
_PLAIN = ("child", "parent", "from", "until", "child_identifier", "parent_identifier", "lei", "child_lei", "parent_lei")
EXAMPLE = "child,parent,from,until\nBright Harbour Ltd,Harbour Holdings plc,2019-01-01,"
SOURCES = {"lei-cdf": "companies", "rr-cdf": "relationships", "csv": "groups"}


@dataclass(slots=True, kw_only=True)
class GroupFile:
    """An opened file. format: lei-cdf, rr-cdf or csv; left_out: entries that could not be used, by reason."""

    path: Path
    format: str
    is_xml: bool
    problems: list[Problem] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def entries(self) -> Iterator[GroupEntry]:
        """Yield what the file says. Errors: BadInputError when it can't be read on."""
        where = str(self.path)
        with _opened(self.path) as file:
            if self.is_xml:
                records = each_xml_record(file, where, self.format)
                yield from (each_lei_entry if self.format == "lei-cdf" else each_rr_entry)(records, self.left_out)
                return
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            try:
                yield from self._csv_entries(text, where)
            except UnicodeDecodeError as error:
                raise _bad(where, "UTF-8 text", f"byte {error.object[error.start]:#04x}", "save it as UTF-8") from error

    def _csv_entries(self, text: io.TextIOWrapper, where: str) -> Iterator[GroupEntry]:
        if self.format == "csv":
            table = TableFormat(columns=_PLAIN, needed=[("child",), ("parent",)], example=EXAMPLE)
            for row in self._rows(text, where, table):
                yield from _plain_entries(row, self.problems)
            return
        is_lei = self.format == "lei-cdf"
        needed = _LEI_CSV if is_lei else _RR_CSV
        table = TableFormat(
            columns=None, needed=[(name,) for name in needed], example=",".join(needed), delimiter=",",
            only=(lei_row if is_lei else rr_row).columns,
        )  # fmt: skip
        rows = ({name: row.text(name) for name in row.cells} for row in self._rows(text, where, table))
        if is_lei:
            yield from each_lei_entry(map(lei_row, rows), self.left_out)
        else:
            yield from each_rr_entry(map(rr_row, rows), self.left_out)

    def _rows(self, text: io.TextIOWrapper, where: str, table: TableFormat) -> Iterator[TableRow]:
        reading = TableReading()
        for row in rows_of(text_table(text, where, table), table, reading):
            yield row
            self._take_problems(reading)
        self._take_problems(reading)

    def _take_problems(self, reading: TableReading) -> None:
        if reading.problems or reading.rejected:
            self.problems += reading.all_problems
            reading.problems.clear()
            reading.rejected.clear()


def open_group_file(path: Path) -> GroupFile:
    """Tell what kind of file it is, by its content. Errors: BadInputError."""
    with _opened(path) as file:
        start = file.read(_SNIFFED_BYTES)
    # a UTF-16 file has a NUL in every other byte: what is looked for is ASCII
    kind: str
    head = start.removeprefix(codecs.BOM_UTF8).replace(b"\x00", b"").lstrip(b"\xff\xfe \r\n\t")
    if head.startswith(b"<"):
        for mark, kind in ((b"LEIData", "lei-cdf"), (b"RelationshipData", "rr-cdf")):
            if mark in head:
                return GroupFile(path=path, format=kind, is_xml=True)
        raise _bad(
            str(path), "LEIData or RelationshipData as the root", "other XML", "name a file of GLEIF's, or a CSV"
        )
    header = head.splitlines()[0].decode("utf-8", "replace") if head else ""
    names = {name.strip().strip('"') for name in header.split(",")}
    kind = "lei-cdf" if set(_LEI_CSV) <= names else "rr-cdf" if set(_RR_CSV) <= names else "csv"
    return GroupFile(path=path, format=kind, is_xml=False)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, or the only one in an archive. Errors: BadInputError."""
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(path) as archive:
            inside = [info for info in archive.infolist() if info.filename.lower().endswith((".xml", ".csv"))]
            if len(inside) != 1:
                raise _bad(
                    str(path), "one .xml or .csv in the archive", f"{len(inside)}", "unpack it, and name the file"
                )
            if inside[0].file_size > MAX_EXPANSION * max(inside[0].compress_size, 1):
                got = f"one that unpacks to {inside[0].file_size:,} bytes"
                raise _bad(
                    str(path),
                    f"a file that grows at most {MAX_EXPANSION}-fold",
                    got,
                    "unpack it yourself if you trust it",
                )
            with archive.open(inside[0]) as member:
                yield member
    except OSError as error:
        raise _bad(str(path), "a readable file", error.strerror or str(error), "name an existing file") from error
    except (
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
        EOFError,
    ) as error:  # broken, encrypted, rare methods
        raise _bad(str(path), "a readable archive", str(error), "unpack it, and name the file") from error


def _plain_entries(row: TableRow, problems: list[Problem]) -> Iterator[GroupEntry]:
    before = len(problems)
    ends: dict[str, CompanyEntry] = {}
    for end, columns in (
        ("child", ("child_identifier", "child_lei", "lei")),
        ("parent", ("parent_identifier", "parent_lei")),
    ):
        if not row.text(end):
            problems.append(_problem(row.place(end), "a company's name", "nothing", "fill it in or remove the row"))
        identifier = None
        for column in columns:
            if row.text(column):
                try:
                    identifier = normal_identifier(row.text(column))
                except ValueError as error:
                    expected = "an LEI, or a registration number with its issuer, such as GB:01234567"
                    problems.append(
                        _problem(row.place(column), expected, f"{row.text(column)!r} ({error})", "correct it")
                    )
        ends[end] = CompanyEntry(name=row.text(end), identifier=identifier, country=None)
    dates: dict[str, str | None] = {}
    for column in ("from", "until"):
        text = row.text(column)
        dates[column] = read_date(text) if text else None
        if text and dates[column] is None:
            problems.append(_problem(row.place(column), "YYYY-MM-DD", repr(text), "write it as 2024-04-03"))
    since, until = dates["from"], dates["until"]
    if since and until and until <= since:
        got = f"{until}, but from is {since}"
        problems.append(_problem(row.place("until"), "a later date than from", got, "until is the first day without"))
    if len(problems) == before:
        yield ends["child"]
        yield ends["parent"]
        yield RelationshipEntry(
            child=ends["child"].node, parent=ends["parent"].node, kind="group", valid_from=since, valid_until=until
        )


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got[:200], next_step=next_step)


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(_problem(where, expected, got, next_step))
