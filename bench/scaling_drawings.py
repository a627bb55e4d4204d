"""Fictional marks by number, as many as one likes, and pictures of them: the material of bench/scaling.py.

The same number gives the same drawing. A mark is a polygon of its own, often with a second one cut into it or turned
around its middle, alone or beside a word that nobody has; letters are the strokes of bench/draw_demo.py.
"""

from __future__ import annotations

import colorsys
import io
import math
import random

from PIL import Image

from bench.draw_demo import Drawing, draw_words, render

_SIDE = 100.0


def draw_mark(number: int) -> Drawing:
    """The mark of that number: a sign alone, a lock-up, or a word alone."""
    chance = random.Random(number)
    kind = chance.choices(("sign", "lock-up", "word"), (4, 4, 2))[0]
    sign, word = _draw_sign(chance), _draw_word(chance)
    if kind == "sign":
        return sign
    if kind == "word":
        return word
    zoom = chance.uniform(0.4, 0.7)
    beside = f'<g transform="translate({_SIDE + 15:.0f} {(1 - zoom) * 50:.1f}) scale({zoom:.3f})">{word.markup}</g>'
    return Drawing(sign.markup + beside, _SIDE + 15 + word.width * zoom, _SIDE)


def draw_sign(number: int) -> Drawing:
    """One polygon without anything inside: one piece of ink."""
    chance = random.Random(number)
    return Drawing(_polygon(chance, 50, _pick_colour(chance)), _SIDE, _SIDE)


def svg_bytes(drawing: Drawing) -> bytes:
    return drawing.svg().encode()


def picture_bytes(drawing: Drawing, width_px: int) -> bytes:
    """PNG of a drawing with a margin on white, as a page may show it."""
    file = io.BytesIO()
    render(drawing.svg(margin=10, ground="#ffffff"), width_px).convert("RGB").save(file, "PNG")
    return file.getvalue()


def wall_bytes(drawings: list[Drawing], width_px: int, *, cell_width: float = 260.0) -> bytes:
    """PNG of drawings in rows, each in a cell of the same size, 140 high; square ones have room in one of 140 wide."""
    cell_height, markup = 140.0, ""
    columns = math.ceil(math.sqrt(len(drawings) * 200 / cell_width))
    rows = math.ceil(len(drawings) / columns)
    for place, drawing in enumerate(drawings):
        zoom = min(0.73 * cell_width / drawing.width, 80 / drawing.height)
        x = place % columns * cell_width + (cell_width - drawing.width * zoom) / 2
        y = place // columns * cell_height + (cell_height - drawing.height * zoom) / 2
        markup += f'<g transform="translate({x:.1f} {y:.1f}) scale({zoom:.4f})">{drawing.markup}</g>'
    file = io.BytesIO()
    wall = Drawing(markup, columns * cell_width, rows * cell_height)
    image: Image.Image = render(wall.svg(ground="#ffffff"), width_px)
    image.convert("RGB").save(file, "PNG")
    return file.getvalue()


def _draw_sign(chance: random.Random) -> Drawing:
    first, second = _pick_colour(chance), _pick_colour(chance)
    outer = _polygon(chance, 50, first)
    kind = chance.choice(("plain", "cut", "two", "turned"))
    if kind == "cut":
        outer += _polygon(chance, chance.uniform(15, 28), "#ffffff")
    elif kind == "two":
        outer += _polygon(chance, chance.uniform(15, 30), second)
    elif kind == "turned":
        petal, folds = _polygon(chance, 24, first), chance.randrange(2, 7)
        outer = "".join(
            f'<g transform="rotate({360 * fold / folds:.2f} 50 50) translate(0 -26)">{petal}</g>'
            for fold in range(folds)
        )
    return Drawing(outer, _SIDE, _SIDE)


def _polygon(chance: random.Random, radius: float, colour: str) -> str:
    corners, twist = chance.randrange(3, 13), chance.random()
    points = []
    for corner in range(corners):
        angle, length = 2 * math.pi * (corner + twist) / corners, radius * chance.uniform(0.35, 1)
        points.append(f"{50 + length * math.cos(angle):.1f} {50 + length * math.sin(angle):.1f}")
    join = "Q" if chance.random() < 0.3 and corners % 2 == 0 else "L"
    return f'<path fill="{colour}" d="M{points[-1]}{join}{" ".join(points)}Z"/>'


def _draw_word(chance: random.Random) -> Drawing:
    word = ""
    while len(word) < chance.randrange(3, 10):
        word += chance.choice("bcdfghjklmnprstvwxz") + chance.choice("aeiouy")
    case = chance.random()
    word = word.upper() if case < 0.4 else word.capitalize() if case < 0.7 else word
    weight, slant = chance.uniform(7, 21), chance.choice((0, 0, 0, 8, 14))
    return draw_words(
        word, size=_SIDE, ink=_pick_colour(chance), weight=weight, tracking=chance.uniform(14, 40), slant_deg=slant
    )


def _pick_colour(chance: random.Random) -> str:
    red, green, blue = colorsys.hsv_to_rgb(chance.random(), chance.uniform(0.4, 1), chance.uniform(0.2, 0.75))
    return f"#{int(255 * red):02x}{int(255 * green):02x}{int(255 * blue):02x}"
