"""A copy of the database to hand out: one SQLite file with the public views as tables, and the dictionary inside.

Reads: every public view, dictionary, terms, rules. Writes: one file, and nothing in the workspace.

1. All of it is read in one transaction: what a crawl writes meanwhile is in no table, or in all.
2. Each view becomes a table of its name, with its columns, their types, and indexes on what is asked for most.
3. Who decided becomes "person 1", "person 2", …; letters are left out; accounts, sessions and tokens are in no view. With is_redacted, e-mail
   addresses in any text are blanked.
4. The file needs no second one beside it, is ANALYZEd, and opens where nothing can be written. It comes into being whole or not at all.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from casebook.export.personal import blank_addresses
from ledger.dictionary import VIEWS, list_entries, read_public_views, sql_type
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.typed_texts import Instant

README = "README"  # the table that says what the file is
LETTERS = "v_letters"
PEOPLE = frozenset({"approved_by", "assignee", "counsel", "decided_by", "sent_by", "written_by"})
INDEXED = (
    "claim_id", "case_id", "vendor_domain", "page_url", "image_sha256", "sighting_id", "crawl_id", "template_id", "visit_id",
)  # fmt: skip
# the first of these that a view has is the time by which `since` counts
TIMES = ("looked_at", "last_seen", "judged_at", "decided_at", "opened_at", "seen_at", "started_at", "written_at")
APPLICATION_ID = 0x70707261  # "ppra": what `file` and PRAGMA application_id tell an analyst copy by


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOrder:
    """What is asked of a copy. facts: of the workspace, for the README table; brands: only these; since: only what was seen from then on."""

    facts: Mapping[str, str]
    brands: tuple[str, ...] = ()
    since: Instant | None = None
    with_letters: bool = False
    with_people: bool = False
    is_redacted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedView:
    """One view in the copy. left_out: what is not in it of what the workspace has, in words; None: nothing."""

    view: str
    rows: int
    left_out: str | None


def write_analyst_copy(
    database: Path, target: Path, order: CopyOrder, on_view: Callable[[str], None] = lambda _: None
) -> tuple[CopiedView, ...]:
    """Write a copy of a workspace's database for analysts; an earlier copy of that name is replaced.

    on_view: called before each view. Errors: BadInputError when target is another file, OutsideFailureError when the disk refuses.
    """
    if target.exists() and not is_analyst_copy(target):
        got = "a file that is none of ours"
        raise BadInputError(Problem(where=str(target), expected="a new file, or an earlier copy", got=got, next_step="name another"))  # fmt: skip
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part.resolve().as_uri(), uri=True, isolation_level=None)) as connection:
            connection.create_function("blank_addresses", 1, blank_addresses, deterministic=True)
            for pragma in (
                "page_size = 8192",
                "journal_mode = OFF",
                "synchronous = OFF",
                f"application_id = {APPLICATION_ID}",
            ):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("ATTACH ? AS source", [f"{database.resolve().as_uri()}?mode=ro"])
            copied = _fill(connection, order, on_view)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
    except (OSError, sqlite3.OperationalError) as error:
        part.unlink(missing_ok=True)
        raise OutsideFailureError(f"{target}: the copy could not be written ({error}); mend that and run it again") from error  # fmt: skip
    return copied


def is_analyst_copy(path: Path) -> bool:
    """Tell whether a file is an earlier copy."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)
    except sqlite3.Error:
        return False


def _fill(connection: sqlite3.Connection, order: CopyOrder, on_view: Callable[[str], None]) -> tuple[CopiedView, ...]:
    connection.execute("BEGIN")
    columns = read_public_views(connection, "source")
    if not order.with_letters:
        del columns[LETTERS]
    copied = []
    for name, known in columns.items():
        on_view(name)
        copied.append(_copy_view(connection, name, known, order))
    if not order.with_people:
        _rename_people(connection, columns)
    _write_dictionary(connection, columns)
    _write_readme(connection, order, copied)
    connection.execute("COMMIT")
    on_view("indexes")
    for name, known in columns.items():
        for column in INDEXED:
            if column in known:
                connection.execute(f"CREATE INDEX {name}_{column} ON {name} ({column})")
    connection.execute("DETACH source")
    connection.execute("ANALYZE")
    return tuple(copied)


