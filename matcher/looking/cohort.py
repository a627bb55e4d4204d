"""Drawings that are nobody's logo: the background against which a template must stand out.

A disc, a ring or a plain letter resembles many strangers' marks; a drawing with its own detail none. The cohort says
which differences between drawings mean something (the projection), how well they do on a template (its members), and
how many others are as much like it as what was found (the strangers). It ships as numbers, `data/background/cohort.npz`;
`bench/make_cohort.py` made it, and data/README.md says of what.

So it is a descriptor: a region's shape and edges, seen along the directions in which drawings differ from each other more than from
their own copies on web pages (linear discriminant analysis: Fisher 1936).
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from ledger.shipped import shipped_data
from matcher import thresholds
from matcher.looking.descriptor import Drawings, Shapes

DESCRIPTOR_SCALE = 127  # they are stored as int8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cohort:
    """Today's descriptor. mean: float32 (2048,) and projection: float32 (2048, n) make descriptors.

    members: drawings and parts of them, from which margins come. strangers: other drawings, plain shapes above all, that
    are only counted: so many of them are as much like an official logo as what was found.
    """

    mean: np.ndarray
    projection: np.ndarray
    members: Drawings
    strangers: Drawings
    name: str = "lda"

    def describe(self, shapes: Shapes) -> np.ndarray:
        """Descriptors of length 1: float32 (k, n)."""
        return normalise_rows((join_shapes(shapes) - self.mean) @ self.projection)


def join_shapes(shapes: Shapes) -> np.ndarray:
    """Ink and edges, each of mean 0 and length 1, by their weights: float32 (k, 2048)."""
    ink_shapes, edge_shapes = _centre(shapes.soft_inks), _centre(shapes.edge_cells.transpose(0, 3, 1, 2))
    weights = math.sqrt(thresholds.NCC_WEIGHT), math.sqrt(thresholds.EDGE_WEIGHT)
    return np.hstack([weights[0] * ink_shapes, weights[1] * edge_shapes]).astype(np.float32)


def _centre(values: np.ndarray) -> np.ndarray:
    """Rows of mean 0 and length 1: float32 (n, rest)."""
    rows = values.reshape(len(values), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.asarray(rows / np.maximum(lengths, 1e-6))


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
