"""Recognises a brand's official logos in images; knows pixels and features, no database and no web."""

import importlib
import os
import sys
from typing import TYPE_CHECKING

if "numpy" not in sys.modules:
    # The matrices here are small: a pool of threads for each product makes it many times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    from matcher.decoding.refusals import Refusal
    from matcher.logo_matcher import LogoMatcher
    from matcher.looking.picture_box import Box
    from matcher.looking.transform import Transform
    from matcher.recognition import LogoMatch, Recognition, RegionHash

__all__ = ["Box", "LogoMatch", "LogoMatcher", "Recognition", "Refusal", "RegionHash", "Transform"]
_MODULES = {
    "Box": "looking.picture_box",
    "LogoMatch": "recognition",
    "LogoMatcher": "logo_matcher",
    "Recognition": "recognition",
    "Refusal": "decoding.refusals",
    "RegionHash": "recognition",
    "Transform": "looking.transform",
}


def __getattr__(name: str) -> object:
    """Import what is asked for: whoever decodes a picture or reads a threshold needs no matcher, which takes .4 s to import."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
