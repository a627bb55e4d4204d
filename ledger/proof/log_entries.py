"""Which entries of the custody log are such as this program writes: who can append a line must not stop those who read it.

A chain that holds says that no line was changed. It does not say that a line is one of ours: whoever may write to the file can add
one in the chain with details that no reader expects. Such an entry keeps its place and its digest; what it tells is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ledger.identity import parse_utc
from ledger.vocabulary import CustodyEvent

_Test = Callable[[Any], bool]
ODD = "odd"  # the event of an entry whose details are not used


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_counts(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_count(count) for count in value.values())


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _are_rows(value: Any) -> bool:
    scalars = (str, int, float, type(None))
    return isinstance(value, list) and all(
        isinstance(row, list) and all(isinstance(each, scalars) for each in row) for row in value
    )


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(record, dict)
        and _is_text(record.get("file"))
        and _is_count(record.get("offset"))
        and _is_text(record.get("left_sha256"))
        for record in value
    )


def _are_differences(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and _is_text(each.get("table")) and _are_texts(each.get("groups")) and "more" in each
        for each in value
    )


def _are_facts(value: Any) -> bool:
    return isinstance(value, dict) and _is_count(value.get("bytes")) and _is_text(value.get("sha256"))


# what readers take for granted of an entry of each kind
_NEEDED: dict[str, dict[str, _Test]] = {
    CustodyEvent.BEGAN: {"command": _is_text},
    CustodyEvent.ENDED: {"command": _is_text},
    CustodyEvent.SEALED: {"seal": _is_text, "head_sha256": _is_text},
    CustodyEvent.STAMPED: {"seal": _is_text, "authority": _is_text, "token_sha256": _is_text, "roots_sha256": _is_text},
    CustodyEvent.DELETED: {"records": _are_records},
    CustodyEvent.BACKED_UP: {"to": _is_text},
    CustodyEvent.CHANGED: {"since": _is_text, "left": _are_facts, "found": _are_facts, "differs": _are_differences},
    CustodyEvent.VERIFIED: {"outcomes": _is_counts},
}
# what they look at where it is there
_POSSIBLE: dict[str, _Test] = {
    "clock_went_back_s": _is_count,
    "clock_offset_s": _is_number,
    "command": _is_text,
    "seal": _is_text,
    "authority": _is_text,
    "anchor": _is_text,
    "backup": _is_text,
    "letter": _is_text,
    "claim": _is_text,
    "batch": _is_text,
    "decision": _is_text,
    "run": _is_text,
}  # fmt: skip
_POSSIBLE_OF: dict[str, dict[str, _Test]] = {
    CustodyEvent.DELETING: {"rows": _are_rows, "captures": _are_texts},
    CustodyEvent.BACKED_UP: {"database": _are_facts},
    **{
        event: {"database": lambda value: value is None or _are_facts(value), "signs": lambda _: True}
        for event in (CustodyEvent.ENDED, CustodyEvent.BEGAN, CustodyEvent.RESTORED, CustodyEvent.DECIDED)
    },
}


def is_ours(entry: Mapping[str, Any]) -> bool:
    """Whether an entry has what this program writes into one of its kind; a kind of a later version may hold anything."""
    event, details = entry.get("event"), entry.get("details")
    try:
        parse_utc(entry["at"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return False
    if not isinstance(event, str) or not isinstance(details, dict):
        return False
    needed, possible = _NEEDED.get(event, {}), {**_POSSIBLE, **_POSSIBLE_OF.get(event, {})}
    return all(name in details and test(details[name]) for name, test in needed.items()) and all(
        test(details[name]) for name, test in possible.items() if name in details
    )


def as_readers_see_it(entry: Any) -> dict[str, Any]:
    """Return an entry, or, of one that is not ours, its place and digest alone."""
    if isinstance(entry, dict) and is_ours(entry):
        return entry
    kept = {name: entry.get(name) for name in ("seq", "sha256")} if isinstance(entry, dict) else {}
    return {**kept, "at": "", "by": "", "event": ODD, "details": {}}
