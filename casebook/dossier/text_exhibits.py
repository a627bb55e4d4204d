"""The sentences that a claim rests on, for a reader: each in its passage, under its heading, with what was understood of it.

Reads: claim_evidence, sentences, pages. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ledger.database import Ledger
from ledger.typed_texts import ClaimId, FinalUrl, Instant
from ledger.vocabulary import AssertedBy, Polarity, Relation, StatementKind

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When one page showed a piece of evidence: first and last look, and on how many."""

    first: Instant
    last: Instant
    looks: int


class _SeenAt(Protocol):
    @property
    def seen_at(self) -> Instant: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSentence:
    """A row of _TEXTS: a sentence that names the brand, with the passage that it stands in."""

    seen_at: Instant
    page_url: FinalUrl
    page_title: str | None
    sentence: str
    text: str
    sentence_start: int
    sentence_end: int
    kind: StatementKind
    rule: str
    relation: Relation | None
    polarity: Polarity
    tier: str | None
    programme: str | None
    since: str | None
    until: str | None
    subject: str | None
    asserted_by: AssertedBy
    heading: str | None
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextExhibit:
    """One sentence that names the brand, with the passage before and after it."""

    sentence: ShownSentence
    seen: Seen
    parts: tuple[str, ...]  # what was understood of it, a phrase each
    before: str
    marked: str  # the sentence as the passage has it
    after: str


def read_text_exhibits(ledger: Ledger, claim_id: ClaimId) -> tuple[TextExhibit, ...]:
    """Return the sentences of a claim, the newest look first; the same sentence of one page once."""
    exhibits = []
    shown = ledger.select(ShownSentence, _TEXTS, [claim_id])
    for looks in group_looks(shown, [(sentence.page_url, sentence.sentence) for sentence in shown]):
        sentence = looks[0]
        start, end = _without_spaces(sentence.text, sentence.sentence_start, sentence.sentence_end)
        exhibits.append(
            TextExhibit(
                sentence=sentence,
                seen=seen_on(looks),
                parts=_describe_parts(sentence),
                before=sentence.text[max(0, start - 300) : start],
                marked=sentence.text[start:end],
                after=sentence.text[end : end + 300],
            )
        )
    return tuple(exhibits)


def _without_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where a part of a text begins and ends without the spaces around it."""
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    return start, start + len(part.strip())


def _describe_parts(sentence: ShownSentence) -> tuple[str, ...]:
    parts = {
        "relation": sentence.relation,
        "": None if sentence.polarity is Polarity.AFFIRMED else sentence.polarity,
        "tier": sentence.tier,
        "programme": sentence.programme,
        "since": sentence.since,
        "until": sentence.until,
        "subject": sentence.subject,
        "said by": None if sentence.asserted_by is AssertedBy.VENDOR else sentence.asserted_by,
    }
    return tuple(f"{name} {value}".strip() for name, value in parts.items() if value)


def group_looks(rows: Iterable[T], keys: Iterable[Hashable]) -> list[list[T]]:
    """Put together what looks at one page gave again and again: equal keys, the newest and surest first."""
    groups: dict[Hashable, list[T]] = {}
    for row, key in zip(rows, keys, strict=True):
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def seen_on(looks: Sequence[_SeenAt]) -> Seen:
    """Return when some looks were."""
    days = sorted({look.seen_at for look in looks})
    return Seen(first=days[0], last=days[-1], looks=len(days))


_TEXTS = """
    SELECT e.seen_at, p.url AS page_url, p.title AS page_title, t.sentence,
           t.text, t.sentence_start, t.sentence_end, t.kind, t.rule, t.relation, t.polarity, t.tier, t.programme, t.since, t.until,
           t.subject, t.asserted_by, t.heading, t.language
    FROM claim_evidence e
    JOIN sentences t ON t.text_match_id = e.text_match_id
    JOIN pages p ON p.page_id = e.page_id
    WHERE e.claim_id = ?
    ORDER BY e.seen_at DESC, t.ordinal, t.span_start
"""
