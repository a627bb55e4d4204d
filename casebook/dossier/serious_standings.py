"""The vendors whose claims are the most serious, each once a brand, with what shows the claim: a picture of the logo, or the sentence.

Reads: what casebook/dossier/dossier.py reads; the archive. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from casebook.dossier.casework_counts import CaseStanding
from casebook.dossier.dossier import Dossier, compare_logo, read_dossier
from casebook.dossier.findings import Finding
from casebook.dossier.named_images import draw_named_image
from casebook.dossier.visit_changes import ClaimState
from ledger.database import Ledger
from ledger.relations import MEANINGS as RELATIONS
from ledger.relations import PARTNERSHIPS
from ledger.typed_texts import ClaimId
from ledger.verdict_kinds import PLAINLY_ALLOWED, SERIOUSNESS
from ledger.vocabulary import CaseState, Relation
from matcher.explain import Comparison

MAX_SENTENCE_CHARS = 160
GONE = "gone"
_PLACES = {kind: place for place, kind in enumerate(SERIOUSNESS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvidence:
    """What shows a claim: a picture (PNG) or words of the page; both None where neither can be shown any more."""

    picture_png: bytes | None
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriousStanding:
    """A vendor's most serious claim to a brand that is still there. other_claims: further ones to the brand that a person has to look at.

    is_seen: on the last visit; False: its pages could not be looked at again.
    """

    finding: Finding
    brand_name: str
    shown: ShownEvidence
    other_claims: int
    is_seen: bool
    is_confirmed: bool  # by a person


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriousStandings:
    """The first ones, and how many there are. gone, settled: claims left out, because they are gone, or because a person decided otherwise."""

    shown: tuple[SeriousStanding, ...]
    all: int
    gone: int
    settled: int


def read_serious_standings(
    ledger: Ledger,
    warc_dir: Path,
    findings: Sequence[Finding],
    *,
    most: int,
    brand_names: Mapping[str, str],
    states: Mapping[ClaimId, ClaimState],
    cases: Mapping[ClaimId, CaseStanding],
) -> SeriousStandings:
    """Return the most serious standings of some findings: by verdict, then the one that was seen first."""
    by_vendor: dict[tuple[str, str], list[Finding]] = {}
    gone = settled = 0
    for finding in findings:
        case = cases.get(finding.claim_id)
        if finding.verdict is None or finding.verdict in PLAINLY_ALLOWED:
            continue
        if case is not None and case.is_settled_otherwise:
            settled += 1
        elif states[finding.claim_id].state == GONE or (case is not None and case.removed_on):
            gone += 1
        else:
            by_vendor.setdefault((finding.vendor_domain, finding.brand), []).append(finding)
    groups = [sorted(group, key=_seriousness) for group in by_vendor.values()]
    groups.sort(key=lambda group: _seriousness(group[0]))
    return SeriousStandings(
        shown=tuple(
            SeriousStanding(
                finding=group[0],
                brand_name=brand_names.get(group[0].brand, group[0].brand),
                shown=read_shown_evidence(ledger, warc_dir, group[0]),
                other_claims=len(group) - 1,
                is_seen=states[group[0].claim_id].state in ("present", "appeared"),
                is_confirmed=group[0].claim_id in cases and cases[group[0].claim_id].state is CaseState.CONFIRMED,
            )
            for group in groups[:most]
        ),
        all=len(groups),
        gone=gone,
        settled=settled,
    )


def is_said_of(finding: Finding) -> bool:
    """Whether a claim reads well as "partner of the brand"; others, such as "customer", stand beside the brand's name."""
    return finding.relation in PARTNERSHIPS and finding.relation is not Relation.CERTIFICATION


def claim_in_words(finding: Finding) -> str:
    """Return what is claimed in a few words: partner, Gold partner."""
    words = RELATIONS[finding.relation].words
    return f"{finding.tier} {words}" if finding.tier else words


def read_shown_evidence(ledger: Ledger, warc_dir: Path, finding: Finding) -> ShownEvidence:
    """Return the logo as the page shows it, else the image that names the brand, else the sentence."""
    dossier = read_dossier(ledger, warc_dir, finding, with_pictures=False)
    return ShownEvidence(picture_png=_draw(ledger, warc_dir, dossier), words=_quote(dossier))


def _draw(ledger: Ledger, warc_dir: Path, dossier: Dossier) -> bytes | None:
    if dossier.logos:
        compared = compare_logo(ledger, warc_dir, dossier.logos[0].logo)
        return compared.found_png if isinstance(compared, Comparison) else None
    if dossier.named:
        drawn = draw_named_image(ledger, warc_dir, dossier.named[0].image)
        return drawn if isinstance(drawn, bytes) else None
    return None


def _quote(dossier: Dossier) -> str | None:
    if not dossier.texts:
        return None
    words = " ".join(dossier.texts[0].marked.split())
    return words if len(words) <= MAX_SENTENCE_CHARS else f"{words[: MAX_SENTENCE_CHARS - 1].rstrip()}…"


def _seriousness(finding: Finding) -> tuple[int, str, str]:
    return (_PLACES[finding.verdict] if finding.verdict else len(_PLACES), finding.first_seen, finding.vendor)
