"""The shared look holds together: every token that is used is there, in light and dark, and can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from casebook.dossier.report import TEMPLATES as REPORT_TEMPLATES
from casebook.files.styles import STYLES, read_style
from casebook.web.application_context import STATIC
from casebook.web.application_context import TEMPLATES as WEB_TEMPLATES

SHEETS = [*STYLES.glob("*.css"), *STATIC.glob("*.css"), *REPORT_TEMPLATES.glob("*.css")]
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
TOKENS = read_style("tokens")
LIGHT, DARK = TOKENS.split("@media (prefers-color-scheme: dark)")


def values(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", text))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_token_that_a_sheet_uses_is_there(sheet: Path):
    text = sheet.read_text(encoding="utf-8")
    known = set(re.findall(r"--([\w-]+):", TOKENS + text))
    assert set(re.findall(r"var\(--([\w-]+)", text)) <= known


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_in_every_colour_can_be_read_on_every_ground(scheme):
    colours = values(scheme)
    for ground in ("paper", "tint"):
        for ink in ("ink", "soft", "link", "red", "amber", "violet", "green", "grey"):
            bright, dim = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= LEAST_CONTRAST, (ink, ground)
    for state in ("red", "amber", "violet", "green", "grey"):
        bright, dim = sorted((luminance(colours[state]), luminance(colours[f"{state}-tint"])), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= LEAST_CONTRAST, state


def test_every_icon_that_is_shown_is_drawn():
    components = (STYLES / "components.html").read_text(encoding="utf-8")
    drawn = set(re.findall(r'id="icon-([a-z]+)"', components))
    named = set(re.findall(r'": "([a-z]+)"', components)) | {"dash"}
    for template in [*WEB_TEMPLATES.glob("*.html"), *REPORT_TEMPLATES.glob("*.html")]:
        named |= set(re.findall(r'icon\("([a-z]+)"', template.read_text(encoding="utf-8")))
    assert named <= drawn
