"""What comes out of a box is what went in, or is refused; nothing in it runs."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from enum import StrEnum

import pytest

from ledger.boxes.typed_answers import ForeignAnswerError, read_answer, write_answer


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    name: str
    content: bytes
    share: float
    colours: tuple[Colour, ...]
    places: frozenset[int]
    inner: Seen | None = None


SEEN = Seen(name="é", content=b"\xff\x00", share=0.5, colours=(Colour.RED,), places=frozenset({1, 2}))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Seen, SEEN),
        (tuple[Seen, str | None], (SEEN, None)),
        (Seen | None, None),
        (list[Seen], [SEEN]),
        (float, float("inf")),
        (Seen, Seen(name="", content=b"", share=1.0, colours=(), places=frozenset(), inner=SEEN)),
    ],
)
def test_an_answer_comes_back_as_it_was(kind, value):
    assert read_answer(kind, write_answer(kind, value)) == value


def test_lone_surrogates_become_the_sign_that_the_database_has_for_them():
    broken = Seen(name="a\ud800", content=b"\xff", share=0.0, colours=(Colour.RED,), places=frozenset({1}))
    back = read_answer(Seen, write_answer(Seen, broken))
    assert (back.name, back.content, back.colours) == ("a?", b"\xff", (Colour.RED,))


class Planted:
    def __reduce__(self):
        return os.system, ("touch planted",)


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Planted()),
        b"",
        b"[]",
        b"[1,2]",
        b'[{"name":"a"}]',
        write_answer(Seen, SEEN).replace(b'"red"', b'"green"'),
        write_answer(Seen, SEEN).replace(b"0.5", b'"0.5"'),
        b"[" * 100_000,
    ],
)
def test_what_is_of_another_kind_is_refused(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ForeignAnswerError):
        read_answer(Seen, content)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_would_fill_the_memory_is_not_read():
    with pytest.raises(ForeignAnswerError, match="more than 8000000 values"):
        read_answer(list[dict[str, str]], b"[[" + b"{}," * 4_000_000 + b"{}]]")
