"""What resembles a logo too little is kept for a person to look at, and is evidence of nothing.

Tests: partnerproof/cli/claims.py, partnerproof/cli/findings.py, partnerproof/cli/match.py.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import SmallServer, made_once, run_partnerproof, send

WORDS = "<p>" + "Words about our work for ports and towns. " * 30 + "</p>"


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


@pytest.fixture(scope="module")
def seen_once(acme_once: Path, lookalike_png: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "perhaps", lambda folder: _crawl(folder, acme_once, lookalike_png)) / "space"


def _crawl(folder: Path, acme_once: Path, lookalike_png: bytes) -> None:
    root = shutil.copytree(acme_once, folder / "space")
    page = f"<title>V</title><h1>Our partners</h1>{WORDS}<img src='/l.png' alt='Acne'>"
    server = SmallServer({"/": send(page), "/l.png": send(lookalike_png, "image/png")})
    (root / "seeds" / "v.csv").write_text(f"name,url\nV,{server.url}/\n")
    told = run_partnerproof("-w", root, "crawl", root / "seeds" / "v.csv", "--allow-private", "--delay", "0")
    server.close()
    assert "no findings" in told


@pytest.fixture
def seen(seen_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(seen_once, tmp_path / "space")


def test_a_perhaps_is_listed_and_makes_no_claim(seen):
    assert rows(seen, "SELECT count(*) FROM v_logo_matches") == [(0,)]
    assert rows(seen, "SELECT count(*) FROM claims") == [(0,)]
    assert rows(seen, "SELECT vendor, brand, official_logo, alt, section_kind FROM v_perhaps") == [
        ("V", "acme", "acme.png", "Acne", "partners")
    ]
    assert "perhaps: 1 images that a person has to look at" in run_partnerproof("-w", seen, "findings")
    table = run_partnerproof("-w", seen, "findings", "--perhaps")
    assert "1 images to look at" in table
    (as_json,) = json.loads(run_partnerproof("-w", seen, "findings", "--perhaps", "--json", "--brand", "acme"))
    assert as_json["region"]["width"] > 0
    (as_csv,) = csv.DictReader(io.StringIO(run_partnerproof("-w", seen, "findings", "--perhaps", "--csv")))
    assert as_csv.keys() == as_json.keys()
    assert as_csv["image_sha256"] == as_json["image_sha256"]
    assert "1 that a person has to look at" in run_partnerproof("-w", seen, "match")


def test_a_check_of_one_page_tells_it_and_finds_no_problem(serve, acme, lookalike_png):
    server = serve(
        {"/": send(f"<title>V</title>{WORDS}<img src='/l.png'>"), "/l.png": send(lookalike_png, "image/png")}
    )
    told = run_partnerproof("-w", acme, "check", f"{server.url}/", "--allow-private")
    assert "perhaps acme.png of acme, score 0." in told


def test_a_match_that_is_only_perhaps_one_now_loses_its_claim(seen):
    """As when thresholds or official logos change: the row stays the same, its strength does not."""
    with sqlite3.connect(seen / "var" / "partnerproof.db") as database:
        database.execute("UPDATE logo_matches SET strength = 'match', why_perhaps = NULL")
    run_partnerproof("-w", seen, "claims")
    assert rows(seen, "SELECT evidence FROM v_findings") == [("picture",)]
    with sqlite3.connect(seen / "var" / "partnerproof.db") as database:
        database.execute("DELETE FROM recognitions")
    run_partnerproof("-w", seen, "match")
    assert rows(seen, "SELECT count(*) FROM v_findings") == [(0,)]
    assert rows(seen, "SELECT count(*) FROM v_perhaps") == [(1,)]


def test_a_perhaps_is_no_hit_of_a_retro_hunt(seen):
    logo = seen / "brands" / "acme" / "logos" / "acme.png"
    assert json.loads(run_partnerproof("-w", seen, "hunt", logo, "--json")) == []


def test_options_that_do_not_go_together_are_told(seen):
    told = run_partnerproof("-w", seen, "findings", "--perhaps", "--verdict", "lapsed", code=2)
    assert "has no verdict" in told


def test_a_database_of_an_earlier_version_is_told_and_brought_up_to_date(seen):
    with sqlite3.connect(seen / "var" / "partnerproof.db") as database:
        database.execute("DROP VIEW v_perhaps")
    assert "run `partnerproof match` once" in run_partnerproof("-w", seen, "findings", code=2)
    run_partnerproof("-w", seen, "match")
    run_partnerproof("-w", seen, "findings")


def test_a_rejected_image_is_not_listed_any_more(seen):
    image = str(rows(seen, "SELECT image_sha256 FROM v_perhaps")[0][0])
    told = run_partnerproof("-w", seen, "reject", image, "--brand", "acme", "--why", "a bakery")
    assert "matches in 1 images, 0 of them copies; claims of 1 visits found anew" in told
    assert rows(seen, "SELECT count(*) FROM v_perhaps") == [(0,)]
