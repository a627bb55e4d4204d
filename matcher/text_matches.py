"""Passages → text matches: every sentence of a healthy page that names a brand, or speaks of partners without naming one.

Reads: passages, brands. Writes: text_matches.

1. Take the passages of the given visits, page by page.
2. Find the names of the brands and read the sentences around them; a page that disclaims partnership is read again with that in mind.
3. Replace the passages' earlier text matches of these brands, and those of no brand.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace

from ledger.database import Ledger, Row
from ledger.identity import content_id
from ledger.lexicon import Lexicon
from ledger.records import TextMatch
from ledger.typed_texts import PassageId, VisitId
from ledger.vocabulary import AssertedBy, Polarity, SectionKind, StatementKind
from matcher.words.naming import Name, brand_names
from matcher.words.statement_context import Setting
from matcher.words.statements import Statement, StatementReader

_LEADS = {StatementKind.PARTNER_CLAIM: SectionKind.PARTNERS, StatementKind.CUSTOMER_CLAIM: SectionKind.CLIENTS}
MAX_ITEM_CHARS = 60
_CLAIMS = frozenset({StatementKind.PARTNER_CLAIM, StatementKind.CERTIFICATION})


def match_texts(ledger: Ledger, brands: Sequence[str], lexicon: Lexicon, *, visit_ids: Iterable[VisitId]) -> int:
    """Write the text matches of visits; returns how many there are now. Running it again changes nothing."""
    reader = StatementReader(_names(ledger, brands), lexicon)
    total = 0
    for visit_id in visit_ids:
        rows = ledger.each(_PASSAGES, [visit_id])
        matches = [
            match
            for _, passages in itertools.groupby(rows, key=lambda row: str(row["page_id"]))
            for match in _read_page(reader, list(passages))
        ]
        _replace(ledger, visit_id, brands, matches)
        total += len(matches)
    return total


def _read_page(reader: StatementReader, passages: Sequence[Row]) -> list[TextMatch]:
    said = list(_read_passages(reader, passages, None))
    if disclaims := next((statement.rule for _, _, statement in said if _is_disclaimer(statement)), None):
        said = list(_read_passages(reader, passages, disclaims))
    telling = {
        s.brand
        for _, _, s in said
        if s.kind is not StatementKind.MENTION_ONLY and s.asserted_by is not AssertedBy.BIOGRAPHY
    }
    claimed = {s.brand for _, setting, s in said if s.kind in _CLAIMS and setting.zone in ("main", "aside")}
    return [
        _text_match(row["passage_id"], statement, is_overshadowed=_adds_nothing(statement, telling, claimed))
        for row, _, statement in said
    ]


def _read_passages(
    reader: StatementReader, passages: Sequence[Row], page_disclaims: str | None
) -> Iterator[tuple[Row, Setting, Statement]]:
    led_by: SectionKind | None = None  # "Our partners include:" leads the list that follows it
    for row in passages:
        setting = replace(_setting(row), page_disclaims=page_disclaims)
        led_by = led_by if len(row["text"]) <= MAX_ITEM_CHARS and row["heading"] != row["text"] else None
        if led_by and setting.section_kind is SectionKind.NONE:
            setting = replace(setting, section_kind=led_by)
        statements = reader.read(row["text"], setting)
        yield from ((row, setting, statement) for statement in statements)
        if row["text"].rstrip().endswith((":", "：")):
            leads = [_LEADS[s.kind] for s in statements if s.brand is None and s.kind in _LEADS]
            led_by = leads[-1] if leads else None


def _adds_nothing(statement: Statement, telling: Set[str | None], claimed: Set[str | None]) -> bool:
    """Whether the page says more of the brand: than a mere mention, or than that its trademarks are its own."""
    if statement.kind is StatementKind.MENTION_ONLY:
        return statement.brand in telling
    return statement.kind is StatementKind.DENIAL and statement.relation is None and statement.brand in claimed


def _is_disclaimer(statement: Statement) -> bool:
    """Whether it takes back what the page's lists would say: of every brand, and more than a notice of trademarks."""
    return statement.brand is None and statement.polarity is not Polarity.AFFIRMED and statement.relation is not None


def _setting(row: Row) -> Setting:
    return Setting(
        language=row["language"],
        section_kind=SectionKind(row["section_kind"]),
        heading_trail=tuple(json.loads(row["heading_trail"])),
        zone=row["zone"],
        vendor=row["vendor"],
        seen_year=int(row["seen_at"][:4]) if row["seen_at"] else None,
    )


_PASSAGES = """
    SELECT g.passage_id, g.page_id, g.text, g.language, g.section_kind, g.heading, g.heading_trail, g.zone, s.vendor,
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
    kept = {match.text_match_id for match in matches}
    with ledger.transaction():
        for row in ledger.rows(
            "SELECT t.text_match_id FROM text_matches t JOIN passages g ON g.passage_id = t.passage_id"
            " JOIN pages p ON p.page_id = g.page_id"
            " WHERE p.visit_id = ? AND (t.brand IS NULL OR t.brand IN (SELECT value FROM json_each(?)))",
            [visit_id, json.dumps(list(brands))],
        ):
            if row["text_match_id"] not in kept:
                ledger.execute("DELETE FROM claim_evidence WHERE text_match_id = ?", [row["text_match_id"]])
                ledger.execute("DELETE FROM text_matches WHERE text_match_id = ?", [row["text_match_id"]])
        ledger.put(matches)


def _names(ledger: Ledger, brands: Sequence[str]) -> list[Name]:
    rows = ledger.rows(
        "SELECT brand, name, aliases, not_when FROM brands WHERE brand IN (SELECT value FROM json_each(?))",
        [json.dumps(list(brands))],
    )
    return [
        name
        for row in rows
        for name in brand_names(row["brand"], row["name"], json.loads(row["aliases"]), json.loads(row["not_when"]))
    ]


def _text_match(passage_id: PassageId, statement: Statement, *, is_overshadowed: bool) -> TextMatch:
    return TextMatch(
        text_match_id=content_id("text-match", passage_id, statement.brand or "", statement.span.start),
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
        span_start=statement.span.start,
        span_end=statement.span.stop,
        sentence_start=statement.sentence.start,
        sentence_end=statement.sentence.stop,
        is_overshadowed=is_overshadowed,
    )
