from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matcher.brand_toml import format_brand_entry, read_brand_entry

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
