"""Recognises a brand's official logos in images; knows pixels and features, no database and no web."""

import os
import sys

if "numpy" not in sys.modules:
    # The matrices here are small: a pool of threads for each product makes it many times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from matcher.decoding.refusals import Refusal
from matcher.logo_matcher import LogoMatcher
from matcher.looking.regions import Box
from matcher.looking.transform import Transform
from matcher.recognition import LogoMatch, Recognition, RegionHash

__all__ = ["Box", "LogoMatch", "LogoMatcher", "Recognition", "Refusal", "RegionHash", "Transform"]
