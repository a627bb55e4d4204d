"""Whether a package of constraints.txt is known to be vulnerable.

Run: python .ci/audit.py [CONSTRAINTS]

Exit: 0 none is known, 1 some are, 3 no database of vulnerabilities could be asked. That a database answers is not enough: it has to know
the vulnerabilities of an old package first, or its silence about the others says nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

KNOWN_BAD = "pillow==5.0.0"  # dozens of advisories since 2018
TIMEOUT_S = 600


def ask(requirements: Path, *options: str) -> list[dict[str, Any]] | None:
    """Return what is known of each package; None: nobody could be asked."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--disable-pip", "--format", "json", "--progress-spinner", "off", *options]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        return None
    return packages


def judge(packages: list[dict[str, Any]] | None, known_bad: list[dict[str, Any]] | None) -> tuple[int, list[str]]:
    """Return the exit code and what to say. known_bad: the answer about KNOWN_BAD."""
    if packages is None or not any(package.get("vulns") for package in known_bad or ()):
        return 3, ["no database of vulnerabilities could be asked: nothing was checked"]
    lines = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, mended in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for package in packages
        for vulnerability in package.get("vulns", ())
    ]
    if lines:
        return 1, lines
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown:
        return 3, [
            f"not checked: {', '.join(unknown)}; of the other {len(packages) - len(unknown)} packages nothing is known"
        ]
    return 0, [f"of {len(packages)} packages no vulnerability is known"]


def main(arguments: list[str]) -> int:
    constraints = Path(arguments[0]) if arguments else Path(__file__).parents[1] / "constraints.txt"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(f"{KNOWN_BAD}\n")
        file.flush()
        known_bad = ask(Path(file.name), "--no-deps")
    is_answering = any(package.get("vulns") for package in known_bad or ())
    code, lines = judge(ask(constraints, "--require-hashes") if is_answering else None, known_bad)
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
