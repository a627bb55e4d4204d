"""As whom Chromium runs: never as root, with a reason where that can't be.

Tests: crawler/drawing/browser_child.py. That a browser runs so: test_browser.py.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from crawler.drawing import browser_child
from crawler.drawing.browser import why_no_browser
from crawler.drawing.browser_user import prepare_start, why_no_user

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")


@as_root
@pytest.mark.parametrize(
    ("named", "why"),
    [
        (None, None),
        ("nobody", None),
        ("root", "browser_user: 'root' is root, for whom Chromium's sandbox does not run; name another account, or leave it empty"),
        ("nobody-here", "browser_user: no account of the name 'nobody-here' on this machine; name one that is there, or leave it empty"),
    ],
)  # fmt: skip
def test_root_starts_it_as_somebody_else_or_says_why_not(named, why):
    assert why_no_user(named) == why


@as_root
def test_a_folder_that_others_may_not_enter_is_named(tmp_path, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    assert (why_no_user(None) or "").endswith(
        f"who may not enter {closed}; set TMPDIR to a folder that all may enter, as /tmp"
    )


@as_root
def test_who_may_become_nobody_else_is_told_to_run_as_another_user():
    number = str(pwd.getpwnam("nobody").pw_uid)
    command = ["setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid", sys.executable, "-I"]
    ended = subprocess.run([*command, browser_child.__file__, number, number, "/tmp"], check=False)  # noqa: S108
    assert ended.returncode == browser_child.NOT_ALLOWED


@as_root
def test_what_is_started_has_the_other_user_an_empty_environment_and_its_profile(tmp_path, monkeypatch):
    monkeypatch.setenv("PARTNERPROOF_SECRET", "password")
    profile = Path(tempfile.mkdtemp(prefix="profile-"))
    program = "import os, sys; print(os.getresuid(), os.getgroups(), sorted(os.environ), os.access(sys.argv[2].split('=')[1], os.W_OK))"
    script = profile.parent / f"{profile.name}.py"
    script.write_text(program)
    try:
        with prepare_start("/usr/bin/env", "nobody") as start:
            command = [
                start.executable,
                "python3",
                str(script),
                f"--user-data-dir={profile}",
                f"--user-data-dir={profile}",
            ]
            said = subprocess.run(command, env=start.environment, capture_output=True, text=True, check=True).stdout
            prepared = Path(start.executable)
            assert prepared.exists()
    finally:
        script.unlink()
        profile.rmdir()
    number = pwd.getpwnam("nobody").pw_uid
    assert said.startswith(f"({number}, {number}, {number}) []")
    assert "SECRET" not in said
    assert said.rstrip().endswith("True")
    assert not prepared.exists()


DRAWS = """
import asyncio
from crawler.drawing.browser import Browser, RenderFailedError

async def draw():
    browser = Browser()
    try:
        await browser.render("http://vendor.example/", None)
    except RenderFailedError as error:
        print(error)
    finally:
        await browser.close()

asyncio.run(draw())
"""


@pytest.mark.skipif(why_no_browser() is not None, reason=f"no browser here: {why_no_browser()}")
def test_where_the_system_refuses_chromiums_sandbox_the_page_says_what_to_do(tmp_path):
    if Path("/usr/lib/chromium/chrome-sandbox").exists():
        pytest.skip("chromium-sandbox needs no namespaces of users")
    (tmp_path / "draws.py").write_text(DRAWS)
    root = Path(__file__).parents[3]
    command = [
        sys.executable,
        str(root / "tests" / "ledger" / "refusing_kernel.py"),
        "namespaces",
        str(tmp_path / "draws.py"),
    ]
    environment = {"PYTHONPATH": str(root), "PATH": os.environ["PATH"]}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert ended.stdout.startswith("Chromium finds no sandbox: the system refuses user namespaces; allow them"), ended
