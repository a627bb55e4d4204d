"""The summary for a meeting: what it counts, what it leaves out and says so, and that no name in it is anything but words.

Tests: casebook/dossier/summary.py, casebook/dossier/serious_standings.py, casebook/dossier/templates/summary.html.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from lxml import etree

from casebook.cases.cases import sync_cases
from casebook.dossier.coverage import read_coverage
from casebook.dossier.findings import read_findings
from casebook.dossier.report import Pages, Paper, ReportOrder, render_summary, write_report
from casebook.dossier.summary import Summary, SummaryScope, read_newest_seal, read_summary, tell_title
from casebook.files.pdf import pdf_bytes
from casebook.files.written_days import write_day
from casebook.verdicts.claims import find_claims
from ledger.database import Ledger
from ledger.errors import BadInputError
from ledger.records import BrandRow, Judging, Seed, Verdict, Visit
from ledger.verdict_kinds import SERIOUSNESS
from ledger.vocabulary import JudgingCause, PageHealth, VerdictKind, VisitState
from tests.casebook.ledgers import Read, Said, add_visit
from tests.casebook.web.contexts import confirm, make_context
from tests.new_ledger import new_ledger

HOSTILE = "</title></svg><script>alert(1)</script>"
NAMES = {"acme": "Acme", "port": "شركة الميناء", "north": "株式会社ノースウィンド", "bad": HOSTILE, "quiet": "Quiet"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        yield ledger


def add_brands(ledger: Ledger, names: dict[str, str]) -> None:
    ledger.add(BrandRow(brand=brand, name=name, aliases=(), domains=(), recorded_at="2010-01-01T00:00:00Z") for brand, name in names.items())  # fmt: skip


def add_claims(ledger: Ledger, given: dict[str, list[tuple[str, VerdictKind]]]) -> None:
    """Claims in words. given: by vendor's domain, the brands with their verdicts."""
    visits = []
    for number, (domain, claims) in enumerate(given.items()):
        said = [Said(text=f"We are a partner of {brand}.", brand=brand) for brand, _ in claims]
        visits.append(add_visit(ledger, f"2026-01-{number + 1:02d}", [Read(sentences=said)], domain=domain))
    find_claims(ledger, ledger.values("SELECT brand FROM brands"), visit_ids=visits)
    ledger.add([Judging(judging_id="01", cause=JudgingCause.JUDGE, as_of=None, known_at=None, rules_version="5", started_at="2026-02-01T00:00:00Z", ended_at=None, claims=1, verdicts=1)])  # fmt: skip
    kinds = {(domain, brand): kind for domain, claims in given.items() for brand, kind in claims}
    for finding in read_findings(ledger):
        ledger.add([Verdict(verdict_id=f"v{finding.claim_id}", claim_id=finding.claim_id, sequence=0, search_id=None, verdict=kinds[finding.vendor_domain, finding.brand], rule="1", reasons=("no grant",), objections=(), as_of="2026-02-01", rules_version="5", judged_at="2026-02-01T00:00:00Z", judging_id="01", is_replay=False, close=(), facts={})])  # fmt: skip
    sync_cases(ledger)


def summarise(ledger: Ledger, folder: Path, scope: SummaryScope | None = None) -> Summary:
    scope = scope or SummaryScope()
    findings = read_findings(ledger, brand=scope.brand, verdict=scope.verdict)
    return read_summary(ledger, folder / "warc", scope, findings, read_coverage(ledger))


def words_of(summary: Summary, *, paper: Paper | None = None) -> str:
    """What a reader reads, without markup, on one line."""
    page = re.sub(r"<(style|script|title)>.*?</\1>", "", render_summary(Pages(), summary, paper=paper), flags=re.S)
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    return re.sub(r" ([,.:])", r"\1", words)


def test_an_empty_workspace_says_that_nothing_was_looked_at(ledger, tmp_path):
    words = words_of(summarise(ledger, tmp_path))
    assert "Nothing was looked at yet: no vendor was visited." in words
    assert "There was no crawl yet." in words
    assert "No findings. That counts only where we looked" in words
    assert "Decisions and follow-up" not in words


def test_vendors_that_are_to_come_are_not_told_as_visited(ledger, tmp_path):
    add_visit(ledger, "2026-01-01", [Read()])
    visit_id = add_visit(ledger, "2026-01-01", [], domain="later.example")
    ledger.update(Visit, {"state": VisitState.PENDING, "started_at": None}, visit_id=visit_id)
    words = words_of(summarise(ledger, tmp_path))
    assert "1 vendor was visited, on 1 January 2026." in words
    assert "No claim of a relation to a brand was found. 1 vendor is still to come." in words


