"""Names are compared without legal form, case and accents, and in Latin letters; quickly, and as the slow way does it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.register.company_names import _GLUED, _lines, _plain, comparable_name, loose_core, name_forms, names_in


def comparable_by_hand(name: str) -> str:
    """The slow and obvious form: each legal form is tried at the end, some in front too, wherever its spaces are."""
    best = _plain(name)
    while True:
        shorter = {without(best, line) for line in _lines("legal_forms.txt")} - {"", best}
        if not shorter:
            return best
        best = min(shorter, key=len)


def without(name: str, line: str) -> str:
    form = _plain(line.removeprefix("^"))
    if _GLUED.match(form) and len(form) > 1:
        if name.endswith(form):
            return name.removesuffix(form).strip()
        return name.removeprefix(form).strip()
    words, compact = name.split(), form.replace(" ", "")
    for count in range(1, len(words)):
        if "".join(words[-count:]) == compact:
            return " ".join(words[:-count])
        if line.startswith("^") and "".join(words[:count]) == compact:
            return " ".join(words[count:])
    return name


WORDS = ["Bright", "Harbour", "GmbH", "& Co.", "KG", "S.A.R.L.", "Ltd", "株式会社", "青空", "有限公司", "ООО", "Ромашка", "AG", "sp. z o.o.", "Müller", "O'Neil", "S.A", "주식회사", "삼송"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=6), st.integers(0, 5), st.sampled_from([" ", "  ", ", "]))
def test_the_quick_way_is_the_slow_way(words, at, glue):
    name = glue.join([*words[:at], "Nova", *words[at:]])  # of nothing but legal forms one has to stay, whichever
    assert comparable_name(name) == comparable_by_hand(name)


@given(st.text(max_size=30))
def test_any_text_has_forms_and_they_stay_what_they_are(text):
    forms = name_forms(text)
    if re.search(r"[^\W_]", text):
        assert forms.key
        assert forms.core
    assert comparable_name(forms.key) == forms.key


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("盛格科技有限公司", "shenggekeji"),
        ("ООО Миртеск", "mirtesk"),
        ("アオゾラ株式会社", "aozora"),
        ("주식회사 삼송", "samsong"),
        ("Müller & Søn A/S", "muller son"),
    ],
)
def test_names_are_written_in_latin_letters(name, latin):
    assert name_forms(name).latin == latin


@pytest.mark.parametrize("mark", ["\u200f", "\u202e", "\u200b", "\ufeff", "\u00ad"])
def test_marks_that_nobody_sees_part_no_name(mark):
    assert comparable_name(f"Bright{mark} Har{mark}bour Ltd{mark}") == "bright harbour"


def test_marks_that_are_letters_stay():
    assert comparable_name("ゾラ") != comparable_name("ソラ")
    assert comparable_name("कंपनी नोवा") == "कंपनी नोवा"
    assert comparable_name("Café") == comparable_name("CAFE\u0301") == "cafe"


def test_what_was_taken_off_is_told():
    assert name_forms("Bright Harbour Co., Ltd.").legal_form == "co ltd"
    assert name_forms("Bright Harbour").legal_form == ""


def test_words_that_half_of_all_companies_have_are_left_out_of_the_core_only():
    assert name_forms("SenseGrid Technology Group").core == "sensegrid"
    assert name_forms("SenseGrid Technology Group").key == "sensegrid technology group"
    assert name_forms("Global Systems Ltd").core == "global systems"


@pytest.mark.parametrize(
    ("company", "name", "is_equal"),
    [
        ("上海盛思格信息技术有限公司", "盛思格科技", True),
        ("深圳市盛思格科技有限公司", "盛思格", True),
        ("盛思格科技有限公司", "盛格科技", False),
        ("Müller & Söhne KG", "Mueller und Soehne", True),
        ("Søndergaard Vinduer ApS", "Soendergaard Vinduer", True),
        ("Kai Solutions Ltd (formerly Pierhead Computing)", "Pierhead Computing", True),
        ("Quay & Sons d/b/a Dockside Printing", "Dockside Printing", True),
        ("Edition Works Limited", "Limited Edition Prints", False),
        ("Bank of the West Quay", "Bank of the East Quay", False),
    ],
)
def test_a_core_is_equal_but_for_form_spelling_place_and_trade(company, name, is_equal):
    cores = set(map(loose_core, names_in(company)))
    assert (not cores.isdisjoint(map(loose_core, names_in(name)))) is is_equal
