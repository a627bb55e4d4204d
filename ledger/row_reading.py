"""Rows of the database → frozen dataclasses: columns by name, each value as its field's type says.

A text of a closed list becomes its StrEnum, 0 and 1 a bool, JSON a tuple or a dict; NULL stays None. A query whose columns are not the
fields of the dataclass is a mistake of the program and raises at the first read, also when there are no rows.
"""

from __future__ import annotations

import json
import sqlite3
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Convert = Callable[[Any], Any]


def read_rows(cursor: sqlite3.Cursor, kind: type[T]) -> Iterator[T]:
    """Yield each row of a query as a dataclass. Errors: TypeError when its columns are not the fields of `kind`."""
    columns = tuple(column[0] for column in cursor.description)
    hashable: Any = kind  # mypy takes no class of a type variable for hashable
    make: Callable[[Sequence[Any]], T] = _maker(hashable, columns)
    return map(make, cursor)


@cache
def _maker(kind: Any, columns: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    converters = field_converters(kind)
    if sorted(columns) != sorted(converters):
        missing, strange = sorted(converters.keys() - set(columns)), sorted(set(columns) - converters.keys())
        raise TypeError(
            f"a query for {kind.__qualname__} must give its fields once each; missing {missing}, strange {strange}"
        )
    converted = [(place, converters[name]) for place, name in enumerate(columns) if converters[name] is not None]

    def make(row: Sequence[Any]) -> Any:
        values = list(row)
        for place, convert in converted:
            if values[place] is not None:
                values[place] = convert(values[place])  # type: ignore[misc]  # None was left out above
        return kind(**dict(zip(columns, values, strict=True)))

    return make


@cache
def field_converters(kind: Any) -> dict[str, Convert | None]:
    """Return of each field of a dataclass what makes its value of a column's; None: it is that value."""
    hints = get_type_hints(kind)
    return {field.name: _converter(hints[field.name]) for field in fields(kind)}


def _converter(hint: Any) -> Convert | None:
    if isinstance(hint, NewType):
        return _converter(hint.__supertype__)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = {_converter(part) for part in get_args(hint) if part is not type(None)}
        return inner.pop() if len(inner) == 1 else json.loads  # of several: the two shapes of JSON
    if origin is tuple:
        return _tuple_converter(get_args(hint))
    if origin is dict or hint is dict:
        return json.loads
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    return bool if hint is bool else None


def _tuple_converter(parts: tuple[Any, ...]) -> Convert:
    inner = _converter(parts[0]) if parts else None
    if inner is None or get_origin(parts[0]) is dict:
        return _json_tuple
    return lambda text: tuple(map(inner, json.loads(text)))


def _json_tuple(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text))
