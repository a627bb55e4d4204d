"""Recognition in a process of its own, which can be killed: a picture that crashes or stalls it costs one refusal."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType

from ledger.child import end_with_parent
from ledger.errors import OutsideFailureError
from ledger.vocabulary import RefusalReason
from matcher.brands.official_logos import Brand, OfficialLogo
from matcher.decoding.refusals import Refusal
from matcher.logo_matcher import LogoMatcher, Recognition, logo_set_id

# Decoding is limited by itself; this is for what nobody thought of. The slowest image of the corpus takes 0.6 s.
RECOGNITION_TIMEOUT_S = 20.0
START_TIMEOUT_S = 900.0  # 155 official files take 8 s
MEMORY_LIMIT_BYTES = 4_000_000_000  # address space of the process, most of which is libraries


class Recogniser:
    """Recognises images with the official logos of some brands. Used by one thread."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._logos = [logo for brand in brands for logo in brand.logos]
        self.brands = [brand.slug for brand in brands]
        self.set_id = logo_set_id(self._logos)
        self._pool: ProcessPoolExecutor | None = None

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
                return pool.submit(_recognise, content).result(timeout=RECOGNITION_TIMEOUT_S)
            except FutureTimeoutError:
                self._stop(kill=True)
                return _refused(RefusalReason.TOO_SLOW, f"took longer than {RECOGNITION_TIMEOUT_S:g} s")
            except BrokenProcessPool:
                self._stop(kill=True)
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
        return self._pool

    def _stop(self, *, kill: bool = False) -> None:
        if self._pool is None:
            return
        if kill:
            for process in list((self._pool._processes or {}).values()):  # the pool has no public way to kill
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


_worker_matcher: LogoMatcher | None = None


def _start_worker(logos: Sequence[OfficialLogo]) -> None:
    global _worker_matcher  # noqa: PLW0603  # one matcher for the life of the worker process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    end_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    _worker_matcher = LogoMatcher(logos)


def _recognise(content: bytes) -> Recognition:
    assert _worker_matcher is not None  # noqa: S101  # set by the initializer
    try:
        return _worker_matcher.match(content)
    except MemoryError:
        return _refused(RefusalReason.CRASHED, "needed more memory than one picture may have")


def _refused(reason: RefusalReason, detail: str) -> Recognition:
    refusal = Refusal(reason=reason, detail=detail)
    return Recognition(refusal=refusal, width_px=None, height_px=None, format=None, hashes=(), matches=())
