"""Which descriptor the matcher uses: the one place that names it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matcher.looking.cohort import load_cohort
from matcher.looking.descriptor import Descriptor
from matcher.looking.features import Features, shapes_of


def chosen_descriptor() -> Descriptor:
    """The descriptor; its data is read once in a process."""
    return load_cohort()


def describe_all(features: Sequence[Features]) -> np.ndarray:
    """Descriptors of regions: float32 (n, d), rows of length 1; the sequence must not be empty."""
    return chosen_descriptor().describe(shapes_of(features))
