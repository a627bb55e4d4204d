"""As whom Chromium runs, and with which environment: never as root, as its own sandbox does not run for root.

1. Who is not root starts Chromium as it is; its sandbox is never turned off.
2. Root starts it as the user that the configuration names; without a name, as a number that no account has, so that it shares
   nothing with any other process (61184..65519 is what systemd takes for the same purpose).
3. Where that can't be done, no page is drawn, and the reason says what to do.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.drawing.browser_child import CLOSED, NOT_ALLOWED

TRY_S = 60.0
_NUMBERS = range(61_184, 65_520)
_HELD_FOR_ALL = 0o755
# Chromium on Debian is a shell script; fonts and dates of pages do not follow the operator's language
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
_CHILD = Path(__file__).with_name("browser_child.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserStart:
    """What is started, with which environment."""

    executable: str
    environment: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    user: int
    group: int


def why_no_user(named: str | None) -> str | None:
    """Return why root can start no browser as another user, or None."""
    if os.geteuid() != 0:
        return None
    try:
        numbers = _numbers(named)
    except KeyError:
        return (
            f"browser_user: no account of the name {named!r} on this machine; name one that is there, or leave it empty"
        )
    if numbers.user == 0:
        return f"browser_user: {named!r} is root, for whom Chromium's sandbox does not run; name another account, or leave it empty"
    folder = tempfile.gettempdir()
    command = [sys.executable, "-I", str(_CHILD), str(numbers.user), str(numbers.group), folder]
    code = subprocess.run(command, check=False, env=dict(_ENVIRONMENT), cwd="/").returncode
    if code == NOT_ALLOWED:
        return (
            "Chromium's sandbox does not run for root, and this process may become no other user (CAP_SETUID, CAP_SETGID); "
            "run partnerproof as another user"
        )
    if code == CLOSED:
        return f"root starts Chromium as another user, who may not enter {folder}; set TMPDIR to a folder that all may enter, as /tmp"
    return None if code == 0 else f"Chromium could not be prepared: {_CHILD.name} ended with {code}"


def try_browser(executable: str, named: str | None) -> str | None:
    """Start Chromium once, as pages are drawn with it; return why it does not run in its sandbox, or None."""
    if (why := why_no_user(named)) is not None:
        return why
    with (
        tempfile.TemporaryDirectory(prefix="partnerproof-profile-") as profile,
        prepare_start(executable, named) as start,
    ):
        command = [
            start.executable,
            f"--user-data-dir={profile}",
            "--headless",
            "--disable-gpu",
            "--dump-dom",
            "about:blank",
        ]
        try:
            ended = subprocess.run(
                command, env=start.environment, cwd="/", capture_output=True, text=True, errors="replace", check=False,
                timeout=TRY_S,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"Chromium did not start within {TRY_S:g} s"
    if ended.returncode == 0 and "<html" in ended.stdout:
        return None
    if "sandbox" in ended.stderr.lower():
        return (
            "Chromium finds no sandbox: the system refuses user namespaces; allow them (sysctl kernel.unprivileged_userns_clone=1, "
            "an AppArmor profile for Chromium, or in a container its seccomp profile), or install Debian's chromium-sandbox"
        )
    return f"Chromium could not be started (exit code {ended.returncode})"


@contextlib.contextmanager
def prepare_start(executable: str, named: str | None) -> Iterator[BrowserStart]:
    """Give what starts a browser, for as long as it runs. Errors: OSError, KeyError; see why_no_user."""
    if os.geteuid() != 0:
        with tempfile.TemporaryDirectory(prefix="partnerproof-browser-") as home:
            yield BrowserStart(executable=executable, environment={**_ENVIRONMENT, "HOME": home})
        return
    numbers = _numbers(named)
    command = [sys.executable, "-I", str(_CHILD), str(numbers.user), str(numbers.group), executable]
    with tempfile.TemporaryDirectory(prefix="partnerproof-browser-") as folder:
        Path(folder).chmod(_HELD_FOR_ALL)
        start = Path(folder) / "chromium"
        start.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        start.chmod(_HELD_FOR_ALL)
        yield BrowserStart(executable=str(start), environment=dict(_ENVIRONMENT))


def _numbers(named: str | None) -> _Numbers:
    if named:
        account = pwd.getpwnam(named)
        return _Numbers(user=account.pw_uid, group=account.pw_gid)
    taken = {account.pw_uid for account in pwd.getpwall()}
    number = random.choice([number for number in _NUMBERS if number not in taken])  # noqa: S311  # no secret
    return _Numbers(user=number, group=number)
