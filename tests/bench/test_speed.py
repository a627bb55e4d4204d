"""What bench/speed.py measures is what it says: the same images for all, each class as often, no peer left out silently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.peers import OfficialFile, make_peers
from bench.scaling_drawings import draw_mark, picture_bytes, svg_bytes
from bench.speed import (
    STAGES,
    WHOLE,
    Sample,
    make_ours,
    make_template_set,
    pick_samples,
    race,
    read_officials,
    take_in_turn,
    time_stages,
)

# 0: a word, 9: a sign beside a word
NUMBERS = (0, 9)


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A folder as BENCH is: two brands, three images of each in each of three classes, and one that shows neither."""
    rows = []
    (tmp_path / "images").mkdir()
    for number in NUMBERS:
        folder = tmp_path / "official" / f"brand-{number}"
        folder.mkdir(parents=True)
        (folder / "logo.png").write_bytes(picture_bytes(draw_mark(number), 300))
        for name in ("size_64", "grey", "wall"):
            for copy in range(3):
                file = f"images/{name}-{number}-{copy}.png"
                (tmp_path / file).write_bytes(picture_bytes(draw_mark(number), 120 + copy))
                rows.append({"file": file, "brand": f"brand-{number}", "cls": name})
    rows.append({"file": rows[0]["file"], "brand": None, "cls": "grey"})
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path


def test_rows_are_taken_from_each_pile_in_turn() -> None:
    piles = [[{"file": "a1"}, {"file": "a2"}, {"file": "a3"}], [{"file": "b1"}]]
    assert [row["file"] for row in take_in_turn(piles, 3)] == ["a1", "b1", "a2"]
    assert len(take_in_turn(piles, 9)) == 4


def test_walls_are_no_single_logos(bench: Path) -> None:
    brands = {f"brand-{number}" for number in NUMBERS}
    samples = pick_samples(bench, brands, {"single": 100, "wall": 100, "pasted": 100}, seed=1)
    assert {kind: len(images) for kind, images in samples.items()} == {"single": 12, "wall": 6, "pasted": 0}


def test_the_same_seed_picks_the_same_images(bench: Path) -> None:
    brands = {"brand-0"}
    picked = [pick_samples(bench, brands, {"single": 4}, seed=seed)["single"] for seed in (1, 1)]
    assert picked[0] == picked[1]
    assert {sample.brand for sample in picked[0]} == brands


def test_ours_finds_what_the_images_show(bench: Path) -> None:
    officials = read_officials(bench, 150)
    samples = pick_samples(bench, {"brand-0", "brand-9"}, {"single": 4}, seed=1)["single"]
    tally = race({"ours": make_ours(officials)}, samples, rounds=2)["ours"]
    assert (tally.right, tally.wrong) == (4, 0)
    assert len(tally.clock_s) == len(tally.processor_s) == 2


def test_every_stage_is_timed() -> None:
    officials = [OfficialFile(name="brand/0.svg", content=svg_bytes(draw_mark(0)))]
    samples = [Sample(content=picture_bytes(draw_mark(0), 200), brand="brand")]
    stages = time_stages(make_ours(officials), make_template_set(officials), samples, rounds=1)
    assert tuple(stages) == (*STAGES, WHOLE)
    assert all(seconds >= 0 for seconds in stages.values())


def test_a_peer_is_measured_or_named_as_missing() -> None:
    officials = [OfficialFile(name="brand/0.png", content=picture_bytes(draw_mark(0), 300))]
    peers = make_peers(officials)
    assert len(peers) == 3
    for peer in peers:
        assert (peer.look is None) == bool(peer.missing)
        if peer.look is not None and "threatexchange" not in peer.name:  # which refuses pictures of few details
            assert peer.look(officials[0].content) == "brand/0.png"
