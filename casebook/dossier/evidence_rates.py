"""How far evidence of a kind, or of several together, can be trusted: as measured on labelled images (data/evidence_rates.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from ledger.shipped import shipped_data
from ledger.vocabulary import Evidence


@cache
def _rates() -> Mapping[str, tuple[int, int]]:
    data = tomllib.loads(shipped_data("evidence_rates.toml").read_text(encoding="utf-8"))
    return {kinds: (right, wrong) for kinds, (right, wrong) in data["right-wrong"].items()}


def describe_rate(evidence: str | None, *, is_doubted: bool) -> str | None:
    """Return how often images with this evidence were right; None for sentences alone, and where nothing was measured.

    evidence: as v_findings has it; sentences are left out of it, for they were not what was labelled.
    """
    kinds = ",".join(kind for kind in (evidence or "").split(",") if kind and kind != Evidence.TEXT)
    rate = _rates().get(f"{kinds} doubted" if is_doubted else kinds)
    if rate is None:
        return None
    right, wrong = rate
    return f"of {right + wrong} labelled images with such evidence, {right} showed the brand"
