"""How much of the casework is done, in one number each: decisions, letters, replies, removals.

Reads: cases, letters, replies. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.database import Ledger
from ledger.typed_texts import ClaimId, IsoDate
from ledger.vocabulary import UNDECIDED, CaseState

STATE_WORDS = {
    CaseState.CONFIRMED: "confirmed by a person",
    CaseState.AUTHORISED: "authorised after all",
    CaseState.FALSE_MATCH: "not the brand’s mark",
    CaseState.NOT_A_CLAIM: "no claim to be a partner",
    CaseState.DUPLICATE: "told in another case",
    CaseState.CLOSED: "closed: nothing was left to decide",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStanding:
    """How far the case of a claim has come. removed_on: the first day of the looks that prove its removal; None: not proven."""

    claim_id: ClaimId
    state: CaseState
    removed_on: IsoDate | None

    @property
    def is_settled_otherwise(self) -> bool:
        """A person decided that it is none of a brand's claims to follow."""
        return self.state not in UNDECIDED and self.state is not CaseState.CONFIRMED


@dataclass(frozen=True, slots=True, kw_only=True)
class _StateCount:
    state: CaseState
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpCounts:
    """A row of _FOLLOW_UP. letters: sent ones; removals: proven; unproven: gone on the last look, not proven yet."""

    letters: int
    last_sent_on: IsoDate | None
    replies: int
    disputed: int  # cases whose vendor disputes the claim, as the follow-up stands
    removals: int
    unproven: int
    reappeared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseworkCounts:
    """The casework of a brand, or of all. decided: by state."""

    undecided: int
    decided: Mapping[CaseState, int]
    follow_up: FollowUpCounts

    @property
    def cases(self) -> int:
        return self.undecided + sum(self.decided.values())

    @property
    def is_begun(self) -> bool:
        """Whether anybody has done anything yet."""
        return bool(self.decided or self.follow_up.letters or self.follow_up.removals)


def count_casework(ledger: Ledger, brand: str | None = None) -> CaseworkCounts:
    """Return how much of the casework is done."""
    named = {"brand": brand}
    states = ledger.select(_StateCount, _STATES, named)
    return CaseworkCounts(
        undecided=sum(row.cases for row in states if row.state in UNDECIDED),
        decided={state: row.cases for state in STATE_WORDS for row in states if row.state is state},
        follow_up=ledger.select(FollowUpCounts, _FOLLOW_UP, named)[0],
    )


def read_case_standings(ledger: Ledger) -> dict[ClaimId, CaseStanding]:
    """Return how far the case of each claim has come; claims that nobody has to look at have none."""
    rows = ledger.select_each(CaseStanding, "SELECT claim_id, state, removed_on FROM cases")
    return {row.claim_id: row for row in rows}


_STATES = "SELECT state, count(*) AS cases FROM cases WHERE :brand IS NULL OR brand = :brand GROUP BY state"
_FOLLOW_UP = """
    WITH of_brand AS (SELECT case_id, followup, removed_on FROM cases WHERE :brand IS NULL OR brand = :brand)
    SELECT (SELECT count(*) FROM letters WHERE sent_on IS NOT NULL AND case_id IN (SELECT case_id FROM of_brand)) AS letters,
           (SELECT max(sent_on) FROM letters WHERE case_id IN (SELECT case_id FROM of_brand)) AS last_sent_on,
           (SELECT count(*) FROM replies WHERE case_id IN (SELECT case_id FROM of_brand)) AS replies,
           coalesce(sum(followup = 'disputed'), 0) AS disputed,
           coalesce(sum(removed_on IS NOT NULL), 0) AS removals,
           coalesce(sum(followup = 'removed'), 0) AS unproven,
           coalesce(sum(followup = 'reappeared'), 0) AS reappeared
    FROM of_brand
"""
