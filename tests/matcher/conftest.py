"""Official logos and a matcher that know the invented brands of drawings.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not find drawings.py by itself

from drawings import BRAND_NAMES, draw_mark, encode

from matcher import LogoMatcher
from matcher.brands.official_logos import make_official_logo


@pytest.fixture(scope="session")
def matcher() -> LogoMatcher:
    return LogoMatcher([make_official_logo(name, f"{name}.png", encode(draw_mark(name))) for name in BRAND_NAMES])
