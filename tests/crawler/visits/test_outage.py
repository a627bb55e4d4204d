"""A network that is gone is told from vendors that are."""

from __future__ import annotations

from crawler.visits.outage import MAX_RUNS, VISITS, Outage
from crawler.visits.visit import Budget, RunningVisit
from ledger.records import Seed


def visit(name: str) -> RunningVisit:
    seed = Seed(
        seed_id=name, vendor=name, vendor_domain=name, start_urls=(f"http://{name}/",), country=None, parent=None
    )
    budget = Budget(pages=1, images=1, requests=1, body_bytes=1, seconds=1)
    return RunningVisit(visit_id=name, seed=seed, budget=budget)


def test_failures_in_a_row_are_the_network_and_run_again_until_it_is_back():
    outage = Outage()
    gone = [visit(f"v{n}.example") for n in range(VISITS)]
    assert all(outage.is_suspect(one, "no-dns: no name server answered") for one in gone)
    put_back = [again for one in gone for again in outage.hold(one, "no-dns: no name server answered")]
    assert put_back == gone
    assert outage.wait_left_s() > 0
    waits = [outage.wait_s]
    for _ in range(MAX_RUNS - 1):
        assert all(outage.is_suspect(one, "no-dns: no name server answered") for one in gone)
        assert [again for one in gone for again in outage.hold(one, "no-dns: …")] == gone
        waits.append(outage.wait_s)
    assert waits[:3] == [30, 60, 120]
    assert sum(waits) > 3_600
    assert not any(outage.is_suspect(one, "no-dns: no name server answered") for one in gone)


def test_one_success_shows_that_the_vendors_are_gone():
    outage = Outage()
    outage.hold(visit("a.example"), "no-dns: no name server answered")
    outage.hold(visit("b.example"), "no-route: …")
    assert [held.visit.visit_id for held in outage.release()] == ["a.example", "b.example"]
    assert outage.release() == []
    read = visit("c.example")
    read.pages = 1
    assert not outage.is_suspect(read, "no-dns: one image")
    for failure in ("http-404: …", "dns: no address for it", "connection-refused: …", "timeout: …", "tls: …"):
        assert not outage.is_suspect(visit("d.example"), failure)
