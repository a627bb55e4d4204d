"""A box for a process that is about to read foreign bytes: no environment, no files but named ones, no network, no other process.

A child calls enter_box() when its libraries are loaded and before the first foreign byte. Knows no other module of ours, so that a
bare script can run it from its file. Layers; without Landlock a box with files reads whatever its user may:

1. The environment is empty (bare_environment() is what a child is started with) and open files other than its pipes are closed.
2. No new privileges.
3. Landlock: no file but read-only folders that are named, no TCP, no abstract socket, no signal to anybody outside the box.
4. A seccomp filter: calls that are not named do not exist; what only an attack makes ends the process.

What the system lacks is told by missing_layers(), and the child goes on with what there is; a layer that is there and can't be entered is an error.
Landlock and seccomp are inherited and only ever tighten. Own binding of four calls: `landlock` of PyPI is a pre-release and knows less of the
kernel's versions, `pyseccomp` looks for the library by starting programs; libseccomp itself knows names and machines.
Sources: https://docs.kernel.org/userspace-api/landlock.html, seccomp_rule_add(3).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import resource
import site
import sys
import sysconfig
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

FORBIDDEN_CALL = "it made a call to the system that only an attack makes"  # what ended by SIGSYS did
_KEPT_VARIABLES = (
    "OPENBLAS_CORETYPE",  # chosen by hand where OpenBLAS takes the processor for another one
    "LD_LIBRARY_PATH",  # Python itself may need it
    "PYTHONPATH",  # where libraries may lie
    "PYTHONHOME",
)
_KEPT = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}  # before a box forgets them
_BARE = {
    "MALLOC_ARENA_MAX": "1",  # memory that was given back must not stay in one pool for each thread
    "OPENBLAS_NUM_THREADS": "1",  # Landlock binds threads that begin later, not those that are there
    "OMP_NUM_THREADS": "1",
}
_PRCTL_NO_NEW_PRIVS, _PRCTL_GET_SECCOMP = 38, 21
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every machine
_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # from that version on
_NETWORK_SINCE, _TCP = 4, 0b11
_SCOPE_SINCE, _ABSTRACT_SOCKETS_AND_SIGNALS = 6, 0b11

# what computing and a pipe need; the last two lines: names of machines with 32 bits
_CALLS = """
    read write readv writev pread64 close lseek fstat dup poll ppoll select pselect6
    mmap munmap mprotect mremap madvise brk membarrier mincore
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack setitimer getitimer timer_create
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time
    futex set_robust_list get_robust_list rseq sched_yield sched_getaffinity getcpu restart_syscall
    gettid getpid getppid getuid geteuid getgid getegid exit exit_group getrandom getrusage getrlimit times
    mmap2 _llseek fstat64 sigreturn clock_gettime64 clock_getres_time64 clock_nanosleep_time64 futex_time64 ppoll_time64 pselect6_time64
    getuid32 geteuid32 getgid32 getegid32 ugetrlimit
"""
_FILE_CALLS = "stat64 lstat64 fstatat64 statfs64 fstatfs64 stat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat getdents64 getcwd uname sysinfo"
_START_CALLS = """
    execve vfork wait4 waitid pipe pipe2 dup2 dup3 close_range set_tid_address arch_prctl seccomp
    landlock_create_ruleset landlock_add_rule landlock_restrict_self setrlimit prctl fcntl ioctl umask sched_setaffinity
"""
# no library makes these by the way
_DEADLY_CALLS = """
    ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp bpf perf_event_open userfaultfd keyctl add_key request_key
    io_uring_setup io_uring_enter io_uring_register mount umount2 move_mount fsopen open_tree pivot_root chroot setns unshare
    init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff settimeofday clock_settime
