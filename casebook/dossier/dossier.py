"""All that is known about one claim, gathered for a reader: verdict, pictures, words, search, dates, digests.

Reads: every table on the way from capture to verdict. Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from casebook.dossier.pictures import PageExhibit, read_exhibits
from casebook.dossier.provenance import Exchange, Way, read_exchanges, read_ways
from casebook.verdicts.facts import ClaimDates, read_claim_dates
from casebook.verdicts.rules import RULES_VERSION
from ledger.database import Ledger, Row
from ledger.errors import RecordDeletedError
from ledger.relations import MEANINGS as RELATIONS
from ledger.typed_texts import ClaimId
from ledger.verdict_kinds import MEANINGS as VERDICTS
from ledger.vocabulary import AssertedBy, Polarity, Relation, VerdictKind
from matcher.brands.usage import read_usage
from matcher.decoding.refusals import Refusal
from matcher.logo_matches import image_content
from matcher.looking.explain import Comparison, compare_pictures
from matcher.looking.regions import Box
from matcher.looking.transform import describe_transform, read_transform
from matcher.thresholds import COUNTED_STRANGERS

MAX_PICTURED = 6  # the best evidence is shown in pictures, the rest in the table


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When one page showed a piece of evidence: first and last look, and on how many."""

    first: str
    last: str
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoExhibit:
    """One sighting of an official logo, with the pictures that show it; pictures is None when there is no room for more."""

    row: Row
    seen: Seen
    reasons: tuple[str, ...]
    heading_trail: tuple[str, ...]
    shown: tuple[str, ...]  # how the official drawing became what was found, a phrase each
    common: str | None  # how many drawings that are nobody's are as much like it
    usage: tuple[str, ...]  # the brand's rules for this logo, a phrase each
    misuse: tuple[Row, ...]  # rows of v_mark_findings
    pictures: Comparison | None
    not_pictured: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextExhibit:
    """One sentence that names the brand; before, said, after are the passage around the claiming span."""

    row: Row
    seen: Seen
    parts: tuple[str, ...]  # what was understood of it, a phrase each
    before: str
    said: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What a reader of one claim needs."""

    sentence: str
    logos: tuple[LogoExhibit, ...]
    texts: tuple[TextExhibit, ...]
    dates: ClaimDates
    contradictions: tuple[Row, ...]  # rows of v_contradictions
    same_walls: tuple[Row, ...]  # of v_templates: other vendors that show the same wall of logos
    search: Row | None
    registers: list[dict[str, object]]
    tried: dict[str, object]
    asked: dict[str, list[str]]
    hits: list[dict[str, object]]
    near_misses: list[dict[str, object]]
    verdicts: tuple[Row, ...]
    captures: tuple[Exchange, ...]
    ways: tuple[Way, ...]  # of looks that were redirected
    pages: tuple[PageExhibit, ...]  # as drawn, the latest look at each first
    timeline: tuple[Row, ...]
    rules_version: str


def read_dossier(ledger: Ledger, warc_dir: Path, finding: Row, *, with_pictures: bool = True) -> Dossier:
    """Return the dossier of a row of v_findings. with_pictures: drawing them takes longer than all else."""
    claim_id = finding["claim_id"]
    verdicts = ledger.rows(
        "SELECT * FROM verdicts WHERE claim_id = ? AND is_replay = 0 ORDER BY sequence DESC", [claim_id]
    )
    search_id = verdicts[0]["search_id"] if verdicts else None
    search = ledger.row("SELECT * FROM searches WHERE search_id = ?", [search_id]) if search_id else None
    brand_name = ledger.value("SELECT name FROM brands WHERE brand = ?", [finding["brand"]])
    return Dossier(
        sentence=_sentence(finding, brand_name),
        logos=_logos(ledger, warc_dir, claim_id, with_pictures=with_pictures),
        texts=_texts(ledger, claim_id),
        dates=read_claim_dates(ledger, claim_id),
        contradictions=tuple(
            ledger.rows("SELECT * FROM v_contradictions WHERE claim_id = ? ORDER BY is_on_same_page DESC", [claim_id])
        ),
        same_walls=tuple(ledger.rows(_SAME_WALLS, [claim_id])),
        search=search,
        registers=json.loads(search["registers"]) if search else [],
        tried=json.loads(search["tried"]) if search else {},
        asked=json.loads(search["asked"]) if search else {},
        hits=json.loads(search["hits"]) if search else [],
        near_misses=json.loads(search["near_misses"]) if search else [],
        verdicts=tuple(verdicts),
        captures=read_exchanges(ledger, claim_id),
        ways=read_ways(ledger, claim_id),
        pages=read_exhibits(ledger, warc_dir, claim_id) if with_pictures else (),
        timeline=tuple(ledger.rows(_TIMELINE, [claim_id, claim_id])),
        rules_version=RULES_VERSION,
    )


def _sentence(finding: Row, brand_name: str) -> str:
    if finding["verdict"] is None:
        return f"{finding['vendor']} and {brand_name}: not judged yet."
    relation = RELATIONS[Relation(finding["relation"])].words
    if finding["tier"]:
        relation = f"{finding['tier']} {relation}"
    return VERDICTS[VerdictKind(finding["verdict"])].sentence.format(
        vendor=finding["vendor"], relation=relation, brand=brand_name
    )


def _logos(ledger: Ledger, warc_dir: Path, claim_id: ClaimId, *, with_pictures: bool) -> tuple[LogoExhibit, ...]:
    exhibits: list[LogoExhibit] = []
    pictured: set[tuple[str, str]] = set()
    misuse: dict[str, list[Row]] = {}
    for row in ledger.rows("SELECT * FROM v_mark_findings WHERE claim_id = ? ORDER BY kind", [claim_id]):
        misuse.setdefault(row["evidence_id"], []).append(row)
    for rows in _by_page(ledger.rows(_LOGOS, [claim_id]), "image_sha256", "official_logo_id"):
        row = rows[0]
        key = (row["image_sha256"], row["official_logo_id"])
        pictures: Comparison | None = None
        why_not: str | None = None
        if key in pictured:
            why_not = "the same image as above"
        elif len(pictured) >= MAX_PICTURED:
            why_not = f"only the {MAX_PICTURED} surest images are pictured"
        else:
            compared = compare_logo(ledger, warc_dir, row) if with_pictures else None
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
                row=row,
                seen=_seen(rows),
                reasons=tuple(json.loads(row["reasons"])),
                heading_trail=tuple(json.loads(row["heading_trail"])),
                shown=_describe_shown(row),
                common=_describe_strangers(row),
                usage=read_usage(row["usage"]).describe(),
                misuse=tuple(misuse.get(row["evidence_id"], ())),
                pictures=pictures,
                not_pictured=why_not,
            )
        )
    return tuple(exhibits)


def compare_logo(ledger: Ledger, warc_dir: Path, row: Row) -> Comparison | Refusal | str:
    """Return the pictures of a LogoExhibit's row, or why there are none."""
    capture_id = None if row["inline_sha256"] else row["image_capture_id"]
    try:
        found = image_content(ledger, warc_dir, row["image_sha256"], capture_id)
    except RecordDeletedError as error:
        return str(error)
    return compare_pictures(
        row["content"], found, Box(x=row["x"], y=row["y"], width=row["width"], height=row["height"])
    )


