"""Whether a claim is gone: what each visit tells, when that proves its removal, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from casebook.cases.cases import sync_cases
from casebook.cases.decisions import Verdict, decide
from casebook.cases.follow_up import end_follow_up
from casebook.cases.removal import Checked, HealthyCheck, RemovalTerms, follow_removals, prove, read_checks
from casebook.register.imports import import_register
from casebook.verdicts.absences import find_absences
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from crawler.reading.page_continuity import compare_pages
from ledger.database import columns_of
from ledger.identity import content_id, look_id_of
from ledger.proof.custody import CustodyLog
from ledger.records import Case, Page
from ledger.vocabulary import CaseState, PageHealth, PageKind, Purpose, RemovalOutcome
from tests.casebook.ledgers import ACME, Read, Said, Shown, add_brand, add_visit
from tests.new_ledger import new_ledger

TERMS = RemovalTerms(healthy_looks=3, over_days=14)
HOME = Read(path="/", kind=PageKind.HOME)
WORDS = [
    "We plan, install and look after networks in towns and ports.",
    "Our engineers answer the telephone themselves.",
]
PARTNERS = Read(images=[ACME], lines=WORDS, title="Our partners")
EMPTY = replace(PARTNERS, images=[])


class Story:
    """A vendor that shows Acme's logo, and a case that was confirmed on 2030-01-02; visits follow as a test has them."""

    def __init__(self, folder: Path) -> None:
        self.ledger = new_ledger(folder / "partnerproof.db")
        add_brand(self.ledger)
        register = folder / "register.csv"
        register.write_text("company,domain,relation,valid_from\nKnown,known.example,partner,2010-01-01\n")
        import_register(self.ledger, "acme", register)
        self.visit("2030-01-01", HOME, PARTNERS)
        case = self.case
        verdict = Verdict(
            state=CaseState.CONFIRMED,
            reason="no-agreement",
            comment="",
            by="ann",
            seen={case.case_id: case.last_event_id},
        )
        decide(self.ledger, CustodyLog(folder / "custody.jsonl"), verdict)
        self.ledger.execute("UPDATE case_events SET at = '2030-01-02T00:00:00Z'")

    def visit(self, day: str, *pages: Read) -> Checked:
        visit_id = add_visit(self.ledger, day, pages)
        self.ledger.execute("UPDATE visits SET judged_at = started_at WHERE visit_id = ?", [visit_id])
        return self.follow([visit_id])

    def follow(self, visit_ids: Sequence[str] = ()) -> Checked:
        claims = find_claims(self.ledger, ["acme"], visit_ids=visit_ids)
        for visit_id in visit_ids:
            compare_pages(self.ledger, visit_id)
            find_absences(self.ledger, visit_id, None)
        Judge(self.ledger).judge(claims)
        sync_cases(self.ledger)
        return follow_removals(self.ledger, TERMS)

    @property
    def case(self) -> Case:
        case = self.ledger.select_first(Case, f"SELECT {columns_of(Case)} FROM cases ORDER BY case_id LIMIT 1")
        assert case is not None
        return case

    @property
    def outcomes(self) -> list[str]:
        return [check.outcome for check in reversed(read_checks(self.ledger, self.case.case_id))]

    def answer(self, day: str, url: str, status: int | None, reason: str) -> None:
        """What a visit says of an address that it could not read; the visit is there already, and was not followed yet."""
        visit_id = content_id("visit", content_id("seed", "vendor.example"), day)
        self.ledger.execute(
            "INSERT INTO looks (look_id, visit_id, purpose, requested_url, outcome, reason, status, looked_at) VALUES (?, ?, 'page', ?, 'could-not-look', ?, ?, ?)",
            [look_id_of(visit_id, Purpose.PAGE, url), visit_id, url, reason, status, f"{day}T10:00:00Z"],
        )  # fmt: skip
        if status is not None:
            page = Page(
                page_id=content_id("page", visit_id, url), visit_id=visit_id, look_id=look_id_of(visit_id, Purpose.PAGE, url), url=url,
                link_text="", title=None, language=None, kind=PageKind.OTHER, kind_reasons=(), health=PageHealth.ERROR,
                health_reason=f"status {status}", stylesheet_looks=(), extractor_version=1,
            )  # fmt: skip
            self.ledger.add([page])


@pytest.fixture
def story(tmp_path) -> Story:
    return Story(tmp_path)


