"""A page as flat lists: places, parents, ends, and the words with what they belong to."""

from __future__ import annotations

from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.page.outline import NONE, Outline

HTML = "<body><div id=d><a href=x>One <b>two</b></a> three<svg><title>no</title></svg></div><p>four<script>no()</script></p></body>"


def outline(html: str) -> Outline:
    return Outline(BeautifulSoup(html, "lxml"))


def names(made: Outline) -> list[str]:
    return [tag.name for tag in made.tags]


def test_elements_stand_in_reading_order_with_their_parents_and_ends():
    made = outline(HTML)
    assert names(made) == ["html", "body", "div", "a", "b", "svg", "title", "p", "script"]
    div, link, bold = made.by_id["d"], names(made).index("a"), names(made).index("b")
    assert made.parents[link] == div
    assert made.parents[0] == NONE
    assert made.links[bold] == link
    assert made.holds(div, bold)
    assert not made.holds(link, div)
    assert made.ends[div] == names(made).index("p")


def test_words_are_those_that_a_visitor_reads():
    made = outline(HTML)
    assert made.text(made.by_id["d"], 100) == "One two three no"
    assert made.text(0, 7) == "One two"
    unread = {made.words[place] for place, owner in enumerate(made.word_owners) if made.is_unread[owner]}
    assert unread <= {"no", "no()"}


def test_an_element_inside_another_is_found_by_name():
    made = outline(HTML)
    assert made.inside(made.by_id["d"], "svg", "b") == names(made).index("b")
    assert made.inside(made.by_id["d"], "p") == NONE


TAGS = st.sampled_from(
    ["<div>", "</div>", "<p>", "<a>", "</a>", "<svg>", "</svg>", "word ", "<template>", "</template>"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(TAGS, max_size=30))
def test_each_word_lies_in_the_elements_that_hold_it(parts):
    made = outline("".join(parts))
    for place in range(len(made.tags)):
        assert place < made.ends[place] <= len(made.tags)
        inside = made.word_owners[made.first_words[place] : made.last_words[place]]
        assert all(made.holds(place, owner) for owner in inside)