"""
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NOT_EQUAL, _EQUAL, _MASKED_EQUAL = 1, 4, 7
_FILTER_THREADS, _FILTER_OPTIMIZE = 4, 8
_THREAD, _WAITS_FOR_START, _NEW_NAMESPACES = 0x10000, 0x4000, 0x7E020080


def bare_environment(**further: str) -> dict[str, str]:
    """Return the variables that a child starts with: what libraries are told, and nothing of ours but named exceptions."""
    now = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**_KEPT, **now, **_BARE, **further}


@functools.cache
def missing_layers() -> tuple[str, ...]:
    """Return the layers that this system lacks, each in a sentence with what to do; empty: all are there."""
    if sys.platform != "linux":
        return (f"{sys.platform}: boxes for foreign bytes need Linux; here they have limits of time and memory alone",)
    missing = []
    version = _landlock_version()
    if version == 0:
        missing.append(
            "Landlock: this kernel has it not or has it switched off; needs Linux 5.13 and `landlock` among the kernel's lsm="
        )
    elif version < _SCOPE_SINCE:
        network = "" if version >= _NETWORK_SINCE else "TCP (Linux 6.7), "
        missing.append(
            f"Landlock: version {version} does not bar {network}abstract sockets and signals (Linux 6.12); seccomp bars them, and a decoder that hangs can't be killed by the process that asks it"
        )
    if (why := _why_no_filter()) is not None:
        missing.append(f"seccomp: {why}")
    return tuple(missing)


def describe_missing() -> str | None:
    """Return one line for whoever starts to read foreign bytes: the layers that are missing here; None: none is."""
    missing = missing_layers()
    if not missing:
        return None
    names = ", ".join(layer.partition(":")[0] for layer in missing)
    return f"foreign files are read in a box that lacks a layer here: {names}; `partnerproof doctor` says what to do"


def program_folders() -> list[str]:
    """Return the folders of Python, of the libraries and of this program, which hold no data of anybody."""
    room = Path(__file__).resolve().parents[2]
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {path for path in (*site.getsitepackages(), site.getusersitepackages()) if path in sys.path}
    if (room / "__init__.py").exists():  # installed: all of it lies under one roof
        folders.add(str(room))
    folders |= {str(room / name) for name in ("ledger", "matcher", "crawler", "casebook", "partnerproof")}
    data = ("lexicon", "background", "noise.toml", "roles.toml", "relations.toml", "evidence_rates.toml", "shared_hosts.toml", "lists.toml")  # fmt: skip
    folders |= {str(room / "data" / name) for name in data}
    folders |= {str(Path(os.__file__).resolve().parent), "/usr/share/zoneinfo", "/proc/cpuinfo"}
    folders |= {
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/etc/ld.so.cache",
        "/sys/devices/system/cpu",
    }
    folders |= {path for path in sys.path if path and Path(path, "PIL").is_dir()}  # libraries that PYTHONPATH names
    folders.add(sysconfig.get_config_var("LIBDIR") or "")
    folders |= {*bare_environment().get("LD_LIBRARY_PATH", "").split(":")}
    return sorted(path for path in folders if path and path != "/" and Path(path).exists())


def enter_box(*, reads: Sequence[str] = (), starts_python: bool = False, keeps: Iterable[int] = (0, 1, 2)) -> None:
    """Shut this process in; what is missing here (missing_layers) is left out. Where files may be read it is called by the only thread.

    reads: files and folders that it may read; it may open no other. starts_python: it may start Python, whose processes are in
    the same box. keeps: open files that stay open. Errors: OSError, RuntimeError; then no foreign byte may be read.
    """
    os.environ.clear()
    _close_others(keeps)
    if sys.platform != "linux":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _libc().prctl(_PRCTL_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise _last_error("no new privileges")
    has_filter = _why_no_filter() is None  # loads its library, which Landlock would bar
    if _landlock_version():
        _enter_landlock(reads, starts_python=starts_python)
    if has_filter:
        _enter_filter(reads_files=bool(reads), starts_python=starts_python)


def _close_others(keeps: Iterable[int]) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    first = 0
    for kept in [*sorted(set(keeps)), most if 0 < most < 1 << 20 else 1 << 20]:
        if first < kept:  # closerange(0, 0) closes all
            os.closerange(first, kept)
        first = kept + 1


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    return libc


def _last_error(layer: str) -> OSError:
    code = ctypes.get_errno()
    return OSError(code, f"{layer}: {os.strerror(code)}")


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scope", ctypes.c_uint64)]  # of ctypes


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


@functools.cache
def _landlock_version() -> int:
    """0: none."""
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)))


def _enter_landlock(reads: Sequence[str], *, starts_python: bool) -> None:
    threads = threading.active_count()
    with contextlib.suppress(OSError):  # there is no /proc, or the box around this one does not show it
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208  # no more than names
    if reads and threads > 1:  # where no file may be opened at all the filter says so, and binds all threads
        raise RuntimeError("a box with files is entered by a process of one thread: Landlock would not bind the others")
    version = _landlock_version()
    rights = _FILE_RIGHTS[max(since for since in _FILE_RIGHTS if since <= version)]
    ruleset = _Ruleset(
        files=rights,
        network=_TCP if version >= _NETWORK_SINCE else 0,
        scope=_ABSTRACT_SOCKETS_AND_SIGNALS if version >= _SCOPE_SINCE else 0,
    )
    handle = _libc().syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(ctypes.sizeof(ruleset)), 0)
    if handle < 0:
        raise _last_error("Landlock")
    for path in reads:
        _allow(handle, path, _READ_FILE | (_READ_DIR if Path(path).is_dir() else 0))
    if starts_python:
        _allow(handle, "/dev/null", _READ_FILE | _WRITE_FILE)
        for path in {str(Path(sys.executable).resolve()), *_loaders()}:
            _allow(handle, path, _READ_FILE | _EXECUTE)
        for path in (sys.executable, sys.prefix + "/pyvenv.cfg"):
            with contextlib.suppress(FileNotFoundError):
                _allow(handle, path, _READ_FILE)
    if _libc().syscall(_RESTRICT_SELF, handle, 0):
        raise _last_error("Landlock")
    os.close(handle)


def _loaders() -> list[str]:
    """The programs that the kernel starts a program with: ld.so and its like, which this process was started with too."""
    with contextlib.suppress(OSError):
        mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "/ld" in line}
        return [path for path in mapped if Path(path).name.startswith(("ld-", "ld.", "ld64")) and Path(path).is_file()]
    return []


def _allow(ruleset: int, path: str, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(allowed=rights, folder=folder)
        if _libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0):
            raise _last_error(f"Landlock, {path}")
    finally:
        os.close(folder)


class _Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


@functools.cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_load.argtypes = library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Comparison),
    ]  # fmt: skip
    return library


@functools.cache
def _why_no_filter() -> str | None:
    if _library() is None:
        return "libseccomp.so.2 is not installed (Debian: apt install libseccomp2)"
    if _libc().prctl(_PRCTL_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return "this kernel was built without it"
    return None


class _Filter:
    """Calls that are allowed; all others answer as if the kernel did not have them."""

    def __init__(self) -> None:
        library = _library()
        if library is None:
            raise RuntimeError("libseccomp is gone")
        self._library = library
        self._context = library.seccomp_init(_ERROR | errno.ENOSYS)
        if not self._context:
            raise MemoryError("seccomp")
        self._is_set(library.seccomp_attr_set(self._context, _FILTER_THREADS, 1))
        library.seccomp_attr_set(self._context, _FILTER_OPTIMIZE, 2)  # a tree; libseccomp before 2.5 makes a list

    def add(self, action: int, names: str, *comparisons: tuple[int, int, int, int]) -> None:
        """comparisons: number of the argument, operation, its two values; all must hold."""
        array = (_Comparison * len(comparisons))(*(_Comparison(*comparison) for comparison in comparisons))
        for name in names.split():
            number = self._library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:  # else this machine, or this library, does not know it
                self._is_set(
                    self._library.seccomp_rule_add_array(self._context, action, number, len(comparisons), array)
                )

    def load(self) -> None:
        self._is_set(self._library.seccomp_load(self._context))
        self._library.seccomp_release(self._context)

    def _is_set(self, code: int) -> None:
        if code < 0:
            raise OSError(-code, f"seccomp: {os.strerror(-code)}")


def _enter_filter(*, reads_files: bool, starts_python: bool) -> None:
    rules = _Filter()
    rules.add(_ALLOW, _CALLS)
    rules.add(_ALLOW, "tgkill", (0, _EQUAL, os.getpid(), 0))  # abort() and raise() of itself
    rules.add(_ALLOW, "clone", (0, _MASKED_EQUAL, _THREAD | _NEW_NAMESPACES, _THREAD))
    if reads_files:
        rules.add(_ALLOW, _FILE_CALLS)
        barred = os.O_CREAT | os.O_TRUNC | os.O_ACCMODE  # reading alone
        rules.add(_ALLOW, "openat", (2, _MASKED_EQUAL, barred, 0))
        rules.add(_ALLOW, "open", (1, _MASKED_EQUAL, barred, 0))
    if starts_python:
        rules.add(_ALLOW, _START_CALLS)
        if (
            _landlock_version() >= _SCOPE_SINCE
        ):  # it bars signals to others; a filter can't tell a child from a stranger
            rules.add(_ALLOW, "kill")
            rules.add(_ALLOW, "tgkill", (0, _NOT_EQUAL, os.getpid(), 0))  # children are in this filter too
        rules.add(_ALLOW, "prlimit64", (0, _EQUAL, 0, 0))  # its own limits, never another's
        rules.add(_ALLOW, "clone", (0, _MASKED_EQUAL, _WAITS_FOR_START | _NEW_NAMESPACES, _WAITS_FOR_START))
    else:
        rules.add(_ALLOW, "prlimit64", (2, _EQUAL, 0, 0))  # to read a limit, never to lift one
        rules.add(_ALLOW, "prctl", (0, _EQUAL, 15, 0))  # the name of a thread
        rules.add(_ALLOW, "fcntl", (1, _EQUAL, 3, 0))  # the flags of a file
        rules.add(_ALLOW, "fcntl", (1, _EQUAL, 1, 0))
        rules.add(_ALLOW, "fcntl", (1, _EQUAL, 1030, 0))  # a copy
    rules.add(_KILL, _DEADLY_CALLS)
    rules.load()
