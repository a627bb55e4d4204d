"""The process that renders SVG: reads a frame from stdin, answers with one on stdout, until stdin ends.

Run as a script, never imported: it must start quickly and hold nothing that a hostile picture could reach, so
it knows no other module of ours. Frame: 4 bytes length, big-endian, then so many bytes. Answer: b"P" and a
PNG, or b"E" and a message. The first answer, before any frame was read, is b"R" (ready).
Arguments: CPU seconds for one picture, bytes of address space.
"""

from __future__ import annotations

import resource
import struct
import sys

import resvg_py


def _answer(kind: bytes, payload: bytes) -> None:
    sys.stdout.buffer.write(struct.pack(">I", len(payload) + 1) + kind + payload)
    sys.stdout.buffer.flush()


def _limit_cpu(seconds: int) -> None:
    """Allow so many CPU seconds from now on; a busy loop then ends by SIGXCPU even if the parent is gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


def main() -> None:
    cpu_limit_s, memory_limit_bytes = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _answer(b"R", b"")
    while len(head := sys.stdin.buffer.read(4)) == 4:
        svg = sys.stdin.buffer.read(struct.unpack(">I", head)[0]).decode("utf-8")
        _limit_cpu(cpu_limit_s)
        try:
            png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
        except ValueError as e:
            _answer(b"E", str(e).encode("utf-8"))
        else:
            _answer(b"P", bytes(png))


if __name__ == "__main__":
    main()
