"""A picture → the lines of words that stand in it.

1. Lay it on its ground, as the matcher looks at it, and trim what is empty around the drawing; where nothing is read on it, on the other
   one, if the drawing has light and dark parts.
2. Bring its longer side to thresholds.LETTERING_SIDE_PX, and pad it: letters at the border are read too.
3. Where the lines prove to be low, and the source has more pixels, read once more at thresholds.LETTERING_LARGE_SIDE_PX.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from matcher import thresholds
from matcher.decoding.boxed_pictures import decode_in_box
from matcher.decoding.decode import Picture, decode_image
from matcher.decoding.lettering_worker import SeenLine, read_lettering
from matcher.decoding.refusals import Refusal
from matcher.looking.normalize import Flattened, extract_ink, flatten_on_all
from matcher.looking.picture_box import Box

_PAD_PX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """Words that stand in one line. confidence: of the reading, 0..1. box: in px of the source image."""

    text: str
    confidence: float
    box: Box


def written_line(text: str) -> ReadLine:
    """A text that stands beside a picture, as a line that was read without a doubt."""
    return ReadLine(text=text, confidence=1.0, box=Box(x=0, y=0, width=1, height=1))


def read_lines(content: bytes) -> tuple[ReadLine, ...] | Refusal:
    """Lines of words of an image file, top to bottom; of an animation those of its first frame. A refusal: it could not be read."""
    return decode_in_box(_read_here, content)


def _read_here(content: bytes) -> tuple[ReadLine, ...] | Refusal:
    picture = decode_image(content)
    return picture if isinstance(picture, Refusal) else read_picture(picture)


def read_picture(picture: Picture) -> tuple[ReadLine, ...] | Refusal:
    """Lines of a decoded image."""
    read: tuple[ReadLine, ...] | Refusal = ()
    for flat in flatten_on_all(picture.pixels):  # light letters beside a dark mark are seen on dark alone
        read = _read_flat(picture, flat)
        if read:
            break
    return read


def _read_flat(picture: Picture, flat: Flattened) -> tuple[ReadLine, ...] | Refusal:
    """Lines on one ground."""
    ink = extract_ink(flat.rgb, flat.backgrounds[0].colour)
    left, top, width, height = cv2.boundingRect((ink > thresholds.INK_PRESENT // 2).view(np.uint8))
    if not width or not height:
        return ()
    part = flat.rgb[top : top + height, left : left + width]
    for side_px in (thresholds.LETTERING_SIDE_PX, thresholds.LETTERING_LARGE_SIDE_PX):
        zoom = min(side_px / max(width, height), thresholds.LETTERING_MOST_ZOOM)
        seen = read_lettering(_pad(_resize(part, zoom)))
        if isinstance(seen, Refusal):
            return seen
        lines = [_place(line, picture, zoom, (left, top)) for line in seen]
        if not _are_low(seen) or side_px >= max(width, height):
            break
    return tuple(sorted(lines, key=lambda line: (line.box.y + line.box.height // 2, line.box.x)))


def _are_low(seen: Sequence[SeenLine]) -> bool:
    heights = [line.edges[3] - line.edges[1] for line in seen]
    return bool(heights) and statistics.median(heights) < thresholds.LOW_LINE_PX


def _resize(rgb: np.ndarray, zoom: float) -> np.ndarray:
    height, width = rgb.shape[:2]
    size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC))


def _pad(rgb: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.copyMakeBorder(rgb, _PAD_PX, _PAD_PX, _PAD_PX, _PAD_PX, cv2.BORDER_REPLICATE))


def _place(line: SeenLine, picture: Picture, zoom: float, corner: tuple[int, int]) -> ReadLine:
    # the engine draws boxes wider than the letters: beyond the border there is nothing
    left, top, right, bottom = (max(0, round((edge - _PAD_PX) / zoom)) for edge in line.edges)
    box = Box(x=left + corner[0], y=top + corner[1], width=max(1, right - left), height=max(1, bottom - top))
    return ReadLine(
        text=line.text.strip(),
        confidence=round(line.confidence, 4),
        box=box.scaled_to_source(picture.scale, picture.width_px, picture.height_px),
    )
