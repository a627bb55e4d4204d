"""Claims → verdicts: each claim against its brand's register as of the day when it was last seen, or as of another day.

Reads: claims with evidence, seeds, brands, grants. Writes: judgings, searches, verdicts.

1. Gather the facts of a batch of claims.
2. Ask the register, where a rule needs it; the search is recorded.
3. Apply the rules; a verdict that says something new is a new row, the same one is not written again.

A replay asks what would have been said as of a day, with what was known at an instant: its verdicts are rows of their own
that no finding rests on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from operator import attrgetter

from casebook.register.search import Register, SearchQuery, SearchResult
from casebook.verdicts.facts import ClaimToJudge, read_claims
from casebook.verdicts.rules import RULES_VERSION, Judgement, judge_claim, needs_search
from casebook.verdicts.vendor_names import VendorNames
from ledger.database import Ledger
from ledger.domains import normal_place
from ledger.identity import content_id, event_id, utc_text
from ledger.records import Judging, Search, Seed, Verdict
from ledger.typed_texts import ClaimId, Instant, IsoDate, JudgingId, SearchId, SeedId
from ledger.vocabulary import JudgingCause, VerdictKind

BATCH_CLAIMS = 2_000  # judged in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class _LastVerdict:
    """A row of _LAST_VERDICTS. last_sequence: the last number given, also to a replay."""

    claim_id: ClaimId
    is_replay: bool
    last_sequence: int
    verdict: VerdictKind
    rule: str
    reasons: tuple[str, ...]
    close: tuple[str, ...]
    objections: tuple[str, ...]
    as_of: IsoDate
    rules_version: str
    search_id: SearchId | None

    def says(self, claim: ClaimToJudge, judgement: Judgement, search_id: SearchId | None) -> bool:
        """Tell whether a new judgement says no more and no less."""
        return (
            (self.verdict, self.rule, self.as_of) == (judgement.verdict, str(judgement.rule), claim.as_of)
            and (self.reasons, self.close, self.objections)
            == (judgement.reasons, judgement.close, judgement.objections)
            and (self.rules_version, self.search_id) == (RULES_VERSION, search_id)
        )


@dataclass
class Judge:
    """Judges claims with one reading of each brand's register, until another import holds; what it writes is one judging."""

    ledger: Ledger
    cause: JudgingCause = JudgingCause.JUDGE
    as_of: IsoDate | None = None  # date; None: of each claim the day when it was last seen
    known_at: Instant | None = None  # UTC text; None: now
    _registers: dict[str, Register] = field(default_factory=dict)
    _searches: dict[tuple[str, SeedId, IsoDate], SearchResult] = field(default_factory=dict)
    _judging: Judging | None = None

    @property
    def is_replay(self) -> bool:
        return self.cause is JudgingCause.REPLAY

    @property
    def judging_id(self) -> JudgingId | None:
        """The id of this judging; None while nothing has been judged."""
        return self._judging.judging_id if self._judging else None

    def judge(
        self,
        claim_ids: Iterable[ClaimId] | None = None,
        *,
        brands: Sequence[str] | None = None,
        on_claims: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Judge claims (all, when none are given); returns how many verdicts are new.

        on_claims is told how many were judged with each batch.
        """
        ids = iter(self._ordered(brands, claim_ids))
        new = 0
        while batch := list(islice(ids, BATCH_CLAIMS)):
            new += self._judge_batch(batch)
            on_claims(len(batch))
        return new

    def _ordered(self, brands: Sequence[str] | None, claim_ids: Iterable[ClaimId] | None) -> list[ClaimId]:
        """Claims of one vendor after each other: they share a search."""
        conditions, values = ["1"], list[str]()
        for column, chosen in (("brand", brands), ("claim_id", claim_ids)):
            if chosen is not None:
                conditions.append(f"{column} IN (SELECT value FROM json_each(?))")
                values.append(json.dumps([*chosen]))
        sql = f"SELECT claim_id FROM claims WHERE {' AND '.join(conditions)} ORDER BY seed_id, brand, relation"
        return self.ledger.values(sql, values)

    def _judge_batch(self, claim_ids: Sequence[ClaimId]) -> int:
        self._forget_changed()
        rows = self.ledger.select_each(_LastVerdict, _LAST_VERDICTS, {"claims": json.dumps(claim_ids)})
        last = {row.claim_id: row for row in rows}
        searches: dict[str, Search] = {}
        verdicts: list[Verdict] = []
        judging_id = self._open().judging_id
        now = utc_text()
        # one thing after another, not claim by claim: a processor keeps at hand what it did last
        claims = list(read_claims(self.ledger, claim_ids, as_of=self.as_of, known_at=self.known_at))
        results = {
            claim.claim_id: self._search(claim)
            for claim in sorted(claims, key=attrgetter("brand"))
            if needs_search(claim.facts)
        }
        for claim in claims:
            search = results.get(claim.claim_id)
            judgement = judge_claim(claim.facts, search, claim.as_of)
            verdict = self._verdict(claim, judgement, search, last.get(claim.claim_id), judging_id, now)
            if verdict is not None:
                verdicts.append(verdict)
                if search is not None:
                    searches[search.record.search_id] = search.record
        with self.ledger.transaction():
            self.ledger.add(searches.values())
            self.ledger.add(verdicts)
            self._close(len(claims), len(verdicts))
        return len(verdicts)

    def _forget_changed(self) -> None:
        """Read a register anew of which another import holds now: somebody may import while a crawl is judged."""
        for brand, register in [*self._registers.items()]:
            if not register.holds(self.ledger):
                del self._registers[brand]
                self._searches = {key: result for key, result in self._searches.items() if key[0] != brand}

    def _search(self, claim: ClaimToJudge) -> SearchResult:
        seed = claim.seed
        key = (claim.brand, seed.seed_id, claim.as_of)
        if key not in self._searches:
            if len(self._searches) >= BATCH_CLAIMS:  # claims of one vendor come close together or not at all
                self._searches.clear()
            if claim.brand not in self._registers:
                self._registers[claim.brand] = Register(self.ledger, claim.brand, known_at=self.known_at)
            query = query_of(seed, claim.names)
            self._searches[key] = self._registers[claim.brand].search(query, claim.as_of)
        return self._searches[key]

    def _verdict(
        self,
        claim: ClaimToJudge,
        judgement: Judgement,
        search: SearchResult | None,
        last: _LastVerdict | None,
        judging_id: JudgingId,
        now: Instant,
    ) -> Verdict | None:
        """The verdict's row, or None when it says what the last one says."""
        search_id = search.record.search_id if search else None
        if not self.is_replay and last is not None and not last.is_replay and last.says(claim, judgement, search_id):
            return None
        sequence = 0 if last is None else last.last_sequence + 1
        return Verdict(
            verdict_id=content_id("verdict", claim.claim_id, sequence),
            claim_id=claim.claim_id,
            sequence=sequence,
            search_id=search_id,
            verdict=judgement.verdict,
            rule=str(judgement.rule),
            reasons=judgement.reasons,
            objections=judgement.objections,
            as_of=claim.as_of,
            rules_version=RULES_VERSION,
            judged_at=now,
            judging_id=judging_id,
            is_replay=self.is_replay,
            close=judgement.close,
            facts=claim.facts.as_json(),
        )

    def _open(self) -> Judging:
        if self._judging is None:
            self._judging = Judging(
                judging_id=JudgingId(event_id()),
                cause=self.cause,
                as_of=self.as_of,
                known_at=self.known_at,
                rules_version=RULES_VERSION,
                started_at=utc_text(),
                ended_at=None,
                claims=0,
                verdicts=0,
            )
            self.ledger.add([self._judging])
        return self._judging

    def _close(self, claims: int, verdicts: int) -> None:
        """Count a batch; the judging has ended so far as anyone knows."""
        judging = self._open()
        self._judging = replace(
            judging, ended_at=utc_text(), claims=judging.claims + claims, verdicts=judging.verdicts + verdicts
        )
        self.ledger.put([self._judging])


def query_of(seed: Seed, names: VendorNames) -> SearchQuery:
    """Return whom the register is asked for when a vendor is judged. names: those on its pages, beside those of the seed list."""
    return SearchQuery(
        names=tuple(dict.fromkeys((seed.vendor, *seed.aliases, *names.own))),
        domains=_domains(seed.start_urls, seed.vendor_domain),
        group=tuple(dict.fromkeys((*((seed.parent,) if seed.parent else ()), *names.relatives))),
        identifiers=seed.identifiers,
        country=seed.country,
    )


@lru_cache(maxsize=50_000)
def _domains(start_urls: tuple[str, ...], vendor_domain: str) -> tuple[str, ...]:
    domains = (*map(normal_place, start_urls), vendor_domain)
    return tuple(dict.fromkeys(filter(None, domains)))


# the last verdict that a finding rests on (or the last replay, where there is none), and the last number given
_LAST_VERDICTS = """
    SELECT d.claim_id, d.is_replay, d.verdict, d.rule, d.reasons, d.close, d.objections, d.as_of, d.rules_version, d.search_id,
           (SELECT max(sequence) FROM verdicts n WHERE n.claim_id = d.claim_id) AS last_sequence
    FROM (SELECT value AS claim_id FROM json_each(:claims)) c
    JOIN verdicts d ON d.verdict_id = (
        SELECT verdict_id FROM verdicts f WHERE f.claim_id = c.claim_id ORDER BY f.is_replay, f.sequence DESC LIMIT 1)
"""
