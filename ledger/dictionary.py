"""The dictionary inside the database: what each column of a view, each value of a closed list and each rule means, as three views.

Reads: view_columns.toml, column_types.toml, terms.toml, rules.toml. docs/reference/schema.md is made from the same files.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCES = ("view_columns.toml", "column_types.toml", "terms.toml", "rules.toml", "views.sql")
SQL_TYPES = {"text": "TEXT", "integer": "INTEGER", "real": "REAL", "flag": "INTEGER", "time": "TEXT", "date": "TEXT", "json": "TEXT"}  # fmt: skip
PUBLIC_VIEWS = (
    "SELECT name FROM {schema}.sqlite_master WHERE type = 'view' AND name LIKE 'v\\_%' ESCAPE '\\' ORDER BY name"
)
_NULL = " NULL: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a public view. type: text, integer, real, flag (0 or 1), time (UTC text), date (ISO text), json.

    null_means: None: it is never NULL; terms: the list of which its value is one; example: as text.
    """

    view: str
    ordinal: int  # from 1
    column: str
    meaning: str
    null_means: str | None
    type: str
    unit: str | None
    terms: str | None
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A value of a closed list."""

    terms: str
    ordinal: int  # from 1
    value: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule by which claims are judged. rule: its number, a text as in v_findings; verdict: the one that it gives."""

    rule: str
    verdict: str
    words: str
    rules_version: str


# what the three views say of themselves, above their rows
VIEWS = {
    "dictionary": (Column, "what each column of a view means; the views are the public interface"),
    "terms": (
        Term,
        "what each value of a closed list means; dictionary.terms says which list a column's values are of",
    ),
    "rules": (Rule, "what the rule of a verdict says, in the order in which they are tried"),
}


def describe_column(view: str, column: str) -> tuple[str, str | None]:
    """Return what a column of a view means, and what its NULL does. Errors: KeyError when view_columns.toml does not say it."""
    meanings = _read("view_columns.toml")
    text: str = meanings.get(view, {}).get(column) or meanings["columns"][column]
    meaning, _, null_means = text.partition(_NULL)
    return meaning, null_means or None


def list_columns(columns: Mapping[str, Sequence[str]]) -> Iterator[Column]:
    """Yield the entries of some views. columns: the names of each view's columns, in order."""
    types = _read("column_types.toml")
    for view, names in columns.items():
        for ordinal, name in enumerate(names, 1):
            form: dict[str, str] = types.get(view, {}).get(name) or types["columns"][name]
            meaning, null_means = describe_column(view, name)
            yield Column(
                view=view, ordinal=ordinal, column=name, meaning=meaning, null_means=null_means, type=form.get("type", "text"),
                unit=form.get("unit"), terms=form.get("terms"), example=form["example"],
            )  # fmt: skip


def list_terms() -> Iterator[Term]:
    """Yield the values of all closed lists."""
    for name, values in _read("terms.toml").items():
        for ordinal, (value, meaning) in enumerate(values.items(), 1):
            yield Term(terms=name, ordinal=ordinal, value=value, meaning=meaning)


def list_rules() -> Iterator[Rule]:
    """Yield the rules in their order."""
    text = _read("rules.toml")
    for number, rule in text["rules"].items():
        yield Rule(rule=number, verdict=rule["verdict"], words=rule["words"], rules_version=text["version"])


def list_entries(columns: Mapping[str, Sequence[str]]) -> dict[str, Sequence[Column | Term | Rule]]:
    """Return the rows of the three views, for public views with these columns."""
    return {"dictionary": list(list_columns(columns)), "terms": list(list_terms()), "rules": list(list_rules())}


def read_public_views(connection: sqlite3.Connection, schema: str = "main") -> dict[str, list[str]]:
    """Return the public views of a database with their columns. schema: as the connection calls the database."""
    columns = {}
    for (view,) in connection.execute(PUBLIC_VIEWS.format(schema=schema)).fetchall():
        with suppress(sqlite3.OperationalError):  # a table that it reads is gone: whoever asks the view is told
            names = connection.execute("SELECT name FROM pragma_table_info(?, ?) ORDER BY cid", [view, schema])
            columns[view] = [row[0] for row in names]
    return columns


def sql_type(view: str, column: str) -> str:
    """Return the type that SQLite has for a column's values: also of those that a view computes, of which SQLite knows none."""
    types = _read("column_types.toml")
    form: dict[str, str] = types.get(view, {}).get(column) or types["columns"].get(column, {})
    return SQL_TYPES[form.get("type", "text")]


@cache
def sources_sha256() -> str:
    """Return the digest of all that the dictionary is made from."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def is_dictionary_current(connection: sqlite3.Connection) -> bool:
    """Tell whether the three views are there, and made from what is here now."""
    made = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall())
    return all(sources_sha256() in made.get(name, "") for name in VIEWS)


def make_dictionary(connection: sqlite3.Connection) -> None:
    """Make the three views anew, of the public views that are there."""
    rows = list_entries(read_public_views(connection))
    for name, (record, meaning) in VIEWS.items():
        head = ", ".join(field.name for field in fields(record))
        values = ",\n".join(f"({', '.join(map(_literal, astuple(row)))})" for row in rows[name])
        connection.execute(f"DROP VIEW IF EXISTS {name}")
        connection.execute(
            f"CREATE VIEW {name} ({head}) AS -- {meaning}; made from {sources_sha256()}\nSELECT * FROM (VALUES {values})"
        )


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
