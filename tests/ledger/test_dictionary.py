"""The dictionary: every column, every value of a closed list and every rule is there, and says what the program does."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum

import pytest

from casebook.cases.decisions import REASONS
from casebook.verdicts import rules
from casebook.verdicts.rules import RULES_VERSION
from ledger import vocabulary
from ledger.database import Ledger
from ledger.dictionary import HERE, list_rules, list_terms, sources_sha256
from tests.new_ledger import new_ledger

NAMES = {"verdict-kind": "verdict"}  # the enumeration's name, where the list has another
OF_VIEWS = {
    "decision-reason", "coverage-outcome", "vendor-coverage-outcome", "image-change", "claim-change", "rejection-state", "zone", "gate",
}  # fmt: skip


def closed_lists() -> dict[str, list[str]]:
    found = {}
    for name, kind in vars(vocabulary).items():
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum:
            plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
            found[NAMES.get(plain, plain)] = [str(value) for value in kind]
    return found


def test_every_value_of_every_closed_list_is_described():
    described: dict[str, list[str]] = {}
    for term in list_terms():
        described.setdefault(term.terms, []).append(term.value)
        assert term.meaning
        assert not term.meaning.endswith(".")
    lists = closed_lists()
    assert described.keys() == lists.keys() | OF_VIEWS
    assert {name: described[name] for name in lists} == lists
    assert described["decision-reason"] == [reason for reasons in REASONS.values() for reason in reasons]


def test_reasons_of_decisions_are_described_as_the_screen_has_them():
    meanings = {term.value: term.meaning for term in list_terms() if term.terms == "decision-reason"}
    assert meanings == {
        reason: f"{state}: {words}" for state, reasons in REASONS.items() for reason, words in reasons.items()
    }


def test_rules_are_described_as_the_module_that_applies_them_has_them():
    text = re.sub(r"\s+", " ", rules.__doc__ or "")
    described = list(list_rules())
    assert [rule.rule for rule in described] == [str(number) for number in range(1, 21)]
    for rule in described:
        assert f"{rule.rule}. {rule.verdict}: {rule.words}" in text
        assert rule.rules_version == RULES_VERSION


def test_every_column_has_its_line_and_no_other():
    meanings, types = (tomllib.loads((HERE / name).read_text()) for name in ("view_columns.toml", "column_types.toml"))
    assert meanings["columns"].keys() - types["columns"].keys() == set()
    lists = closed_lists().keys() | OF_VIEWS
    for section, columns in types.items():
        for name, form in columns.items():
            assert name in meanings["columns"] or any(name in own for own in meanings.values()), (section, name)
            assert form.keys() <= {"type", "unit", "terms", "example"}
            assert form.get("terms", "gate") in lists, name


@pytest.fixture
def ledger(tmp_path):
    with new_ledger(tmp_path / "p.db") as opened:
        yield opened


def test_the_database_has_the_dictionary(ledger):
    columns = ledger.rows(
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'view' AND m.name LIKE 'v\\_%' ESCAPE '\\'"
    )
    assert sorted(map(tuple, columns)) == sorted(map(tuple, ledger.rows("SELECT view, column FROM dictionary")))
    assert len(columns) > 300
    row = ledger.rows(
        "SELECT meaning, null_means, type, terms FROM dictionary WHERE view = 'v_cases' AND column = 'reason'"
    )[0]
    assert tuple(row) == ("Code of the reason of the decision that holds.", "not decided.", "text", "decision-reason")
    assert (
        ledger.value("SELECT meaning FROM terms WHERE terms = 'verdict' AND value = 'lapsed'")
        == "its grants had ended by the day"
    )
    assert ledger.value("SELECT verdict FROM rules WHERE rule = '20'") == "no-authorisation"
    assert ledger.value("SELECT count(*) FROM dictionary WHERE meaning LIKE '%NULL%'") == 0


def test_a_dictionary_of_an_earlier_version_is_made_anew(tmp_path):
    path = tmp_path / "p.db"
    with new_ledger(path) as ledger:
        ledger.execute("DROP VIEW rules")
        ledger.execute("CREATE VIEW rules AS -- made from an earlier version\nSELECT '1' AS rule")
    with Ledger.open(path) as ledger:
        assert ledger.value("SELECT max(rule + 0) FROM rules") == 20
        assert sources_sha256() in ledger.value("SELECT sql FROM sqlite_master WHERE name = 'rules'")
