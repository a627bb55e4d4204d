"""Two runs of judging compared: which claims got another verdict, and why.

Reads: judgings, verdicts, searches. Writes nothing.

What held at a run is each claim's newest verdict until then; of a replay, what that replay said. Why it changed is told by
what differs between the two verdicts: what the vendor shows (claim), how its pages could be read and when (page), what the
register says (register), or how it is judged (rules).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from casebook.verdicts.facts import PAGE_FACTS
from ledger.database import Ledger, Row
from ledger.errors import BadInputError, Problem
from ledger.typed_texts import ClaimId


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """A claim whose verdict differs between two runs. before, after: None where it had none."""

    claim_id: ClaimId
    vendor: str
    brand: str
    relation: str
    before: str | None
    after: str | None
    because: tuple[
        str, ...
    ]  # claim, register, rules, page; empty: nothing that is known, as for verdicts from before facts were kept
    details: tuple[str, ...]


def list_judgings(ledger: Ledger) -> list[Row]:
    """Return the runs of judging, newest first."""
    return ledger.rows(
        "SELECT judging_id, cause, as_of, known_at, rules_version, started_at, ended_at, claims, verdicts FROM judgings"
        " ORDER BY judging_id DESC"
    )


def compare_judgings(ledger: Ledger, before: str | None, after: str | None) -> Iterator[VerdictChange]:
    """Yield the claims whose verdict is another in a later run. Without ids: the last two runs that were no replay; with
    one: that run against what holds now.

    A run may be named by the beginning of its id. Errors: BadInputError when there is no such run, or there are several.
    """
    runs = [_find(ledger, name, place) for place, name in (("BEFORE", before), ("AFTER", after))]
    if runs[1] is None or runs[0] is None:
        newest = [row for row in list_judgings(ledger) if row["cause"] != "replay"]
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
    one, other = (_verdicts(ledger, run) for run in runs if run is not None)
    for claim_id in sorted(one.keys() | other.keys()):
        old, new = one.get(claim_id), other.get(claim_id)
        if old is not None and new is not None and old["verdict"] == new["verdict"]:
            continue
        because = dict(_because(old, new))
        row = new or old
        assert row is not None  # noqa: S101  # it is one of the two
        yield VerdictChange(
            claim_id=claim_id,
            vendor=row["vendor"],
            brand=row["brand"],
            relation=row["relation"],
            before=old["verdict"] if old else None,
            after=new["verdict"] if new else None,
            because=tuple(because),
            details=tuple(because.values()),
        )


def _find(ledger: Ledger, name: str | None, place: str) -> Row | None:
    if name is None:
        return None
    rows = ledger.rows(
        "SELECT * FROM judgings WHERE substr(judging_id, 1, ?) = ? ORDER BY judging_id", [len(name), name.upper()]
    )
    if len(rows) != 1:
        raise BadInputError(
            Problem(
                where=place,
                expected="the id of a run of judging, or its beginning",
                got=f"{name!r}, which {'fits several' if rows else 'none has'}",
                next_step="see them with `partnerproof diff --list`",
            )
        )
    return rows[0]


def _verdicts(ledger: Ledger, run: Row) -> dict[str, Row]:
    """What held at a run, by claim. SQLite takes the other columns from the row with the maximum."""
    if run["cause"] == "replay":
        rows = ledger.rows(f"{_VERDICTS} WHERE d.judging_id = ? GROUP BY d.claim_id", [run["judging_id"]])
    else:
        rows = ledger.rows(
            f"{_VERDICTS} WHERE d.is_replay = 0 AND coalesce(d.judging_id, '') <= ? GROUP BY d.claim_id",
            [run["judging_id"]],
        )
    return {row["claim_id"]: row for row in rows}


def _because(old: Row | None, new: Row | None) -> Iterator[tuple[str, str]]:
    if old is None or new is None:
        yield "claim", "the claim appeared" if old is None else "nothing shows the claim"
        return
    facts = [json.loads(row["facts"]) for row in (old, new)]
    differing = {key for key in facts[0].keys() | facts[1].keys() if facts[0].get(key) != facts[1].get(key)}
    if said := sorted(differing - PAGE_FACTS):
        yield "claim", "what the vendor shows: " + "; ".join(_told(key, facts) for key in said)
    same_otherwise = not said and old["rules_version"] == new["rules_version"]
    if _register(old) != _register(new) or old["as_of"] != new["as_of"] or same_otherwise:
        first = new["first_reason"] or ""
        day = f" as of {new['as_of']} instead of {old['as_of']}" if old["as_of"] != new["as_of"] else ""
        yield "register", f"what the register says{day}: {first}"
    if old["rules_version"] != new["rules_version"]:
        yield "rules", f"rules {new['rules_version']} instead of {old['rules_version']}"
    if seen := sorted(differing & PAGE_FACTS):
        yield "page", "how and when its pages could be read: " + "; ".join(_told(key, facts) for key in seen)


def _told(key: str, facts: list[dict[str, object]]) -> str:
    before, after = (facts[n].get(key, "—") for n in (0, 1))
    return f"{key.replace('_', ' ')} {_short(before)} → {_short(after)}"


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _register(row: Row) -> list[dict[str, object]]:
    """What a search found, without the ids of its snapshot: a new snapshot that says the same changes nothing."""
    found = [*json.loads(row["hits"] or "[]"), *json.loads(row["near_misses"] or "[]")]
    return [{key: value for key, value in hit.items() if not key.endswith("_id")} for hit in found]


_VERDICTS = """
    SELECT d.claim_id, max(d.sequence), d.verdict, d.as_of, d.rules_version, d.facts, d.search_id,
           json_extract(d.reasons, '$[0]') AS first_reason, q.hits, q.near_misses, s.vendor, c.brand, c.relation
    FROM verdicts d
    JOIN claims c ON c.claim_id = d.claim_id
    JOIN seeds s ON s.seed_id = c.seed_id
    LEFT JOIN searches q ON q.search_id = d.search_id
"""
