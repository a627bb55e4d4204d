"""Drawings that are nobody's logo: the background against which a template must stand out.

A disc, a ring or a plain letter resembles many strangers' marks; a drawing with its own detail none. The cohort says
which differences between drawings mean something (the projection), and how well strangers do on a template (its
members). It ships as numbers, `data/background/cohort.npz`; `bench/make_cohort.py` made it, and data/README.md says of
what.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from ledger.shipped import shipped_data

MEMBER_SCALE = 127  # members are stored as int8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cohort:
    """mean: float32 (2048,) and projection: float32 (2048, n) make descriptors. members: float32 (m, n), descriptors of
    length 1; log_aspects: float32 (m,)."""

    mean: np.ndarray
    projection: np.ndarray
    members: np.ndarray
    log_aspects: np.ndarray

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
            members=normalise_rows(file["members"].astype(np.float32) / MEMBER_SCALE).astype(np.float32),
            log_aspects=file["log_aspects"].astype(np.float32),
        )
