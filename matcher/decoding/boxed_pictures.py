"""Functions that decode pictures, called in a box by processes that decode none themselves: the crawl's, and the review application's."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ledger.boxes.boxed_calls import BoxedCallError, NoAnswer, read_foreign
from ledger.vocabulary import RefusalReason
from matcher.decoding.refusals import Refusal

P = ParamSpec("P")
T = TypeVar("T")


def decode_in_box(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | Refusal:
    """Return what a function makes of pictures, or why it made nothing of them. Errors: OutsideFailureError where no box can start."""
    try:
        return read_foreign(function, *arguments, **named)
    except BoxedCallError as error:
        reason = RefusalReason.TOO_SLOW if error.reason is NoAnswer.TOO_SLOW else RefusalReason.CRASHED
        return Refusal(reason=reason, detail=str(error))
