"""How far evidence of a kind, or of several together, can be trusted: as measured on labelled images (data/evidence_rates.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from functools import cache

from scipy.special import betaincinv  # type: ignore[import-untyped]  # scipy has no type stubs

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
    bound = tell_share(upper_bound(wrong, right + wrong))
    return (
        f"of {right + wrong} labelled images with such evidence, {right} showed the brand: wrong in under {bound} of such images at 95 %"
        " confidence. The images are logos on the partner pages of 24 companies; others may differ"
    )


def describe_all_rates() -> str:
    """Return how often images were right in all, with doubted evidence apart: one sentence for the end of a report."""
    sure, doubted = (
        [counts for kinds, counts in _rates().items() if kinds.endswith(" doubted") is is_doubted]
        for is_doubted in (False, True)
    )
    right, wrong = (sum(counts[place] for counts in sure) for place in (0, 1))
    bound = tell_share(upper_bound(wrong, right + wrong))
    told = (
        f"Of {right + wrong} labelled images with evidence that leaves no doubt, {right} showed the brand: wrong in under {bound} of"
        " such images at 95 % confidence"
    )
    right, wrong = (sum(counts[place] for counts in doubted) for place in (0, 1))
    if right + wrong:
        told += f"; of {right + wrong} with evidence that leaves a doubt, {right} did"
    return f"{told}. The images are logos on the partner pages of 24 companies; others may differ."


def upper_bound(count: int, of: int) -> float:
    """Return the share, 0..1, that a rate does not exceed at 95 % confidence, when it was counted so often among so many (at least one).

    One-sided, exact. Source: Clopper and Pearson, Biometrika 26 (1934).
    """
    return float(betaincinv(count + 1, of - count, 0.95)) if count < of else 1.0


def tell_share(share: float) -> str:
    """Return a share in percent with two digits that count, rounded up: an upper bound must not be told too low."""
    percent = Decimal(share) * 100
    digits = max(0, 1 - percent.adjusted())
    return f"{percent.quantize(Decimal(1).scaleb(-digits), ROUND_UP)} %"
