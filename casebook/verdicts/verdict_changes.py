"""Two runs of judging compared: which claims got another verdict, and why.

Reads: judgings, verdicts, searches. Writes nothing.

What held at a run is each claim's newest verdict until then; of a replay, what that replay said. Why it changed is told by
what differs between the two verdicts: what the vendor shows (claim), how its pages could be read and when (page), what the
register says (register), or how it is judged (rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from casebook.verdicts.facts import PAGE_FACTS
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, Problem
from ledger.records import Judging
from ledger.typed_texts import ClaimId, IsoDate
from ledger.vocabulary import JudgingCause, Relation, VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """A claim whose verdict differs between two runs. before, after: None where it had none."""

    claim_id: ClaimId
    vendor: str
    brand: str
    relation: Relation
    before: VerdictKind | None
    after: VerdictKind | None
    because: tuple[str, ...]  # claim, register, rules, page; empty: nothing that is known
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeldVerdict:
    """A row of _VERDICTS: what held of a claim at a run. hits, near_misses: None when no register was searched."""

    claim_id: ClaimId
    sequence: int
    verdict: VerdictKind
    as_of: IsoDate
    rules_version: str
    facts: dict[str, Any]
    first_reason: str | None
    hits: tuple[dict[str, Any], ...] | None
    near_misses: tuple[dict[str, Any], ...] | None
    vendor: str
    brand: str
    relation: Relation


def list_judgings(ledger: Ledger) -> list[Judging]:
    """Return the runs of judging, newest first."""
    return ledger.select(Judging, f"SELECT {columns_of(Judging)} FROM judgings ORDER BY judging_id DESC")


def compare_judgings(ledger: Ledger, before: str | None, after: str | None) -> Iterator[VerdictChange]:
    """Yield the claims whose verdict is another in a later run. Without ids: the last two runs that were no replay; with
    one: that run against what holds now.

    A run may be named by the beginning of its id. Errors: BadInputError when there is no such run, or there are several.
    """
    runs = [_find(ledger, name, place) for place, name in (("BEFORE", before), ("AFTER", after))]
    if runs[1] is None or runs[0] is None:
        newest = [run for run in list_judgings(ledger) if run.cause is not JudgingCause.REPLAY]
        if len(newest) < (2 if runs[0] is None else 1):
            raise BadInputError(
                Problem(
                    where="diff",
                    expected="two runs of judging",
                    got=f"{len(newest)}",
                    next_step="judge again after something has changed, or replay: partnerproof judge --as-of 2024-01-01",
                )
            )
        runs = [runs[0] or newest[1], runs[1] or newest[0]]  # AFTER alone can't be given
    earlier, later = (_verdicts(ledger, run) for run in runs if run is not None)
    for claim_id in sorted(earlier.keys() | later.keys()):
        old, new = earlier.get(claim_id), later.get(claim_id)
        if old is not None and new is not None and old.verdict is new.verdict:
            continue
        because = dict(_because(old, new))
        held = new or old
        assert held is not None  # noqa: S101  # it is one of the two
        yield VerdictChange(
            claim_id=claim_id,
            vendor=held.vendor,
            brand=held.brand,
            relation=held.relation,
            before=old.verdict if old else None,
            after=new.verdict if new else None,
            because=tuple(because),
            details=tuple(because.values()),
        )


def _find(ledger: Ledger, name: str | None, place: str) -> Judging | None:
    if name is None:
        return None
    runs = ledger.select(
        Judging,
        f"SELECT {columns_of(Judging)} FROM judgings WHERE substr(judging_id, 1, ?) = ? ORDER BY judging_id",
        [len(name), name.upper()],
    )
    if len(runs) != 1:
        raise BadInputError(
            Problem(
                where=place,
                expected="the id of a run of judging, or its beginning",
                got=f"{name!r}, which {'fits several' if runs else 'none has'}",
                next_step="see them with `partnerproof diff --list`",
            )
        )
    return runs[0]


def _verdicts(ledger: Ledger, run: Judging) -> dict[ClaimId, _HeldVerdict]:
    """What held at a run, by claim. SQLite takes the other columns from the row with the maximum."""
    if run.cause is JudgingCause.REPLAY:
        which = "d.judging_id = ?"
    else:
        which = "d.is_replay = 0 AND coalesce(d.judging_id, '') <= ?"
    verdicts = ledger.select_each(_HeldVerdict, f"{_VERDICTS} WHERE {which} GROUP BY d.claim_id", [run.judging_id])
    return {held.claim_id: held for held in verdicts}


def _because(old: _HeldVerdict | None, new: _HeldVerdict | None) -> Iterator[tuple[str, str]]:
    if old is None or new is None:
        yield "claim", "the claim appeared" if old is None else "nothing shows the claim"
        return
    names = old.facts.keys() | new.facts.keys()
    differing = {name for name in names if old.facts.get(name) != new.facts.get(name)}
    if of_claim := sorted(differing - PAGE_FACTS):
        yield "claim", "what the vendor shows: " + _describe_facts(of_claim, old, new)
    same_otherwise = not of_claim and old.rules_version == new.rules_version
    if _register(old) != _register(new) or old.as_of != new.as_of or same_otherwise:
        first = new.first_reason or ""
        day = f" as of {new.as_of} instead of {old.as_of}" if old.as_of != new.as_of else ""
        yield "register", f"what the register says{day}: {first}"
    if old.rules_version != new.rules_version:
        yield "rules", f"rules {new.rules_version} instead of {old.rules_version}"
    if of_page := sorted(differing & PAGE_FACTS):
        yield "page", "how and when its pages could be read: " + _describe_facts(of_page, old, new)


def _describe_facts(names: list[str], old: _HeldVerdict, new: _HeldVerdict) -> str:
    return "; ".join(
        f"{name.replace('_', ' ')} {_short(old.facts.get(name, '—'))} → {_short(new.facts.get(name, '—'))}"
        for name in names
    )


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _register(held: _HeldVerdict) -> list[dict[str, object]]:
    """What a search found, without the ids of its snapshot: a new snapshot that says the same changes nothing."""
    entries = (*(held.hits or ()), *(held.near_misses or ()))
    return [{key: value for key, value in entry.items() if not key.endswith("_id")} for entry in entries]


_VERDICTS = """
    SELECT d.claim_id, max(d.sequence) AS sequence, d.verdict, d.as_of, d.rules_version, d.facts,
           json_extract(d.reasons, '$[0]') AS first_reason, q.hits, q.near_misses, s.vendor, c.brand, c.relation
    FROM verdicts d
    JOIN claims c ON c.claim_id = d.claim_id
    JOIN seeds s ON s.seed_id = c.seed_id
    LEFT JOIN searches q ON q.search_id = d.search_id
"""
