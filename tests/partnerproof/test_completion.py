"""The Tab key completes commands and options in bash, zsh and fish, as each shell itself does it.

Tests: partnerproof/cli/completion.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import run_partnerproof

ASK = {
    "bash": 'source "$1"; COMP_WORDS=({words}); COMP_CWORD={last}; _partnerproof_completion partnerproof; printf "%s\\n" "${{COMPREPLY[@]}}"',
    "fish": 'source $argv[1]; complete -C "{line}"',
}


def complete(shell: str, script: Path, line: str) -> list[str]:
    """Return what a shell offers behind a line."""
    words = line.split(" ")
    code = ASK[shell].format(words=" ".join(word or "''" for word in words), last=len(words) - 1, line=line)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = [shell, "-c", code, *(["x"] if shell == "bash" else []), str(script)]
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True)
    return [offered.split("\t")[0].strip() for offered in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_shell_completes_verbs_their_verbs_and_options(shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    script = tmp_path / "script"
    script.write_text(run_partnerproof("completion", shell, "--print"))
    assert complete(shell, script, "partnerproof fin") == ["findings"]
    assert "import" in complete(shell, script, "partnerproof register im")
    assert "--rejects" in complete(shell, script, "partnerproof crawl --re")


@pytest.mark.parametrize(("shell", "name"), [("bash", "data/bash-completion/completions/partnerproof"), ("zsh", "data/zsh/site-functions/_partnerproof"), ("fish", "config/fish/completions/partnerproof.fish")])  # fmt: skip
def test_the_script_goes_where_the_shell_looks_for_it(shell, name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    told = run_partnerproof("completion")
    assert str(tmp_path / name) in told
    assert ("fpath=" in told) == (shell == "zsh")
    assert "_PARTNERPROOF_COMPLETE" in (tmp_path / name).read_text()


def test_another_shell_is_told(monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert "expected bash, zsh or fish, got tcsh" in run_partnerproof("completion", code=2)
