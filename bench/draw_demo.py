"""Draw every picture of the demo: the brand's logo set, the vendors' own logos, their neighbours, heroes and icons.

Run as `python bench/draw_demo.py data/demo`. The same bytes come out each time; nothing is fetched and no font is
used: letters are strokes defined below. So every picture that is shipped has a known origin.

1. Letters and marks are SVG fragments on a grid of 100 units.
2. A logo is a mark beside or above its letters.
3. DRAWN_BRAND, NEIGHBOURS, VENDORS and PLACED say which file shows what.
4. PNG, JPEG and WebP files are the same SVG, rendered.

Longer than most modules because the tables of shapes are the work itself.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path

import resvg_py
from PIL import Image

# Ink width and centre line of each letter: top of capitals 0, of small letters 36, base line 100.
BOWL = "A31 32 0 1 0 0 68A31 32 0 1 0 62 68"
LETTERS: dict[str, tuple[float, str]] = {
    "A": (80, "M0 100L40 0L80 100M13 68H67"),
    "B": (66, "M0 0V100H39A27 27 0 0 0 39 46H0M39 46A23 23 0 0 0 36 0H0"),
    "C": (80, "M79 22A45 50 0 1 0 79 78"),
    "D": (76, "M0 0V100H28A48 50 0 0 0 28 0Z"),
    "E": (58, "M58 0H0V100H58M0 50H50"),
    "F": (56, "M56 0H0V100M0 52H48"),
    "G": (84, "M80 22A46 50 0 1 0 84 62V54H50"),
    "H": (72, "M0 0V100M72 0V100M0 50H72"),
    "I": (0, "M0 0V100"),
    "J": (44, "M44 0V76A22 24 0 0 1 0 76"),
    "K": (66, "M0 0V100M62 0L0 60M24 40L66 100"),
    "L": (54, "M0 0V100H54"),
    "M": (92, "M0 100V0L46 72L92 0V100"),
    "N": (74, "M0 100V0L74 100V0"),
    "O": (96, "M48 0A48 50 0 1 0 48 100A48 50 0 1 0 48 0Z"),
    "P": (62, "M0 100V0H34A28 28 0 0 1 34 56H0"),
    "Q": (96, "M48 0A48 50 0 1 0 48 100A48 50 0 1 0 48 0ZM60 68L94 104"),
    "R": (64, "M0 100V0H34A28 28 0 0 1 34 56H0M34 56L64 100"),
    "S": (60, "M58 17C51 5 41 0 30 0C14 0 3 10 3 25C3 57 59 42 59 75C59 91 46 100 31 100C17 100 6 94 1 82"),
    "T": (70, "M0 0H70M35 0V100"),
    "U": (72, "M0 0V64A36 36 0 0 0 72 64V0"),
    "V": (80, "M0 0L40 100L80 0"),
    "W": (116, "M0 0L30 100L58 18L86 100L116 0"),
    "X": (72, "M0 0L72 100M72 0L0 100"),
    "Y": (76, "M0 0L38 52L76 0M38 52V100"),
    "Z": (66, "M0 0H66L0 100H66"),
    "a": (62, f"M62 68{BOWL}M62 36V100"),
    "b": (62, f"M62 68{BOWL}M0 0V100"),
    "c": (52, "M53 46A31 32 0 1 0 53 90"),
    "d": (62, f"M62 68{BOWL}M62 0V100"),
    "e": (62, "M1 68H62A31 32 0 1 0 53 90"),
    "f": (36, "M36 1C22 -2 13 8 13 22V100M0 40H34"),
    "g": (62, f"M62 68{BOWL}M62 36V100A31 26 0 0 1 4 112"),
    "h": (56, "M0 0V100M0 66A28 30 0 0 1 56 66V100"),
    "i": (0, "M0 36V100M0 6V16"),
    "j": (14, "M14 36V108A16 16 0 0 1 -4 122M14 6V16"),
    "k": (50, "M0 0V100M48 36L0 76M20 60L52 100"),
    "l": (0, "M0 0V100"),
    "m": (92, "M0 36V100M0 60A23 24 0 0 1 46 60V100M46 60A23 24 0 0 1 92 60V100"),
    "n": (56, "M0 36V100M0 66A28 30 0 0 1 56 66V100"),
    "o": (62, f"M62 68{BOWL}"),
    "p": (62, f"M62 68{BOWL}M0 36V128"),
    "q": (62, f"M62 68{BOWL}M62 36V128"),
    "r": (32, "M0 36V100M0 66A30 30 0 0 1 34 38"),
    "s": (
        46,
        "M43 45C38 39 32 36 24 36C12 36 3 42 3 52C3 72 46 63 46 83C46 94 36 100 24 100C14 100 6 97 1 89",
    ),
    "t": (38, "M13 10V82A18 18 0 0 0 38 97M0 40H36"),
    "u": (56, "M0 36V70A28 30 0 0 0 56 70V36M56 36V100"),
    "v": (58, "M0 36L29 100L58 36"),
    "w": (88, "M0 36L22 100L44 44L66 100L88 36"),
    "x": (52, "M0 36L52 100M52 36L0 100"),
    "y": (58, "M0 36L29 100M58 36L18 128"),
    "z": (50, "M0 36H50L0 100H50"),
}
# Diagonals beside each other look too far apart at even spacing.
KERNING = {
    "AV": -26, "VA": -26, "AT": -18, "TA": -18, "LT": -14, "LY": -18, "RT": -8, "AW": -16, "WA": -16,
    "ve": -8, "va": -8, "re": -8, "ra": -6, "lt": -4, "tr": -2, "vo": -8, "ro": -6, "ex": -4, "we": -4,
}  # fmt: skip

# Marks on a 100 × 100 grid; {a} and {b} are the logo's colours, {g} the ground that shows through.
MARKS = {
    "ring": '<circle cx="50" cy="50" r="38" fill="none" stroke="{a}" stroke-width="18"/>'
    '<circle cx="82" cy="20" r="15" fill="{b}"/>',
    "peaks": '<path fill="{a}" d="M0 92L38 14L60 60L68 44L100 92Z"/><path fill="{b}" d="M38 14L60 60L48 66L38 52L28 66L17 58Z"/>',
    "hexagon": '<path fill="{a}" d="M50 2L92 26V74L50 98L8 74V26Z"/><path fill="{b}" d="M50 26L71 38V62L50 74L29 62V38Z"/>',
    "leaf": '<path fill="{a}" d="M8 92C4 38 36 6 94 8C96 64 64 96 8 92Z"/>'
    '<path fill="none" stroke="{b}" stroke-width="7" d="M8 92L66 34M36 64V40M36 64H60"/>',
    "waves": '<g fill="none" stroke-width="13" stroke-linecap="round"><path stroke="{a}" d="M8 28Q29 6 50 28T92 28"/>'
    '<path stroke="{b}" d="M8 54Q29 32 50 54T92 54"/><path stroke="{a}" d="M8 80Q29 58 50 80T92 80"/></g>',
    "tiles": '<path fill="{a}" d="M4 4H46V46H4ZM54 54H96V96H54Z"/><path fill="{b}" d="M54 4H96V46H54Z"/>'
    '<circle cx="25" cy="75" r="21" fill="{b}"/>',
    "chevrons": '<g fill="none" stroke-width="15"><path stroke="{a}" d="M10 8L44 50L10 92"/><path stroke="{b}" d="M48 8L82 50L48 92"/></g>',
    "star": '<path fill="{a}" d="M50 2L61 39L98 50L61 61L50 98L39 61L2 50L39 39Z"/><circle cx="50" cy="50" r="10" fill="{b}"/>',
    "arcs": '<g fill="none" stroke-width="13"><path stroke="{a}" d="M12 92A76 76 0 0 1 88 16"/>'
    '<path stroke="{b}" d="M36 92A52 52 0 0 1 88 40"/><path stroke="{a}" d="M60 92A28 28 0 0 1 88 64"/></g>',
    "dots": '<g fill="{a}"><circle cx="18" cy="18" r="14"/><circle cx="82" cy="50" r="14"/><circle cx="18" cy="82" r="14"/>'
    '<circle cx="50" cy="50" r="14"/></g><g fill="{b}"><circle cx="50" cy="18" r="9"/><circle cx="50" cy="82" r="9"/></g>',
    "moon": '<path fill="{a}" d="M70 6A46 46 0 1 0 94 70A38 38 0 1 1 70 6Z"/><circle cx="72" cy="38" r="10" fill="{b}"/>',
    "cube": '<path fill="{a}" d="M50 4L92 27L50 50L8 27Z"/><path fill="{b}" d="M8 35L46 56V98L8 76Z"/>'
    '<path fill="{a}" d="M92 35L54 56V98L92 76Z"/>',
    "bolt": '<path fill="{a}" d="M60 2L14 58H44L34 98L86 38H54Z"/>',
    "shield": '<path fill="{a}" d="M50 2L90 16V50C90 74 74 90 50 98C26 90 10 74 10 50V16Z"/>'
    '<path fill="none" stroke="{b}" stroke-width="11" d="M30 48L46 64L72 34"/>',
    "bars": '<path fill="{a}" d="M6 58H24V94H6ZM54 24H72V94H54Z"/><path fill="{b}" d="M30 40H48V94H30ZM78 6H96V94H78Z"/>',
    "knot": '<g fill="none" stroke-width="14"><circle cx="34" cy="50" r="26" stroke="{a}"/><circle cx="66" cy="50" r="26" stroke="{b}"/></g>',
    "arrow": '<path fill="{a}" d="M4 96L50 4L96 96L50 72Z"/><path fill="{b}" d="M50 4L96 96L50 72Z"/>',
    "drop": '<path fill="{a}" d="M50 2C68 28 84 46 84 66A34 32 0 0 1 16 66C16 46 32 28 50 2Z"/>'
    '<path fill="none" stroke="{b}" stroke-width="9" stroke-linecap="round" d="M34 66A17 16 0 0 0 50 82"/>',
    "gear": '<path fill="none" stroke="{a}" stroke-width="16" stroke-dasharray="15.7 10.5" d="M50 8A42 42 0 1 1 49.9 8"/>'
    '<circle cx="50" cy="50" r="28" fill="none" stroke="{a}" stroke-width="14"/><circle cx="50" cy="50" r="10" fill="{b}"/>',
    "fan": '<path fill="{a}" d="M50 50V4A46 46 0 0 1 96 50Z"/><path fill="{b}" d="M50 50H96A46 46 0 0 1 50 96Z"/>'
    '<path fill="{a}" d="M50 50V96A46 46 0 0 1 4 50Z"/>',
    "blades": '<path fill="{a}" d="M4 10H26L50 50L74 10H96L50 88Z"/><path fill="{b}" d="M38 10H62L50 30Z"/>',
    "bridge": '<g fill="none" stroke-width="9"><path stroke="{a}" d="M2 70H98M24 14V92M76 14V92"/>'
    '<path stroke="{b}" d="M2 60Q20 52 24 16Q50 84 76 16Q80 52 98 60"/></g>',
    "mill": '<path fill="{a}" d="M36 96L42 44H58L64 96Z"/><path stroke="{b}" stroke-width="9" d="M16 6L84 74M84 6L16 74"/>',
    "beacon": '<path fill="{a}" d="M36 98L42 36H58L64 98Z"/><path fill="{b}" d="M40 8H60V30H40ZM4 4L34 16V24L4 36ZM96 4L66 16V24L96 36Z"/>',
    "quill": '<path fill="{a}" d="M10 96C20 40 50 6 94 4C92 46 60 72 26 76Z"/><path stroke="{b}" stroke-width="6" d="M8 98L70 28"/>',
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Logo:
    """How one fictional company writes its name."""

    text: str
    mark: str
    a: str
    b: str
    ink: str = ""  # colour of the letters; empty: colour a
    weight: float = 12
    tracking: float = 20
    slant_deg: float = 0
    cap: str = "butt"
    is_stacked: bool = False


@dataclass(frozen=True)
class Drawing:
    """SVG markup and the size that it needs."""

    markup: str
    width: float
    height: float

    def svg(self, margin: float = 0, ground: str = "") -> str:
        """Return a whole document; the numbers are written short so that the bytes never depend on rounding."""
        width, height = _short(self.width + 2 * margin), _short(self.height + 2 * margin)
        rect = f'<rect x="0" y="0" width="{width}" height="{height}" fill="{ground}"/>' if ground else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}">{rect}'
            f'<g transform="translate({_short(margin)} {_short(margin)})">{self.markup}</g></svg>\n'
        )


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def draw_words(
    text: str,
    *,
    size: float,
    ink: str,
    weight: float = 12,
    tracking: float = 20,
    slant_deg: float = 0,
    cap: str = "butt",
) -> Drawing:
    """Draw letters as strokes; size is the height of a capital, the other numbers are hundredths of it."""
    x, paths, previous = weight / 2, [], ""
    for letter in text:
        if letter == " ":
            x, previous = x + 46, ""
            continue
        ink_width, path = LETTERS[letter]
        x += KERNING.get(previous + letter, 0)
        paths.append(f'<path transform="translate({_short(x)} 0)" d="{path}"/>')
        x += ink_width + tracking + weight * 0.6
        previous = letter
    width = x - tracking - weight * 0.6 + weight / 2
    scale = size / 100
    slant = f" skewX({-slant_deg:g})" if slant_deg else ""
    markup = (
        f'<g transform="scale({scale:.4f}){slant}" fill="none" stroke="{ink}" stroke-width="{_short(weight)}" '
        f'stroke-linecap="{cap}" stroke-miterlimit="2">{"".join(paths)}</g>'
    )
    return Drawing(markup, width * scale, size)


def _at(drawing: Drawing, x: float, y: float) -> str:
    return f'<g transform="translate({_short(x)} {_short(y)})">{drawing.markup}</g>'


def draw_logo(logo: Logo, *, ground: str = "#ffffff") -> Drawing:
    """Draw a company's mark with its name beside it, or under it."""
    ink = logo.ink or logo.a
    mark = MARKS[logo.mark].format(a=logo.a, b=logo.b, g=ground)
    words = draw_words(
        logo.text,
        size=54,
        ink=ink,
        weight=logo.weight,
        tracking=logo.tracking,
        slant_deg=logo.slant_deg,
        cap=logo.cap,
    )
    # small letters hang lower than capitals on the same line
    lift = -8 if logo.text[1:].islower() else 0
    if logo.is_stacked:
        width = max(100.0, words.width)
        return Drawing(
            f'<g transform="translate({_short((width - 100) / 2)} 0)">{mark}</g>'
            + _at(words, (width - words.width) / 2, 120),
            width,
            186,
        )
    return Drawing(mark + _at(words, 126, 23 + lift), 126 + words.width, 100)


