"""A process that does one dangerous thing to one picture at a time, in a box (ledger/boxes/box.py), and can be killed: a crash costs one refusal.

It starts with its first picture, serves all threads one after the other, ends when a picture needs too much processor
time, is started again when it died, and ends with us. A busy machine refuses no picture: the clock is the last resort. The other end is worker_child.py. Scripts are run from their file,
so neither the working directory nor the way of installation matters.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from ledger.boxes.box import FORBIDDEN_CALL, bare_environment
from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.decoding.refusals import Refusal

_MAX_ANSWER_BYTES = 16_000_000


class _WorkerGoneError(Exception):
    """The child ended by itself: a crash of a decoder, or a limit that the system enforced."""

    def __init__(self, status: int | None, detail: str) -> None:
        super().__init__(detail)
        self.is_out_of_time = status == -signal.SIGPROF


class Worker:
    """A worker that is restarted as often as hostile pictures kill it; every method may be called from any thread."""

    def __init__(
        self,
        script: str,
        memory_limit_bytes: int,
        arguments: Sequence[int] = (),
        *,
        cpu_limit_s: float = thresholds.WORKER_CPU_LIMIT_S,
    ) -> None:
        self._memory_limit_bytes = memory_limit_bytes
        self._cpu_limit_s = cpu_limit_s
        self._command = [
            sys.executable,
            "-P",  # the folder of the script must not come first on sys.path, or our modules would shadow others
            str(Path(__file__).parent / script),
            str(cpu_limit_s),
            str(memory_limit_bytes),
            *map(str, arguments),
        ]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner_pid = 0
        atexit.register(self.close)

    def ask(self, *parts: bytes) -> bytes | Refusal:
        """Answer of the script to a frame of these parts, or why there is none."""
        with self._lock:
            try:
                return self._ask(parts)
            except TimeoutError:
                detail = f"the process that decodes it gave no answer within {thresholds.WORKER_CLOCK_LIMIT_S:g} s"
                return self._give_up(RefusalReason.TOO_SLOW, detail)
            except _WorkerGoneError as e:
                if e.is_out_of_time:
                    detail = f"needs more than {self._cpu_limit_s:g} s of processor time"
                    return self._give_up(RefusalReason.TOO_SLOW, detail)
                return self._give_up(RefusalReason.CRASHED, f"the process that decoded it ended: {e}")
            except OSError as e:
                return self._give_up(RefusalReason.CRASHED, f"the process that decoded it ended: {e}")

    def close(self) -> None:
        """End the worker; the next picture starts a new one."""
        with self._lock:
            self._stop()

    def _give_up(self, reason: RefusalReason, detail: str) -> Refusal:
        self._stop()
        return Refusal(reason=reason, detail=detail)

    def _ask(self, parts: Sequence[bytes]) -> bytes | Refusal:
        process = self._started()
        deadline = time.monotonic() + thresholds.WORKER_CLOCK_LIMIT_S
        try:
            for part in (struct.pack(">I", sum(map(len, parts))), *parts):
                _write(process, part, deadline)
        except BrokenPipeError:
            raise _WorkerGoneError(process.wait(), _describe_end(process.wait())) from None
        answer = _read_frame(process, deadline)
        kind, payload = answer[:1], answer[1:]
        if kind == b"P":
            return payload
        if kind == b"M":
            limit_mb = self._memory_limit_bytes // 1_000_000
            detail = f"needs more memory than the {limit_mb} MB that one picture may have"
            return self._give_up(RefusalReason.CRASHED, detail)
        return Refusal(reason=RefusalReason.BROKEN, detail=f"does not decode: {payload.decode(errors='replace')}"[:300])

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner_pid == os.getpid() and self._process.poll() is None:
            return self._process
        if self._owner_pid == os.getpid():
            self._stop()
        with contextlib.ExitStack() as stack:
            nowhere = None
            with contextlib.suppress(
                OSError
            ):  # in a box nothing opens for writing, and its own errors lead nowhere already
                nowhere = stack.enter_context(Path(os.devnull).open("wb"))
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=nowhere,
                bufsize=0,
                env=bare_environment(),
            )
        self._process, self._owner_pid = process, os.getpid()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        try:
            _read_frame(process, time.monotonic() + thresholds.WORKER_START_CLOCK_LIMIT_S)
        except TimeoutError:
            limit_s = thresholds.WORKER_START_CLOCK_LIMIT_S
            raise _WorkerGoneError(None, f"it was not ready within {limit_s:g} s") from None
        return process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner_pid != os.getpid():
            return
        with contextlib.suppress(OSError):  # a box on a kernel before 6.12 lets nobody kill: it ends with its pipes
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.wait()


def _describe_end(status: int) -> str:
    return FORBIDDEN_CALL if status == -signal.SIGSYS else f"exit status {status}"


def _write(process: subprocess.Popen[bytes], content: bytes, deadline: float) -> None:
    if process.stdin is None:
        raise _WorkerGoneError(None, "no stdin")
    fd, rest = process.stdin.fileno(), memoryview(content)
    while rest:
        if not select.select([], [fd], [], max(0.0, deadline - time.monotonic()))[1]:
            raise TimeoutError
        rest = rest[os.write(fd, rest) :]


def _read_frame(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    (length,) = struct.unpack(">I", _read(process, 4, deadline))
    if length > _MAX_ANSWER_BYTES:
        raise _WorkerGoneError(None, f"answer of {length} bytes")
    return _read(process, length, deadline)


def _read(process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
    if process.stdout is None:
        raise _WorkerGoneError(None, "no stdout")
    fd, parts = process.stdout.fileno(), bytearray()
    while len(parts) < size:
        if not select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        part = os.read(fd, size - len(parts))
        if not part:
            raise _WorkerGoneError(process.wait(), _describe_end(process.wait()))
        parts += part
    return bytes(parts)
