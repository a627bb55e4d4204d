"""The schema's versions, forward only: version 1 is schema.sql, whatever comes later is a function here, never edited once it has shipped."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path

from sqlite_utils import Database, Migrations

migrations = Migrations("partnerproof")


@migrations()
def m0001_tables(database: Database) -> None:
    """All tables, as schema.sql has them."""
    for statement in sql_statements("schema.sql"):
        database.execute(statement)


@cache
def sql_statements(file: str) -> tuple[str, ...]:
    """Return the statements of an SQL file of this folder, each with the comments in it."""
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    statements, statement = list[str](), ""
    for line in text.splitlines(keepends=True):
        if statement or not line.startswith(("--", "\n")):
            statement += line
        if statement and sqlite3.complete_statement(statement):
            statements.append(statement.strip().removesuffix(";"))
            statement = ""
    return tuple(statements)


@cache
def known_versions() -> frozenset[str]:
    """Return the names of all migrations that this version of the program knows."""
    return frozenset(migration.name for migration in migrations.pending(Database(memory=True)))
