"""Another user of the machine reads nothing of a workspace and can not hold its locks, also where its folder was wide open before."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import add_account, run_partnerproof

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
PASSWORD = "a long enough password"  # noqa: S105  # of this test


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that every user of the machine can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def as_nobody(*command: str | Path) -> bool:
    """Whether a command succeeds for another user."""
    done = subprocess.run(command, user=65534, group=65534, extra_groups=[], capture_output=True, check=False)
    return done.returncode == 0


def test_a_foreign_user_can_neither_read_nor_hold_the_locks(home):
    root = home / "space"
    for folder in (root, root / "var", root / "brands"):
        folder.mkdir(mode=0o755)
    for name in ("lock", "entry-lock"):  # as an earlier day may have left them
        (root / "var" / name).touch(0o644)
    (root / "control").write_text("all may read this")
    run_partnerproof("init", root)
    add_account(root, "ann", "admin", PASSWORD)
    assert as_nobody("cat", root / "control")
    assert as_nobody("flock", "-n", root / "control", "true")
    made = [path for path in (root, *root.rglob("*")) if path.name not in ("control", "space", "brands")]
    assert len(made) > 8
    assert [path for path in made if path.is_file() and as_nobody("cat", path)] == []
    assert [path for path in made if path.is_dir() and as_nobody("ls", path)] == []
    assert [path for path in made if as_nobody("flock", "-n", path, "true")] == []
    assert [oct(path.stat().st_mode) for path in made if path.stat().st_mode & 0o007 and path.parent == root] == []
    (root / "var").chmod(0o755)  # widened afterwards: the next command that writes closes it again
    (root / "var" / "lock").chmod(0o644)
    assert as_nobody("flock", "-n", root / "var" / "lock", "true")
    add_account(root, "bob", "reader", PASSWORD)
    assert not as_nobody("flock", "-n", root / "var" / "lock", "true")
    assert not as_nobody("cat", root / "var" / "custody.jsonl")
