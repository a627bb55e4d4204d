"""The report for people who do not read code: one sentence, and nothing in it that a vendor could run.

Tests: casebook/dossier/report.py, casebook/dossier/dossier.py.
"""

from __future__ import annotations

import hashlib
import html
import re
import shutil
import sqlite3
from base64 import b64encode
from pathlib import Path

import pytest

from casebook.dossier.report import ReportOrder, write_report
from casebook.dossier.summary import SummaryScope
from ledger.database import Ledger
from ledger.errors import BadInputError
from tests.conftest import SmallServer, made_once, run_partnerproof, send

WORDS = "<p>" + "Words about our work for ports and towns. " * 30 + "</p>"


@pytest.fixture(scope="module")
def crawled_once(acme_once: Path, logo_png: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "reported", lambda folder: _crawl(folder, acme_once, logo_png)) / "space"


def _crawl(folder: Path, acme_once: Path, logo_png: bytes) -> None:
    root = shutil.copytree(acme_once, folder / "space")
    partner = f"<title>P</title><h1>Our partners</h1>{WORDS}<img src='/l.png'><p>We are a partner of Acme.</p>"
    denial = f"<title>D</title>{WORDS}<p>We are not affiliated with Acme.</p>"
    servers = [SmallServer({"/": send(page), "/l.png": send(logo_png, "image/png")}) for page in (partner, denial)]
    ports = [server.url.rpartition(":")[2] for server in servers]
    (folder / "v.csv").write_text(
        f"name,url\nPartner & Co,http://known.example:{ports[0]}/\nDenier,http://denier.example:{ports[1]}/\n"
    )
    resolve = ("--resolve", f"known.example:{ports[0]}:127.0.0.1", "--resolve", f"denier.example:{ports[1]}:127.0.0.1")
    run_partnerproof("-w", root, "crawl", folder / "v.csv", "--delay", "0", *resolve)
    for server in servers:
        server.close()


@pytest.fixture
def crawled(crawled_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(crawled_once, tmp_path / "space")


def test_the_report_tells_each_claim_in_a_sentence_and_removes_old_dossiers(crawled, tmp_path):
    with Ledger.open_readonly(crawled / "var" / "partnerproof.db") as ledger:
        report = write_report(ledger, crawled / "var" / "warc", ReportOrder(out=tmp_path / "report"))
        assert report.dossiers == 2
        pages = {
            p.stem: html.unescape(p.read_text(encoding="utf-8")) for p in (tmp_path / "report" / "claims").iterdir()
        }
        told = "".join(pages.values())
        assert "Partner & Co shows itself as partner of Acme, and the register allows it." in told
        assert "Denier says in words that it has no relation with Acme." in told
        (tmp_path / "report" / "claims" / "mine.html").write_text("not ours")
        write_report(
            ledger,
            crawled / "var" / "warc",
            ReportOrder(out=tmp_path / "report", scope=SummaryScope(verdict="authorised")),
        )
        left = sorted(p.name for p in (tmp_path / "report" / "claims").iterdir())
        assert len(left) == 2
        assert "mine.html" in left
        with pytest.raises(BadInputError, match="acme"):
            write_report(
                ledger,
                crawled / "var" / "warc",
                ReportOrder(out=tmp_path / "report", scope=SummaryScope(brand="nobody")),
            )


def test_the_policy_names_the_digests_of_what_stands_in_the_page(crawled, tmp_path):
    with Ledger.open_readonly(crawled / "var" / "partnerproof.db") as ledger:
        index = write_report(ledger, crawled / "var" / "warc", ReportOrder(out=tmp_path / "report")).index.read_text(
            encoding="utf-8"
        )
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', index)[1])
    summary = (tmp_path / "report" / "summary.html").read_text(encoding="utf-8")
    assert policy in html.unescape(summary)
    for page in (index, summary):
        insides = [inside for tag in ("style", "script") for inside in re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)]
        assert len(insides) == (2 if page is index else 3)
        for inside in insides:
            assert f"sha256-{b64encode(hashlib.sha256(inside.encode()).digest()).decode()}" in policy


def test_every_picture_of_a_dossier_was_encoded_by_us(crawled, tmp_path):
    with Ledger.open_readonly(crawled / "var" / "partnerproof.db") as ledger:
        write_report(ledger, crawled / "var" / "warc", ReportOrder(out=tmp_path / "report"))
    sources = [
        s
        for p in (tmp_path / "report").rglob("*.html")
        for s in re.findall(r'src="([^"]+)"', p.read_text(encoding="utf-8"))
    ]
    assert len(sources) == 5
    assert all(source.startswith("data:image/png;base64,") for source in sources)


def test_the_command_writes_the_summary_as_a_page_and_as_pdf_and_links_to_dossiers(crawled, tmp_path):
    pdf = tmp_path / "meeting.pdf"
    printed = run_partnerproof("-w", crawled, "report", "--out", tmp_path / "report", "--pdf", pdf, "--by", "Ada <Miller>")  # fmt: skip
    assert printed.splitlines()[1:] == [f"summary: {tmp_path / 'report' / 'summary.html'}", f"summary as PDF: {pdf}"]
    assert pdf.read_bytes().startswith(b"%PDF")
    summary = (tmp_path / "report" / "summary.html").read_text(encoding="utf-8")
    assert "by <bdi>Ada &lt;Miller&gt;</bdi>" in summary
    for page in ("index.html", "coverage.html"):
        assert 'href="summary.html"' in (tmp_path / "report" / page).read_text(encoding="utf-8")
    for link in re.findall(r'href="([^"#]+)"', summary):
        assert (tmp_path / "report" / link).is_file()


def test_the_most_serious_findings_are_pictured(crawled, tmp_path):
    with Ledger.open(crawled / "var" / "partnerproof.db") as ledger:
        ledger.execute("UPDATE verdicts SET verdict = 'lapsed'")
        write_report(ledger, crawled / "var" / "warc", ReportOrder(out=tmp_path / "report"))
    summary = (tmp_path / "report" / "summary.html").read_text(encoding="utf-8")
    assert summary.count('<img src="data:image/png;base64,') == 1
    assert 'alt="Acme as the page shows it"' in summary


def test_the_views_answer_an_analyst(crawled):
    database = sqlite3.connect(f"file:{crawled}/var/partnerproof.db?mode=ro", uri=True)
    assert dict(database.execute("SELECT vendor, verdict FROM v_findings")) == {
        "Partner & Co": "authorised",
        "Denier": "disclaimed",
    }
    region = database.execute("SELECT json_extract(region, '$.width') > 0, relation FROM v_logo_matches").fetchall()
    assert region == [(1, "partner")]
    database.close()


def test_usage_rules_stand_beside_the_logo_that_was_found(crawled, tmp_path):
    with Ledger.open(crawled / "var" / "partnerproof.db") as ledger:
        usage = '{"min_width_px": 400, "allowed_colours": ["#123c7a"]}'
        ledger.execute("UPDATE official_logos SET usage = ?, product = 'Acme <Cloud>'", [usage])
        write_report(ledger, crawled / "var" / "warc", ReportOrder(out=tmp_path / "report"))
    told = "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "report" / "claims").iterdir())
    assert "<bdi>at least 400 px wide; in #123c7a only</bdi></dd>" in told
    assert "<bdi>Acme &lt;Cloud&gt;</bdi>" in told
