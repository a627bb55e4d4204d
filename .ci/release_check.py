"""Whether what was built may be published: the tag is its version, and no address in its metadata is one that cannot exist.

Run: python .ci/release_check.py TAG      # in a checkout in which `make wheel` was run
"""

from __future__ import annotations

import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def find_obstacles(wheel: Path, tag: str) -> list[str]:
    """Return in sentences what speaks against publishing a wheel under a tag; nothing, if it may be."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    found = []
    if tag != f"v{metadata['Version']}":
        found.append(
            f"the tag is {tag}, the version {metadata['Version']}: set `version` in pyproject.toml, or tag v{metadata['Version']}"
        )
    made_up = [url for url in metadata.get_all("Project-URL") or () if ".example/" in url]
    found += [f"{url}: this address cannot exist; set [project.urls] in pyproject.toml" for url in made_up]
    return found


if __name__ == "__main__":
    wheels = list((ROOT / "dist").glob("*.whl"))
    obstacles = [line for wheel in wheels for line in find_obstacles(wheel, sys.argv[1])]
    sys.exit(("\n".join(obstacles) or 0) if wheels else "dist/ holds no wheel: run `make wheel` first")
