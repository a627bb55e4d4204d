"""Recognition in processes of its own, in boxes, which can be killed: a picture that crashes or stalls one costs one refusal.

A process reads the official files and what was measured of them, stores that, and then enters its box: it may read the program's files and
the stored templates, and start decoders, which have boxes of their own.

Stalling is counted in processor time: a busy machine refuses no picture, and the clock is the last resort.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from types import TracebackType

from ledger.boxes.box import FORBIDDEN_CALL
from ledger.boxes.boxed_process import BoxedProcess, clean_words, shut_in
from ledger.boxes.typed_answers import ForeignAnswerError, read_answer, write_answer
from ledger.errors import OutsideFailureError
from ledger.shipped import cache_folder, use_cache_folder
from ledger.vocabulary import RefusalReason
from matcher.brands.official_logos import Brand, OfficialLogo
from matcher.decoding.refusals import Refusal
from matcher.logo_matcher import LogoMatcher, Recognition, logo_set_id
from matcher.looking.stored_templates import templates_folder

# Processor time of one picture, in this process: workers that decode have limits of their own, so this is for what nobody
# thought of. The slowest image of the corpus takes 0.6 s. The clock also waits for workers that are started and decode.
PROCESSOR_S = 20.0
TIMEOUT_S = 1_800.0
START_TIMEOUT_S = 900.0  # 155 official files take 4 s the first time, .1 s once they are stored (stored_templates.py)
IMAGES_A_START = 200  # a process starts in 1 s of processor time, which as many images take
MAX_PROCESSES = 8  # a visit rarely has more images than keep so many busy
AHEAD = 4  # images for each process that may be looked at before their turn
WAITING_BYTES = 65_536  # an image of so many waits in the pipe: a socket of Linux holds three times as much
ENDING_S = 5.0  # for the process to end by itself
MAX_ANSWER_BYTES = 50_000_000
_READY = b"R"
MEMORY_LIMIT_BYTES = 4_000_000_000  # address space of the process, most of which is libraries


def count_processes() -> int:
    """How many processes pay off where nothing else is done meanwhile: one for each processor that this one may use."""
    return min(MAX_PROCESSES, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Recogniser:
    """Recognises images with the official logos of some brands, in one process or several. Used by one thread."""

    def __init__(
        self,
        brands: Sequence[Brand],
        *,
        processor_s: float = PROCESSOR_S,
        processes: int = 1,
        images_a_start: int = IMAGES_A_START,
    ) -> None:
        """processes: how many at most; a further one is started after so many images: it must have enough to do."""
        self._logos = [logo for brand in brands for logo in brand.logos]
        self.brands = [brand.slug for brand in brands]
        self.set_id = logo_set_id(self._logos)
        self._workers = [_Worker(self._logos, processor_s) for _ in range(processes)]
        self._images_a_start = images_a_start
        self._taken = 0  # images so far

    def __enter__(self) -> Recogniser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.stop()

    def recognise(self, content: bytes) -> Recognition:
        """Return what an image shows, or why it could not be judged.

        Errors: OutsideFailureError when the process can't even start.
        """
        self._taken += 1
        self._workers[0].begin(content)
        return self._workers[0].finish()

    def recognise_each(self, contents: Iterable[bytes]) -> Iterator[Recognition]:
        """Return what each image shows, in their order; several are looked at at a time, and a few contents taken ahead.

        Errors: as recognise.
        """
        left = enumerate(contents)
        item = next(left, None)
        busy = dict[int, _Worker]()  # by the number of the image; the images of one worker in their order
        ready = dict[int, Recognition]()
        turn = 0
        while item or busy:
            while item and len(busy) + len(ready) < AHEAD * len(self._workers):
                number, content = item
                worker = min(self._open_workers(), key=lambda each: each.images)
                if not worker.has_room_for(content):
                    break
                self._taken += 1
                worker.begin(content)
                busy[number] = worker
                item = next(left, None)
            wait([worker.pipe for worker in set(busy.values())], timeout=TIMEOUT_S)
            for number, worker in list(busy.items()):
                if worker.is_done:
                    ready[number] = worker.finish()
                    del busy[number]
            while turn in ready:
                yield ready.pop(turn)
                turn += 1

    def _open_workers(self) -> list[_Worker]:
        return self._workers[: 1 + self._taken // self._images_a_start]


class _Worker:
    """A process that looks at one image after the other. A small one waits in the pipe meanwhile, so that the process need not
    wait for us."""

    def __init__(self, logos: Sequence[OfficialLogo], processor_s: float) -> None:
        self._logos = logos
        self._processor_s = processor_s
        self._process: BoxedProcess | None = None
        self._contents = deque[bytes]()  # which it has, the one that it looks at first
        self._begun_s = 0.0  # when that one became the first

    @property
    def images(self) -> int:
        """How many it has."""
        return len(self._contents)

    def has_room_for(self, content: bytes) -> bool:
        """Whether begin() would not wait for the process: it takes an image at once, or the pipe has room for it."""
        if not self._contents:
            return True
        is_worn = self._process is not None and self._process.is_worn  # it ends when it has nothing more to do
        return len(self._contents) == 1 and len(content) <= WAITING_BYTES and not is_worn

    @property
    def pipe(self) -> Connection:
        """Where its answers come; starts the process where there is none. Errors: OutsideFailureError when it can't."""
        return (self._process or self._start()).pipe

    @property
    def is_done(self) -> bool:
        """Whether finish() need not wait."""
        return self.pipe.poll() or time.monotonic() - self._begun_s >= TIMEOUT_S

    def begin(self, content: bytes) -> None:
        """Hand it an image. Errors: OutsideFailureError when the process can't even start."""
        if not self._contents:
            self._begun_s = time.monotonic()
            if self._process is not None and self._process.is_worn:
                self.stop()
        self._contents.append(content)
        self._send(content)

    def _send(self, content: bytes) -> None:
        process = self._process or self._start()
        process.calls += 1
        with contextlib.suppress(OSError), process.within(TIMEOUT_S):  # it died: finish() starts another
            process.pipe.send_bytes(content)

    def finish(self) -> Recognition:
        """Wait until it has looked at its first image, and return what that shows, or why it could not be judged."""
        recognition = self._finish_first()
        self._contents.popleft()
        self._begun_s = time.monotonic()
        if self._process is None:
            self._hand_again()
        return recognition

    def _finish_first(self) -> Recognition:
        for attempt in range(2):  # the machine may have killed it for another's hunger: refused when it dies twice
            try:
                process = self._process or self._start()
                with process.within(self._begun_s + TIMEOUT_S - time.monotonic()):
                    answer = process.pipe.recv_bytes(MAX_ANSWER_BYTES)
                recognition: Recognition = read_answer(Recognition, answer)
                if (refusal := recognition.refusal) is not None:
                    refusal = replace(refusal, detail=clean_words(refusal.detail, 1000))
                return replace(recognition, refusal=refusal)
            except ForeignAnswerError as error:
                self.stop(kill=True)
                detail = f"the process that looked at it gave an answer of another kind: {clean_words(str(error), 300)}"
                return _refused(RefusalReason.CRASHED, detail)
            except (EOFError, OSError):
                code = self.stop(kill=True)
                if process.is_late:
                    detail = f"the process that looks at it gave no answer within {TIMEOUT_S:g} s"
                    return _refused(RefusalReason.TOO_SLOW, detail)
                if code == -signal.SIGPROF:
                    detail = f"needs more than {self._processor_s:g} s of processor time"
                    return _refused(RefusalReason.TOO_SLOW, detail)
                if code == -signal.SIGSYS:
                    return _refused(RefusalReason.CRASHED, f"the process that looked at it ended: {FORBIDDEN_CALL}")
            if attempt == 0:
                self._begun_s = time.monotonic()
                self._hand_again()
        return _refused(RefusalReason.CRASHED, "the process that looked at it died, twice")

    def _hand_again(self) -> None:
        """To a new process, what the one that ended had."""
        for content in self._contents:
            self._send(content)

    def stop(self, *, kill: bool = False) -> int | None:
        """End the process. Returns its exit code, minus the signal that ended it; None if there was none."""
        process, self._process = self._process, None
        if process is None:
            return None
        if kill:
            process.join(ENDING_S)  # what ends by itself tells why
        return process.stop()

    def _start(self) -> BoxedProcess:
        why = ""
        try:
            process = BoxedProcess(_work, self._logos, self._processor_s, str(cache_folder() or ""))
        except OSError as error:
            raise _cannot_start(str(error)) from error
        try:
            with process.within(START_TIMEOUT_S):
                word = process.pipe.recv_bytes(100)
            if word == _READY and not process.is_late:
                self._process = process
                return process
        except (EOFError, OSError) as error:
            why = str(error)
        process.stop()
        raise _cannot_start(why)


