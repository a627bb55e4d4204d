"""Down to which size an official logo is recognised: measured on pictures of it, drawn smaller and smaller."""

from __future__ import annotations

import io
from typing import Final

import cv2
import numpy as np
from PIL import Image

from matcher import thresholds
from matcher.brands.official_logos import OfficialLogo
from matcher.decoding.decode import decode_image
from matcher.decoding.refusals import Refusal
from matcher.logo_matcher import LogoMatcher
from matcher.looking.normalize import extract_ink, flatten_alpha

WIDTHS_PX: Final = (200, 160, 128, 96, 80, 64, 56, 48, 40, 32, 28, 24, 20, 16, 12)
_MARGIN_SHARE = 0.08  # free ground around a drawing, as pages have it


def measure_smallest_width(matcher: LogoMatcher, logo: OfficialLogo) -> int | None:
    """The smallest of WIDTHS_PX down to which the brand is recognised in every picture of the drawing, which is never
    enlarged; None if it is not even at the largest."""
    drawing = draw_on_ground(logo)
    smallest = None
    for width in WIDTHS_PX:
        if width > drawing.shape[1] and width != WIDTHS_PX[-1]:
            continue
        if not any(match.brand == logo.brand for match in matcher.match(_picture(drawing, width)).matches):
            break
        smallest = width
    return smallest


def draw_on_ground(logo: OfficialLogo) -> np.ndarray:
    """The drawing with a margin, on a ground that it stands out from: uint8 (height, width, 3)."""
    picture = decode_image(logo.content)
    if isinstance(picture, Refusal):
        raise TypeError(f"{logo.brand}/{logo.file}: was decoded when it was read, and is {picture} now")
    flat = flatten_alpha(picture.pixels)
    colour = flat.backgrounds[0].colour
    rows, columns = np.nonzero(extract_ink(flat.rgb, colour) >= thresholds.MIN_GREY_SPAN)
    inked = flat.rgb[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    margin = max(2, round(_MARGIN_SHARE * max(inked.shape[:2])))
    return np.asarray(
        cv2.copyMakeBorder(
            inked, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=[int(level) for level in colour]
        )
    )


def _picture(drawing: np.ndarray, width_px: int) -> bytes:
    """PNG of a drawing whose own width (without margin) is so many px."""
    margins = 1 + 2 * _MARGIN_SHARE
    height, width = drawing.shape[:2]
    size = (max(1, round(width_px * margins)), max(1, round(height * width_px * margins / width)))
    file = io.BytesIO()
    Image.fromarray(drawing).resize(size, Image.Resampling.LANCZOS).save(file, "PNG")
    return file.getvalue()
