"""What a page says in words, on a real database: what counts beside what, and what a second reading leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.database import Ledger
from ledger.lexicon import Lexicon
from ledger.records import BrandRow, Crawl, Look, Page, Passage, Seed, Visit
from ledger.vocabulary import LookOutcome, PageHealth, PageKind, Purpose, SectionKind, VisitState
from matcher.text_matches import match_texts
from tests.new_ledger import new_ledger

NOW = "2026-01-01T00:00:00Z"
Read = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "p.db") as opened:
        brand = {"aliases": (), "domains": (), "recorded_at": NOW}
        opened.add(
            [
                BrandRow(brand="acme", name="Acme", not_when=("orchard",), **brand),
                BrandRow(brand="corvane", name="Corvane", **brand),
            ]
        )
        opened.add(
            [
                Seed(
                    seed_id="s",
                    vendor="Hallam",
                    vendor_domain="hallam.example",
                    start_urls=(),
                    country=None,
                    parent=None,
                )
            ]
        )
        crawl = {"order_sha256": "0" * 64, "seeds_file": "s.csv", "settings": {}, "tool_version": "0", "ended_at": None}
        opened.add([Crawl(crawl_id="c", started_at=NOW, **crawl)])
        times = {"started_at": NOW, "ended_at": None, "end_reason": None, "pages": 1, "requests": 1, "body_bytes": 1}
        opened.add([Visit(visit_id="v", crawl_id="c", seed_id="s", ordinal=0, state=VisitState.DONE, **times)])
        looked = {
            "reason": None,
            "detail": None,
            "status": 200,
            "capture_id": None,
            "content_sha256": None,
            "content_bytes": None,
        }
        url = "https://hallam.example/"
        opened.add(
            [
                Look(
                    look_id="l",
                    visit_id="v",
                    purpose=Purpose.PAGE,
                    requested_url=url,
                    outcome=LookOutcome.LOOKED,
                    final_url=url,
                    looked_at=NOW,
                    **looked,
                )
            ]
        )
        page = {"link_text": "", "title": None, "language": "en", "kind_reasons": (), "health_reason": None}
        opened.add(
            [
                Page(
                    page_id="p",
                    visit_id="v",
                    look_id="l",
                    url=url,
                    kind=PageKind.HOME,
                    health=PageHealth.OK,
                    stylesheet_looks=(),
                    extractor_version=1,
                    **page,
                )
            ]
        )
        yield opened


@pytest.fixture
def read(ledger: Ledger) -> Read:
    def passages(*texts: str | tuple[str, SectionKind], view: str = "v_text_claims") -> list[tuple[object, ...]]:
        ledger.execute("DELETE FROM text_matches")
        ledger.execute("DELETE FROM passages")
        for place, one in enumerate(texts):
            text, section = one if isinstance(one, tuple) else (one, SectionKind.NONE)
            around = {"heading_trail": (), "zone": "main", "section_kind": section}
            ledger.add(
                [Passage(passage_id=f"g{place}", page_id="p", ordinal=place, text=text, language="en", **around)]
            )
        match_texts(ledger, ["acme", "corvane"], Lexicon.load(), visit_ids=["v"])
        return [tuple(row) for row in ledger.rows(f"SELECT brand, kind FROM {view} ORDER BY 1, 2")]

    return passages


def test_a_mere_mention_adds_nothing_to_a_claim_of_its_page(read: Read) -> None:
    texts = ("We are an Acme partner.", "Acme opened an office.", "Corvane too.")
    assert read(*texts) == [("acme", "partner-claim"), ("corvane", "mention-only")]
    assert len(read(*texts, view="v_namings")) == 3


def test_a_notice_of_trademarks_takes_back_no_claim(read: Read) -> None:
    notice = "Acme and Corvane are trademarks of their respective owners."
    assert read("We are an Acme partner.", notice) == [("acme", "partner-claim"), ("corvane", "denial")]
    denial = "We are no longer, and never were, affiliated: we have no connection with Acme."
    assert ("acme", "denial") in read("We are an Acme partner.", denial)


def test_a_page_that_disclaims_takes_back_nothing_and_both_stay(read: Read) -> None:
    listed = ("Acme", SectionKind.PARTNERS)
    assert read("Our partners", listed) == [(None, "partner-claim"), ("acme", "partner-claim")]
    disclaimed = read("Our partners", listed, "We work without claiming formal partner status.")
    assert disclaimed == [
        (None, "denial"),
        ("acme", "mention-only"),
    ]  # which stays evidence: v_text_claims.certainty is likely
    everyday = read("Our partners", listed, "There is no relationship between price and weight.")
    assert everyday == [(None, "partner-claim"), ("acme", "partner-claim")]


def test_a_colon_leads_the_list_after_it(read: Read) -> None:
    assert ("acme", "partner-claim") in read("Our technology partners include:", "Corvane", "Acme")
    assert ("acme", "mention-only") in read("Our technology partners include:", "x" * 80, "Acme")


def test_reading_again_changes_nothing_and_leaves_nothing_behind(ledger: Ledger, read: Read) -> None:
    first = read("Our partners", "We are an Acme partner.")
    rows = [tuple(row) for row in ledger.rows("SELECT * FROM text_matches ORDER BY 1")]
    match_texts(ledger, ["acme"], Lexicon.load(), visit_ids=["v"])
    assert [tuple(row) for row in ledger.rows("SELECT * FROM text_matches ORDER BY 1")] == rows
    ledger.execute("UPDATE passages SET text = 'Rain.'")
    match_texts(ledger, ["acme"], Lexicon.load(), visit_ids=["v"])
    assert (len(first), ledger.value("SELECT count(*) FROM text_matches")) == (2, 0)


def test_the_brands_own_words_are_read_from_the_database(read: Read) -> None:
    assert read("The Acme orchard.") == []
