"""The other end of worker.py: reads a frame from stdin, answers with one on stdout, until stdin ends.

Loaded by the scripts that a worker runs; it must start quickly and hold nothing that a hostile picture could
reach, so it knows no other module of ours but ledger/boxes/box.py, which it runs from its file: before the first frame is read
the process can open no file, reach no network and start nothing. Frame: 4 bytes length, big-endian, then so many bytes. Answer: b"P" and
the payload, b"E" and a message, or b"M" (out of memory). The first answer, before any frame was read, is b"R" (ready).
Arguments of the script: CPU seconds and bytes of memory for one picture, then its own.
"""

from __future__ import annotations

import contextlib
import mmap
import resource
import runpy
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path

_BOX = Path(__file__).resolve().parents[2] / "ledger" / "boxes" / "box.py"
_MOST_ADDRESS_SPACE_BYTES = 1 << 40


def serve(decode: Callable[[bytes], bytes]) -> None:
    """Answer every frame with what decode makes of it, each within the limits of argv."""
    cpu_limit_s, memory_limit_bytes = float(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    enter_box = runpy.run_path(str(_BOX))["enter_box"]
    _limit_memory(memory_limit_bytes)
    enter_box()
    _answer(b"R", b"")
    while len(head := sys.stdin.buffer.read(4)) == 4:
        _answer_one(decode, struct.unpack(">I", head)[0], cpu_limit_s)


def _answer_one(decode: Callable[[bytes], bytes], length: int, cpu_limit_s: float) -> None:
    # a function of its own: what one picture took is given back before the next one comes, or a picture that needs
    # nearly all of the memory would be refused only because another one came before it
    content = sys.stdin.buffer.read(length)
    # unlike RLIMIT_CPU it counts parts of a second; SIGPROF ends a busy loop even if the parent is gone
    signal.setitimer(signal.ITIMER_PROF, cpu_limit_s)
    try:
        payload = decode(content)
    except MemoryError:
        _answer(b"M", b"")
    except Exception as e:  # noqa: BLE001  # parsers of hostile bytes raise whatever they trip over
        _answer(b"E", f"{type(e).__name__}: {e}".encode(errors="replace")[:1000])
    else:
        _answer(b"P", payload)
    signal.setitimer(signal.ITIMER_PROF, 0)


def _answer(kind: bytes, payload: bytes) -> None:
    sys.stdout.buffer.write(struct.pack(">I", len(payload) + 1) + kind)
    sys.stdout.buffer.write(payload)
    sys.stdout.buffer.flush()


def _limit_memory(limit_bytes: int) -> None:
    """Allow so much more address space than the libraries have taken already."""
    used = _used_address_space()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = used + limit_bytes if hard == resource.RLIM_INFINITY else min(hard, used + limit_bytes)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _used_address_space() -> int:
    """Bytes that this process has mapped."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return _try_address_space()  # there is no /proc, or the box of our parent does not show it


def _try_address_space() -> int:
    """The same, by the smallest limit under which one page more can be had."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    too_low, enough = 0, _MOST_ADDRESS_SPACE_BYTES
    if before[1] != resource.RLIM_INFINITY:
        enough = min(enough, before[1])
    try:
        while enough - too_low > resource.getpagesize():
            middle = (too_low + enough) // 2
            resource.setrlimit(resource.RLIMIT_AS, (middle, before[1]))
            try:
                mmap.mmap(-1, resource.getpagesize()).close()
            except (OSError, MemoryError):
                too_low = middle
            else:
                enough = middle
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    return enough
