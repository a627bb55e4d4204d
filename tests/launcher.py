"""Starts the program for tests: every run is a process of its own, forked from one that has imported it and run nothing.

To import takes longer than most commands take, as does compiling the shipped word lists. What is forked has no threads, no reactor
and no open file, so that a run is what `python -m partnerproof` would be; tests/partnerproof/test_cli.py starts it from nothing.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_LOCK = threading.Lock()
_SERVER: list[subprocess.Popen[str]] = []


def launch(arguments: Sequence[str], *, cwd: Path | None, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run `partnerproof ARGUMENTS` to its end. Errors: TimeoutExpired, when it was ended for taking too long."""
    if not _LOCK.acquire(blocking=False):  # a test runs two at once
        command = [sys.executable, "-m", "partnerproof", *arguments]
        return subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True, timeout=timeout_s)
    try:
        with tempfile.TemporaryDirectory() as made:
            out, err = Path(made) / "out", Path(made) / "err"
            asked = {"arguments": list(arguments), "cwd": str(cwd or Path.cwd()), "environment": dict(os.environ), "out": str(out), "err": str(err)}  # fmt: skip
            code = _ask(asked, timeout_s)
            told = (path.read_text(encoding="utf-8", errors="replace") for path in (out, err))
            return subprocess.CompletedProcess(["partnerproof", *arguments], code, *told)
    finally:
        _LOCK.release()


def _ask(asked: Mapping[str, Any], timeout_s: float) -> int:
    if not _SERVER or _SERVER[0].poll() is not None:
        command = [sys.executable, "-m", "tests.launcher"]
        _SERVER[:] = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)]
    server = _SERVER[0]
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    pid = int(server.stdout.readline())
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        os.kill(pid, signal.SIGKILL)

    timer = threading.Timer(timeout_s, end)
    timer.start()
    code = int(server.stdout.readline())
    timer.cancel()
    if is_late.is_set():
        raise subprocess.TimeoutExpired(asked["arguments"], timeout_s)
    return code


def close() -> None:
    """End the process that others are forked from."""
    while _SERVER:
        server = _SERVER.pop()
        server.communicate()


def _serve() -> dict[str, Any] | None:
    """Fork for each request; returns the request in a process that is to run it, None in the one that serves at its end."""
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            answers.close()
            asked: dict[str, Any] = json.loads(line)
            return asked
        answers.write(f"{pid}\n")
        answers.flush()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answers.write(f"{code}\n")
        answers.flush()
    return None


def _become(asked: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["cwd"])
    for number, path, flags in (
        (0, "/dev/null", os.O_RDONLY),
        (1, asked["out"], os.O_WRONLY),
        (2, asked["err"], os.O_WRONLY),
    ):
        opened = os.open(path, flags | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["partnerproof", *asked["arguments"]]
    runpy.run_module("partnerproof", run_name="__main__", alter_sys=True)


def _import_all() -> None:
    from partnerproof.cli.verbs import VERBS

    for name in sorted(VERBS):
        importlib.import_module(f"partnerproof.cli.{name.replace('-', '_')}")
    for name in (
        "crawler.wire.middlewares",
        "crawler.pipelines",
        "crawler.wire.tls",
        "crawler.wire.addresses",
        "matcher.recognition_process",
        "scrapy.core.downloader.handlers.http11",
    ):
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
    _import_parts_of_scrapy()
    _prepare_what_is_always_the_same()
    gc.collect()
    gc.freeze()  # so that no run looks through all of it for garbage
    # which reactor it is, is decided by each run
    assert "twisted.internet.reactor" not in sys.modules
    assert threading.active_count() == 1


def _import_parts_of_scrapy() -> None:
    """What Scrapy loads by the names in its settings."""
    from scrapy.settings import default_settings

    by_name = (
        default_settings.EXTENSIONS_BASE,
        default_settings.DOWNLOADER_MIDDLEWARES_BASE,
        default_settings.SPIDER_MIDDLEWARES_BASE,
    )
    for name in (name for names in by_name for name in names):
        importlib.import_module(name.rpartition(".")[0])
    for name in ("dupefilters", "logformatter", "pqueues", "squeues"):
        importlib.import_module(f"scrapy.{name}")


def _prepare_what_is_always_the_same() -> None:
    """What the program compiles once in each process, from files and types that no test changes."""
    from casebook.verdicts.logo_relations import shipped_relation_words
    from crawler.reading import reading_pool
    from ledger.boxes.boxed_calls import _answer_type
    from ledger.boxes.typed_answers import _adapter
    from ledger.domains import registrable_domain
    from ledger.lexicon import Lexicon
    from matcher.logo_matcher import Recognition
    from matcher.words.grammar import grammars_of

    registrable_domain("acme.example")
    shipped_relation_words()
    lexicon = Lexicon.load()
    for language in (None, "en", "de"):
        grammars_of(lexicon).of(language)
    for table in ("pages", "sections", "health"):
        lexicon.words(table)
    for function in (reading_pool.read_here, reading_pool._read_images, reading_pool.read_whole_here):
        _adapter(_answer_type(function))
    _adapter(Recognition)


if __name__ == "__main__":
    _import_all()
    request = _serve()
    if request is not None:
        _become(request)
