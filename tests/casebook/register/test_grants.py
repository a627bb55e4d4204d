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


def test_usual_headings_and_a_column_of_one_form_are_understood(grants):
    made = grants(
        "Firma;Webseite;Stufe;Gültig ab;Gültig bis\n"
        "A GmbH;a.example;Gold;01.02.2020;31.12.2025\nB GmbH;b.example;;1.3.2021;unbefristet\nC GmbH;;;01.02.2020;\n"
    )
    assert [(g.company, g.domains, g.tier, g.valid_from, g.valid_until) for g in made] == [
        ("A GmbH", ("a.example",), "Gold", "2020-02-01", "2025-12-31"),
        ("B GmbH", ("b.example",), None, "2021-03-01", None),
        ("C GmbH", (), None, "2020-02-01", None),
    ]


def test_cells_that_say_that_there_is_nothing_are_empty(grants):
    (grant,) = grants(
        "company,aliases,domains,identifiers,tier,parent,marks,valid_from\nA,-,n/a,N/A;,none,–,none,2020-01-01\n"
    )
    assert (grant.aliases, grant.domains, grant.identifiers, grant.tier, grant.parent) == ((), (), (), None, None)
    assert grant.marks == ("none",)  # an empty list of marks is all of them


def test_each_column_of_dates_is_read_by_itself(grants):
    (first, second) = grants("company,valid_from,valid_until\nA,3/4/2020,31/12/2025\nB,25/4/2020,2/1/2026\n")
    assert (first.valid_from, first.valid_until, second.valid_until) == ("2020-04-03", "2025-12-31", "2026-01-02")
    with pytest.raises(BadInputError) as caught:
        grants("company,valid_from,valid_until\nA,3/4/2020,31/12/2025\n")
    (problem,) = caught.value.problems
    assert problem.where == "register.csv line 2, valid_from"
    assert problem.next_step == (
        "no date of the column shows which is the day and which the month: "
        'write 2020-03-04 or 2020-04-03, or say how the dates are written in a mapping: [dates] format = "%d/%m/%Y"'
    )


def test_iso_dates_among_others_are_not_trusted(grants):
    """A spreadsheet with another habit turned 3/4/2020 into a date, and left 31/12/2025 as text."""
    with pytest.raises(
        BadInputError,
        match="line 3, valid_from: expected YYYY-MM-DD, got '31/12/2020'; some dates of the column are YYYY-MM-DD, so",
    ):
        grants("company,valid_from\nA,2020-04-03\nB,31/12/2020\n")
    assert grants("company,valid_from\nA,2020-04-03\nB,31.12.2020\n")[1].valid_from == "2020-12-31"


def test_a_beginning_has_no_words_for_none(grants):
    with pytest.raises(
        BadInputError, match="line 2, valid_from: expected YYYY-MM-DD, got 'n/a'; write it as 2024-04-03"
    ):
        grants("company,valid_from\nA,n/a\n")


@pytest.mark.parametrize(("last_day", "first_day"), [("2025-12-31", "2020-01-01"), ("31.12.2025", "01.01.2020")])
def test_a_last_day_becomes_the_first_day_without(ledger, tmp_path, last_day, first_day):
    path = tmp_path / "r.csv"
    path.write_text(
        f"company,valid_from,valid_until\nA,2020-01-01,{last_day}\nB,2020-01-01,9999-12-31\nC,2020-01-01,{first_day}\n"
    )
    done = import_register(ledger, "acme", path, valid_until_is_last_day=True)
    ends = ledger.values("SELECT valid_until FROM grants ORDER BY line")
    assert ends == ["2026-01-01", None, "2020-01-02"]
    assert not import_register(ledger, "acme", path, valid_until_is_last_day=True).is_new
    with pytest.raises(BadInputError, match="a date after valid_from 2020-01-01"):
        import_register(ledger, "acme", path)
    mapping = tmp_path / "m.toml"
    mapping.write_text("[dates]\nvalid_until_is_last_day = true\n")
    assert import_register(ledger, "acme", path, mapping_path=mapping).is_new
    assert done.reading.notes == []
    mapping.write_text('[dates]\nvalid_until_is_last_day = "yes"\n')
    with pytest.raises(BadInputError, match=r"dates\.valid_until_is_last_day: expected true or false"):
        import_register(ledger, "acme", path, mapping_path=mapping)


def test_bad_rows_are_left_out_only_when_somebody_says_so_and_are_counted(ledger, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("company,valid_from\nA,2020-01-01\nB,soon\nC,2020-01-01\n???,soon\n")
    with pytest.raises(BadInputError):
        import_register(ledger, "acme", path)
    done = import_register(ledger, "acme", path, leaves_out_bad_rows=True)
    assert (done.snapshot.grants, done.snapshot.left_out) == (2, 2)
    assert [(row.line, len(row.problems)) for row in done.reading.rejected] == [(3, 1), (5, 2)]
    assert ledger.value("SELECT left_out FROM register_snapshots") == 2
    assert not import_register(ledger, "acme", path, leaves_out_bad_rows=True).is_new
    with pytest.raises(BadInputError):
        import_register(ledger, "acme", path)  # the same file is the register, but not whole
    path.write_text("company,valid_from\nB,soon\n")
    with pytest.raises(BadInputError):
        import_register(ledger, "acme", path, leaves_out_bad_rows=True)  # nothing is left


def test_a_column_that_nobody_knows_may_hold_the_end_and_is_refused(ledger, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("company,valid_from,Laufzeit\nA,2020-01-01,2 Jahre\n")
    with pytest.raises(BadInputError, match="line 1, Laufzeit: expected one of the columns"):
        import_register(ledger, "acme", path, leaves_out_bad_rows=True)
    mapping = tmp_path / "m.toml"
    mapping.write_text('[columns]\ncompany = "company"\nvalid_from = "valid_from"\n')
    assert import_register(ledger, "acme", path, mapping_path=mapping).snapshot.grants == 1


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
