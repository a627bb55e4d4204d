"""The bill of materials (CycloneDX) of partnerproof and all its extras: each package with its version and the digests of its files.

Run: python .ci/sbom.py OUT.json      # in an environment in which the packages of constraints.txt are installed
Writes OUT.json, and requirements.txt beside it: the same packages for `pip install --require-hashes --no-deps --requirement requirements.txt`.

What only developing needs is not in it. The versions are those of constraints.txt; whoever installs others, has another bill.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NOT_SHIPPED = {"dev"}


def runtime_packages(name: str = "partnerproof") -> set[str]:
    """Return the names of all that a package needs with all its extras, by what is installed here."""
    extras = set(re.findall(r"extra == ['\"]([a-z0-9-]+)['\"]", "\n".join(requires(name) or ()))) - NOT_SHIPPED
    found: set[str] = set()
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset(extras))]
    while waiting:
        package, chosen = waiting.pop()
        try:
            lines = requires(package) or []
        except PackageNotFoundError:
            continue  # for another system
        for line in lines:
            requirement = Requirement(line)
            if requirement.marker and not any(
                requirement.marker.evaluate({"extra": extra}) for extra in chosen or {""}
            ):
                continue
            needed = canonicalize_name(requirement.name)
            if needed not in found:
                found.add(needed)
                waiting.append((needed, frozenset(requirement.extras)))
    return found - {name}


def locked(constraints: str, names: set[str]) -> str:
    """Return the entries of constraints.txt for some packages."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", constraints)
    return "".join(entry for entry in entries if canonicalize_name(entry.partition("==")[0].strip()) in names)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    chosen = locked((ROOT / "constraints.txt").read_text(encoding="utf-8"), runtime_packages())
    listed = Path(arguments[0]).with_name("requirements.txt")
    listed.write_text(chosen, encoding="utf-8")
    command = ["cyclonedx_py", "requirements", str(listed), "--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--output-file", arguments[0]]  # fmt: skip
    return subprocess.run([sys.executable, "-m", *command], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