# The brand. Two blades that meet, and the sun between them; the retired drawing shares nothing but the name.
DEEP, SEA, SUN = "#0e4f63", "#17a398", "#f4a52c"
LEFT_BLADE = "M2 10H29L59 92H41Z"
RIGHT_BLADE = "M98 10H73C70 33 62 52 50 67.4L59 92C79 68 92 42 98 10Z"


def draw_veltrana_mark(left: str, right: str, sun: str) -> str:
    return (
        f'<path fill="{left}" d="{LEFT_BLADE}"/><path fill="{right}" d="{RIGHT_BLADE}"/>'
        f'<circle cx="51" cy="21" r="11" fill="{sun}"/>'
    )


def draw_veltrana(left: str, right: str, sun: str, ink: str) -> Drawing:
    words = draw_words("veltrana", size=74, ink=ink, weight=14, tracking=15, cap="butt")
    return Drawing(draw_veltrana_mark(left, right, sun) + _at(words, 122, 18), 122 + words.width, 100)


def draw_veltrana_2014() -> Drawing:
    """The drawing used until 2019: a globe in a ring, wide slanted capitals, a swoosh."""
    words = draw_words("VELTRANA", size=50, ink="#1d2a6b", weight=19, tracking=26, slant_deg=12)
    globe = (
        '<circle cx="60" cy="60" r="54" fill="#c8102e"/><g fill="none" stroke="#ffffff" stroke-width="6">'
        '<ellipse cx="60" cy="60" rx="24" ry="54"/><path d="M8 42H112M8 78H112"/></g>'
    )
    swoosh = f'<path fill="#c8102e" d="M138 104Q{_short(140 + words.width / 2)} 78 {_short(136 + words.width)} 92Q{_short(140 + words.width / 2)} 88 138 104Z"/>'
    return Drawing(globe + _at(words, 150, 24) + swoosh, 154 + words.width, 120)


