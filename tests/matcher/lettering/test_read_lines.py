"""Words are read in pictures, in a process that can be killed.

Tests: matcher/lettering/read_lines.py, matcher/decoding/lettering_worker.py, matcher/decoding/lettering_child.py.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image, ImageDraw

from ledger.vocabulary import RefusalReason
from matcher.decoding import lettering_worker
from matcher.decoding.lettering_worker import LetteringWorker, lettering_engine
from matcher.decoding.refusals import Refusal
from matcher.lettering.read_lines import _read_here, read_lines
from tests.conftest import png
from tests.matcher.drawings import lettered


def texts(content: bytes) -> list[str]:
    lines = read_lines(content)
    assert not isinstance(lines, Refusal)
    return [line.text for line in lines]


def test_lines_come_from_top_to_bottom_with_their_boxes():
    lines = read_lines(png(lettered("KESTROVA", "Gold Partner", size=(320, 180))))
    assert not isinstance(lines, Refusal)
    assert [line.text for line in lines] == ["KESTROVA", "Gold Partner"]
    first = lines[0]
    assert first.confidence > 0.9
    assert 0 <= first.box.x < 60
    assert first.box.x + first.box.width <= 320
    assert first.box.y < lines[1].box.y


def test_white_letters_on_nothing_are_read():
    assert texts(png(lettered("KESTROVA", ink=(255, 255, 255, 255), ground=(0, 0, 0, 0)))) == ["KESTROVA"]


def test_light_letters_beside_a_dark_mark_are_read_on_dark():
    picture = lettered("KESTROVA", ink=(255, 255, 255, 255), ground=(0, 0, 0, 0), size=(420, 110))
    ImageDraw.Draw(picture).ellipse((330, 10, 410, 90), fill=(10, 10, 60, 255))
    assert texts(png(picture)) == ["KESTROVA"]


def test_boxes_are_in_px_of_the_source():
    lines = read_lines(png(lettered("KESTROVA", size=(1600, 500), height=220)))
    assert not isinstance(lines, Refusal)
    assert lines[0].box.width > 600


def test_a_picture_without_words_has_none():
    assert texts(png(Image.new("RGB", (80, 60), "white"))) == []


def test_what_cannot_be_decoded_is_a_refusal():
    refusal = read_lines(b"no picture")
    assert isinstance(refusal, Refusal)


def test_a_picture_that_takes_too_long_costs_one_refusal(monkeypatch):
    monkeypatch.setattr("matcher.thresholds.LETTERING_CPU_LIMIT_S", 0.001)
    worker = LetteringWorker()
    monkeypatch.setattr(lettering_worker, "_WORKER", worker)
    refusal = _read_here(png(lettered("KESTROVA")))  # as in the box, where no test can change a limit
    worker.close()
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.TOO_SLOW


def test_the_engine_is_named_with_its_version():
    engine = lettering_engine()
    assert engine is not None
    assert engine.startswith("rapidocr 3.")


@pytest.mark.parametrize("module", ["rapidocr", "onnxruntime"])
def test_without_the_extra_there_is_no_engine(module):
    code = (
        "import importlib.util as u\nfind = u.find_spec\n"
        f"u.find_spec = lambda name, *rest: None if name == '{module}' else find(name, *rest)\n"
        "from matcher.decoding.lettering_worker import lettering_engine\nprint(lettering_engine())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "None\n"
