"""Passages → text matches: every sentence of a healthy page that names a brand.

Reads: passages, brands. Writes: text_matches.

1. Take the passages of the given visits (all, when none are given).
2. Find the names of the brands and judge the sentence around each.
3. Replace the passage's earlier text matches of these brands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ledger.database import Ledger
from ledger.identity import content_id
from ledger.lexicon import Lexicon
from ledger.records import TextMatch
from ledger.vocabulary import SectionKind
from matcher.statements import Name, Statement, StatementReader, brand_names


def match_texts(ledger: Ledger, brands: Sequence[str], lexicon: Lexicon, *, visit_ids: Iterable[str]) -> int:
    """Write the text matches of visits; returns how many there are now. Running it again changes nothing."""
    reader = StatementReader(_names(ledger, brands), lexicon)
    total = 0
    for visit_id in visit_ids:
        matches = [
            _text_match(row["passage_id"], statement)
            for row in ledger.each(
                "SELECT g.passage_id, g.text, g.language, g.section_kind FROM passages g"
                " JOIN pages p ON p.page_id = g.page_id WHERE p.visit_id = ?",
                [visit_id],
            )
            for statement in reader.read(
                row["text"], language=row["language"], section_kind=SectionKind(row["section_kind"])
            )
        ]
        _replace(ledger, visit_id, brands, matches)
        total += len(matches)
    return total


def _replace(ledger: Ledger, visit_id: str, brands: Sequence[str], matches: list[TextMatch]) -> None:
    kept = {match.text_match_id for match in matches}
    with ledger.transaction():
        for row in ledger.rows(
            "SELECT t.text_match_id FROM text_matches t JOIN passages g ON g.passage_id = t.passage_id"
            " JOIN pages p ON p.page_id = g.page_id"
            " WHERE p.visit_id = ? AND t.brand IN (SELECT value FROM json_each(?))",
            [visit_id, json.dumps(list(brands))],
        ):
            if row["text_match_id"] not in kept:
                ledger.execute("DELETE FROM claim_evidence WHERE text_match_id = ?", [row["text_match_id"]])
                ledger.execute("DELETE FROM text_matches WHERE text_match_id = ?", [row["text_match_id"]])
        ledger.put(matches)


def _names(ledger: Ledger, brands: Sequence[str]) -> list[Name]:
    rows = ledger.rows(
        "SELECT brand, name, aliases FROM brands WHERE brand IN (SELECT value FROM json_each(?))",
        [json.dumps(list(brands))],
    )
    return [name for row in rows for name in brand_names(row["brand"], row["name"], json.loads(row["aliases"]))]


def _text_match(passage_id: str, statement: Statement) -> TextMatch:
    return TextMatch(
        text_match_id=content_id("text-match", passage_id, statement.brand, statement.span.start),
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
    )