def draw_gold_badge() -> Drawing:
    name = draw_words("veltrana", size=50, ink=DEEP, weight=14, tracking=15)
    tier = draw_words("GOLD PARTNER", size=25, ink="#ffffff", weight=16, tracking=26)
    mark = f'<g transform="translate(26 24) scale(1.12)">{draw_veltrana_mark(DEEP, SEA, SUN)}</g>'
    return Drawing(
        '<rect x="3" y="3" width="474" height="214" rx="16" fill="#ffffff" stroke="#c9962b" stroke-width="6"/>'
        f'<path fill="#c9962b" d="M3 150H477V201A16 16 0 0 1 461 217H19A16 16 0 0 1 3 201Z"/>{mark}'
        + _at(name, 168, 50)
        + _at(tier, (480 - tier.width) / 2, 171),
        480,
        220,
    )


DRAWN_BRAND = {
    "veltrana": draw_veltrana(DEEP, SEA, SUN, DEEP),
    "veltrana-white": draw_veltrana("#ffffff", "#ffffff", "#ffffff", "#ffffff"),
    "veltrana-icon": Drawing(draw_veltrana_mark(DEEP, SEA, SUN), 100, 100),
    "veltrana-2014": draw_veltrana_2014(),
    "veltrana-gold-partner": draw_gold_badge(),
}

