"""What the dashboard counts, and how it draws it: held to plain SQL, with hostile names as words.

Tests: casebook/web/dashboard.py, casebook/web/charts.py, casebook/web/count_cache.py,
casebook/web/coverage_counts.py.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from casebook.cases.survival import Duration, estimate_survival
from casebook.web.application_context import ApplicationContext
from casebook.web.case_columns import CaseIndex
from casebook.web.charts import Series, draw_bars, draw_columns, draw_survival, nice_top
from casebook.web.count_cache import CountCache
from casebook.web.coverage_counts import count_coverage
from casebook.web.dashboard import LEFT_OVER, Scope, count_over_time, make_bins, read_loads
from ledger.database import Ledger
from ledger.vocabulary import Tone
from tests.casebook.cases.test_survival import add_letter
from tests.casebook.ledgers import rows_of
from tests.casebook.web.contexts import HOSTILE, client, make_context
from tests.casebook.web.test_queue import add_brands, add_case
from tests.new_ledger import new_ledger

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ApplicationContext:
    return make_context(tmp_path_factory.mktemp("context"))


def figure(page: str, name: str) -> etree._Element:
    found = re.search(rf'<svg [^>]*aria-labelledby="{name}-title.*?</svg>', page, re.S)
    assert found
    return etree.fromstring(found[0])


def test_every_figure_has_a_title_a_description_and_its_numbers(context):
    page = client(context, "reader-one").get("/dashboard").text
    for name in ("time", "verdict", "brand", "country", "survival", "coverage", "load"):
        svg = figure(page, name)
        assert svg.get("role") == "img"
        assert svg.findtext("title")
        assert svg.findtext("desc")
    assert page.count("<summary>Numbers: ") == 7
    assert "<b>4</b>findings first seen" in page
    assert "style=" not in page  # the policy of every page forbids it


def test_the_address_holds_brand_period_and_grouping(context):
    ann = client(context, "reader-one")
    assert "<b>2</b>findings first seen" in ann.get("/dashboard?since=2026-01-03&until=2026-01-04").text
    assert "<b>0</b>findings first seen" in ann.get("/dashboard?brand=globex").text
    page = ann.get("/dashboard?by=country&since=0000&until=9999-99-99&brand=").text
    assert "Findings over time, by country" in page
    assert "<b>4</b>findings first seen" in page
    assert Scope.read({"by": "x", "since": "2026-01-03"}).address(by="brand") == "since=2026-01-03&by=brand"


def test_a_hostile_name_is_a_word_in_every_figure(tmp_path):
    context = make_context(tmp_path)
    context.ledger.execute(
        "UPDATE cases SET brand = ?, country = ?, assignee = ?", [HOSTILE, f"\x00{HOSTILE}", HOSTILE]
    )
    for by in ("brand", "country"):
        page = client(context, "reader-one").get(f"/dashboard?by={by}").text
        assert "<script>alert" not in page
        assert "<img" not in page.split("<main", 1)[1]


def test_removals_are_drawn_by_tone_with_the_numbers_at_risk(tmp_path):
    context = make_context(tmp_path)
    cases = [row[0] for row in rows_of(context.ledger, "SELECT case_id FROM cases ORDER BY case_id")]
    for number, (case, tone) in enumerate(
        zip(cases, (Tone.REQUEST, Tone.REQUEST, Tone.HOST_NOTICE, Tone.ENQUIRY), strict=True)
    ):
        add_letter(context.ledger, case, number, tone, "2026-01-10")
    context.ledger.execute("UPDATE cases SET removed_on = '2026-01-30' WHERE case_id = ?", [cases[0]])
    page = client(context, "reader-one").get("/dashboard").text
    svg = figure(page, "survival")
    words = [text.text for text in svg.iter("text")]
    assert [word for word in words if word in ("enquiry", "request", "host notice", "demand")] == [
        "enquiry",
        "request",
        "host notice",
    ]
    assert "after request, 1 of 2 were removed, half within 20 days" in (svg.findtext("desc") or "")
    assert len(svg.findall("path[@class='tick s1']")) == 1
    assert "<td>20</td><td>2</td><td>1</td><td>0</td><td>50.0 %</td>" in page


def test_counts_over_time_are_those_of_sql(tmp_path: Path):
    rng = random.Random(5)
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        add_brands(ledger)
        for number in range(200):
            add_case(ledger, rng)
            day = dt.date(2025, 1, 1) + dt.timedelta(days=rng.randrange(500))
            ledger.execute("UPDATE cases SET country = ?, first_seen = ?, decided_at = ?, decided_by = ? WHERE rowid = ?", [f"C{rng.randrange(10)}", f"{day}T23:59:59Z", f"{day}T00:00:00Z", rng.choice(("ann", "bob")), number + 1])  # fmt: skip
        columns = CaseIndex().read(ledger)
        bins, series = count_over_time(columns, columns.is_there, "country")
        plain = {
            (row[0], row[1]): row[2]
            for row in rows_of(ledger, "SELECT substr(first_seen, 1, 7), country, count(*) FROM cases GROUP BY 1, 2")
        }
        assert len(series) == 7
        for part in series[:-1]:
            assert {bin_: count for bin_, count in zip(bins, part.counts, strict=True) if count} == {month: count for (month, country), count in plain.items() if country == part.name}  # fmt: skip
        assert series[-1].name == LEFT_OVER
        assert sum(sum(part.counts) for part in series) == 200
        loads = {
            load.account: load
            for load in read_loads(columns, Scope.read({"since": "2025-03-01", "until": "2025-03-31"}))
        }
        told = Counter({row[0]: row[1] for row in rows_of(ledger, "SELECT decided_by, count(*) FROM cases WHERE decided_at >= '2025-03-01' AND decided_at < '2025-04-01' GROUP BY 1")})  # fmt: skip
        assert {name: loads[name].decided for name in told} == told
        waiting = {row[0]: row[1] for row in rows_of(ledger, "SELECT assignee, count(*) FROM cases WHERE state IN ('open', 'later', 'waiting-approval') AND assignee IS NOT NULL GROUP BY 1")}  # fmt: skip
        assert {name: loads[name].assigned for name in waiting} == waiting


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        ("2026-01-30", "2026-02-01", ["2026-01-30", "2026-01-31", "2026-02-01"]),
        ("2025-11-30", "2026-02-01", ["2025-11", "2025-12", "2026-01", "2026-02"]),
        ("2020-12-31", "2025-01-01", ["2020", "2021", "2022", "2023", "2024", "2025"]),
    ],
)
def test_bins_are_days_months_or_years(first, last, names):
    begins, told = make_bins(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert told == names
    assert len(begins) == len(told)
    assert begins[0] <= dt.date.fromisoformat(first)


def test_coverage_is_of_each_vendors_last_visit(tmp_path):
    ledger = make_context(tmp_path).ledger
    ledger.execute("UPDATE pages SET health = 'challenge' WHERE page_id = (SELECT min(page_id) FROM pages)")
    counts = count_coverage(ledger, None, None)
    assert (counts.vendors, counts.unseen) == (5, {"challenge": 1})
    assert counts.told == "4 looked at, 1 could not be looked at (challenge 1)"
    assert counts.looked == ledger.value("SELECT count(*) FROM v_coverage WHERE page_health = 'ok'")
    ledger.execute(
        "UPDATE visits SET state = 'failed', end_reason = 'dns' WHERE visit_id = (SELECT max(visit_id) FROM visits)"
    )
    failed = count_coverage(ledger, None, None)
    told = rows_of(
        ledger, "SELECT reason, count(*) AS n FROM v_coverage WHERE outcome = 'could-not-look' GROUP BY reason"
    )
    assert failed.unseen == {row["reason"] or "unknown": row["n"] for row in told}
    assert count_coverage(ledger, "2030-01-01", None).vendors == 0


def test_a_stale_count_is_given_once_more_and_renewed_behind_it(tmp_path):
    ledger = make_context(tmp_path).ledger
    made = threading.Semaphore(0)

    def count(own: Ledger) -> int:
        number = int(own.value("SELECT count(*) FROM accounts WHERE is_active = 1"))
        made.release()
        return number

    cache = CountCache(fresh_s=3600)
    assert cache.read(ledger, ("a",), count) == 5
    ledger.execute("UPDATE accounts SET is_active = 0 WHERE account = 'admin-one'")
    assert cache.read(ledger, ("a",), count) == 5  # a minute has not gone by
    cache.fresh_s = 0
    assert cache.read(ledger, ("a",), count) == 5  # at once
    assert made.acquire(timeout=300)
    assert made.acquire(timeout=300)
    deadline = time.monotonic() + 300
    while cache.read(ledger, ("a",), count) != 4:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_count_that_fails_behind_a_page_leaves_the_old_one(tmp_path, caplog):
    ledger = make_context(tmp_path).ledger
    cache = CountCache(fresh_s=0)
    assert cache.read(ledger, ("a",), lambda own: own.value("SELECT count(*) FROM cases")) == 4
    for _ in range(3):
        assert cache.read(ledger, ("a",), lambda own: own.value("SELECT broken")) == 4
    deadline = time.monotonic() + 300
    while "could not be renewed" not in caplog.text:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_bars_and_columns_are_as_long_as_their_numbers():
    bars = etree.fromstring(draw_bars("b", "B", "a summary", [("a", 40), ("b", 10), ("c", 0)]))
    widths = [float(bar.get("width")) for bar in bars.iter("rect")]
    assert widths[0] == pytest.approx(4 * widths[1], abs=0.2)
    assert widths[2] == 0
    columns = etree.fromstring(
        draw_columns(
            "c", "C", "a summary", ["x", "y"], [Series(name="s", counts=[2, 4]), Series(name="t", counts=[0, 4])]
        )
    )
    heights = [float(bar.get("height")) for bar in columns.iter("rect")]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert len(heights) == 3  # nothing is drawn for none
    empty = etree.fromstring(draw_columns("e", "E", "a summary", [], []))
    assert not list(empty.iter("rect"))


def test_a_figure_of_nothing_is_its_summary_without_axes():
    for drawn in (
        draw_bars("s", "S", "None.", []),
        draw_columns("s", "S", "None.", [], []),
        draw_survival("s", "S", "None.", []),
    ):
        svg = etree.fromstring(drawn)
        assert (svg.findtext("title"), svg.findtext("desc"), svg.findtext("text")) == ("S", "None.", "None.")
        assert not list(svg.iter("path"))


def test_a_curve_falls_where_something_was_removed_and_has_strokes_where_not():
    curve = estimate_survival([Duration(days=5, is_removed=True), Duration(days=10, is_removed=False)])
    svg = etree.fromstring(draw_survival("s", "S", "a summary", [("request", curve)]))
    paths = [path for path in svg.iter("path") if path.get("class") == "curve s0 d0"]
    assert (paths[0].get("d") or "").count("V") == 1
    assert [path.get("class") for path in svg.iter("path") if "tick" in (path.get("class") or "")] == ["tick s0"]


@pytest.mark.parametrize(("most", "top"), [(0, 5), (5, 5), (6, 10), (11, 20), (201, 400), (401, 500), (50_000, 50_000)])
def test_the_top_of_an_axis_is_round_and_not_too_low(most, top):
    assert nice_top(most) == top
