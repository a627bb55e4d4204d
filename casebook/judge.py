"""Claims → verdicts: each claim against its brand's register as of the day when it was last seen.

Reads: claims with evidence, seeds, brands, grants. Writes: searches, verdicts.

1. Gather the facts of a claim.
2. Ask the register, where a rule needs it; the search is recorded.
3. Apply the rules; a verdict that says something new is a new row, the same one is not written again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from casebook.register.search import Asked, Register, SearchResult
from casebook.rules import RULES_VERSION, ClaimFacts, Judgement, judge_claim, needs_search
from ledger.database import Ledger, Row
from ledger.domains import normal_domain
from ledger.identity import content_id, utc_text
from ledger.records import Verdict
from ledger.vocabulary import Evidence, Relation


@dataclass
class Judge:
    """Judges claims with one reading of each brand's register."""

    ledger: Ledger
    _registers: dict[str, Register] = field(default_factory=dict)

    def judge(self, claim_ids: Iterable[str] | None = None, *, brands: Sequence[str] | None = None) -> int:
        """Judge claims (all, when none are given); returns how many verdicts are new."""
        if claim_ids is None:
            chosen = "" if brands is None else " WHERE brand IN (SELECT value FROM json_each(?))"
            ids = [
                r[0]
                for r in self.ledger.rows(
                    f"SELECT claim_id FROM claims{chosen} ORDER BY claim_id",
                    [] if brands is None else [json.dumps(list(brands))],
                )
            ]
        else:
            ids = sorted(claim_ids)
        return sum(self._judge_one(claim_id) for claim_id in ids)

    def _judge_one(self, claim_id: str) -> bool:
        evidence = self.ledger.rows(_EVIDENCE, [claim_id])
        if not evidence:
            return False  # nothing shows the claim any more; its history stays
        as_of = max(row["seen_at"] for row in evidence)[:10]
        facts = _facts(self.ledger, claim_id, evidence, as_of)
        search = self._search(evidence[0], as_of) if needs_search(facts) else None
        judgement = judge_claim(facts, search, as_of)
        return self._store(claim_id, judgement, search, as_of)

    def _search(self, row: Row, as_of: str) -> SearchResult:
        brand = row["brand"]
        if brand not in self._registers:
            self._registers[brand] = Register(self.ledger, brand)
        asked = Asked(
            names=(row["vendor"],),
            domains=tuple(
                dict.fromkeys(filter(None, (*map(normal_domain, json.loads(row["start_urls"])), row["vendor_domain"])))
            ),
            group=(row["parent"],) if row["parent"] else (),
        )
        return self._registers[brand].search(asked, as_of)

    def _store(self, claim_id: str, judgement: Judgement, search: SearchResult | None, as_of: str) -> bool:
        last = self.ledger.row("SELECT * FROM verdicts WHERE claim_id = ? ORDER BY sequence DESC LIMIT 1", [claim_id])
        search_id = search.record.search_id if search else None
        said = (
            judgement.verdict,
            str(judgement.rule),
            list(judgement.reasons),
            list(judgement.objections),
            as_of,
            RULES_VERSION,
            search_id,
        )
        if last is not None and said == (
            last["verdict"], last["rule"], json.loads(last["reasons"]), json.loads(last["objections"]), last["as_of"], last["rules_version"], last["search_id"],
        ):  # fmt: skip
            return False
        sequence = 0 if last is None else last["sequence"] + 1
        with self.ledger.transaction():
            if search is not None:
                self.ledger.add([search.record])
            self.ledger.add(
                [
                    Verdict(
                        verdict_id=content_id("verdict", claim_id, sequence),
                        claim_id=claim_id,
                        sequence=sequence,
                        search_id=search_id,
                        verdict=judgement.verdict,
                        rule=str(judgement.rule),
                        reasons=judgement.reasons,
                        objections=judgement.objections,
                        as_of=as_of,
                        rules_version=RULES_VERSION,
                        judged_at=utc_text(),
                    )
                ]
            )
        return True


def _facts(ledger: Ledger, claim_id: str, evidence: Sequence[Row], as_of: str) -> ClaimFacts:
    first = evidence[0]
    logos = [row for row in evidence if row["evidence"] == Evidence.LOGO]
    retired = {
        f"{row['file']} (until {row['valid_until']})": None
        for row in logos
        if row["valid_until"] and row["valid_until"] <= as_of
    }
    is_also_denied = ledger.value(
        "SELECT 1 FROM claims c JOIN claim_evidence e ON e.claim_id = c.claim_id WHERE c.seed_id = ? AND c.brand = ? AND c.relation = ?",
        [first["seed_id"], first["brand"], Relation.DENIED],
    )
    return ClaimFacts(
        relation=Relation(first["relation"]),
        tiers=tuple(sorted({row["tier"] for row in evidence if row["tier"]})),
        has_logo=bool(logos),
        has_text=len(logos) < len(evidence),
        is_in_main_part=any(row["zone"] in ("main", "aside") for row in logos),
        official_logos=tuple(dict.fromkeys(row["file"] for row in logos)),
        retired_logos=tuple(retired),
        vendor_domain=first["vendor_domain"],
        brand_domains=tuple(json.loads(first["domains"])),
        is_also_denied=bool(is_also_denied) and first["relation"] != Relation.DENIED,
    )


_EVIDENCE = """
    SELECT e.evidence, e.tier, e.seen_at, c.relation, c.brand, c.seed_id, s.vendor, s.vendor_domain, s.start_urls, s.parent, b.domains,
           g.zone, o.file, o.valid_until
    FROM claims c
    JOIN claim_evidence e ON e.claim_id = c.claim_id
    JOIN seeds s ON s.seed_id = c.seed_id
    JOIN brands b ON b.brand = c.brand
    LEFT JOIN sightings g ON g.sighting_id = e.sighting_id
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    LEFT JOIN official_logos o ON o.official_logo_id = m.official_logo_id
    WHERE c.claim_id = ?
    ORDER BY e.evidence_id
"""