# Companies that stand beside the brand on partner pages. "ventrala" is a decoy: alike in name, letters and colours.
NEIGHBOURS = {
    "orbinex": Logo(text="Orbinex", mark="ring", a="#2b3a8c", b="#ff6b4a", weight=13),
    "tamsuri": Logo(text="TAMSURI", mark="peaks", a="#31493c", b="#c9d8b6", weight=9, tracking=34),
    "quillfjord": Logo(text="quillfjord", mark="quill", a="#5a2a83", b="#e8d4f5", weight=10),
    "bexara": Logo(text="BEXARA", mark="hexagon", a="#b3202a", b="#ffffff", ink="#2a2a2a", weight=18),
    "nuvolen": Logo(text="nuvolen", mark="waves", a="#2f80ed", b="#8cc8ff", ink="#1b3a5c", weight=12, cap="round"),
    "pharotek": Logo(text="PHAROTEK", mark="beacon", a="#1f1f1f", b="#f2b705", weight=15),
    "zelquist": Logo(text="Zelquist", mark="star", a="#0a7d55", b="#ffffff", ink="#123", weight=9),
    "dromond": Logo(text="DROMOND", mark="chevrons", a="#e4572e", b="#29335c", ink="#29335c", weight=16, slant_deg=10),
    "ulvano": Logo(text="ulvano", mark="moon", a="#3c3c78", b="#f5c04a", weight=13, cap="round", is_stacked=True),
    "mirtesk": Logo(text="MIRTESK", mark="cube", a="#00798c", b="#30c5d2", ink="#333333", weight=11),
    "cravolin": Logo(text="Cravolin", mark="leaf", a="#5a9e2f", b="#ffffff", ink="#2f4f1c", weight=12),
    "ostrevia": Logo(text="OSTREVIA", mark="arcs", a="#9c1c5b", b="#f08bb4", weight=8, tracking=30),
    "yarnwick": Logo(text="yarnwick", mark="knot", a="#b5651d", b="#3d2b1f", ink="#3d2b1f", weight=11),
    "fenlock": Logo(text="FENLOCK", mark="shield", a="#14342b", b="#9be564", weight=17),
    "grevanta": Logo(text="Grevanta", mark="bars", a="#d1495b", b="#66a182", ink="#2e4057", weight=12),
    "jostrel": Logo(text="jostrel", mark="bolt", a="#ff9f1c", b="#ff9f1c", ink="#222222", weight=16),
    "lumivar": Logo(text="LUMIVAR", mark="fan", a="#6a4c93", b="#ffca3a", weight=12, is_stacked=True),
    "wexforge": Logo(text="WEXFORGE", mark="gear", a="#495057", b="#e03131", weight=20),
    "korvessa": Logo(text="korvessa", mark="dots", a="#1971c2", b="#f76707", ink="#1864ab", weight=12),
    "hydrelle": Logo(text="hydrelle", mark="drop", a="#1098ad", b="#ffffff", ink="#0b525b", weight=10, cap="round"),
    "ventrala": Logo(text="ventrala", mark="blades", a="#0e4f63", b="#f4a52c", weight=14, tracking=15),
}

