"""Walls of logos, and the ones that came with a template.

Tests: casebook/verdicts/walls.py, casebook/verdicts/claims.py.
"""

from __future__ import annotations

from itertools import permutations

import pytest

from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from casebook.verdicts.walls import find_walls
from ledger.database import Ledger
from ledger.typed_texts import VisitId
from ledger.vocabulary import SectionKind
from tests.casebook.ledgers import ACME, Read, Said, Shown, add_brand, add_visit, rows_of
from tests.casebook.registers import import_grants
from tests.new_ledger import new_ledger

STRANGER = {"company": "Stranger Ltd", "domain": "stranger.example", "relation": "partner", "valid_from": "2015-01-01"}
OTHERS = [Shown(image=name) for name in ("b", "c", "d", "e", "f")]
WALL = [*OTHERS[:3], ACME, *OTHERS[3:]]


@pytest.fixture
def ledger(tmp_path):
    with new_ledger(tmp_path / "p.db") as opened:
        add_brand(opened)
        import_grants(opened, "acme", tmp_path, [STRANGER])
        yield opened


def crawl(
    ledger: Ledger, *walls: list[Shown], parents: tuple[str | None, ...] = (), sentences: tuple[Said, ...] = ()
) -> None:
    judge = Judge(ledger)
    for number, wall in enumerate(walls):
        parent = parents[number] if parents else None
        visit = add_visit(
            ledger, "2026-01-05", [Read(images=wall, sentences=sentences)], domain=f"v{number}.example", parent=parent
        )
        judge.judge(find_claims(ledger, ["acme"], visit_ids=[visit]))


def verdicts(ledger: Ledger) -> dict[str, str]:
    return {row["vendor"]: row["verdict"] for row in rows_of(ledger, "SELECT vendor, verdict FROM v_findings")}


def test_the_same_wall_on_three_vendors_is_a_template_for_each_of_them(ledger):
    crawl(ledger, WALL, WALL)
    assert set(verdicts(ledger).values()) == {"no-authorisation"}
    crawl(ledger, WALL, WALL, WALL)
    assert verdicts(ledger) == dict.fromkeys(("V0", "V1", "V2"), "template")
    rows = rows_of(ledger, "SELECT DISTINCT template_id, images, brands FROM v_templates")
    assert [tuple(row)[1:] for row in rows] == [(6, "acme")]


def test_companies_of_one_group_count_once(ledger):
    crawl(ledger, WALL, WALL, WALL, parents=("Group", "Group", None))
    assert "template" not in verdicts(ledger).values()


@pytest.mark.parametrize(
    ("third", "is_template"),
    [
        (WALL[::-1], False),  # another order
        ([*WALL[:5], Shown(image="g")], False),  # 5 of 7 different ones are the same
        ([*WALL, Shown(image="g")], True),  # 6 of 7
        ([*OTHERS[:2], ACME], False),  # too few to be a wall
        ([*WALL, *WALL], True),  # a marquee that runs twice
        (
            [*(Shown(image=s.image, words=f"About {s.image}") for s in OTHERS), ACME],
            False,
        ),  # cards with words of their own
        ([*OTHERS[:3], Shown(image="acme", is_acme=True, section=SectionKind.CLIENTS), *OTHERS[3:]], False),
    ],
    ids=["order", "5 of 7", "6 of 7", "three", "twice", "cards", "elsewhere"],
)
def test_what_is_alike(ledger, third, is_template):
    crawl(ledger, WALL, WALL, third)
    assert ("template" in verdicts(ledger).values()) == is_template


def test_copies_that_were_compressed_again_are_known_by_their_hash(ledger):
    def copy(number: int, flipped: int) -> list[Shown]:
        own = [
            Shown(image=f"{s.image}-{number}", phash=f"{place * 0x1111111111111111 ^ flipped:016x}")
            for place, s in enumerate(OTHERS, 1)
        ]
        return [*own, ACME]

    crawl(ledger, copy(0, 0), copy(1, 0b1), copy(2, 0b1100))
    assert set(verdicts(ledger).values()) == {"template"}


def test_words_beside_it_make_it_the_vendors_own_claim(ledger):
    crawl(ledger, WALL, WALL, WALL, sentences=(Said(text="We are a partner of Acme."),))
    assert set(verdicts(ledger).values()) == {"no-authorisation"}


def chain(ledger: Ledger) -> list[VisitId]:
    """Visits of three vendors: the first and the last wall are not alike, each is alike the one between."""
    first = [Shown(image=name) for name in "bcdefghijk"]
    between = [*first[:9], Shown(image="x")]
    last = [*first[:8], Shown(image="x"), Shown(image="y")]
    return [
        add_visit(ledger, "2026-01-05", [Read(images=wall)], domain=f"v{number}.example")
        for number, wall in enumerate((first, between, last))
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_walls_are_put_together_the_same_way_in_whatever_order_they_were_seen(ledger, order):
    visits = chain(ledger)
    for place in order:
        find_walls(ledger, visits[place])
    groups = rows_of(ledger, "SELECT alike_id, min(wall_id) OVER () AS first, template_id FROM walls")
    assert len(groups) == 3
    assert {row["alike_id"] for row in groups} == {groups[0]["first"]}
    assert len({row["template_id"] for row in groups} - {None}) == 1


def test_a_group_that_loses_the_wall_between_is_one_no_more(ledger):
    visits = chain(ledger)
    for visit in visits:
        find_walls(ledger, visit)
    ledger.execute("UPDATE pages SET health = 'challenge' WHERE visit_id = ?", [visits[1]])
    assert find_walls(ledger, visits[1])
    rows = rows_of(ledger, "SELECT wall_id, alike_id, template_id FROM walls")
    assert [(row["alike_id"], row["template_id"]) for row in rows] == [(row["wall_id"], None) for row in rows]
    assert len(rows) == 2
