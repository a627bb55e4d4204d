"""Of a file of symbols the one that a page shows is cut out, with what it needs; the others stay out."""

from __future__ import annotations

import pytest

from crawler.images.sightings import extract_sightings
from crawler.images.sprite_files import MAX_SPRITES, cut_symbol, is_drawing, sprite_urls
from crawler.images.stylesheets import Sheet
from crawler.page.page import Document
from ledger.vocabulary import FoundBy

URL = "http://v.example/p/"
SPRITE = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 900"><style>.k{fill:#123}</style>
<defs><linearGradient id="sky"><stop offset="0"/></linearGradient><clipPath id="cut"><rect width="5" height="5"/></clipPath></defs>
<symbol id="acme" viewBox="10 10 80 40"><path class="k" fill="url(#sky)" d="M2 38 20 2z"/><use href="#leaf"/></symbol>
<symbol id="corvane" viewBox="0 0 20 20"><circle r="9"/></symbol>
<g id="leaf"><path clip-path="url(#cut)" d="M0 0h9v9z"/></g></svg>"""


def test_a_symbol_brings_what_it_needs_and_nothing_else():
    content = cut_symbol(SPRITE, "acme", None)
    assert content is not None
    text = content.decode()
    assert all(part in text for part in ('id="acme"', 'id="sky"', 'id="leaf"', 'id="cut"', ".k{", 'href="#acme"'))
    assert "corvane" not in text
    assert 'viewBox="0 0 80 40"' in text


def test_a_group_is_shown_in_the_box_of_the_page_or_of_the_file():
    assert b'viewBox="0 0 30 30"' in (cut_symbol(SPRITE, "leaf", "5 5 30 30") or b"")
    assert b'viewBox="0 0 900 900"' in (cut_symbol(SPRITE, "leaf", None) or b"")


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        (SPRITE, "nobody"),
        ("", "acme"),
        ("no drawing", "acme"),
        ("<svg id='acme'/>", "acme"),  # all of it is no part of it
    ],
)
def test_a_fragment_that_names_no_part_gives_nothing(text, fragment):
    assert cut_symbol(text, fragment, None) is None


def test_a_file_that_refers_to_itself_ends():
    loop = "<svg xmlns='http://www.w3.org/2000/svg'><g id='a'><use href='#b'/></g><g id='b'><use href='#a'/><g id='c'/></g></svg>"
    assert b'id="b"' in (cut_symbol(loop, "a", None) or b"")
    assert cut_symbol(loop, "c", None) is not None


def test_entities_of_a_file_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden words")
    text = f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{secret}">]>{SPRITE.partition("?>")[2].replace("<circle", "<text>&x;</text><circle")}'
    assert b"hidden words" not in (cut_symbol(text, "corvane", None) or b"")


def test_files_are_asked_for_once():
    uses = "".join(f"<svg><use href='s{n % 9}.svg#a{n}'/></svg>" for n in range(30))
    assert len(sprite_urls(Document(URL, uses))) == MAX_SPRITES
    assert sprite_urls(Document(URL, "<svg><use href='#a'/></svg><svg><use href='s.svg'/></svg>")) == []


def test_a_sheet_is_no_drawing():
    assert is_drawing("\ufeff <svg/>")
    assert not is_drawing(".a{}")


def test_without_the_file_the_sighting_names_it(lexicon):
    page = Document(URL, "<svg><use href='s.svg#acme'></use></svg>")
    (missing,) = extract_sightings(page, (), lexicon, page_id="P", visit_id="V").sightings
    assert (missing.image_url, missing.fragment, missing.found_by) == (f"{URL}s.svg", "acme", FoundBy.SVG_USE)
    (cut,) = extract_sightings(page, (Sheet(f"{URL}s.svg", SPRITE),), lexicon, page_id="P", visit_id="V").sightings
    assert (cut.image_url, cut.fragment, cut.inline_sha256 is None) == (None, "acme", False)
