"""Drawings that are nobody's logo, and what web pages do to a drawing: the material of bench/make_cohort.py."""

from __future__ import annotations

import colorsys
import io
import json
import random
from pathlib import Path

import cv2
import numpy as np
import resvg_py
from PIL import Image, ImageDraw, ImageFont

from bench.plain_shapes import draw_shape

SIDE_PX = 256
# Icon collections and how many drawings of each; their licences stand in data/README.md.
ICON_PACKAGES = {
    "@iconify-json/game-icons@1.2.4": 1300,
    "@iconify-json/noto@1.2.9": 700,
    "@iconify-json/twemoji@1.2.5": 600,
    "@iconify-json/fluent-emoji-flat@1.2.6": 500,
    "@iconify-json/healthicons@1.2.13": 450,
    "@iconify-json/ph@1.2.2": 450,
    "@iconify-json/tabler@1.2.41": 450,
    "@iconify-json/streamline@1.2.5": 300,
    "@iconify-json/carbon@1.2.29": 250,
    "@iconify-json/lucide@1.2.137": 250,
    "@iconify-json/maki@1.2.5": 150,
}
# Icon sets that web pages use as they are, and how many drawings of each are strangers: most of them, since a plain mark on a page
# may be one of them.
SET_PACKAGES = {
    "@iconify-json/mdi@1.2.3": 4000,
    "@iconify-json/tabler@1.2.41": 4000,
    "@iconify-json/lucide@1.2.137": 2000,
    "@iconify-json/fa6-solid@1.2.4": 1400,
    "@iconify-json/fa6-regular@1.2.4": 200,
    "@iconify-json/feather@1.2.1": 300,
}
# a collection of brands' marks, of which only the names are read: what has one of them in another set is no stranger
NAMES_PACKAGE = "@iconify-json/simple-icons"
_MARK_CATEGORIES = ("Brand / Logo", "Social Media")
# what may be somebody's mark, and the same drawing again in another weight or skin
_LEFT_OUT = ("brand", "logo", "skin", "tone", "flag", "-light", "-thin", "duotone", "--")
FONT_PACKAGES = tuple(
    f"@fontsource/{name}"
    for name in [
        "inter",
        "lato",
        "merriweather",
        "playfair-display",
        "oswald",
        "raleway",
        "pacifico",
        "lobster",
        "bebas-neue",
        "josefin-sans",
        "ubuntu",
        "source-code-pro",
        "abril-fatface",
        "comfortaa",
        "righteous",
        "orbitron",
        "zilla-slab",
        "caveat",
        "montserrat",
        "rubik",
        "archivo-black",
        "quicksand",
        "cinzel",
        "permanent-marker",
        "audiowide",
    ]
)
_WORDS, _LOCK_UPS, _TILES = 2600, 1000, 500
_SHAPES, _FURTHER_ICONS = 5000, 1200  # the icons of each collection
_TREATMENTS = {
    "plain": 2.0, "mono": 2.0, "inverted": 1.0, "grey": 1.0, "ground": 2.0, "photograph": 2.0, "crop": 4.0, "aspect": 1.5,
    "turned": 1.5, "blur": 2.0, "codec": 2.0, "small": 4.0, "text": 1.0, "card": 1.0, "recoloured": 1.0,
}  # fmt: skip
_CAPTIONS = ("Gold Partner", "Certified Partner", "Member 2024", "Authorised Reseller")


def draw_strangers(icon_files: list[Path], set_files: list[Path], names_file: Path, seed: int) -> list[np.ndarray]:
    """Plain shapes, further icons of the same collections, and the icon sets: what else a plain mark may resemble.

    set_files: as SET_PACKAGES. names_file: of NAMES_PACKAGE.
    """
    chance = random.Random(seed + 1)
    shapes = [draw_shape(chance) for _ in range(_SHAPES)]
    further = [icon for path in icon_files for icon in _draw_icons(path, _FURTHER_ICONS, chance)]
    brands = frozenset(json.loads(names_file.read_text(encoding="utf-8"))["icons"])
    for path, count in zip(set_files, SET_PACKAGES.values(), strict=True):
        further += _draw_icons(path, count, chance, left_out=brands | _list_marks(path))
    return shapes + further


