"""Every image of tests/hostile/ goes through decode_image in a fresh process that is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import made_once
from tests.hostile.images import HARMLESS, HOSTILE, write_all

ROOT = Path(__file__).parents[3]
MAX_CPU_S = 2.0
# Processor time is what a picture costs, and what ends it; the clock also counts what else the machine does
BY_THE_CLOCK = "no answer within"
MAX_MEMORY_BYTES = 300_000_000

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured in /proc")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    made = made_once(tmp_path_factory, "decoded", _decode_all)
    return {line["name"]: line for line in map(json.loads, (made / "seen.jsonl").read_text().splitlines())}


def _decode_all(made: Path) -> None:
    folder = made / "hostile"
    folder.mkdir()
    write_all(folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.measure", str(folder)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (made / "seen.jsonl").write_text(done.stdout)


def test_there_are_enough_attacks_of_every_format() -> None:
    assert len(HOSTILE) >= 60
    suffixes = {Path(name).suffix for name in HOSTILE}
    assert suffixes >= {".png", ".jpg", ".gif", ".webp", ".avif", ".heic", ".bmp", ".ico", ".tiff", ".svg", ".svgz"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_image_costs_one_refusal(name: str, seen: Mapping[str, dict[str, Any]]) -> None:
    line = seen[name]
    assert line["outcome"] != "picture"
    assert line["touched"] == [], "something was opened because of what the image says"
    assert line["cpu_s"] <= MAX_CPU_S
    assert BY_THE_CLOCK not in line["detail"], "the last resort is for what nobody thought of"
    assert line["own_bytes"] + line["worker_bytes"] <= MAX_MEMORY_BYTES


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_hostile_is_decoded(name: str, seen: Mapping[str, dict[str, Any]]) -> None:
    assert seen[name]["outcome"] == "picture", seen[name]["detail"]
    assert seen[name]["touched"] == []


def test_no_image_called_the_network(seen: Mapping[str, dict[str, Any]]) -> None:
    assert seen["callers"]["callers"] == []


def test_the_canary_would_be_seen_if_it_were_read(seen: Mapping[str, dict[str, Any]]) -> None:
    assert seen["canary.png"]["outcome"] == "picture"
