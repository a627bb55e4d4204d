"""A register as JSON: a list of objects, at the top or where a mapping says.

An object's parts are columns: `account.name` is `name` of `account`; of a list of objects `sites.url` is every `url`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ledger.errors import BadInputError, Problem
from ledger.tables.list_mapping import ListMapping
from ledger.tables.table_format import TableReading, TableRow, control_problem
from ledger.tables.table_rows import has_control

MAX_BYTES = 512 << 20  # it is held in memory
EXAMPLE = '[{"company": "Bright Harbour Ltd", "domains": ["brightharbour.example"], "valid_from": "2021-03-01"}]'


def each_json_row(path: Path, mapping: ListMapping, reading: TableReading) -> Iterator[TableRow]:
    """Yield the objects of the list. Errors: BadInputError when there is none."""
    shape, reading.row_word = mapping.shape, "entry"
    known = (*shape.columns, *shape.singular)
    for at, entry in enumerate(_entries(path, mapping)):
        reading.rows += 1
        place = _placer(path, at)
        cells: dict[str, tuple[str, ...]] = {}
        for name, text in _flat(entry, "" if isinstance(entry, dict) else "entry"):
            cells[name] = (*cells.get(name, ()), text)
        row = TableRow(
            line=at + 1, at=f"{path} [{at}]", cells=cells, locate=place, header=tuple(cells), raw=tuple(map("; ".join, cells.values()))
        )  # fmt: skip
        if not isinstance(entry, dict):
            got = repr(entry)[:80]
            reading.reject(row, [Problem(where=row.at, expected="an object", got=got, next_step="remove it")])
            continue
        mistakes = [control_problem(row, name) for name, texts in cells.items() if any(map(has_control, texts))]
        if not mapping.columns:
            expected = f"one of the columns {', '.join(shape.columns)}"
            mistakes += [
                row.problem(name, expected, name, "rename or remove it, or write a mapping")
                for name in cells
                if name not in known
            ]
        if mistakes:
            reading.reject(row, mistakes)
        else:
            yield row


def _placer(path: Path, at: int) -> Callable[[str], str]:
    return lambda column: f"{path} [{at}].{column}"


def _entries(path: Path, mapping: ListMapping) -> list[Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _bad(str(path), f"at most {MAX_BYTES:,} bytes", f"{path.stat().st_size:,}", "save it as CSV")
        value = json.loads(path.read_bytes(), object_pairs_hook=_unique, parse_constant=_refuse)
    except OSError as error:
        raise _bad(str(path), "a readable JSON file", error.strerror or str(error), "name an existing file") from error
    except json.JSONDecodeError as error:
        where = f"{path} line {error.lineno}, column {error.colno}"
        raise _bad(where, "JSON", error.msg, f"write it as {EXAMPLE}") from error
    except (ValueError, RecursionError) as error:  # wrong encoding, a key twice, endless nesting
        got = "lists in lists without end" if isinstance(error, RecursionError) else str(error)
        raise _bad(str(path), "a JSON list of objects in UTF-8", got, f"write it as {EXAMPLE}") from error
    steps = [step for step in mapping.setting("rows", "").split(".") if step]
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, list):
        at = f"a list at {'.'.join(steps)}" if steps else "a list of objects"
        next_step = f'write it as {EXAMPLE}, or say where the list is: [file] rows = "…" in the mapping'
        raise _bad(str(path), at, type(value).__name__, next_step)
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name}, which is no value in JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} twice in one object")
    return made


def _flat(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for part in value:
            yield from _flat(part, name)
    elif value is not None:
        text = str(value).strip() if not isinstance(value, bool) else str(value).lower()
        # lone surrogates can be written in JSON, and are no text
        yield name, text.encode("utf-8", "replace").decode()


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(Problem(where=where, expected=expected, got=got[:200], next_step=next_step))
