"""Peak memory of a crawl against the number of its vendors: two crawls of generated vendors, side by side.

python bench/memory.py [--small 200] [--large 2000]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.generated_web import GeneratedWeb
from bench.kill import make_workspace


def peak_rss_mb(vendors: int) -> tuple[float, float]:
    """Return the peak resident memory in MB of the crawling process and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder, GeneratedWeb(vendors) as web:
        root, seeds = Path(folder, "space"), Path(folder, "seeds.csv")
        web.write_seeds(seeds)
        make_workspace(root)
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
        done = subprocess.run(["/usr/bin/time", "-v", *command], capture_output=True, text=True, check=True)
    told = done.stderr
    peak = int(re.search(r"Maximum resident set size \(kbytes\): (\d+)", told)[1])  # type: ignore[index]
    minutes, seconds = re.search(r"\(h:mm:ss or m:ss\): (?:\d+:)?(\d+):([\d.]+)", told).groups()  # type: ignore[union-attr]
    return peak / 1000, int(minutes) * 60 + float(seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=200)
    parser.add_argument("--large", type=int, default=2_000)
    options = parser.parse_args()
    peaks = {}
    for vendors in (options.small, options.large):
        peaks[vendors], seconds = peak_rss_mb(vendors)
        print(f"{vendors:6d} vendors: peak {peaks[vendors]:.0f} MB, {seconds:.0f} s", flush=True)
    ratio = peaks[options.large] / peaks[options.small]
    print(f"ratio {ratio:.2f}")
    return 0 if ratio <= 1.3 else 1


if __name__ == "__main__":
    sys.exit(main())
