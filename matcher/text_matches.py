"""Passages → text matches: every sentence of a healthy page that names a brand, or speaks of partners without naming one.

Reads: passages with their pages, looks, visits and seeds, brands, claim_evidence. Writes: text_matches.

1. Take the passages of the given visits, page by page.
2. Find the names of the brands and read the sentences around them.
3. Replace the passages' earlier text matches of these brands, and those of no brand.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace

from ledger.archive.record_places import PAGES_OF_CAPTURES
from ledger.database import Ledger
from ledger.identity import content_id
from ledger.lexicon import Lexicon
from ledger.records import TextMatch
from ledger.typed_texts import CaptureId, Instant, PageId, PassageId, TextMatchId, VisitId
from ledger.vocabulary import AssertedBy, Certainty, Polarity, SectionKind, StatementKind
from matcher.stored_names import names_of, read_brands
from matcher.words.statement_context import Setting
from matcher.words.statements import Statement, StatementReader

_LEADS = {StatementKind.PARTNER_CLAIM: SectionKind.PARTNERS, StatementKind.CUSTOMER_CLAIM: SectionKind.CLIENTS}
MAX_ITEM_CHARS = 60
_CLAIMS = frozenset({StatementKind.PARTNER_CLAIM, StatementKind.CERTIFICATION})
_CLAIMING = _CLAIMS | {StatementKind.CUSTOMER_CLAIM}


@dataclass(frozen=True, slots=True)
class _Passage:
    passage_id: PassageId
    page_id: PageId
    text: str
    language: str | None
    section_kind: SectionKind
    heading: str | None
    heading_trail: tuple[str, ...]
    zone: str
    vendor: str
    own_names: tuple[str, ...]
    seen_at: Instant


def match_texts(ledger: Ledger, brands: Sequence[str], lexicon: Lexicon, *, visit_ids: Iterable[VisitId]) -> int:
    """Write the text matches of visits; returns how many there are now. Running it again changes nothing."""
    reader = StatementReader(names_of(read_brands(ledger, brands)), lexicon)
    total = 0
    for visit_id in visit_ids:
        passages_of_visit = ledger.select_each(_Passage, _PASSAGES, [visit_id])
        matches = [
            match
            for _, passages in itertools.groupby(passages_of_visit, key=lambda passage: passage.page_id)
            for match in _read_page(reader, list(passages))
        ]
        _replace(ledger, visit_id, brands, matches)
        total += len(matches)
    return total


def _read_page(reader: StatementReader, passages: Sequence[_Passage]) -> list[TextMatch]:
    statements = list(_read_passages(reader, passages))
    if disclaimer := next((s.rule for _, _, s in statements if _is_disclaimer(s)), None):
        statements = [(passage, setting, _beside_disclaimer(s, disclaimer)) for passage, setting, s in statements]
    telling = {
        s.brand
        for _, _, s in statements
        if s.kind is not StatementKind.MENTION_ONLY and s.asserted_by is not AssertedBy.BIOGRAPHY
    }
    claimed = {s.brand for _, setting, s in statements if s.kind in _CLAIMS and setting.zone in ("main", "aside")}
    return [
        _text_match(passage.passage_id, statement, is_overshadowed=_adds_nothing(statement, telling, claimed))
        for passage, _, statement in statements
    ]


def _read_passages(
    reader: StatementReader, passages: Sequence[_Passage]
) -> Iterator[tuple[_Passage, Setting, Statement]]:
    led_by: SectionKind | None = None  # "Our partners include:" leads the list that follows it
    for passage in passages:
        setting = _setting(passage)
        led_by = led_by if len(passage.text) <= MAX_ITEM_CHARS and passage.heading != passage.text else None
        if led_by and setting.section_kind is SectionKind.NONE:
            setting = replace(setting, section_kind=led_by)
        statements = reader.read(passage.text, setting)
        yield from ((passage, setting, statement) for statement in statements)
        if passage.text.rstrip().endswith((":", "：")):
            leads = [_LEADS[s.kind] for s in statements if s.brand is None and s.kind in _LEADS]
            led_by = leads[-1] if leads else None


def _is_disclaimer(statement: Statement) -> bool:
    """Whether it says of every brand named there that there is no partnership; a notice of trademarks does not."""
    return statement.brand is None and statement.polarity is not Polarity.AFFIRMED and statement.relation is not None


def _beside_disclaimer(statement: Statement, disclaimer: str) -> Statement:
    """Return what a name in a list, or the list's heading, says on a page that disclaims in its own words: by itself no claim.

    Nothing is erased: a name that is listed stays evidence of a claim, which the disclaimer contradicts.
    """
    is_list = statement.rule.partition("/")[2].startswith(("listed:", "heading:"))
    if not is_list or statement.kind is not StatementKind.PARTNER_CLAIM:
        return statement
    return replace(
        statement,
        kind=StatementKind.MENTION_ONLY,
        rule=f"{statement.rule}, but the page disclaims",
        certainty=Certainty.LIKELY,
        doubt=f"the page disclaims: {disclaimer.partition('/')[2]}",
    )


def _adds_nothing(statement: Statement, telling: Set[str | None], claimed: Set[str | None]) -> bool:
    """Whether the page says more of the brand: than a mere mention, or than that its trademarks are its own."""
    if statement.kind is StatementKind.MENTION_ONLY:
        return statement.brand in telling
    return statement.kind is StatementKind.DENIAL and statement.relation is None and statement.brand in claimed


def _setting(passage: _Passage) -> Setting:
    return Setting(
        language=passage.language,
        section_kind=passage.section_kind,
        heading_trail=passage.heading_trail,
        zone=passage.zone,
        vendor=passage.vendor,
        own_names=passage.own_names,
        seen_year=int(passage.seen_at[:4]),
    )


_PASSAGES = """
    SELECT g.passage_id, g.page_id, g.text, g.language, g.section_kind, g.heading, g.heading_trail, g.zone, s.vendor,
           (SELECT json_group_array(DISTINCT n.value) FROM (
                SELECT value FROM json_each(s.aliases)
                UNION SELECT o.value FROM pages q, json_each(q.own_names) o WHERE q.visit_id = p.visit_id LIMIT 30) n) AS own_names,
           k.looked_at AS seen_at
    FROM pages p
    JOIN passages g ON g.page_id = p.page_id
    JOIN visits v ON v.visit_id = p.visit_id
    JOIN seeds s ON s.seed_id = v.seed_id
    JOIN looks k ON k.look_id = p.look_id
    WHERE p.visit_id = ?
    ORDER BY p.rowid, g.ordinal
