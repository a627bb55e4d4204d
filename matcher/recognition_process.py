"""Recognition in a process of its own, which can be killed: a picture that crashes or stalls it costs one refusal.

Stalling is counted in processor time: a busy machine refuses no picture, and the clock is the last resort.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
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
MEMORY_LIMIT_BYTES = 4_000_000_000  # address space of the process, most of which is libraries


class Recogniser:
    """Recognises images with the official logos of some brands. Used by one thread."""

    def __init__(self, brands: Sequence[Brand], *, processor_s: float = PROCESSOR_S) -> None:
        self._logos = [logo for brand in brands for logo in brand.logos]
        self.brands = [brand.slug for brand in brands]
        self.set_id = logo_set_id(self._logos)
        self._processor_s = processor_s
        self._pool: ProcessPoolExecutor | None = None
        self._child: BaseProcess | None = None

    def __enter__(self) -> Recogniser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def recognise(self, content: bytes) -> Recognition:
        """Return what an image shows, or why it could not be judged.

        Errors: OutsideFailureError when the process can't even start.
        """
        for _ in range(
            2
        ):  # the machine may have killed it for another's hunger: a picture is refused when it dies twice
            pool = self._pool or self._start()
            try:
                return pool.submit(_recognise, content, self._processor_s).result(timeout=TIMEOUT_S)
            except FutureTimeoutError:
                self._stop(kill=True)
                detail = f"the process that looks at it gave no answer within {TIMEOUT_S:g} s"
                return _refused(RefusalReason.TOO_SLOW, detail)
            except BrokenProcessPool:
                is_too_slow = self._exit_code() == -signal.SIGPROF
                self._stop(kill=True)
                if is_too_slow:
                    detail = f"needs more than {self._processor_s:g} s of processor time"
                    return _refused(RefusalReason.TOO_SLOW, detail)
        return _refused(RefusalReason.CRASHED, "the process that looked at it died, twice")

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
            self._stop(kill=True)
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

    def _stop(self, *, kill: bool = False) -> None:
        if self._pool is None:
            return
        if kill:
            for process in list((self._pool._processes or {}).values()):  # the pool has no public way to kill
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._child = None


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
