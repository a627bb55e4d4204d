"""The demo is the end-to-end test: every vendor's expected.json holds, and everything can be run again.

Tests: partnerproof/cli/demo.py, partnerproof/cli/report.py, partnerproof/cli/tables.py, partnerproof/demo.py.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import sqlite3
import tomllib
from pathlib import Path

import pytest

from casebook.dossier.findings import COLUMNS
from ledger.shipped import shipped_data
from tests.conftest import run_partnerproof

ROOT = Path(__file__).parents[2]
WEB = shipped_data("demo") / "web"
EXPECTED = {
    path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(WEB.glob("*/expected.json"))
}
TABLES = (
    "captures",
    "looks",
    "pages",
    "sightings",
    "passages",
    "recognitions",
    "logo_matches",
    "text_matches",
    "claims",
    "claim_evidence",
    "verdicts",
)


@pytest.fixture(scope="module")
def demo(demo_once: Path, tmp_path_factory) -> Path:
    copy = shutil.copytree(demo_once / "space", tmp_path_factory.mktemp("demo") / "space")
    shutil.move(copy / "var" / "report", copy / "report")
    return copy


@pytest.fixture(scope="module")
def findings(demo: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run_partnerproof("-w", demo, "findings", "--claims", "--json"))
    return found


def rows(demo: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{demo}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql, values).fetchall()


def test_a_marked_sentence_has_no_space_around_it(demo):
    dossiers = [path.read_text(encoding="utf-8") for path in (demo / "report").rglob("*.html")]
    marked = [words for text in dossiers for words in re.findall(r"<mark>(.*?)</mark>", text, re.S)]
    assert len(marked) > 3
    assert [words for words in marked if words != words.strip()] == []


def test_findings_have_exactly_the_documented_columns(findings):
    assert all(tuple(finding) == COLUMNS for finding in findings)
    columns = tomllib.loads((ROOT / "ledger" / "view_columns.toml").read_text(encoding="utf-8"))["v_findings"]
    lists = [column for column, meaning in columns.items() if meaning.startswith("JSON list")]
    assert lists == ["reasons", "objections", "close"]
    assert all(isinstance(finding[column], list) for finding in findings for column in lists)
    assert any(finding["objections"] for finding in findings)


@pytest.mark.parametrize("host", EXPECTED)
def test_each_vendor_is_found_as_expected(host, findings):
    expected = EXPECTED[host]
    got = [f for f in findings if f["vendor"] == expected["vendor"]]
    keys = ("brand", "relation", "evidence", "verdict", "tier")
    assert sorted([str(f[k]) for k in keys] for f in got) == sorted(
        [str(f.get(k)) for k in keys] for f in expected["findings"]
    )


@pytest.mark.parametrize("host", [host for host, expected in EXPECTED.items() if expected.get("coverage")])
def test_what_could_not_be_looked_at_is_told_with_its_reason(host, demo):
    expected = EXPECTED[host]
    for wanted in expected["coverage"]:
        found = rows(
            demo,
            "SELECT outcome, reason FROM v_coverage WHERE vendor = ? AND requested_url LIKE ?",
            expected["vendor"],
            f"%{wanted['path']}",
        )
        assert (wanted["outcome"], wanted["reason"]) in found


def test_every_negative_verdict_has_its_search_on_record(demo):
    assert rows(demo, "SELECT count(*) FROM verdicts WHERE verdict = 'no-authorisation' AND search_id IS NULL") == [
        (0,)
    ]
    assert rows(demo, "SELECT count(*) FROM searches WHERE grants_searched = 0") == [(0,)]


def test_every_stage_can_be_run_again_without_a_new_row(demo):
    before = {table: rows(demo, f"SELECT * FROM {table}") for table in TABLES}
    for stage in (["extract", "--again"], ["match"], ["claims"], ["judge"]):
        run_partnerproof("-w", demo, *stage)
    after = {table: rows(demo, f"SELECT * FROM {table}") for table in TABLES}
    assert [t for t in TABLES if sorted(map(str, before[t])) != sorted(map(str, after[t]))] == []


def test_the_report_needs_nothing_from_outside(demo):
    pages = sorted((demo / "report").rglob("*.html"))
    assert len(pages) > len(EXPECTED) - 5
    for page in pages:
        text = html.unescape(page.read_text(encoding="utf-8"))
        assert "default-src 'none'" in text
        assert 'src="http' not in text
        assert 'href="http' not in text
        assert text.count("<script>") == 1


def test_a_second_crawl_adds_looks_and_no_second_payload(demo):
    claims = rows(demo, "SELECT count(*) FROM claims")
    run_partnerproof("-w", demo, "demo", "--out", demo / "report")
    assert rows(demo, "SELECT count(*) FROM crawls") == [(2,)]
    # what a busy machine gave up on the first time may be new the second time; what was stored is not stored again
    again = """
        SELECT c.url FROM captures c JOIN visits v ON v.visit_id = c.visit_id
        WHERE v.crawl_id = (SELECT max(crawl_id) FROM crawls) AND c.refers_to IS NULL AND c.payload_bytes > 0
          AND EXISTS (SELECT 1 FROM captures d WHERE d.url = c.url AND d.visit_id <> c.visit_id AND d.payload_sha256 = c.payload_sha256)
    """
    assert rows(demo, again) == []
    assert rows(demo, "SELECT count(*) FROM claims") == claims


def test_status_and_csv_and_filters_work(demo):
    status = json.loads(run_partnerproof("-w", demo, "status", "--json"))
    assert status["visits"] == {"done": len(EXPECTED)}
    lines = run_partnerproof("-w", demo, "findings", "--claims", "--csv").splitlines()
    assert lines[0].split(",") == list(COLUMNS)
    only = json.loads(run_partnerproof("-w", demo, "findings", "--claims", "--json", "--verdict", "lapsed"))
    assert {finding["verdict"] for finding in only} == {"lapsed"}


CONFORMS = {
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int),
    "real": lambda value: isinstance(value, float | int),
    "flag": lambda value: value in (0, 1),
    "time": lambda value: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value),
    "date": lambda value: re.fullmatch(r"\d{4}-\d\d-\d\d", value),
    "json": lambda value: json.loads(value) is not None,
}


def test_every_value_is_as_the_dictionary_says(demo):
    terms: dict[object, set[object]] = {}
    for name, value in rows(demo, "SELECT terms, value FROM terms"):
        terms.setdefault(name, set()).add(value)
    wrong = []
    for view, column, kind, null_means, of in rows(
        demo, "SELECT view, column, type, null_means, terms FROM dictionary"
    ):
        values = {value for (value,) in rows(demo, f"SELECT DISTINCT {column} FROM {view}")}
        if None in values and null_means is None:
            wrong.append(f"{view}.{column}: NULL is not explained")
        for value in values - {None}:
            if not CONFORMS[str(kind)](value) or (of is not None and value not in terms[of]):
                wrong.append(f"{view}.{column}: {value!r} is no {of or kind}")
    assert wrong == [], "\n".join(wrong)
