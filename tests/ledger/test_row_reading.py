"""Rows become dataclasses by column name, each value as its field's type says."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NewType

import pytest

from ledger.row_reading import read_rows

Name = NewType("Name", str)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    name: Name
    colour: Colour | None
    is_new: bool
    tags: tuple[str, ...]
    colours: tuple[Colour, ...]
    facts: dict[str, Any]
    either: dict[str, Any] | tuple[Any, ...]
    content: bytes | None


SQL = "SELECT 'a' AS name, 'blue' AS colour, 1 AS is_new, '[\"x\"]' AS tags, '[\"red\"]' AS colours, '{\"n\": 1}' AS facts, '[1]' AS either, NULL AS content"


@pytest.fixture
def cursor():
    connection = sqlite3.connect(":memory:")
    yield connection.cursor()
    connection.close()


def test_each_value_is_what_its_field_says(cursor):
    (thing,) = read_rows(cursor.execute(SQL), Thing)
    assert thing == Thing(
        name=Name("a"), colour=Colour.BLUE, is_new=True, tags=("x",), colours=(Colour.RED,), facts={"n": 1}, either=[1], content=None
    )  # fmt: skip
    assert type(thing.colours[0]) is Colour


def test_null_stays_none_and_is_not_converted(cursor):
    (thing,) = read_rows(cursor.execute(SQL.replace("'blue'", "NULL")), Thing)
    assert thing.colour is None


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (SQL.replace("AS name", "AS nmae"), r"missing \['name'\], strange \['nmae'\]"),
        (SQL + ", 1 AS more", r"missing \[\], strange \['more'\]"),
        (SQL + " WHERE 0", ""),
    ],
)
def test_columns_that_are_no_fields_are_named_also_without_rows(cursor, sql, message):
    if not message:
        assert list(read_rows(cursor.execute(sql), Thing)) == []
        return
    with pytest.raises(TypeError, match=message):
        read_rows(cursor.execute(sql), Thing)


def test_a_word_that_is_in_no_closed_list_is_refused(cursor):
    with pytest.raises(ValueError, match="green"):
        list(read_rows(cursor.execute(SQL.replace("'blue'", "'green'")), Thing))
