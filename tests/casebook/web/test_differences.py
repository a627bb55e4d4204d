"""Two versions of a text as one: nothing is lost, and what stayed is told as the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from casebook.web.differences import find_differences


def test_words_that_are_gone_and_new_are_told_apart():
    pieces = find_differences("We ask you to remove it.", "We demand that you remove it.")
    assert [(piece.change, piece.text) for piece in pieces] == [
        ("same", "We "), ("gone", "ask"), ("new", "demand that"), ("same", " you"), ("gone", " to"), ("same", " remove it."),
    ]  # fmt: skip


def test_chinese_is_compared_by_its_characters():
    pieces = find_differences("请移除上述内容", "请立即移除上述内容")
    assert [(piece.change, piece.text) for piece in pieces] == [
        ("same", "请"),
        ("new", "立即"),
        ("same", "移除上述内容"),
    ]


def test_equal_texts_have_no_differences():
    assert find_differences("a\n", "a") == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_can_be_put_together_again(before, after):
    pieces = find_differences(before, after)
    if pieces:
        assert "".join(piece.text for piece in pieces if piece.change != "new") == before.strip()
        assert "".join(piece.text for piece in pieces if piece.change != "gone") == after.strip()
    else:
        assert before.strip() == after.strip()
