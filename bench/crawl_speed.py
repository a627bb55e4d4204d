"""Requests per second of our whole crawl against a bare Scrapy spider that fetches the same URLs and does nothing.

Both run one after the other against one server on loopback; ours reads pages, writes WARC and SQLite, and judges nothing
(`scrapy crawl partners`). Also prints the processor time of each, for two cores serve three processes here.

    python -m bench.crawl_speed [--vendors 1000] [--images 30] [--profile crawl.prof]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess

from bench.generated_web import PAGES, SHEET, address, page
from bench.kill import make_workspace

OPEN = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS": 64,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
}


class BareSpider(scrapy.Spider):
    """Fetches a list of URLs and looks at nothing."""

    name = "bare"
    custom_settings = {**OPEN, "LOG_LEVEL": "ERROR", "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter"}  # noqa: RUF012

    def __init__(self, urls: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.urls = urls

    async def start(self) -> AsyncIterator[Any]:
        with Path(self.urls).open() as file:
            for line in file:
                yield scrapy.Request(line.strip())

    def parse(self, response: Any) -> None:
        pass


def vendor_urls(number: int, port: int, images: int) -> list[str]:
    """Return what our crawl asks of one vendor, in its order."""
    root = f"http://{address(number)}:{port}"
    urls = [f"{root}/robots.txt", *(f"{root}{path}" for path in PAGES), f"{root}{SHEET}"]
    seen: dict[str, None] = {}
    for path in PAGES:
        for part in (page(number, path, images) or "").split('src="')[1:]:
            seen[part.split('"')[0]] = None
    return urls + [f"{root}{path}" for path in seen]


def run_timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; return its seconds and its processor seconds, those of its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run(command, check=True, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, used


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendors", type=int, default=1_000)
    parser.add_argument("--images", type=int, default=30, help="on each of the two pages with logos")
    parser.add_argument("--profile", type=Path, help="write cProfile's statistics of our crawl there")
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        process = CrawlerProcess({})
        process.crawl(BareSpider, urls=options.bare)
        process.start()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        seeds, urls, root = Path(folder, "seeds.csv"), Path(folder, "urls.txt"), Path(folder, "space")
        command = [sys.executable, "-m", "bench.generated_web", str(options.vendors), str(seeds), "--realistic"]
        server = subprocess.Popen([*command, "--images", str(options.images)], stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().split("port ")[1].split(";")[0])
            urls.write_text("\n".join(u for n in range(options.vendors) for u in vendor_urls(n, port, options.images)))
            requests = urls.read_text().count("\n") + 1
            bare_s, bare_cpu_s = run_timed([sys.executable, "-m", "bench.crawl_speed", "--bare", str(urls)], {})
            print(
                f"bare Scrapy: {requests} requests, {bare_s:.1f} s, {requests / bare_s:.0f}/s, {bare_cpu_s:.1f} s of processor",
                flush=True,
            )
            make_workspace(root)
            arguments = ["crawl", "partners", "-a", f"seeds={seeds}", "-s", "PARTNERPROOF_ALLOW_PRIVATE=1"]
            settings = [part for name, value in OPEN.items() for part in ("-s", f"{name}={value}")]
            profile = ["-m", "cProfile", "-o", str(options.profile)] if options.profile else []
            ours = [sys.executable, *profile, "-m", "scrapy", *arguments, *settings]
            ours_s, ours_cpu_s = run_timed(
                ours, {"PARTNERPROOF_WORKSPACE": str(root), "SCRAPY_SETTINGS_MODULE": "crawler.settings"}
            )
            print(_told(root))
        finally:
            server.terminate()
            server.wait()
        print(
            f"our crawl:   {ours_s:.1f} s, {requests / ours_s:.0f} of these a second, {ours_cpu_s:.1f} s of processor"
        )
        ratio = bare_s / ours_s
        print(f"ratio {ratio:.2f} (goal 0.75)")
    return 0 if ratio >= 0.75 else 1


def _told(root: Path) -> str:
    import sqlite3

    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        counts = [
            database.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("captures", "pages", "sightings")
        ]
        states = database.execute("SELECT state, count(*) FROM visits GROUP BY 1").fetchall()
    return f"stored: {counts[0]} captures, {counts[1]} pages, {counts[2]} sightings; visits {dict(states)}"


if __name__ == "__main__":
    sys.exit(main())
