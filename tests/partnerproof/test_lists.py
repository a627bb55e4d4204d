"""What a person sees of a list: how it was read, what became of each row, and where the rest is.

Tests: partnerproof/cli/lists.py, partnerproof/list_account.py.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import run_partnerproof, send

MESSY = (
    "Firma;Internetseite;E-Mail;Land;Notiz\n"
    "Bright Harbour Ltd;http://bright.example:PORT/;;GB;x\n"
    "Harbour Bright;http://www.bright.example:PORT;;GB;\n"
    "Quay;;sales@gmail.com;DE;\n"
    "Mill;https://www.linkedin.com/company/mill;;;\n"
    "=1+1;http://10.0.0.1/;;;\n"
)


@pytest.fixture
def messy(serve, tmp_path: Path) -> Path:
    server = serve({"/": send("<title>V</title><h1>Vendor</h1><p>Words.</p>")})
    path = tmp_path / "vendors.csv"
    path.write_bytes(MESSY.replace("PORT", server.url.rpartition(":")[2]).encode("utf-16"))
    return path


def run(acme: Path, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "partnerproof", "-w", acme, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def port_of(messy: Path) -> str:
    return messy.read_text("utf-16").partition("bright.example:")[2].partition("/")[0]


ACCOUNT = """\
vendors.csv: CSV in UTF-16, cells parted by a semicolon
  read: Firma as name, Internetseite as url, E-Mail as email, Land as country
  left out: Notiz
"""
COUNTS = """\
vendors.csv: 5 rows: 1 vendor, 1 merged into a row of the same site, 3 left out
  line 3: Harbour Bright became another name of Bright Harbour Ltd (line 2)
  line 4: expected the address of the vendor's own site, got a mailbox at gmail.com, which anybody can have
  line 5: expected the address of the vendor's own site, got a profile at linkedin.com, which is not a vendor's site
  line 6: expected an address on the public Internet, got 10.0.0.1, which is private
