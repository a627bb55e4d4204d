"""Letters as data: every shipped template fills for every relation; hostile values stay one line; mistakes are named at once.

Tests: casebook/cases/letter_templates.py, casebook/cases/letter_text.py, casebook/cases/letter_facts.py.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.cases.letter_facts import (
    EarlierLetter,
    Grounds,
    LetterFacts,
    RegisterAnswer,
    RegisterStanding,
    Sender,
    ShownPage,
    ShownThing,
    ThingKind,
)
from casebook.cases.letter_grounds import allowed_tones
from casebook.cases.letter_templates import Gate, LetterTemplates
from casebook.cases.letter_text import one_line, unwritten
from casebook.files.written_days import write_day
from casebook.verdicts.grant_limits import Gap, GapKind
from ledger.errors import BadInputError
from ledger.shipped import shipped_data
from ledger.typed_texts import FinalUrl, IsoDate, Sha256
from ledger.vocabulary import Relation, ReplyKind, Tone, VerdictKind

SENDER = Sender(name="Acme, brand office", address="1 Quay Street\nHarbour Town", email="office@acme.example")


NONE = RegisterStanding(answer=RegisterAnswer.NONE, as_of=IsoDate("2026-02-03"))
TEMPLATES = LetterTemplates()  # as shipped
LANGUAGES = ["en", "zh", "de", "fr", "es"]


def page(*things: ShownThing) -> ShownPage:
    return ShownPage(
        url=FinalUrl("https://meadow.example/p"),
        first_seen=IsoDate("2026-01-02"),
        last_seen=IsoDate("2026-02-03"),
        things=things,
    )


def facts(
    *,
    vendor: str = "Meadow Ltd",
    relation: str = "partner",
    sentence: str = "We are Acme's partner.",
    sender: Sender = SENDER,
    standing: RegisterStanding = NONE,
    verdict: VerdictKind = VerdictKind.NO_AUTHORISATION,
    copied_by: int = 0,
    earlier: tuple[EarlierLetter, ...] = (),
    gone_on: str | None = None,
    things: tuple[ShownThing, ...] | None = None,
) -> LetterFacts:
    shown = (ShownThing(kind=ThingKind.LOGO), ShownThing(kind=ThingKind.SENTENCE, text=sentence))
    return LetterFacts(
        brand="Acme", vendor=vendor, domain="meadow.example", relation=relation,
        pages=(page(*(shown if things is None else things)),),
        grounds=Grounds(verdict=verdict, standing=standing, copied_by=copied_by), earlier=earlier,
        gone_on=IsoDate(gone_on) if gone_on else None,
        answer_by=dt.date(2026, 3, 1), reference="0123456789", sender=sender,
    )  # fmt: skip


def body(language: str, tone: Tone, told: LetterFacts) -> str:
    return TEMPLATES.fill(language, tone, told).body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tone", Tone)
def test_every_shipped_letter_tells_where_what_since_when_and_asks_by_when(language, tone):
    def written(*days: str) -> list[str]:
        return [write_day(language, dt.date.fromisoformat(day)) for day in days]

    for relation in (*Relation, "unheard-of"):
        filled = TEMPLATES.fill(language, tone, facts(relation=str(relation)))
        told = (
            "https://meadow.example/p",
            *written("2026-01-02", "2026-02-03"),
            "We are Acme's partner.",
            "Meadow Ltd",
            "0123456789",
        )
        for said in told:
            assert said in filled.body
        assert "$" not in filled.subject + filled.body
        assert (written("2026-03-01")[0] in filled.body) == (tone is not Tone.HOST_NOTICE)
        assert "office@acme.example" in filled.body
        assert "2026-" not in filled.body, "dates stand as people write them"


@pytest.mark.parametrize(
    ("language", "inclusive"),
    [("en", "at the latest"), ("de", "bis einschließlich"), ("fr", "au plus tard le"), ("es", "a más tardar el"), ("zh", "（含当日）")],
)  # fmt: skip
def test_until_means_the_same_day_in_every_language(language, inclusive):
    for tone in set(Tone) - {Tone.HOST_NOTICE}:
        assert inclusive in body(language, tone, facts())


STANDINGS = {
    RegisterAnswer.LAPSED: {"last_day": IsoDate("2025-06-30")},
    RegisterAnswer.NOT_YET: {"valid_from": IsoDate("2026-09-01")},
    RegisterAnswer.EXCEEDS: {"gaps": (Gap(kind=GapKind.TIER, claimed="Platinum", granted="Gold"),)},
    RegisterAnswer.GROUP: {},
    RegisterAnswer.NAME_ONLY: {},
}


def standing(answer: RegisterAnswer) -> RegisterStanding:
    if answer not in STANDINGS:
        return RegisterStanding(answer=answer, as_of=None if answer is RegisterAnswer.NOT_ASKED else NONE.as_of)
    return RegisterStanding(
        answer=answer, as_of=NONE.as_of, company="Meadow Holding", relation="reseller", tier="Gold", **STANDINGS[answer]
    )


def register_phrases(language: str) -> dict[str, str]:
    """The longest phrase of each answer of the register in a language that stands in no other answer."""
    said = tomllib.loads((shipped_data("letters") / f"{language}.toml").read_text(encoding="utf-8"))["register"]
    own = {
        answer: [
            part
            for part in re.split(r"\$\w+|⟦|⟧", text)
            if not any(part in other for name, other in said.items() if name != answer)
        ]
        for answer, text in said.items()
    }
    return {answer: max(parts, key=len) for answer, parts in own.items()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answer", RegisterAnswer)
def test_no_letter_states_what_the_register_contradicts(language, answer):
    phrases = register_phrases(language)
    verdict = VerdictKind.NO_AUTHORISATION
    grounds = Grounds(verdict=verdict, standing=standing(answer))
    for tone in allowed_tones(grounds, is_gone=False):
        written = body(language, tone, facts(standing=standing(answer)))
        assert {name for name, phrase in phrases.items() if phrase in written} == {answer}, tone
        assert (answer in STANDINGS) == ("Meadow Holding" in written)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lapsed_grant_is_named_with_its_last_day_and_its_tier(language):
    written = body(language, Tone.REQUEST, facts(standing=standing(RegisterAnswer.LAPSED)))
    assert write_day(language, dt.date(2025, 6, 30)) in written
    assert "Gold" in written


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_correction_quotes_what_is_claimed_and_what_is_granted(language):
    written = body(language, Tone.CORRECTION, facts(standing=standing(RegisterAnswer.EXCEEDS)))
    assert "Platinum" in written
    assert "Gold" in written


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_no_register_was_asked_a_person_has_to_write_what_is_known(language):
    written = body(language, Tone.ENQUIRY, facts(standing=standing(RegisterAnswer.NOT_ASKED)))
    assert len(unwritten(written)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copied_wall_is_told(language):
    told = facts(verdict=VerdictKind.TEMPLATE, copied_by=4711)
    assert "4711" in body(language, Tone.ENQUIRY, told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_gone_is_not_said_to_be_there(language):
    templates = TEMPLATES
    present, past = (templates.fill(language, Tone.DEMAND, facts(gone_on=day)).body for day in (None, "2026-02-20"))
    gone_on = write_day(language, dt.date(2026, 2, 20))
    assert gone_on in past
    assert gone_on not in present
    words = tomllib.loads((shipped_data("letters") / f"{language}.toml").read_text(encoding="utf-8"))["words"]
    assert words["remove"] not in past
    assert words["remove-gone"] in past


@pytest.mark.parametrize("verdict", VerdictKind)
def test_the_verdict_leaves_the_letters_that_it_does_not_contradict(verdict):
    is_allowed = verdict in (
        VerdictKind.AUTHORISED, VerdictKind.OWN_PROPERTY, VerdictKind.DISCLAIMED, VerdictKind.NOT_A_PARTNERSHIP_CLAIM,
    )  # fmt: skip
    tones = allowed_tones(Grounds(verdict=verdict, standing=NONE), is_gone=False)
    assert (tones == ()) == is_allowed
    assert Tone.CORRECTION not in tones
    exceeds = Grounds(verdict=VerdictKind.EXCEEDS_GRANT, standing=standing(RegisterAnswer.EXCEEDS))
    assert allowed_tones(exceeds, is_gone=False) == (Tone.CORRECTION,)
    assert allowed_tones(exceeds, is_gone=True) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_second_letter_knows_the_first_and_what_came_of_it(language):
    sent = EarlierLetter(tone=Tone.ENQUIRY, recipient="Meadow Ltd", sent_on=IsoDate("2026-01-10"))
    replied = dataclasses.replace(
        sent, recipient="Meadow Host", reply=ReplyKind.SAYS_REMOVED, replied_on=IsoDate("2026-01-15")
    )
    written = body(language, Tone.DEMAND, facts(earlier=(sent, replied)))
    for day in (dt.date(2026, 1, 10), dt.date(2026, 1, 15), dt.date(2026, 2, 3)):  # the last: seen again after it
        assert write_day(language, day) in written
    assert "Meadow Host" in written
    assert write_day(language, dt.date(2026, 1, 10)) not in body(language, Tone.DEMAND, facts())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_heading_and_what_kind_of_logo_it_is_are_told(language):
    retired = ShownThing(
        kind=ThingKind.RETIRED_LOGO, heading="Our partners", retired_on=IsoDate("2019-05-01"), image_sha256=Sha256("0")
    )
    official, old, altered = (
        body(language, Tone.ENQUIRY, facts(things=(thing,)))
        for thing in (ShownThing(kind=ThingKind.LOGO), retired, ShownThing(kind=ThingKind.ALTERED_LOGO))
    )
    assert len({official, old, altered}) == 3
    assert "Our partners" in old
    assert write_day(language, dt.date(2019, 5, 1)) in old


def test_only_a_notice_to_a_host_lists_every_address_whatever_their_number():
    told = dataclasses.replace(
        facts(),
        pages=tuple(dataclasses.replace(page(), url=FinalUrl(f"https://meadow.example/{n}/")) for n in range(70)),
    )
    notice, request = (body("en", tone, told) for tone in (Tone.HOST_NOTICE, Tone.REQUEST))
    assert all(f"https://meadow.example/{n}/" in notice for n in range(70))
    assert "and 50 more, listed in the enclosure" in request


def test_a_german_demand_may_ask_for_an_undertaking_with_a_penalty():
    told = facts()
    plain, asked = (
        body("de", Tone.DEMAND, dataclasses.replace(told, with_undertaking=with_it)) for with_it in (False, True)
    )
    assert "Unterlassungs" not in plain
    assert "Vertragsstrafe" in asked
    assert TEMPLATES.undertaking_label("de") == "mit strafbewehrter Unterlassungserklärung"
    assert TEMPLATES.undertaking_label("en") == ""


def test_an_edited_text_asks_for_a_second_person_and_for_counsel_where_threats_are_punished():
    templates = TEMPLATES
    assert templates.gate_of("other", Tone.ENQUIRY, is_edited=False) is Gate.WRITER
    assert templates.gate_of("other", Tone.ENQUIRY, is_edited=True) is Gate.SECOND_PERSON
    for country in ("GB", "IE", "AU", "NZ", "IN", "SG", "HK", "MY"):
        assert templates.gate_of(country, Tone.ENQUIRY, is_edited=True) is Gate.COUNSEL


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_image_that_is_only_named_is_not_called_an_official_logo(language):
    things = (
        ShownThing(kind=ThingKind.IMAGE_WORDS, text="ACME / Gold Partner"),
        ShownThing(kind=ThingKind.IMAGE_NAME, text="Acme logo"),
    )
    written = body(language, Tone.ENQUIRY, facts(things=things))
    assert "ACME / Gold Partner" in written
    assert "Acme logo" in written
    logo = {
        "en": "official logo",
        "de": "offizielle Logo",
        "fr": "logo officiel",
        "es": "logotipo oficial",
        "zh": "官方标识",
    }
    assert logo[language] not in written


@pytest.mark.parametrize("tone", Tone)
def test_no_shipped_letter_speaks_of_infringement(tone):
    for language, word in (
        ("en", "infring"),
        ("de", "verletz"),
        ("fr", "contrefa"),
        ("es", "infracci"),
        ("zh", "侵权"),
    ):
        assert word not in TEMPLATES.fill(language, tone, facts()).body.lower()


def test_an_enquiry_threatens_nothing_and_leaves_nothing_to_write():
    written = body("en", Tone.ENQUIRY, facts())
    assert unwritten(written) == []
    assert "demand" not in written


def test_a_notice_to_a_host_has_the_fields_of_the_digital_services_act_and_its_ground_is_left_to_a_person():
    for language in TEMPLATES.languages:
        written = body(language, Tone.HOST_NOTICE, facts())
        assert all(f"({letter})" in written for letter in "abcd")
        assert len(unwritten(written)) == 1


def test_a_missing_sender_is_left_to_write():
    filled = TEMPLATES.fill("en", Tone.ENQUIRY, facts(sender=Sender()))
    assert unwritten(filled.body) == ["your name"]


def test_a_vendors_name_can_neither_fill_fields_nor_turn_lines_nor_set_marks():
    filled = TEMPLATES.fill("en", Tone.ENQUIRY, facts(vendor="$brand ⟦x⟧\u202eLtd\r\n\r\nDear Acme"))
    assert "$brand [x]Ltd Dear Acme" in filled.body
    assert unwritten(filled.body) == []


@given(st.text())
def test_a_value_is_always_one_short_line_without_marks(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 600
    assert not set(line) & set("⟦⟧\u202e\u200b\x00")
    assert one_line(line) == line


def test_in_the_united_kingdom_only_an_enquiry_and_a_correction_go_out_without_counsel():
    gates = TEMPLATES.gates("GB").gates
    assert {tone: gate for tone, gate in gates.items() if gate is not Gate.COUNSEL} == {
        Tone.ENQUIRY: Gate.WRITER,
        Tone.CORRECTION: Gate.SECOND_PERSON,
    }


def test_nowhere_does_a_demand_go_out_on_its_writers_word():
    templates = TEMPLATES
    assert all(templates.gates(name).gates[Tone.DEMAND] is Gate.COUNSEL for name in templates.jurisdictions)
    assert templates.jurisdiction_of("gb") == "GB"
    assert templates.jurisdiction_of("FR") == templates.jurisdiction_of(None) == "other"


def test_a_workspaces_own_files_stand_in_the_place_of_the_shipped_ones(tmp_path):
    (tmp_path / "gates.toml").write_text(
        '[FR]\nenquiry = "second-person"\ncorrection = "writer"\nrequest = "counsel"\nhost-notice = "counsel"\ndemand = "counsel"\n'
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
