"""Pictures for a report: official and found logo side by side, laid over each other, and the place in the
whole image.

Every picture is decoded in a box, within limits, and encoded again, so a report never carries a stranger's bytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from matcher.decoding.boxed_pictures import decode_in_box
from matcher.decoding.decode import Picture, decode_frame, decode_image
from matcher.decoding.refusals import Refusal
from matcher.looking.alignment import find_map
from matcher.looking.features import INNER_PX, PAD_PX, stretch_to_squares
from matcher.looking.normalize import estimate_backgrounds, extract_ink, flatten_alpha, scale_ink
from matcher.looking.picture_box import Box
from matcher.looking.regions import find_mark

HEIGHT_PX, MAX_WIDTH_PX, WHOLE_SIDE_PX = 160, 480, 480
# A drawing with so much clear ground stands on what shines through; a badge with clear corners stands on its own.
CLEAR_ALPHA, CLEAR_SHARE = 128, 0.2
_CHECK_PX = 8
_CHECK_LIGHT, _CHECK_DARK = 214, 178  # both far from black and from white, so that either logo shows
_OUTLINE = (214, 0, 77)
_PLACES = (
    "upper left", "upper middle", "upper right", "middle left", "middle", "middle right", "lower left", "lower middle", "lower right",
)  # fmt: skip
_TOLD_PLACES, _TOLD_LEVELS = 3, 40  # mean levels (of 255) in a ninth: soft edges alone stay under 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """PNG files, all but the last at one scale. overlay: red = official only, cyan = found only, dark = both. difference:
    the darker, the more they differ once the found one is laid on the official one; disagreement: where that is most, at
    most three places. whole: the found image, at most 480 px, with the region outlined.
    """

    official_png: bytes
    found_png: bytes
    overlay_png: bytes
    difference_png: bytes
    disagreement: tuple[str, ...]
    whole_png: bytes


def compare_pictures(official: bytes, found: bytes, region: Box, *, frame: int = 1) -> Comparison | Refusal:
    """Pictures that show why a region was taken for an official logo.

    region: in px of the found image, as a LogoMatch has it; frame: of it, if it is an animation. Refusal if either file does not decode.
    """
    return decode_in_box(_compare_here, official, found, region, frame)


def _compare_here(official: bytes, found: bytes, region: Box, frame: int) -> Comparison | Refusal:
    official_picture, found_picture = decode_image(official), decode_frame(found, frame)
    if isinstance(official_picture, Refusal):
        return official_picture
    if isinstance(found_picture, Refusal):
        return found_picture
    cut = _working_box(region, found_picture)
    size = _common_size(cut)
    found_ink = _ink_of(found_picture, cut, size)
    mark = _mark_box(official_picture, found_ink)
    official_ink = _ink_of(official_picture, mark, size)
    difference = _find_difference(official_ink, found_ink)
    return Comparison(
        official_png=_encode(_on_checks(_crop(official_picture.pixels, mark), _common_size(mark))),
        found_png=_encode(_on_checks(_crop(found_picture.pixels, cut), size)),
        overlay_png=_encode(_overlay(official_ink, found_ink)),
        difference_png=_encode(Image.fromarray(255 - difference)),
        disagreement=_name_places(difference),
        whole_png=_encode(_outlined(found_picture, cut)),
    )


def outline_region(content: bytes, region: Box | None) -> bytes | Refusal:
    """PNG of an image, at most 480 px, with a region of it outlined, if one is given: in px of the image."""
    return decode_in_box(_outline_here, content, region)


def _outline_here(content: bytes, region: Box | None) -> bytes | Refusal:
    picture = decode_image(content)
    if isinstance(picture, Refusal):
        return picture
    height, width = picture.pixels.shape[:2]
    zoom = min(1.0, WHOLE_SIDE_PX / max(height, width))
    if region is not None:
        return _encode(_outlined(picture, _working_box(region, picture)))
    return _encode(_on_checks(picture.pixels, (max(1, round(width * zoom)), max(1, round(height * zoom)))))


def _mark_box(picture: Picture, found: np.ndarray) -> Box:
    """Box of the official drawing, with its frame or without, whichever is more like what was found."""
    marks = find_mark(flatten_alpha(picture.pixels))
    height, width = picture.pixels.shape[:2]
    boxes = [mark.region.box for mark in marks] or [Box(x=0, y=0, width=width, height=height)]
    size = (found.shape[1], found.shape[0])
    return max(boxes, key=lambda box: _likeness(_ink_of(picture, box, size), found))


def _likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of two inks of one shape, -1..1; 0 if one of them is even."""
    a, b = a - a.mean(dtype=np.float64), b - b.mean(dtype=np.float64)
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm else 0.0


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
    """Ink of a box on the background that it has inside; the stretch to a common size is part of the comparison."""
    flat = flatten_alpha(picture.pixels)
    inside = _crop(flat.rgb, box)
    is_clear = flat.ground is not None and np.mean(_crop(picture.pixels, box)[..., 3] < CLEAR_ALPHA) > CLEAR_SHARE
    ground = flat.ground if is_clear and flat.ground is not None else estimate_backgrounds(inside)[0].colour
    ink = scale_ink(extract_ink(inside, ground))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))


def _overlay(official: np.ndarray, found: np.ndarray) -> Image.Image:
    return Image.fromarray(np.dstack([255 - found, 255 - official, 255 - official]))


def _find_difference(official: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Difference of two inks of one shape, uint8, after the found one was laid on the official one."""
    height, width = official.shape
    squares = stretch_to_squares([official, found])
    # the squares' map, said in px of the inks: out of the ink into its square, over, and back
    into = np.diag([INNER_PX / width, INNER_PX / height, 1.0])
    into[:2, 2] = PAD_PX
    over = np.vstack([find_map(squares[0], squares[1]), [0, 0, 1]])
    matrix = (np.linalg.inv(into) @ over @ into)[:2]
    moved = cv2.warpAffine(found, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(cv2.absdiff(official, moved))


def _name_places(difference: np.ndarray) -> tuple[str, ...]:
    """Ninths of a picture in which much differs, most first."""
    cells = cv2.resize(difference, (3, 3), interpolation=cv2.INTER_AREA)
    order = np.argsort(-cells, axis=None, kind="stable")[:_TOLD_PLACES].tolist()
    return tuple(_PLACES[place] for place in order if cells.flat[place] > _TOLD_LEVELS)


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
