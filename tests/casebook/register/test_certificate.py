"""The certificate: its title is honest, it holds on one page, and what strangers wrote stays text."""

from __future__ import annotations

import html
import itertools
import re
import shutil
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from casebook.register.certificate import MAX_HITS, read_certificate, write_certificate
from casebook.register.imports import import_register
from casebook.register.near_miss_checks import check_near_misses
from casebook.register.recorded_search import ask_register
from casebook.register.search_terms import SearchQuery
from ledger.errors import BadInputError, OutsideFailureError
from ledger.proof.custody import CustodyLog

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NOBODY = SearchQuery(names=(), domains=(), group=())
DAY = "2021-05-01"
REGISTER = """company,domain,valid_from,valid_until
Bright Harbour Ltd,harbour.example,2018-01-01,
Past Ltd,past.example,2010-01-01,2015-01-01
SensorGrid Ltd,sensorgrid.example,2018-01-01,
"""


@pytest.mark.parametrize(
    ("asked", "window_from", "title"),
    [
        ({"names": ("SenseGrid",)}, "2016-05-01", "Certificate of negative search"),
        ({"names": ("Past",), "domains": ("past.example",)}, "2016-05-01", "Certificate of negative search"),
        ({"domains": ("past.example",)}, None, "Certificate of search: no grant held on the day"),
        ({"domains": ("past.example",)}, "2014-05-01", "Certificate of search: grant on record"),
        ({"domains": ("harbour.example",)}, None, "Certificate of search: grant on record"),
        ({"names": ("Bright Harbour",)}, None, "Record of search: a person has to decide"),
    ],
)
def test_the_title_says_what_came_out(ledger, register, asked, window_from, title):
    register(REGISTER)
    row = ask_register(ledger, "acme", replace(NOBODY, **asked), DAY, window_from=window_from)
    assert read_certificate(ledger, row).title == title


def test_a_name_that_holds_on_the_day_is_not_hidden_by_the_companys_own_old_grant(ledger, register):
    register(REGISTER + "Past Ltd,new.example,2018-01-01,\n")
    asked = replace(NOBODY, names=("Past",), domains=("past.example",))
    certificate = read_certificate(ledger, ask_register(ledger, "acme", asked, DAY))
    assert certificate.title == "Record of search: a person has to decide"
    assert "one was found by a name alone or for its group; its own grants" in certificate.answer
    assert "did not hold on 2021-05-01" in certificate.answer
    later = read_certificate(ledger, ask_register(ledger, "acme", asked, "2017-05-01"))
    assert later.title == "Certificate of search: no grant held on the day"


def test_what_was_not_known_yet_is_not_said_to_be_missing_today(ledger, register):
    register(REGISTER)
    asked = replace(NOBODY, names=("Past",))
    row = ask_register(ledger, "acme", asked, DAY, known_at="2001-01-01T23:59:59Z")
    assert "no register in this workspace by 2001-01-01T23:59:59Z" in read_certificate(ledger, row).answer


def test_a_sentence_with_an_arabic_name_is_set_from_left_to_right(ledger, register, tmp_path):
    register(REGISTER)
    write_certificate(
        ledger, ask_register(ledger, "acme", replace(NOBODY, names=("شركة النور",)), DAY), tmp_path / "c.html"
    )
    page = BeautifulSoup((tmp_path / "c.html").read_text(encoding="utf-8"), "lxml")
    assert page.select_one(".answer > bdi")["dir"] == "ltr"
    assert page.select_one(".answer > bdi > bdi").string == "شركة النور"


def test_without_a_register_nothing_is_certified(ledger):
    certificate = read_certificate(ledger, ask_register(ledger, "acme", replace(NOBODY, names=("A",)), DAY))
    assert certificate.outcome == "undecided"
    assert "nothing can be said" in certificate.answer


def test_the_page_says_what_was_searched_and_tried_and_needs_nothing_from_outside(ledger, register, tmp_path):
    done = register(REGISTER).snapshot
    row = ask_register(ledger, "acme", replace(NOBODY, names=("SenseGrid Co., Ltd.",)), DAY, window_from="2016-05-01")
    write_certificate(ledger, row, tmp_path / "c.html")
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    text = " ".join(BeautifulSoup(page, "lxml").get_text(" ").split())
    for said in (done.file_sha256, "SenseGrid Co., Ltd.", "2016-05-01 to 2021-05-01", "“co ltd”", "SensorGrid Ltd", "the name is alike (84 of 100), not the same", row.search_id):  # fmt: skip
        assert said in text
    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert "default-src 'none'" in html.unescape(page)
    assert '<html lang="en">' in page
    headings = [int(tag.name[1]) for tag in BeautifulSoup(page, "lxml").find_all(re.compile(r"h\d"))]
    assert headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(headings))


