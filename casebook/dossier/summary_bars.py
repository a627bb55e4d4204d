"""Findings by brand and verdict, and vendors by what came of looking, as bars with the words that say the same.

Reads and writes nothing: it counts findings and takes the counts of coverage.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from casebook.dossier.coverage import OUTCOMES, Coverage
from casebook.dossier.findings import Finding
from casebook.dossier.share_bars import NOT_JUDGED, draw_share_bar, draw_swatch
from ledger.verdict_kinds import MEANINGS, SERIOUSNESS
from ledger.vocabulary import VerdictKind

MOST_BRANDS = 12  # with a bar each: what a page and a meeting take in
MOST_REASONS = 12
_KINDS = (*map(str, SERIOUSNESS), NOT_JUDGED)
_NOT_JUDGED_MEANS = "the register was not asked yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandBar:
    """A brand's findings by verdict, the most serious first."""

    name: str
    counts: Mapping[str, int]
    bar: Markup

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherBrands:
    """Brands whose findings have no bar of their own."""

    brands: int
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendEntry:
    """A verdict that was given, with how often. kind: none, where a claim is not judged yet."""

    kind: str
    meaning: str
    findings: int
    swatch: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLine:
    """Vendors that were not, or only partly, looked at for one reason. why: in words."""

    why: str
    vendors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeLine:
    """Vendors with one outcome, and why. further: vendors whose reason is not among them."""

    kind: str
    words: str
    vendors: int
    swatch: Markup
    reasons: tuple[ReasonLine, ...]
    further: int


def count_verdicts(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings have each verdict, the most serious first; those that are not judged last."""
    counts = Counter(str(finding.verdict or NOT_JUDGED) for finding in findings)
    return {kind: counts[kind] for kind in _KINDS if counts[kind]}


def draw_brand_bars(
    findings: Sequence[Finding], brand_names: Mapping[str, str]
) -> tuple[tuple[BrandBar, ...], FurtherBrands | None]:
    """Return a bar for each brand, those with the most serious findings first, all at one scale; and what is left of many brands."""
    by_brand: dict[str, list[Finding]] = {}
    for finding in findings:
        by_brand.setdefault(finding.brand, []).append(finding)
    counts = {brand: count_verdicts(own) for brand, own in by_brand.items()}
    ranked = sorted(
        counts, key=lambda brand: ([-counts[brand].get(kind, 0) for kind in _KINDS], brand_names.get(brand, brand))
    )
    shown, left = ranked[:MOST_BRANDS], ranked[MOST_BRANDS:]
    most = max((sum(counts[brand].values()) for brand in shown), default=0)
    bars = tuple(
        BrandBar(
            name=brand_names.get(brand, brand),
            counts=counts[brand],
            bar=draw_share_bar(f"brand-{number}", counts[brand], most),
        )
        for number, brand in enumerate(shown)
    )
    further = FurtherBrands(brands=len(left), counts=count_verdicts(f for brand in left for f in by_brand[brand]))
    return bars, further if left else None


def make_legend(counts: Mapping[str, int]) -> tuple[LegendEntry, ...]:
    """Return what each verdict that was given means."""
    return tuple(
        LegendEntry(
            kind=kind,
            meaning=_NOT_JUDGED_MEANS if kind == NOT_JUDGED else MEANINGS[VerdictKind(kind)].in_short,
            findings=count,
            swatch=draw_swatch(f"verdict-{kind}", kind),
        )
        for kind, count in counts.items()
    )


def draw_outcome_bar(coverage: Coverage) -> Markup:
    """Return one bar of all vendors by what came of looking."""
    counts = {outcome: coverage.by_outcome.get(outcome, 0) for outcome in OUTCOMES}
    return draw_share_bar("coverage", counts, coverage.by_outcome.total())


def list_outcomes(coverage: Coverage) -> tuple[OutcomeLine, ...]:
    """Return how many vendors have each outcome, and for which reasons, the most frequent first."""
    lines = []
    for outcome, words in OUTCOMES.items():
        if not (vendors := coverage.by_outcome.get(outcome, 0)):
            continue
        reasons = [
            ReasonLine(why=_tell_why(coverage, reason), vendors=count)
            for (kind, reason), count in coverage.by_reason.most_common()
            if kind == outcome
        ]
        lines.append(
            OutcomeLine(
                kind=outcome,
                words=words,
                vendors=vendors,
                swatch=draw_swatch(f"outcome-{outcome}", outcome),
                reasons=tuple(reasons[:MOST_REASONS]),
                further=sum(line.vendors for line in reasons[MOST_REASONS:]),
            )
        )
    return tuple(lines)


def _tell_why(coverage: Coverage, reason: str) -> str:
    """Return the reason without what can be done about it: that stands in coverage.html, for whoever runs the crawl."""
    return coverage.what_to_do(reason).partition(": ")[0] or reason.replace("-", " ") or "unknown"
