"""Reading processes: they give what a reading here gives, end with who started them, and a page that kills one costs a row."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.reading.page_reader import PageSource, read_page
from crawler.reading.reading_pool import PageUnreadableError, ReadingPool

HTML = b"<title>P</title><h1>Our partners</h1><p>We work with many firms.</p><img src=a.png><a href=/about>About</a>"


def source(content: bytes = HTML) -> PageSource:
    look = str(len(content))
    return PageSource(
        visit_id="v", look_id=look, url="https://v.example/p", status=200, content=content, content_type="text/html"
    )


def test_a_page_read_in_another_process_is_the_page_read_here(lexicon):
    async def read() -> object:
        reader = ReadingPool(lexicon, processes=1)
        try:
            page, leads = await reader.read(source())
            full, why_drawn = await reader.read_images(source(), [])
            assert await reader.is_like(source(), source())
        finally:
            reader.close()
        return page, leads, full, why_drawn

    page, leads, full, why_drawn = asyncio.run(read())
    here = read_page(source(), lexicon)
    assert page.page == here.page
    assert [link.url for link in leads.links] == ["https://v.example/about"]
    there = here.with_images([], lexicon)
    assert (full.sightings, full.passages) == (there.sightings, there.passages)
    assert why_drawn is None


def test_a_page_that_needs_too_much_is_unreadable_and_the_next_one_is_read(lexicon):
    async def read() -> str:
        reader = ReadingPool(lexicon, processes=1, processor_s=4.0)
        try:
            with pytest.raises(PageUnreadableError) as refused:
                await reader.read(source(b"<b>" * 1_600_000))
            page, _ = await reader.read(source())
        finally:
            reader.close()
        assert page.page.title == "P"
        return str(refused.value)

    assert asyncio.run(read()) == "reading needs more than 4 s of processor time"


def test_a_process_that_is_kept_waiting_has_used_nothing(lexicon):
    async def read() -> str | None:
        reader = ReadingPool(lexicon, processes=1, processor_s=4.0)
        try:
            await reader.read(source())
            child = reader._processes[0].calls.pid
            assert child is not None
            os.kill(child, signal.SIGSTOP)  # as a busy machine does, only more so
            reading = asyncio.create_task(reader.read(source(HTML + b"<p>more")))
            await asyncio.sleep(6.0)
            os.kill(child, signal.SIGCONT)
            page, _ = await reading
        finally:
            reader.close()
        return page.page.title

    assert asyncio.run(read()) == "P"


STARTS_AND_WAITS = """
import asyncio, sys, time
from crawler.reading.reading_pool import ReadingPool
from ledger.lexicon import Lexicon
from tests.crawler.reading.test_reading_pool import source

async def main():
    reader = ReadingPool(Lexicon.load(), processes=1)
    await reader.read(source())
    print(reader._processes[0].calls.pid, flush=True)
    time.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_its_processes_end_with_a_killed_crawl(tmp_path):
    script = tmp_path / "start.py"
    script.write_text(STARTS_AND_WAITS)
    root = Path(__file__).parents[3]
    parent = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert Path(f"/proc/{child}").exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(600):
        if not Path(f"/proc/{child}").exists() or "State:\tZ" in Path(f"/proc/{child}/status").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the reading process outlives the crawl")
