"""The process that recognises images may be killed: one refusal at most, and it never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ledger.vocabulary import RefusalReason
from matcher.brands.official_logos import write_brand
from matcher.recognition_process import WAITING_BYTES, Recogniser
from tests.conftest import png


@pytest.fixture
def brand(tmp_path: Path, logo_png: bytes):
    (tmp_path / "acme.png").write_bytes(logo_png)
    return write_brand(tmp_path / "acme", name="Acme", aliases=[], domains=[], logo_files=[tmp_path / "acme.png"])


def worker_of(recogniser: Recogniser) -> int:
    process = recogniser._workers[0]._process
    assert process is not None
    return process.pid


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


def test_an_image_that_needs_too_much_is_refused_and_the_next_one_is_judged(brand, logo_png):
    ring = np.abs(np.indices((1200, 1200)) - 600).max(axis=0)  # frames in each other, of which many are looked into
    frames = png(Image.fromarray(((ring // 10 % 2) * 255).astype(np.uint8)))
    with Recogniser([brand], processor_s=0.2) as recogniser:
        refusal = recogniser.recognise(frames).refusal
        assert refusal is not None
        assert refusal.reason is RefusalReason.TOO_SLOW
        assert refusal.detail == "needs more than 0.2 s of processor time"
        assert recogniser.recognise(logo_png).matches


def test_a_worker_that_is_kept_waiting_refuses_nothing(brand, logo_png):
    with Recogniser([brand], processor_s=0.2) as recogniser:
        recogniser.recognise(logo_png)
        worker = worker_of(recogniser)
        os.kill(worker, signal.SIGSTOP)  # as a busy machine does, only more so
        threading.Timer(1.5, os.kill, (worker, signal.SIGCONT)).start()
        assert recogniser.recognise(logo_png).matches
        assert worker_of(recogniser) == worker


def test_images_come_back_in_their_order_from_two_processes(brand, logo_png):
    blank = png(Image.new("RGB", (90, 60), "white"))
    large = png(Image.fromarray(np.random.default_rng(1).integers(0, 255, (700, 700), np.uint8)))  # takes longer
    contents = [large, logo_png, blank, large, logo_png, logo_png, blank, large, logo_png]
    with Recogniser([brand], processes=2, images_a_start=2) as recogniser:
        several = list(recogniser.recognise_each(iter(contents)))
        assert all(worker._process is not None for worker in recogniser._workers)
        assert several == [recogniser.recognise(content) for content in contents]


def test_of_several_images_the_one_that_kills_its_process_is_refused(brand, logo_png):
    ring = np.abs(np.indices((1200, 1200)) - 600).max(axis=0)
    frames = png(Image.fromarray(((ring // 10 % 2) * 255).astype(np.uint8)))
    with Recogniser([brand], processor_s=0.2, processes=2, images_a_start=1) as recogniser:
        looks = list(recogniser.recognise_each([logo_png, logo_png, frames, logo_png, logo_png]))
    assert [look.refusal.reason if look.refusal else len(look.matches) for look in looks] == [
        1,
        1,
        RefusalReason.TOO_SLOW,
        1,
        1,
    ]


def test_large_images_and_small_ones_come_back_in_their_order(brand, logo_png):
    noise = np.random.default_rng(2).integers(0, 255, (400, 400), np.uint8)
    large = png(Image.fromarray(noise))  # more than the pipe takes while another is looked at
    assert len(large) > WAITING_BYTES
    contents = [large, logo_png, large, large, logo_png, logo_png, large]
    with Recogniser([brand]) as recogniser:
        looks = list(recogniser.recognise_each(contents))
        assert looks == [recogniser.recognise(content) for content in contents]


def test_a_process_that_dies_while_an_image_waits_looks_at_both_again(brand, logo_png):
    blank = png(Image.new("RGB", (90, 60), "white"))
    with Recogniser([brand]) as recogniser:
        recogniser.recognise(logo_png)
        os.kill(worker_of(recogniser), signal.SIGSTOP)
        threading.Timer(0.5, os.kill, (worker_of(recogniser), signal.SIGKILL)).start()
        looks = list(recogniser.recognise_each([logo_png, blank, logo_png]))
    assert [len(look.matches) for look in looks] == [1, 0, 1]


def test_no_images_start_no_process(brand):
    with Recogniser([brand], processes=2) as recogniser:
        assert list(recogniser.recognise_each([])) == []
        assert recogniser._workers[0]._process is None


def test_the_worker_ends_when_its_parent_is_killed(brand, tmp_path, logo_png):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\nfrom pathlib import Path\nfrom matcher.brands.official_logos import load_brand\n"
        "from matcher.recognition_process import Recogniser\n"
        "if __name__ == '__main__':\n"
        "    r = Recogniser([load_brand(Path(sys.argv[1]))])\n    r.recognise(Path(sys.argv[2]).read_bytes())\n"
        "    print(r._workers[0]._process.pid, flush=True)\n    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, script, tmp_path / "acme", tmp_path / "acme.png"], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    for _ in range(600):
        if not Path(f"/proc/{worker}").exists() or "State:\tZ" in Path(f"/proc/{worker}/status").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the worker is still there after a minute")
