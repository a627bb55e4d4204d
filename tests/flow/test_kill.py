"""kill -9 in the middle of a crawl: the next start goes on, and the rows are those of an undisturbed run.

Tests: crawler/spiders/partners.py, partnerproof/follower.py.
"""

from __future__ import annotations

import random
from pathlib import Path

from bench.crawl_rows import differences, doubles
from bench.generated_web import GeneratedWeb
from bench.kill import crawl_with_kills, make_workspace, run_to_end


def test_a_killed_crawl_ends_with_the_rows_of_an_undisturbed_one(tmp_path: Path):
    with GeneratedWeb(12, images=4) as web:
        web.write_seeds(tmp_path / "seeds.csv")
        for name in ("calm", "killed"):
            make_workspace(tmp_path / name)
        run_to_end(tmp_path / "calm", tmp_path / "seeds.csv")
        crawl_with_kills(tmp_path / "killed", tmp_path / "seeds.csv", 2, 5.0, random.Random(7))
    assert differences(tmp_path / "calm", tmp_path / "killed") == []
    assert doubles(tmp_path / "killed") == []
