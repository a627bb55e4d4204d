"""Register CSV → grants: all of a file or, with every mistake named, nothing of it.

Columns: company and valid_from are needed; aliases and marks hold several values parted by `;`; dates are
YYYY-MM-DD and the interval is [valid_from, valid_until); an empty valid_until means that no end is on record.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ledger.database import Ledger
from ledger.domains import normal_domain
from ledger.errors import BadInputError, Problem
from ledger.identity import content_id, event_id, sha256_hex, utc_text
from ledger.records import Grant, RegisterSnapshot
from ledger.vocabulary import Relation

COLUMNS = (
    "company", "aliases", "domain", "relation", "programme", "tier", "marks", "territory", "valid_from", "valid_until", "parent", "source",
)  # fmt: skip
GRANTABLE = (
    Relation.PARTNER, Relation.RESELLER, Relation.DISTRIBUTOR, Relation.CUSTOMER, Relation.SUPPLIER,
    Relation.TECHNOLOGY, Relation.MEMBER, Relation.CERTIFICATION, Relation.SPONSOR,
)  # fmt: skip
EXAMPLE = "company,domain,relation,valid_from,valid_until\nBright Harbour Ltd,brightharbour.example,partner,2021-03-01,"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did. is_new: False when the same file was already the brand's register."""

    snapshot: RegisterSnapshot
    is_new: bool


def import_register(ledger: Ledger, brand: str, path: Path) -> Import:
    """Make a file the brand's register as of now. Errors: BadInputError with every mistake; nothing is imported then."""
    content = _read(path)
    digest = sha256_hex(content)
    last = ledger.row("SELECT * FROM register_snapshots WHERE brand = ? ORDER BY snapshot_id DESC LIMIT 1", [brand])
    if last is not None and last["file_sha256"] == digest:
        return Import(snapshot=RegisterSnapshot(**dict(last)), is_new=False)
    snapshot_id = event_id()
    grants = read_grants(content, str(path), brand=brand, snapshot_id=snapshot_id)
    snapshot = RegisterSnapshot(
        snapshot_id=snapshot_id,
        brand=brand,
        file=path.name,
        file_sha256=digest,
        grants=len(grants),
        recorded_at=utc_text(),
    )
    with ledger.transaction():
        ledger.add([snapshot])
        ledger.add(grants)
    return Import(snapshot=snapshot, is_new=True)


