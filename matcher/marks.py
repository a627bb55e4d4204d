"""An official file → the templates that stand for its drawing."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.alignment import blur_part, blurred
from matcher.cohort import Drawings, load_cohort
from matcher.compare import Template, measure_likeness, measure_margins, score_strangers, tabulate
from matcher.decode import decode_image
from matcher.features import PAD_PX, Features, blurred_copy, describe_all, extract_all, measure_squares
from matcher.normalize import DARK_GROUND, WHITE_GROUND, Flattened, extract_ink, flatten_alpha, flatten_on, is_opaque
from matcher.refusals import Refusal, refuse_blank
from matcher.regions import Mark, find_mark

_PHASES = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5), (0.25, 0.75), (0.75, 0.25))
_REDUCERS = (Image.Resampling.LANCZOS, Image.Resampling.BILINEAR)


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
    sharp = _describe([mark.region.ink for mark in marks], [None] * len(marks))
    templates = []
    for mark, template in zip(marks, sharp, strict=True):
        if mark is marks[0] or _counts_alone(mark, template.margin, sharp[0].margin):
            templates += [template, *_small_templates(mark.region.ink)]
    return templates


def _describe(
    inks: Sequence[np.ndarray], largest_px: Sequence[int | None], attainable: Sequence[float] | None = None
) -> list[Template]:
    """A template of each ink, with its margins sharp and blurred. attainable: of each, all 1 if not given."""
    features = extract_all(inks)
    copies = [blurred(f.square, px) for f in features for px in thresholds.ALIGN_BLURS_PX]
    blurred_descriptors = load_cohort().describe(measure_squares(np.stack(copies)).shapes)
    per_ink = blurred_descriptors.reshape(len(inks), len(thresholds.ALIGN_BLURS_PX), -1)
    descriptors = np.concatenate([describe_all(features)[:, None], per_ink], axis=1)
    aspects = np.array([f.log_aspect for f in features], np.float32)
    copies_too = Drawings(
        descriptors=descriptors.reshape(-1, descriptors.shape[2]), log_aspects=np.repeat(aspects, descriptors.shape[1])
    )
    parts = [part for f in features for part in blur_part(f.square[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX])]
    shown = load_cohort().describe(measure_squares(np.stack(parts)).shapes).reshape(descriptors.shape)
    margins = measure_margins(copies_too).reshape(len(inks), -1)
    best = np.ones(len(inks), np.float32) if attainable is None else np.array(attainable, np.float32)
    strangers = score_strangers(Drawings(descriptors=descriptors[:, 0], log_aspects=aspects), margins[:, 0], best)
    return [
        Template(
            features=features[number],
            descriptors=shown[number],
            margin=float(margins[number, 0]),
            attainable=float(best[number]),
            stranger_scores=strangers[number],
            blur_margins=tuple(margins[number].tolist()),
            largest_px=largest_px[number],
        )
        for number in range(len(inks))
    ]


def _counts_alone(inner: Mark, margin: float, margin_of_whole: float) -> bool:
    """Whether what stands on a tile is known without it. On an uneven border it is a cut-out, and counts only if the
    whole is too plain to be known at all."""
    return margin <= thresholds.MAX_INNER_MARGIN and (inner.is_even or margin_of_whole > thresholds.PLAIN_MARGIN)


def _small_templates(ink: np.ndarray) -> list[Template]:
    sizes = [(px, largest) for px, largest in thresholds.SMALL_SIDES_PX if px < max(ink.shape)]
    if not sizes:
        return []
    copies = [blurred_copy(ink, px) for px, _ in sizes]
    attainable = [_measure_attainable(copy, ink, px) for copy, (px, _) in zip(copies, sizes, strict=True)]
    return _describe(copies, [largest for _, largest in sizes], attainable)


def _measure_attainable(copy: np.ndarray, ink: np.ndarray, px: int) -> float:
    """Mean likeness to a small copy of what pages make of the drawing at that size: where the pixels' grid falls, and how
    the picture was reduced, is chance."""
    features = extract_all([copy, *_reduce_by_chance(ink, px)])
    own, seen = tabulate(features[:1]), tabulate(features[1:])
    drawing = Drawings(descriptors=own.descriptors, log_aspects=own.log_aspects)
    return float(measure_likeness(seen, drawing).mean())


def _reduce_by_chance(ink: np.ndarray, px: int) -> list[np.ndarray]:
    """The drawing at px on its longer side, its corner at several places between four pixels, reduced in two ways."""
    height, width = ink.shape
    zoom = px / max(height, width)
    size = (math.ceil(width * zoom) + 3, math.ceil(height * zoom) + 3)
    canvas = np.zeros((round(size[1] / zoom), round(size[0] / zoom)), np.uint8)
    seen = []
    for number, (across, down) in enumerate(_PHASES):
        canvas[:] = 0
        x, y = int((1 + across) / zoom), int((1 + down) / zoom)
        canvas[y : y + height, x : x + width] = ink
        small = np.asarray(Image.fromarray(canvas).resize(size, _REDUCERS[number % 2]))
        left, top, w, h = cv2.boundingRect((small > thresholds.INK_PRESENT).view(np.uint8))
        if w and h:
            seen.append(small[top : top + h, left : left + w])
    return seen or [blurred_copy(ink, px)]


def _is_same(a: Template, b: Template) -> bool:
    if a.largest_px != b.largest_px:
        return False
    x: Features = a.features
    y: Features = b.features
    alike = float(a.descriptors[0] @ b.descriptors[0]) > thresholds.SAME_TEMPLATE
    return alike and abs(x.log_aspect - y.log_aspect) < thresholds.ASPECT_FREE
