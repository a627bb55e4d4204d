"""The summary of a report, for a meeting: one page that says what was looked at, found, changed and done, and what it does not say.

Reads: looks, inline_images, brands, and what its parts read: findings, coverage, visit_changes, casework_counts, the newest seal.
Writes nothing.

Numbers are those of the report's own pages: findings as in index.html, vendors as in coverage.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from casebook.dossier.casework_counts import CaseworkCounts, count_casework, read_case_standings
from casebook.dossier.coverage import Coverage
from casebook.dossier.evidence_rates import describe_all_rates
from casebook.dossier.findings import Finding
from casebook.dossier.serious_standings import SeriousStandings, claim_in_words, is_said_of, read_serious_standings
from casebook.dossier.share_bars import NOT_JUDGED
from casebook.dossier.summary_bars import (
    BrandBar,
    FurtherBrands,
    LegendEntry,
    OutcomeLine,
    count_verdicts,
    draw_brand_bars,
    draw_outcome_bar,
    list_outcomes,
    make_legend,
)
from casebook.dossier.visit_changes import ListedChanges, list_changes, read_visit_changes
from casebook.verdicts.rules import RULES_VERSION
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError
from ledger.proof.seals import Seals
from ledger.typed_texts import Instant
from ledger.verdict_kinds import NOTHING_ALLOWS, PLAINLY_ALLOWED

MOST_SERIOUS = 10
MOST_NAMED = 3  # brands in the title
MOST_WITHOUT = 12  # brands without a finding, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryScope:
    """What a report holds. brand, verdict: None = all; made_by: None = it does not say; seals_dir: None = seals are not told."""

    brand: str | None = None
    verdict: str | None = None
    made_by: str | None = None
    seals_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """What all of it rests on. vendors: visited; to_come: visits that have not ended; pages: of each vendor's last visit;
    images: different ones, of all visits; first, last: looks at pages, None: no page was read."""

    vendors: int
    to_come: int
    pages: int
    images: int
    first: Instant | None
    last: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestSeal:
    """The newest seal. made_at, root: None when its file cannot be read."""

    seal_id: str
    made_at: Instant | None
    root: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InShort:
    """Findings in four numbers, which add up to all of them."""

    nothing_allows: int
    to_decide: int
    allowed: int
    not_judged: int

    @property
    def all(self) -> int:
        return self.nothing_allows + self.to_decide + self.allowed + self.not_judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What stands in the summary."""

    scope: SummaryScope
    brand_names: Mapping[str, str]
    title: str
    looked_at: LookedAt
    in_short: InShort
    bars: tuple[BrandBar, ...]
    further: FurtherBrands | None
    without: tuple[str, ...]  # names of brands that have no finding
    legend: tuple[LegendEntry, ...]
    serious: SeriousStandings
    outcome_bar: Markup
    outcomes: tuple[OutcomeLine, ...]
    changes: ListedChanges
    casework: CaseworkCounts
    rates: str
    rules_version: str
    seal: NewestSeal | None

    def name_of(self, brand: str) -> str:
        return self.brand_names.get(brand, brand)

    def claim_in_words(self, finding: Finding) -> str:
        return claim_in_words(finding)

    def is_said_of(self, finding: Finding) -> bool:
        return is_said_of(finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class _BrandName:
    brand: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looks:
    """A row of _LOOKS."""

    images: int
    first: Instant | None
    last: Instant | None


def read_summary(
    ledger: Ledger, warc_dir: Path, scope: SummaryScope, findings: Sequence[Finding], coverage: Coverage
) -> Summary:
    """Return the summary of a report. findings, coverage: those of its other pages."""
    names = {row.brand: row.name for row in ledger.select(_BrandName, _BRANDS, {"brand": scope.brand})}
    counts, changes = count_verdicts(findings), read_visit_changes(ledger)
    bars, further = draw_brand_bars(findings, names)
    with_findings = {finding.brand for finding in findings}
    return Summary(
        scope=scope,
        brand_names=names,
        title=tell_title(list(names.values())),
        looked_at=_looked_at(ledger, coverage),
        in_short=_in_short(counts),
        bars=bars,
        further=further,
        without=tuple(name for brand, name in names.items() if brand not in with_findings),
        legend=make_legend(counts),
        serious=read_serious_standings(
            ledger,
            warc_dir,
            findings,
            most=MOST_SERIOUS,
            brand_names=names,
            states=changes.states,
            cases=read_case_standings(ledger),
        ),
        outcome_bar=draw_outcome_bar(coverage),
        outcomes=list_outcomes(coverage),
        changes=list_changes(changes, findings),
        casework=count_casework(ledger, scope.brand),
        rates=describe_all_rates(),
        rules_version=RULES_VERSION,
        seal=read_newest_seal(scope.seals_dir) if scope.seals_dir else None,
    )


def tell_title(names: Sequence[str]) -> str:
    """Return whose claims they are: of a few brands by name, of many by number."""
    if not names:
        return "Partner claims"
    if len(names) > MOST_NAMED:
        return f"Partner claims of {len(names)} brands"
    return f"Partner claims of {' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}"


def read_newest_seal(seals_dir: Path) -> NewestSeal | None:
    """Return the newest seal of a workspace; None when there is none."""
    seals = Seals.of(seals_dir).all
    if not seals:
        return None
    try:
        head = seals[-1].head
    except (EvidenceBrokenError, OSError):  # it is `verify` that says what is wrong with it
        return NewestSeal(seal_id=seals[-1].seal_id, made_at=None, root=None)
    return NewestSeal(seal_id=seals[-1].seal_id, made_at=head.get("made_at"), root=head.get("root"))


def _in_short(counts: Mapping[str, int]) -> InShort:
    nothing_allows = sum(counts.get(kind, 0) for kind in NOTHING_ALLOWS)
    allowed = sum(counts.get(kind, 0) for kind in PLAINLY_ALLOWED)
    not_judged = counts.get(NOT_JUDGED, 0)
    to_decide = sum(counts.values()) - nothing_allows - allowed - not_judged
    return InShort(nothing_allows=nothing_allows, to_decide=to_decide, allowed=allowed, not_judged=not_judged)


def _looked_at(ledger: Ledger, coverage: Coverage) -> LookedAt:
    looks = ledger.select(_Looks, _LOOKS)[0]
    to_come = coverage.by_outcome["pending"] + coverage.by_outcome["running"]
    return LookedAt(
        vendors=coverage.by_outcome.total() - to_come,
        to_come=to_come,
        pages=coverage.pages_read,
        images=looks.images,
        first=looks.first,
        last=looks.last,
    )


_BRANDS = "SELECT brand, name FROM brands WHERE :brand IS NULL OR brand = :brand ORDER BY name"
_LOOKS = """
    SELECT (SELECT count(*) FROM (
                SELECT content_sha256 FROM looks WHERE purpose = 'image' AND outcome = 'looked' AND content_sha256 IS NOT NULL
                UNION SELECT image_sha256 FROM inline_images)) AS images,
           (SELECT min(looked_at) FROM looks WHERE purpose = 'page' AND outcome = 'looked') AS first,
           (SELECT max(looked_at) FROM looks WHERE purpose = 'page' AND outcome = 'looked') AS last
"""
