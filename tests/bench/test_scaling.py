"""The marks that bench/scaling.py draws are distinct, always the same, and recognised."""

from __future__ import annotations

from bench.scaling import draw_officials, make_matcher
from bench.scaling_drawings import draw_mark, draw_sign, picture_bytes, svg_bytes, wall_bytes
from matcher.decoding.decode import Picture, decode_image
from matcher.looking.normalize import flatten_on_all
from matcher.looking.regions import find_regions


def count_regions(content: bytes) -> int:
    picture = decode_image(content)
    assert isinstance(picture, Picture)
    return len(find_regions(flatten_on_all(picture.pixels)))


def test_a_number_is_always_the_same_mark_and_another_number_another() -> None:
    assert svg_bytes(draw_mark(5)) == svg_bytes(draw_mark(5))
    assert len({svg_bytes(draw_mark(number)) for number in range(1_000)}) == 1_000


def test_a_mark_of_the_set_is_found_and_a_stranger_is_not() -> None:
    matcher = make_matcher(draw_officials(10))
    assert [match.brand for match in matcher.match(picture_bytes(draw_mark(9), 200)).matches] == ["mark-9"]
    assert not matcher.match(picture_bytes(draw_mark(10_000_002), 200)).matches


def test_a_fuller_wall_has_more_regions() -> None:
    assert count_regions(picture_bytes(draw_sign(1), 200)) == 1
    few, many = (
        count_regions(wall_bytes([draw_sign(n) for n in range(count)], 1200, cell_width=140)) for count in (5, 150)
    )
    assert 5 <= few < 30
    assert many > 200
