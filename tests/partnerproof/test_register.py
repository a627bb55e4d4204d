"""Registers on the command line: import, list, diff, undo, groups, search and its certificate.

Tests: partnerproof/cli/dates.py, partnerproof/cli/judge.py, partnerproof/cli/register.py,
partnerproof/cli/register_near_misses.py.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.conftest import run_partnerproof

HEAD = "company,domain,valid_from,valid_until\n"


def run(acme: Path, *arguments: str | Path, code: int = 0) -> str:
    return run_partnerproof("-w", acme, "register", *arguments, code=code)


def test_from_import_to_certificate(acme: Path, tmp_path: Path) -> None:
    resellers = tmp_path / "resellers.csv"
    resellers.write_text(HEAD + "SensorGrid Ltd,sensorgrid.example,2018-01-01,\n")
    assert "imported 1 grants" in run(acme, "import", "acme", resellers, "--register", "resellers")
    assert "unchanged" in run(acme, "import", "acme", resellers, "--register", "resellers")
    groups = tmp_path / "groups.csv"
    groups.write_text("child,parent,from\nSenseGrid Ltd,Grid Holdings plc,2015-01-01\n")
    assert "imported 2 companies, 1 relationships" in run(acme, "groups", groups)

    asked = ("search", "SenseGrid", "--brand", "acme", "--as-of", "2021-05-01", "--window", "5y")
    table = re.sub(r"\s+", " ", run(acme, *asked, "--certificate", tmp_path / "c.html"))
    for said in (
        "No authorisation on record",
        "2016-05-01 to 2021-05-01",
        "resellers.csv",
        "groups.csv",
        "Grid Holdings plc",
        "SensorGrid Ltd",
        "alike (84",
    ):
        assert said in table
    assert "Certificate of negative search" in (tmp_path / "c.html").read_text(encoding="utf-8")
    record = json.loads(run(acme, *asked, "--json"))
    assert record["hits"] == []
    assert {entry.get("register") for entry in record["registers"]} >= {"partners", "resellers"}

    resellers.write_text(HEAD + "SenseGrid Ltd,sensegrid.example,2018-01-01,\n")
    run(acme, "import", "acme", resellers, "--register", "resellers")
    assert run(acme, "search", "--again", record["search_id"], "--json")
    added = "+ SenseGrid Ltd: partner, 2018-01-01 to no end on record"  # no tier is set
    assert added in run(acme, "diff", "acme", "--register", "resellers")
    listed = json.loads(run(acme, "list", "acme", "--json"))
    assert [row["name"] for row in listed] == ["resellers", "resellers", "partners"]
    assert "expected a reason" in run(acme, "undo", listed[0]["snapshot_id"], "--why", "", code=2)
    assert "undone: resellers.csv" in run(acme, "undo", listed[0]["snapshot_id"], "--why", "not yet signed")
    assert "not yet signed" in run(acme, "list")
    decided = json.loads(
        run(acme, "search", "--brand", "acme", "--domain", "https://www.sensorgrid.example/x", "--json")
    )
    assert [hit["by"] for hit in decided["hits"]] == ["domain"]


def test_a_record_that_is_no_longer_the_same_is_told(acme: Path) -> None:
    record = json.loads(run(acme, "search", "Known", "--brand", "acme", "--json"))
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        database.execute("UPDATE grants SET company = 'Other'")
        database.execute("UPDATE searches SET grants_searched = 9")
    database.close()
    assert "not the same: grants_searched" in run(acme, "search", "--again", record["search_id"], code=1)


def test_every_mistake_of_a_question_is_named(acme: Path) -> None:
    said = run(
        acme, "search", "A", "--brand", "acme", "--as-of", "1/5/21", "--domain", "no domain", "--identifier", "123",
        "--known-at", "soon", code=2,
    )  # fmt: skip
    for option in ("--as-of", "--domain", "--identifier", "--known-at"):
        assert f"{option}: expected" in said
    assert "--window: expected years, months or days" in run(
        acme, "search", "A", "--brand", "acme", "--window", "long", code=2
    )
    assert "name the brand" in run(acme, "search", "A", code=2)
    assert "give a name" in run(acme, "search", "--brand", "acme", code=2)
    assert "expected one of acme" in run(acme, "search", "A", "--brand", "nobody", code=2)
    assert "--again goes with" in run(acme, "search", "A", "--again", "x", code=2)


def test_markup_and_control_characters_in_a_register_are_only_printed(acme: Path, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(HEAD + "[red]Ev\u202eil[/red] Ltd,evil.example,2018-01-01,\n", encoding="utf-8")
    run(acme, "import", "acme", tmp_path / "r.csv")
    told = run(acme, "search", "--brand", "acme", "--domain", "evil.example")
    assert "[red]Ev\ufffdil[/red]" in told.replace("\n", "")


def test_nobody_is_not_searched_for(acme: Path) -> None:
    """A certificate that an empty name is in no register would look like any other."""
    for name in ("", "  ", "???"):
        assert "NAMES: expected a company's name" in run(acme, "search", name, "--brand", "acme", code=2)
    assert "NAMES: expected plain text" in run(acme, "search", "A\x1bB", "--brand", "acme", code=2)
    assert "NAMES: expected at most 1000 characters" in run(acme, "search", "A" * 1001, "--brand", "acme", code=2)
    assert "--parent: expected a company's name" in run(acme, "search", "A", "--parent", "", "--brand", "acme", code=2)


def test_what_will_be_known_is_not_asked(acme: Path) -> None:
    for instant in ("2999-01-01", "2999-01-01T00:00:00Z"):
        said = run(acme, "search", "A", "--brand", "acme", "--known-at", instant, code=2)
        assert f"--known-at: expected a day until today, got {instant}" in said
    assert "--known-at: expected YYYY-MM-DD" in run(
        acme, "search", "A", "--brand", "acme", "--known-at", "2020-13-01T00:00:00Z", code=2
    )
    assert "expected a day until today" in run_partnerproof("-w", acme, "judge", "--known-at", "2999-01-01", code=2)
    said = run_partnerproof("-w", acme, "judge", "--known-at", "2001-01-01")
    assert "nothing had been seen by then" in said
    assert "compare" not in said


def test_a_register_has_a_name(acme: Path, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(HEAD + "A Ltd,a.example,2018-01-01,\n")
    for name in ("", " ", "a\x07", "a" * 81):
        said = run(acme, "import", "acme", tmp_path / "r.csv", "--register", name, code=2)
        assert "expected a name of 1 to 80 characters" in " ".join(said.split())
    assert "expected a name of 1 to 80" in " ".join(
        run(acme, "groups", tmp_path / "r.csv", "--source", "", code=2).split()
    )


def test_an_import_that_dies_while_it_judges_has_not_happened(acme: Path, tmp_path: Path) -> None:
    """Else the next import of the file says "unchanged", and the verdicts stay those of the register before."""
    database = acme / "var" / "partnerproof.db"
    (tmp_path / "r.csv").write_text(HEAD + "Vendor Ltd,vendor.example,2018-01-01,\n")
    with sqlite3.connect(database) as connection:
        connection.execute(
            "INSERT INTO seeds (seed_id, vendor, vendor_domain, start_urls, identifiers, aliases) VALUES ('S', 'V', 'vendor.example', '[]', '[]', '[]')"
        )
        connection.execute(
            "INSERT INTO claims (claim_id, seed_id, brand, relation) VALUES ('C', 'S', 'acme', 'partner')"
        )
        connection.execute(
            "CREATE TRIGGER dies BEFORE INSERT ON judgings BEGIN SELECT raise(ABORT, 'as if it were killed here'); END"
        )
    before = run(acme, "list", "--json")
    command = [sys.executable, "-m", "partnerproof", "-w", str(acme), "register"]
    for rest in (
        ["import", "acme", str(tmp_path / "r.csv")],
        ["undo", json.loads(before)[0]["snapshot_id"], "--why", "w"],
    ):
        assert subprocess.run([*command, *rest], check=False, capture_output=True).returncode != 0
        assert run(acme, "list", "--json") == before
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER dies")
    assert "imported 1 grants" in run(acme, "import", "acme", tmp_path / "r.csv")


def test_a_keeper_is_named_and_near_misses_are_ticked_off(acme: Path, tmp_path: Path) -> None:
    partners = tmp_path / "partners.csv"
    partners.write_text(HEAD + "SensorGrid Ltd,sensorgrid.example,2018-01-01,\n")
    run(acme, "import", "acme", partners, "--keeper", "Ann Example, head of partners")
    assert "kept by Ann Example, head of partners" in run(acme, "list", "acme")
    record = json.loads(run(acme, "search", "SenseGrid", "--brand", "acme", "--as-of", "2021-05-01", "--json"))
    search_id = record["search_id"]
    assert "nobody" in run(acme, "near-misses", search_id)
    assert "say why" in run(acme, "near-misses", search_id, "1", code=2)
    assert "name the NUMBERS" in run(acme, "near-misses", search_id, "--why", "x", code=2)
    assert "a number from 1 to 1" in run(acme, "near-misses", search_id, "7", "--why", "x", code=2)
    told = run(acme, "near-misses", search_id, "1", "--why", "makers of sensors", "--by", "Ann Example")
    assert "refused: 1, SensorGrid Ltd, by Ann Example" in told
    assert "Ann Example" in run(acme, "near-misses", search_id)
    assert json.loads(run(acme, "near-misses", search_id, "--json"))[0]["check"]["why"] == "makers of sensors"
    run(acme, "search", "--again", search_id, "--certificate", tmp_path / "c.html")
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "makers of sensors" in page
    assert "Ann Example, head of partners" in page
    assert "withdrawn: 1" in run(acme, "near-misses", search_id, "1", "--why", "it may be", "--undo")
    assert "nobody" in run(acme, "near-misses", search_id)
