"""Which matches a rejection holds back: the image's own, and those of images that are nearer to it than to the logo.

Tests: matcher/logo_matches.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.database import Ledger
from ledger.records import BrandRow, Recognition
from ledger.typed_texts import Sha256
from ledger.vocabulary import RejectionEvent
from matcher import thresholds
from matcher.logo_matches import store_hashes
from matcher.looking.hashes import LogoHash
from matcher.looking.picture_box import Box
from matcher.recognition import RegionHash
from matcher.rejections import Decision, StandingRejections, record_decision, stored_hashes_of_whole
from tests.new_ledger import new_ledger

IMAGE, LIMIT = Sha256("a" * 64), thresholds.REJECTED_DISTANCE_BITS


def edge(bits_set: int) -> LogoHash:
    return LogoHash("edge", "4x8x8", (1 << bits_set) - 1)


def region_hash(value: LogoHash, width: int = 100) -> RegionHash:
    small = LogoHash("phash", "8x8", 1)
    return RegionHash(box=Box(x=0, y=0, width=width, height=50), phash=small, dhash=small, edge=value)


def decide(ledger: Ledger, event: RejectionEvent = RejectionEvent.REJECTED) -> None:
    decision = Decision(event=event, image_sha256=IMAGE, brand="acme", decided_by="Ann", why="a bakery")
    assert record_decision(ledger, decision) is not None


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A database in which the image IMAGE was judged: its whole has no bit of the hash, a part of it all."""
    with new_ledger(tmp_path / "p.db") as opened:
        opened.add([BrandRow(brand="acme", name="Acme", aliases=(), domains=(), recorded_at="2026-01-01T00:00:00Z")])
        seen = {"width_px": 100, "height_px": 50, "format": "png", "refusal_reason": None, "refusal_detail": None}
        opened.add([Recognition(image_sha256=IMAGE, logo_set_id="s", recognised_at="2026-01-01T00:00:00Z", **seen)])
        store_hashes(opened, IMAGE, [region_hash(edge(0)), region_hash(edge(256), width=40)])
        yield opened


def test_the_hash_of_the_whole_counts_and_not_that_of_a_part(ledger):
    assert stored_hashes_of_whole(ledger, IMAGE) == [edge(0)]
    assert stored_hashes_of_whole(ledger, "b" * 64) == []


@pytest.mark.parametrize(
    ("bits_from_rejected", "bits_from_official", "is_held"),
    [
        (LIMIT, 90, True),
        (LIMIT + 1, 90, False),
        (5, 6, True),
        (5, 5, False),  # as near to the official logo: it may be the logo itself
        (0, 0, False),
    ],
)
def test_a_copy_is_near_the_rejected_image_and_nearer_than_to_the_logo(
    ledger, bits_from_rejected, bits_from_official, is_held
):
    decide(ledger)
    standing = StandingRejections(ledger, ["acme"])
    found = standing.find("acme", "b" * 64, [edge(bits_from_rejected)], bits_from_official)
    assert (found is not None) is is_held


def test_the_image_itself_is_held_back_whatever_it_looks_like(ledger):
    decide(ledger)
    standing = StandingRejections(ledger, ["acme", "other"])
    assert standing.find("acme", IMAGE, [], 0) is not None
    assert standing.find("other", IMAGE, [edge(0)], 90) is None


def test_what_is_undone_holds_nothing_back(ledger):
    decide(ledger)
    decide(ledger, RejectionEvent.UNDONE)
    assert StandingRejections(ledger, ["acme"]).find("acme", IMAGE, [edge(0)], 90) is None


def test_hashes_of_another_kind_are_not_compared(ledger):
    decide(ledger)
    other = LogoHash("edge", "8x8x8", 0)
    assert StandingRejections(ledger, ["acme"]).find("acme", "b" * 64, [other], 90) is None
