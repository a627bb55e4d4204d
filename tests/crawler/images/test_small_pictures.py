"""A copy of a few pixels is told from a picture by what the file announces, whatever its bytes are."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from crawler.images.small_pictures import MAX_BYTES, SMALL_SIDE_PX, is_small_picture


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (20, 90, 120)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "is_small"),
    [
        (picture(49, 16), True),
        (picture(20, 8, "WEBP"), True),
        (picture(SMALL_SIDE_PX, 4, "JPEG"), True),
        (picture(SMALL_SIDE_PX + 1, 4), False),
        (picture(20, 8) + b"\0" * MAX_BYTES, False),
        (b"", False),
        (b"<svg/>", False),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 40, False),
    ],
)
def test_a_small_picture_announces_its_sides(content, is_small):
    assert is_small_picture(content) is is_small
