"""brand.toml is read with every mistake named.

Tests: matcher/brands/usage.py.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.brands.brand_toml import format_brand_entry, read_brand_entry
from matcher.brands.usage import UsageRules, read_usage

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXTS, st.lists(TEXTS), st.lists(st.sampled_from(["acme.example", "acme.co.uk", "xn--mller-kva.example"])))
def test_what_is_written_reads_back(name: str, aliases: list[str], domains: list[str]) -> None:
    entry, problems = read_brand_entry(format_brand_entry(name, aliases, domains), "brand.toml")
    assert problems == []
    assert entry is not None
    assert (entry.name, entry.aliases, entry.domains) == (name, aliases, domains)


@given(st.text())
def test_any_text_gives_an_entry_or_problems(text: str) -> None:
    entry, problems = read_brand_entry(text, "brand.toml")
    assert (entry is None) == bool(problems)


def test_domains_are_brought_into_one_form_and_others_refused() -> None:
    entry, _ = read_brand_entry('name = "A"\ndomains = ["https://www.Acme.example/"]\n', "brand.toml")
    assert entry is not None
    assert entry.domains == ["acme.example"]
    entry, problems = read_brand_entry('name = "A"\ndomains = ["no domain"]\n', "brand.toml")
    assert entry is None
    assert problems[0].expected == "a domain such as acme.example"


FULL = """name = "Acme"
[usage]
min_width_px = 120
clear_space = 0.25
allowed_colours = ["#123C7A"]

[[logo]]
file = "acme.svg"
product = "Acme Cloud"
valid_from = 2019-01-01
usage = { min_width_px = 200, allowed_colours = ["#000000"] }

[[logo]]
file = "guide.pdf"
page = 3
"""


def test_usage_rules_of_a_logo_stand_over_those_of_the_brand() -> None:
    entry, problems = read_brand_entry(FULL, "brand.toml")
    assert problems == []
    assert entry is not None
    of_brand = entry.usage.rules()
    assert of_brand == UsageRules(min_width_px=120, clear_space=0.25, allowed_colours=("#123c7a",))
    rules = entry.logo[0].usage.rules().over(of_brand)
    assert rules == UsageRules(min_width_px=200, clear_space=0.25, allowed_colours=("#000000",))
    assert rules.describe() == ("at least 200 px wide", "clear space of 0.25 of its height", "in #000000 only")
    assert read_usage(json.dumps(rules.as_dict())) == rules
    assert (entry.logo[0].product, entry.logo[1].page) == ("Acme Cloud", 3)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("min_width_px = 120", "min_width_px = 0", "line 3, usage, min_width_px: expected a number from 1, got 0"),
        ("min_width_px = 120", "min_width_px = 1.5", "line 3, usage, min_width_px: expected a whole number"),
        ("clear_space = 0.25", "clear_space = -1", "line 4, usage, clear_space: expected a share over 0"),
        ("clear_space = 0.25", 'clear_space = "wide"', "line 4, usage, clear_space: expected a number without"),
        ('["#123C7A"]', '["navy"]', "line 5, usage, allowed_colours 1: expected a colour as #rrggbb, got 'navy'"),
        ("min_width_px = 120", "width = 120", "line 3, usage, width: expected one of min_width_px, min_height_px"),
        ("min_width_px = 200", "min_width_px = 0", "line 11, logo 1, usage, min_width_px: expected a number from 1"),
        ('product = "Acme Cloud"', 'product = ""', "line 9, logo 1, product: expected a text that is not empty"),
        ('product = "Acme Cloud"', "produkt = 1", "line 9, logo 1, produkt: expected one of file, variant"),
        ("page = 3", "page = 0", "line 15, logo 2, page: expected a number from 1"),
        ("page = 3", 'page = "three"', "line 15, logo 2, page: expected a whole number"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(old: str, new: str, told: str) -> None:
    entry, (problem,) = read_brand_entry(FULL.replace(old, new), "brand.toml")
    assert entry is None
    assert told in str(problem)


def test_words_beside_which_the_name_is_not_meant() -> None:
    entry, problems = read_brand_entry('name = "Acme"\nnot_when = ["orchard", "acme of"]\n', "brand.toml")
    assert (entry and entry.not_when, problems) == (["orchard", "acme of"], [])
    _, problems = read_brand_entry('name = "Acme"\nnot_when = ["x"]\n', "brand.toml")
    assert [problem.where for problem in problems] == ["brand.toml line 2, not_when 1"]