def _cannot_start(why: str) -> OutsideFailureError:
    reason = f" ({why})" if why else ""
    return OutsideFailureError(
        f"the process that recognises images could not start{reason}; free some memory and run the same command again"
    )


def _work(pipe: Connection, logos: Sequence[OfficialLogo], processor_s: float, cache: str) -> None:
    """Look at each image that comes, until the pipe is closed. _READY is sent once it is shut in."""
    use_cache_folder(cache)
    matcher = LogoMatcher(logos)
    templates = templates_folder()
    reads = [str(templates)] if templates is not None and templates.is_dir() else []
    # it reads what was stored there, and from now on stores nothing: a process in foreign hands would spoil it for all later ones
    shut_in(pipe, MEMORY_LIMIT_BYTES, starts_python=True, reads=reads)
    pipe.send_bytes(_READY)
    while True:
        content = pipe.recv_bytes()
        pipe.send_bytes(write_answer(Recognition, _recognise(matcher, content, processor_s)))


def _recognise(matcher: LogoMatcher, content: bytes, processor_s: float) -> Recognition:
    """Look at a picture, or end this process: the signal's default, which also ends what hangs in a library's code."""
    signal.setitimer(signal.ITIMER_PROF, processor_s)
    try:
        return matcher.match(content)
    except MemoryError:
        return _refused(RefusalReason.CRASHED, "needed more memory than one picture may have")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _refused(reason: RefusalReason, detail: str) -> Recognition:
    refusal = Refusal(reason=reason, detail=detail)
    return Recognition(refusal=refusal, width_px=None, height_px=None, format=None, hashes=(), matches=())
