"""A process of ours that is to read foreign bytes: started anew, with an empty environment and one pipe to us.

What goes in is pickled, as it is ours; what comes out is bytes, which nobody here unpickles (typed_answers.py). It ends when we do, as its
pipe ends. It is the first of a group of processes of its own, so that stopping it ends whatever it has started.
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
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Concatenate, ParamSpec

from ledger.box import bare_environment, enter_box, program_folders

P = ParamSpec("P")
_BEGIN = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from ledger.boxed_process import begin; begin(int(sys.argv[2]))"


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
        with contextlib.suppress(OSError):  # it died at once: whoever waits for its word learns it
            self.pipe.send_bytes(pickle.dumps((target, arguments)))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exitcode(self) -> int | None:
        """None while it runs; minus the signal that ended it."""
        return self._process.poll()

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
    enter_box(reads=[*program_folders(), *reads], starts_python=starts_python, keeps=(0, 1, 2, pipe.fileno()))


class _OurPackages:
    """Finds our packages in a checkout, whose folder the box does not show: it may hold a workspace."""

    def __init__(self) -> None:
        names = ("ledger", "matcher", "crawler", "casebook", "partnerproof")
        self._specs = {name: importlib.util.find_spec(name) for name in names}

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # of the protocol
        return self._specs.get(name)


def describe_error(error: BaseException) -> str:
    """Return an error with where it was raised, for a log: printable characters alone."""
    import traceback

    text = "".join(traceback.format_exception(error))[-4000:]
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