def _list_marks(path: Path) -> frozenset[str]:
    """Names that a collection itself counts among brands' marks."""
    about = path.with_name("metadata.json")
    categories = json.loads(about.read_text(encoding="utf-8")).get("categories", {}) if about.is_file() else {}
    return frozenset(name for category in _MARK_CATEGORIES for name in categories.get(category, ()))


def draw_all(icon_files: list[Path], fonts: list[Path], seed: int) -> list[np.ndarray]:
    """Icons, words, lock-ups of both, icons on tiles: uint8 (height, width, 4) each, trimmed, in the order drawn."""
    chance = random.Random(seed)
    icons = [
        icon
        for path, count in zip(icon_files, ICON_PACKAGES.values(), strict=True)
        for icon in _draw_icons(path, count, chance)
    ]
    words = [_draw_word(chance, fonts) for _ in range(_WORDS)]
    long_words = [word for word in words if word.shape[1] > 1.5 * word.shape[0]]
    lock_ups = [_lock_up(chance.choice(icons), chance.choice(long_words), chance) for _ in range(_LOCK_UPS)]
    return icons + words + lock_ups + [_lay_on_tile(chance.choice(icons), chance) for _ in range(_TILES)]


def _draw_icons(
    path: Path, count: int, chance: random.Random, left_out: frozenset[str] = frozenset()
) -> list[np.ndarray]:
    collection = json.loads(path.read_text(encoding="utf-8"))
    allowed = sorted(collection["icons"].keys() - left_out)
    names = [name for name in allowed if not any(part in name for part in _LEFT_OUT)]
    drawn = []
    for name in chance.sample(names, min(count, len(names))):
        icon = collection["icons"][name]
        left, top = icon.get("left", 0), icon.get("top", 0)
        width, height = icon.get("width", collection.get("width", 24)), icon.get("height", collection.get("height", 24))
        zoom = SIDE_PX / max(width, height)
        colour = "#{:02x}{:02x}{:02x}".format(*_pick_colour(chance))
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" color="{colour}" '
            f'viewBox="{left} {top} {width} {height}" width="{width * zoom}" height="{height * zoom}">{icon["body"]}</svg>'
        )
        png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
        picture = _trimmed(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))
        if picture is not None:
            drawn.append(picture)
    return drawn