def read_grants(content: bytes, where: str, *, brand: str, snapshot_id: str) -> list[Grant]:
    """Return the grants of a CSV file's bytes. Errors: BadInputError with every mistake, by line and column."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInputError(
            Problem(
                where=f"{where} line {line}",
                expected="UTF-8 text",
                got=f"byte {content[error.start]:#04x}",
                next_step="save the file as UTF-8",
            )
        ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in reader.fieldnames or ()]
    except csv.Error as error:
        raise BadInputError(
            Problem(
                where=f"{where} line 1",
                expected="a CSV header",
                got=str(error),
                next_step=f"begin the file with:\n{EXAMPLE}",
            )
        ) from error
    problems = _header_problems(where, header)
    if problems:
        raise BadInputError(problems)
    reader.fieldnames = header
    grants: list[Grant] = []
    try:
        for row in reader:
            at = f"{where} line {reader.line_num}"
            if None in row or any(value is None for value in row.values()):
                problems.append(
                    Problem(
                        where=at,
                        expected=f"{len(header)} cells",
                        got="another number",
                        next_step="quote cells that hold a comma",
                    )
                )
                continue
            cells = {name: value.strip() for name, value in row.items()}
            if any(cells.values()):
                grant = _grant(cells, at, reader.line_num, brand, snapshot_id, problems)
                grants += [grant] if grant else []
    except csv.Error as error:
        problems.append(
            Problem(
                where=f"{where} line {reader.line_num}", expected="CSV", got=str(error), next_step="mend the quotes"
            )
        )
    if not grants and not problems:
        problems.append(
            Problem(
                where=f"{where} line 2", expected="at least one grant", got="the end of the file", next_step="add one"
            )
        )
    if problems:
        raise BadInputError(problems)
    return grants


def _header_problems(where: str, header: list[str]) -> list[Problem]:
    problems = [
        Problem(
            where=f"{where} line 1",
            expected=f"a column {name}",
            got=", ".join(header)[:120] or "an empty file",
            next_step=f"begin the file with:\n{EXAMPLE}",
        )
        for name in ("company", "valid_from")
        if name not in header
    ]
    problems += [
        Problem(
            where=f"{where} line 1, {name or 'a column without name'}",
            expected=f"one of the columns {', '.join(COLUMNS)}",
            got=name or "nothing",
            next_step="rename or remove it",
        )
        for name in header
        if name not in COLUMNS
    ]
    return problems


def _grant(
    cells: Mapping[str, str], at: str, line: int, brand: str, snapshot_id: str, problems: list[Problem]
) -> Grant | None:
    before = len(problems)
    if not cells["company"]:
        problems.append(
            Problem(
                where=f"{at}, company",
                expected="a company's name",
                got="nothing",
                next_step="fill it in or remove the line",
            )
        )
    domain = normal_domain(cells["domain"]) if cells.get("domain") else None
    if cells.get("domain") and domain is None:
        problems.append(
            Problem(
                where=f"{at}, domain",
                expected="a domain such as vendor.example",
                got=repr(cells["domain"]),
                next_step="correct it or leave it empty",
            )
        )
    relation = cells.get("relation", "").lower() or "partner"
    if relation not in GRANTABLE:
        problems.append(
            Problem(
                where=f"{at}, relation",
                expected=f"one of {', '.join(GRANTABLE)}",
                got=repr(relation),
                next_step="choose the nearest",
            )
        )
    start = _date(cells["valid_from"], f"{at}, valid_from", problems)
    end = _date(cells["valid_until"], f"{at}, valid_until", problems) if cells.get("valid_until") else None
    if start and end and end <= start:
        problems.append(
            Problem(
                where=f"{at}, valid_until",
                expected=f"a date after valid_from {start}",
                got=str(end),
                next_step="valid_until is the first day without the grant",
            )
        )
    if len(problems) > before or start is None:
        return None
    return Grant(
        grant_id=content_id("grant", snapshot_id, line),
        snapshot_id=snapshot_id,
        brand=brand,
        line=line,
        company=cells["company"],
        aliases=_several(cells.get("aliases")),
        domain=domain,
        relation=Relation(relation),
        programme=cells.get("programme") or None,
        tier=cells.get("tier") or None,
        marks=_several(cells.get("marks")),
        territory=cells.get("territory") or None,
        valid_from=start.isoformat(),
        valid_until=end.isoformat() if end else None,
        parent=cells.get("parent") or None,
        source=cells.get("source") or None,
    )


def _several(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (cell or "").split(";") if part.strip())


def _date(cell: str, where: str, problems: list[Problem]) -> dt.date | None:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
            raise ValueError
        return dt.date.fromisoformat(cell)
    except ValueError:
        problems.append(Problem(where=where, expected="YYYY-MM-DD", got=repr(cell), next_step=_suggest(cell)))
        return None


def _suggest(cell: str) -> str:
    numbers = [int(n) for n in re.findall(r"\d+", cell)]
    if len(numbers) == 3:
        year, others = max(numbers), sorted(numbers, key=numbers.index)
        others.remove(year)
        year += 2000 if year < 100 else 0
        readings = []
        for month, day in (others, others[::-1]):
            try:
                readings.append(dt.date(year, month, day).isoformat())
            except ValueError:
                continue
        if readings:
            return "write " + " or ".join(dict.fromkeys(readings))
    return "write it as 2024-04-03"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(
            Problem(
                where=str(path),
                expected="a readable CSV file",
                got=error.strerror or str(error),
                next_step="name an existing file",
            )
        ) from error