def _describe_shown(row: Row) -> tuple[str, ...]:
    transform = read_transform(json.loads(row["transform"]))
    return describe_transform(transform) if transform else ()


def _describe_strangers(row: Row) -> str | None:
    if row["strangers"] is None:
        return None
    count = "none" if row["strangers"] == 0 else str(row["strangers"])
    if row["strangers"] >= COUNTED_STRANGERS:
        count = f"{COUNTED_STRANGERS} or more"
    return f"{count} of {row['strangers_compared']:,} unrelated drawings"


def _texts(ledger: Ledger, claim_id: ClaimId) -> tuple[TextExhibit, ...]:
    exhibits = []
    for rows in _by_page(ledger.rows(_TEXTS, [claim_id]), "said"):
        row = rows[0]
        text, start, end = row["text"], row["sentence_start"], row["sentence_end"]
        exhibits.append(
            TextExhibit(
                row=row,
                seen=_seen(rows),
                parts=_describe_parts(row),
                before=text[max(0, start - 300) : start],
                said=text[start:end],
                after=text[end : end + 300],
            )
        )
    return tuple(exhibits)


def _describe_parts(row: Row) -> tuple[str, ...]:
    said = {
        "relation": row["relation"],
        "": None if row["polarity"] == Polarity.AFFIRMED else row["polarity"],
        "tier": row["tier"],
        "programme": row["programme"],
        "since": row["since"],
        "until": row["until"],
        "subject": row["subject"],
        "said by": None if row["asserted_by"] == AssertedBy.VENDOR else row["asserted_by"],
    }
    return tuple(f"{name} {value}".strip() for name, value in said.items() if value)


def _by_page(rows: Sequence[Row], *columns: str) -> list[list[Row]]:
    """Put together what looks at one page gave again and again: equal columns, the newest and surest first."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        found.setdefault((row["page_url"], *(row[column] for column in columns)), []).append(row)
    return list(found.values())


def _seen(rows: Sequence[Row]) -> Seen:
    days = sorted({row["seen_at"] for row in rows})
    return Seen(first=days[0], last=days[-1], looks=len(days))


_LOGOS = """
    SELECT e.evidence_id, e.reasons, e.seen_at, g.*, p.url AS page_url, p.title AS page_title, p.kind AS page_kind, p.language,
           m.*, o.file, o.product, o.usage, o.content, o.valid_from, o.valid_until, o.variant, o.official_logo_id,
           coalesce(g.inline_sha256, i.content_sha256) AS image_sha256, i.capture_id AS image_capture_id, g.inline_sha256
    FROM claim_evidence e
    JOIN sightings g ON g.sighting_id = e.sighting_id
    JOIN pages p ON p.page_id = e.page_id
    JOIN logo_matches m ON m.match_id = e.match_id
    JOIN official_logos o ON o.official_logo_id = m.official_logo_id
    LEFT JOIN looks i ON i.look_id = g.look_id AND i.outcome = 'looked'
    WHERE e.claim_id = ?
    ORDER BY m.score DESC, e.seen_at DESC, e.evidence_id
"""
_TEXTS = """
    SELECT e.reasons, e.seen_at, t.*, substr(g.text, t.sentence_start + 1, t.sentence_end - t.sentence_start) AS said, g.text, g.heading, g.language, p.url AS page_url, p.title AS page_title
    FROM claim_evidence e
    JOIN text_matches t ON t.text_match_id = e.text_match_id
    JOIN passages g ON g.passage_id = t.passage_id
    JOIN pages p ON p.page_id = e.page_id
    WHERE e.claim_id = ?
    ORDER BY e.seen_at DESC, g.ordinal, t.span_start
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
