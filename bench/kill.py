"""kill -9 a crawl of generated vendors at random moments, let it finish, compare it with an undisturbed one.

python -m bench.kill [--vendors 200] [--kills 10] [--seed 1] [--images 8] [--realistic]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from bench.crawl_rows import differences, doubles, read_rows
from bench.generated_web import GeneratedWeb, picture
from matcher.brands.official_logos import write_brand
from partnerproof.workspace import create_workspace


def make_workspace(root: Path) -> None:
    """A workspace whose brand's logo is one of the generated pictures, with a register of two vendors."""
    workspace = create_workspace(root, contact=None)
    logo = root / "quintary.png"
    logo.write_bytes(picture(3))
    with Image.open(logo) as image:
        image.verify()
    write_brand(
        workspace.brands / "quintary", name="Quintary", aliases=[], domains=["quintary.example"], logo_files=[logo]
    )


def start_crawl(root: Path, seeds: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "partnerproof",
        "-w",
        str(root),
        "crawl",
        str(seeds),
        "--allow-private",
        "--delay",
        "0",
        "-q",
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def run_to_end(root: Path, seeds: Path) -> float:
    started = time.monotonic()
    process = start_crawl(root, seeds)
    _, error = process.communicate()
    if process.returncode != 0:
        sys.exit(f"the crawl ended with {process.returncode}: {error.decode()}")
    return time.monotonic() - started


def kill_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)  # the crawl and its recogniser, as a machine that goes down would
    process.communicate()


def crawl_with_kills(root: Path, seeds: Path, kills: int, longest_s: float, chance: random.Random) -> list[float]:
    """Start the crawl `kills` times, kill it after a random time each, then let it finish; returns these times."""
    moments = []
    for _ in range(kills):
        process = start_crawl(root, seeds)
        moment = chance.uniform(0.5, longest_s)
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            kill_group(process)
            moments.append(moment)
        else:
            process.communicate()
            return moments  # it was done before it could be killed; a further start would be a new crawl
    run_to_end(root, seeds)
    return moments


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendors", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--images", type=int, default=8, help="on each of the two pages with logos")
    parser.add_argument("--realistic", action="store_true", help="pages of 30 kB, images of some kB, a style sheet")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        GeneratedWeb(options.vendors, images=options.images, is_realistic=options.realistic) as web,
    ):
        calm, killed, seeds = Path(folder, "calm"), Path(folder, "killed"), Path(folder, "seeds.csv")
        web.write_seeds(seeds)
        for root in (calm, killed):
            make_workspace(root)
        duration = run_to_end(calm, seeds)
        calm_requests = web.requests.total()
        web.requests.clear()
        # the moments spread over the whole run: each start gets through about a share of it
        # each start takes about 2 s before it crawls
        moments = crawl_with_kills(killed, seeds, options.kills, 1.2 * duration / options.kills + 2, chance)
        again = web.requests.total() - calm_requests
        print(
            f"undisturbed: {duration:.1f} s, {calm_requests} requests; killed {len(moments)} times after {[round(m, 1) for m in moments]} s"
        )
        print(f"requests more than undisturbed (in flight when killed): {again}")
        for name, counted in read_rows(killed).items():
            print(f"{name:14s} {counted.total():7d} rows")
        told = differences(calm, killed) + doubles(killed)
        print("\n".join(told[:20]) or "equal rows, none twice")
        return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
