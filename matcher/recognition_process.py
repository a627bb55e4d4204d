"""Recognition in processes of its own, which can be killed: a picture that crashes or stalls one costs one refusal.

Stalling is counted in processor time: a busy machine refuses no picture, and the clock is the last resort.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from types import TracebackType

from ledger.child import end_with_parent
from ledger.errors import OutsideFailureError
from ledger.vocabulary import RefusalReason
from matcher.brands.official_logos import Brand, OfficialLogo
from matcher.decoding.refusals import Refusal
from matcher.logo_matcher import LogoMatcher, Recognition, logo_set_id

# Processor time of one picture, in this process: workers that decode have limits of their own, so this is for what nobody
# thought of. The slowest image of the corpus takes 0.6 s. The clock also waits for workers that are started and decode.
PROCESSOR_S = 20.0
TIMEOUT_S = 1_800.0
START_TIMEOUT_S = 900.0  # 155 official files take 4 s the first time, .1 s once they are stored (stored_templates.py)
IMAGES_A_START = 200  # a process starts in 1 s of processor time, which as many images take
MAX_PROCESSES = 8  # a visit rarely has more images than keep so many busy
AHEAD = 4  # images for each process that may be looked at before their turn
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
        busy = dict[int, _Worker]()  # by the number of the image
        ready = dict[int, Recognition]()
        turn = 0
        while True:
            idle = [worker for worker in self._open_workers() if worker not in busy.values()]
            while idle and len(busy) + len(ready) < AHEAD * len(self._workers) and (item := next(left, None)):
                self._taken += 1
                busy[item[0]] = idle.pop(0)
                busy[item[0]].begin(item[1])
            if not busy and not ready:
                return
            wait([worker.future for worker in busy.values()], timeout=TIMEOUT_S, return_when=FIRST_COMPLETED)
            for number, worker in list(busy.items()):
                if worker.future.done() or worker.is_overdue():
                    ready[number] = worker.finish()
                    del busy[number]
            while turn in ready:
                yield ready.pop(turn)
                turn += 1

    def _open_workers(self) -> list[_Worker]:
        return self._workers[: 1 + self._taken // self._images_a_start]


class _Worker:
    """A process that looks at one image at a time."""

    def __init__(self, logos: Sequence[OfficialLogo], processor_s: float) -> None:
        self._logos = logos
        self._processor_s = processor_s
        self._pool: ProcessPoolExecutor | None = None
        self._child: BaseProcess | None = None
        self._content = b""
        self._begun_s = 0.0
        self.future: Future[Recognition] = Future()

    def begin(self, content: bytes) -> None:
        """Hand it an image. Errors: OutsideFailureError when the process can't even start."""
        self._content = content
        self._begun_s = time.monotonic()
        try:
            self.future = (self._pool or self._start()).submit(_recognise, content, self._processor_s)
        except BrokenProcessPool as error:  # it died after its last image: finish() starts another
            self.future = Future()
            self.future.set_exception(error)

    def is_overdue(self) -> bool:
        return time.monotonic() - self._begun_s >= TIMEOUT_S

    def finish(self) -> Recognition:
        """Wait until it has looked, and return what the image shows, or why it could not be judged."""
        for attempt in range(2):  # the machine may have killed it for another's hunger: refused when it dies twice
            try:
                return self.future.result(timeout=max(0.0, self._begun_s + TIMEOUT_S - time.monotonic()))
            except FutureTimeoutError:
                self.stop(kill=True)
                detail = f"the process that looks at it gave no answer within {TIMEOUT_S:g} s"
                return _refused(RefusalReason.TOO_SLOW, detail)
            except BrokenProcessPool:
                is_too_slow = self._exit_code() == -signal.SIGPROF
                self.stop(kill=True)
                if is_too_slow:
                    detail = f"needs more than {self._processor_s:g} s of processor time"
                    return _refused(RefusalReason.TOO_SLOW, detail)
                if attempt == 0:
                    self.begin(self._content)
        return _refused(RefusalReason.CRASHED, "the process that looked at it died, twice")

    def stop(self, *, kill: bool = False) -> None:
        if self._pool is None:
            return
        if kill:
            for process in list((self._pool._processes or {}).values()):  # the pool has no public way to kill
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._child = None

    def _start(self) -> ProcessPoolExecutor:
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),  # the parent may run threads
            initializer=_start_worker,
            initargs=(self._logos,),
        )
        try:
            self._pool.submit(os.getpid).result(timeout=START_TIMEOUT_S)
        except (BrokenProcessPool, FutureTimeoutError) as error:
            self.stop(kill=True)
            raise OutsideFailureError(
                "the process that recognises images could not start; free some memory and run the same command again"
            ) from error
        self._child = next(iter(self._pool._processes.values()))  # the library has no word for how it ended
        return self._pool

    def _exit_code(self) -> int | None:
        """How the process ended: minus the signal that ended it. The pool's own thread may be asking for it right now."""
        for _ in range(100):
            if self._child is None or self._child.exitcode is not None:
                break
            time.sleep(0.05)
        return None if self._child is None else self._child.exitcode


_worker_matcher: LogoMatcher | None = None


def _start_worker(logos: Sequence[OfficialLogo]) -> None:
    global _worker_matcher  # noqa: PLW0603  # one matcher for the life of the worker process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    end_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    _worker_matcher = LogoMatcher(logos)


def _recognise(content: bytes, processor_s: float) -> Recognition:
    """Look at a picture, or end this process: the signal's default, which also ends what hangs in a library's code."""
    assert _worker_matcher is not None  # noqa: S101  # set by the initializer
    signal.setitimer(signal.ITIMER_PROF, processor_s)
    try:
        return _worker_matcher.match(content)
    except MemoryError:
        return _refused(RefusalReason.CRASHED, "needed more memory than one picture may have")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _refused(reason: RefusalReason, detail: str) -> Recognition:
    refusal = Refusal(reason=reason, detail=detail)
    return Recognition(refusal=refusal, width_px=None, height_px=None, format=None, hashes=(), matches=())
