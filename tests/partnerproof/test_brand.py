"""The official set of a workspace: what brand.toml and file names say is listed and stored.

Tests: partnerproof/cli/brand.py, partnerproof/cli/brand_check.py, partnerproof/cli/check.py.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tomllib
from pathlib import Path

from matcher.brands.brand_toml import read_brand_entry
from tests.conftest import draw_lookalike, png, run_partnerproof

PAGE = Path(__file__).parents[2] / "docs" / "how-to-official-logos.md"
TOML = """name = "Acme"
[usage]
min_width_px = 120
[[logo]]
file = "acme.png"
product = "Acme Cloud"
usage = { clear_space = 0.5 }
"""


def test_products_and_usage_rules_are_listed_and_stored(acme: Path, tmp_path: Path) -> None:
    folder = acme / "brands" / "acme"
    (folder / "brand.toml").write_text(TOML)
    (folder / "logos" / "acme-gold-partner-until-2019.png").write_bytes(png(draw_lookalike(1)))
    (brand,) = json.loads(run_partnerproof("-w", acme, "brand", "list", "--json"))
    assert [
        (logo["file"], logo["variant"], logo["product"], logo["tier"], logo["valid_until"], logo["usage"])
        for logo in brand["logos"]
    ] == [
        ("acme-gold-partner-until-2019.png", "badge", None, "gold", "2020-01-01", {"min_width_px": 120}),
        ("acme.png", "colour", "Acme Cloud", None, None, {"min_width_px": 120, "clear_space": 0.5}),
    ]
    table = re.sub(r"\s+", " ", run_partnerproof("-w", acme, "brand", "list"))
    for word in ("Acme", "gold", "clear", "120"):
        assert word in table
    (tmp_path / "r.csv").write_text("company,valid_from\nKnown Ltd,2020-01-01\n")
    run_partnerproof("-w", acme, "register", "import", "acme", tmp_path / "r.csv")
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        stored = database.execute("SELECT product, usage FROM official_logos WHERE file = 'acme.png'").fetchall()
    assert stored == [("Acme Cloud", '{"min_width_px": 120, "clear_space": 0.5}')]


def test_the_example_of_the_documentation_is_a_brand_toml() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(tomllib.loads(example)["logo"]) == 3
    entry, problems = read_brand_entry(example, "brand.toml")
    assert problems == []
    assert entry is not None


def test_the_official_set_is_checked(acme: Path) -> None:
    told = run_partnerproof("-w", acme, "brand", "check", "acme")
    assert re.search(r"acme +acme\.png +colour +█+░* 0\.\d\d +0 +\d+ px", told)
    assert "1 logos: 0 problems, 3 suggestions" in told
    (acme / "brands" / "acme" / "logos" / "acme-old.png").write_bytes(png(draw_lookalike(1)))
    as_json = json.loads(run_partnerproof("-w", acme, "brand", "check", "--json", code=1))
    assert [logo["file"] for logo in as_json["logos"]] == ["acme-old.png", "acme.png"]
    assert as_json["problems"][0]["where"] == "acme/logos/acme-old.png"
    assert "to mend:" in run_partnerproof("-w", acme, "brand", "check", code=1)
    assert "nobody" in run_partnerproof("-w", acme, "brand", "check", "nobody", code=2)
