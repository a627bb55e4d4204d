"""Becomes Chromium as another user. Run by browser_user.py, as root: Chromium's own sandbox does not run for root.

It knows no module of ours. Arguments: numbers of user and group, the executable, then Chromium's own; or, instead of these, a folder:
then it ends with NOT_ALLOWED or CLOSED where it may become no other user, or that user may not enter the folder, else with 0.
"""

from __future__ import annotations

import os
import sys

NOT_ALLOWED, CLOSED = 3, 4
_PROFILE = "--user-data-dir="


def main(user: int, group: int, path: str, *arguments: str) -> int:
    for argument in arguments:
        if argument.startswith(_PROFILE):  # a new folder of Playwright's, and empty
            os.chown(argument.removeprefix(_PROFILE), user, group, follow_symlinks=False)
            os.environ["HOME"] = argument.removeprefix(_PROFILE)
    try:
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    except OSError:
        return NOT_ALLOWED
    if not arguments:
        return 0 if os.access(path, os.X_OK) else CLOSED
    os.chdir("/")
    os.umask(0o077)
    return os.execv(path, [path, *arguments])  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
