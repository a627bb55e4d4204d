"""All that is known about one claim, gathered for a reader: verdict, pictures, words, search, dates, digests.

Reads: every table on the way from capture to verdict. Writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casebook.dossier.case_story import CaseStory, read_case_story
from casebook.dossier.evidence_rates import describe_rate, tell_share, upper_bound
from casebook.dossier.findings import Finding
from casebook.dossier.named_images import NamedExhibit, read_named_images
from casebook.dossier.pictures import PageExhibit, read_exhibits
from casebook.dossier.provenance import Exchange, Way, read_exchanges, read_ways
from casebook.dossier.text_exhibits import Seen, TextExhibit, group_looks, read_text_exhibits, seen_on
from casebook.verdicts.facts import ClaimDates, read_claim_dates
from casebook.verdicts.rules import RULES_VERSION
from ledger.database import Ledger, columns_of
from ledger.errors import RecordDeletedError
from ledger.records import Search, Verdict
from ledger.relations import MEANINGS as RELATIONS
from ledger.typed_texts import (
    CaptureId,
    ClaimId,
    EvidenceId,
    FinalUrl,
    Instant,
    IsoDate,
    OfficialLogoId,
    Sha256,
)
from ledger.verdict_kinds import MEANINGS as VERDICTS
from ledger.vocabulary import (
    FoundBy,
    MarkMisuse,
    Polarity,
)
from matcher.brands.usage import read_usage
from matcher.decoding.refusals import Refusal
from matcher.explain import Comparison, compare_pictures
from matcher.logo_matches import image_content
from matcher.looking.picture_box import Box
from matcher.looking.transform import describe_transform, read_transform
from matcher.thresholds import COUNTED_STRANGERS

MAX_PICTURED = 6  # the best evidence is shown in pictures, the rest in the table


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLogo:
    """A row of _LOGOS: an official logo where a page shows it, with how it was matched."""

    evidence_id: EvidenceId
    reasons: tuple[str, ...]
    seen_at: Instant
    page_url: FinalUrl
    page_title: str | None
    found_by: FoundBy
    image_url: str | None
    inline_sha256: Sha256 | None
    image_sha256: Sha256
    image_capture_id: CaptureId | None
    alt: str | None
    link_url: str | None
    heading_trail: tuple[str, ...]
    nearby_text: str | None
    official_logo_id: OfficialLogoId
    file: str
    product: str | None
    usage: str  # JSON, as matcher.brands.usage reads it
    content: bytes  # of the official drawing
    valid_until: IsoDate | None
    distance_bits: int
    score: float
    x: int
    y: int
    width: int
    height: int
    transform: dict[str, Any]
    strangers: int
    strangers_compared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MisusedMark:
    """A rule of the brand's guide that a shown mark breaks."""

    evidence_id: EvidenceId
    kind: MarkMisuse
    measured: str
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A row of v_contradictions: a sentence that denies what the vendor claims."""

    denial: str
    polarity: Polarity
    names_brand: bool
    is_on_same_page: bool  # of one look
    is_at_same_address: bool  # which showed the claim, then or on another look
    claimed_by: str  # picture, words, name, text, as many as there are, with commas
    denying_page_url: FinalUrl
    denying_pages: int
    first_seen: Instant
    last_seen: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SameWall:
    """Another vendor that shows the same wall of logos."""

    vendor: str
    vendor_domain: str
    page_url: FinalUrl
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """Something that happened to a claim. what: seen, judged or replayed."""

    at: Instant
    what: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoExhibit:
    """One sighting of an official logo, with the pictures that show it; pictures is None when there is no room for more."""

    logo: ShownLogo  # as the newest look showed it
    seen: Seen
    shown: tuple[str, ...]  # how the official drawing became what was found, a phrase each
    common: str | None  # how many drawings that are nobody's are as much like it
    usage: tuple[str, ...]  # the brand's rules for this logo, a phrase each
    misuse: tuple[MisusedMark, ...]
    pictures: Comparison | None
    not_pictured: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What a reader of one claim needs."""

    sentence: str
    evidence_rate: str | None  # how often such evidence was right on labelled images
    logos: tuple[LogoExhibit, ...]
    named: tuple[NamedExhibit, ...]  # images that claim by words or names alone
    texts: tuple[TextExhibit, ...]
    dates: ClaimDates
    contradictions: tuple[Contradiction, ...]
    same_walls: tuple[SameWall, ...]
    search: Search | None
    verdicts: tuple[Verdict, ...]  # the one that holds first
    captures: tuple[Exchange, ...]
    ways: tuple[Way, ...]  # of looks that were redirected
    pages: tuple[PageExhibit, ...]  # as drawn, the latest look at each first
    timeline: tuple[TimelineEntry, ...]
    story: CaseStory | None  # what people did with it; None: it never became a case
    rules_version: str


