"""Seed lists: every mistake is named at once, nothing is half imported, a crawl goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.visits.seeds import begin_crawl, end_crawl_if_complete, read_seeds, seed_of
from ledger.errors import BadInputError
from tests.new_ledger import new_ledger


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "vendors.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_domains_and_addresses_become_seeds(tmp_path):
    seeds = read_seeds(write(tmp_path, "name,url,domain,country\nA,https://www.a.co.uk/x,,GB\n,,b.example,\n"))
    assert [(s.vendor, s.vendor_domain, s.start_urls) for s in seeds] == [
        ("A", "a.co.uk", ("https://www.a.co.uk/x",)),
        ("b.example", "b.example", ("https://b.example/",)),
    ]
    assert seeds[0].country == "GB"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    assert read_seeds(write(tmp_path, b"\xef\xbb\xbfname,url\r\nA,http://a.example/\r\n"))[0].vendor == "A"


def test_lines_of_one_vendor_add_start_addresses(tmp_path):
    seeds = read_seeds(write(tmp_path, "name,url\nA,http://a.example/\nA,http://a.example/partners\n"))
    assert seeds[0].start_urls == ("http://a.example/", "http://a.example/partners")


def test_every_mistake_of_a_list_is_named_at_once(tmp_path):
    path = write(
        tmp_path,
        "name,url\nA,nonsense\nB,ftp://b.example/\nC,http://c.example:port/\nD,http://d.example/\nE,http://d.example/\nF,\n",
    )
    with pytest.raises(BadInputError) as caught:
        read_seeds(path)
    places = [str(problem.where).removeprefix(f"{path} ") for problem in caught.value.problems]
    assert places == ["line 2, url", "line 3, url", "line 4, url", "line 6, name", "line 7, url"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "a header with the column url or domain"),
        ("vendor;site\nA;http://a.example/\n", "a header with the column url or domain"),
        ("name,url\n", "at least one vendor"),
        ("name,url,colour\nA,http://a.example/,red\n", "one of the columns"),
        (b"name,url\n\xff\xfe,http://a.example/\n", "UTF-8 text"),
        ('name,url\n"A,http://a.example/\n', "CSV"),
        ("name,url\nA,http://a.example/,x\n", "as many cells as the header has"),
    ],
)
def test_a_file_that_is_no_seed_list_is_explained(tmp_path, content, expected):
    with pytest.raises(BadInputError, match=expected):
        read_seeds(write(tmp_path, content))


def test_a_missing_file_is_explained(tmp_path):
    with pytest.raises(BadInputError, match="No such file"):
        read_seeds(tmp_path / "none.csv")


def test_international_hosts_and_paths_are_encoded():
    assert (
        seed_of("http://例え.example/パートナー").start_urls[0]
        == "http://xn--r8jz45g.example/%E3%83%91%E3%83%BC%E3%83%88%E3%83%8A%E3%83%BC"
    )


def test_an_unfinished_crawl_goes_on_and_a_finished_one_is_followed_by_a_new_one(tmp_path):
    with new_ledger(tmp_path / "p.db") as ledger:
        seeds = [seed_of("a.example"), seed_of("b.example")]
        first = begin_crawl(ledger, seeds, seeds_file="s.csv", settings={}, tool_version="0")
        assert begin_crawl(ledger, seeds, seeds_file="s.csv", settings={}, tool_version="0") == first
        assert not end_crawl_if_complete(ledger, first)
        ledger.execute("UPDATE visits SET state = 'done'")
        assert end_crawl_if_complete(ledger, first)
        assert begin_crawl(ledger, seeds, seeds_file="s.csv", settings={}, tool_version="0") != first
        assert ledger.value("SELECT count(*) FROM seeds") == 2
