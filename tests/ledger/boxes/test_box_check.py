"""What a box holds back is tried; a layer that the kernel refuses is told in one line, and the others hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.boxes.box import describe_missing, missing_layers
from ledger.boxes.box_check import check_box

ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, sys
from pathlib import Path
from ledger.boxes.box import describe_missing
from ledger.boxes.box_check import check_box
from matcher.decoding.svg_worker import render_svg
from matcher.decoding.svg_cleaning import clean_svg
drawn = render_svg(clean_svg(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'))
check = check_box(Path(sys.argv[1]))
print(json.dumps([describe_missing(), check.missing, check.got_through, drawn[:4] == b"\\x89PNG"]))
"""


@pytest.mark.skipif(bool(missing_layers()), reason="; ".join(missing_layers()))
def test_here_nothing_gets_through(tmp_path):
    (tmp_path / "mine").touch()
    assert check_box(tmp_path / "mine").is_whole
    assert describe_missing() is None
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.skipif(bool(missing_layers()), reason="; ".join(missing_layers()))
@pytest.mark.parametrize(
    ("refused", "line", "sentence", "got_through"),
    [
        (
            "landlock",
            "foreign files are read in a box that lacks a layer here: Landlock; `partnerproof doctor` says what to do",
            "Landlock: this kernel has it not or has it switched off; needs Linux 5.13 and `landlock` among the kernel's lsm=",
            # the process that starts decoders opens files and starts programs, which Landlock alone limits to its own
            {"read a file of yours", "start a program", "read another process's memory"},
        ),
        (
            "seccomp",
            "foreign files are read in a box that lacks a layer here: seccomp; `partnerproof doctor` says what to do",
            "seccomp: this kernel was built without it",
            {"open a network socket"},  # a socket, which Landlock lets connect to nothing
        ),
    ],
)  # fmt: skip
def test_a_refused_layer_is_told_and_the_others_hold(tmp_path, refused, line, sentence, got_through):
    (tmp_path / "mine").touch()
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, str(ROOT / "tests" / "ledger" / "refusing_kernel.py"), refused]
    ended = subprocess.run(
        [*command, tmp_path / "script.py", tmp_path / "mine"], cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told, missing, through, is_drawn = json.loads(ended.stdout)
    assert (told, missing) == (line, [sentence])
    assert set(through) == got_through
    assert is_drawn
