"""An official file → the templates that stand for its drawing."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import cv2
import numpy as np

from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.compare import Template, measure_margins
from matcher.decode import decode_image
from matcher.features import Features, blurred_copy, extract_all
from matcher.normalize import DARK_GROUND, WHITE_GROUND, Flattened, extract_ink, flatten_alpha, flatten_on, is_opaque
from matcher.refusals import Refusal, refuse_blank
from matcher.regions import Mark, find_mark


@functools.lru_cache(maxsize=4096)
def describe_mark(content: bytes) -> tuple[Template, ...] | Refusal:
    """Templates of an official drawing: the whole, what stands on its tile or disc if it has one, and both as
    they look when they are small.

    A transparent drawing is described on white and on dark, since pages show it on either. Remembered: a set of logos is
    checked when it is read and used right after.
    """
    picture = decode_image(content)
    if isinstance(picture, Refusal):
        return picture
    first = flatten_alpha(picture.pixels)
    blank = refuse_blank(extract_ink(first.rgb, first.backgrounds[0].colour))
    if blank:
        return blank
    marks = _find_drawings(first)
    if not marks:
        return Refusal(reason=RefusalReason.TOO_SMALL, detail="the drawing itself is only a few pixels")
    sets = [marks]
    if not is_opaque(picture.pixels):
        others = [_find_drawings(flatten_on(picture.pixels, level)) for level in (WHITE_GROUND, DARK_GROUND)]
        sets += [other for other in others if other and _keeps_most(other[0], marks[0])]
    templates: list[Template] = []
    for found in sets:
        for template in _make_templates(found):
            if not any(_is_same(template, other) for other in templates):
                templates.append(template)
    return tuple(templates)


def _find_drawings(flat: Flattened) -> list[Mark]:
    """Marks without filled boxes, unless there is nothing else."""
    marks = find_mark(flat)
    drawings = [mark for mark in marks if cv2.mean(mark.region.ink)[0] < 255 * thresholds.SOLID_INK]
    return drawings or marks[:1]


def _keeps_most(mark: Mark, first: Mark) -> bool:
    """Whether a drawing on another ground is still the drawing: the dark half of a logo vanishes on dark."""
    box, whole = mark.region.box, first.region.box
    inked, all_inked = (cv2.countNonZero((m.region.ink > thresholds.INK_PRESENT).view(np.uint8)) for m in (mark, first))
    return (
        box.width * box.height >= thresholds.KEPT_BOX_SHARE * whole.width * whole.height
        and inked >= thresholds.KEPT_INK_SHARE * all_inked
    )


def _make_templates(marks: Sequence[Mark]) -> list[Template]:
    """Templates of the marks of one picture, the whole first."""
    inks = [mark.region.ink for mark in marks]
    sharp = extract_all(inks)
    margins = measure_margins(sharp).tolist()
    templates = []
    for mark, ink, features, margin in zip(marks, inks, sharp, margins, strict=True):
        if mark is not marks[0] and not _counts_alone(mark, margin, margins[0]):
            continue
        templates.append(Template(features=features, margin=margin, largest_px=None))
        templates += _blurred_templates(ink)
    return templates


def _counts_alone(inner: Mark, margin: float, margin_of_whole: float) -> bool:
    """Whether what stands on a tile is known without it. On an uneven border it is a cut-out, and counts only if the
    whole is too plain to be known at all."""
    return margin <= thresholds.MAX_INNER_MARGIN and (inner.is_even or margin_of_whole > thresholds.PLAIN_MARGIN)


def _blurred_templates(ink: np.ndarray) -> list[Template]:
    sizes = [(px, largest) for px, largest in thresholds.SMALL_SIDES_PX if px < max(ink.shape)]
    if not sizes:
        return []
    copies = extract_all([blurred_copy(ink, px) for px, _ in sizes])
    return [
        Template(features=copy, margin=margin, largest_px=largest)
        for copy, margin, (_, largest) in zip(copies, measure_margins(copies).tolist(), sizes, strict=True)
    ]


def _is_same(a: Template, b: Template) -> bool:
    if a.largest_px != b.largest_px:
        return False
    x: Features = a.features
    y: Features = b.features
    alike = float(x.descriptor @ y.descriptor) > thresholds.SAME_TEMPLATE
    return alike and abs(x.log_aspect - y.log_aspect) < thresholds.ASPECT_FREE
