"""An attacker's code runs in each of our processes that read foreign bytes, tries everything, and gets nothing.

Tests: ledger/boxes/boxed_process.py, matcher/decoding/worker_child.py, crawler/reading/document_child.py.
"""

from __future__ import annotations

import functools
import json
import os
import runpy
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.boxes import box
from ledger.boxes.boxed_calls import BoxedCallError, BoxedCalls, Limits
from matcher.decoding.refusals import Refusal
from matcher.decoding.worker import Worker
from tests.hostile import planted

ROOT = Path(__file__).parents[3]
WORKER_CHILD = ROOT / "matcher" / "decoding" / "worker_child.py"
needs_layers = pytest.mark.skipif(bool(box.missing_layers()), reason="; ".join(box.missing_layers()))


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """What there is to be had: a database, a key, a server, sockets, this process and its environment."""
    monkeypatch.setenv("PARTNERPROOF_SECRET", "of-alerts")
    with sqlite3.connect(tmp_path / "partnerproof.db") as database:
        database.execute("CREATE TABLE cases (secret TEXT)")
    (tmp_path / "seal.key").write_text("the key")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        with socket.socket(socket.AF_UNIX) as abstract:
            abstract.bind(f"\0planted-{os.getpid()}")
            abstract.listen()
            yield {
                "database": str(tmp_path / "partnerproof.db"), "key": str(tmp_path / "seal.key"), "folder": str(tmp_path),
                "unix": str(tmp_path / "socket"), "abstract": f"planted-{os.getpid()}", "port": server.getsockname()[1],
                "parent": os.getpid(),
            }  # fmt: skip


def attack_a_decoder(target: dict[str, object]) -> str:
    worker = Worker(str(ROOT / "tests" / "hostile" / "planted.py"), 200_000_000)
    worker._command.append(str(WORKER_CHILD))
    try:
        answer = worker.ask(json.dumps(target).encode())
    finally:
        worker.close()
    assert not isinstance(answer, Refusal), answer
    return answer.decode()


def attack_the_pdf_reader(target: dict[str, object]) -> str:
    """Its library is one that runs the attacker's code, as a PDF would make it."""
    folder = Path(str(target["folder"])) / "library"
    (folder / "pypdfium2").mkdir(parents=True)
    (folder / "pypdfium2" / "raw.py").touch()
    (folder / "pypdfium2" / "__init__.py").write_text(
        "import json\nfrom tests.hostile.planted import attack, load\nload()\nPdfPage = PdfObject = PdfImage = PdfTextPage = object\n"
        "class PdfiumError(Exception): pass\n"
        "class PdfDocument:\n    def __init__(self, content): self.outcomes = attack(content).decode()\n    def __len__(self): return 0\n"
        "    def get_metadata_value(self, name): return OUTCOMES(self.outcomes)\n"
        "class OUTCOMES(str):\n    def __str__(self): return self\n    def __getitem__(self, key): return str.__str__(self)\n"
    )
    child = ROOT / "crawler" / "reading" / "document_child.py"
    script = (
        f"import runpy, sys; sys.path[:0] = {[str(folder), str(ROOT)]!r}; sys.argv[1:] = ['20', '2000000000', '30']\n"
        f"runpy.run_path({str(child)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], input=json.dumps(target).encode(), capture_output=True, check=False,
        timeout=60, env=box.bare_environment(),
    )  # fmt: skip
    shutil.rmtree(folder)
    return str(json.loads(done.stdout.splitlines()[0])["title"])


def attack_calls(target: dict[str, object], *, starts_python: bool) -> str:
    calls = BoxedCalls(Limits(clock_s=60), prepare=planted.load, starts_python=starts_python)
    try:
        return calls.call(planted.attack_in_words, json.dumps(target | {"pipes": 1}).encode())
    finally:
        calls.close()


ATTACKED = {
    "decoder": attack_a_decoder,
    "PDF reader": attack_the_pdf_reader,
    "page reader": functools.partial(attack_calls, starts_python=False),
    "recognition": functools.partial(attack_calls, starts_python=True),
}


@needs_layers
@pytest.mark.parametrize("process", ATTACKED)
def test_planted_code_gets_nothing(process: str, target: dict[str, object]) -> None:
    outcomes = json.loads(ATTACKED[process](target))
    got = {name for name, outcome in outcomes.items() if not outcome.startswith("stopped: ")}
    # recognition starts decoders: Python, which is in the same box
    assert got == (planted.STARTS_PYTHON if process == "recognition" else set()), outcomes
    assert len(outcomes) > 35
    assert Path(str(target["key"])).read_text() == "the key"
    assert sorted(path.name for path in Path(str(target["folder"])).iterdir()) == [
        "partnerproof.db",
        "seal.key",
        "socket",
    ]


def test_outside_a_box_the_same_code_gets_a_lot(target: dict[str, object]) -> None:
    quiet = {
        "read a key",
        "connect by TCP",
        "connect to a socket",
        "see the environment",
        "signal the parent",
        "read the parent's maps",
    }
    outcomes = {name: planted._outcome(attempt) for name, attempt in planted.tries(target).items() if name in quiet}
    assert all(outcome.startswith("GOT") for outcome in outcomes.values()), outcomes


@needs_layers
@pytest.mark.parametrize("name", ["ptrace", "process_vm_readv", "bpf", "unshare", "keyctl", "io_uring_setup"])
def test_a_call_that_only_an_attack_makes_ends_the_process(name: str) -> None:
    calls = BoxedCalls(Limits(clock_s=60), prepare=planted.load, starts_python=False)
    try:
        with pytest.raises(BoxedCallError, match=box.FORBIDDEN_CALL):
            calls.call(planted.make_deadly_call, name)
    finally:
        calls.close()


def test_the_address_space_is_known_without_proc() -> None:
    child = runpy.run_path(str(WORKER_CHILD))
    assert abs(child["_try_address_space"]() - child["_used_address_space"]()) < 4_000_000


def test_a_child_starts_with_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERPROOF_ALERT_MAIL", "password")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    environment = box.bare_environment(ONE="more")
    assert environment["OPENBLAS_CORETYPE"] == "Haswell"
    assert set(environment) <= {
        "MALLOC_ARENA_MAX",
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_CORETYPE",
        "LD_LIBRARY_PATH",
        "PYTHONPATH",
        "PYTHONHOME",
        "ONE",
    }


def test_folders_of_the_program_hold_no_data_of_a_workspace() -> None:
    folders = [Path(folder).resolve() for folder in box.program_folders()]
    for private in (
        Path.home(),
        Path("/etc"),
        ROOT / "data" / "var",
        ROOT / "data",
        Path("/proc"),
        Path("/var"),
        Path("/tmp"),  # noqa: S108
    ):
        assert not any(private.resolve().is_relative_to(folder) for folder in folders), private
