"""Drawings that are nobody's logo: the background against which a template must stand out.

A disc, a ring or a plain letter resembles many strangers' marks; a drawing with its own detail none. The cohort says
which differences between drawings mean something (the projection), how well they do on a template (its members), and
how many others are as much like it as what was found (the strangers). It ships as numbers, `data/background/cohort.npz`; `bench/make_cohort.py` made it, and data/README.md says of
what.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from ledger.shipped import shipped_data

DESCRIPTOR_SCALE = 127  # they are stored as int8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawings:
    """Drawings as they are compared. descriptors: float32 (m, n), rows of length 1; log_aspects: float32 (m,)."""

    descriptors: np.ndarray
    log_aspects: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cohort:
    """mean: float32 (2048,) and projection: float32 (2048, n) make descriptors.

    members: drawings and parts of them, from which margins come. strangers: other drawings, plain shapes above all, that
    are only counted: so many of them are as much like an official logo as what was found.
    """

    mean: np.ndarray
    projection: np.ndarray
    members: Drawings
    strangers: Drawings

    def describe(self, shapes: np.ndarray) -> np.ndarray:
        """Descriptors of length 1 of measured shapes: float32 (k, 2048) → (k, n)."""
        return normalise_rows((shapes - self.mean) @ self.projection)


def normalise_rows(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


@functools.cache
def load_cohort() -> Cohort:
    """The cohort that ships; read once in a process."""
    with np.load(shipped_data("background") / "cohort.npz", allow_pickle=False) as file:
        return Cohort(
            mean=file["mean"].astype(np.float32),
            projection=file["projection"].astype(np.float32),
            members=_unpack(file["members"], file["member_aspects"]),
            strangers=_unpack(file["strangers"], file["stranger_aspects"]),
        )


def _unpack(descriptors: np.ndarray, log_aspects: np.ndarray) -> Drawings:
    rows = normalise_rows(descriptors.astype(np.float32) / DESCRIPTOR_SCALE).astype(np.float32)
    return Drawings(descriptors=rows, log_aspects=log_aspects.astype(np.float32))
