"""What an attacker would do whose code runs where foreign bytes are decoded: each try gives what it got, or the error that stopped it.

Knows no module of ours: it is run in the barest of our processes too. All it needs is loaded before the box is closed.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
# by machine: x86-64, ARM
_SYSCALLS = {"ptrace": (101, 117), "process_vm_readv": (310, 270), "bpf": (321, 280), "unshare": (272, 97), "keyctl": (250, 219), "io_uring_setup": (425, 425)}  # fmt: skip
STARTS_PYTHON = frozenset({"start Python"})


def tries(target: dict[str, Any]) -> dict[str, Callable[[], object]]:
    """target: database, key, folder, unix, abstract, port, parent, pipes (that its process has besides its input and output)."""
    parent = int(target["parent"])
    return {
        "read the database": lambda: Path(target["database"]).read_bytes()[:16],
        "write the database": lambda: open(target["database"], "ab").write(b"x"),  # noqa: PTH123
        "read a key": lambda: Path(target["key"]).read_text(),
        "map a key": lambda: mmap.mmap(os.open(target["key"], os.O_RDONLY), 0),
        "list the root": lambda: os.listdir("/"),  # noqa: PTH208
        "list the folder": lambda: os.listdir(target["folder"]),  # noqa: PTH208
        "write a file": lambda: (Path(target["folder"]) / "planted").write_text("x"),
        "write to a temporary folder": lambda: Path("/tmp/planted").write_text("x"),  # noqa: S108
        "make a link": lambda: os.symlink(target["key"], target["folder"] + "/link"),  # noqa: PTH211
        "delete a file": lambda: os.unlink(target["key"]),  # noqa: PTH108
        "rename a file": lambda: os.rename(target["key"], target["key"] + "2"),  # noqa: PTH104
        "change its rights": lambda: os.chmod(target["key"], 0o777),  # noqa: PTH101, S103
        "read passwords": lambda: Path("/etc/passwd").read_text()[:10],
        "see the environment": lambda: _something(
            {name: text for name, text in os.environ.items() if "SECRET" in name}
        ),
        "read its first environment": lambda: _something(Path("/proc/self/environ").read_bytes()),
        "read the parent's environment": lambda: Path(f"/proc/{parent}/environ").read_bytes()[:10],
        "read the parent's memory": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
        "read the parent's maps": lambda: Path(f"/proc/{parent}/maps").read_bytes()[:10],
        "use an open file": lambda: _something([fd for fd in range(3, 300) if _is_open(fd)][target.get("pipes", 0) :]),
        "connect by TCP": lambda: socket.create_connection(("127.0.0.1", target["port"]), 2).close(),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "send by UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
            b"x", ("127.0.0.1", target["port"])
        ),
        "ask for a name": lambda: socket.getaddrinfo("exfiltrated.vendor.example", 80),
        "connect to a socket": lambda: _connect(target["unix"]),
        "connect to an abstract socket": lambda: _connect("\0" + target["abstract"]),
        "make a pair of sockets": socket.socketpair,
        "open a packet socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "start a shell": lambda: subprocess.run(["/bin/sh", "-c", "true"], check=True),
        "start Python": lambda: subprocess.run([sys.executable, "-c", ""], check=True, env={}),
        "become a shell": lambda: os.execv("/bin/sh", ["sh", "-c", "true"]),  # noqa: S606
        "fork": _fork,
        "signal the parent": lambda: os.kill(parent, 0),
        "signal its group": lambda: os.killpg(os.getpgid(parent), 0),
        "make a file in memory": lambda: os.memfd_create("x"),
        "make a session": os.setsid,
        "lift its limits": _lift,
        "become another user": lambda: os.setuid(65534),
        "set a file's time": lambda: os.utime(target["key"]),
    }


def attack(request: bytes) -> bytes:
    """Try everything. request: the target as JSON. Returns, as JSON, what each try came to."""
    return json.dumps({name: _outcome(one) for name, one in tries(json.loads(request)).items()}).encode()


def attack_in_words(request: bytes) -> str:
    return attack(request).decode()


def make_deadly_call(name: str) -> int:
    """Make a call of the system that no library makes."""
    return _raw(name, 0)


def load() -> None:
    """Load what the tries need: names, encodings."""
    "x".encode("idna")


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        got = attempt()
    except BaseException as error:  # noqa: BLE001
        return f"stopped: {type(error).__name__}: {error}"
    return f"GOT {got!r}"[:200]


def _something(found: Any) -> Any:
    if not found:
        raise LookupError("nothing there")
    return found


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _connect(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)


def _fork() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return child


def _lift() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _raw(name: str, argument: int) -> int:
    numbers = _SYSCALLS[name]
    number = numbers[0] if os.uname().machine == "x86_64" else numbers[1]
    result = int(_LIBC.syscall(number, argument, argument, argument, argument))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == "__main__":  # as the script of a worker: its arguments are the limits, then worker_child.py
    import runpy

    load()
    runpy.run_path(sys.argv[3])["serve"](attack)
