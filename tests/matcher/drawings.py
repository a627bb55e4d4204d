"""Invented logos and pages, drawn for the tests of this room."""

from __future__ import annotations

import io
import math
import random

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
NAVY: Colour = (16, 42, 110)
BRAND_NAMES = (
    "kestrel",
    "ombra",
    "tandem",
    "quillon",
    "varro",
    "lumen-works",
    "sable",
    "orrery",
    "pinyon",
    "zephyrine",
    "mortise",
    "halyard",
)


def draw_mark(name: str, ink: Colour = NAVY, size: int = 96) -> Image.Image:
    """A logo on transparency: an emblem that depends on the name, and the name itself."""
    chance = random.Random(name)
    font = ImageFont.load_default(size=size * 0.6)
    left, top, right, bottom = font.getbbox(name, stroke_width=2)
    image = Image.new("RGBA", (int(size * 1.2 + right - left), size), (*ink, 0))
    pen = ImageDraw.Draw(image)
    sides, turn = chance.randrange(3, 9), chance.uniform(0, 6)
    lengths = [chance.uniform(0.25, 0.5) * size for _ in range(sides)]
    angles = [turn + math.tau * n / sides for n in range(sides)]
    middle = size / 2
    points = [(middle + r * math.cos(a), middle + r * math.sin(a)) for r, a in zip(lengths, angles, strict=True)]
    pen.line([*points, points[0]], fill=(*ink, 255), width=size // chance.choice((8, 12, 16)))
    for _ in range(chance.randrange(2, 6)):
        x, y = chance.uniform(0.2, 0.6) * size, chance.uniform(0.2, 0.6) * size
        pen.rectangle(
            (x, y, x + size * chance.uniform(0.08, 0.3), y + size * chance.uniform(0.08, 0.3)),
            fill=(*ink, 255),
        )
    middle = (size - (bottom - top)) / 2
    pen.text(
        (size * 1.15 - left, middle - top),
        name,
        fill=(*ink, 255),
        font=font,
        stroke_width=2,
        stroke_fill=(*ink, 255),
    )
    return image.crop(image.getbbox())


def encode(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def lay_on(image: Image.Image, ground: Colour, pad: int = 0) -> Image.Image:
    page = Image.new("RGB", (image.width + 2 * pad, image.height + 2 * pad), ground)
    page.paste(image, (pad, pad), image)
    return page


def scaled(image: Image.Image, width: int) -> Image.Image:
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)


def draw_wall(
    names: tuple[str, ...] = BRAND_NAMES, columns: int = 4
) -> tuple[Image.Image, dict[str, tuple[int, int, int, int]]]:
    """A wall of logos, and where each of them is: x, y, width, height."""
    rows = -(-len(names) // columns)
    wall = Image.new("RGB", (columns * 260, rows * 120), "white")
    places = {}
    for number, name in enumerate(names):
        logo = scaled(draw_mark(name, ((40 * number) % 200, 60, 120)), 180)
        x, y = number % columns * 260 + 40, number // columns * 120 + 60 - logo.height // 2
        wall.paste(logo, (x, y), logo)
        places[name] = (x, y, logo.width, logo.height)
    return wall, places


def lettered(
    *lines: str,
    size: tuple[int, int] = (320, 110),
    height: int = 40,
    ink: tuple[int, ...] = NAVY,
    ground: tuple[int, ...] = (255, 255, 255),
) -> Image.Image:
    """Words on a plain ground, a line under the other: a badge that no official set has. height: of the letters, px."""
    picture = Image.new("RGBA" if len(ground) == 4 else "RGB", size, ground)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=height)
    for number, line in enumerate(lines):
        pen.text((size[0] // 20, size[1] * number // len(lines) + 12), line, font=font, fill=ink)
    return picture