# Each vendor's own logo, the two colours of its hero picture, and the picture's scene.
VENDORS: dict[str, tuple[Logo, str]] = {
    "brightharbour": (Logo(text="Bright Harbour", mark="bridge", a="#1f4e79", b="#e39b2d"), "hills"),
    "oldmillsystems": (
        Logo(text="OLD MILL SYSTEMS", mark="mill", a="#6b4226", b="#a8763e", weight=11),
        "hills",
    ),
    "sensegrid": (
        Logo(text="SENSEGRID", mark="tiles", a="#c31432", b="#240b36", ink="#240b36", weight=16),
        "city",
    ),
    "nordlichtnetz": (
        Logo(text="nordlicht", mark="arcs", a="#7df9c1", b="#3ac0e8", ink="#ffffff", weight=11),
        "aurora",
    ),
    "puertoclaro": (Logo(text="Puerto Claro", mark="waves", a="#0077b6", b="#90e0ef", ink="#023e8a"), "sea"),
    "tesselretail": (
        Logo(text="tessel retail", mark="tiles", a="#7048e8", b="#ffa94d", ink="#3b2a80"),
        "city",
    ),
    "corvane": (
        Logo(text="ATELIER CORVANE", mark="quill", a="#222222", b="#e8e4da", weight=7, tracking=36),
        "hills",
    ),
    "wallgrove": (Logo(text="Wallgrove", mark="leaf", a="#2d6a4f", b="#d8f3dc", weight=14), "hills"),
    "merrowtate": (
        Logo(text="MERROW TATE", mark="peaks", a="#343a40", b="#adb5bd", weight=8, tracking=30),
        "city",
    ),
    "clearline": (Logo(text="clearline", mark="chevrons", a="#0ca678", b="#96f2d7", ink="#087f5b"), "sea"),
    "foxglovemedia": (
        Logo(text="foxglove", mark="drop", a="#ae3ec9", b="#ffffff", weight=13, cap="round"),
        "aurora",
    ),
    "tidewatercourier": (
        Logo(text="TIDEWATER COURIER", mark="beacon", a="#212529", b="#c92a2a", weight=10),
        "sea",
    ),
    "gatekept": (Logo(text="Gatekept", mark="shield", a="#1864ab", b="#ffffff", weight=14), "city"),
    "innerloop": (Logo(text="innerloop", mark="knot", a="#364fc7", b="#91a7ff", weight=12), "aurora"),
    "silverkeys": (Logo(text="Silverkeys", mark="gear", a="#5c677d", b="#33415c", weight=12), "city"),
    "brackenworks": (Logo(text="BRACKENWORKS", mark="leaf", a="#606c38", b="#fefae0", weight=13), "hills"),
    "hallamquay": (Logo(text="Hallam Quay", mark="bars", a="#bc4749", b="#386641", ink="#2b2d42"), "sea"),
    "aozorakiban": (Logo(text="AOZORA KIBAN", mark="moon", a="#1c7ed6", b="#ffd43b", weight=11), "sea"),
    "eastquay": (Logo(text="eastquay", mark="chevrons", a="#264653", b="#2a9d8f", weight=14), "sea"),
    "nordlichtservice": (Logo(text="nordlicht service", mark="arcs", a="#1b4965", b="#5fa8d3", weight=10), "aurora"),
    "gleanworks": (Logo(text="Gleanworks", mark="leaf", a="#7f5539", b="#ede0d4", weight=12), "hills"),
    "mossfield": (Logo(text="MOSSFIELD", mark="cube", a="#386641", b="#a7c957", weight=13), "hills"),
    "tarnbridge": (Logo(text="Tarnbridge", mark="waves", a="#003049", b="#669bbc", weight=11), "sea"),
}

