"""A page that was read again: still the page that it was, or another one at its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.reading.page_continuity import PageContent, compare_contents, compare_pages, page_content
from ledger.database import Ledger
from ledger.identity import content_id
from ledger.vocabulary import Continuity
from tests.casebook.ledgers import Read, Shown, add_visit, rows_of
from tests.new_ledger import new_ledger

LINES = [
    "We plan, install and look after office networks for companies between ten and five hundred seats.",
    "Our engineers answer the telephone themselves, and every project ends with a written hand-over.",
    "Call us, write to us, or visit the office near the harbour.",
]
MENU = "Home Products Services About Contact"


def content(
    *lines: str, title: str = "Partners - Quayside", heading: str = "Our partners", images: Sequence[str] = ()
) -> PageContent:
    passages = [(MENU, "nav", ()), (heading, "main", (heading,)), *((line, "main", (heading,)) for line in lines)]
    return page_content(title, passages, images)


PAGE = content(*LINES, images=["https://a.example/i/q7.png"])


@pytest.mark.parametrize(
    "later",
    [
        PAGE,
        content(*LINES),  # a logo was taken away
        content(*LINES[:2], "We have many friends in the trade."),
        content(*LINES, "And a new paragraph about something else.", images=["/i/other.png"]),
        content(*LINES, title="Quayside", heading="Friends of the house"),  # renamed, its words stand
        content(LINES[0], "Wholly new words fill the rest of what was written here before."),
    ],
)
def test_a_page_that_was_edited_is_still_that_page(later):
    assert compare_contents(PAGE, later, frozenset()).continuity is Continuity.SAME


@pytest.mark.parametrize(
    "later",
    [
        content(),  # menu, heading and nothing else: a broken plugin
        content("Chairs, tables and lamps for every room of the house.", title="Shop", heading="Shop"),
        content("We will be back soon.", title="Maintenance", heading="We will be back soon"),
        content(
            "Something that has nothing to do with what stood here, at all, under the same title and heading",
            "and goes on for a while, so that nobody can call it an empty page.",
        ),
    ],
)
def test_another_page_at_its_address_has_changed_beyond_recognition(later):
    likeness = compare_contents(PAGE, later, frozenset())
    assert likeness.continuity is Continuity.CHANGED
    assert "%" in likeness.why


def test_what_stands_on_other_pages_too_does_not_make_it_the_same_page():
    news = (
        "Read our latest news: a new office in the north, and a prize for our apprentices in the south of the country."
    )
    earlier = content(LINES[0], news)
    later = content(news, "Chairs and tables for every room of the house.", heading="Shop")
    site = content(news, title="Home").words
    assert compare_contents(earlier, later, frozenset()).continuity is Continuity.SAME
    assert compare_contents(earlier, later, site).continuity is Continuity.CHANGED


def test_a_page_whose_own_words_were_the_claim_is_still_that_page_without_it():
    shared = "We plan and look after networks in towns and ports. Our engineers answer the telephone themselves."
    earlier = content(shared, "We are an authorised reseller of Acme.")
    home = content(shared, title="Home").words
    assert compare_contents(earlier, content(shared, "We know many makers."), home).is_same
    assert not compare_contents(earlier, content("We know many makers.", "Free delivery to every door."), home).is_same


def test_scripts_without_spaces_are_compared_by_pairs():
    words = "我们为十到五百个席位的公司规划、安装和维护办公网络。我们的工程师亲自接听电话,每个项目都以书面交接结束。"
    earlier = content(words, title="合作伙伴", heading="合作伙伴")
    assert compare_contents(earlier, content(words, "新的一段。", title="合作伙伴"), frozenset()).is_same
    assert not compare_contents(
        earlier, content("各式椅子、桌子和灯具,免费送货上门。", title="商店"), frozenset()
    ).is_same


def test_a_page_that_shows_next_to_nothing_is_known_by_title_and_headings():
    earlier = content(images=["/i/a.png", "/i/b.png"])
    assert compare_contents(earlier, content(images=["/i/a.png"]), frozenset()).is_same
    assert not compare_contents(
        earlier, content(images=["/i/a.png"], title="Shop", heading="Shop"), frozenset()
    ).is_same


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return new_ledger(tmp_path / "partnerproof.db")


OLD = Read(lines=LINES, images=[Shown(image="a")], title="Partners")
EDITED = replace(OLD, images=[])
OTHER = Read(
    lines=["Chairs, tables and lamps for every room of the house.", "Free delivery to every door."], title="Shop"
)


def continuities(ledger: Ledger) -> list[str]:
    sql = (
        "SELECT substr(k.looked_at, 6, 2) || ' ' || c.continuity || ' ' || substr(o.looked_at, 6, 2) FROM page_continuity c"
        " JOIN pages p USING (page_id) JOIN looks k ON k.look_id = p.look_id"
        " JOIN pages q ON q.page_id = c.compared_with JOIN looks o ON o.look_id = q.look_id ORDER BY k.looked_at"
    )
    return [row[0] for row in rows_of(ledger, sql)]


def test_each_reading_is_held_against_the_last_one_that_was_that_page(ledger):
    for month, page in ((1, OLD), (2, EDITED), (3, OTHER), (4, EDITED), (5, OTHER)):
        compare_pages(ledger, add_visit(ledger, f"2030-0{month}-01", [page]))
    assert continuities(ledger) == [
        "02 same 01",
        "03 changed-beyond-recognition 02",
        "04 same 02",
        "05 changed-beyond-recognition 04",
    ]


def test_a_reading_that_was_ingested_late_stands_in_its_place(ledger):
    compare_pages(ledger, add_visit(ledger, "2030-03-01", [OTHER]))
    assert continuities(ledger) == []
    old = add_visit(ledger, "2030-01-01", [OLD])
    compare_pages(ledger, old)
    assert continuities(ledger) == ["03 changed-beyond-recognition 01"]
    before = rows_of(ledger, "SELECT page_id, continuity, why FROM page_continuity")
    compare_pages(ledger, old)  # again: no harm
    assert [tuple(row) for row in rows_of(ledger, "SELECT page_id, continuity, why FROM page_continuity")] == [
        tuple(row) for row in before
    ]


def test_content_that_is_the_same_byte_for_byte_needs_no_comparison(ledger):
    for day in ("2030-01-01", "2030-02-01"):
        visit = add_visit(ledger, day, [OLD])
        ledger.execute("UPDATE looks SET content_sha256 = ? WHERE purpose = 'page'", [content_id("bytes", "same")])
        assert compare_pages(ledger, visit) == 0