def test_three_healthy_looks_over_two_weeks_prove_a_removal_dated_by_the_first(story):
    assert story.visit("2030-01-05", HOME, EMPTY) == Checked(removed=1)
    assert story.case.followup == "removed"
    assert story.visit("2030-01-12", HOME, EMPTY) == Checked()
    assert story.visit("2030-01-18", HOME, EMPTY) == Checked()  # three looks, 13 days
    assert story.case.removed_on is None
    assert story.visit("2030-01-19", HOME, EMPTY) == Checked(verified=1)
    assert (story.case.followup, story.case.removed_on) == ("verified-removed", "2030-01-05")
    assert story.follow() == Checked()  # again: no harm


def test_looks_before_the_decision_count_for_nothing(tmp_path):
    story = Story(tmp_path)
    story.ledger.execute("UPDATE case_events SET at = '2030-02-01T00:00:00Z'")
    story.visit("2030-01-05", HOME, EMPTY)
    assert story.outcomes == []


def test_a_look_that_shows_it_begins_the_proof_anew(story):
    story.visit("2030-01-05", HOME, EMPTY)
    assert story.visit("2030-01-12", HOME, PARTNERS) == Checked(reappeared=1)
    case = story.case
    assert (case.followup, case.state, case.removed_on) == ("reappeared", "open", None)
    assert story.visit("2030-01-20", HOME, EMPTY) == Checked(removed=1)
    assert story.visit("2030-02-20", HOME, EMPTY) == Checked()
    assert story.visit("2030-03-20", HOME, EMPTY) == Checked(verified=1)
    assert story.case.removed_on == "2030-01-20"


@pytest.mark.parametrize(
    "health", [PageHealth.CHALLENGE, PageHealth.CONSENT_WALL, PageHealth.PARKED, PageHealth.EMPTY_SHELL, PageHealth.ERROR, PageHealth.LOGIN]
)  # fmt: skip
def test_a_page_that_was_not_read_proves_nothing(story, health):
    for day in ("05", "12", "19", "26"):
        story.visit(f"2030-01-{day}", HOME, replace(EMPTY, health=health))
    assert story.outcomes == ["could-not-look"] * 4
    assert story.case.followup is None


def test_a_challenge_between_healthy_looks_neither_counts_nor_breaks_the_row(story):
    story.visit("2030-01-05", HOME, EMPTY)
    story.visit("2030-01-08", HOME, EMPTY)
    story.visit("2030-01-12", HOME, replace(EMPTY, health=PageHealth.CHALLENGE))
    assert story.visit("2030-01-19", HOME, EMPTY) == Checked(verified=1)


def test_a_page_that_was_not_asked_for_is_not_gone(story):
    story.visit("2030-01-05", HOME)
    assert story.outcomes == ["could-not-look"]


@pytest.mark.parametrize(("status", "outcome"), [(404, "gone"), (410, "gone"), (403, "could-not-look"), (503, "could-not-look"), (None, "could-not-look")])  # fmt: skip
def test_a_page_that_is_no_more_is_gone_and_one_that_does_not_answer_is_not(story, status, outcome):
    add_visit(story.ledger, "2030-01-05", [HOME])
    story.answer("2030-01-05", "https://vendor.example/partners", status, f"http-{status}" if status else "timeout")
    story.ledger.execute("UPDATE visits SET judged_at = started_at")
    story.follow(story.ledger.values("SELECT visit_id FROM visits ORDER BY started_at"))
    assert story.outcomes == [outcome]


def test_a_site_that_is_not_there_has_removed_nothing(story):
    add_visit(story.ledger, "2030-01-05", [replace(HOME, health=PageHealth.PARKED)])
    story.answer("2030-01-05", "https://vendor.example/partners", 404, "http-404")
    story.ledger.execute("UPDATE visits SET judged_at = started_at")
    story.follow()
    assert story.outcomes == ["could-not-look"]


def test_a_failed_visit_could_not_look(story):
    visit_id = add_visit(story.ledger, "2030-01-05", [])
    story.ledger.execute(
        "UPDATE visits SET judged_at = started_at, state = 'failed', end_reason = 'dns' WHERE visit_id = ?", [visit_id]
    )
    story.follow()
    assert story.outcomes == ["could-not-look"]
    assert "dns" in str(read_checks(story.ledger, story.case.case_id)[0].pages)


def test_a_logo_that_moved_to_another_page_is_shown(story):
    story.visit("2030-01-05", HOME, EMPTY, Read(path="/about/friends", images=[ACME]))
    assert story.outcomes == ["shown"]
    assert "/about/friends" in str(read_checks(story.ledger, story.case.case_id)[0].pages)


def test_another_claim_of_the_same_brand_is_shown(story):
    words = Said(text="We are a reseller of Acme.")
    from ledger.vocabulary import Relation

    story.visit(
        "2030-01-05",
        HOME,
        EMPTY,
        Read(path="/shop", kind=PageKind.RESELLERS, sentences=[replace(words, relation=Relation.RESELLER)]),
    )
    assert story.outcomes == ["shown"]


