"""A process of ours that is to read foreign bytes: started anew, with an empty environment and one pipe to us.

What goes in is pickled, as it is ours; what comes out is bytes, which nobody here unpickles (typed_answers.py). It ends when we do, as its
pipe ends. It is the first of a group of processes of its own, so that stopping it ends whatever it has started. Whoever waits for it does so
within a deadline, at which it is killed: that ends each sending and receiving, however it holds its end of the pipe.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Concatenate, ParamSpec

from ledger.boxes.box import bare_environment, enter_box, program_folders

P = ParamSpec("P")
LIFE_CALLS, LIFE_PROCESSOR_S = 1_000, 600.0  # then a fresh one takes its place: what captured one has no more than that
PROCESSOR_LIMIT_S = 7_200  # of each process for its whole life, enforced by the system; decoders in the same box work longer than who asks
_BEGIN = (
    f"import sys, json; sys.path[:] = json.loads(sys.argv[1]); from {__name__} import begin; begin(int(sys.argv[2]))"
)


class BoxedProcess:
    """A process that runs one function with its end of a pipe. Used by one thread at a time."""

    def __init__(self, target: Callable[Concatenate[Connection, P], None], *arguments: P.args, **_: P.kwargs) -> None:
        """target: a function of a module; it enters its box (shut_in) before the first foreign byte. Errors: OSError."""
        ours, theirs = socket.socketpair()
        paths = [str(Path(path).absolute()) for path in sys.path]  # an empty one is the working directory
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BEGIN, json.dumps(paths), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what a vendor's bytes make it say must not reach a terminal
                pass_fds=[theirs.fileno()],
                env=bare_environment(),
                process_group=0,
            )
        self.pipe = Connection(ours.detach())
        self.calls = 0  # that it was given
        self.is_late = False  # it was killed at a deadline
        with contextlib.suppress(OSError):  # it died at once: whoever waits for its word learns it
            self.pipe.send_bytes(pickle.dumps((target, arguments)))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exitcode(self) -> int | None:
        """None while it runs; minus the signal that ended it."""
        return self._process.poll()

    @property
    def is_worn(self) -> bool:
        """Whether it has worked so much that a fresh one should take its place."""
        return self.calls >= LIFE_CALLS or self._processor_s() >= LIFE_PROCESSOR_S

    def _processor_s(self) -> float:
        with contextlib.suppress(OSError):  # it ended
            return time.clock_gettime(~self.pid << 3 | 2)  # clock_getcpuclockid(3), which Python has not
        return 0.0

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Kill it (is_late) unless what is done here ends in time."""
        watch = threading.Timer(max(0.0, seconds), self._end_late)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _end_late(self) -> None:
        if self._process.returncode is None:  # else its number may be another's by now
            self.is_late = True
            self.kill()

    def join(self, timeout_s: float) -> None:
        """Wait for its end, at most so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)

    def kill(self) -> None:
        """End it and all that it started, from whichever thread."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def stop(self) -> int:
        """End it and all that it started; returns its exit code."""
        self.kill()
        code = self._process.wait()
        self.pipe.close()
        return code


def begin(descriptor: int) -> None:
    """Run what the other end asks for. Called in the new process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    pipe = Connection(descriptor)
    try:
        target, arguments = pickle.loads(pipe.recv_bytes())  # noqa: S301  # from the process that started this one
        target(pipe, *arguments)
    except (EOFError, BrokenPipeError):  # it is gone
        os._exit(1)


def shut_in(pipe: Connection, memory_limit_bytes: int, *, starts_python: bool, reads: Sequence[str] = ()) -> None:
    """Limit the address space of this process, and enter its box: it may read the program's files, and `reads`."""
    sys.meta_path.insert(0, _OurPackages())
    resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = PROCESSOR_LIMIT_S if hard == resource.RLIM_INFINITY else min(hard, PROCESSOR_LIMIT_S)
    resource.setrlimit(
        resource.RLIMIT_CPU, (most, most)
    )  # at the hard limit it is killed, whatever it does about signals
    enter_box(reads=[*program_folders(), *reads], starts_python=starts_python, keeps=(0, 1, 2, pipe.fileno()))


class _OurPackages:
    """Finds our packages in a checkout, whose folder the box does not show: it may hold a workspace."""

    def __init__(self) -> None:
        top = __name__.partition(".")[0]
        names = (top,) if top == "partnerproof" else ("ledger", "matcher", "crawler", "casebook", "partnerproof")
        self._specs = {name: importlib.util.find_spec(name) for name in names}

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # of the protocol
        return self._specs.get(name)


def describe_error(error: BaseException) -> str:
    """Return an error with where it was raised; whoever gets it cleans it."""
    import traceback

    return "".join(traceback.format_exception(error))[-4000:]


def clean_words(text: str, most: int) -> str:
    """Return words of a box for a log or a screen: printable signs alone, in lines that can't be taken for ours."""
    return "\n    | ".join(
        "".join(sign if sign.isprintable() else "?" for sign in line) for line in text[:most].split("\n")
    )