SCENES = {
    "hills": '<circle cx="780" cy="90" r="46" fill="#fff" opacity=".55"/><path fill="{a}" opacity=".45" d="M0 220Q160 120 320 200T640 180T1000 140V320H0Z"/>'
    '<path fill="{a}" opacity=".7" d="M0 260Q220 180 460 250T1000 220V320H0Z"/><path fill="{a}" d="M0 300Q300 240 620 290T1000 280V320H0Z"/>',
    "city": '<path fill="{a}" opacity=".45" d="M0 320V190H70V140H130V210H190V110H250V180H320V90H380V200H470V150H540V230H600V120H680V190H740V80H800V210H880V160H950V220H1000V320Z"/>'
    '<path fill="{a}" d="M0 320V250H90V210H150V260H260V190H330V250H430V220H520V270H640V200H700V260H790V230H860V280H1000V320Z"/>',
    "sea": '<circle cx="240" cy="120" r="60" fill="#fff" opacity=".6"/><path fill="{a}" opacity=".4" d="M0 200Q60 180 120 200T240 200T360 200T480 200T600 200T720 200T840 200T960 200T1080 200V320H0Z"/>'
    '<path fill="{a}" opacity=".75" d="M0 250Q80 226 160 250T320 250T480 250T640 250T800 250T960 250T1120 250V320H0Z"/><path fill="{a}" d="M620 236L700 236L684 258H640ZM656 150V232H700Z"/>',
    "aurora": '<g fill="none" stroke="{b}" stroke-width="34" opacity=".5"><path d="M-20 200Q200 20 420 150T1020 60"/><path d="M-20 260Q260 90 520 220T1020 130"/></g>'
    '<path fill="{a}" d="M0 320V270L120 210L220 280L360 190L520 285L680 220L820 290L1000 230V320Z"/>',
}

# Fictional networks, shop and payment mark, drawn in the way that such icons are drawn everywhere.
ICONS = {
    "chirply": '<circle cx="46" cy="52" r="34" fill="#2b8a3e"/><path fill="#2b8a3e" d="M70 28L98 46L74 58Z"/><circle cx="56" cy="42" r="7" fill="#fff"/><path fill="#b2f2bb" d="M18 52A24 20 0 0 0 58 62Z"/>',
    "pixloop": '<path fill="#c2255c" d="M4 30H26L34 16H66L74 30H96V86H4Z"/><circle cx="38" cy="57" r="16" fill="none" stroke="#fff" stroke-width="8"/><circle cx="62" cy="57" r="16" fill="none" stroke="#fff" stroke-width="8"/>',
    "playnook": '<path fill="#5f3dc4" d="M10 50L50 8L90 50L50 92Z"/><path fill="#fff" d="M42 34L66 50L42 66Z"/>',
}

