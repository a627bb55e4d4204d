"""What boxes cost: pages, images and decoders of this checkout and of another one, in turns, on the same stored bytes.

python -m bench.box_cost WORKSPACE --against CHECKOUT [--rounds 5] [--pages 60] [--images 300]

WORKSPACE: of a finished crawl, with its brands; nothing is written. CHECKOUT: one from before, of which nothing but its code is used. Each round
measures one after the other in processes of their own. Printed: seconds of the processor, of all processes together, median of
the rounds, the start of the processes apart; and what this one takes more, in per cent.

Exit status 1 where pages or images take over 10 % more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

GOAL = 0.10
JUDGED = ("pages", "images")


def cost_s(work: Callable[[], None]) -> float:
    """Seconds of the processor, of this process and of the children that ended meanwhile."""
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    work()
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True))


def measure(workspace: Path, pages: int, images: int) -> dict[str, float]:
    """Seconds of each part with the packages that this process imports."""
    from crawler.reading.page_reader import PageSource
    from crawler.reading.reading_pool import PageUnreadableError, ReadingPool
    from crawler.reading.stored_pages import read_sheets
    from ledger.archive.warc import read_exchange
    from ledger.database import Ledger
    from ledger.lexicon import Lexicon
    from matcher.brands.official_logos import load_brand
    from matcher.decoding.raster_worker import RasterWorker
    from matcher.logo_matches import image_content
    from matcher.recognition_process import Recogniser

    var = workspace / "var"
    with Ledger.open_readonly(var / "partnerproof.db") as ledger:
        inputs = []
        for row in ledger.rows(_PAGES, [pages]):
            stored = read_exchange(var / "warc", ledger, row["capture_id"])
            source = PageSource(
                visit_id=row["visit_id"], look_id=row["look_id"], url=row["final_url"], status=200,
                content=stored.content, content_type=stored.content_type,
            )  # fmt: skip
            inputs.append((source, read_sheets(ledger, var / "warc", json.loads(row["stylesheet_looks"]))))
        rows = ledger.rows(_IMAGES, [images])
        contents = [image_content(ledger, var / "warc", row["image_sha256"], row["capture_id"]) for row in rows]
    brands = [load_brand(folder) for folder in sorted((workspace / "brands").iterdir()) if folder.is_dir()]

    async def read(chosen: Sequence[tuple[PageSource, list[object]]]) -> None:
        pool = ReadingPool(Lexicon.with_own(workspace / "lexicon"), processes=1)
        try:
            for source, sheets in chosen:
                try:
                    page, _ = await pool.read(source)
                    if page.is_healthy:
                        await pool.read_images(source, sheets)  # type: ignore[arg-type]
                except PageUnreadableError:
                    continue
        finally:
            pool.close()
            time.sleep(0.3)  # the process that ended is counted when it was waited for

    def recognise(chosen: Sequence[bytes]) -> None:
        with Recogniser(brands) as recogniser:
            for _ in recogniser.recognise_each(chosen):
                pass

    def decode(chosen: Sequence[bytes]) -> None:
        worker = RasterWorker()
        for content in chosen:
            worker.decode(content, "png")
        worker.close()

    pngs = [content for content in contents if content.startswith(b"\x89PNG")][:50]
    recognise(contents[:1])  # stores the templates
    starts = {
        "pages": cost_s(lambda: asyncio.run(read(inputs[:1]))),
        "images": cost_s(lambda: recognise(contents[:1])),
        "decoder": cost_s(lambda: decode(pngs[:1])),
    }
    whole = {
        "pages": cost_s(lambda: asyncio.run(read(inputs))),
        "images": cost_s(lambda: recognise(contents)),
        "decoder": cost_s(lambda: decode(4 * pngs)),
    }
    return {**{f"{name}, start": cost for name, cost in starts.items()}, **whole}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--images", type=int, default=300)
    options = parser.parse_args()
    if options.against is None:  # one side of a round
        print(json.dumps(measure(options.workspace, options.pages, options.images)))
        return 0
    sides = {"before": options.against.absolute(), "now": Path(__file__).absolute().parents[1]}
    costs: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory() as cache:
        for turn in range(options.rounds):
            for side in (list(sides), list(sides)[::-1])[turn % 2]:
                command = [sys.executable, "-P", __file__, options.workspace, "--pages", str(options.pages), "--images", str(options.images)]  # fmt: skip
                environment = {**os.environ, "PYTHONPATH": str(sides[side]), "XDG_CACHE_HOME": f"{cache}/{side}"}
                ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                costs[side].append(json.loads(ended.stdout.splitlines()[-1]))
    is_met = True
    for part in costs["now"][0]:
        before, now = (statistics.median(cost[part] for cost in costs[side]) for side in ("before", "now"))
        share = statistics.median(n[part] / b[part] - 1 for b, n in zip(costs["before"], costs["now"], strict=True))
        is_met = is_met and not (part in JUDGED and share > GOAL)
        print(f"{part:16s} before {before:7.2f} s   now {now:7.2f} s   {100 * share:+6.1f} % (median of the rounds)")
    return 0 if is_met else 1


_PAGES = """SELECT p.visit_id, p.look_id, p.stylesheet_looks, k.capture_id, k.final_url FROM pages p JOIN looks k ON k.look_id = p.look_id
WHERE p.health = 'ok' AND k.capture_id IS NOT NULL ORDER BY p.look_id LIMIT ?"""
_IMAGES = """SELECT image_sha256, min(iif(inline_sha256 IS NULL, image_capture_id, NULL)) AS capture_id FROM seen_images
WHERE image_sha256 IS NOT NULL GROUP BY image_sha256 ORDER BY image_sha256 LIMIT ?"""

if __name__ == "__main__":
    sys.exit(main())
