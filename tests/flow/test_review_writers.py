"""Two reviewers and a crawl write at once, for a short while; `bench/review_writers.py` does it for ten minutes."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from bench.review_writers import Accepted, Reviewer, read_faults, run, serving


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("writers") / "space"
    done = run(root, seconds=8, vendors=8)
    return root, done.reviewers, done.crawls, done.problems


def test_no_decision_is_lost_and_nobody_is_told_of_a_lock(written):
    _, reviewers, crawls, problems = written
    assert problems == []
    assert crawls >= 1
    for reviewer in reviewers:
        assert {"decided", "undone", "commented"} == {one.what for one in reviewer.accepted}


def test_what_is_missing_afterwards_is_noticed(written):
    root, reviewers, *_ = written
    made_up = [Accepted(by="ann", what=what, key="x") for what in ("decided", "undone", "commented")]
    assert len(read_faults(root, made_up)) == 5  # an event each, and two that the custody log should have
    swapped = Accepted(
        by="bob", what="decided", key=next(one.key for one in reviewers[0].accepted if one.what == "decided")
    )
    assert len(read_faults(root, [swapped])) == 2


def test_the_body_of_an_answer_does_not_wait_for_the_receipt_of_its_head(written):
    root = written[0]
    with serving(root) as port:
        ann = Reviewer(port, "ann", random.Random(1))
        took_s = [1.0]
        while min(took_s) >= 0.035 and len(took_s) <= 50:  # a busy machine may hold up any of them, but not each
            # a client that just sent a form delays its receipts, by 40 ms
            ann.ask("view", "POST", "/views", {"name": "a view", "query": ""})
            began = time.perf_counter()
            ann.ask("help", "GET", "/help")
            took_s.append(time.perf_counter() - began)
        ann.close()
    assert min(took_s) < 0.035


def test_a_case_that_does_not_fit_its_events_is_noticed(written, tmp_path: Path):
    import shutil
    import sqlite3

    root = shutil.copytree(written[0], tmp_path / "space")
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        database.execute("UPDATE cases SET state = 'elsewhere' WHERE case_id = (SELECT min(case_id) FROM cases)")
    database.close()
    assert len(read_faults(root, [])) == 1
