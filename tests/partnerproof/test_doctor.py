"""`partnerproof doctor` says what is missing, and that nothing is.

Tests: partnerproof/cli/doctor.py.
"""

from __future__ import annotations

import json

import pytest

from crawler.drawing.browser import why_no_browser
from ledger.box import missing_layers
from tests.launcher import launch

pytestmark = pytest.mark.skipif(bool(missing_layers()), reason="; ".join(missing_layers()))


def test_a_whole_machine_is_told_as_such(tmp_path):
    ended = launch(["doctor", "--json"], cwd=tmp_path, timeout_s=120)
    assert ended.returncode == 0, ended.stderr
    states = {finding["part"]: finding["state"] for finding in json.loads(ended.stdout)}
    browser = "ok" if why_no_browser() is None else "not installed"
    assert states == {"layers": "ok", "tried in a box": "ok", "Chromium": browser}


@pytest.mark.skipif(why_no_browser() is not None, reason=f"no browser here: {why_no_browser()}")
def test_a_browser_that_can_not_run_in_its_sandbox_is_a_problem_with_what_to_do(tmp_path):
    assert launch(["init", str(tmp_path / "space")], cwd=tmp_path, timeout_s=60).returncode == 0
    config = tmp_path / "space" / "partnerproof.toml"
    config.write_text(config.read_text().replace('browser_user = ""', 'browser_user = "root"'))
    ended = launch(["-w", "space", "doctor"], cwd=tmp_path, timeout_s=120)
    assert ended.returncode == 1
    assert "missing        Chromium: browser_user: 'root' is root" in ended.stdout
