"""What a search finds, what it refuses and why, and that the same question gets the same answer.

Tests: casebook/register/search.py, casebook/register/search_terms.py, casebook/register/recorded_search.py,
casebook/register/grant_index.py.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebook.register import grant_index
from casebook.register.imports import import_register
from casebook.register.recorded_search import ask_again, ask_register, window_start
from casebook.register.search import Register, SearchQuery
from casebook.register.snapshots import undo_snapshot
from ledger.database import Ledger
from ledger.errors import BadInputError
from ledger.records import BrandRow, Search
from tests.casebook.register.conftest import lei
from tests.casebook.registers import import_grants
from tests.new_ledger import new_ledger

NOBODY = SearchQuery(names=(), domains=(), group=())
DAY = "2026-01-01"
PARTNERS = f"""company,aliases,domains,identifiers,valid_from,valid_until,parent
Bright Harbour Ltd,BH,brightharbour.example;bh.example,{lei(1)},2020-01-01,,
SensorGrid Ltd,,sensorgrid.example,,2020-01-01,,SensorGrid Holdings plc
Past Ltd,,past.example,,2010-01-01,2015-01-01,
Future Ltd,,future.example,,2027-01-01,,
Миртеск ООО,,,,2020-01-01,,
盛格科技有限公司,,,,2020-01-01,,
"""


@pytest.fixture(params=["memory", "stored"])
def kept(request, monkeypatch):
    """Ask a register that was read whole, and one that is asked where it lies."""
    monkeypatch.setattr(grant_index, "IN_MEMORY_GRANTS", 10_000 if request.param == "memory" else -1)


def found(ledger: Ledger, asked: SearchQuery, **options: str) -> list[tuple[str, str, str]]:
    return [
        (hit.grant.company, hit.basis, hit.via) for hit in Register(ledger, "acme").search(asked, DAY, **options).hits
    ]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("asked", "hits"),
    [
        ({"domains": ("bh.example",)}, [("Bright Harbour Ltd", "domain", "domain bh.example")]),
        ({"identifiers": (lei(1),)}, [("Bright Harbour Ltd", "identifier", f"identifier {lei(1)}")]),
        ({"names": ("BRIGHT HARBOUR GmbH",)}, [("Bright Harbour Ltd", "name", "name BRIGHT HARBOUR GmbH")]),
        ({"names": ("bh",)}, [("Bright Harbour Ltd", "name", "name bh")]),
        ({"names": ("Mirtesk",)}, [("Миртеск ООО", "name", "name Mirtesk, written in Latin letters")]),
        ({"names": ("Мiртеск",)}, [("Миртеск ООО", "name", "name Мiртеск, written in Latin letters")]),
        ({"names": ("盛格科技",)}, [("盛格科技有限公司", "name", "name 盛格科技")]),
        ({"names": ("Sister",), "group": ("SensorGrid Holdings",)}, [("SensorGrid Ltd", "group", "parent SensorGrid Holdings, which the register names too")]),
        ({"names": ("SensorGrid Holdings",)}, [("SensorGrid Ltd", "group", "the register names SensorGrid Holdings as the parent")]),
        ({"names": ("Child",), "group": ("Bright Harbour",)}, [("Bright Harbour Ltd", "group", "parent Bright Harbour")]),
        ({"names": ("Bright Harbour",), "domains": ("bh.example",), "identifiers": (lei(1),)}, [("Bright Harbour Ltd", "identifier", f"identifier {lei(1)}")]),
        ({"names": ("Stranger",), "domains": ("stranger.example",), "identifiers": (lei(9),)}, []),
    ],
)  # fmt: skip
def test_what_finds_a_grant(ledger, register, asked, hits):
    register(PARTNERS)
    assert found(ledger, replace(NOBODY, **asked)) == hits


@pytest.mark.usefixtures("kept")
def test_whether_anything_is_found_is_told_as_a_whole_search_tells_it(ledger, register):
    register(PARTNERS)
    acme = Register(ledger, "acme")
    told = set()
    for names in ((), ("Bright Harbour",), ("Bright Harbor",), ("SensorGrid Holdings",), ("Stranger",)):
        for domains, identifiers in (((), ()), (("past.example",), ()), ((), (lei(2),))):
            asked = replace(NOBODY, names=names, domains=domains, identifiers=identifiers)
            result = acme.search(asked, DAY)
            told.add(acme.finds(asked, DAY))
            assert acme.finds(asked, DAY) == bool(result.hits or result.record.near_misses), asked
    assert told == {True, False}


@pytest.mark.usefixtures("kept")
def test_the_same_name_with_another_lei_is_refused_with_the_reason(ledger, register):
    register(PARTNERS)
    record = (
        Register(ledger, "acme").search(replace(NOBODY, names=("Bright Harbour",), identifiers=(lei(2),)), DAY).record
    )
    assert record.hits == ()
    assert record.near_misses[0]["company"] == "Bright Harbour Ltd"
    assert f"its LEI is {lei(1)}, not {lei(2)}" in record.near_misses[0]["why_refused"]


@pytest.mark.usefixtures("kept")
def test_a_name_that_is_only_alike_is_a_near_miss(ledger, register):
    register(PARTNERS)
    record = Register(ledger, "acme").search(replace(NOBODY, names=("SenseGrid Technology",)), DAY).record
    assert [miss["company"] for miss in record.near_misses] == ["SensorGrid Ltd"]
    assert record.near_misses[0]["why_refused"] == "the name is alike (84 of 100), not the same"


@pytest.mark.usefixtures("kept")
def test_a_name_whose_words_are_all_in_another_is_not_a_hundred_of_a_hundred(ledger, register):
    register(PARTNERS)
    record = Register(ledger, "acme").search(replace(NOBODY, names=("SensorGrid & Tate",)), DAY).record
    (near_miss,) = record.near_misses
    assert (near_miss["company"], near_miss["score"]) == ("SensorGrid Ltd", 99.0)
    assert near_miss["why_refused"] == "the name is alike (99 of 100), not the same"


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("domain", "window_from", "as_of", "is_hit", "why"),
    [
        ("past.example", "2014-12-31", "2020-01-01", True, ""),
        ("past.example", "2015-01-01", "2020-01-01", False, "ended on 2015-01-01, before the period"),
        ("future.example", "2020-01-01", "2026-12-31", False, "begins only on 2027-01-01, after the period"),
        ("future.example", "2020-01-01", "2027-01-01", True, ""),
        ("past.example", None, "2020-01-01", True, ""),
    ],
)
def test_a_period_holds_its_last_day_and_ends_before_a_grants_last(
    ledger, register, domain, window_from, as_of, is_hit, why
):
    register(PARTNERS)
    result = Register(ledger, "acme").search(replace(NOBODY, domains=(domain,)), as_of, window_from=window_from)
    assert bool(result.hits) is is_hit
    if not is_hit:
        assert why in result.record.near_misses[0]["why_refused"]


def test_all_registers_of_a_brand_are_asked_and_the_newest_import_of_each_holds(ledger, register):
    register("company,domain,valid_from\nOld Ltd,old.example,2020-01-01\n")
    register("company,domain,valid_from\nNew Ltd,new.example,2020-01-01\n")
    register("company,domain,valid_from\nShop Ltd,shop.example,2020-01-01\n", "resellers")
    opened = Register(ledger, "acme")
    assert len(opened.snapshot_ids) == 2
    result = opened.search(replace(NOBODY, domains=("old.example", "new.example", "shop.example")), DAY)
    assert [(hit.register, hit.grant.company) for hit in result.hits] == [
        ("partners", "New Ltd"),
        ("resellers", "Shop Ltd"),
    ]
    assert [entry["register"] for entry in result.record.registers] == ["partners", "resellers"]
    assert result.record.grants_searched == 2


def test_what_was_known_then_is_not_what_is_known_now(ledger, register):
    first = register("company,domain,valid_from\nOld Ltd,old.example,2020-01-01\n").snapshot
    second = register("company,domain,valid_from\nNew Ltd,new.example,2020-01-01\n").snapshot
    ledger.execute(
        "UPDATE register_snapshots SET recorded_at = '2024-01-01T00:00:00Z' WHERE snapshot_id = ?", [first.snapshot_id]
    )
    ledger.execute(
        "UPDATE register_snapshots SET recorded_at = '2025-01-01T00:00:00Z' WHERE snapshot_id = ?", [second.snapshot_id]
    )
    undo_snapshot(ledger, second.snapshot_id, why="the list of another brand")
    ledger.execute("UPDATE snapshot_undos SET undone_at = '2026-01-01T00:00:00Z'")

    def known(at: str | None) -> tuple[str, ...]:
        return Register(ledger, "acme", known_at=at).snapshot_ids

    assert known("2023-12-31T00:00:00Z") == ()
    assert known("2024-06-01T00:00:00Z") == (first.snapshot_id,)
    assert known("2025-01-01T00:00:00Z") == (second.snapshot_id,)
    assert known("2025-12-31T23:59:59Z") == (second.snapshot_id,)
    assert known("2026-01-01T00:00:00Z") == known(None) == (first.snapshot_id,)


def test_a_brand_without_register_says_so(ledger):
    result = Register(ledger, "acme").search(replace(NOBODY, names=("A",)), DAY)
    assert not result.has_register
    assert (result.record.registers, result.record.grants_searched) == ((), 0)


def test_a_record_says_all_that_was_tried(ledger, register):
    register(PARTNERS)
    asked = SearchQuery(
        names=("盛格科技股份有限公司", "Shengge Co., Ltd."),
        domains=("shengge.example",),
        group=("Big Group",),
        identifiers=(lei(3),),
        country="CN",
    )
    record = Register(ledger, "acme").search(asked, DAY, window_from="2021-01-01").record
    tried = record.tried
    assert tried["transliterations"] == ["shenggekeji"]
    assert tried["legal_forms"]["taken_off"] == ["股份有限公司", "co ltd"]
    assert (tried["domains"], tried["identifiers"]) == (("shengge.example",), (lei(3),))
    assert tried["group"] == [{"name": "Big Group", "how": "parent, as asked"}]
    assert (record.period_from, record.period_until) == ("2021-01-01", DAY)


def test_a_stored_record_is_the_same_when_it_is_asked_again(ledger, register, monkeypatch):
    register(PARTNERS)
    stored = ask_register(ledger, "acme", replace(NOBODY, names=("SenseGrid",), domains=("bh.example",)), DAY)
    register("company,valid_from\nOther,2020-01-01\n")
    monkeypatch.setattr(grant_index, "IN_MEMORY_GRANTS", -1)
    again = ask_again(ledger, stored.search_id)
    assert again.differing == ()
    ledger.execute("UPDATE searches SET near_misses = '[]'")
    assert ask_again(ledger, stored.search_id).differing == ("near_misses",)


def test_a_record_of_an_earlier_version_can_not_be_asked_again(ledger, register):
    snapshot = register(PARTNERS).snapshot
    question = {"names": [], "domains": [], "group": []}
    old = Search(
        search_id="old", brand="acme", snapshot_id=snapshot.snapshot_id, as_of="2026-01-01", asked=question,
        grants_searched=1, hits=(), near_misses=(), searched_at="2026-01-01T00:00:00Z",
    )  # fmt: skip
    ledger.add([old])
    with pytest.raises(BadInputError, match="an earlier version"):
        ask_again(ledger, "old")
    with pytest.raises(BadInputError, match="not in this workspace"):
        ask_again(ledger, "none")


@pytest.mark.parametrize(
    ("window", "as_of", "start"),
    [
        ("5y", "2021-05-01", "2016-05-01"),
        ("18m", "2021-05-31", "2019-11-30"),
        ("90d", "2021-05-01", "2021-01-31"),
        ("1y", "2024-02-29", "2023-02-28"),
        ("12M", "2021-01-01", "2020-01-01"),
        ("0d", "2021-01-01", "2021-01-01"),
    ],
)
def test_windows_end_with_the_day_that_was_asked(window, as_of, start):
    assert window_start(window, as_of) == start


@pytest.mark.parametrize("window", ["5", "y", "5 years", "-1y", "99999y", "5000y", ""])
def test_what_is_no_window_is_told(window):
    with pytest.raises(ValueError, match="expected"):
        window_start(window, "2021-05-01")


COMPANIES = st.sampled_from(
    [
        "Sense Grid",
        "SensorGrid Ltd",
        "Sensor Grid GmbH",
        "Harbour",
        "Bright Harbour Ltd",
        "Миртеск",
        "Mirtesk LLC",
        "青空",
    ]
)
LINES = st.lists(st.tuples(COMPANIES, st.sampled_from(["", "a.example", "b.example"]), st.integers(2010, 2024), st.integers(0, 6)), min_size=1, max_size=6)  # fmt: skip
ASKED = st.builds(
    SearchQuery,
    names=st.lists(COMPANIES, max_size=2, unique=True).map(tuple),
    domains=st.sampled_from([(), ("a.example",), ("b.example",)]),
    group=st.sampled_from([(), ("Harbour",)]),
)


def write(lines: list[tuple[str, str, int, int]]) -> str:
    rows = [
        f"{name},{domain},{year}-01-01,{f'{year + held}-01-01' if held else ''}" for name, domain, year, held in lines
    ]
    return "\n".join(["company,domain,valid_from,valid_until", *rows])


def open_with(folder: Path, registers: list[tuple[str, str]]) -> Ledger:
    ledger = new_ledger(folder / f"{len(list(folder.iterdir()))}.db")
    ledger.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at="2026-01-01T00:00:00Z")])
    for name, text in registers:
        (folder / "r.csv").write_text(text, encoding="utf-8")
        import_register(ledger, "acme", folder / "r.csv", register=name)
    return ledger


PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PROPERTY
@given(st.lists(LINES, min_size=2, max_size=3), ASKED)
def test_the_order_of_imports_does_not_matter(tmp_path_factory, texts, asked):
    folder = tmp_path_factory.mktemp("order")
    answers = []
    for order in list(permutations(range(len(texts))))[:3]:
        with open_with(folder, [(f"register {at}", write(texts[at])) for at in order]) as ledger:
            result = Register(ledger, "acme").search(asked, DAY)
            near = [(m["company"], m["register"], m["line"], m["why_refused"]) for m in result.record.near_misses]
            answers.append(([(h.grant.company, h.register, h.grant.line, h.basis, h.via) for h in result.hits], near))
    assert answers[0] == answers[1] == answers[-1]


@PROPERTY
@given(LINES, ASKED, st.integers(2008, 2025), st.integers(0, 6))
def test_a_wider_window_never_loses_a_hit_and_both_indexes_answer_alike(tmp_path_factory, lines, asked, year, wider):
    with (
        open_with(tmp_path_factory.mktemp("window"), [("partners", write(lines))]) as ledger,
        pytest.MonkeyPatch.context() as patch,
    ):
        narrow, wide = f"{year}-06-01", f"{year - wider}-06-01"
        memory = Register(ledger, "acme")
        patch.setattr(grant_index, "IN_MEMORY_GRANTS", -1)
        stored = Register(ledger, "acme")
        hits = {}
        for start in (narrow, wide, None):
            one, other = (opened.search(asked, DAY, window_from=start) for opened in (memory, stored))
            assert one.hits == other.hits
            assert replace(one.record, searched_at="") == replace(other.record, searched_at="")
            assert json.dumps(one.record.near_misses) == json.dumps(other.record.near_misses)
            hits[start] = {hit.grant.grant_id for hit in one.hits}
        assert hits[narrow] <= hits[wide] <= hits[None]


@pytest.mark.parametrize(
    ("company", "name"),
    [
        ("上海盛思格信息技术有限公司", "盛思格科技"),
        ("Müller & Söhne Pumpen KG", "Mueller und Soehne Pumpen GmbH"),
        ("Kai Solutions Ltd (formerly Pierhead Computing)", "Pierhead Computing"),
        ("Bright Harbour Systems", "Bright Harbour Technologies Ltd"),
    ],
)
def test_an_equal_core_is_a_near_miss_of_the_first_grade(tmp_path, company, name):
    with new_ledger(tmp_path / "p.db") as ledger:
        ledger.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at="2026-01-01T00:00:00Z")])
        import_grants(
            ledger,
            "acme",
            tmp_path,
            [{"company": company, "domain": "", "relation": "partner", "valid_from": "2020-01-01"}],
        )
        result = Register(ledger, "acme").search(SearchQuery(names=(name,), domains=(), group=()), "2026-01-01")
    assert [miss["grade"] for miss in result.record.near_misses] == ["equal-core"]
