"""An official file → the templates that stand for its drawing."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.decoding.decode import Picture, decode_image
from matcher.decoding.refusals import Refusal, refuse_blank
from matcher.looking.alignment import blur_part, blurred
from matcher.looking.appearance import Appearance, see_appearance
from matcher.looking.chosen_descriptor import chosen_descriptor, describe_all
from matcher.looking.compare import Template, measure_likeness, measure_margins, score_strangers, tabulate
from matcher.looking.descriptor import Drawings
from matcher.looking.features import (
    PAD_PX,
    Features,
    blurred_copy,
    extract_all,
    measure_squares,
    stretch_to_squares,
)
from matcher.looking.normalize import DARK_GROUND, WHITE_GROUND, Flattened, extract_ink, flatten_alpha, flatten_on
from matcher.looking.regions import Mark, find_mark
from matcher.looking.stored_templates import load_templates, store_templates

_PHASES = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5), (0.25, 0.75), (0.75, 0.25))
_REDUCERS = (Image.Resampling.LANCZOS, Image.Resampling.BILINEAR)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawing:
    """A mark of the file on one of its grounds. is_silhouette: in one colour, whatever its own are."""

    mark: Mark
    appearance: Appearance
    is_silhouette: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Draft:
    """What may become a template: a drawing, or a small copy of it. descriptor: float32 (d,); largest_px: see Template."""

    features: Features
    descriptor: np.ndarray
    drawing: _Drawing
    largest_px: int | None

    def is_same(self, other: _Draft) -> bool:
        """Whether one of the two is enough."""
        if self.largest_px != other.largest_px:
            return False
        alike = float(self.descriptor @ other.descriptor) > thresholds.SAME_TEMPLATE
        return alike and abs(self.features.log_aspect - other.features.log_aspect) < thresholds.ASPECT_FREE


@functools.lru_cache(maxsize=4096)
def describe_mark(content: bytes) -> tuple[Template, ...] | Refusal:
    """Templates of an official drawing: the whole, what stands on its tile or disc if it has one, and both as
    they look when they are small.

    A transparent drawing is described on white and on dark, since pages show it on either, and in one colour, in which pages
    repaint it: pale parts become as strong as the others. Remembered: a set of logos is checked when it is read and used right
    after; and stored for other processes (stored_templates.py).
    """
    stored = load_templates(content)
    if stored is not None:
        return stored
    measured = measure_mark(content)
    if not isinstance(measured, Refusal):
        store_templates(content, measured)
    return measured


def measure_mark(content: bytes) -> tuple[Template, ...] | Refusal:
    """The same, measured now, whatever was stored."""
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
    sets = [_see_all(picture, first, marks)]
    if first.ground is not None:
        level = WHITE_GROUND if int(first.ground[0]) == DARK_GROUND else DARK_GROUND
        other = flatten_on(picture.pixels, level)
        others = _find_drawings(other)
        if others and _keeps_most(others[0], marks[0]):
            sets.append(_see_all(picture, other, others))
        silhouette = _see_silhouette(picture)
        if silhouette:
            sets.append(silhouette)
    # all of a file together: the cohort is 41 MB, and reading it is most of the time
    return tuple(_make_templates(_drop_copies(_draft_all(sets))))


def _find_drawings(flat: Flattened) -> list[Mark]:
    """Marks without filled boxes, unless there is nothing else."""
    marks = find_mark(flat)
    drawings = [mark for mark in marks if cv2.mean(mark.region.ink)[0] < 255 * thresholds.SOLID_INK]
    return drawings or marks[:1]


def _see_silhouette(picture: Picture) -> list[_Drawing]:
    """The whole drawing in one colour; empty if it would be a filled box."""
    pixels = picture.pixels.copy()
    pixels[..., :3] = 0
    flat = flatten_on(pixels, WHITE_GROUND)
    drawings = [mark for mark in find_mark(flat)[:1] if cv2.mean(mark.region.ink)[0] < 255 * thresholds.SOLID_INK]
    return [replace(drawing, is_silhouette=True) for drawing in _see_all(picture, flat, drawings)]


def _keeps_most(mark: Mark, first: Mark) -> bool:
    """Whether a drawing on another ground is still the drawing: the dark half of a logo vanishes on dark."""
    box, whole = mark.region.box, first.region.box
    inked, all_inked = (cv2.countNonZero((m.region.ink > thresholds.INK_PRESENT).view(np.uint8)) for m in (mark, first))
    return (
        box.width * box.height >= thresholds.KEPT_BOX_SHARE * whole.width * whole.height
        and inked >= thresholds.KEPT_INK_SHARE * all_inked
    )


def _see_all(picture: Picture, flat: Flattened, marks: Sequence[Mark]) -> list[_Drawing]:
    drawings = []
    for mark, square in zip(marks, stretch_to_squares([mark.region.ink for mark in marks]), strict=True):
        box = mark.region.box
        pixels = picture.pixels[box.y : box.y + box.height, box.x : box.x + box.width]
        size_px = (box.width / picture.scale, box.height / picture.scale)
        drawings.append(_Drawing(mark=mark, appearance=see_appearance(pixels, flat.ground, square, size_px)))
    return drawings


def _draft_all(sets: Sequence[Sequence[_Drawing]]) -> list[_Draft]:
    """Drafts of the drawings of one file on each of its grounds; the whole comes first, then its small copies. A silhouette
    counts if it is not too plain."""
    sharp = [_draft(drawings, [drawing.mark.region.ink for drawing in drawings]) for drawings in sets]
    margins = measure_margins(_list_drawings([draft for drafts in sharp for draft in drafts])).tolist()
    drafts = list[_Draft]()
    for of_ground in sharp:
        own, margins = margins[: len(of_ground)], margins[len(of_ground) :]
        for draft, margin in zip(of_ground, own, strict=True):
            if draft.drawing.is_silhouette:
                counts = margin <= thresholds.MAX_SILHOUETTE_MARGIN
            else:
                counts = draft is of_ground[0] or _counts_alone(draft.drawing.mark, margin, own[0])
            if counts:
                drafts += [draft, *_draft_small(draft.drawing)]
    return drafts


def _draft(
    drawings: Sequence[_Drawing], inks: Sequence[np.ndarray], largest_px: Sequence[int | None] | None = None
) -> list[_Draft]:
    """inks: of the drawings, or of small copies of them."""
    features = extract_all(inks)
    return [
        _Draft(features=of_ink, descriptor=descriptor, drawing=drawing, largest_px=largest)
        for of_ink, descriptor, drawing, largest in zip(
            features, describe_all(features), drawings, largest_px or [None] * len(inks), strict=True
        )
    ]


def _draft_small(drawing: _Drawing) -> list[_Draft]:
    ink = drawing.mark.region.ink
    sizes = [(px, largest) for px, largest in thresholds.SMALL_SIDES_PX if px < max(ink.shape)]
    if not sizes:
        return []
    copies = [blurred_copy(ink, px) for px, _ in sizes]
    return _draft([drawing] * len(sizes), copies, [largest for _, largest in sizes])


def _drop_copies(drafts: Sequence[_Draft]) -> list[_Draft]:
    kept = list[_Draft]()
    for draft in drafts:
        if not any(draft.is_same(other) for other in kept):
            kept.append(draft)
    return kept


def _make_templates(drafts: Sequence[_Draft]) -> list[Template]:
    """A template of each draft, with its margins sharp and blurred, and the strangers that are most like it."""
    squares = [draft.features.square for draft in drafts]
    copies = [blurred(square, px) for square in squares for px in thresholds.ALIGN_BLURS_PX]
    parts = [part for square in squares for part in blur_part(square[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX])]
    described = chosen_descriptor().describe(measure_squares(np.stack([*copies, *parts])).shapes)
    sharp = _list_drawings(drafts)
    blurs = len(thresholds.ALIGN_BLURS_PX)
    descriptors = np.concatenate([sharp.descriptors, described[: len(copies)]])
    log_aspects = np.concatenate([sharp.log_aspects, np.repeat(sharp.log_aspects, blurs)])
    all_margins = measure_margins(Drawings(descriptors=descriptors, log_aspects=log_aspects))
    margins = np.hstack([all_margins[: len(drafts), None], all_margins[len(drafts) :].reshape(-1, blurs)])
    attainable = np.array([_measure_attainable(draft) for draft in drafts], np.float32)
    strangers = score_strangers(sharp, margins[:, 0], attainable)
    shown = described[len(copies) :].reshape(len(drafts), 1 + blurs, -1)
    return [
        Template(
            features=draft.features,
            appearance=draft.drawing.appearance,
            descriptors=shown[number],
            margin=float(margins[number, 0]),
            attainable=float(attainable[number]),
            stranger_scores=strangers[number],
            blur_margins=tuple(margins[number].tolist()),
            largest_px=draft.largest_px,
        )
        for number, draft in enumerate(drafts)
    ]


def _list_drawings(drafts: Sequence[_Draft]) -> Drawings:
    return Drawings(
        descriptors=np.stack([draft.descriptor for draft in drafts]),
        log_aspects=np.array([draft.features.log_aspect for draft in drafts], np.float32),
    )


def _counts_alone(inner: Mark, margin: float, margin_of_whole: float) -> bool:
    """Whether what stands on a tile is known without it. On an uneven border it is a cut-out, and counts only if the
    whole is too plain to be known at all."""
    return margin <= thresholds.MAX_INNER_MARGIN and (inner.is_even or margin_of_whole > thresholds.PLAIN_MARGIN)


def _measure_attainable(draft: _Draft) -> float:
    """Mean likeness to a small copy of what pages make of the drawing at that size: where the pixels' grid falls, and how
    the picture was reduced, is chance. 1 for what is not small."""
    if draft.largest_px is None:
        return 1.0
    seen = tabulate(extract_all(_reduce_by_chance(draft.drawing.mark.region.ink, draft.features.long_px)))
    return float(measure_likeness(seen, _list_drawings([draft])).mean())


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