def read_dossier(ledger: Ledger, warc_dir: Path, finding: Finding, *, with_pictures: bool = True) -> Dossier:
    """Return the dossier of a finding. with_pictures: drawing them takes longer than all else."""
    claim_id = finding.claim_id
    verdicts = ledger.select(
        Verdict,
        f"SELECT {columns_of(Verdict)} FROM verdicts WHERE claim_id = ? AND is_replay = 0 ORDER BY sequence DESC",
        [claim_id],
    )
    search_id = verdicts[0].search_id if verdicts else None
    brand_name = ledger.value("SELECT name FROM brands WHERE brand = ?", [finding.brand])
    story, dates = read_case_story(ledger, claim_id), read_claim_dates(ledger, claim_id)
    return Dossier(
        sentence=_sentence(
            finding, brand_name, story.case.removed_on if story else None, is_gone=dates.gone_by is not None
        ),
        evidence_rate=describe_rate(finding.evidence, is_doubted=bool(verdicts and verdicts[0].facts.get("doubts"))),
        logos=_logos(ledger, warc_dir, claim_id, with_pictures=with_pictures),
        named=read_named_images(ledger, warc_dir, claim_id, with_pictures=with_pictures),
        texts=read_text_exhibits(ledger, claim_id),
        dates=dates,
        contradictions=tuple(
            ledger.select(
                Contradiction,
                _CONTRADICTIONS,
                [claim_id],
            )
        ),
        same_walls=tuple(ledger.select(SameWall, _SAME_WALLS, [claim_id])),
        search=ledger.find(Search, search_id=search_id) if search_id else None,
        verdicts=tuple(verdicts),
        captures=read_exchanges(ledger, claim_id),
        ways=read_ways(ledger, claim_id),
        pages=read_exhibits(ledger, warc_dir, claim_id) if with_pictures else (),
        timeline=tuple(ledger.select(TimelineEntry, _TIMELINE, [claim_id, claim_id])),
        story=story,
        rules_version=RULES_VERSION,
    )


def _sentence(finding: Finding, brand_name: str, removed_on: IsoDate | None, *, is_gone: bool) -> str:
    """What a claim is, in one sentence; what it was, once its pages were read without it. "Gone since" once that is proven."""
    if finding.verdict is None:
        return f"{finding.vendor} and {brand_name}: not judged yet."
    relation = RELATIONS[finding.relation].words
    if finding.tier:
        relation = f"{finding.tier} {relation}"
    shows = "showed" if removed_on or is_gone else "shows"
    said = VERDICTS[finding.verdict].sentence.format(
        vendor=finding.vendor, shows=shows, relation=relation, brand=brand_name
    )
    return f"{said} Gone since {removed_on}." if removed_on else said


def _logos(ledger: Ledger, warc_dir: Path, claim_id: ClaimId, *, with_pictures: bool) -> tuple[LogoExhibit, ...]:
    exhibits: list[LogoExhibit] = []
    pictured: set[tuple[Sha256, OfficialLogoId]] = set()
    misuse: dict[EvidenceId, list[MisusedMark]] = {}
    for mark in ledger.select_each(
        MisusedMark,
        "SELECT evidence_id, kind, measured, allowed FROM v_mark_findings WHERE claim_id = ? ORDER BY kind",
        [claim_id],
    ):
        misuse.setdefault(mark.evidence_id, []).append(mark)
    shown = ledger.select(ShownLogo, _LOGOS, [claim_id])
    for looks in group_looks(shown, [(logo.page_url, logo.image_sha256, logo.official_logo_id) for logo in shown]):
        logo = looks[0]
        key = (logo.image_sha256, logo.official_logo_id)
        pictures: Comparison | None = None
        why_not: str | None = None
        if key in pictured:
            why_not = "the same image as above"
        elif len(pictured) >= MAX_PICTURED:
            why_not = f"only the {MAX_PICTURED} surest images are pictured"
        else:
            compared = compare_logo(ledger, warc_dir, logo) if with_pictures else None
            if compared is None:
                pictured.add(key)
            elif isinstance(compared, Refusal):
                why_not = f"the picture could not be drawn: {compared.reason}"
            elif isinstance(compared, str):
                why_not = compared
            else:
                pictures = compared
                pictured.add(key)
        exhibits.append(
            LogoExhibit(
                logo=logo,
                seen=seen_on(looks),
                shown=_describe_shown(logo),
                common=_describe_strangers(logo),
                usage=read_usage(logo.usage).describe(),
                misuse=tuple(misuse.get(logo.evidence_id, ())),
                pictures=pictures,
                not_pictured=why_not,
            )
        )
    return tuple(exhibits)