def _draw_word(chance: random.Random, fonts: list[Path]) -> np.ndarray:
    """A word that nobody has, of one to fourteen letters."""
    length = chance.choice((1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 8, 9, 10, 12, 14))
    word = _invent(chance, length)
    case = chance.random()
    word = word.upper() if case < 0.35 else word.capitalize() if case < 0.75 else word
    if chance.random() < 0.15:
        word += " " + _invent(chance, chance.randrange(2, 8)).capitalize()
    font = ImageFont.truetype(str(chance.choice(fonts)), 90)
    left, top, right, bottom = font.getbbox(word)
    image = Image.new("RGBA", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(image).text((4 - left, 4 - top), word, font=font, fill=(*_pick_colour(chance), 255))
    drawn = _trimmed(image)
    return drawn if drawn is not None else _draw_word(chance, fonts)


def _invent(chance: random.Random, length: int) -> str:
    word = ""
    while len(word) < length:
        word += chance.choice("bcdfghjklmnprstvwz") + chance.choice("aeiouy")
        word += chance.choice("bcdfghjklmnprstvwz") if chance.random() < 0.35 else ""
    return word[:length]


def _pick_colour(chance: random.Random) -> tuple[int, int, int]:
    if chance.random() < 0.35:
        return (chance.randrange(50),) * 3
    red, green, blue = colorsys.hsv_to_rgb(chance.random(), chance.uniform(0.5, 1), chance.uniform(0.3, 0.95))
    return int(255 * red), int(255 * green), int(255 * blue)


def _lock_up(icon: np.ndarray, word: np.ndarray, chance: random.Random) -> np.ndarray:
    height = chance.randrange(90, 200)
    left = _with_height(icon, height)
    if chance.random() < 0.7:
        right = _with_height(word, int(height * chance.uniform(0.35, 0.8)))
        gap = int(height * chance.uniform(0.1, 0.4))
        image = Image.new("RGBA", (left.width + gap + right.width, height))
        image.paste(left, (0, 0))
        image.paste(right, (left.width + gap, (height - right.height) // 2))
    else:
        right = _with_height(word, int(height * chance.uniform(0.2, 0.4)))
        gap = int(height * chance.uniform(0.1, 0.25))
        width = max(left.width, right.width)
        image = Image.new("RGBA", (width, height + gap + right.height))
        image.paste(left, ((width - left.width) // 2, 0))
        image.paste(right, ((width - right.width) // 2, height + gap))
    image.thumbnail((320, 320))
    drawn = _trimmed(image)
    return icon if drawn is None else drawn


def _with_height(drawing: np.ndarray, height: int) -> Image.Image:
    image = Image.fromarray(drawing)
    return image.resize((max(1, image.width * height // image.height), height))


def _lay_on_tile(icon: np.ndarray, chance: random.Random) -> np.ndarray:
    tile = Image.new("RGBA", (SIDE_PX, SIDE_PX))
    corner = chance.choice((0, 30, 60, SIDE_PX // 2))
    ImageDraw.Draw(tile).rounded_rectangle((0, 0, SIDE_PX - 1, SIDE_PX - 1), corner, fill=(*_pick_colour(chance), 255))
    white = icon.copy()
    white[..., :3] = 255
    sign = Image.fromarray(white)
    zoom = SIDE_PX * chance.uniform(0.5, 0.75) / max(sign.size)
    sign = sign.resize((max(1, int(sign.width * zoom)), max(1, int(sign.height * zoom))))
    tile.alpha_composite(sign, ((SIDE_PX - sign.width) // 2, (SIDE_PX - sign.height) // 2))
    return np.asarray(tile)


def _trimmed(image: Image.Image) -> np.ndarray | None:
    box = image.getchannel("A").point(lambda level: 255 * (level > 8)).getbbox()
    if box is None or (box[2] - box[0]) * (box[3] - box[1]) < 50:
        return None
    return np.asarray(image.crop(box))


def treat(drawing: np.ndarray, chance: random.Random) -> np.ndarray:
    """The drawing as a page may show it: uint8 (height, width, 4)."""
    kind = chance.choices(list(_TREATMENTS), list(_TREATMENTS.values()))[0]
    image = Image.fromarray(_recoloured(drawing, kind, chance))
    side = chance.choice((20, 24, 28, 32, 40) if kind == "small" else (48, 64, 80, 100, 130, 160, 200, 256))
    zoom = side / max(image.size)
    across = zoom * (chance.uniform(0.85, 1.15) if kind == "aspect" else 1)
    kernel = chance.choice((Image.Resampling.LANCZOS, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC))
    image = image.resize((max(6, round(image.width * across)), max(5, round(image.height * zoom))), kernel)
    if kind == "turned":
        image = image.rotate(chance.uniform(-4, 4), Image.Resampling.BICUBIC, expand=True)
    pad = 0 if chance.random() < 0.5 else int(max(image.size) * chance.uniform(0.02, 0.2))
    padded = Image.new("RGBA", (image.width + 2 * pad, image.height + 2 * pad))
    padded.paste(image, (pad, pad))
    pixels = np.asarray(padded)
    if kind == "plain" and chance.random() < 0.3:
        return pixels
    rgb = _lay(pixels, _ground_for(pixels, kind, chance))
    if kind == "crop":
        rgb = _crop(rgb[pad : rgb.shape[0] - pad, pad : rgb.shape[1] - pad], chance)
    elif kind == "grey":
        rgb = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    elif kind == "blur":
        rgb = cv2.GaussianBlur(rgb, (0, 0), chance.uniform(0.8, 0.03 * max(rgb.shape[:2]) + 0.9))
    elif kind == "inverted":
        rgb = 255 - rgb
    elif kind == "card":
        rgb = _on_card(rgb, chance)
    elif kind == "text":
        rgb = _with_caption(rgb, chance)
    if kind == "codec" or chance.random() < 0.3:
        rgb = _encoded(rgb, chance)
    return cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2RGBA)


def _recoloured(drawing: np.ndarray, kind: str, chance: random.Random) -> np.ndarray:
    drawing = drawing.copy()
    if kind in {"mono", "inverted"}:
        drawing[..., :3] = chance.choice((0, 255))
    elif kind == "recoloured":
        hsv = cv2.cvtColor(np.ascontiguousarray(drawing[..., :3]), cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + chance.randrange(20, 160)) % 180
        drawing[..., :3] = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return drawing


def _ground_for(pixels: np.ndarray, kind: str, chance: random.Random) -> np.ndarray:
    height, width = pixels.shape[:2]
    if kind == "photograph":
        return _draw_photograph(width, height, chance)
    if kind == "ground":
        return np.array([chance.randrange(256) for _ in range(3)])
    weights = pixels[..., 3].astype(np.float64)
    luminance = float(((pixels[..., :3] @ [0.3, 0.59, 0.11]) * weights).sum() / max(1.0, weights.sum()))
    return np.full(3, 255 if luminance < 170 else chance.randrange(60))


def _draw_photograph(width: int, height: int, chance: random.Random) -> np.ndarray:
    """Noise of several scales: even enough to be a sky, uneven enough to be a meadow."""
    noise = np.random.default_rng(chance.randrange(2**31))
    picture = np.zeros((height, width, 3), np.float32) + noise.uniform(20, 235, 3)
    strength = chance.uniform(10, 70)
    for octave in range(1, 6):
        cells = 2**octave + 1
        grid = noise.standard_normal((cells, cells, 3), np.float32)
        picture += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * strength / 1.6**octave
    if chance.random() < 0.5:
        picture += noise.standard_normal((height, width, 1)) * chance.uniform(1, 8)
    return np.asarray(picture.clip(0, 255).astype(np.uint8))


def _lay(pixels: np.ndarray, ground: np.ndarray) -> np.ndarray:
    share = pixels[..., 3:].astype(np.float32) / 255
    return np.asarray((pixels[..., :3] * share + ground * (1 - share) + 0.5).astype(np.uint8))


def _crop(rgb: np.ndarray, chance: random.Random) -> np.ndarray:
    height, width = rgb.shape[:2]
    left, top, right, bottom = (chance.uniform(0, 0.09) if chance.random() < 0.8 else 0.0 for _ in range(4))
    part = rgb[int(top * height) : height - int(bottom * height), int(left * width) : width - int(right * width)]
    return part if min(part.shape[:2]) >= 6 else rgb


def _on_card(rgb: np.ndarray, chance: random.Random) -> np.ndarray:
    margin = int(max(rgb.shape[:2]) * chance.uniform(0.15, 0.5))
    height, width = rgb.shape[:2]
    page = Image.new("RGB", (width + 2 * margin + 20, height + 2 * margin + 20), (245, 245, 248))
    inside = (8, 8, width + 2 * margin + 12, height + 2 * margin + 12)
    ImageDraw.Draw(page).rounded_rectangle(
        inside, chance.choice((0, 6, 12)), tuple(rgb[0, 0].tolist()), (200, 205, 210)
    )
    page.paste(Image.fromarray(rgb), (margin + 10, margin + 10))
    return np.asarray(page)


def _with_caption(rgb: np.ndarray, chance: random.Random) -> np.ndarray:
    height, width = rgb.shape[:2]
    font = ImageFont.load_default(size=max(8, int(height * chance.uniform(0.15, 0.4))))
    caption = chance.choice(_CAPTIONS)
    _, _, right, bottom = (int(value) for value in font.getbbox(caption))
    ground = tuple(rgb[0, 0].tolist())
    ink = (30, 30, 30) if sum(ground) > 380 else (240, 240, 240)
    if chance.random() < 0.5:
        page = Image.new("RGB", (width + right + int(height * 0.4), max(height, bottom)), ground)
        page.paste(Image.fromarray(rgb), (0, 0))
        place = (width + int(height * 0.25), (height - bottom) // 2)
    else:
        page = Image.new("RGB", (max(width, right), height + bottom + int(height * 0.2)), ground)
        page.paste(Image.fromarray(rgb), ((page.width - width) // 2, 0))
        place = ((page.width - right) // 2, height + int(height * 0.1))
    ImageDraw.Draw(page).text(place, caption, fill=ink, font=font)
    return np.asarray(page)


def _encoded(rgb: np.ndarray, chance: random.Random) -> np.ndarray:
    file, image = io.BytesIO(), Image.fromarray(np.ascontiguousarray(rgb))
    kind = chance.choice(("JPEG", "JPEG", "WEBP", "GIF"))
    if kind == "GIF":
        image.quantize(chance.choice((16, 32, 64, 256))).save(file, kind)
    else:
        image.save(file, kind, quality=chance.choice((25, 40, 60, 80, 90)))
    return np.asarray(Image.open(file).convert("RGB"))
