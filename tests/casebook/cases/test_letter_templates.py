"""Letters as data: every shipped template fills for every relation; hostile values stay one line; mistakes are named at once."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.cases.letter_templates import Gate, LetterFacts, LetterTemplates, Sender, ShownPage, one_line, unwritten
from ledger.errors import BadInputError
from ledger.shipped import shipped_data
from ledger.vocabulary import Relation, Tone

SENDER = Sender(name="Acme, brand office", address="1 Quay Street\nHarbour Town", email="office@acme.example")


def facts(
    *,
    vendor: str = "Meadow Ltd",
    relation: str = "partner",
    sentence: str = "We are Acme's partner.",
    sender: Sender = SENDER,
) -> LetterFacts:
    page = ShownPage(
        url="https://meadow.example/p",
        first_seen="2026-01-02",
        last_seen="2026-02-03",
        has_logo=True,
        sentences=(sentence,),
    )
    return LetterFacts(
        brand="Acme", vendor=vendor, domain="meadow.example", relation=relation, pages=(page,), as_of="2026-02-03",
        answer_by=dt.date(2026, 3, 1), reference="0123456789", sender=sender,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh", "de", "fr", "es"])
@pytest.mark.parametrize("tone", Tone)
def test_every_shipped_letter_tells_where_what_since_when_and_asks_by_when(language, tone):
    for relation in (*Relation, "unheard-of"):
        filled = LetterTemplates().fill(language, tone, facts(relation=str(relation)))
        told = (
            "https://meadow.example/p",
            "2026-01-02",
            "2026-02-03",
            "We are Acme's partner.",
            "Meadow Ltd",
            "0123456789",
        )
        for said in told:
            assert said in filled.body
        assert "$" not in filled.subject + filled.body
        assert ("2026-03-01" in filled.body) == (tone is not Tone.HOST_NOTICE)
        assert "office@acme.example" in filled.body


@pytest.mark.parametrize("language", ["en", "zh", "de", "fr", "es"])
def test_an_image_that_is_only_named_is_not_called_an_official_logo(language):
    page = ShownPage(
        url="https://meadow.example/p", first_seen="2026-01-02", last_seen="2026-01-02", has_logo=False, sentences=(),
        image_words=("ACME / Gold Partner",), image_names=("Acme logo",),
    )  # fmt: skip
    shown = dataclasses.replace(facts(), pages=(page,))
    body = LetterTemplates().fill(language, Tone.ENQUIRY, shown).body
    assert "ACME / Gold Partner" in body
    assert "Acme logo" in body
    logo = {
        "en": "official logo",
        "de": "offizielle Logo",
        "fr": "logo officiel",
        "es": "logotipo oficial",
        "zh": "官方标识",
    }
    assert logo[language] not in body


@pytest.mark.parametrize("tone", Tone)
def test_no_shipped_letter_speaks_of_infringement(tone):
    for language, word in (
        ("en", "infring"),
        ("de", "verletz"),
        ("fr", "contrefa"),
        ("es", "infracci"),
        ("zh", "侵权"),
    ):
        assert word not in LetterTemplates().fill(language, tone, facts()).body.lower()


def test_an_enquiry_threatens_nothing_and_leaves_nothing_to_write():
    body = LetterTemplates().fill("en", Tone.ENQUIRY, facts()).body
    assert unwritten(body) == []
    assert "demand" not in body


def test_a_notice_to_a_host_has_the_fields_of_the_digital_services_act_and_its_ground_is_left_to_a_person():
    for language in LetterTemplates().languages:
        body = LetterTemplates().fill(language, Tone.HOST_NOTICE, facts()).body
        assert all(f"({letter})" in body for letter in "abcd")
        assert len(unwritten(body)) == 1


def test_a_missing_sender_is_left_to_write():
    filled = LetterTemplates().fill("en", Tone.ENQUIRY, facts(sender=Sender()))
    assert unwritten(filled.body) == ["your name"]


def test_a_vendors_name_can_neither_fill_fields_nor_turn_lines_nor_set_marks():
    filled = LetterTemplates().fill("en", Tone.ENQUIRY, facts(vendor="$brand ⟦x⟧\u202eLtd\r\n\r\nDear Acme"))
    assert "$brand [x]Ltd Dear Acme" in filled.body
    assert unwritten(filled.body) == []


@given(st.text())
def test_a_value_is_always_one_short_line_without_marks(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 600
    assert not set(line) & set("⟦⟧\u202e\u200b\x00")
    assert one_line(line) == line


def test_in_the_united_kingdom_nothing_but_an_enquiry_goes_out_without_counsel():
    gates = LetterTemplates().gates("GB").gates
    assert {tone: gate for tone, gate in gates.items() if gate is not Gate.COUNSEL} == {Tone.ENQUIRY: Gate.WRITER}


def test_nowhere_does_a_demand_go_out_on_its_writers_word():
    templates = LetterTemplates()
    assert all(templates.gates(name).gates[Tone.DEMAND] is Gate.COUNSEL for name in templates.jurisdictions)
    assert templates.jurisdiction_of("gb") == "GB"
    assert templates.jurisdiction_of("FR") == templates.jurisdiction_of(None) == "other"


def test_a_workspaces_own_files_stand_in_the_place_of_the_shipped_ones(tmp_path):
    (tmp_path / "gates.toml").write_text(
        '[FR]\nenquiry = "second-person"\nrequest = "counsel"\nhost-notice = "counsel"\ndemand = "counsel"\n'
    )
    templates = LetterTemplates(tmp_path)
    assert templates.gates("FR").gates[Tone.ENQUIRY] is Gate.SECOND_PERSON
    assert templates.gates("GB").gates[Tone.DEMAND] is Gate.COUNSEL


def test_every_mistake_of_own_files_is_named(tmp_path):
    (tmp_path / "gates.toml").write_text(
        '[FR]\nenquiry = "me"\nrequest = "counsel"\nhost-notice = "counsel"\nthreat = "x"\n'
    )
    (tmp_path / "it.toml").write_text('[words]\nlanguage = "italiano"\n')
    (tmp_path / "pt.toml").write_text("not = [toml")
    (tmp_path / "ja.toml").mkdir()
    english = (shipped_data("letters") / "en.toml").read_text(encoding="utf-8")
    (tmp_path / "nl.toml").write_text(english.replace("[relations]", "[relations]\nodd = 5"), encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        LetterTemplates(tmp_path)
    said = str(caught.value)
    for expected in (
        "FR.enquiry",
        "FR.demand",
        "FR.threat",
        "it.toml, [demand] body",
        "pt.toml",
        "ja.toml",
        "nl.toml, [relations] odd",
    ):
        assert expected in said


def test_a_field_that_nobody_fills_is_named(tmp_path):
    text = (shipped_data("letters") / "en.toml").read_text(encoding="utf-8")
    (tmp_path / "it.toml").write_text(text.replace("$reference", "$riferimento"), encoding="utf-8")
    with pytest.raises(BadInputError, match="riferimento"):
        LetterTemplates(tmp_path)


def test_a_file_may_begin_with_the_mark_that_some_editors_write(tmp_path):
    english = (shipped_data("letters") / "en.toml").read_text(encoding="utf-8")
    (tmp_path / "nl.toml").write_text(english, encoding="utf-8-sig")
    assert "nl" in LetterTemplates(tmp_path).languages
