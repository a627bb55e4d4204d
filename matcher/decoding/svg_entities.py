"""Entities that a drawing defines for itself → the drawing without them.

Illustrator writes `<!ENTITY st0 "fill:#0b4f6c;">` in the DOCTYPE and `style="&st0;"` in the drawing. Only such are put in: what
stands in the file, as text. Nothing is loaded, whatever a definition names (SYSTEM, PUBLIC), and nothing grows: how much the
references come to is counted before one is replaced.
"""

from __future__ import annotations

import re

from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.decoding.refusals import Refusal

_MAX_ENTITIES = 400  # Illustrator writes 20 for its namespaces and one for each style
_MAX_VALUE_BYTES = 4_000
_MAX_DEPTH = 4  # entities in entities
_DOCTYPE = re.compile(rb"<!DOCTYPE\s[^\[>]{0,1000}", re.I)
_PART = re.compile(rb"<!--.*?-->|<\?.*?\?>|\"[^\"]*\"|'[^']*'|\]", re.S)
_ENTITY = re.compile(rb"<!ENTITY\s+([A-Za-z_:][\w:.-]{0,100})\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_REFERENCE = re.compile(rb"&([A-Za-z_:][\w:.-]{0,100});")
_BUILT_IN = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})


def put_in_entities(content: bytes) -> bytes | Refusal:
    """Return a drawing with the entities that it defines put in, and without the DOCTYPE that defines them.

    Unchanged where it defines none. Refusal(TOO_MANY_BYTES) where they come to more than thresholds.MAX_SVG_BYTES.
    """
    opened = _DOCTYPE.search(content[:100_000])
    if opened is None or content[opened.end() : opened.end() + 1] != b"[":
        return content
    end = _end_of_subset(content, opened.end() + 1)
    if end is None:
        return content
    values = _defined(content[opened.end() : end])
    close = content.find(b">", end)
    if not values or close < 0:
        return content
    before, drawing = content[: opened.start()], content[close + 1 :]
    sizes = _sizes(values)
    grown = sum(sizes.get(name, 0) for name in _REFERENCE.findall(drawing))
    if len(drawing) + grown > thresholds.MAX_SVG_BYTES:
        detail = f"entities of an SVG come to {grown} bytes, over the limit of {thresholds.MAX_SVG_BYTES} for all of it"
        return Refusal(reason=RefusalReason.TOO_MANY_BYTES, detail=detail)
    for _ in range(_MAX_DEPTH):
        put_in = _REFERENCE.sub(lambda reference: values.get(reference[1], reference[0]), drawing)
        if put_in == drawing:
            break
        drawing = put_in
    return before + drawing


def _end_of_subset(content: bytes, begin: int) -> int | None:
    """Return where the definitions end: at the first bracket that stands in no text and no comment."""
    return next((part.start() for part in _PART.finditer(content, begin) if part[0] == b"]"), None)


def _defined(subset: bytes) -> dict[bytes, bytes]:
    values: dict[bytes, bytes] = {}
    for match in _ENTITY.finditer(re.sub(rb"<!--.*?-->", b"", subset, flags=re.S)):
        value = match[2] if match[2] is not None else match[3]
        if len(values) < _MAX_ENTITIES and len(value) <= _MAX_VALUE_BYTES and match[1] not in _BUILT_IN:
            values.setdefault(match[1], value)  # the first definition holds (XML 1.0, section 4.2)
    return values


def _sizes(values: dict[bytes, bytes]) -> dict[bytes, int]:
    """Bytes that each entity comes to with those in it, down to _MAX_DEPTH."""
    inner = {name: _REFERENCE.findall(value) for name, value in values.items()}
    sizes = {name: len(value) for name, value in values.items()}
    for _ in range(_MAX_DEPTH):
        sizes = {name: len(value) + sum(sizes.get(held, 0) for held in inner[name]) for name, value in values.items()}
    return sizes
