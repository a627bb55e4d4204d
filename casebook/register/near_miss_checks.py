"""What a person says of the near misses of a stored search: looked at, and another company.

Reads: searches. Writes: near_miss_checks, the custody log.

A near miss that a person refused stays in the record as it was; who refused it, when and why stands beside it, and can be taken back. One that
turns out to be the company asks for another search, with its name: nothing here makes it a hit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from casebook.register.recorded_search import require_search
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, Problem
from ledger.identity import event_id, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import NearMissCheck, Search
from ledger.typed_texts import SearchId
from ledger.vocabulary import CustodyEvent, NearMissEvent

MAX_WHY_CHARS, MAX_NAME_CHARS = 2_000, 200


def check_near_misses(
    ledger: Ledger,
    log: CustodyLog,
    search_id: SearchId,
    numbers: Sequence[int],
    *,
    why: str,
    by: str,
    event: NearMissEvent = NearMissEvent.REFUSED,
) -> list[NearMissCheck]:
    """Note that a person refused near misses of a search, by their numbers from 1, or took that back.

    Errors: BadInputError for a number that the search does not have, one that is not refused and is taken back, and without a reason or name.
    """
    why, by = why.strip()[:MAX_WHY_CHARS], " ".join(by.split())[:MAX_NAME_CHARS]
    with ledger.transaction():
        search = require_search(ledger, search_id)
        problems = list(_mistakes(search, set(read_checks(ledger, search_id)), numbers, why, by, event))
        if problems:
            raise BadInputError(problems)
        checks = [
            NearMissCheck(
                check_id=event_id(),
                search_id=search_id,
                near_miss_no=number,
                company=search.near_misses[number - 1]["company"] or "",
                event=event,
                why=why,
                decided_by=by,
                decided_at=utc_text(),
            )
            for number in dict.fromkeys(numbers)
        ]
        ledger.add(checks)
    for check in checks:
        details = {"search": search_id, "near_miss": check.near_miss_no, "decision": event, "check": check.check_id}
        log.add(CustodyEvent.DECIDED, details, by=by)
    return checks


def _mistakes(
    search: Search, refused: set[int], numbers: Sequence[int], why: str, by: str, event: NearMissEvent
) -> Iterator[Problem]:
    count = len(search.near_misses)
    listed = f"see `partnerproof register near-misses {search.search_id}`"
    for number in numbers:
        if not 1 <= number <= count:
            expected = f"a number from 1 to {count}" if count else "nothing: this search has no near miss"
            yield Problem(where="NUMBERS", expected=expected, got=str(number), next_step=listed)
        elif event is NearMissEvent.WITHDRAWN and number not in refused:
            yield Problem(
                where="NUMBERS", expected="a near miss that somebody refused", got=str(number), next_step=listed
            )
    if not why:
        yield Problem(where="--why", expected="a reason", got="nothing", next_step="say why it is another company")
    if not by:
        yield Problem(where="--by", expected="a name", got="nothing", next_step="say who looked at it")


def read_checks(ledger: Ledger, search_id: SearchId) -> dict[int, NearMissCheck]:
    """Return of each near miss that a person refused, by its number, the latest check; those taken back are not among them."""
    sql = f"SELECT {columns_of(NearMissCheck)} FROM near_miss_checks WHERE search_id = ? ORDER BY check_id"
    latest = {check.near_miss_no: check for check in ledger.select(NearMissCheck, sql, [search_id])}
    return {number: check for number, check in latest.items() if check.event is NearMissEvent.REFUSED}
