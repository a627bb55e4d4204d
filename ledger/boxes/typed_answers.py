"""Records → JSON → records of the same types, for what comes out of a box: text and numbers, checked against their types, and nothing that runs.

A process that read foreign bytes may be in foreign hands. What it sends is never unpickled, which would run whatever it names.
"""

from __future__ import annotations

import functools
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import pydantic_core
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")

MAX_VALUES = 8_000_000  # of an answer: each takes many times its bytes of JSON; a page of 5 MB of nothing but commas has 5 million


class ForeignAnswerError(Exception):
    """What a box sent is not of the type that was asked for."""


def write_answer(kind: Any, answer: Any) -> bytes:
    """Return an answer of a type as JSON. kind: a type of records, containers, text, bytes and numbers."""
    try:
        return _adapter(kind).dump_json((answer,))
    except (PydanticSerializationError, UnicodeEncodeError):
        # lone surrogates come from broken pages; the database has the same sign for them
        return pydantic_core.to_json(_without_surrogates((answer,)), bytes_mode="base64", inf_nan_mode="constants")


def read_answer(kind: Any, content: bytes) -> Any:
    """Return the answer that JSON holds. Errors: ForeignAnswerError where it is not of the type, or has too many values."""
    if sum(map(content.count, (b",", b"{", b"["))) > MAX_VALUES:
        raise ForeignAnswerError(f"it has more than {MAX_VALUES} values")
    try:
        return _adapter(kind).validate_json(content, strict=True)[0]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"][1:]))
        raise ForeignAnswerError(f"{place or 'the answer'}: {first['msg']}"[:300]) from None


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[tuple[Any]]:
    return TypeAdapter(tuple[kind], config=_CONFIG)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _without_surrogates(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_without_surrogates(item) for item in value]
    return value
