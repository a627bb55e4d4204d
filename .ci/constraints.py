"""Writes constraints.txt anew: each package that partnerproof, its extras and its tests need, in one version, with the digests of its files.

Run: python .ci/constraints.py [--upgrade]

Without --upgrade versions stay as they are as far as pyproject.toml allows. No registry's address is written.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """\
# Exact versions that the tests were run with, and the digests of their files. Ranges are in pyproject.toml. Made by `make constraints`.
# Install: pip install --require-hashes --no-deps -r constraints.txt && pip install --no-deps --no-build-isolation .
"""
OPTIONS = (
    "--quiet", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--no-emit-options", "--allow-unsafe",
    "--strip-extras", "--no-header", "--no-annotate",
)  # fmt: skip
NOT_FOR_DEBIAN = ("soupsieve<3",)  # later ones ask for Python 3.11.5, and Debian 12 has 3.11.2


def ranges() -> list[str]:
    """Return all that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = [*project["build-system"]["requires"], *project["project"]["dependencies"], *NOT_FOR_DEBIAN]
    for entries in project["project"]["optional-dependencies"].values():
        listed += [entry for entry in entries if not entry.startswith("partnerproof[")]
    return [*listed, "editables"]  # of an editable installation


def main(arguments: list[str]) -> int:
    target = ROOT / "constraints.txt"
    with tempfile.TemporaryDirectory() as made:
        asked, out = Path(made) / "asked.in", Path(made) / "out.txt"
        asked.write_text("\n".join(ranges()) + "\n", encoding="utf-8")
        out.write_text(target.read_text(encoding="utf-8"), encoding="utf-8")  # the versions that are preferred
        command = [
            sys.executable,
            "-m",
            "piptools",
            "compile",
            *OPTIONS,
            *arguments,
            "--output-file",
            str(out),
            str(asked),
        ]
        code = subprocess.run(command, check=False).returncode
        if code == 0:
            target.write_text(HEAD + out.read_text(encoding="utf-8"), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
