"""The wheel: one package under one name, beside others of the names of our rooms; what it was built from is checked before it is published.

Tests: .ci/one_roof.py, .ci/release_check.py
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

import pytest

from tests.house import ROOT

OTHERS = ("ledger", "crawler", "matcher", "casebook")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the wheel is found first, and packages of our rooms' names are somebody else's."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")
    for name in OTHERS:
        (folder / "others" / name).mkdir(parents=True)
        (folder / "others" / name / "__init__.py").write_text('raise ImportError("a package of somebody else")\n')
    (folder / "elsewhere").mkdir()
    return {**os.environ, "PYTHONPATH": f"{folder / 'wheel'}:{folder / 'others'}", "HOME": str(folder / "elsewhere")}


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("METADATA"))
        return HeaderParser().parsestr(archive.read(name).decode())


def test_nothing_of_it_lies_beside_its_own_name(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    version = metadata(wheel)["Version"]
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"partnerproof", f"partnerproof-{version}.dist-info", f"partnerproof-{version}.data"}
    assert any(name.endswith("share/man/man1/partnerproof.1") for name in names)
    assert {"partnerproof/py.typed", "partnerproof/data/noise.toml", "partnerproof/ledger/schema.sql"} <= set(names)
    assert not [
        name
        for name in names
        if "__pycache__" in name or "/var/" in name or name.startswith("partnerproof/data/partnerproof")
    ]


def test_its_metadata_says_whose_it_is_and_where(wheel):
    told = metadata(wheel)
    assert told["Author"]
    assert told["Keywords"]
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} == {
        url.partition(",")[0] for url in told.get_all("Project-URL")
    }
    assert "Programming Language :: Python :: 3.11" in told.get_all("Classifier")
    assert told.get_payload().startswith("# partnerproof")  # type: ignore[union-attr]  # text, as there is one part


def test_the_demo_and_the_library_work_from_it_beside_packages_of_the_same_names(installed, tmp_path):
    done = subprocess.run([sys.executable, "-P", "-m", "partnerproof", "demo"], cwd=tmp_path, env=installed, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no-authorisation" in done.stdout
    code = "from partnerproof.matcher import LogoMatcher, Recognition; print(LogoMatcher.__module__)"
    told = subprocess.run([sys.executable, "-P", "-c", code], env=installed, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "partnerproof.matcher.logo_matcher"
    made = subprocess.run([sys.executable, "-P", "-m", "partnerproof", "init", "new"], cwd=tmp_path, env=installed, capture_output=True, text=True, check=False)  # fmt: skip
    assert made.returncode == 0, made.stderr
    listed = subprocess.run([sys.executable, "-P", "-m", "scrapy", "list"], cwd=tmp_path / "new", env=installed, capture_output=True, text=True, check=False)  # fmt: skip
    assert listed.stdout.strip() == "partners", listed.stderr


@pytest.mark.parametrize(
    ("source", "rewritten"),
    [
        ("from ledger.errors import Problem\n", "from partnerproof.ledger.errors import Problem\n"),
        ("def f():\n    from crawler import settings\n", "def f():\n    from partnerproof.crawler import settings\n"),
        ("import crawler.settings as s\n", "import partnerproof.crawler.settings as s\n"),
        ("from crawlers.ledger import x\n", "from crawlers.ledger import x\n"),
    ],
)
def test_imports_of_rooms_are_rewritten_and_no_others(source, rewritten):
    assert one_roof("rewrite_imports")(source, "x.py") == rewritten


@pytest.mark.parametrize("source", ["import ledger.errors\n", "import os, ledger\n", "x = 1; from ledger import y\n"])
def test_an_import_that_cannot_be_rewritten_ends_the_build_with_its_place(source):
    with pytest.raises(ValueError, match=r"x\.py line 1"):
        one_roof("rewrite_imports")(source, "x.py")


def test_a_release_with_made_up_addresses_or_another_version_is_refused(wheel):
    obstacles = runpy.run_path(str(ROOT / ".ci" / "release_check.py"))["find_obstacles"]
    version = metadata(wheel)["Version"]
    assert len(obstacles(wheel, f"v{version}")) == 5, "five addresses of .example"
    assert "the tag is v0.0" in obstacles(wheel, "v0.0")[0]


def one_roof(name: str):
    return runpy.run_path(str(ROOT / ".ci" / "one_roof.py"))[name]
