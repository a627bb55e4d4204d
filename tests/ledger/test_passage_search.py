"""Passages are found by names of two characters, by words and their beginnings, from whatever a person types."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from crawler.reading.page_reader import PageSource, read_page, store_page
from ledger.database import Ledger
from ledger.passage_search import match_query, search_passages, search_words, searchable
from ledger.records import Crawl, Look, Page, Passage, Seed, Visit
from ledger.vocabulary import LookOutcome, PageHealth, PageKind, Purpose, SectionKind, VisitState
from tests.new_ledger import new_ledger

NOW = "2026-11-23T06:34:29Z"
TEXTS = {
    "zh": "我们是微软的重要合作伙伴，也是艾克米公司的客户。",
    "en": 'We are a certified partner of Acme Ltd. and "Veltrana" since 2014.',
    "tr": "İstanbul'daki İş Ortaklarımız arasında Corvane ve IŞIK var.",
    "ar": "نحن شركاء معتمدون لشركة أكمي منذ عام 2014",
    "th": "เราเป็นพันธมิตรของแอคมี่ในประเทศไทย",
    "ja": "アクミ株式会社のパートナーです。",
    "ko": "우리는 아크미의 공식 파트너입니다",
    "de": "Größte Händler für Geräte von ACME-Nord",
    "fr": "Nos partenaires à l'étranger : Société Générale d'Acmé",
}


def passage(passage_id: str, text: str) -> Passage:
    return Passage(
        passage_id=passage_id, page_id="p", ordinal=0, text=text, language=None, heading_trail=(),
        zone="main", section_kind=SectionKind.NONE, search_words=search_words(text),
    )  # fmt: skip


def fill(ledger: Ledger) -> None:
    ledger.add([Seed(seed_id="s", vendor="V", vendor_domain="v.example", start_urls=(), country=None, parent=None)])
    ledger.add(
        [
            Crawl(
                crawl_id="c",
                order_sha256="",
                seeds_file="",
                settings={},
                tool_version="",
                started_at=NOW,
                ended_at=None,
            )
        ]
    )
    ledger.add([
        Visit(
            visit_id="v", crawl_id="c", seed_id="s", ordinal=0, state=VisitState.DONE, started_at=NOW, ended_at=NOW,
            end_reason=None, pages=1, requests=1, body_bytes=1,
        )
    ])  # fmt: skip
    ledger.add([
        Look(
            look_id="l", visit_id="v", purpose=Purpose.PAGE, requested_url="https://v.example/", outcome=LookOutcome.LOOKED,
            reason=None, detail=None, status=200, final_url="https://v.example/", capture_id=None, content_sha256=None,
            content_bytes=None, looked_at=NOW,
        )
    ])  # fmt: skip
    ledger.add([
        Page(
            page_id="p", visit_id="v", look_id="l", url="https://v.example/", link_text="", title=None, language=None,
            kind=PageKind.HOME, kind_reasons=(), health=PageHealth.OK, health_reason=None, stylesheet_looks=(),
                extractor_version=1,
        )
    ])  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path):
    with new_ledger(tmp_path / "p.db") as opened:
        fill(opened)
        passages = [passage(name, text) for name, text in TEXTS.items()]
        opened.put(passages)
        yield opened


def found(ledger: Ledger, text: str) -> list[str]:
    return sorted(passage.passage_id for passage in search_passages(ledger, text))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("微软", ["zh"]),
        ("艾克米", ["zh"]),
        ("合作伙伴", ["zh"]),
        ("微", ["zh"]),
        ("软微", []),
        ("合伴", []),
        ("微软 艾克米", ["zh"]),
        ("微软 Acme", []),
        ("Acme", ["de", "en", "fr"]),
        ("acme partn", ["en"]),
        ("part", ["en", "fr"]),
        ('"partner of acme"', ["en"]),
        ('"acme of partner"', []),
        ("istanbul", ["tr"]),
        ("İSTANBUL", ["tr"]),
        ("iş ortak", ["tr"]),
        ("IŞIK", ["tr"]),
        ("ışık", ["tr"]),
        ("شركاء", ["ar"]),
        ("أكمي", ["ar"]),
        ("แอคมี่", ["th"]),
        ("พันธมิตร", ["th"]),
        ("アクミ", ["ja"]),
        ("파트너", ["ko"]),
        ("아크미", ["ko"]),
        ("Geräte", ["de"]),
        ("gerate", ["de"]),
        ("etranger", ["fr"]),
        ("société générale", ["fr"]),
        ("2014", ["ar", "en"]),
    ],
)
def test_every_script_is_found(ledger, text, names):
    assert found(ledger, text) == sorted(names)


@pytest.mark.parametrize(
    "text", ["", '"', '""', "*", "AND", "acme OR", "NEAR(a b)", "words:acme", "a^2", "(", "-acme", "'; DROP TABLE x", "“acme”", "\x00", "\ud800"]
)  # fmt: skip
def test_signs_of_the_query_language_do_no_harm(ledger, text):
    assert isinstance(search_passages(ledger, text), list)


def test_quotes_of_any_kind_make_a_phrase():
    assert match_query("“certified partner” Acme") == '"certified partner" AND "Acme"*'
    assert match_query("NOT acme") == '"NOT"* AND "acme"*'
    assert match_query("  … !") == ""


@given(st.text(max_size=60))
def test_any_text_finds_itself_or_nothing(text):
    database = Database(memory=True)
    database.execute("CREATE VIRTUAL TABLE t USING fts5(words, tokenize='unicode61 remove_diacritics 2')")
    shown = text.encode("utf-8", "replace").decode()
    database.execute("INSERT INTO t (words) VALUES (?)", [searchable(shown)])
    if query := match_query(shown):
        database.execute("SELECT * FROM t WHERE t MATCH ?", [query]).fetchall()


def test_passages_that_change_or_go_are_found_no_more(ledger):
    changed = [passage("zh", "我们是维川的客户")]
    ledger.put(changed)
    assert (found(ledger, "微软"), found(ledger, "维川")) == ([], ["zh"])
    ledger.execute("DELETE FROM passages WHERE passage_id = 'en'")
    assert found(ledger, "acme") == ["de", "fr"]
    ledger.execute("INSERT INTO passage_search (passage_search, rank) VALUES ('integrity-check', 1)")


def test_a_stored_page_is_found_and_stays_consistent(ledger, lexicon):
    for words in ("微软合作伙伴", "艾克米合作伙伴"):
        source = PageSource(
            visit_id="v", look_id="l", url="https://v.example/", status=200,
            content=f"<p>{words}</p><p>Nordlicht</p>".encode(), content_type="text/html; charset=utf-8",
        )  # fmt: skip
        store_page(ledger, read_page(source, lexicon).with_images([], lexicon))
    assert found(ledger, "微软") == ["zh"]
    assert len(found(ledger, "艾克米")) == 2
    assert len(found(ledger, "nordlicht")) == 1
    ledger.execute("INSERT INTO passage_search (passage_search, rank) VALUES ('integrity-check', 1)")
