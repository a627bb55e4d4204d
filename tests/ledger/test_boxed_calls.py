"""Functions called in a box: an answer, or one sentence that says why there is none; and the next call is answered."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

import tests.ledger.test_boxed_calls as this
from ledger.boxed_calls import BoxedCallError, BoxedCalls, Limits, NoAnswer
from ledger.errors import OutsideFailureError


def double(number: int) -> int:
    return 2 * number


def burn() -> int:
    while True:
        pass


def crash() -> int:
    os._exit(3)


def swallow() -> int:
    return len(bytearray(10**10))


def descend() -> int:
    return descend()


def trip() -> int:
    raise ValueError("\x1b[2Jforeign words")


def lie() -> int:
    return "two"  # type: ignore[return-value]  # as a process in foreign hands would


def load() -> object:
    """What is called must be loaded before the box is closed: it may not read tests."""
    return this


def fail_to_start() -> object:
    raise FileNotFoundError("no lexicon")


@pytest.fixture(scope="module")
def calls() -> Iterator[BoxedCalls]:
    calls = BoxedCalls(Limits(processor_s=0.3, clock_s=60, memory_bytes=1_500_000_000), prepare=load)
    yield calls
    calls.close()


@pytest.mark.parametrize(
    ("function", "reason", "words"),
    [
        (burn, NoAnswer.TOO_SLOW, "reading needs more than 0.3 s of processor time"),
        (crash, NoAnswer.DIED, "its reader ended without an answer, twice"),
        (swallow, NoAnswer.TOO_LARGE, "reading needs more than 1500 MB"),
        (descend, NoAnswer.TOO_DEEP, "elements lie too deep in each other"),
        (trip, NoAnswer.FAILED, "an error of the program (ValueError), see the log"),
        (lie, NoAnswer.FAILED, "its reader gave an answer of another kind"),
    ],
)
def test_a_call_without_an_answer_says_why_and_the_next_is_answered(calls, caplog, function, reason, words):
    with pytest.raises(BoxedCallError, match=words.replace("(", r"\(").replace(")", r"\)")) as failed:
        calls.call(function)
    assert failed.value.reason is reason
    assert "\x1b" not in caplog.text
    assert calls.call(double, 21) == 42


def test_a_process_that_was_killed_is_replaced(calls):
    assert calls.call(double, 1) == 2
    os.kill(calls.pid, signal.SIGKILL)
    assert calls.call(double, 2) == 4


def test_a_process_that_cannot_begin_is_told_with_the_reason():
    with pytest.raises(OutsideFailureError, match="FileNotFoundError: no lexicon"):
        BoxedCalls(prepare=fail_to_start).call(double, 1)


def test_closing_ends_it_for_good():
    calls = BoxedCalls(prepare=load)
    calls.call(double, 1)
    pid = calls.pid
    calls.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
