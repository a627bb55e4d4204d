"""Registers: all mistakes at once, nothing half imported, every import a snapshot.

Tests: casebook/register/grants.py, casebook/register/imports.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from casebook.register.company_names import comparable_name
from casebook.register.imports import import_register, read_grants
from ledger.errors import BadInputError

HEADER = "company,aliases,domain,relation,programme,tier,marks,territory,valid_from,valid_until,parent,source\n"


@pytest.fixture
def grants(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(text: str):
        Path("register.csv").write_text(text, encoding="utf-8")
        return read_grants(Path("register.csv"), brand="acme", snapshot_id="S")

    return read


def test_a_full_line_becomes_a_grant(grants):
    grant = grants(
        HEADER
        + "A Ltd,甲;A Corp,https://www.a.example/x,Reseller,Net,Gold,a.svg;b.svg,EU,2020-01-01,2024-01-01,A Group,list 7\n"
    )[0]
    assert (grant.company, grant.aliases, grant.domains, grant.relation) == (
        "A Ltd",
        ("甲", "A Corp"),
        ("a.example/x",),
        "reseller",
    )
    assert (grant.marks, grant.valid_from, grant.valid_until, grant.parent) == (
        ("a.svg", "b.svg"),
        "2020-01-01",
        "2024-01-01",
        "A Group",
    )


def test_every_mistake_is_named_with_line_and_column(grants):
    with pytest.raises(BadInputError) as caught:
        grants(
            HEADER
            + ",,not a domain,friend,,,,,3/4/24,,,\nB,,,,,,,,2024-02-30,2023-01-01,,\nC,,,,,,,,2024-01-02,2024-01-02,,\n"
        )
    places = [p.where.removeprefix("register.csv ") for p in caught.value.problems]
    assert places == [
        "line 2, company", "line 2, domain", "line 2, relation", "line 2, valid_from", "line 3, valid_from", "line 4, valid_until",
    ]  # fmt: skip


def test_an_ambiguous_date_is_answered_with_both_readings(grants):
    with pytest.raises(BadInputError, match="got '3/4/24'; write 2024-03-04 or 2024-04-03"):
        grants("company,valid_from\nA,3/4/24\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name\nA\n",
        "company,valid_from,shoe\nA,2020-01-01,9\n",
        "company,valid_from\n",
        'company,valid_from\n"A,2020-01-01\n',
    ],
)
def test_a_file_that_is_no_register_is_refused(grants, text):
    with pytest.raises(BadInputError):
        grants(text)


def test_nothing_is_imported_from_a_file_with_a_mistake(ledger, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("company,valid_from\nA,2020-01-01\nB,soon\n")
    with pytest.raises(BadInputError):
        import_register(ledger, "acme", path)
    assert ledger.value("SELECT count(*) FROM grants") == ledger.value("SELECT count(*) FROM register_snapshots") == 0


def test_the_same_file_is_imported_once_and_an_older_one_may_come_back(ledger, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("company,valid_from\nA,2020-01-01\n")
    assert import_register(ledger, "acme", path).is_new
    assert not import_register(ledger, "acme", path).is_new
    path.write_text("company,valid_from\nB,2020-01-01\n")
    assert import_register(ledger, "acme", path).is_new
    path.write_text("company,valid_from\nA,2020-01-01\n")
    assert import_register(ledger, "acme", path).is_new
    assert ledger.value("SELECT count(*) FROM register_snapshots") == 3


@pytest.mark.parametrize(
    ("name", "comparable"),
    [
        ("Bright Harbour Co., Ltd.", "bright harbour"),
        ("BRIGHT HARBOUR GmbH & Co. KG", "bright harbour"),
        ("盛思格科技有限公司", "盛思格科技"),
        ("株式会社青空", "青空"),
        ("ООО Ромашка", "ромашка"),
        ("Société Corvané S.A.R.L.", "societe corvane"),
        ("AG", "ag"),
    ],
)
def test_names_are_compared_without_legal_form_case_and_accents(name, comparable):
    assert comparable_name(name) == comparable
