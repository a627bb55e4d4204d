"""What a look says of an answer, and of why there is none."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.visits.fetcher import FetchedAnswer, FetchFailure
from crawler.visits.looks import Looked, LookTaker
from crawler.visits.visit import RunningVisit
from ledger.archive.warc_records import Exchange
from ledger.identity import utc_now, utc_text
from ledger.records import Look
from ledger.vocabulary import LookOutcome, Purpose
from tests.crawler.visits.visit_room import BUDGET, SITE, VisitRoom

URL = f"{SITE}/x"
AT = "2026-11-23T06:34:29Z"


class OneAnswer:
    """Gives the same answer to every address; with a certificate that fails as long as it is checked, if so wished."""

    def __init__(self, answer: FetchedAnswer | FetchFailure, *, has_bad_certificate: bool = False) -> None:
        self.answer = answer
        self.has_bad_certificate = has_bad_certificate
        self.asked: list[str] = []

    async def fetch(
        self, visit: RunningVisit, url: str, purpose: Purpose, *, referrer: str | None = None
    ) -> FetchedAnswer | FetchFailure:
        self.asked.append(url)
        if self.has_bad_certificate and not visit.unverified_hosts:
            return FetchFailure(reason="tls", detail="self-signed certificate", failed_at=AT)
        return self.answer


def answer(status: int = 200, content: bytes = b"x", unfollowed_to: str | None = None) -> FetchedAnswer:
    return FetchedAnswer(
        url=URL,
        status=status,
        headers=(("Content-Type", "a/b"), ("content-type", "text/html")),
        content=content,
        capture_id=None,
        answered_at=AT,
        unfollowed_to=unfollowed_to,
    )


@pytest.fixture
def room(tmp_path):
    return VisitRoom(tmp_path, tmp_path)


def take(room: VisitRoom, fetcher: OneAnswer, purpose: Purpose, visit: RunningVisit | None = None, **fields) -> Looked:
    taker = LookTaker(ledger=room.ledger, warc_dir=room.folder, fetcher=fetcher, **fields)
    looked = asyncio.run(taker.look(visit or room.begin(), URL, purpose))
    assert room.ledger.find(Look, look_id=looked.look.look_id) == looked.look
    return looked


@pytest.mark.parametrize(
    ("purpose", "status", "outcome", "reason"),
    [
        (Purpose.PAGE, 200, LookOutcome.LOOKED, None),
        (Purpose.PAGE, 403, LookOutcome.LOOKED, "http-403"),  # it may be a challenge
        (Purpose.IMAGE, 299, LookOutcome.LOOKED, None),
        (Purpose.IMAGE, 404, LookOutcome.COULD_NOT_LOOK, "http-404"),
        (Purpose.STYLESHEET, 500, LookOutcome.COULD_NOT_LOOK, "http-500"),
        (Purpose.ROBOTS, 404, LookOutcome.LOOKED, None),
        (Purpose.PROBE, 404, LookOutcome.LOOKED, None),
        (Purpose.PAGE, 304, LookOutcome.COULD_NOT_LOOK, "http-304"),
    ],
)
def test_an_answer_is_judged_by_its_status_and_its_purpose(room, purpose, status, outcome, reason):
    looked = take(room, OneAnswer(answer(status)), purpose)
    assert (looked.look.outcome, looked.look.reason, looked.look.status) == (outcome, reason, status)
    assert looked.look.looked_at == AT
    assert looked.content == (b"x" if outcome is LookOutcome.LOOKED else None)


def test_a_redirect_that_was_not_followed_says_where_it_leads(room):
    looked = take(room, OneAnswer(answer(302, unfollowed_to="/login")), Purpose.PAGE)
    assert (looked.look.reason, looked.look.detail) == ("redirect-not-followed", "to /login")


def test_a_failure_is_a_row_with_its_reason(room):
    failure = FetchFailure(reason="robots", detail="robots.txt forbids it", failed_at=AT)
    looked = take(room, OneAnswer(failure), Purpose.PAGE)
    assert (looked.look.outcome, looked.look.reason, looked.look.status) == (LookOutcome.COULD_NOT_LOOK, "robots", None)
    assert looked.is_refused
    assert looked.answer is None


def test_a_look_is_dated_by_its_exchange_also_when_the_visit_runs_again(room):
    visit = room.begin()
    with room.open_archive(visit) as archive:
        capture = archive.store(
            Exchange(
                visit_id=visit.visit_id, url=URL, attempt=0, method="GET", request_headers=[], protocol="HTTP/1.1", status=200, reason="OK",
                response_headers=[], payload=b"x", content_type="text/html", redirect_url=None, remote_ip=None, fetched_at=AT,
            )
        )  # fmt: skip
    later = replace(answer(), capture_id=capture.capture_id, answered_at="2026-11-24T00:00:00Z")
    assert take(room, OneAnswer(later), Purpose.PAGE, visit).look.looked_at == AT


def test_a_spent_budget_refuses_without_asking_but_robots_rules_are_always_read(room):
    visit = room.begin(replace(BUDGET, images=0, requests=0))
    fetcher = OneAnswer(answer())
    assert take(room, fetcher, Purpose.PAGE, visit).look.reason == "budget-requests"
    assert fetcher.asked == []
    assert take(room, fetcher, Purpose.ROBOTS, visit).look.outcome is LookOutcome.LOOKED
    assert visit.spent == "requests"


def test_a_failed_certificate_is_asked_again_only_where_the_operator_allows_it(room):
    checked = OneAnswer(answer(), has_bad_certificate=True)
    assert take(room, checked, Purpose.PAGE).look.reason == "tls"
    assert len(checked.asked) == 1
    unchecked = OneAnswer(answer(), has_bad_certificate=True)
    assert take(room, unchecked, Purpose.PAGE, may_skip_check=True).look.outcome is LookOutcome.LOOKED
    assert len(unchecked.asked) == 2


def test_what_failed_before_a_restart_is_not_asked_for_again(room):
    visit = room.begin()
    before = take(room, OneAnswer(FetchFailure(reason="dns", detail="no", failed_at=AT)), Purpose.PAGE, visit).look
    visit.failed[Purpose.PAGE, URL] = before
    fetcher = OneAnswer(answer())
    assert take(room, fetcher, Purpose.PAGE, visit).look == before
    assert fetcher.asked == []


@pytest.mark.parametrize(
    ("days_ago", "status", "is_carried"), [(1, 200, True), (1, 404, True), (1, 503, False), (9, 200, False)]
)
def test_what_was_seen_lately_is_carried_over(room, days_ago, status, is_carried):
    first, second = room.begin(), room.begin()
    second.earlier_visit_id = first.visit_id
    taker = LookTaker(ledger=room.ledger, warc_dir=room.folder, fetcher=OneAnswer(answer()), recheck_days=7.0)
    asked_at = utc_text(utc_now() - timedelta(days=days_ago))
    taken = replace(take(room, OneAnswer(answer(status)), Purpose.IMAGE, first).look, looked_at=asked_at)
    room.ledger.put([taken])
    carried = taker.carry_over(second, URL, Purpose.IMAGE)
    assert (carried is not None) is is_carried
    assert carried is None or carried.unchanged_since == asked_at


def test_equal_content_holds_since_the_vendors_last_visit(room):
    first, second = room.begin(), room.begin()
    second.earlier_visit_id = first.visit_id
    take(room, OneAnswer(answer()), Purpose.PAGE, first)
    assert take(room, OneAnswer(answer()), Purpose.PAGE, second).look.unchanged_since == AT
    assert take(room, OneAnswer(answer(content=b"y")), Purpose.PAGE, second).look.unchanged_since is None


def test_the_last_of_several_headers_counts():
    assert answer().content_type == "text/html"
    assert answer().header("location") is None
