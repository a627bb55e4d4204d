"""Deciding in the review application: one by one, in groups, undone, by two people, and never over somebody's head.

Tests: casebook/web/pages.py, casebook/web/case_page.py, casebook/web/responses.py, casebook/web/evidence_pages.py, casebook/cases/decisions.py, casebook/cases/cases.py.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from casebook.cases.cases import sync_cases
from casebook.web.application_context import ApplicationContext
from ledger.database import columns_of
from ledger.records import Case, ProposedGrant
from ledger.typed_texts import CaseId, ClaimId
from ledger.vocabulary import CaseState, Relation, VerdictKind
from tests.casebook.ledgers import Read, Said, add_visit, rows_of
from tests.casebook.web.contexts import case_of, client, csrf, make_context, states, ticks


@pytest.fixture
def context(tmp_path: Path) -> ApplicationContext:
    return make_context(tmp_path)


def decide(context: ApplicationContext, who, decision: str, *domains: str, **more: str):
    token = csrf(who.get("/help").text)
    return who.post("/decide", data={"csrf": token, "case": ticks(context, *domains), "decision": decision, **more})


def test_a_finding_that_is_not_allowed_opens_a_case_and_one_that_is_does_not(context):
    assert states(context) == dict.fromkeys(
        ("harbour.example", "meadow.example", "mill.example", "quarry.example"), "open"
    )
    assert sync_cases(context.ledger).opened == 0


def test_a_decision_is_stored_with_who_why_and_when_and_leads_to_the_next_case(context):
    ann = client(context, "reviewer-one")
    queue = ann.get("/").text
    assert "4 cases to decide" in queue
    answer = decide(
        context, ann, "confirmed:no-agreement", "quarry.example", comment="seen on the phone", **{"from": "case"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/cases/")
    page = ann.get(answer.headers["location"]).text
    assert "confirmed." in page
    assert "Undo" in page
    case = case_of(context, "quarry.example")
    assert (case.state, case.reason, case.decided_by) == ("confirmed", "no-agreement", "reviewer-one")
    assert "seen on the phone" in ann.get(f"/cases/{case.case_id}").text
    log = [json.loads(line) for line in context.log.lines()]
    assert log[-1]["event"] in ("decided", "viewed")
    assert [entry["by"] for entry in log if entry["event"] == "decided"] == ["reviewer-one"]


def test_a_group_is_decided_at_once_and_undone_at_once(context):
    ann = client(context, "reviewer-one")
    answer = decide(context, ann, "not-a-claim:filler", "mill.example", "quarry.example")
    assert states(context)["mill.example"] == states(context)["quarry.example"] == "not-a-claim"
    page = ann.get(answer.headers["location"]).text
    assert "2 cases: not a claim." in page
    batch = answer.headers["location"].rpartition("done=")[2]
    assert ann.post("/undo", data={"csrf": csrf(page), "batch": batch}).status_code == 303
    assert set(states(context).values()) == {"open"}
    assert ann.post("/undo", data={"csrf": csrf(page), "batch": batch}).status_code == 409


def test_a_case_that_somebody_changed_in_between_is_not_decided_nor_are_those_beside_it(context):
    ann, bob = client(context, "reviewer-one"), client(context, "approver-one")
    old = ticks(context, "mill.example", "quarry.example")
    decide(context, bob, "confirmed:ended", "mill.example")
    token = csrf(ann.get("/help").text)
    answer = ann.post("/decide", data={"csrf": token, "case": old, "decision": "not-a-claim:news"})
    assert answer.status_code == 409
    assert "Nothing of yours was decided, also not for the other 1" in answer.text
    assert "confirmed, by <bdi>approver-one</bdi>" in answer.text, "what happened stands beside what was wanted"
    assert states(context)["mill.example"] == "confirmed"
    assert states(context)["quarry.example"] == "open"


def test_only_an_admin_takes_back_what_somebody_else_decided(context):
    ann, bob, eve = client(context, "reviewer-one"), client(context, "approver-one"), client(context, "admin-one")
    batch = decide(context, ann, "confirmed:ended", "mill.example").headers["location"].rpartition("done=")[2]
    assert bob.post("/undo", data={"csrf": csrf(bob.get("/help").text), "batch": batch}).status_code == 400
    assert states(context)["mill.example"] == "confirmed"
    assert eve.post("/undo", data={"csrf": csrf(eve.get("/help").text), "batch": batch}).status_code == 303
    assert states(context)["mill.example"] == "open"


def test_where_the_brand_asks_for_four_eyes_a_second_person_approves(tmp_path):
    context = make_context(tmp_path, four_eyes=True)
    ann, bob = client(context, "approver-one"), client(context, "approver-two")
    decide(context, ann, "authorised:agreement", "mill.example")
    assert states(context)["mill.example"] == "waiting-approval"
    assert not context.ledger.value("SELECT count(*) FROM proposed_grants")
    form = {"csrf": csrf(ann.get("/help").text), "case": ticks(context, "mill.example"), "approval": "approve"}
    assert ann.post("/approve", data=form).status_code == 400  # not one's own
    form = {"csrf": csrf(bob.get("/help").text), "case": ticks(context, "mill.example"), "approval": "approve"}
    assert bob.post("/approve", data=form).status_code == 303
    assert states(context)["mill.example"] == "authorised"
    grant = context.ledger.select_first(ProposedGrant, f"SELECT {columns_of(ProposedGrant)} FROM proposed_grants")
    assert (grant.domain, grant.proposed_by, grant.withdrawn_at) == ("mill.example", "approver-one", None)
    decide(context, ann, "confirmed:ended", "quarry.example")
    form = {
        "csrf": csrf(bob.get("/help").text),
        "case": ticks(context, "quarry.example"),
        "approval": "return",
        "comment": "why?",
    }
    bob.post("/approve", data=form)
    assert states(context)["quarry.example"] == "open"


def test_a_false_match_goes_to_the_rejections_and_comes_back_when_undone(context):
    ann = client(context, "reviewer-one")
    batch = decide(context, ann, "false-match:other-mark", "mill.example").headers["location"].rpartition("done=")[2]
    assert context.ledger.value("SELECT count(*) FROM rejections WHERE event = 'rejected'") == 1
    assert not context.ledger.value("SELECT count(*) FROM claim_evidence e JOIN logo_matches m USING (match_id) WHERE m.rejection_id IS NOT NULL")  # fmt: skip
    case = context.ledger.value("SELECT case_id FROM cases WHERE vendor_domain = 'mill.example'")
    assert "has no evidence any more" in ann.get(f"/cases/{case}").text
    sync_cases(context.ledger)
    assert states(context)["quarry.example"] == "closed"  # it rested on the same image alone
    ann.post("/undo", data={"csrf": csrf(ann.get("/help").text), "batch": batch})
    sync_cases(context.ledger)
    assert states(context)["mill.example"] == "open"
    assert "has no evidence any more" not in ann.get(f"/cases/{case}").text


def test_a_decided_case_returns_only_when_something_material_changes(context):
    ann = client(context, "reviewer-one")
    decide(context, ann, "not-a-claim:news", "harbour.example")
    from casebook.verdicts.claims import find_claims
    from casebook.verdicts.judge import Judge

    said = Said(text="We are a partner of 艾克米 Acme.")
    ledger = context.ledger
    same = add_visit(ledger, "2026-03-01", [Read(sentences=[said])], domain="harbour.example")
    find_claims(ledger, ["acme"], visit_ids=[same])
    Judge(ledger).judge()
    assert sync_cases(ledger).reopened == 0
    other = Said(text="Acme has made us its exclusive partner.", tier="Gold")
    new = add_visit(ledger, "2026-04-01", [Read(sentences=[said, other])], domain="harbour.example")
    find_claims(ledger, ["acme"], visit_ids=[new])
    Judge(ledger).judge()
    assert sync_cases(ledger).reopened == 1
    assert states(context)["harbour.example"] == CaseState.OPEN


def test_later_assignment_and_comment_are_kept(context):
    ann = client(context, "reviewer-one")
    token = csrf(ann.get("/help").text)
    assert (
        ann.post(
            "/later", data={"csrf": token, "case": ticks(context, "mill.example"), "until": "2026-12-24"}
        ).status_code
        == 303
    )
    assert (
        ann.post("/later", data={"csrf": token, "case": ticks(context, "mill.example"), "until": "soon"}).status_code
        == 400
    )
    assert (
        ann.post(
            "/assign", data={"csrf": token, "case": ticks(context, "mill.example"), "to": "approver-one"}
        ).status_code
        == 303
    )
    assert (
        ann.post(
            "/assign", data={"csrf": token, "case": ticks(context, "mill.example"), "to": "nobody-here"}
        ).status_code
        == 400
    )
    assert (
        ann.post(
            "/comment", data={"csrf": token, "case": ticks(context, "mill.example"), "comment": "call them"}
        ).status_code
        == 303
    )
    case = case_of(context, "mill.example")
    assert (case.state, case.due_on, case.assignee) == ("later", "2026-12-24", "approver-one")
    page = ann.get(f"/cases/{case.case_id}").text
    assert "call them" in page
    assert 'until <time datetime="2026-12-24" title="2026-12-24">24 December 2026</time>' in page


def test_filters_facets_search_and_views_live_in_the_address(context):
    ann = client(context, "reader-one")
    assert "1 case to decide" in ann.get("/?evidence=picture,text").text
    assert "1 case to decide" in ann.get("/?q=艾克米+harbour").text
    assert "0 cases to decide" in ann.get("/?q=微软").text
    assert "4 cases to decide" in ann.get("/?score=rubbish&page=-7&sort=x").text
    assert "0 cases" in ann.get("/?brand=%27+OR+1%3D1").text
    page = ann.get("/?evidence=picture,text").text
    ann.post("/views", data={"csrf": csrf(page), "query": "evidence=picture,text", "name": "Both"})
    assert ">Both<" in ann.get("/").text.replace("<bdi>", ">").replace("</bdi>", "<")
    ann.post("/views", data={"csrf": csrf(page), "query": "", "name": "Both", "forget": "yes"})
    assert not context.ledger.value("SELECT count(*) FROM saved_views")


def test_a_server_that_writes_makes_no_alarm_of_the_whole_database_file(tmp_path):
    """Logging in writes a session: `verify` must not take that for a change by strangers."""
    from ledger.proof.verifier import BROKEN
    from ledger.proof.writer_lock import acquire_entry_lock, acquire_writer_lock
    from tests.flow.sealed import of, verify

    context = make_context(tmp_path)
    with acquire_writer_lock(context.database, "judge"):
        pass
    with acquire_entry_lock(context.database, "serve"):
        client(context, "reader-one")
        with acquire_writer_lock(context.database, "crawl"):
            pass
        client(context, "reader-one")
        assert not of(verify(tmp_path), BROKEN)
    assert not of(verify(tmp_path), BROKEN)
    context.ledger.close()
    with acquire_writer_lock(context.database, "judge"):
        pass
    assert any("as the last command left it" in line for line in of(verify(tmp_path), "ok"))


def test_a_refused_form_leads_back_to_its_own_page_and_to_no_other_place(context):
    who = client(context, "reviewer-one")
    token = csrf(who.get("/help").text)
    for referer, back in (
        ("http://testserver/cases/x?q=1", 'href="/cases/x?q=1"'), ("http://evil.example/cases", None), ("javascript:alert(1)", None),
        ("http://testserver//evil.example/", 'href="/evil.example/"'), ("http://[", None),
    ):  # fmt: skip
        page = who.post("/decide", data={"csrf": token}, headers={"Referer": referer}).text
        assert (back in page) if back else "evil" not in page and "javascript" not in page and ">Back</a>" not in page


def test_the_queue_shows_why_and_a_picture_of_each_case_and_which_brand_has_no_register(context):
    who = client(context, "reviewer-one")
    page = who.get("/").text
    assert "no authorisation on record: 1 grants searched" in page
    assert "No register of" not in page
    case_id = case_of(context, "mill.example").case_id
    assert f'src="/cases/{case_id}/thumb"' in page
    answer = who.get(f"/cases/{case_id}/thumb")  # these cases have no archive: a picture of nothing, and no fault
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.content)).convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)
    context.ledger.database.execute("PRAGMA foreign_keys = OFF")
    context.ledger.execute("DELETE FROM register_snapshots")
    context.ledger.execute("UPDATE cases SET verdict = 'undetermined' WHERE vendor_domain <> 'mill.example'")
    assert "1 case to decide" in who.get("/").text
    waiting = who.get("/?state=needs-a-register").text
    assert "3 cases that wait for a register" in waiting
    assert "No register of <bdi>acme</bdi> was imported yet" in waiting


def add_further_claim(context: ApplicationContext, domain: str, relation: str, verdict: str) -> Case:
    """Another claim of a vendor on the same brand, with a case of its own; returns it."""
    known, ledger = case_of(context, domain), context.ledger
    claim, case_id, seen = f"further{relation}", f"further{relation}", known.last_event_id
    ledger.execute(
        "INSERT INTO claims SELECT ?, seed_id, brand, ? FROM claims WHERE claim_id = ?",
        [claim, relation, known.claim_id],
    )
    ledger.execute(
        "INSERT INTO claim_evidence SELECT ?, evidence_id, evidence, page_id, sighting_id, match_id, text_match_id, tier, programme, reasons, seen_at FROM claim_evidence WHERE claim_id = ?",
        [claim, known.claim_id],
    )
    ledger.add(
        [
            replace(
                known,
                case_id=CaseId(case_id),
                claim_id=ClaimId(claim),
                relation=Relation(relation),
                verdict=VerdictKind(verdict),
                last_event_id=seen,
                seriousness=known.seriousness + 1,
            )
        ]
    )
    made = ledger.find(Case, case_id=case_id)
    assert made is not None
    return made


def case_with(context: ApplicationContext, relation: str) -> Case:
    """The case of mill.example for a relation."""
    found = context.ledger.find(Case, vendor_domain="mill.example", relation=relation)
    assert found is not None
    return found


def test_a_vendor_and_a_brand_are_one_row_and_the_case_shows_the_further_claims(context):
    further = add_further_claim(context, "mill.example", "reseller", "no-authorisation")
    who = client(context, "reviewer-one")
    queue = who.get("/").text
    assert "4 cases to decide" in queue
    assert "with 1 further claim of the same vendors" in queue
    assert "and 1 further claim<" in queue
    assert "A further claim of the same vendor then takes its place" in queue
    assert f"/cases/{further.case_id}" not in queue
    assert len(who.get("/table.csv").text.splitlines()) == 1 + 5
    first = case_with(context, "partner")
    page = who.get(f"/cases/{first.case_id}").text
    assert f'href="/cases/{further.case_id}"' in page
    assert f'name="case" value="{further.case_id}:{further.last_event_id}">' in page, "nothing is ticked beforehand"


def test_a_further_claim_with_another_picture_says_so(context):
    """What is "not our mark" takes the pictures of all that are ticked away from their brand, everywhere."""
    further = add_further_claim(context, "mill.example", "reseller", "no-authorisation")
    context.ledger.execute("UPDATE cases SET image_sha256 = NULL WHERE case_id = ?", [further.case_id])
    pages = [
        client(context, "reviewer-one").get(f"/cases/{case_with(context, relation).case_id}").text
        for relation in ("partner", "reseller")
    ]
    assert all(re.search(r'<input type="checkbox" name="case" value="[^"]+">', page) for page in pages)
    assert ", with another picture" in pages[1]


def test_a_further_claim_that_was_not_ticked_comes_next(context):
    further = add_further_claim(context, "mill.example", "reseller", "lapsed")
    who = client(context, "reviewer-one")
    first = case_with(context, "partner")
    page = who.get(f"/cases/{first.case_id}").text
    assert f'name="case" value="{further.case_id}:{further.last_event_id}">' in page
    token = csrf(page)
    one = {
        "csrf": token,
        "case": f"{first.case_id}:{first.last_event_id}",
        "decision": "confirmed:no-agreement",
        "from": "case",
    }
    answer = who.post("/decide", data=one)
    assert answer.headers["location"].startswith(f"/cases/{further.case_id}?done=")
    assert answer.headers["location"].endswith(f"&lead={first.case_id}")
    # after the further claim the queue goes on where it stood, before it in the order
    page = who.get(answer.headers["location"]).text
    assert f'name="lead" value="{first.case_id}"' in page
    in_order = "SELECT case_id FROM cases WHERE relation = 'partner' ORDER BY seriousness, newness, case_id"
    ids = [row["case_id"] for row in rows_of(context.ledger, in_order)]
    behind = ids[ids.index(first.case_id) + 1 :]
    assert (f'rel="next" href="/cases/{behind[0]}"' in page) if behind else ('rel="next"' not in page)
    # several are decided with one form
    again = case_with(context, "reseller")
    both = {**one, "case": [f"{again.case_id}:{again.last_event_id}", ticks(context, "harbour.example")[0]]}
    answer = who.post("/decide", data=both)
    assert answer.status_code == 303
    assert states(context)["harbour.example"] == "confirmed"
