"""Imports are kept: the same file changes nothing, a new one is compared with the last, and one can be taken back.

Tests: casebook/register/snapshots.py, casebook/register/register_changes.py.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebook.register.register_changes import compare_snapshots, diff_register
from casebook.register.snapshots import held_registers, list_snapshots, undo_snapshot
from ledger.errors import BadInputError

HEAD = "company,domain,relation,tier,valid_from,valid_until,aliases\n"
OLD = (
    HEAD
    + "A Ltd,a.example,partner,Silver,2020-01-01,,\nB Ltd,b.example,partner,,2020-01-01,,\nC Ltd,,partner,,2020-01-01,,\n"
)
NEW = (
    HEAD
    + "C Limited,,partner,,2020-01-01,2026-01-01,CL\nA Ltd,a.example,partner,Gold,2020-01-01,,\nD Ltd,d.example,partner,,2021-01-01,,\n"
)


def test_the_same_file_changes_nothing_until_it_is_undone(ledger, register):
    first = register(OLD)
    assert first.is_new
    assert register(OLD).is_new is False
    undo_snapshot(ledger, first.snapshot.snapshot_id, why="a slip")
    assert held_registers(ledger, "acme") == []
    again = register(OLD)
    assert again.is_new
    assert again.snapshot.snapshot_id != first.snapshot.snapshot_id


def test_another_mapping_of_the_same_file_is_another_import(register):
    assert register(
        "company,from\nA,2020-01-01\n", mapping='[columns]\ncompany = "company"\nvalid_from = "from"\n'
    ).is_new
    assert register("company,from\nA,2020-01-01\n", mapping='[columns]\ncompany = "company"\nvalid_from = "from"\n[constants]\ntier = "Gold"\n').is_new  # fmt: skip


def test_a_diff_tells_what_was_added_removed_and_changed_in_which_fields(ledger, register):
    register(OLD)
    register(NEW)
    found = diff_register(ledger, "acme", "partners")
    assert [grant.company for grant in found.added] == ["D Ltd"]
    assert [grant.company for grant in found.removed] == ["B Ltd"]
    assert {change.company: change.fields for change in found.changed} == {
        "A Ltd": {"tier": ("Silver", "Gold")},
        "C Limited": {"company": ("C Ltd", "C Limited"), "aliases": ((), ("CL",)), "valid_until": (None, "2026-01-01")},
    }


def test_a_diff_compares_with_the_last_import_that_was_not_undone(ledger, register):
    register(OLD)
    slip = register(HEAD + "Z Ltd,,partner,,2020-01-01,,\n").snapshot
    undo_snapshot(ledger, slip.snapshot_id, why="a slip")
    register(NEW)
    found = diff_register(ledger, "acme", "partners")
    assert [grant.company for grant in found.removed] == ["B Ltd"]
    first = diff_register(ledger, "acme", "partners", [slip.snapshot_id, found.after.snapshot_id])
    assert [grant.company for grant in first.removed] == ["Z Ltd"]


def test_the_first_import_adds_everything_and_an_unknown_one_is_told(ledger, register):
    register(OLD)
    assert len(diff_register(ledger, "acme", "partners").added) == 3
    with pytest.raises(BadInputError, match="got none that holds"):
        diff_register(ledger, "acme", "resellers")
    with pytest.raises(BadInputError, match="not in this workspace"):
        diff_register(ledger, "acme", "partners", ["one", "two"])


ROWS = st.lists(st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["", "Gold"]), st.integers(2010, 2013)), min_size=1, max_size=6, unique=True)  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
def test_a_diff_accounts_for_every_grant_on_both_sides(ledger, register, before, after):
    def text(rows):
        return HEAD + "".join(f"{name},,partner,{tier},{year}-01-01,,\n" for name, tier, year in rows)

    one, other = register(text(before)).snapshot, register(text(after)).snapshot
    found = compare_snapshots(ledger, one, other)
    same = len(set(before) & set(after))
    assert len(found.removed) + len(found.changed) + same == len(before)
    assert len(found.added) + len(found.changed) + same == len(after)
    assert all(change.fields for change in found.changed)


def test_an_undo_is_an_event_with_its_reason_and_deletes_nothing(ledger, register):
    done = register(OLD).snapshot
    with pytest.raises(BadInputError, match="--why: expected a reason"):
        undo_snapshot(ledger, done.snapshot_id, why=" ")
    undo_snapshot(ledger, done.snapshot_id, why="the list of another brand")
    (snapshot,) = list_snapshots(ledger, "acme")
    assert (snapshot.why, snapshot.rows) == ("the list of another brand", 3)
    assert snapshot.undone_at
    assert ledger.value("SELECT count(*) FROM grants") == 3
    with pytest.raises(BadInputError, match="was undone at"):
        undo_snapshot(ledger, done.snapshot_id, why="again")
    with pytest.raises(BadInputError, match="not in this workspace"):
        undo_snapshot(ledger, "none", why="x")