def test_a_page_to_which_it_may_have_moved_and_that_was_not_read_proves_nothing(story):
    story.visit("2030-01-05", HOME, EMPTY, Read(path="/clients", kind=PageKind.CLIENTS, health=PageHealth.CHALLENGE))
    assert story.outcomes == ["could-not-look"]
    story.visit("2030-01-12", HOME, EMPTY, Read(path="/jobs", kind=PageKind.OTHER, health=PageHealth.CHALLENGE))
    assert story.outcomes == ["could-not-look", "gone"]


def test_an_image_that_stands_there_and_did_not_come_proves_nothing(story):
    visit_id = add_visit(story.ledger, "2030-01-05", [HOME, replace(EMPTY, images=[Shown(image="acme")])])
    look = look_id_of(visit_id, Purpose.IMAGE, "https://vendor.example/partners/acme")
    story.ledger.execute(
        "UPDATE looks SET outcome = 'could-not-look', reason = 'timeout', content_sha256 = NULL WHERE look_id = ?",
        [look],
    )
    story.ledger.execute("UPDATE visits SET judged_at = started_at")
    story.follow()
    assert story.outcomes == ["could-not-look"]
    assert "timeout" in str(read_checks(story.ledger, story.case.case_id)[0].pages)


def test_after_the_end_a_claim_that_comes_back_opens_the_case_again(story, tmp_path):
    for day in ("05", "12", "19"):
        story.visit(f"2030-01-{day}", HOME, EMPTY)
    end_follow_up(story.ledger, story.case.case_id, why="Done.", by="ann")
    assert story.visit("2031-01-01", HOME, EMPTY) == Checked()
    assert story.case.followup == "closed"
    assert story.visit("2032-01-01", HOME, PARTNERS) == Checked(reappeared=1)
    assert story.case.state == "open"


def test_after_an_end_without_a_removal_the_claim_may_stand(story):
    story.ledger.execute("UPDATE cases SET followup = 'sent'")
    end_follow_up(story.ledger, story.case.case_id, why="It is allowed to stay until the contract is signed.", by="ann")
    assert story.visit("2030-02-01", HOME, PARTNERS) == Checked()
    assert story.case.followup == "closed"


def test_another_page_at_its_address_proves_nothing(story):
    shop = replace(
        EMPTY, title="Shop", lines=["Chairs, tables and lamps for every room of the house.", "Free delivery."]
    )
    story.visit("2030-01-05", HOME, shop)
    assert story.outcomes == ["could-not-look"]
    assert "changed beyond recognition" in str(read_checks(story.ledger, story.case.case_id)[0].pages)
    assert story.visit("2030-01-12", HOME, EMPTY) == Checked(removed=1)


def test_an_address_that_leads_to_another_page_proves_nothing(story):
    visit_id = add_visit(
        story.ledger, "2030-01-05", [HOME, replace(EMPTY, path="/home", title="Home", lines=["Good day."])]
    )
    story.ledger.execute(
        "UPDATE looks SET requested_url = 'https://vendor.example/partners' WHERE requested_url LIKE '%/home'"
    )
    story.ledger.execute("UPDATE visits SET judged_at = started_at")
    story.follow([visit_id])
    assert story.outcomes == ["could-not-look"]


def test_an_address_that_leads_to_the_page_at_its_new_place_proves_as_much_as_the_page(story):
    visit_id = add_visit(story.ledger, "2030-01-05", [HOME, replace(EMPTY, path="/friends")])
    story.ledger.execute(
        "UPDATE looks SET requested_url = 'https://vendor.example/partners' WHERE requested_url LIKE '%/friends'"
    )
    story.ledger.execute("UPDATE visits SET judged_at = started_at")
    story.follow([visit_id])
    assert story.outcomes == ["gone"]


def test_both_sides_of_the_terms():
    def gone_on(*days: str) -> list[HealthyCheck]:
        return [HealthyCheck(looked_at=f"2030-{day}T10:00:00Z", outcome=RemovalOutcome.GONE) for day in days]

    assert prove(gone_on("01-01", "01-15"), TERMS) is None
    assert prove(gone_on("01-01", "01-08", "01-14"), TERMS) is None
    assert prove(gone_on("01-01", "01-08", "01-15"), TERMS) == "2030-01-01T10:00:00Z"
    assert prove(gone_on("01-01"), RemovalTerms(healthy_looks=1, over_days=0)) == "2030-01-01T10:00:00Z"
