"""A drawing that fades in, is drawn stroke by stroke or grows is looked at as it stands in the end."""

from __future__ import annotations

import numpy as np
import pytest

from ledger.vocabulary import RefusalReason
from matcher import Refusal
from matcher.decoding.decode import Picture, decode_image

SHAPE = '<path {} d="M5 5h60v30H5z" fill="#0b4f6c">{}</path>'
PLAIN = SHAPE.format("", "")


def drawn(body: str) -> Picture | Refusal:
    return decode_image(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40">{body}</svg>'.encode())


def pixels_of(body: str) -> np.ndarray:
    picture = drawn(body)
    assert isinstance(picture, Picture), picture
    return picture.pixels


STYLE = "<style>{}</style>"


@pytest.mark.parametrize(
    "body",
    [
        STYLE.format("@keyframes f{to{opacity:1}}.l{opacity:0;animation:f 1s forwards}")
        + SHAPE.format('class="l"', ""),
        STYLE.format("@-webkit-keyframes f{0%{opacity:0}100%{opacity:1}}.l{opacity:0;-webkit-animation-name:f}")
        + SHAPE.format('class="l"', ""),
        STYLE.format(
            "@keyframes 'f'{from{visibility:hidden}to{visibility:visible}}#a{visibility:hidden;animation:'f' 2s}"
        )
        + SHAPE.format('id="a"', ""),
        STYLE.format("@keyframes f{50%{opacity:1}to{opacity:0}}.l{opacity:0;animation:f 1s infinite}")  # it blinks
        + SHAPE.format('class="l"', ""),
        STYLE.format("@keyframes f{to{opacity:1}}") + SHAPE.format('style="opacity:0;animation:f 1s"', ""),
        STYLE.format("@keyframes f{to{transform:scale(1)}}.l{transform:scale(0);animation:f 1s}")
        + SHAPE.format('class="l"', ""),
        SHAPE.format('opacity="0"', '<animate attributeName="opacity" from="0" to="1" dur="1s" fill="freeze"/>'),
        SHAPE.format('opacity="0"', '<animate attributeName="opacity" values="0;1;0" repeatCount="indefinite"/>'),
        SHAPE.format('visibility="hidden"', '<set attributeName="visibility" to="visible" begin="1s"/>'),
        SHAPE.format('id="s" style="opacity:0"', "") + '<animate href="#s" attributeName="opacity" to="1"/>',
        STYLE.format(".l{opacity:0;transition:opacity 1s}svg:hover .l{opacity:1}") + SHAPE.format('class="l"', ""),
        SHAPE.format('style="opacity:0;visibility:hidden" id="s"', "") + "<style>@keyframes other{}</style>",
    ],
)
def test_what_comes_in_is_seen(body: str) -> None:
    assert np.array_equal(pixels_of(body), pixels_of(PLAIN))


def test_a_line_that_is_drawn_is_seen_whole() -> None:
    line = '<path d="M5 20h70" stroke="#123" stroke-width="9" stroke-dasharray="70" {}>{}</path>'
    whole = pixels_of(line.format("", ""))
    motion = '<animate attributeName="stroke-dashoffset" from="70" to="0" dur="1s" fill="freeze"/>'
    assert np.array_equal(pixels_of(line.format('stroke-dashoffset="70"', motion)), whole)


def test_a_shape_that_hides_and_never_moves_stays_hidden() -> None:
    refusal = drawn(SHAPE.format('opacity="0"', ""))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.BLANK


def test_a_shape_that_is_hidden_beside_one_that_is_seen_stays_hidden() -> None:
    hidden = '<circle cx="80" cy="20" r="8" opacity="0"/>'
    moving = SHAPE.format('opacity="0"', '<animate attributeName="opacity" to="1"/>')
    assert np.array_equal(pixels_of(moving + hidden), pixels_of(PLAIN))


@pytest.mark.parametrize(
    "style", ["@keyframes f{" * 300, "@keyframes{}", ".l{animation:", "@keyframes f{to{opacity:}}.l{animation:f}"]
)
def test_a_broken_style_costs_nothing(style: str) -> None:
    assert np.array_equal(pixels_of(PLAIN + STYLE.format(style)), pixels_of(PLAIN))


def test_units_of_a_millionth_make_no_difference() -> None:
    large = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9000000 4000000"><g transform="scale(100000)">'
    picture = decode_image(f"{large}{PLAIN}</g></svg>".encode())
    assert isinstance(picture, Picture)
    assert np.abs(picture.pixels.astype(int) - pixels_of(PLAIN)).max() <= 2
    assert (picture.width_px, picture.height_px) == (9_000_000, 4_000_000)
