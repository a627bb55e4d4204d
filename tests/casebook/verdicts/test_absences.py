"""A page that lacks a claim: what it proves, and what it can't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from casebook.verdicts.absences import find_absences
from casebook.verdicts.claims import find_claims
from crawler.reading.page_continuity import compare_pages
from ledger.database import Ledger
from ledger.identity import look_id_of
from ledger.records import Recognition
from ledger.vocabulary import Purpose, RefusalReason, Relation
from tests.casebook.ledgers import ACME, Read, Said, Shown, add_brand, add_visit, rows_of
from tests.new_ledger import new_ledger

LINES = [
    "We plan, install and look after networks in towns and ports.",
    "Our engineers answer the telephone themselves.",
]
OTHERS = [Shown(image=name) for name in ("blue.png", "green.png", "orange.png")]
PAGE = Read(images=[ACME], lines=LINES, title="Our partners")
URL = "https://vendor.example/partners"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = new_ledger(tmp_path / "partnerproof.db")
    add_brand(ledger)
    return ledger


def visit(ledger: Ledger, day: str, *pages: Read) -> str:
    visit_id = add_visit(ledger, day, pages)
    follow(ledger, visit_id)
    return visit_id


def follow(ledger: Ledger, visit_id: str) -> None:
    compare_pages(ledger, visit_id)
    find_claims(ledger, ["acme"], visit_ids=[visit_id])
    find_absences(ledger, visit_id, None)


def told(ledger: Ledger) -> list[str]:
    return [
        f"{row['outcome']}: {row['why']}"
        for row in rows_of(
            ledger,
            "SELECT a.outcome, a.why FROM absences a JOIN pages p USING (page_id) JOIN looks k ON k.look_id = p.look_id"
            " ORDER BY k.looked_at",
        )
    ]


def states(ledger: Ledger) -> list[tuple[str, str | None]]:
    return [(row["state"], row["why"]) for row in rows_of(ledger, "SELECT state, why FROM v_claim_changes")]


def one(ledger: Ledger, day: str, *images: Shown, lines: Sequence[str] = LINES) -> str:
    visit(ledger, day, replace(PAGE, images=images, lines=lines))
    (absence,) = told(ledger)
    return absence


def test_what_a_page_that_was_read_whole_does_not_show_is_gone(ledger):
    visit(ledger, "2030-01-01", PAGE)
    assert told(ledger) == []
    assert one(ledger, "2030-02-01").startswith("gone: the page was read whole")
    assert [state for state, _ in states(ledger)] == ["gone"]


def test_another_page_shows_nothing_of_it(ledger):
    visit(ledger, "2030-01-01", PAGE)
    absence = one(ledger, "2030-02-01", lines=["Chairs, tables and lamps for every room of the house, at your door."])
    assert absence.startswith("could-not-look: the page has changed beyond recognition")
    assert states(ledger) == [("could-not-look", absence.partition(": ")[2])]


def test_a_whole_row_that_went_at_once_may_have_failed_to_load(ledger):
    visit(ledger, "2030-01-01", replace(PAGE, images=[ACME, *OTHERS]))
    assert one(ledger, "2030-02-01").startswith("could-not-look: all 3 pictures that stood beside it went with it")


def test_a_row_of_which_something_is_left_was_read(ledger):
    visit(ledger, "2030-01-01", replace(PAGE, images=[ACME, *OTHERS]))
    assert one(ledger, "2030-02-01", OTHERS[1]).startswith("gone")


def test_of_two_beside_it_nothing_can_be_told(ledger):
    visit(ledger, "2030-01-01", replace(PAGE, images=[ACME, *OTHERS[:2]]))
    assert one(ledger, "2030-02-01").startswith("gone")


def test_a_picture_that_stands_there_and_did_not_come_is_not_gone(ledger):
    visit(ledger, "2030-01-01", PAGE)
    visit_id = add_visit(ledger, "2030-02-01", [replace(PAGE, images=[Shown(image="acme")])])
    ledger.execute(
        "UPDATE looks SET outcome = 'could-not-look', reason = 'timeout', content_sha256 = NULL WHERE look_id = ?",
        [look_id_of(visit_id, Purpose.IMAGE, f"{URL}/acme")],
    )
    follow(ledger, visit_id)
    assert told(ledger) == [f"could-not-look: the page still shows {URL}/acme, which could not be fetched: timeout"]


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (RefusalReason.BLANK, "could-not-look"),
        (RefusalReason.BROKEN, "could-not-look"),
        (RefusalReason.TOO_SMALL, "gone"),
        (RefusalReason.DEGENERATE, "gone"),
        (None, "gone"),
    ],
)
def test_a_new_picture_that_could_not_be_judged_may_show_it(ledger, reason, outcome):
    visit(ledger, "2030-01-01", PAGE)
    visit_id = add_visit(ledger, "2030-02-01", [replace(PAGE, images=[Shown(image="moving.gif")])])
    image = rows_of(ledger, "SELECT content_sha256 FROM looks WHERE requested_url LIKE '%moving.gif'")[0][0]
    ledger.add(
        [
            Recognition(
                image_sha256=image, logo_set_id="s", width_px=9, height_px=9, format="GIF", refusal_reason=reason,
                refusal_detail=None, recognised_at="2030-02-01T11:00:00Z",
            )
        ]
    )  # fmt: skip
    follow(ledger, visit_id)
    assert told(ledger)[0].startswith(outcome)


def test_a_claim_is_not_gone_while_the_page_makes_another_to_the_brand(ledger):
    words = Said(text="We are a reseller of Acme.", relation=Relation.RESELLER)
    visit(ledger, "2030-01-01", replace(PAGE, sentences=[words]))
    visit(ledger, "2030-02-01", PAGE)
    assert told(ledger) == ["could-not-look: the page still shows a claim to the brand, as partner"]


def test_one_tie_that_could_not_be_seen_keeps_the_others(ledger):
    words = Said(text="We are a reseller of Acme.", relation=Relation.RESELLER)
    visit(ledger, "2030-01-01", replace(PAGE, sentences=[words], images=[ACME, *OTHERS]))
    visit(ledger, "2030-02-01", replace(PAGE, images=[]))
    assert [line.partition(":")[0] for line in told(ledger)] == ["could-not-look", "could-not-look"]


def test_a_list_of_lines_that_went_at_once_may_have_failed_to_load(ledger):
    said = Said(text="Acme, authorised partner since 2019")
    rows = ["Blue Works, maker of pumps", "Green Works, maker of tents", "Orange Works, maker of lamps"]
    long = [f"{line} {number}" for number, line in enumerate(LINES * 3)]
    visit(ledger, "2030-01-01", replace(PAGE, images=[], sentences=[said], lines=rows))
    assert one(ledger, "2030-02-01", lines=long).startswith("could-not-look")


def test_the_same_bytes_read_otherwise_prove_nothing(ledger):
    visit(ledger, "2030-01-01", PAGE)
    ledger.execute("UPDATE looks SET content_sha256 = 'same' WHERE purpose = 'page'")
    visit_id = add_visit(ledger, "2030-02-01", [PAGE])
    ledger.execute("UPDATE looks SET content_sha256 = 'same' WHERE purpose = 'page'")
    first = rows_of(ledger, "SELECT * FROM claim_evidence")
    find_claims(ledger, ["acme"], visit_ids=[visit_id])
    ledger.execute(
        "DELETE FROM claim_evidence WHERE page_id IN (SELECT page_id FROM pages WHERE visit_id = ?)", [visit_id]
    )
    assert len(rows_of(ledger, "SELECT * FROM claim_evidence")) == len(first)
    find_absences(ledger, visit_id, None)
    assert "the same byte for byte" in told(ledger)[0]


def test_a_page_that_an_archive_brings_late_is_held_against_what_was_read_after_it(ledger):
    visit(ledger, "2030-02-01", replace(PAGE, images=[]))
    assert told(ledger) == []
    visit_id = visit(ledger, "2030-01-01", PAGE)
    before = told(ledger)
    assert before[0].startswith("gone")
    find_absences(ledger, visit_id, None)  # again: no harm
    assert told(ledger) == before
