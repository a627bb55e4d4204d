"""The process that recognises images may be killed: one refusal at most, and it never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.vocabulary import RefusalReason
from matcher.brands.official_logos import write_brand
from matcher.recognition_process import Recogniser


@pytest.fixture
def brand(tmp_path: Path, logo_png: bytes):
    (tmp_path / "acme.png").write_bytes(logo_png)
    return write_brand(tmp_path / "acme", name="Acme", aliases=[], domains=[], logo_files=[tmp_path / "acme.png"])


def worker_of(recogniser: Recogniser) -> int:
    assert recogniser._pool is not None
    return next(iter(recogniser._pool._processes))


def test_a_worker_that_was_killed_is_replaced(brand, logo_png):
    with Recogniser([brand]) as recogniser:
        assert [m.brand for m in recogniser.recognise(logo_png).matches] == ["acme"]
        os.kill(worker_of(recogniser), signal.SIGKILL)
        time.sleep(0.2)
        assert [m.brand for m in recogniser.recognise(logo_png).matches] == ["acme"]


def test_rubbish_is_a_refusal_and_the_next_image_is_judged(brand, logo_png):
    with Recogniser([brand]) as recogniser:
        refusal = recogniser.recognise(b"\x89PNG\r\n\x1a\nrubbish").refusal
        assert refusal is not None
        assert refusal.reason is RefusalReason.BROKEN
        assert recogniser.recognise(logo_png).matches


def test_the_worker_ends_when_its_parent_is_killed(brand, tmp_path, logo_png):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\nfrom pathlib import Path\nfrom matcher.brands.official_logos import load_brand\n"
        "from matcher.recognition_process import Recogniser\n"
        "if __name__ == '__main__':\n"
        "    r = Recogniser([load_brand(Path(sys.argv[1]))])\n    r.recognise(Path(sys.argv[2]).read_bytes())\n"
        "    print(next(iter(r._pool._processes)), flush=True)\n    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, script, tmp_path / "acme", tmp_path / "acme.png"], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    for _ in range(50):
        if not Path(f"/proc/{worker}").exists() or "State:\tZ" in Path(f"/proc/{worker}/status").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the worker is still there after 5 s")