def test_the_four_numbers_add_up_and_dates_stand_as_people_write_them(ledger, tmp_path):
    add_brands(ledger, {"acme": "Acme"})
    add_claims(ledger, {f"v{place}.example": [("acme", kind)] for place, kind in enumerate(SERIOUSNESS)})
    summary = summarise(ledger, tmp_path)
    short = summary.in_short
    assert (short.nothing_allows, short.to_decide, short.allowed, short.all) == (4, 3, 4, len(SERIOUSNESS))
    words = words_of(summary)
    assert "11 vendors were visited, from 1 January 2026 to 11 January 2026." in words
    page = render_summary(Pages(), summary)
    assert '<time datetime="2026-01-11T10:00:00Z" title="2026-01-11T10:00:00Z">11 January 2026</time>' in page
    assert "This was the first crawl" not in words, "add_visit makes a crawl a day"


def test_the_first_crawl_has_nothing_to_compare_with(ledger, tmp_path):
    add_visit(ledger, "2026-01-01", [Read()])
    assert "This was the first crawl: there is nothing to compare it with yet." in words_of(summarise(ledger, tmp_path))


def test_the_most_serious_findings_come_first_each_vendor_and_brand_once(ledger, tmp_path):
    add_brands(ledger, NAMES)
    add_claims(
        ledger,
        {
            "late.example": [("acme", VerdictKind.LAPSED), ("port", VerdictKind.AUTHORISED)],
            "worst.example": [("acme", VerdictKind.NO_AUTHORISATION), ("port", VerdictKind.UNDETERMINED)],
            "next.example": [("acme", VerdictKind.NO_AUTHORISATION)],
        },
    )
    serious = summarise(ledger, tmp_path).serious
    assert [(row.finding.vendor, row.brand_name, row.finding.verdict) for row in serious.shown] == [
        ("Worst", "Acme", "no-authorisation"),
        ("Next", "Acme", "no-authorisation"),
        ("Late", "Acme", "lapsed"),
        ("Worst", "شركة الميناء", "undetermined"),
    ]
    assert serious.shown[0].shown.words == "We are a partner of acme."


def test_a_claim_is_said_of_the_brand_where_that_reads_well(ledger, tmp_path):
    add_brands(ledger, {"acme": "Acme"})
    add_claims(ledger, {"v.example": [("acme", VerdictKind.LAPSED)]})
    assert "partner of Acme lapsed" in words_of(summarise(ledger, tmp_path))
    for relation, words in (("certification", "Acme: certified"), ("unstated", "Acme: one of a wall of logos")):
        ledger.execute("UPDATE claims SET relation = ?", [relation])
        assert words in words_of(summarise(ledger, tmp_path))


def test_what_is_gone_or_was_decided_otherwise_is_left_out_and_the_page_says_so(ledger, tmp_path):
    add_brands(ledger, {"acme": "Acme"})
    names = ("gone", "wrong", "stays", "removed")
    add_claims(ledger, {f"{name}.example": [("acme", VerdictKind.LAPSED)] for name in names})
    ledger.execute("UPDATE cases SET state = 'false-match' WHERE vendor_domain = 'wrong.example'")
    ledger.execute(
        "UPDATE cases SET removed_on = '2026-03-01' WHERE vendor_domain IN ('removed.example', 'gone.example')"
    )
    ledger.execute("UPDATE cases SET state = 'confirmed' WHERE vendor_domain = 'stays.example'")
    summary = summarise(ledger, tmp_path)
    assert [(row.finding.vendor, row.is_confirmed) for row in summary.serious.shown] == [("Stays", True)]
    assert (summary.serious.gone, summary.serious.settled) == (2, 1)
    words = words_of(summary)
    assert "Left out: 2 claims that are gone, and 1 claim of which a person decided that nothing follows." in words


def test_names_of_brands_and_vendors_are_words_in_the_page_and_in_its_figures(ledger, tmp_path):
    add_brands(ledger, NAMES)
    add_claims(ledger, {"v.example": [(brand, VerdictKind.NO_AUTHORISATION) for brand in NAMES if brand != "quiet"]})
    ledger.update(Seed, {"vendor": HOSTILE}, vendor_domain="v.example")
    page = render_summary(Pages(), summarise(ledger, tmp_path, SummaryScope(made_by=HOSTILE)))
    assert page.count("<script") == 1, "our own"
    assert page.count("</title>") == 1
    assert page.count("alert(1)") == html.unescape(page).count(HOSTILE) >= 4
    for figure in re.findall(r"<svg.*?</svg>(?!</svg>)", page):
        etree.fromstring(figure)
    words = words_of(summarise(ledger, tmp_path))
    assert "No finding: Quiet." in words
    assert all(name in words for name in NAMES.values() if name != HOSTILE)


def test_many_brands_are_summed_up_and_the_page_says_so(ledger, tmp_path):
    add_brands(ledger, {f"b{number:02d}": f"Brand {number:02d}" for number in range(60)})
    add_claims(ledger, {"v.example": [(f"b{number:02d}", SERIOUSNESS[number % 10]) for number in range(60)]})
    words = words_of(summarise(ledger, tmp_path))
    assert "Partner claims of 60 brands" in words
    assert "The 12 brands with the most serious findings; 48 further brands are summed up in the last row." in words
    assert "The first 10 of 42. Each vendor" in words


