"""What is installed: exact versions with digests that fit the ranges, a bill of materials of what is shipped, an audit that says when it could not look."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house import ROOT

ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; [^\\\n]+?)?((?: \\\n +--hash=sha256:[0-9a-f]{64})+)$", re.M)
TEXT = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PINNED = {canonicalize_name(name): pinned for name, pinned, _ in ENTRY.findall(TEXT)}


def tool(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / ".ci" / name))


def test_every_package_has_one_version_and_digests_and_no_address_is_named():
    lines = [line for line in TEXT.splitlines() if line and not line.startswith(("#", " "))]
    assert len(lines) == len(PINNED) == len(ENTRY.findall(TEXT))
    assert "://" not in TEXT


def test_the_versions_fit_the_ranges_and_are_those_that_are_installed():
    for line in tool("constraints.py")["ranges"]():
        requirement = Requirement(line)
        assert PINNED[canonicalize_name(requirement.name)] in requirement.specifier, line
    for name in ("scrapy", "pillow", "pytest", "pip-audit"):
        assert version(name) == PINNED[name]


def test_debian_12_can_install_them():
    """Its Python is 3.11.2; soupsieve 3 and later ask for 3.11.5."""
    assert int(PINNED["soupsieve"].split(".")[0]) < 3


def test_the_bill_of_materials_has_what_is_shipped_with_its_digests(tmp_path: Path):
    command = [sys.executable, str(ROOT / ".ci" / "sbom.py"), str(tmp_path / "bom.json")]
    subprocess.run(command, check=True, capture_output=True)
    bom = json.loads((tmp_path / "bom.json").read_text())
    assert (bom["bomFormat"], bom["metadata"]["component"]["name"]) == ("CycloneDX", "partnerproof")
    parts = {part["name"]: part for part in bom["components"]}
    assert {"scrapy", "pillow", "onnxruntime", "authlib", "fsspec", "lxml"} <= parts.keys()
    assert not {"pytest", "ruff", "pip-audit"} & parts.keys()
    assert parts["scrapy"]["version"] == PINNED["scrapy"]
    assert len(parts["scrapy"]["externalReferences"][0]["hashes"][0]["content"]) == 64


BAD = [{"name": "pillow", "version": "5.0.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.1"]}]}]
GOOD = [{"name": "scrapy", "version": "2.19", "vulns": []}]


@pytest.mark.parametrize(
    ("packages", "known_bad", "code", "words"),
    [
        (GOOD, BAD, 0, "of 1 packages no vulnerability is known"),
        (BAD, BAD, 1, "pillow 5.0.0: PYSEC-1, mended in 5.1"),
        (None, BAD, 3, "nothing was checked"),
        (GOOD, None, 3, "nothing was checked"),
        (
            GOOD,
            [{"name": "pillow", "skip_reason": "not found"}],
            3,
            "nothing was checked",
        ),  # it knows no package at all
        ([*GOOD, {"name": "own", "skip_reason": "not found"}], BAD, 3, "not checked: own"),
    ],
)
def test_silence_of_a_database_is_no_clean_bill(packages, known_bad, code, words):
    found, lines = tool("audit.py")["judge"](packages, known_bad)
    assert found == code
    assert words in "\n".join(lines)
