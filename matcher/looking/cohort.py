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
from numpy.lib.npyio import NpzFile

from ledger.shipped import shipped_data
from matcher import thresholds
from matcher.looking.descriptor import Drawings, Shapes

DESCRIPTOR_SCALE = 127  # they are stored as int8


@dataclass(frozen=True, kw_only=True, eq=False)
class Cohort:
    """Today's descriptor. mean: float32 (2048,) and projection: float32 (2048, n) make descriptors."""

    mean: np.ndarray
    projection: np.ndarray
    stranger_count: int
    name: str = "lda"

    @functools.cached_property
    def members(self) -> Drawings:
        """Drawings and parts of them, from which margins come. Read when a drawing is measured: stored templates have theirs."""
        return _read_drawings("members", "member_aspects")

    @functools.cached_property
    def strangers(self) -> Drawings:
        """Other drawings, plain shapes above all, that are only counted: so many of them are as much like an official logo as what was found."""
        return _read_drawings("strangers", "stranger_aspects")

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
    with _open() as file:
        return Cohort(
            mean=file["mean"].astype(np.float32),
            projection=file["projection"].astype(np.float32),
            stranger_count=len(file["stranger_aspects"]),
        )


def _open() -> NpzFile:
    opened = np.load(shipped_data("background") / "cohort.npz", allow_pickle=False)
    assert isinstance(opened, NpzFile)  # noqa: S101  # a mistake of the program
    return opened


def _read_drawings(descriptors: str, log_aspects: str) -> Drawings:
    with _open() as file:
        rows = normalise_rows(file[descriptors].astype(np.float32) / DESCRIPTOR_SCALE).astype(np.float32)
        return Drawings(descriptors=rows, log_aspects=file[log_aspects].astype(np.float32))
