"""Runs a script as on a kernel that refuses a layer of the box: a filter answers in its stead. Arguments: what is refused, the script's.

It is run in a process of its own; what it starts is under the same filter.
"""

from __future__ import annotations

import ctypes
import errno
import runpy
import sys

from ledger.boxes.box import _Comparison, _library

_ALLOW, _ERROR, _EQUAL = 0x7FFF0000, 0x00050000, 4
_GET_SECCOMP, _MASKED_EQUAL, _NEW_USER = 21, 7, 0x10000000


def refuse(what: str) -> None:
    """what: landlock, seccomp, or namespaces (of users)."""
    library = _library()
    assert library is not None
    context = library.seccomp_init(_ALLOW)
    if what == "landlock":
        number = library.seccomp_syscall_resolve_name(b"landlock_create_ruleset")
        code = library.seccomp_rule_add_array(context, _ERROR | errno.ENOSYS, number, 0, None)
    elif what == "namespaces":
        new = (_Comparison * 1)(_Comparison(0, _MASKED_EQUAL, _NEW_USER, _NEW_USER))
        for name in (b"unshare", b"clone"):
            number = library.seccomp_syscall_resolve_name(name)
            assert library.seccomp_rule_add_array(context, _ERROR | errno.EPERM, number, 1, new) == 0
        number = library.seccomp_syscall_resolve_name(b"clone3")
        code = library.seccomp_rule_add_array(context, _ERROR | errno.ENOSYS, number, 0, None)
    else:
        number = library.seccomp_syscall_resolve_name(b"prctl")
        asks = (_Comparison * 1)(_Comparison(0, _EQUAL, _GET_SECCOMP, 0))
        code = library.seccomp_rule_add_array(context, _ERROR | errno.EINVAL, number, 1, asks)
    assert code == 0
    assert library.seccomp_load(ctypes.c_void_p(context)) == 0


if __name__ == "__main__":
    refuse(sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