"""


def _replace(ledger: Ledger, visit_id: VisitId, brands: Sequence[str], matches: list[TextMatch]) -> None:
    ledger.replace(
        TextMatch,
        matches,
        "text_match_id",
        "SELECT t.text_match_id FROM text_matches t JOIN passages g ON g.passage_id = t.passage_id"
        " JOIN pages p ON p.page_id = g.page_id"
        " WHERE p.visit_id = ? AND (t.brand IS NULL OR t.brand IN (SELECT value FROM json_each(?)))",
        [visit_id, json.dumps(list(brands))],
    )


def _text_match(passage_id: PassageId, statement: Statement, *, is_overshadowed: bool) -> TextMatch:
    return TextMatch(
        text_match_id=TextMatchId(content_id("text-match", passage_id, statement.brand or "", statement.span.start)),
        passage_id=passage_id,
        brand=statement.brand,
        alias=statement.alias,
        kind=statement.kind,
        rule=statement.rule,
        relation=statement.relation,
        polarity=statement.polarity,
        modality=statement.modality,
        asserted_by=statement.asserted_by,
        subject=statement.subject,
        tier=statement.tier,
        programme=statement.programme,
        since=statement.since,
        until=statement.until,
        certainty=statement.certainty if statement.kind in _CLAIMING or statement.doubt else None,
        doubt=statement.doubt,
        span_start=statement.span.start,
        span_end=statement.span.stop,
        sentence_start=statement.sentence.start,
        sentence_end=statement.sentence.stop,
        is_overshadowed=is_overshadowed,
    )


def forget_unclaimed_texts(ledger: Ledger, capture_ids: Sequence[CaptureId]) -> None:
    """Take away the text matches of pages whose captures are deleted, as far as no claim rests on them."""
    ledger.execute(
        "DELETE FROM text_matches"
        f" WHERE passage_id IN (SELECT passage_id FROM passages WHERE page_id IN ({PAGES_OF_CAPTURES}))"
        " AND text_match_id NOT IN (SELECT text_match_id FROM claim_evidence WHERE text_match_id IS NOT NULL)",
        {"captures": json.dumps(list(capture_ids))},
    )
