"""What a descriptor is: regions of images → rows that can be compared, and drawings that are nobody's, described alike.

A second way to describe regions is a class with these members; matcher/looking/chosen_descriptor.py says which one is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shapes:
    """What a descriptor may look at of n regions.

    squares: n of uint8 (64, 64), the ink stretched, with 4 px of background around. soft_inks: uint8 (n, 32, 32), the same,
    smaller and blurred. edge_cells: float32 (n, 16, 16, 4), the mean strength of edges of four orientations.
    """

    squares: np.ndarray | Sequence[np.ndarray]
    soft_inks: np.ndarray
    edge_cells: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawings:
    """Drawings as they are compared. descriptors: float32 (m, d), rows of length 1; log_aspects: float32 (m,)."""

    descriptors: np.ndarray
    log_aspects: np.ndarray


class Descriptor(Protocol):
    """A way to describe regions. Alike are those whose rows have a cosine near 1."""

    @property
    def name(self) -> str:
        """Short name: part of each match's method."""

    @property
    def members(self) -> Drawings:
        """Nobody's drawings, from which the margins of official logos come."""

    @property
    def strangers(self) -> Drawings:
        """Other drawings of nobody's, that are counted: so many of them are as much like an official logo as what was found."""

    @property
    def stranger_count(self) -> int:
        """How many strangers there are."""

    def describe(self, shapes: Shapes) -> np.ndarray:
        """Rows of length 1: float32 (n, d); n is at least 1."""