def test_what_could_not_be_looked_at_is_told_with_why(ledger, tmp_path):
    add_visit(ledger, "2026-01-01", [Read(health=PageHealth.CHALLENGE)], domain="a.example")
    add_visit(ledger, "2026-01-01", [Read()], domain="b.example")
    words = words_of(summarise(ledger, tmp_path))
    assert "“Not found” counts only where we looked." in words
    assert "could not be looked at 1: the site asks whether a person is there 1" in words


def test_only_what_was_asked_for_is_in_it_and_it_says_so(ledger, tmp_path):
    add_brands(ledger, NAMES)
    add_claims(ledger, {"v.example": [("acme", VerdictKind.LAPSED), ("port", VerdictKind.AUTHORISED)]})
    words = words_of(summarise(ledger, tmp_path, SummaryScope(brand="acme", verdict="lapsed")))
    assert "Partner claims of Acme" in words
    assert "Only findings with the verdict “lapsed” of Acme are in this report." in words
    assert NAMES["port"] not in words


def test_decisions_are_told_once_there_are_any(tmp_path):
    context = make_context(tmp_path)
    context.ledger.execute("UPDATE logo_matches SET rejection_id = NULL")
    scope = SummaryScope(verdict="authorised")  # its pictures are in no archive
    assert "4 cases wait for a decision. Nothing was decided" in words_of(summarise(context.ledger, tmp_path, scope))
    confirm(context, "meadow.example")
    words = words_of(summarise(context.ledger, tmp_path, scope))
    assert "cases wait for a decision 3 confirmed by a person 1" in words
    assert "letters sent 0" in words


def test_whose_claims_they_are_stands_in_the_title():
    assert [tell_title(names) for names in ([], ["A"], ["A", "B"], ["A", "B", "C"], ["A"] * 4)] == [
        "Partner claims",
        "Partner claims of A",
        "Partner claims of A and B",
        "Partner claims of A, B and C",
        "Partner claims of 4 brands",
    ]


def test_a_seal_that_cannot_be_read_is_told_as_such(ledger, tmp_path):
    seals = tmp_path / "seals"
    assert read_newest_seal(seals) is None
    assert "Nothing was sealed yet." in words_of(summarise(ledger, tmp_path, SummaryScope(seals_dir=seals)))
    (seals / "01AB").mkdir(parents=True)
    (seals / "01AB" / "head.json").write_text("{", encoding="utf-8")
    told = words_of(summarise(ledger, tmp_path, SummaryScope(seals_dir=seals)))
    assert "The newest seal, 01AB, cannot be read: run partnerproof verify" in told
    (seals / "01AB" / "head.json").write_text('{"made_at": "2026-01-02T03:04:05Z", "root": "ab12"}', encoding="utf-8")
    told = words_of(summarise(ledger, tmp_path, SummaryScope(seals_dir=seals)))
    assert "The newest seal, of 2 January 2026, has the root ab12" in told


@pytest.mark.parametrize(("paper", "size_pt"), [(Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))])
def test_the_pdf_has_its_title_and_page_numbers_on_every_page_and_no_links_to_pages_that_are_not_there(ledger, tmp_path, paper, size_pt):  # fmt: skip
    add_brands(ledger, {f"b{number:02d}": f"Brand {number:02d}" for number in range(20)})
    add_claims(ledger, {"v.example": [(f"b{number:02d}", SERIOUSNESS[number % 10]) for number in range(20)]})
    page = render_summary(Pages(), summarise(ledger, tmp_path), paper=paper)
    assert "<a href" not in page.replace('<a class="skip" href="#main">', "")
    document = pypdfium2.PdfDocument(pdf_bytes(page))
    texts = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    assert len(texts) > 1
    for number, text in enumerate(texts, 1):
        assert "Partner claims of 20 brands" in text
        assert f"{number} / {len(texts)}" in text
        assert tuple(round(side) for side in document[number - 1].get_size()) == size_pt
    assert document.get_metadata_dict()["Title"].startswith("Partner claims of 20 brands: summary of")
    document.close()


def test_without_the_extra_a_pdf_is_refused_in_one_sentence_before_anything_is_written(ledger, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(BadInputError, match=r"pip install 'pypdfium2.* 'weasyprint"):
        write_report(ledger, tmp_path / "warc", ReportOrder(out=tmp_path / "report", pdf=tmp_path / "meeting.pdf"))
    assert not (tmp_path / "report").exists()


def test_the_day_it_was_made_stands_in_its_head(ledger, tmp_path):
    pages = Pages()
    today = write_day("en", date.fromisoformat(pages.made_at[:10]))
    assert f"summary of {today}</title>" in render_summary(pages, summarise(ledger, tmp_path))
