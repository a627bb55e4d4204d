"""Renders SVG in a process of its own that can be killed: one hostile drawing costs one refusal.

The worker starts with the first SVG, serves one picture at a time for all threads, is killed when a picture
takes too long or the process dies, and ends with us. It is run from its file, so neither the working
directory nor the way of installation matters.

System fonts are not loaded: the same file must give the same hashes on every machine, and a fallback font
would draw another logo. Text that is not outlined stays invisible, as SVG logos made for the web nearly
always are outlined.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.refusals import Refusal
from matcher.svg_cleaning import CleanSvg

_CHILD = Path(__file__).with_name("svg_child.py")
_MAX_ANSWER_BYTES = 16_000_000


class _WorkerGoneError(Exception):
    """The child ended by itself: a crash of the renderer, or a limit that the system enforced."""


class SvgWorker:
    """A renderer that is restarted as often as hostile pictures kill it; every method may be called from any
    thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner_pid = 0

    def render(self, svg: CleanSvg) -> bytes | Refusal:
        """PNG of a cleaned SVG, in the size that is written in it."""
        with self._lock:
            try:
                return self._ask(svg.content)
            except TimeoutError:
                detail = f"rendering took over {thresholds.SVG_WALL_LIMIT_S} s"
                return self._refuse(RefusalReason.TOO_SLOW, detail)
            except (_WorkerGoneError, OSError) as e:
                return self._refuse(RefusalReason.CRASHED, f"the renderer ended: {e}")

    def close(self) -> None:
        """End the worker; the next picture starts a new one."""
        with self._lock:
            self._stop()

    def _refuse(self, reason: RefusalReason, detail: str) -> Refusal:
        self._stop()
        return Refusal(reason=reason, detail=detail)

    def _ask(self, content: bytes) -> bytes | Refusal:
        process = self._started()
        deadline = time.monotonic() + thresholds.SVG_WALL_LIMIT_S
        _write(process, struct.pack(">I", len(content)) + content, deadline)
        answer = _read_frame(process, deadline)
        if answer[:1] == b"P":
            return answer[1:]
        return Refusal(
            reason=RefusalReason.BROKEN,
            detail=f"SVG does not render: {answer[1:].decode(errors='replace')}"[:300],
        )

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner_pid == os.getpid() and self._process.poll() is None:
            return self._process
        if self._owner_pid == os.getpid():
            self._stop()
        process = subprocess.Popen(
            # -P: the folder of the script must not come first on sys.path, or our modules would shadow others
            [
                sys.executable,
                "-P",
                str(_CHILD),
                str(thresholds.SVG_CPU_LIMIT_S),
                str(thresholds.SVG_MEMORY_LIMIT_BYTES),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._process, self._owner_pid = process, os.getpid()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        _read_frame(process, time.monotonic() + thresholds.SVG_START_LIMIT_S)
        return process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner_pid != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _write(process: subprocess.Popen[bytes], content: bytes, deadline: float) -> None:
    if process.stdin is None:
        raise _WorkerGoneError("no stdin")
    fd, rest = process.stdin.fileno(), memoryview(content)
    while rest:
        if not select.select([], [fd], [], max(0.0, deadline - time.monotonic()))[1]:
            raise TimeoutError
        rest = rest[os.write(fd, rest) :]


def _read_frame(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    (length,) = struct.unpack(">I", _read(process, 4, deadline))
    if length > _MAX_ANSWER_BYTES:
        raise _WorkerGoneError(f"answer of {length} bytes")
    return _read(process, length, deadline)


def _read(process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
    if process.stdout is None:
        raise _WorkerGoneError("no stdout")
    fd, parts = process.stdout.fileno(), bytearray()
    while len(parts) < size:
        if not select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        part = os.read(fd, size - len(parts))
        if not part:
            raise _WorkerGoneError(f"exit status {process.wait()}")
        parts += part
    return bytes(parts)


_WORKER = SvgWorker()
atexit.register(_WORKER.close)


def render_svg(svg: CleanSvg) -> bytes | Refusal:
    """PNG of a cleaned SVG by the one worker of this process."""
    return _WORKER.render(svg)
