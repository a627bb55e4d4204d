"""Recognises a brand's official logos in images; knows pixels and features, no database and no web."""

import os
import sys

if "numpy" not in sys.modules:
    # The matrices here are small: a pool of threads for each product makes it many times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from matcher.logo_matcher import LogoMatcher
from matcher.recognition import LogoMatch, Recognition, RegionHash
from matcher.refusals import Refusal
from matcher.regions import Box
from matcher.transform import Transform

__all__ = ["Box", "LogoMatch", "LogoMatcher", "Recognition", "Refusal", "RegionHash", "Transform"]
