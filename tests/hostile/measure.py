"""Decodes every file of a folder in this process and prints one line of JSON each: outcome, time, memory, what it touched.

`python -m tests.hostile.measure FOLDER`; needs Linux, for /proc tells the memory. The name CANARY in a file becomes the
path of a real picture, PORT the port of a server that counts its callers; the last line holds their number.
Memory is what the two processes together held at most, above what this one held before the first file.
"""

from __future__ import annotations

import json
import os
import re
import resource
import socket
import sys
import threading
import time
from pathlib import Path

from matcher.decoding import raster_worker, svg_worker
from matcher.decoding.decode import Picture, decode_image

from .drawings import svg
from .rasters import encode, mark

_WORKERS = (raster_worker._WORKER, svg_worker._WORKER)
_ALLOWED = {"/dev/null"}  # stderr of a worker that is started


def peak_bytes(process: int | str) -> int:
    """Most memory that a process held since it started or since forget_peak; 0 if it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) * 1024 if found else 0


def forget_peaks() -> None:
    for process in ("self", *worker_pids()):
        Path(f"/proc/{process}/clear_refs").write_text("5")


def worker_pids() -> list[int]:
    return [worker._process.pid for worker in _WORKERS if worker._process is not None]


def used_cpu_s() -> float:
    """Processor time of this process and its workers, living and dead."""
    ticks = os.sysconf("SC_CLK_TCK")
    own, dead = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime + dead.ru_utime + dead.ru_stime
    for pid in worker_pids():
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


class Watch:
    """Notes what the deciding thread opens while it decodes, and the most memory that its workers hold."""

    def __init__(self) -> None:
        self.touched: list[str] = []
        self.worker_bytes = 0
        self._thread = threading.get_ident()
        self.is_on = False
        sys.addaudithook(self._note)
        threading.Thread(target=self._sample, daemon=True).start()

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.is_on or threading.get_ident() != self._thread:
            return
        opened = event == "open" and str(arguments[0]) not in _ALLOWED
        if opened or event.startswith(("socket.", "os.listdir", "os.scandir", "urllib.")):
            self.touched.append(f"{event} {arguments[0]}")

    def _sample(self) -> None:
        while True:  # a worker that is killed takes its figure along, so it is asked often
            self.worker_bytes = max([self.worker_bytes, *(peak_bytes(pid) for pid in worker_pids())])
            time.sleep(0.005)


_ORDINARY = [encode(mark(), name) for name in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")]


def warm_up() -> None:
    """Load what the first pictures load, and start workers that were killed, so that no later one is charged."""
    for content in _ORDINARY:
        decode_image(content)
    decode_image(svg("<g/>"))


def measure(content: bytes, watch: Watch) -> dict[str, object]:
    warm_up()
    forget_peaks()
    watch.touched, watch.worker_bytes = [], 0
    cpu_s, started = used_cpu_s(), time.monotonic()
    watch.is_on = True
    result = decode_image(content)
    watch.is_on = False
    wall_s = time.monotonic() - started
    return {
        "outcome": "picture" if isinstance(result, Picture) else str(result.reason),
        "detail": "" if isinstance(result, Picture) else result.detail,
        "cpu_s": round(used_cpu_s() - cpu_s, 3),
        "wall_s": round(wall_s, 3),
        "own_bytes": peak_bytes("self"),
        "worker_bytes": watch.worker_bytes,
        "touched": watch.touched,
    }


def main(folder: Path) -> None:
    canary = folder / "canary.png"
    canary.write_bytes(encode(mark(), "PNG"))
    os.chdir(folder)  # for relative links
    server, callers = socket.create_server(("127.0.0.1", 0)), list[str]()

    def count_callers() -> None:
        while True:
            callers.append(str(server.accept()[1]))

    threading.Thread(target=count_callers, daemon=True).start()
    port = str(server.getsockname()[1])
    warm_up()
    watch, baseline = Watch(), peak_bytes("self")
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        if path.suffix == ".svg":
            content = content.replace(b"CANARY", str(canary).encode()).replace(b"PORT", port.encode())
        seen = measure(content, watch)
        seen["own_bytes"] = int(str(seen["own_bytes"])) - baseline
        sys.stdout.write(json.dumps({"name": path.name, **seen}) + "\n")
    sys.stdout.write(json.dumps({"name": "callers", "callers": callers}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
