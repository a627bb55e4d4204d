"""Pictures for a report: official and found logo side by side, laid over each other, and the place in the
whole image.

Every picture is decoded within limits and encoded again by us, so a report never carries a stranger's bytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from matcher.decode import Picture, decode_image
from matcher.normalize import estimate_backgrounds, extract_ink, flatten_alpha, scale_ink
from matcher.refusals import Refusal
from matcher.regions import Box, Region, find_mark

HEIGHT_PX, MAX_WIDTH_PX, WHOLE_SIDE_PX = 160, 480, 480
_CHECK_PX = 8
_CHECK_LIGHT, _CHECK_DARK = 214, 178  # both far from black and from white, so that either logo shows
_OUTLINE = (214, 0, 77)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """PNG files. official_png, found_png and overlay_png have one scale; overlay: red = official only, cyan =
    found only, dark = both. whole_png: the found image, at most 480 px, with the region outlined."""

    official_png: bytes
    found_png: bytes
    overlay_png: bytes
    whole_png: bytes


def compare_pictures(official: bytes, found: bytes, region: Box) -> Comparison | Refusal:
    """Pictures that show why a region was taken for an official logo.

    region: in px of the found image, as a LogoMatch has it. Refusal if either file does not decode.
    """
    official_picture, found_picture = decode_image(official), decode_image(found)
    if isinstance(official_picture, Refusal):
        return official_picture
    if isinstance(found_picture, Refusal):
        return found_picture
    mark = _mark_box(official_picture)
    cut = _working_box(region, found_picture)
    size = _common_size(cut)
    return Comparison(
        official_png=_encode(_on_checks(_crop(official_picture.pixels, mark), _common_size(mark))),
        found_png=_encode(_on_checks(_crop(found_picture.pixels, cut), size)),
        overlay_png=_encode(_overlay(_ink_of(official_picture, mark, size), _ink_of(found_picture, cut, size))),
        whole_png=_encode(_outlined(found_picture, cut)),
    )


def _mark_box(picture: Picture) -> Box:
    marks: list[Region] = find_mark(flatten_alpha(picture.pixels))
    height, width = picture.pixels.shape[:2]
    return marks[0].box if marks else Box(x=0, y=0, width=width, height=height)


def _working_box(region: Box, picture: Picture) -> Box:
    """Region in px of the decoded picture, inside it whatever the caller says."""
    height, width = picture.pixels.shape[:2]
    x, y = (
        min(width - 1, max(0, int(region.x * picture.scale))),
        min(height - 1, max(0, int(region.y * picture.scale))),
    )
    right = min(width, max(x + 1, round((region.x + region.width) * picture.scale)))
    bottom = min(height, max(y + 1, round((region.y + region.height) * picture.scale)))
    return Box(x=x, y=y, width=right - x, height=bottom - y)


def _common_size(box: Box) -> tuple[int, int]:
    zoom = min(HEIGHT_PX / box.height, MAX_WIDTH_PX / box.width)
    return max(1, round(box.width * zoom)), max(1, round(box.height * zoom))


def _crop(pixels: np.ndarray, box: Box) -> np.ndarray:
    return pixels[box.y : box.y + box.height, box.x : box.x + box.width]


def _on_checks(pixels: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """RGBA pixels on a grey checkerboard, which tells transparency from white."""
    picture = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BICUBIC)
    rows, columns = np.indices((size[1], size[0])) // _CHECK_PX
    checks = np.where((rows + columns) % 2, _CHECK_DARK, _CHECK_LIGHT).astype(np.uint8)
    ground = Image.fromarray(checks).convert("RGBA")
    ground.alpha_composite(picture)
    return ground.convert("RGB")


def _ink_of(picture: Picture, box: Box, size: tuple[int, int]) -> np.ndarray:
    """Ink of a box with the background of its surroundings; the stretch to a common size is part of the
    comparison."""
    flat = flatten_alpha(picture.pixels)
    x, y = max(0, box.x - 2), max(0, box.y - 2)
    wider = _crop(flat.rgb, Box(x=x, y=y, width=box.x + box.width + 2 - x, height=box.y + box.height + 2 - y))
    ground = flat.ground if flat.ground is not None else estimate_backgrounds(wider)[0].colour
    ink = scale_ink(extract_ink(_crop(flat.rgb, box), ground))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))


def _overlay(official: np.ndarray, found: np.ndarray) -> Image.Image:
    return Image.fromarray(np.dstack([255 - found, 255 - official, 255 - official]))


def _outlined(picture: Picture, box: Box) -> Image.Image:
    height, width = picture.pixels.shape[:2]
    zoom = min(1.0, WHOLE_SIDE_PX / max(height, width))
    whole = _on_checks(picture.pixels, (max(1, round(width * zoom)), max(1, round(height * zoom))))
    corners = (box.x * zoom, box.y * zoom, (box.x + box.width) * zoom - 1, (box.y + box.height) * zoom - 1)
    left, top, right, bottom = (round(c) for c in corners)
    pen = ImageDraw.Draw(whole)
    pen.rectangle((left, top, max(left, right), max(top, bottom)), outline=_OUTLINE, width=2)
    return whole


def _encode(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=False)
    return file.getvalue()
