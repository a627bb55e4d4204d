"""Archives that others made: read with their own dates, whatever state they are in, and the same file twice changes nothing.

Tests: crawler/archives/ingest.py, partnerproof/cli/extract.py, partnerproof/cli/ingest.py, partnerproof/ingest_run.py.
The parts of an ingest are tested in tests/crawler/archives/.
"""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing

from tests.conftest import run_partnerproof
from tests.flow.archives import AT, PAGE, URL, Maker, whole


def test_history_dates_a_claim(acme, tmp_path, logo_png):
    file = tmp_path / "vendor-2019.warc.gz"
    file.write_bytes(whole(logo_png).data)
    said = run_partnerproof("-w", acme, "ingest", file)
    assert "1 pages of 1 vendors on 1 days of captures" in said

    def rows(sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(acme / "var" / "partnerproof.db")) as database:
            return database.execute(sql).fetchall()

    assert rows("SELECT vendor, evidence, first_seen, last_seen FROM v_findings WHERE relation = 'partner'") == [
        ("vendor.example", "picture,text", AT, AT)
    ]
    assert rows("SELECT as_of FROM verdicts LIMIT 1") == [("2019-05-01",)]
    assert rows("SELECT kind, seeds_file, ended_at IS NULL FROM crawls") == [("ingest", "vendor-2019.warc.gz", 0)]
    looks = "SELECT requested_url, outcome, reason FROM looks WHERE purpose = 'image' ORDER BY 1"
    assert rows(looks) == [
        ("http://www.vendor.example/gone.png", "could-not-look", "not-in-archive"),
        ("http://www.vendor.example/l.png", "looked", None),
    ]
    tables = [row[0] for row in rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables = sorted({*tables} - {"brands", "official_logos"})  # every command dates them anew
    before = {table: rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables}
    assert "is there already" in run_partnerproof("-w", acme, "ingest", file)
    assert "read 0 pages" in run_partnerproof("-w", acme, "extract")
    assert "read 1 pages" in run_partnerproof("-w", acme, "extract", "--again")
    assert {table: rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables} == before


def test_files_that_are_no_archives_are_named_at_once(acme, tmp_path):
    (tmp_path / "a.warc").write_bytes(b"no")
    (tmp_path / "b.warc.gz").write_bytes(gzip.compress(b"text"))
    said = run_partnerproof("-w", acme, "ingest", *(tmp_path / n for n in ("a.warc", "b.warc.gz", "c.warc")), code=2)
    assert said.count("expected a WARC file") == 3


def test_a_file_of_the_future_is_refused_and_the_others_are_read(acme, tmp_path, logo_png):
    (tmp_path / "good.warc.gz").write_bytes(whole(logo_png).data)
    (tmp_path / "odd.warc.gz").write_bytes(Maker().answer(URL, PAGE, at="9998-05-01T10:11:12Z").data)
    (tmp_path / "cut.warc.gz").write_bytes(whole(logo_png).data[:-40])
    said = run_partnerproof("-w", acme, "ingest", *(tmp_path / f"{n}.warc.gz" for n in ("odd", "good", "cut")), code=2)
    assert "odd.warc.gz: expected captures of the past, got 1 records with a date in the future" in said
    assert "good.warc.gz: 1 pages of 1 vendors" in said
    assert "the file is damaged: 1 of its records are torn or cut short; what is whole was read" in said


def test_a_vendor_list_gives_names_and_bounds(acme, tmp_path, logo_png):
    file, seeds = tmp_path / "v.warc", tmp_path / "vendors.csv"
    file.write_bytes(whole(logo_png, is_gzip=False, version="1.1").answer("http://other.example/", PAGE).data)
    seeds.write_text("name,url\nVendor Ltd,https://www.vendor.example/\n")
    run_partnerproof("-w", acme, "ingest", file, "--seeds", seeds)
    with closing(sqlite3.connect(acme / "var" / "partnerproof.db")) as database:
        assert database.execute("SELECT DISTINCT vendor FROM v_coverage").fetchall() == [("Vendor Ltd",)]
