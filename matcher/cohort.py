"""Drawings that are nobody's logo: the background against which a template must stand out.

A disc, a ring or a plain letter correlates with many strangers' marks; a drawing with its own detail with
none. How well a template scores on these drawings is subtracted from its scores later. Generated, seeded, the
same in every process.
"""

from __future__ import annotations

import functools
import math
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from matcher.features import Features, extract_all

_SEED = 20261123
_SHAPES, _WORDS = 420, 380
_SIDE_PX = 96
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789&"


@functools.cache
def background_features() -> tuple[Features, ...]:
    """Features of the cohort; drawn once in a process."""
    chance = random.Random(_SEED)  # noqa: S311  # drawings, not secrets
    drawings = [_draw_shape(chance) for _ in range(_SHAPES)] + [_draw_word(chance) for _ in range(_WORDS)]
    return tuple(extract_all([drawing for drawing in drawings if min(drawing.shape) >= 4]))


def _draw_shape(chance: random.Random) -> np.ndarray:
    """One to three primitives, some of them cut out of the others."""
    picture = Image.new("L", (_SIDE_PX, _SIDE_PX))
    pen = ImageDraw.Draw(picture)
    for layer in range(chance.choice((1, 1, 2, 2, 3))):
        ink = 255 if layer == 0 or chance.random() < 0.4 else 0
        inset = layer * chance.uniform(6, 14)
        _draw_primitive(pen, chance, inset, ink)
    return _trimmed(picture)


def _draw_primitive(pen: ImageDraw.ImageDraw, chance: random.Random, inset: float, ink: int) -> None:
    low, high = 4 + inset, _SIDE_PX - 4 - inset
    middle, radius = _SIDE_PX / 2, (high - low) / 2
    kind = chance.randrange(8)
    stroke = chance.choice((0, 3, 6, 10))
    squash = chance.uniform(0.5, 1.0) if chance.random() < 0.3 else 1.0
    box = (low, middle - radius * squash, high, middle + radius * squash)
    if kind == 0:
        pen.ellipse(box, fill=None if stroke else ink, outline=ink, width=stroke or 1)
    elif kind == 1:
        pen.rounded_rectangle(
            box, chance.choice((0, 8, 16)), fill=None if stroke else ink, outline=ink, width=stroke or 1
        )
    elif kind == 2:
        start = chance.randrange(360)
        pen.arc(box, start, start + chance.randrange(90, 300), fill=ink, width=stroke + 4)
    elif kind == 3:
        start = chance.randrange(360)
        pen.pieslice(box, start, start + chance.randrange(60, 300), fill=ink)
    elif kind == 4:
        for n in range(count := chance.randrange(2, 6)):
            y = low + (high - low) * n / count
            pen.rectangle((low, y, high, y + (high - low) / count * 0.55), fill=ink)
    elif kind == 5:
        for _ in range(chance.randrange(2, 6)):
            x, y, r = chance.uniform(low, high), chance.uniform(low, high), chance.uniform(5, 16)
            pen.ellipse((x - r, y - r, x + r, y + r), fill=ink)
    else:
        corners, turn = chance.randrange(3, 9), chance.uniform(0, math.tau)
        waist = chance.uniform(0.4, 0.8) if kind == 6 else 1.0
        points = []
        for n in range(2 * corners):
            length = radius * (waist if n % 2 else 1.0)
            angle = turn + math.pi * n / corners
            points.append((middle + length * math.cos(angle), middle + length * squash * math.sin(angle)))
        pen.polygon(points, fill=None if stroke else ink, outline=ink, width=stroke or 1)


def _draw_word(chance: random.Random) -> np.ndarray:
    """One to twelve letters, thin or heavy, now and then behind a disc or a square."""
    length = chance.choice((1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12))
    word = "".join(chance.choices(_LETTERS, k=length))
    word = chance.choice((word, word.upper(), word.lower()))
    font = ImageFont.load_default(size=48)
    stroke = chance.choice((0, 0, 1, 2, 3))
    left, top, right, bottom = font.getbbox(word, stroke_width=stroke)
    icon = chance.choice((0, 0, 0, 56))
    picture = Image.new("L", (int(right - left) + icon + 8, max(60, int(bottom - top) + 8)))
    pen = ImageDraw.Draw(picture)
    if icon:
        draw = chance.choice((pen.ellipse, pen.rectangle))
        draw((2, 6, 2 + icon - 12, 6 + icon - 12), fill=255)
    pen.text((icon + 4 - left, 4 - top), word, fill=255, font=font, stroke_width=stroke)
    return _trimmed(picture)


def _trimmed(picture: Image.Image) -> np.ndarray:
    box = picture.getbbox()
    return np.asarray(picture.crop(box) if box else picture)
