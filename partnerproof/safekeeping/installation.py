"""The health of this machine for partnerproof: extras, Chromium, fonts, openssl, the layers of the boxes.

Reads: what is installed. Writes: nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from crawler.drawing.browser import Browser, BrowserOptions, Fetched, RenderFailedError, find_executable
from crawler.drawing.browser_user import try_browser
from ledger.boxes.box_check import check_box
from ledger.extras import how_to_install

TIMEOUT_S = 30
EXTRAS = (  # name, module, what is left out without it
    ("alerts", "apprise", "alerts to chat services"),
    ("anchor", "fsspec", "anchors in stores"),
    ("cluster", "distributed", "crawls on several workers, shards in stores"),
    ("cluster", "distributed", "crawls on several workers"),
    ("heic", "pillow_heif", "HEIC images"),
    ("lake", "duckdb", "questions to many crawls at once"),
    ("lake", "duckdb", "many shards asked as one, in Parquet"),
    ("ocr", "rapidocr", "words in images"),
    ("oidc", "authlib", "a company's login"),
    ("pdf", "pypdfium2", "PDF files, read and written"),
    ("xlsx", "openpyxl", "registers and lists in XLSX"),
)
SCRIPTS = (("zh", "Chinese"), ("ja", "Japanese"), ("ko", "Korean"), ("ar", "Arabic"))


class State(StrEnum):
    """What came of looking at a part."""

    OK = "ok"
    NOT_SET_UP = "not set up"  # nothing is wrong; something more could be had
    NOT_CHECKED = "not checked"  # it could not be looked at
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one part. advice: what to do; empty: nothing."""

    part: str
    state: State
    detail: str
    advice: str = ""


def look_at_machine(browser: str | None, browser_user: str | None) -> Iterator[Finding]:
    """Yield what is found. browser, browser_user: as the configuration names them."""
    yield from _box()
    yield _chromium(browser, browser_user)
    yield _fonts()
    yield _openssl()
    for name, module, what in EXTRAS:
        if find_spec(module) is None:
            yield Finding(part=f"extra {name}", state=State.NOT_SET_UP, detail=f"{what}: left out", advice=how_to_install(name))  # fmt: skip
        else:
            yield Finding(part=f"extra {name}", state=State.OK, detail=what)


_PAGE = "http://doctor.example/"


def _box() -> Iterator[Finding]:
    with tempfile.NamedTemporaryFile(prefix="partnerproof-doctor-") as own:
        check = check_box(Path(own.name))
    for layer in check.missing:
        name, _, detail = layer.partition(": ")
        yield Finding(part=f"box, {name}", state=State.PROBLEM, detail=detail, advice="use a kernel and a libseccomp that have it; what is left of the box works")  # fmt: skip
    if not check.missing:
        detail = "empty environment, no new privileges, Landlock, seccomp"
        yield Finding(part="box, layers", state=State.OK, detail=detail)
    if check.got_through:
        detail = f"a process in it could {', '.join(check.got_through)}"
        yield Finding(part="box, tried", state=State.PROBLEM, detail=detail, advice="crawl strangers' pages on another machine until it holds")  # fmt: skip
    else:
        detail = "it could read and write no file of yours, reach no network, start no program, touch no other process"
        yield Finding(part="box, tried", state=State.OK, detail=detail)


def _chromium(browser: str | None, user: str | None) -> Finding:
    executable = find_executable(browser)
    if find_spec("playwright") is None or executable is None:
        return Finding(
            part="Chromium", state=State.NOT_SET_UP, detail="pages that scripts draw are not drawn, and no pictures made",
            advice=f"{how_to_install('browser')}, and install the system's Chromium",
        )  # fmt: skip
    why = try_browser(executable, user) or asyncio.run(_draw_page(BrowserOptions(executable=executable, user=user)))
    if why is not None:
        return Finding(part="Chromium", state=State.PROBLEM, detail=why)
    return Finding(part="Chromium", state=State.OK, detail="draws a page in its own sandbox, not as root, with an empty environment")  # fmt: skip


async def _draw_page(options: BrowserOptions) -> str | None:
    """Draw a page of our own as a crawl draws one; returns why that can't be done, or None."""

    async def fetch(url: str, kind: str) -> Fetched | None:
        return (
            Fetched(status=200, headers=(("content-type", "text/html"),), body=b"<p>a page</p>")
            if url == _PAGE
            else None
        )

    browser = Browser(options)
    try:
        await browser.render(_PAGE, fetch)
    except RenderFailedError as error:
        return f"no page could be drawn: {error}"
    finally:
        await browser.close()
    return None


def _fonts() -> Finding:
    program = shutil.which("fc-list")
    if program is None:
        return Finding(part="fonts", state=State.NOT_CHECKED, detail="fc-list (fontconfig) is not installed")
    lacking = []
    for language, script in SCRIPTS:
        found = _run([program, f":lang={language}", "family"])
        if found is None:
            return Finding(part="fonts", state=State.NOT_CHECKED, detail="fc-list gave no answer")
        if not found.strip():
            lacking.append(script)
    if lacking:
        detail = f"none for {', '.join(lacking)}: pages in it are drawn with boxes for letters"
        return Finding(part="fonts", state=State.NOT_SET_UP, detail=detail, advice="Debian: apt install fonts-noto-cjk fonts-noto-core")  # fmt: skip
    return Finding(part="fonts", state=State.OK, detail=f"also for {', '.join(script for _, script in SCRIPTS)}")


def _openssl() -> Finding:
    program = shutil.which("openssl")
    version = _run([program, "version"]) if program else None
    if version is None:
        return Finding(part="openssl", state=State.PROBLEM, detail="not there: timestamps can't be verified", advice="install openssl")  # fmt: skip
    return Finding(part="openssl", state=State.OK, detail=version.strip())


def _run(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
