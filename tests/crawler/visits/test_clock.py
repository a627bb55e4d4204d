"""What servers say of their time, read without harm and summed up so that no few of them decide."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crawler.visits.clock import measure_clock, read_server_date
from crawler.visits.seeds import begin_crawl, seed_of
from ledger.archive.warc import Exchange, WarcArchive
from ledger.identity import content_id, parse_utc, utc_text
from tests.conftest import NOW
from tests.new_ledger import new_ledger

DATE = "Mon, 23 Nov 2026 06:34:29 GMT"


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"date": DATE}, NOW),
        ({"date": DATE, "age": "0"}, NOW),
        ({"date": DATE, "age": "17"}, None),
        ({"date": DATE, "age": "old"}, None),
        ({"date": "Mon, 23 Nov 2026 08:34:29 +0200"}, NOW),
        ({}, None),
        ({"date": "yesterday"}, None),
        ({"date": "Mon, 99 Nov 99999999999999 06:34:29 GMT"}, None),
        ({"date": "Mon, 23 Nov 2026 06:34:29 +9999999999"}, None),
        ({"date": "Mon, 23 Nov 2026 06:34:29"}, NOW),
        ({"date": "Thu, 01 Jan 1801 00:00:00 GMT"}, None),
        ({"date": "Fri, 31 Dec 9999 23:59:59 -2300"}, None),
        ({"date": "\x00" * 5000}, None),
    ],
)
def test_only_a_fresh_and_readable_date_is_taken(headers, said):
    assert read_server_date(headers) == said


def crawl_with(folder: Path, offsets: dict[str, list[int]]) -> dict[str, object]:
    """Measure a crawl to which servers (by address) answered while our clock was ahead of theirs by so many seconds."""
    with new_ledger(folder / "p.db") as ledger:
        seeds = [seed_of("a.example")]
        crawl_id = begin_crawl(ledger, seeds, seeds_file="s.csv", settings={}, tool_version="0")
        with WarcArchive(folder / "warc", ledger, crawl_id, tool="test") as archive:
            for address, seconds in offsets.items():
                for number, ahead_s in enumerate(seconds):
                    archive.store(
                        Exchange(
                            visit_id=content_id("visit", crawl_id, seeds[0].seed_id),
                            url=f"http://{address}/{number}",
                            attempt=0,
                            method="GET",
                            request_headers=[],
                            protocol="HTTP/1.1",
                            status=200,
                            reason="OK",
                            response_headers=[],
                            payload=b"",
                            content_type=None,
                            redirect_url=None,
                            remote_ip=address,
                            fetched_at=utc_text(parse_utc(NOW) + timedelta(seconds=ahead_s)),
                            server_date=NOW,
                        )
                    )
        return measure_clock(ledger, crawl_id)


def test_each_server_counts_once_and_the_middle_of_them_counts(tmp_path):
    many_answers_of_one_that_is_wrong = [86_400] * 30
    clock = crawl_with(
        tmp_path, {"192.0.2.1": many_answers_of_one_that_is_wrong, "192.0.2.2": [1, 1, 9], "192.0.2.3": [2]}
    )
    assert clock == {"servers": 3, "answers": 34, "median_s": 2, "middle_half_s": [1.5, 43_201]}


def test_one_server_has_no_spread_and_none_no_offset(tmp_path):
    assert crawl_with(tmp_path, {"192.0.2.1": [-3]}) == {"servers": 1, "answers": 1, "median_s": -3, "middle_half_s": [-3, -3]}  # fmt: skip
    assert crawl_with(tmp_path / "other", {})["median_s"] is None


def test_of_a_server_only_so_many_answers_are_taken(tmp_path):
    assert crawl_with(tmp_path, {"192.0.2.1": [0] * 60})["answers"] == 50


def test_a_crawl_that_goes_on_with_other_rules_says_so(tmp_path):
    with new_ledger(tmp_path / "p.db") as ledger:
        for rules in ("a", "a", "b", "b"):
            begin_crawl(
                ledger, [seed_of("a.example")], seeds_file="s.csv", settings={}, tool_version="0", made_with={"rules": rules}
            )  # fmt: skip
        (made_with,) = ledger.rows("SELECT made_with FROM crawls")[0]
    assert made_with.count('"rules": "b"') == 1
    assert made_with.count('"rules": "a"') == 1
