"""The two halves of a benchmark's brands: numbers are chosen on one, and measured on both."""

from __future__ import annotations

import hashlib

HALVES = {0: "chosen on", 1: "unseen"}


def half_of(brand: str) -> int:
    """0 or 1, by the digest of a brand's slug: no brand changes sides when others are added."""
    return hashlib.sha256(brand.encode()).digest()[-1] % 2
