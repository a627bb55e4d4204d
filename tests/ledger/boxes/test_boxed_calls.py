"""Functions called in a box: an answer, or one sentence that says why there is none; and the next call is answered."""

from __future__ import annotations

import os
import signal
import struct
import time
from collections.abc import Iterator

import pytest

import tests.ledger.boxes.test_boxed_calls as this
from ledger.boxes import boxed_process
from ledger.boxes.boxed_calls import Ask, BoxedCallError, BoxedCalls, Limits, NoAnswer
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


def begin_an_answer() -> int:
    os.write(find_pipe(), struct.pack("!i", 100))
    time.sleep(60)
    return 0


def ask_for_ever(ask: Ask) -> int:
    while True:
        ask("more")
        time.sleep(0.01)  # fewer than it may ask


def forge() -> int:
    content = b"E\x1b]0;owned\x07\x1b[2J\nline\x1b[31m\n2026-12-01 forged log line"
    os.write(find_pipe(), struct.pack("!i", len(content)) + content)
    os._exit(0)


def find_pipe() -> int:
    """The process's end of the pipe, as its code would find it."""
    for number in range(3, 200):
        try:
            os.fstat(number)
        except OSError:
            continue
        return number
    raise AssertionError("no pipe")


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


def test_one_deadline_ends_a_call_that_never_finishes_its_answer_or_its_questions():
    calls = BoxedCalls(Limits(clock_s=1.5), prepare=load)
    try:
        calls.call(double, 1)
        with pytest.raises(BoxedCallError, match=r"no answer within 1\.5 s"):
            calls.call(begin_an_answer)
        with pytest.raises(BoxedCallError, match=r"no answer within 1\.5 s"):
            calls.call_asking(ask_for_ever, lambda question: (question.encode(), "text/plain"))
        assert calls.call(double, 21) == 42
    finally:
        calls.close()


def test_words_of_a_box_reach_no_terminal_and_forge_no_line(calls, caplog):
    with pytest.raises(BoxedCallError) as failed:
        calls.call(forge)
    assert "\x1b" not in str(failed.value) + caplog.text
    assert "\n2026-12-01 forged" not in caplog.text
    assert "| 2026-12-01 forged" in caplog.text


def test_a_fresh_process_takes_the_place_of_one_that_worked_long(calls, monkeypatch):
    calls.call(double, 1)
    pid = calls.pid
    monkeypatch.setattr(boxed_process, "LIFE_CALLS", 1)
    assert calls.call(double, 2) == 4
    assert calls.pid != pid
