"""`partnerproof doctor`: a whole machine and a sound workspace are told as such; each thing that is wrong with one comes with what to do.

Tests: partnerproof/cli/doctor.py, partnerproof/safekeeping/installation.py, partnerproof/safekeeping/health.py,
ledger/proof/soundness.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.drawing.browser import why_no_browser
from ledger.boxes.box import missing_layers
from ledger.proof.custody import CustodyLog
from ledger.proof.outside_changes import note_outside_change
from ledger.vocabulary import CustodyEvent
from partnerproof.safekeeping.health import Health
from partnerproof.safekeeping.installation import EXTRAS, Finding, State
from partnerproof.workspace import find_workspace
from tests.conftest import made_once
from tests.flow.sealed import make_sealed
from tests.house import ROOT
from tests.launcher import launch

is_whole = pytest.mark.skipif(bool(missing_layers()), reason="; ".join(missing_layers()))


@is_whole
def test_a_whole_machine_is_told_as_such(tmp_path):
    ended = launch(["doctor", "--json"], cwd=tmp_path, timeout_s=120)
    findings = {finding["part"]: finding["state"] for finding in json.loads(ended.stdout)}
    assert findings["Chromium"] == ("ok" if why_no_browser() is None else "not set up")
    for part in ("box, layers", "box, tried", "openssl", "extra pdf", "extra ocr"):
        assert findings[part] == "ok"
    assert ended.returncode == (3 if "not checked" in findings.values() else 0), ended.stderr


@is_whole
@pytest.mark.skipif(why_no_browser() is not None, reason=f"no browser here: {why_no_browser()}")
def test_a_browser_that_can_not_run_in_its_sandbox_is_a_problem_with_what_to_do(tmp_path):
    assert launch(["init", str(tmp_path / "space")], cwd=tmp_path, timeout_s=60).returncode == 0
    config = tmp_path / "space" / "partnerproof.toml"
    config.write_text(config.read_text().replace('browser_user = ""', 'browser_user = "root"'))
    ended = launch(["-w", "space", "doctor"], cwd=tmp_path, timeout_s=120)
    assert ended.returncode == 1
    assert "browser_user: 'root' is root" in ended.stdout
    assert ended.stdout.rstrip().rpartition("\n")[2].startswith("1 problem")


@pytest.fixture(scope="module")
def sealed_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    made = made_once(tmp_path_factory, "sealed", lambda folder: make_sealed(acme_once, folder / "space", logo_png))
    return made / "space"


@pytest.fixture
def sealed(sealed_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sealed_once, tmp_path / "space")


def look(root: Path) -> dict[str, Finding]:
    return {finding.part: finding for finding in Health(find_workspace(root)).findings()}


def test_a_sound_workspace_has_no_problem(sealed):
    states = {part: finding.state for part, finding in look(sealed).items() if part != "disk"}
    not_set_up = {"anchor", "backup", "verification", "watch"}
    assert states == {part: State.NOT_SET_UP if part in not_set_up else State.OK for part in states}
    assert {"database", "web archive", "custody log", "clock", "seals", "timestamps", "modes"} <= states.keys()


QUEUED = (
    "INSERT INTO jobs (job_id, kind, job_order, order_sha256, requested_by, requested_at, state, attempts, progress, messages, problems)"
    " VALUES ('j', 'watch', '{}', '', 'ann', '2026-01-02T00:00:00Z', 'queued', 0, '{}', '[]', '[]')"
)
NOT_TAKEN = "INSERT INTO deliveries VALUES ('d', 'team', 'acme', '', '', '{}', '2026-01-02T00:00:00Z', 3, '2026-01-03T00:00:00Z', 'no answer', NULL)"


def widen(root: Path) -> None:
    (root / "var").chmod(0o755)
    (root / "var" / "partnerproof.db").chmod(0o644)


def cut_chain(root: Path) -> None:
    log = root / "var" / "custody.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[1:]))


def change(sql: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        with sqlite3.connect(root / "var" / "partnerproof.db") as connection:
            connection.execute(sql)
        connection.close()

    return act


def change_and_go_on(root: Path) -> None:
    change("UPDATE letters SET state = 'sent'")(root)
    change("UPDATE seeds SET vendor = 'Other'")(root)
    note_outside_change(
        root / "var" / "partnerproof.db", root / "var" / "seals", CustodyLog(root / "var" / "custody.jsonl")
    )


def damage(root: Path) -> None:
    with (root / "var" / "partnerproof.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(bytes(4096))


def cut_warc(root: Path) -> None:
    (path,) = (root / "var" / "warc").iterdir()
    path.write_bytes(path.read_bytes()[:-10])


def log(event: CustodyEvent, details: dict[str, object]) -> Callable[[Path], None]:
    return lambda root: CustodyLog(root / "var" / "custody.jsonl").add(event, details) and None


@pytest.mark.parametrize(
    ("act", "part", "state", "words"),
    [
        (widen, "modes", State.PROBLEM, "others of this machine may use"),
        (cut_chain, "custody log", State.PROBLEM, "does not follow from the line before it"),
        (lambda root: (root / "var" / "custody.jsonl").unlink(), "custody log", State.PROBLEM, "there is none"),
        (change_and_go_on, "changes by others", State.PROBLEM, "the database was changed by others after"),
        (change("DELETE FROM seeds"), "database", State.PROBLEM, "rows of "),
        (damage, "database", State.PROBLEM, ""),
        (cut_warc, "web archive", State.PROBLEM, "shorter than stored, or missing"),
        (lambda root: (root / "var" / "warc" / "more").write_bytes(b"x"), "web archive", State.OK, "no crawl of this workspace wrote more"),
        (log(CustodyEvent.DECIDED, {}), "seals", State.PROBLEM, "1 crawls and decisions came later"),
        (lambda root: shutil.rmtree(root / "var" / "seals"), "seals", State.NOT_SET_UP, "nothing is sealed"),
        (lambda root: next(root.glob("var/seals/*/first.tsr")).unlink(), "timestamps", State.PROBLEM, "1 seals lack one"),
        (log(CustodyEvent.STAMPED, {"authority": "first", "clock_offset_s": 700.0, "seal": "x", "token_sha256": "", "roots_sha256": ""}), "clock", State.PROBLEM, "+700 s off first's"),
        (log(CustodyEvent.BACKED_UP, {"to": "/nowhere/space"}), "backup", State.NOT_CHECKED, "which is not here now"),
        (log(CustodyEvent.CHANGED, {}), "custody log", State.PROBLEM, "says what this program never writes"),
        (log(CustodyEvent.VERIFIED, {"outcomes": {"BROKEN": 2}}), "verification", State.PROBLEM, "found 2 things broken"),
        (change(QUEUED), "jobs", State.PROBLEM, "1 wait, the oldest since 2026-01-02T00:00:00Z"),
        (change(NOT_TAKEN), "alerts", State.PROBLEM, "1 wait, the oldest since 2026-01-02T00:00:00Z: no answer"),
        (log(CustodyEvent.BEGAN, {"command": "watch"}), "watch", State.OK, "the latest round began on"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(sealed, act, part, state, words):
    act(sealed)
    finding = look(sealed)[part]
    assert (finding.state, words in finding.detail) == (state, True), finding
    assert finding.state is not State.PROBLEM or finding.advice


def test_what_was_long_ago_is_a_problem(sealed, monkeypatch):
    import datetime as dt

    from ledger.identity import utc_now
    from partnerproof.safekeeping import health

    log(CustodyEvent.BEGAN, {"command": "watch"})(sealed)
    log(CustodyEvent.BACKED_UP, {"to": str(sealed)})(sealed)
    log(CustodyEvent.VERIFIED, {"outcomes": {}})(sealed)
    later = utc_now() + dt.timedelta(days=40)
    monkeypatch.setattr(health, "utc_now", lambda: later)  # another clock
    findings = look(sealed)
    assert [findings[part].state for part in ("watch", "backup", "verification")] == [State.PROBLEM] * 3


def test_every_extra_is_looked_for():
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {name for name, *_ in EXTRAS} == optional.keys() - {"dev", "browser"}, "Chromium is looked at by itself"
