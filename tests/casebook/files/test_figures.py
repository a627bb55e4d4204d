"""The pieces of figures: escaped, named for a screen reader or passed over by it."""

from __future__ import annotations

from lxml import etree

from casebook.files.figures import add_shape, add_text, begin_silent_svg, begin_svg, shorten_label, write_svg

HOSTILE = "</svg><script>alert(1)</script>\u202e"


def test_hostile_names_are_words_in_a_figure():
    svg = begin_svg("f", HOSTILE, HOSTILE, 20)
    add_text(svg, 0, 10, HOSTILE, "start")
    written = write_svg(svg)
    assert "<script" not in written
    assert "\u202e" not in written
    read = etree.fromstring(written)
    assert read.findtext("text") == read.findtext("title") == HOSTILE.replace("\u202e", "\ufffd")


def test_a_figure_is_named_by_its_title_and_summary():
    read = etree.fromstring(write_svg(begin_svg("f", "Findings", "Two of three.", 20)))
    assert read.get("aria-labelledby") == "f-title f-summary"
    assert [part.get("id") for part in read] == ["f-title", "f-summary"]


def test_a_silent_figure_is_passed_over_by_a_screen_reader():
    svg = begin_silent_svg("bar", 26)
    add_shape(svg, "rect", width="50%", height=26)
    read = etree.fromstring(write_svg(svg))
    assert (read.get("aria-hidden"), read.get("viewBox")) == ("true", None)
    assert read[0].attrib == {"width": "50%", "height": "26"}


def test_a_label_is_cut_where_its_signs_take_too_much_room():
    assert shorten_label("Veltrana", 8) == "Veltrana"
    assert shorten_label("Veltrana Systems", 8) == "Veltran…"
    assert shorten_label("株式会社テスト", 8) == "株式会…"