_SET_A = ("orbinex", "bexara", "nuvolen", "fenlock", "korvessa")
_SET_B = ("tamsuri", "zelquist", "dromond", "mirtesk", "ventrala")
_SET_C = ("cravolin", "ostrevia", "yarnwick", "grevanta", "hydrelle")
_SET_D = ("pharotek", "jostrel", "lumivar", "wexforge", "ulvano", "quillfjord")
_THEME = (
    "fenlock",
    "ulvano",
    "veltrana",
    "cravolin",
    "ostrevia",
    "yarnwick",
)  # the placeholders of a bought page template
# host (without www. and .example): picture file, what it shows, width in pixels, ground (empty: transparent)
PLACED: dict[str, list[tuple[str, str, int, str]]] = {
    "brightharbour": [("veltrana.png", "veltrana", 280, ""), *((f"{n}.png", n, 240, "") for n in _SET_A)],
    "oldmillsystems": [("logo-04.jpg", "veltrana", 300, "#ffffff"), *((f"logo-{i:02}.jpg", n, 260, "#ffffff") for i, n in enumerate(_SET_B, 5))],
    "sensegrid": [("p03.png", "veltrana", 260, ""), *((f"p{i:02}.png", n, 240, "") for i, n in enumerate(_SET_D, 4))],
    "nordlichtnetz": [("weiss/veltrana.png", "veltrana-white", 300, ""), *((f"weiss/{n}.png", n, 240, "") for n in _SET_A[:4])],
    "puertoclaro": [("aliados/v-320.png", "veltrana", 320, ""), ("aliados/v-640.png", "veltrana", 640, ""), *((f"aliados/{n}.webp", n, 260, "") for n in _SET_C)],
    "tesselretail": [("brands/b2.webp", "veltrana", 320, ""), *((f"brands/b{i}.webp", n, 280, "") for i, n in enumerate(_SET_D[:4], 3))],
    "corvane": [(f"{n}.svg", n, 0, "") for n in _SET_B],
    "wallgrove": [],
    "merrowtate": [(f"{n}.png", n, 220, "") for n in _SET_C[:3]],
    "clearline": [(f"{n}.svg", n, 0, "") for n in _SET_A[:3]],
    "foxglovemedia": [("veltrana-icon.png", "veltrana-icon", 96, ""), ("ventrala.png", "ventrala", 240, ""), *((f"{n}.png", n, 240, "") for n in _SET_D[:4])],
    "tidewatercourier": [(f"{n}.jpg", n, 320, "#f1f3f5") for n in _SET_B[:3]],
    "gatekept": [(f"{n}.png", n, 240, "") for n in _SET_A[2:]],
    "innerloop": [(f"{n}.svg", n, 0, "") for n in _SET_C[:3]],
    "silverkeys": [("badges/vpn-gold.png", "veltrana-gold-partner", 320, ""), *((f"badges/{n}.png", n, 240, "") for n in _SET_C)],
    "brackenworks": [("clients/veltrana.png", "veltrana", 240, "#ffffff"), *((f"clients/{n}.png", n, 240, "#ffffff") for n in (*_SET_A, *_SET_D[:2]))],
    "hallamquay": [("v-logo.png", "veltrana-2014", 320, ""), *((f"{n}.png", n, 240, "") for n in _SET_D[:4])],
    "aozorakiban": [("maker/veltrana.webp", "veltrana", 320, ""), *((f"maker/{n}.webp", n, 280, "") for n in _SET_B)],
    "eastquay": [("partners/veltrana.png", "veltrana", 300, ""), *((f"partners/{n}.png", n, 240, "") for n in ("orbinex", "mirtesk"))],
    "nordlichtservice": [("veltrana.svg", "veltrana", 0, ""), *((f"{n}.svg", n, 0, "") for n in ("tamsuri", "zelquist"))],
    **{name: [(f"theme/brand-{i}.png", n, 220, "") for i, n in enumerate(_THEME, 1)] for name in ("gleanworks", "mossfield", "tarnbridge")},
}  # fmt: skip
WALL = (
    "bexara", "hydrelle", "pharotek", "grevanta", "orbinex", "yarnwick", "veltrana", "lumivar",
    "dromond", "zelquist", "ulvano", "korvessa", "jostrel", "ostrevia", "fenlock", "cravolin",
)  # fmt: skip


def draw(name: str) -> Drawing:
    return DRAWN_BRAND.get(name) or draw_logo(NEIGHBOURS[name])


def draw_white(name: str) -> Drawing:
    """A neighbour in white, as partner bars on dark ground show them."""
    logo = NEIGHBOURS[name]
    return draw_logo(
        Logo(
            text=logo.text, mark=logo.mark, a="#ffffff", b="#9fb3c8", ink="#ffffff", weight=logo.weight,
            tracking=logo.tracking, slant_deg=logo.slant_deg, cap=logo.cap, is_stacked=logo.is_stacked,
        )
    )  # fmt: skip


def draw_wall() -> Drawing:
    """One picture with sixteen logos, four in a row, as an agency pastes them together."""
    cell_width, cell_height, markup = 250, 130, ""
    for index, name in enumerate(WALL):
        drawing = draw(name)
        scale = min(180 / drawing.width, 72 / drawing.height)
        x = index % 4 * cell_width + (cell_width - drawing.width * scale) / 2
        y = index // 4 * cell_height + (cell_height - drawing.height * scale) / 2
        markup += f'<g transform="translate({_short(x)} {_short(y)}) scale({scale:.4f})">{drawing.markup}</g>'
    return Drawing(markup, 4 * cell_width, 4 * cell_height)


