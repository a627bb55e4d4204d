"""The flow runs: stages by name, visit by visit, and each is in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.typed_texts import VisitId
from matcher.recognition_process import Recogniser
from partnerproof.flow import AFTER_A_VISIT, STAGES, FlowTools, finished_visits, run_stages
from partnerproof.workspace import find_workspace
from tests.conftest import run_partnerproof, send
from tests.new_ledger import new_ledger

PAGE = "<h1>Our partners</h1><img src='/acme.png' alt='Acme'><p>We are a certified partner of Acme.</p>"


@pytest.fixture
def seen(acme, serve, logo_png) -> Path:
    server = serve({"/": send(PAGE), "/acme.png": send(logo_png, "image/png")})
    (acme / "vendors.csv").write_text(f"name,url\nVendor,{server.url}/\n", encoding="utf-8")
    run_partnerproof("-w", acme, "crawl", acme / "vendors.csv", "--brand", "acme", "--allow-private", "--delay", "0")
    return acme


def counts(ledger: Ledger) -> list[int]:
    return [
        ledger.value(f"SELECT count(*) FROM {table}")
        for table in ("logo_matches", "text_matches", "claims", "verdicts")
    ]


def test_the_stages_after_a_visit_may_be_run_again_without_harm(seen, lexicon):
    workspace = find_workspace(seen)
    brands = workspace.load_brands(["acme"])
    with workspace.open() as ledger, Recogniser(brands) as recogniser:
        before, visits = counts(ledger), finished_visits(ledger)
        assert min(before) > 0
        through: list[VisitId] = []
        tools = FlowTools(
            ledger=ledger, brands=("acme",), warc_dir=workspace.warc, lexicon=lexicon, recogniser=recogniser, judge=Judge(ledger)
        )  # fmt: skip
        run_stages(AFTER_A_VISIT, tools, visits, on_visit=through.append)
        assert through == visits
        assert counts(ledger) == before
        assert tools.touched == set()


def test_what_an_earlier_stage_wrote_is_what_the_next_one_needs(seen, lexicon):
    workspace = find_workspace(seen)
    with workspace.open() as ledger:
        ledger.execute("DELETE FROM claim_evidence")
        assert ledger.value("SELECT count(*) FROM v_logo_matches WHERE relation IS NOT NULL") == 0
        run_stages(["claims"], FlowTools(ledger=ledger, brands=("acme",)), finished_visits(ledger))
        assert ledger.value("SELECT count(*) FROM v_logo_matches WHERE relation = 'partner'") == 1


def test_a_name_that_is_no_step_of_a_visit_is_refused(tmp_path):
    with new_ledger(tmp_path / "p.db") as ledger, pytest.raises(KeyError):
        run_stages(["seal"], FlowTools(ledger=ledger, brands=()), [])


def test_stages_have_names_of_their_own():
    assert len({stage.name for stage in STAGES}) == len(STAGES)
