"""The places of evidence in a drawn page: outlined in a copy, cropped, and as a small picture.

Pictures are PNG files that a browser made of a vendor's page, so they are decoded in a box; boxes are x, y, width, height in px of the picture.
Errors of each function: BoxedCallError where a picture could not be decoded.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw

from ledger.boxes.boxed_calls import read_foreign

_INK, _HALO = "#d4000f", "#ffffff"
THUMBNAIL_PX = (576, 360)  # twice what a card shows: sharp on fine screens
PLACE_HIGH_PX = 560  # of a page, around what was found: the heading above it and its neighbours
_MARGIN_PX, _LINE_PX = 6, 4


def crop_place(png: bytes, boxes: Sequence[Sequence[int]]) -> bytes:
    """Return the part of a drawn page that shows boxes (x, y, width, height): as wide as the page, PLACE_HIGH_PX high; of boxes that
    lie further apart, the first ones."""
    return read_foreign(_crop_here, png, boxes)


def _crop_here(png: bytes, boxes: Sequence[Sequence[int]]) -> bytes:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
        ordered = sorted(boxes, key=lambda box: (box[1], box[0]))
        top = ordered[0][1] if ordered else 0
        near = [box[1] + box[3] for box in ordered if box[1] + box[3] - top <= PLACE_HIGH_PX]
        middle = (top + max(near, default=top)) // 2
        first = max(0, min(middle - PLACE_HIGH_PX // 2, opened.height - PLACE_HIGH_PX))
        return _png_of(opened.crop((0, first, opened.width, min(opened.height, first + PLACE_HIGH_PX))))


def shrink_around(png: bytes, box: Sequence[int]) -> bytes:
    """Return a small picture of what stands around a box (x, y, width, height) of a drawn page."""
    return read_foreign(_shrink_here, png, box)


def _shrink_here(png: bytes, box: Sequence[int]) -> bytes:
    x, y, width, height = box
    with Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
        wide = min(opened.width, max(480, width + 80))
        high = min(opened.height, max(300, height + 80))
        left = max(0, min(x + width // 2 - wide // 2, opened.width - wide))
        top = max(0, min(y + height // 2 - high // 2, opened.height - high))
        part = opened.crop((left, top, left + wide, top + high)).convert("RGB")
    part.thumbnail(THUMBNAIL_PX)
    return _png_of(part)


def outline_boxes(png: bytes, boxes: Iterable[Sequence[int]]) -> bytes | None:
    """Return a picture with boxes (x, y, width, height) outlined; None when none of them lies in it."""
    return read_foreign(_outline_here, png, list(boxes))


def _outline_here(png: bytes, boxes: Sequence[Sequence[int]]) -> bytes | None:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
        picture = opened.convert("RGB")
    draw = ImageDraw.Draw(picture)
    is_any = False
    for x, y, width, height in boxes:
        left, top = max(0, x - _MARGIN_PX), max(0, y - _MARGIN_PX)
        right = min(picture.width - 1, x + width + _MARGIN_PX)
        bottom = min(picture.height - 1, y + height + _MARGIN_PX)
        if x >= picture.width or y >= picture.height or right <= left or bottom <= top:
            continue
        draw.rectangle((left, top, right, bottom), outline=_HALO, width=_LINE_PX + 2)
        draw.rectangle((left, top, right, bottom), outline=_INK, width=_LINE_PX)
        is_any = True
    return _png_of(picture) if is_any else None


def _png_of(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