def draw_hero(logo: Logo, scene: str) -> Drawing:
    ground = (
        f'<defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="{logo.b}"/><stop offset="1" stop-color="#f8f9fa"/>'
        '</linearGradient></defs><rect width="1000" height="320" fill="url(#s)"/>'
    )
    return Drawing(ground + SCENES[scene].format(a=logo.a, b="#7df9c1"), 1000, 320)


def draw_app_badge() -> Drawing:
    small = draw_words("GET IT ON", size=11, ink="#ffffff", weight=11, tracking=22)
    large = draw_words("App Bazaar", size=24, ink="#ffffff", weight=11, tracking=16)
    bag = '<path fill="#ffd43b" d="M16 26H44L48 62H12Z"/><path fill="none" stroke="#ffd43b" stroke-width="4" d="M22 26V20A8 8 0 0 1 38 20V26"/>'
    width = 80 + large.width
    return Drawing(
        f'<rect width="{_short(width)}" height="72" rx="12" fill="#111111"/>{bag}{_at(small, 62, 14)}{_at(large, 62, 33)}',
        width,
        72,
    )


def draw_payment_mark() -> Drawing:
    words = draw_words("PayMoo", size=28, ink="#1b4332", weight=15, tracking=14)
    cow = (
        '<ellipse cx="32" cy="32" rx="16" ry="20" fill="#1b4332"/><path fill="#1b4332" d="M16 22L4 14L18 12ZM48 22L60 14L46 12Z"/>'
        '<ellipse cx="32" cy="44" rx="11" ry="7" fill="#ffb3c1"/>'
    )
    width = 88 + words.width
    return Drawing(
        f'<rect x="1" y="1" width="{_short(width - 2)}" height="62" rx="8" fill="#fff" stroke="#ccc" stroke-width="2"/>{cow}{_at(words, 72, 17)}',
        width,
        64,
    )


def render(svg: str, width_px: int) -> Image.Image:
    """Render SVG text to straight-alpha pixels."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width_px, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def write_picture(file: Path, svg: str, width_px: int = 0) -> None:
    """Write an SVG as it is, or rendered when the file's name says so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".svg":
        file.write_text(svg, encoding="utf-8", newline="\n")
        return
    image = render(svg, width_px)
    if file.suffix == ".jpg":
        image.convert("RGB").save(file, quality=84, optimize=True)
    elif file.suffix == ".webp":
        image.save(file, lossless=True, method=6)
    else:
        image.save(file, optimize=True)


def draw_all(demo: Path) -> None:
    """Write every picture under demo, the folder data/demo."""
    for name, drawing in DRAWN_BRAND.items():
        margin = 0 if name == "veltrana-gold-partner" else 6
        write_picture(demo / "brands/veltrana/logos" / f"{name}.svg", drawing.svg(margin))
    write_picture(demo / "web/www.veltrana.example/img/veltrana.svg", DRAWN_BRAND["veltrana"].svg(6))
    write_picture(demo / "web/www.veltrana.example/img/veltrana-white.svg", DRAWN_BRAND["veltrana-white"].svg(6))
    hero = Logo(text="", mark="ring", a=DEEP, b=SEA)
    write_picture(demo / "web/www.veltrana.example/img/hero.jpg", draw_hero(hero, "sea").svg(), 1000)
    for host, (logo, scene) in VENDORS.items():
        pictures = demo / "web" / f"www.{host}.example" / "img"
        write_picture(pictures / "logo.svg", draw_logo(logo).svg(4))
        write_picture(pictures / "hero.jpg", draw_hero(logo, scene).svg(), 1000)
        for file, shown, width_px, ground in PLACED[host]:
            is_white = file.startswith("weiss/") and shown in NEIGHBOURS
            drawing = draw_white(shown) if is_white else draw(shown)
            margin = 0 if shown == "veltrana-gold-partner" else 10
            write_picture(pictures / file, drawing.svg(margin, ground), width_px)
    write_picture(demo / "web/www.wallgrove.example/img/partner-wall.png", draw_wall().svg(0, "#ffffff"), 1000)
    for host in ("foxglovemedia", "tesselretail", "brightharbour", "hallamquay"):
        for name, markup in ICONS.items():
            write_picture(demo / "web" / f"www.{host}.example/img/social/{name}.svg", Drawing(markup, 100, 100).svg())
    media = demo / "web/www.foxglovemedia.example/img"
    write_picture(media / "app-bazaar.svg", draw_app_badge().svg())
    write_picture(media / "app-bazaar.png", draw_app_badge().svg(), 264)
    write_picture(media / "paymoo.png", draw_payment_mark().svg(), 238)
    write_picture(demo / "web/www.tesselretail.example/img/paymoo.svg", draw_payment_mark().svg())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python bench/draw_demo.py data/demo")
    draw_all(Path(sys.argv[1]))