def test_what_strangers_wrote_stays_text(ledger, register, tmp_path):
    register('company,domain,valid_from\n"<script>alert(1)</script> & ""Sons""",,2018-01-01\n')
    name = '<script>alert(1)</script> & "Sons"'
    row = ask_register(ledger, "acme", replace(NOBODY, names=(name, "<img src=x onerror=y>")), DAY)
    write_certificate(ledger, row, tmp_path / "c.html")
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|img)", page)
    assert row.hits


def test_what_does_not_fit_on_a_page_is_counted(ledger, register, tmp_path):
    lines = "".join(f"Bright Harbour {'x' * 300} Ltd,harbour.example,2018-01-01,\n" for _ in range(40))
    register("company,domain,valid_from,valid_until\n" + lines)
    row = ask_register(ledger, "acme", replace(NOBODY, names=("n" * 5_000,), domains=("harbour.example",)), DAY)
    certificate = write_certificate(ledger, row, tmp_path / "c.html")
    assert (len(certificate.hits), certificate.more_hits) == (MAX_HITS, 40 - MAX_HITS)
    assert len((tmp_path / "c.html").read_text(encoding="utf-8")) < 20_000


def test_a_place_that_can_not_be_written_is_told(ledger, register, tmp_path):
    row = ask_register(ledger, "acme", replace(NOBODY, names=("A",)), DAY)
    with pytest.raises(OutsideFailureError, match="name another file"):
        write_certificate(ledger, row, tmp_path / "none" / "c.html")


def text_of(ledger, row, tmp_path) -> str:
    write_certificate(ledger, row, tmp_path / "c.html")
    return " ".join(BeautifulSoup((tmp_path / "c.html").read_text(encoding="utf-8"), "lxml").get_text(" ").split())


def test_it_names_who_keeps_each_register_or_says_that_nobody_is_named(ledger, register, tmp_path):
    register(REGISTER)
    asked = replace(NOBODY, names=("SenseGrid",))
    text = text_of(ledger, ask_register(ledger, "acme", asked, DAY), tmp_path)
    assert "keeper not named" in text
    assert '--keeper "Name, function"' in text
    path = tmp_path / "partners.csv"
    done = import_register(ledger, "acme", path, keeper="  Ann Example,\n head of partners ")
    assert done.is_new, "another keeper is another snapshot"
    text = text_of(ledger, ask_register(ledger, "acme", asked, DAY), tmp_path)
    assert "kept by Ann Example, head of partners" in text
    assert "not named" not in text
    assert not import_register(ledger, "acme", path, keeper="Ann Example, head of partners").is_new
    assert not import_register(ledger, "acme", path).is_new


def test_a_past_certificate_keeps_the_keeper_of_its_snapshot(ledger, register, tmp_path):
    register(REGISTER)
    path = tmp_path / "partners.csv"
    import_register(ledger, "acme", path, keeper="Ann")
    row = ask_register(ledger, "acme", replace(NOBODY, names=("SenseGrid",)), DAY)
    import_register(ledger, "acme", path, keeper="Ben")
    assert [register.keeper for register in read_certificate(ledger, row).registers] == ["Ann"]


@pytest.mark.parametrize("keeper", ["", "  ", "12", "A" * 201, "Ann\x07Example"])
def test_a_keeper_that_names_nobody_is_refused(ledger, register, tmp_path, keeper):
    register(REGISTER)
    with pytest.raises(BadInputError, match="a name and a function"):
        import_register(ledger, "acme", tmp_path / "partners.csv", keeper=keeper)


def test_it_has_lines_to_sign_whatever_came_out(ledger, register, tmp_path):
    register(REGISTER)
    for asked in ({"names": ("SenseGrid",)}, {"domains": ("harbour.example",)}):
        text = text_of(ledger, ask_register(ledger, "acme", replace(NOBODY, **asked), DAY), tmp_path)
        assert "Signed Name, function Place, date Signature" in text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_it_holds_on_one_page_with_keepers_near_misses_that_were_looked_at_and_lines_to_sign(
    ledger, register, tmp_path
):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra [browser]")
    lines = "".join(f"SenseGri{letter} Ltd,{letter}.example,2018-01-01,\n" for letter in "abcefghij")
    for name in ("partners",):
        register("company,domain,valid_from,valid_until\n" + lines, name)
        import_register(ledger, "acme", tmp_path / f"{name}.csv", register=name, keeper="Ann Example, head of partner management")  # fmt: skip
    row = ask_register(ledger, "acme", replace(NOBODY, names=("SenseGrid Co., Ltd.",)), DAY, window_from="2016-05-01")
    log = CustodyLog(tmp_path / "custody.jsonl")
    check_near_misses(ledger, log, row.search_id, [1, 2, 3, 4, 5, 6], why="a bakery in another country", by="Ann Example")  # fmt: skip
    write_certificate(ledger, row, tmp_path / "c.html")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto((tmp_path / "c.html").as_uri())
        pdf = page.pdf(prefer_css_page_size=True)
        browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
