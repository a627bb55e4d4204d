"""The SQLite file: opened, brought up to date, written in short transactions, read by plain SQL.

Every process that writes opens it through `Ledger.open`; readers may use any SQLite tool at the same time (WAL).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import sqlite_utils

from ledger import records
from ledger.dictionary import is_dictionary_current, make_dictionary
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.migrations import known_versions, migrations, sql_statements
from ledger.row_reading import read_rows

Row = sqlite3.Row
BUSY_TIMEOUT_S = 30  # a reader that holds the file longer than this is told to the user, not waited for


class Record(Protocol):
    """A dataclass of ledger.records."""

    table: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T")
R = TypeVar("R", bound=Record)


class Ledger:
    """One connection to the database of a workspace. Not shared between threads: each opens its own."""

    def __init__(self, database: sqlite_utils.Database, path: Path) -> None:
        self.path = path
        self.database = database
        self._connection = database.conn

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Open for reading and writing; create the file and migrate it when needed.

        Errors: BadInputError when the file is no database of ours; OutsideFailureError when it can't be opened.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutsideFailureError(
                f"{path.parent}: could not be made ({error}); choose a place that you may write"
            ) from error
        try:
            database = _connect(path, uri=f"{path.resolve().as_uri()}?mode=rwc")
            _refuse_others(database, path)
            _enable_wal(database)
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("PRAGMA foreign_keys = ON")
            ledger = cls(database, path)
            ledger._bring_up_to_date()
            _refuse_unlike(database, path)
        except sqlite3.Error as error:
            raise _cannot_open(path, error) from error
        return ledger

    @classmethod
    def open_readonly(cls, path: Path, *, immutable: bool = False) -> Ledger:
        """Open for reading only; where not even SQLite's side files can be made, as a file that nobody writes (immutable).

        Errors: BadInputError when there is no such file, or nothing in it.
        """
        if not path.is_file():
            raise _not_filled(path, "no such file")
        try:
            database = _connect(path, uri=f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if immutable else ''}")
            _refuse_others(database, path)
            _refuse_older(database, path)
            _refuse_unlike(database, path)
        except sqlite3.Error as error:
            if "unable to open" in str(error) and not immutable:
                return cls.open_readonly(path, immutable=True)
            raise _cannot_open(path, error) from error
        return cls(database, path)

    def copy_to(self, path: Path) -> None:
        """Write the whole database, as of one moment, into a new file, whoever writes meanwhile. Errors: OutsideFailureError.

        Who only reads the new file adds no file beside it: it is set to write-ahead logging when it is first opened for writing.
        """
        try:
            with closing(sqlite3.connect(path)) as target:
                self._connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise OutsideFailureError(
                f"{path}: the database could not be copied there ({error}); free some space"
            ) from error

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all or nothing. Takes the write lock at once, so that a read before a write can't go stale."""
        if self._connection.in_transaction:
            yield
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._connection.rollback()
            if isinstance(error, sqlite3.OperationalError):  # locked by another program, disk full, read-only
                what = (
                    "let it be written"
                    if "readonly" in str(error)
                    else "free the disk or close the program that holds it"
                )
                raise OutsideFailureError(
                    f"{self.path}: could not be written ({error}); {what}, then run the same command again"
                ) from error
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read all as of one moment, whatever others write meanwhile: a claim and its evidence, say. Not for writing."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    def add(self, records: Iterable[Record]) -> int:
        """Insert records of one kind; those whose id is already there are left as they are. Returns how many came."""
        return self._write(records, "INSERT OR IGNORE")

    def put(self, records: Iterable[Record]) -> int:
        """Insert records of one kind; those whose id is already there get the new values."""
        return self._write(records, "UPSERT")

    def _write(self, records: Iterable[Record], how: str) -> int:
        rows = list(records)
        if not rows:
            return 0
        kind = type(rows[0])
        statement = _insert_sql(kind, how)
        with self.transaction():
            before = self._connection.total_changes
            self._connection.executemany(statement, map(_values, rows))
            return self._connection.total_changes - before

    def replace(self, kind: type[R], records: Sequence[R], key: str, stored: str, parameters: Sequence[object]) -> None:
        """Put records in the place of stored ones. stored: the query that gives the ids (column `key`) of those that go, unless
        they are among the new.
        """
        new = {getattr(record, key) for record in records}
        with self.transaction():
            for old in self.values(stored, parameters):
                if old not in new:
                    self.execute(f"DELETE FROM {kind.table} WHERE {key} = ?", [old])
            self.put(records)

    def execute(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> int:
        """Run one writing statement; returns the number of rows it changed."""
        with self.transaction():
            return self._connection.execute(sql, parameters).rowcount

    def write_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one writing statement for each of many rows: for tables that are an index and have no record."""
        with self.transaction():
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Row]:
        """Return all rows of a query."""
        return self._connection.execute(sql, parameters).fetchall()

    def each(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Iterator[Row]:
        """Yield the rows of a query one by one, for results that may be large."""
        yield from self._connection.execute(sql, parameters)

    def row(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Row | None:
        """Return the first row of a query, or None."""
        found: Row | None = self._connection.execute(sql, parameters).fetchone()
        return found

    def select(self, kind: type[T], sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[T]:
        """Return all rows of a query as dataclasses; the query's columns are the fields of `kind`, in any order."""
        return list(self.select_each(kind, sql, parameters))

    def select_each(
        self, kind: type[T], sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
    ) -> Iterator[T]:
        """Yield the rows of a query as dataclasses one by one, for results that may be large."""
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return read_rows(cursor.execute(sql, parameters), kind)

    def select_first(
        self, kind: type[T], sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
    ) -> T | None:
        """Return the first row of a query as a dataclass, or None."""
        return next(self.select_each(kind, sql, parameters), None)

    def update(self, kind: type[Record], changes: Mapping[str, object], **key: object) -> int:
        """Set columns of the rows of a table with these values in these columns; returns how many.

        Errors: KeyError for a name that is no column.
        """
        known = set(_columns(kind))
        if strange := sorted({*changes, *key} - known):
            raise KeyError(f"{kind.table} has no column {strange[0]}")
        values = {name: _as_value(value) for name, value in changes.items()}
        pairs = ", ".join(f"{name} = :{name}" for name in values)
        where = " AND ".join(f"{name} = :key_{name}" for name in key)
        keyed = {f"key_{name}": value for name, value in key.items()}
        return self.execute(f"UPDATE {kind.table} SET {pairs} WHERE {where}", {**values, **keyed})

    def find(self, kind: type[R], **key: object) -> R | None:
        """Return the row of a table with these values in these columns, or None: `find(Look, look_id=…)`."""
        return self.select_first(
            kind, f"SELECT {columns_of(kind)} FROM {kind.table} WHERE {' AND '.join(f'{n} = :{n}' for n in key)}", key
        )

    def values(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
        """Return the first column of all rows of a query."""
        return [row[0] for row in self._connection.execute(sql, parameters)]

    def value(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Any:
        """Return the first column of the first row, or None."""
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    @contextmanager
    def attached(self, path: Path, name: str) -> Iterator[None]:
        """Read another database of this version beside this one: its tables are `name.table`. Nobody may write to it meanwhile.

        Errors: BadInputError when it is none.
        """
        with Ledger.open_readonly(path, immutable=True):
            pass  # says what is wrong with it
        self._connection.execute(f"ATTACH DATABASE ? AS {name}", [f"{path.resolve().as_uri()}?mode=ro&immutable=1"])
        try:
            yield
        finally:
            self._connection.execute(f"DETACH DATABASE {name}")

    def overwrite_what_goes(self) -> None:
        """From now on overwrite with zeros what this connection deletes or replaces: SQLite alone would leave it in the file."""
        self._connection.execute("PRAGMA secure_delete = ON")

    def checkpoint(self) -> None:
        """Bring everything written into the one file. Errors: OutsideFailureError when a reader holds it up."""
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise OutsideFailureError(
                f"{self.path}: another program reads it; close that, then run the same command again"
            )

    def _bring_up_to_date(self) -> None:
        if migrations.pending(self.database):
            with self.transaction():  # all or none; one that begins with a read would not wait for who writes
                migrations.apply(self.database)
        views = _view_statements()
        stored = {
            row["name"]: row["sql"]
            for row in self.rows(
                "SELECT name, sql FROM sqlite_master WHERE type = 'view' AND (name LIKE 'v\\_%' ESCAPE '\\'"
                " OR name IN (SELECT value FROM json_each(?)))",
                [json.dumps(list(views))],
            )
        }
        if stored == views and is_dictionary_current(self._connection):
            return
        with self.transaction():
            for name in stored:
                self._connection.execute(f'DROP VIEW "{name}"')
            for statement in views.values():
                self._connection.execute(statement)
            make_dictionary(self._connection)


def columns_of(kind: type[Record], alias: str = "") -> str:
    """Return the columns that a record has, as a query names them: `l.look_id, l.visit_id, …` for the alias l."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + name for name in _columns(kind))


def as_row(record: Record) -> dict[str, object]:
    """Return a record as values that SQLite takes: enums as text, tuples and dicts as JSON."""
    return dict(zip(_columns(type(record)), _values(record), strict=True))


def _values(record: Record) -> list[object]:
    return [_as_value(value) for value in _fields(type(record))(record)]


_as_json = json.JSONEncoder(ensure_ascii=False).encode  # as json.dumps does, which makes an encoder for each value


def _as_value(value: object) -> object:
    if value is None or type(value) is int or (type(value) is str and value.isascii()):
        return value  # most are
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, (tuple, list)):
        return _as_json(value) if value else "[]"
    if isinstance(value, dict):
        return _as_json(value) if value else "{}"
    if isinstance(value, str):
        # lone surrogates come from broken pages; SQLite text must be valid UTF-8
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


@cache
def _fields(kind: type[Record]) -> Callable[[Record], tuple[object, ...]]:
    return attrgetter(*_columns(kind))  # all records have several


@cache
def _columns(kind: type[Record]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _insert_sql(kind: type[Record], how: str) -> str:
    names = _columns(kind)
    values = f"INTO {kind.table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    if how == "UPSERT":
        return f"INSERT {values} ON CONFLICT DO UPDATE SET " + ", ".join(f"{n} = excluded.{n}" for n in names)
    return f"{how} {values}"


@cache
def _view_statements() -> dict[str, str]:
    return {statement.split(maxsplit=3)[2]: statement for statement in sql_statements("views.sql")}


def _connect(path: Path, *, uri: str) -> sqlite_utils.Database:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)
    connection.row_factory = sqlite3.Row
    return sqlite_utils.Database(connection, execute_plugins=False)


def _enable_wal(database: sqlite_utils.Database) -> None:
    """Switch a new file to write-ahead logging. SQLite does not wait for who holds it then, so this does."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            database.enable_wal()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= give_up_at:
                raise
            time.sleep(0.02)
        else:
            return


def _refuse_others(database: sqlite_utils.Database, path: Path) -> None:
    tables = set(database.table_names())
    if tables and "_sqlite_migrations" not in tables:
        raise BadInputError(
            Problem(
                where=str(path),
                expected="a database made by partnerproof",
                got=f"tables of another program ({', '.join(sorted(tables))[:80]})",
                next_step="name another --workspace, or move the file away",
            )
        )
    strange = sorted({version.name for version in migrations.applied(database)} - known_versions()) if tables else []
    if strange:
        raise _of_another_version(path, got=f"one of another version (it has {strange[0]})")


def _refuse_unlike(database: sqlite_utils.Database, path: Path) -> None:
    """A database of an earlier day, before the first release, has the same migration and other columns. Looked at once a process."""
    if path.resolve() in _LIKE_OURS:
        return
    for table, columns in _table_columns().items():
        stored = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        if not columns <= stored:
            missing = f"{table}.{min(columns - stored)}" if stored else table
            raise _of_another_version(path, got="one of an earlier version", with_what=f", with {missing}")
    _LIKE_OURS.add(path.resolve())


_LIKE_OURS: set[Path] = set()


def _of_another_version(path: Path, *, got: str, with_what: str = "") -> BadInputError:
    return BadInputError(
        Problem(
            where=str(path),
            expected=f"a database of this version of the program{with_what}",
            got=got,
            next_step="crawl into a new workspace; what is in the old var/warc/ can be read into it with `partnerproof ingest`",
        )
    )


@cache
def _table_columns() -> dict[str, frozenset[str]]:
    """The columns of each table that a record describes."""
    return {
        kind.table: frozenset(field.name for field in fields(kind))
        for kind in vars(records).values()
        if is_dataclass(kind) and hasattr(kind, "table")
    }


def _refuse_older(database: sqlite_utils.Database, path: Path) -> None:
    """A reader asks the views of this version, which only a writer can make."""
    if not database.table_names():
        raise _not_filled(path, "an empty one")
    missing = sorted(_view_statements().keys() - set(database.view_names()))
    if missing:
        raise BadInputError(
            Problem(
                where=str(path),
                expected=f"the view {missing[0]}",
                got="a database of an earlier version",
                next_step="run `partnerproof match` once: whatever writes brings it up to date",
            )
        )


def _not_filled(path: Path, got: str) -> BadInputError:
    return BadInputError(
        Problem(
            where=str(path),
            expected="a database filled by a crawl",
            got=got,
            next_step="run `partnerproof crawl SEEDS.csv` first, or name another --workspace",
        )
    )


def _cannot_open(path: Path, error: sqlite3.Error) -> BadInputError | OutsideFailureError:
    if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
        what = "free some space" if "full" in str(error) else "close programs that hold it"
        return OutsideFailureError(f"{path}: could not be opened ({error}); {what} and try again")
    return BadInputError(
        Problem(
            where=str(path),
            expected="a database made by partnerproof",
            got=str(error),
            next_step="name another --workspace, or move the file away",
        )
    )
