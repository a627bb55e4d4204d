"""Functions that are handed foreign bytes, called in a box: a process that can open no data, reach no network and be killed.

The process is started with the first call, again when one killed it, and now and then, so that what captured it does not stay.
A call has one deadline, in which all its questions are, too. A function is one of a module of ours; what it returns is checked against
the type that it is annotated with.
"""

from __future__ import annotations

import atexit
import functools
import logging
import pickle
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from ledger.boxes.box import FORBIDDEN_CALL
from ledger.boxes.boxed_process import BoxedProcess, clean_words, describe_error, shut_in
from ledger.boxes.typed_answers import ForeignAnswerError, read_answer, write_answer
from ledger.errors import OutsideFailureError

P = ParamSpec("P")
T = TypeVar("T")
Ask = Callable[[str], tuple[bytes, str] | None]  # an address → content and content type; None: not there
MAX_QUESTIONS, MAX_QUESTION_BYTES = 20_000, 10_000
START_TIMEOUT_S = 120.0
ENDING_S = 5.0
MAX_ANSWER_BYTES = 100_000_000
logger = logging.getLogger(__name__)


class NoAnswer(StrEnum):
    """Why a call has no answer."""

    TOO_SLOW = "too-slow"
    NO_ANSWER = "no-answer"
    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    DIED = "died"
    FAILED = "failed"