"""


def test_a_plan_shows_the_first_rows_as_they_are_understood(acme, messy):
    done = run(acme, "plan", messy, "--json")
    assert json.loads(done.stdout)["vendors"] == 1
    assert done.stderr.startswith(ACCOUNT)
    port = port_of(messy)
    assert f"  Bright Harbour Ltd: http://bright.example:{port}/, country GB, also Harbour Bright\n" in done.stderr
    assert COUNTS in done.stderr
    assert done.stderr.endswith(f"  all that was left out, with what to do: {acme / 'rejects.csv'}\n")


def test_good_rows_are_crawled_and_bad_ones_listed(acme, messy):
    done = run(acme, "crawl", messy, "--resolve", f"bright.example:{port_of(messy)}:127.0.0.1", "--delay", "0", "-q")
    assert ACCOUNT in done.stderr
    assert COUNTS in done.stderr
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        seeds = database.execute("SELECT vendor, vendor_domain, aliases FROM seeds").fetchall()
        visits = database.execute("SELECT state, pages FROM visits").fetchall()
    database.close()
    assert seeds == [("Bright Harbour Ltd", "bright.example", '["Harbour Bright"]')]
    assert visits == [("done", 1)]
    with (acme / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows[1:]] == ["4", "5", "6"]
    assert rows[3][4] == "'=1+1"


def test_a_preview_does_nothing(acme, messy):
    done = run(acme, "crawl", messy, "--preview", "--rejects", messy.with_name("left.csv"))
    assert COUNTS in done.stderr
    assert messy.with_name("left.csv").exists()
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT count(*) FROM crawls").fetchone() == (0,)
    database.close()


def test_strict_starts_nothing_and_names_every_mistake(acme, messy):
    told = run(acme, "crawl", messy, "--strict", code=2).stderr
    for place in ("line 1, Notiz", "line 3, Firma", "line 4, E-Mail", "line 5, Internetseite", "line 6, Internetseite"):
        assert place in told


def test_a_list_without_a_good_row_ends_with_2(acme, tmp_path):
    (tmp_path / "v.csv").write_text("name,url\nA,nonsense\n")
    assert "'nonsense', which holds no domain" in run(acme, "plan", tmp_path / "v.csv", code=2).stderr


def test_rejects_never_go_over_the_list_itself(acme, messy):
    before = messy.read_bytes()
    assert "name another file with --rejects" in run(acme, "plan", messy, "--rejects", messy, code=2).stderr
    assert messy.read_bytes() == before


def test_a_list_whose_columns_were_told_by_their_cells_says_so(acme, tmp_path):
    (tmp_path / "v.csv").write_text("Bright Harbour Ltd,bright.example\nQuay Systems,quay.example\n")
    told = run(acme, "plan", tmp_path / "v.csv").stderr
    assert (
        "  read: a column without heading as name (by its cells), a column without heading as url (by its cells)\n"
        in told
    )
    assert "  no header: what the columns are was told by their cells\n" in told


def test_scrapys_own_command_line_reads_the_same_lists(acme, messy):
    port = port_of(messy)
    settings = ("-s", f'PARTNERPROOF_RESOLVE={{"bright.example:{port}": "127.0.0.1"}}', "-s", "DOWNLOAD_DELAY=0")
    command = [sys.executable, "-m", "scrapy", "crawl", "partners", "-a", f"seeds={messy}", *settings]
    done = subprocess.run(command, cwd=acme, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "left out: " in done.stderr
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT count(*) FROM visits WHERE state = 'done'").fetchone() == (1,)
    database.close()


# registers

REGISTER = "Firma;Webseite;Gültig ab;Gültig bis\nA GmbH;a.example;01.02.2020;31.12.2025\nB GmbH;b.example;01.02.2020;unbefristet\nC GmbH;c.example;bald;\n"


def test_a_register_is_refused_with_a_bad_row_unless_it_is_to_be_left_out(acme, tmp_path):
    path = tmp_path / "partner.csv"
    path.write_bytes(REGISTER.encode("cp1252"))
    told = run(acme, "register", "import", "acme", path, "--register", "de", code=2).stderr
    assert "line 4, Gültig ab: expected YYYY-MM-DD, got 'bald'" in told
    done = run(acme, "register", "import", "acme", path, "--register", "de", "--lenient")
    assert done.stdout.startswith("imported 2 grants for acme")
    assert "partner.csv: CSV in Windows-1252, cells parted by a semicolon" in done.stderr
    assert (
        "  read: Firma as company, Webseite as domains, Gültig ab as valid_from, Gültig bis as valid_until"
        in done.stderr
    )
    assert "1 row was left out: verdicts that find no grant say so" in done.stderr
    assert "1 row was left out" in run(acme, "register", "list", "acme").stdout
    with (acme / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["rejected line", "4"]
    # the same file is the register already, but not for whoever wants all of it
    assert "unchanged" in run(acme, "register", "import", "acme", path, "--register", "de", "--lenient").stdout
    run(acme, "register", "import", "acme", path, "--register", "de", code=2)


def test_a_last_day_is_included_when_somebody_says_so_and_asked_for_when_it_looks_so(acme, tmp_path):
    path = tmp_path / "partner.csv"
    path.write_text(REGISTER.replace("C GmbH;c.example;bald;\n", ""))
    done = run(acme, "register", "import", "acme", path, "--register", "de")
    assert "valid_until is the last day of a month in 1 of 1 rows that have an end" in done.stderr
    assert "import with --valid-until-is-last-day" in done.stderr
    done = run(acme, "register", "import", "acme", path, "--register", "de", "--valid-until-is-last-day")
    assert "imported 2 grants" in done.stdout
    assert "last day of a month" not in done.stderr
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        rows = database.execute(
            "SELECT valid_until FROM grants WHERE company = 'A GmbH' ORDER BY grants.rowid"
        ).fetchall()
    database.close()
    assert rows == [("2025-12-31",), ("2026-01-01",)]


def test_a_register_can_be_looked_at_before(acme, tmp_path):
    path = tmp_path / "partner.csv"
    path.write_text(REGISTER)
    told = run(acme, "register", "import", "acme", path, "--preview").stderr
    assert "  A GmbH: partner, from 2020-02-01, until before 2025-12-31, a.example\n" in told
    assert "partner.csv: 2 grants, and these rows can't be read:\n" in told
    assert "line 4, Gültig ab" in told
    assert len(json.loads(run_partnerproof("-w", acme, "register", "list", "acme", "--json"))) == 1


def test_a_workbook_of_vendors_is_planned(acme, tmp_path):
    book = openpyxl.Workbook()
    for row in (["Lieferanten"], ["Firma", "Homepage"], ["A", "a.example"]):
        book.active.append(row)
    book.save(tmp_path / "v.xlsx")
    told = run(acme, "plan", tmp_path / "v.xlsx").stderr
    assert told.startswith("v.xlsx: XLSX, sheet Sheet\n  read: Firma as name, Homepage as url\n")
    assert "row 1 was taken for a title: Lieferanten" in told
