"""An SVG inside an SVG, and one in another encoding, look as the drawing itself.

Tests: matcher/decoding/svg_text.py.
"""

from __future__ import annotations

import base64
from urllib.parse import quote

import numpy as np
import pytest

from matcher import Refusal, thresholds
from matcher.decoding.decode import decode_image, sniff_format

SHAPES = '<path d="M10 10h80v30h-30v50h-50z" fill="#123"/><circle cx="70" cy="70" r="15" fill="#c30"/>'
PLAIN = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{SHAPES}</svg>'


def draw(svg: str | bytes) -> np.ndarray:
    picture = decode_image(svg if isinstance(svg, bytes) else svg.encode())
    assert not isinstance(picture, Refusal), str(picture)
    return picture.pixels


def wrapped(address: str, attributes: str = 'width="100" height="100"', name: str = "href") -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100">'
        f'<image {name}="{address}" {attributes}/></svg>'
    )


def base64_of(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0" encoding="UTF-16"?>', "<?xml version='1.0'?>\n"])
def test_a_drawing_in_another_encoding_looks_the_same(encoding: str, declaration: str) -> None:
    content = (declaration + PLAIN).encode(encoding)
    assert sniff_format(content) == "svg"
    assert np.array_equal(draw(content), draw(PLAIN))


def test_other_text_in_utf_16_is_no_drawing() -> None:
    assert sniff_format("name,domain\nAcme,acme.example\n".encode("utf-16")) is None


@pytest.mark.parametrize(
    "address",
    [
        base64_of(PLAIN),
        "data:image/svg+xml," + quote(PLAIN),
        "data:image/svg+xml;charset=utf-8," + quote(PLAIN),
        "data:image/svg+xml;utf8," + quote(PLAIN),
    ],
)
@pytest.mark.parametrize("name", ["href", "xlink:href"])
def test_a_drawing_in_a_drawing_is_seen(address: str, name: str) -> None:
    difference = np.abs(draw(wrapped(address, name=name)).astype(int) - draw(PLAIN))
    assert difference.mean() < 1


def test_an_inner_drawing_stands_where_its_image_stood() -> None:
    pixels = draw(wrapped(base64_of(PLAIN), 'x="50" y="0" width="50" height="50"'))
    half = thresholds.SVG_SIDE_PX // 2
    assert pixels[:half, half:, 3].any()
    assert not pixels[half:, :, 3].any()
    assert not pixels[:, :half, 3].any()


def test_what_an_inner_drawing_loads_is_taken_away() -> None:
    inner = PLAIN.replace(
        SHAPES, wrapped(base64_of(PLAIN)) + '<script>alert(1)</script><image href="file:///etc/hosts"/>'
    )
    picture = decode_image(wrapped(base64_of(inner)).encode())
    assert isinstance(picture, Refusal)  # nothing is left that draws


@pytest.mark.parametrize(
    "body", ["%%%", base64.b64encode(b"<html/>").decode(), base64.b64encode(b"<svg").decode(), "A"]
)
def test_a_broken_inner_drawing_costs_only_itself(body: str) -> None:
    svg = wrapped(f"data:image/svg+xml;base64,{body}").replace("</svg>", SHAPES + "</svg>")
    assert np.array_equal(draw(svg), draw(PLAIN))


def test_inner_drawings_count_towards_the_limit_of_elements() -> None:
    many = PLAIN.replace(SHAPES, "<g/>" * (thresholds.MAX_SVG_ELEMENTS // 3))
    images = "".join(f'<image href="{base64_of(many)}" width="9" height="9"/>' for _ in range(4))
    refusal = decode_image(PLAIN.replace(SHAPES, images).encode())
    assert isinstance(refusal, Refusal)
    assert "elements" in refusal.detail