class BoxedCallError(Exception):
    """A call without an answer; says why, in words that follow on "it could not be read: "."""

    def __init__(self, reason: NoAnswer, words: str) -> None:
        super().__init__(words)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one call, but for the memory, which is address space with the libraries. The clock is the last resort: a busy machine fails no call."""

    processor_s: float = 20.0
    clock_s: float = 600.0
    memory_bytes: int = 4_000_000_000


class BoxedCalls:
    """Calls functions in one process, one after the other. Every method may be called from any thread."""

    def __init__(
        self,
        limits: Limits = Limits(),  # frozen
        *,
        prepare: Callable[[], object] | None = None,
        starts_python: bool = True,
    ) -> None:
        """prepare: what the process does before it enters its box. starts_python: whether functions need decoders of their own."""
        self.limits = limits
        self._prepare = prepare
        self._starts_python = starts_python
        self._process: BoxedProcess | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what a function makes of its arguments. Errors: BoxedCallError, OutsideFailureError where it can't start."""
        return self._call(
            function, pickle.dumps((function, arguments, named, self.limits.processor_s, False)), _know_nothing
        )

    def call_asking(
        self, function: Callable[Concatenate[Ask, P], T], find: Ask, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """The same for a function that is handed a way to ask for further content, which `find` answers here. Errors: as call, and those of find."""
        request = pickle.dumps((function, arguments, named, self.limits.processor_s, True))
        return self._call(function, request, find)

    def _call(self, function: Callable[..., T], request: bytes, find: Ask) -> T:
        with self._lock:
            for attempt in range(2):  # the machine may have killed it for another's hunger
                answer = self._ask(request, find)
                if isinstance(answer, bytes):
                    return self._understand(function, answer)
                if answer == -signal.SIGPROF:
                    words = f"reading needs more than {self.limits.processor_s:g} s of processor time"
                    raise BoxedCallError(NoAnswer.TOO_SLOW, words)
                if answer == -signal.SIGSYS:
                    raise BoxedCallError(NoAnswer.DIED, FORBIDDEN_CALL)
                if attempt or self._is_closed:
                    raise BoxedCallError(NoAnswer.DIED, "its reader ended without an answer, twice")
        raise AssertionError("not reached")

    @property
    def pid(self) -> int | None:
        """None: it was not started, or ended."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process for good; whoever waits for an answer gets none."""
        self._is_closed = True
        atexit.unregister(self.close)
        if (process := self._process) is not None:
            process.kill()
        if self._lock.acquire(blocking=False):
            try:
                self._stop()
            finally:
                self._lock.release()

    def _stop(self) -> int:
        process, self._process = self._process, None
        return 0 if process is None else process.stop()

    def _ask(self, request: bytes, find: Ask) -> bytes | int:
        """An answer, or the exit code of the process that gave none."""
        if self._process is not None and self._process.is_worn:
            self._stop()
        process = self._process or self._start()
        process.calls += 1
        with process.within(self.limits.clock_s):
            answer = self._converse(process, request, find)
        if process.is_late:
            self._stop()
            if not isinstance(answer, bytes):
                words = f"its reader gave no answer within {self.limits.clock_s:g} s"
                raise BoxedCallError(NoAnswer.NO_ANSWER, words)
        return answer

    def _converse(self, process: BoxedProcess, request: bytes, find: Ask) -> bytes | int:
        to_send: bytes = request
        for _ in range(MAX_QUESTIONS):
            try:
                process.pipe.send_bytes(to_send)
                received = process.pipe.recv_bytes(MAX_ANSWER_BYTES)
            except (EOFError, OSError):
                process.join(ENDING_S)  # what ends by itself tells why
                return self._stop()
            if received[:1] != b"Q":
                return received
            try:
                to_send = pickle.dumps(find(received[1:MAX_QUESTION_BYTES].decode(errors="replace")))
            except BaseException:
                self._stop()  # it waits for what it asked for
                raise
        self._stop()
        raise BoxedCallError(NoAnswer.NO_ANSWER, f"its reader asked for more than {MAX_QUESTIONS} files")

    def _start(self) -> BoxedProcess:
        started: BoxedProcess | None = None
        why = "no answer"
        try:
            started = BoxedProcess(_answer_calls, self._prepare, self.limits.memory_bytes, self._starts_python)
            with started.within(START_TIMEOUT_S):
                word = started.pipe.recv_bytes(10_000)
            if word == b"R" and not started.is_late:
                self._process = started
                atexit.register(self.close)
                return started
            why = clean_words(word[1:].decode(errors="replace"), 1000)
        except (EOFError, OSError) as error:
            why = str(error) or why
        if started is not None:
            started.stop()
        raise OutsideFailureError(
            f"the process that reads foreign files could not be started ({why}); free some memory or processes and start again"
        )

    def _understand(self, function: Callable[..., T], answer: bytes) -> T:
        kind, content = answer[:1], answer[1:]
        if kind == b"P":
            try:
                understood: T = read_answer(_answer_type(function), content)
            except ForeignAnswerError as error:
                self._stop()
                words = clean_words(str(error), 300)
                raise BoxedCallError(NoAnswer.FAILED, f"its reader gave an answer of another kind: {words}") from error
            return understood
        if kind == b"M":
            self._stop()
            words = f"reading needs more than {self.limits.memory_bytes // 10**6} MB"
            raise BoxedCallError(NoAnswer.TOO_LARGE, words)
        if kind == b"D":
            raise BoxedCallError(NoAnswer.TOO_DEEP, "elements lie too deep in each other")
        name, _, trace = content.decode(errors="replace")[:5000].partition("\n")
        logger.error("in the box: %s", clean_words(trace, 4000))
        raise BoxedCallError(NoAnswer.FAILED, f"an error of the program ({clean_words(name, 100)}), see the log")


SHARED = BoxedCalls()
"""The one process of this program for whatever has none of its own: started when it is first needed."""


def read_foreign(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Return what a function makes of foreign bytes, in the shared box. Errors: as BoxedCalls.call."""
    return SHARED.call(function, *arguments, **named)


@functools.cache
def _answer_type(function: Callable[..., Any]) -> Any:
    return get_type_hints(function)["return"]


def _know_nothing(question: str) -> None:  # nobody asked it
    return None


def _answer_calls(
    pipe: Connection,
    prepare: Callable[[], object] | None,
    memory_bytes: int,
    starts_python: bool,  # noqa: FBT001
) -> None:
    """Answer each call that comes, until the pipe ends: the first byte of an answer is its kind."""
    try:
        if prepare is not None:
            prepare()
        shut_in(pipe, memory_bytes, starts_python=starts_python)
    except Exception as error:
        pipe.send_bytes(b"E" + describe_error(error).encode()[-1000:])
        raise
    pipe.send_bytes(b"R")
    while True:
        request = pipe.recv_bytes()
        pipe.send_bytes(_answer(pipe, request))
        del request


def _answer(pipe: Connection, request: bytes) -> bytes:
    def ask(question: str) -> tuple[bytes, str] | None:
        pipe.send_bytes(b"Q" + question.encode(errors="replace"))
        found: tuple[bytes, str] | None = pickle.loads(pipe.recv_bytes())  # noqa: S301  # likewise
        return found

    try:
        function, arguments, named, processor_s, is_asking = pickle.loads(request)  # noqa: S301  # from the process that started this one
        # the signal's default ends the process, also what hangs in a library's code
        signal.setitimer(signal.ITIMER_PROF, processor_s)
        if is_asking:
            arguments = (ask, *arguments)
        return b"P" + write_answer(_answer_type(function), function(*arguments, **named))
    except MemoryError:
        return b"M"
    except RecursionError:
        return b"D"
    except Exception as error:  # noqa: BLE001  # what our reading trips over costs one answer
        return b"E" + f"{type(error).__name__}\n{describe_error(error)}".encode(errors="replace")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
