"""The queue in memory tells what SQL tells, whatever the filters, and follows what others write.

Tests: casebook/web/queue.py, casebook/web/case_columns.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebook.web.case_columns import SORTS, CaseIndex
from casebook.web.case_page import read_case
from casebook.web.queue import ANY, FACETS, GROUPS, NEEDS_REGISTER, UNDECIDED, Filters, Queue, same_group
from ledger.database import Ledger
from ledger.identity import content_id, event_id, utc_now, utc_text
from ledger.passage_search import searchable
from ledger.records import BrandRow, Claim, RegisterSnapshot, Seed
from ledger.typed_texts import Sha256, SnapshotId
from ledger.vocabulary import Relation
from tests.casebook.ledgers import rows_of
from tests.casebook.web import plain_queue
from tests.new_ledger import new_ledger

VALUES = {
    "state": ("open", "later", "waiting-approval", "confirmed", "closed"), "verdict": ("no-authorisation", "lapsed", "undetermined"),
    "brand": ("acme", "globex"), "relation": ("partner", "customer"), "evidence": ("picture", "words,name", "picture,text"),
    "country": (None, "DE", "FR"), "language": (None, "en", "zh"), "assignee": (None, "ann", "nobody"),
    "followup": (None, "sent", "disputed"),
}  # fmt: skip
WORDS = ("艾克米 partners", "partner Ünïcode", "vendor 微软", "other")


def add_brands(ledger: Ledger) -> None:
    """Two brands, of which one has a register."""
    ledger.add(
        BrandRow(brand=brand, name=brand, aliases=(), domains=(), recorded_at=utc_text()) for brand in VALUES["brand"]
    )
    held = RegisterSnapshot(snapshot_id=SnapshotId("s"), brand="acme", file="r", file_sha256=Sha256("0"), grants=0, recorded_at=utc_text())  # fmt: skip
    ledger.add([held])


def add_case(ledger: Ledger, rng: random.Random) -> None:
    seed, relation = rng.choice([(f"seed {number}", relation) for number in range(120) for relation in Relation])
    claim = content_id("claim", rng.random())
    row = {
        **{name: rng.choice(values) for name, values in VALUES.items()},
        "case_id": event_id(), "claim_id": claim, "opened_at": utc_text(), "last_event_id": event_id(), "material": "m",
        "vendor": "V", "vendor_domain": rng.choice(("b.example", "a.example", "ü.example", "Z.example")), "updated_at": utc_text(),
        "score": (score := rng.choice((None, 0.5, 0.8, 0.91))), "unlikeness": 2.0 if score is None else 1.0 - score,
        "seriousness": rng.randrange(3), "newness": -rng.randrange(5), "image_sha256": rng.choice((None, "i", "j")),
        "template_id": rng.choice((None, "t")), "last_seen": utc_text(),
        "answer_by": rng.choice((None, "2026-01-01", utc_text()[:10], "2999-01-01")),
        "first_seen": rng.choice(("2024-02-29T23:59:59Z", "2026-01-01T00:00:00Z", utc_text(utc_now()))),
    }  # fmt: skip
    with ledger.transaction():
        if ledger.value(
            "SELECT count(*) FROM claims WHERE seed_id = ? AND brand = ? AND relation = ?",
            [seed, row["brand"], relation],
        ):
            seed = claim
        ledger.add(
            [Seed(seed_id=seed, vendor="V", vendor_domain=f"{seed}.example", start_urls=(), country=None, parent=None)]
        )
        ledger.add([Claim(claim_id=claim, seed_id=seed, brand=row["brand"], relation=relation)])
        ledger.execute(f"INSERT INTO cases ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        ledger.execute(
            "INSERT INTO case_words (case_id, words) VALUES (?, ?)", [row["case_id"], searchable(rng.choice(WORDS))]
        )


def change_case(ledger: Ledger, rng: random.Random) -> None:
    case = rng.choice(rows_of(ledger, "SELECT case_id FROM cases"))[0]
    kind = rng.randrange(5)
    if kind == 0:
        ledger.execute(
            "DELETE FROM cases WHERE case_id = ?", [case]
        )  # as when a claim is rejected and its case forgotten
    elif kind == 1:
        ledger.execute("UPDATE cases SET newness = -9, vendor_domain = 'new.example' WHERE case_id = ?", [case])
    elif kind == 2:
        add_case(ledger, rng)
    else:
        ledger.execute("UPDATE cases SET state = ?, assignee = ? WHERE case_id = ?", [rng.choice(VALUES["state"]), rng.choice(("ann", None, "new")), case])  # fmt: skip


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with new_ledger(tmp_path_factory.mktemp("queue") / "partnerproof.db") as ledger:
        add_brands(ledger)
        rng = random.Random(7)
        with ledger.transaction():
            for _ in range(300):
                add_case(ledger, rng)
        yield ledger


def an_address() -> st.SearchStrategy[dict[str, str]]:
    facets = {name: st.sampled_from([str(value or "nobody") for value in values] + [UNDECIDED, NEEDS_REGISTER, ANY, "else"]) for name, values in VALUES.items()}  # fmt: skip
    groups = {"image": st.sampled_from("ijk"), "template": st.just("t"), "vendor": st.just("a.example")}
    others = {
        "q": st.sampled_from(("艾克米", "part", "微软 vendor", "!!", '"partner ünïcode"')),
        "score": st.sampled_from(("0.8", "0.91", "1")), "age": st.sampled_from(("1", "2", "300", "1000")),  # 0 days: a second that passes between the two answers tells
        "sort": st.sampled_from(tuple(SORTS)), "late": st.just("yes"), "page": st.sampled_from(("1", "2", "3", "9")),
    }  # fmt: skip
    return st.fixed_dictionaries({}, optional={**facets, **groups, **others})


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=an_address(), at=st.integers(0, 10**6))
def test_the_queue_in_memory_tells_what_sql_tells(ledger, query, at):
    filters, columns = Filters.read(query), CaseIndex().read(ledger)
    queue = Queue(ledger, columns, filters)
    assert [case.case_id for case in queue.list_cases()] == plain_queue.list_cases(ledger, filters)
    assert queue.count() == plain_queue.count_cases(ledger, filters)
    assert queue.count_cases() == len(set(queue.each_id()))
    for listed in queue.list_cases()[:5]:
        assert {listed.case_id, *queue.list_further(listed.case_id)} <= set(queue.each_id())
    assert queue.count_facets() == plain_queue.count_facets(ledger, filters)
    assert queue.count_late() == plain_queue.count_late(ledger, filters)
    case = read_case(ledger, columns.ids[at % len(columns.ids)])
    assert case is not None
    assert queue.neighbours(case.case_id) == plain_queue.neighbours(ledger, filters, case)
    assert same_group(ledger, columns, case) == plain_queue.same_group(ledger, case)


def test_what_is_in_memory_follows_every_change_of_another_connection(tmp_path: Path):
    rng = random.Random(3)
    with new_ledger(tmp_path / "partnerproof.db") as writer, Ledger.open(tmp_path / "partnerproof.db") as reader:
        add_brands(writer)
        for _ in range(20):
            add_case(writer, rng)
        index = CaseIndex()
        for step in range(120):
            for _ in range(step % 3):
                change_case(writer, rng)
            filters = Filters.read({"state": rng.choice((UNDECIDED, "open")), "sort": rng.choice(tuple(SORTS)), "q": rng.choice(("", "partner"))})  # fmt: skip
            queue = Queue(reader, index.read(reader), filters)
            assert [case.case_id for case in queue.list_cases()] == plain_queue.list_cases(reader, filters)
            assert queue.count_facets() == plain_queue.count_facets(reader, filters)


def test_nothing_is_read_anew_when_nothing_changed(ledger):
    index = CaseIndex()
    assert index.read(ledger) is index.read(ledger)


def test_an_empty_database_has_an_empty_queue(tmp_path: Path):
    with new_ledger(tmp_path / "partnerproof.db") as ledger:
        for sort in SORTS:
            queue = Queue(ledger, CaseIndex().read(ledger), Filters.read({"sort": sort, "q": "x"}))
            assert (queue.count(), queue.list_cases(), queue.neighbours("x")) == (0, [], (None, None))


def test_every_filter_is_a_column_in_memory(ledger):
    assert {*FACETS, *GROUPS.values()} <= set(CaseIndex().read(ledger).coded)