def compare_logo(ledger: Ledger, warc_dir: Path, logo: ShownLogo) -> Comparison | Refusal | str:
    """Return the pictures of a shown logo, or why there are none."""
    capture_id = None if logo.inline_sha256 else logo.image_capture_id
    try:
        content = image_content(ledger, warc_dir, logo.image_sha256, capture_id)
    except RecordDeletedError as error:
        return str(error)
    transform = read_transform(logo.transform)
    region = Box(x=logo.x, y=logo.y, width=logo.width, height=logo.height)
    return compare_pictures(logo.content, content, region, frame=transform.frame if transform else 1)


def _describe_shown(logo: ShownLogo) -> tuple[str, ...]:
    transform = read_transform(logo.transform)
    return describe_transform(transform) if transform else ()


def _describe_strangers(logo: ShownLogo) -> str:
    count = "none" if logo.strangers == 0 else str(logo.strangers)
    if logo.strangers >= COUNTED_STRANGERS:
        count = f"{COUNTED_STRANGERS} or more"
    if not logo.strangers_compared or logo.strangers >= COUNTED_STRANGERS:
        return f"{count} of {logo.strangers_compared:,} unrelated drawings"
    bound = tell_share(upper_bound(logo.strangers, logo.strangers_compared))
    return f"{count} of {logo.strangers_compared:,} unrelated drawings: under {bound} at 95 % confidence"


_LOGOS = """
    SELECT e.evidence_id, e.reasons, e.seen_at, p.url AS page_url, p.title AS page_title,
           g.found_by, g.image_url, g.inline_sha256, g.alt, g.link_url, g.heading_trail, g.nearby_text,
           g.image_sha256, g.image_capture_id,
           o.official_logo_id, o.file, o.product, o.usage, o.content, o.valid_until,
           m.distance_bits, m.score, m.x, m.y, m.width, m.height, m.transform, m.strangers, m.strangers_compared
    FROM claim_evidence e
    JOIN seen_images g ON g.sighting_id = e.sighting_id
    JOIN pages p ON p.page_id = e.page_id
    JOIN logo_matches m ON m.match_id = e.match_id
    JOIN official_logos o ON o.official_logo_id = m.official_logo_id
    WHERE e.claim_id = ? AND e.evidence = 'picture'
    ORDER BY m.score DESC, e.seen_at DESC, e.evidence_id
"""
_SAME_WALLS = """
    SELECT t.vendor, t.vendor_domain, min(t.page_url) AS page_url, t.images
    FROM v_templates t
    WHERE t.template_id IN (
        SELECT w.template_id FROM claim_evidence e JOIN wall_images i ON i.sighting_id = e.sighting_id
        JOIN walls w ON w.wall_id = i.wall_id WHERE e.claim_id = ?1)
      AND t.vendor_domain <> (SELECT s.vendor_domain FROM claims c JOIN seeds s ON s.seed_id = c.seed_id WHERE c.claim_id = ?1)
    GROUP BY t.vendor_domain ORDER BY t.vendor_domain LIMIT 20
"""
_TIMELINE = """
    SELECT e.seen_at AS at, 'seen' AS what, e.evidence || ' on ' || p.url AS detail
    FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id WHERE e.claim_id = ? GROUP BY e.seen_at, p.url, e.evidence
    UNION ALL
    SELECT judged_at, iif(is_replay, 'replayed', 'judged'), verdict || ' (rule ' || rule || ', as of ' || as_of || ')'
    FROM verdicts WHERE claim_id = ?
    ORDER BY 1
"""
_CONTRADICTIONS = """
    SELECT v.denial, v.polarity, v.names_brand, v.is_on_same_page, v.claimed_by, v.denying_page_url, v.denying_pages, v.first_seen, v.last_seen,
           EXISTS (SELECT 1 FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
                   WHERE e.claim_id = v.claim_id AND p.url = v.denying_page_url) AS is_at_same_address
    FROM v_contradictions v WHERE v.claim_id = ? ORDER BY v.is_on_same_page DESC
"""