def _copy_view(connection: sqlite3.Connection, name: str, columns: Sequence[str], order: CopyOrder) -> CopiedView:
    declared = ", ".join(f'"{column}" {sql_type(name, column)}' for column in columns)
    connection.execute(f"CREATE TABLE {name} ({declared}) STRICT")
    texts = [column for column in columns if sql_type(name, column) == "TEXT"] if order.is_redacted else []
    listed = ", ".join(
        f"iif(instr({column}, '@') OR instr({column}, '('), blank_addresses({column}), {column})" if column in texts else f'"{column}"'
        for column in columns
    )  # fmt: skip
    where, left_out = _filter(columns, order)
    rows = connection.execute(
        f"INSERT INTO {name} SELECT {listed} FROM source.{name} WHERE {where}",
        {"since": order.since, **{f"brand{number}": brand for number, brand in enumerate(order.brands)}},
    ).rowcount
    return CopiedView(view=name, rows=rows, left_out=left_out)


def _filter(columns: Sequence[str], order: CopyOrder) -> tuple[str, str | None]:
    """Return the condition of a view's rows, and in words what it leaves out."""
    conditions, words = ["1"], []
    if order.brands and "brand" in columns:
        listed = ", ".join(f":brand{number}" for number in range(len(order.brands)))
        conditions.append(f"(brand IN ({listed}) OR brand IS NULL)")
        words.append(f"brands other than {', '.join(order.brands)}")
    if order.since is not None:
        time = next((column for column in TIMES if column in columns), None)
        if time is not None:
            conditions.append(f"({time} >= :since OR {time} IS NULL)")
            words.append(f"{time} before {order.since}")
        elif "crawl_id" in columns:
            conditions.append("crawl_id IN (SELECT crawl_id FROM source.crawls WHERE started_at >= :since)")
            words.append(f"crawls begun before {order.since}")
    return " AND ".join(conditions), "; ".join(words) or None


def _rename_people(connection: sqlite3.Connection, columns: Mapping[str, Sequence[str]]) -> None:
    """Put a number in the place of each name, the same one in every table: agreement can be counted, and nobody is named."""
    places = [(view, column) for view, known in columns.items() for column in known if column in PEOPLE]
    if not places:
        return
    names = " UNION ".join(f"SELECT {column} AS name FROM {view} WHERE {column} IS NOT NULL" for view, column in places)
    connection.execute(f"CREATE TEMP TABLE people AS SELECT name, 'person ' || row_number() OVER (ORDER BY name) AS person FROM ({names})")  # fmt: skip
    for view, column in places:
        connection.execute(f"UPDATE {view} SET {column} = (SELECT person FROM people WHERE name = {column}) WHERE {column} IS NOT NULL")  # fmt: skip
    connection.execute("DROP TABLE people")


def _write_dictionary(connection: sqlite3.Connection, columns: Mapping[str, Sequence[str]]) -> None:
    rows = list_entries(columns)
    for name, (record, _) in VIEWS.items():
        head = [field.name for field in fields(record)]
        types = ", ".join(f'"{field}" {"INTEGER" if field == "ordinal" else "TEXT"}' for field in head)
        connection.execute(f"CREATE TABLE {name} ({types}) STRICT")
        connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(head))})", map(astuple, rows[name]))


def _write_readme(connection: sqlite3.Connection, order: CopyOrder, copied: Sequence[CopiedView]) -> None:
    lines = {
        "what this is": "a copy for analysts of what partnerproof found: one table for each documented view; start with v_findings and dictionary",
        "what it never says": "infringement: it says 'no authorisation on record', and a person decides",
        **order.facts,
        "people": "named" if order.with_people else "numbered: person 1, person 2, …",
        "letters": "in v_letters" if order.with_letters else "left out",
        "e-mail addresses": "blanked wherever they stand" if order.is_redacted else "as the pages have them",
        **{
            f"rows of {view.view}": f"{view.rows}{f'; without {view.left_out}' if view.left_out else ''}"
            for view in copied
        },
    }
    connection.execute(
        f"CREATE TABLE {README} (line INTEGER PRIMARY KEY, about TEXT NOT NULL, says TEXT NOT NULL) STRICT"
    )
    connection.executemany(f"INSERT INTO {README} (about, says) VALUES (?, ?)", lines.items())
