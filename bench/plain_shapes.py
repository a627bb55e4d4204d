"""Plain shapes that many marks are made of, alone, in each other and in rows: part of the material of bench/make_cohort.py."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np
from PIL import Image, ImageDraw

_SIDE_PX, _OVERSAMPLED = 256, 512
_Points = list[tuple[float, float]]


def draw_shape(chance: random.Random) -> np.ndarray:
    """A shape, something in a shape, or two to four shapes in a row: uint8 (height, width, 4), trimmed."""
    kind = chance.random()
    if kind < 0.3:
        picture = _fill(_pick_outline(chance), _pick_colour(chance))
    elif kind < 0.85:
        picture = _nested(chance)
    else:
        picture = _row(chance)
    if chance.random() < 0.3:
        picture = cv2.resize(picture, None, fx=chance.uniform(0.7, 1.4), fy=1)
    rows, columns = np.nonzero(picture[..., 3] > 8)
    picture = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    zoom = _SIDE_PX / max(picture.shape)
    size = (max(1, round(picture.shape[1] * zoom)), max(1, round(picture.shape[0] * zoom)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _nested(chance: random.Random) -> np.ndarray:
    """A shape with a smaller one in it: cut out, in another colour, or in several steps."""
    outline, colour = _pick_outline(chance), _pick_colour(chance)
    picture = _fill(outline, colour)
    inner = outline if chance.random() < 0.4 else _pick_outline(chance)
    scale = chance.uniform(0.35, 0.85)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        hole = _fill([(x * scale, y * scale) for x, y in inner], (255, 255, 255))[..., 3] > 127
        if chance.random() < 0.6:
            picture[hole] = 0
        else:
            picture[hole, :3] = _pick_colour(chance)
        scale *= chance.uniform(0.4, 0.8)
        inner = outline if chance.random() < 0.5 else _pick_outline(chance)
        if chance.random() < 0.5:
            picture[_fill([(x * scale, y * scale) for x, y in inner], colour)[..., 3] > 127] = (*colour, 255)
    return picture if (picture[..., 3] > 8).sum() > 400 else _fill(outline, colour)


def _row(chance: random.Random) -> np.ndarray:
    count, outline = chance.choice((2, 3, 3, 4)), _pick_outline(chance)
    colour, gap = _pick_colour(chance), int(_OVERSAMPLED * chance.choice((-0.3, 0.05, 0.1, 0.3)))
    step = _OVERSAMPLED + gap
    picture = np.zeros((_OVERSAMPLED, step * count + _OVERSAMPLED, 4), np.uint8)
    for number in range(count):
        one = _fill(outline, colour if chance.random() < 0.6 else _pick_colour(chance))
        place = picture[:, number * step : number * step + _OVERSAMPLED]
        place[one[..., 3] > 8] = one[one[..., 3] > 8]
        if chance.random() < 0.2:
            outline = _pick_outline(chance)
    return picture if chance.random() < 0.75 else np.ascontiguousarray(picture.transpose(1, 0, 2))


def _fill(points: _Points, colour: tuple[int, int, int]) -> np.ndarray:
    """A polygon in a square of 512 px; points: -1..1."""
    image = Image.new("RGBA", (_OVERSAMPLED, _OVERSAMPLED))
    middle = _OVERSAMPLED / 2
    scaled = [(middle + x * middle * 0.98, middle + y * middle * 0.98) for x, y in points]
    ImageDraw.Draw(image).polygon(scaled, fill=(*colour, 255))
    return np.array(image)


def _pick_colour(chance: random.Random) -> tuple[int, int, int]:
    if chance.random() < 0.5:
        return (chance.randrange(60),) * 3
    return chance.randrange(230), chance.randrange(230), chance.randrange(230)


def _pick_outline(chance: random.Random) -> _Points:
    return chance.choice(_OUTLINES)(chance)


def _polygon(chance: random.Random) -> _Points:
    sides = chance.choice((3, 3, 4, 4, 5, 6, 6, 6, 8))
    start = chance.choice((0.0, 0.5)) * math.tau / sides - math.tau / 4
    return [(math.cos(start + math.tau * n / sides), math.sin(start + math.tau * n / sides)) for n in range(sides)]


def _ellipse(chance: random.Random) -> _Points:
    flat = chance.choice((1.0, 1.0, chance.uniform(0.4, 1)))
    return [(math.cos(math.tau * n / 90), flat * math.sin(math.tau * n / 90)) for n in range(90)]


def _superellipse(chance: random.Random) -> _Points:
    """A rounded square or rectangle."""
    power, flat = chance.uniform(0.15, 0.6), chance.choice((1.0, chance.uniform(0.3, 1)))
    angles = [math.tau * n / 120 for n in range(120)]
    return [(_root(math.cos(a), power), flat * _root(math.sin(a), power)) for a in angles]


def _root(value: float, power: float) -> float:
    return math.copysign(abs(value) ** power, value)


def _star(chance: random.Random) -> _Points:
    rays, depth = chance.choice((4, 5, 5, 6, 8, 12, 16)), chance.uniform(0.35, 0.9)
    angles = [math.tau * n / (2 * rays) - math.tau / 4 for n in range(2 * rays)]
    return [
        ((depth if n % 2 else 1) * math.cos(a), (depth if n % 2 else 1) * math.sin(a)) for n, a in enumerate(angles)
    ]


def _gem(chance: random.Random) -> _Points:
    shoulder, flat = chance.uniform(0.3, 0.8), chance.uniform(-0.6, -0.1)
    return [(-shoulder, -1), (shoulder, -1), (1, flat), (0, 1), (-1, flat)]


def _shield(chance: random.Random) -> _Points:
    waist = chance.uniform(0, 0.4)
    return [(-0.85, -1), (0.85, -1), (0.85, waist), (0.5, 0.65), (0, 1), (-0.5, 0.65), (-0.85, waist)]


def _chevron(chance: random.Random) -> _Points:
    thick, depth = chance.uniform(0.3, 0.9), chance.uniform(0.4, 1)
    points = [
        (-0.6, -1),
        (-0.6 + thick, -1),
        (-0.6 + thick + depth, 0),
        (-0.6 + thick, 1),
        (-0.6, 1),
        (-0.6 + depth, 0),
    ]
    return _turned([(x * 0.6, y) for x, y in points], chance)


def _arrow(chance: random.Random) -> _Points:
    thick, neck = chance.uniform(0.15, 0.45), chance.uniform(-0.2, 0.4)
    half = [(-1, -thick), (neck, -thick), (neck, -0.9), (1, 0)]
    return _turned([*half, *[(x, -y) for x, y in reversed(half[:-1])]], chance)


def _cross(chance: random.Random) -> _Points:
    t = chance.uniform(0.15, 0.45)
    return [(-t, -1), (t, -1), (t, -t), (1, -t), (1, t), (t, t), (t, 1), (-t, 1), (-t, t), (-1, t), (-1, -t), (-t, -t)]


def _bolt(chance: random.Random) -> _Points:
    lean, waist, width = chance.uniform(0.1, 0.5), chance.uniform(0.0, 0.25), chance.uniform(0.5, 0.9)
    return [(lean, -1), (-width, waist), (-0.05, waist), (-lean, 1), (width, -waist), (0.1, -waist)]


def _drop(chance: random.Random) -> _Points:
    sharp = chance.uniform(1.2, 3)
    angles = [math.tau * n / 90 for n in range(90)]
    return [(0.75 * math.sin(a) * math.sin(a / 2) ** (sharp - 1), -math.cos(a)) for a in angles]


def _heart(chance: random.Random) -> _Points:
    dent = chance.uniform(4, 6)
    angles = [math.tau * n / 90 for n in range(90)]
    return [
        (math.sin(a) ** 3, -(13 * math.cos(a) - dent * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)) / 17)
        for a in angles
    ]


def _crescent(chance: random.Random) -> _Points:
    shift = chance.uniform(0.2, 0.7)
    outer = [math.tau * (0.14 + 0.72 * n / 60) for n in range(61)]
    arc = [(math.cos(a), math.sin(a)) for a in outer]
    edge = arc[-1]
    radius = math.hypot(edge[0] - shift, edge[1])
    turn = math.atan2(edge[1], edge[0] - shift)
    inner = [turn - (math.tau + 2 * turn) * n / 60 for n in range(61)]
    return _turned([*arc, *[(shift + radius * math.cos(a), radius * math.sin(a)) for a in inner]], chance)


def _cloud(chance: random.Random) -> _Points:
    bumps, depth = chance.choice((3, 4, 5)), chance.uniform(0.1, 0.3)
    angles = [math.pi * n / 90 for n in range(91)]
    return [(-math.cos(a), 0.5 - (0.75 + depth * abs(math.sin(bumps * a))) * math.sin(a)) for a in angles]


def _sector(chance: random.Random) -> _Points:
    share = chance.choice((0.25, 0.5, 0.5, 0.75))
    angles = [math.tau * share * n / 60 for n in range(61)]
    return _turned([(0.0, 0.0), *[(math.cos(a), math.sin(a)) for a in angles]], chance)


def _parallelogram(chance: random.Random) -> _Points:
    lean, tall = chance.uniform(0, 0.8), chance.uniform(0.2, 1)
    return _turned([(-1 + lean, -tall), (1, -tall), (1 - lean, tall), (-1, tall)], chance)


def _turned(points: _Points, chance: random.Random) -> _Points:
    for _ in range(chance.randrange(4)):
        points = [(y, -x) for x, y in points]
    return points


_OUTLINES = (
    _polygon, _polygon, _ellipse, _ellipse, _superellipse, _superellipse, _star, _gem, _shield, _chevron, _arrow, _cross, _bolt,
    _drop, _heart, _crescent, _cloud, _sector, _parallelogram,
)  # fmt: skip
