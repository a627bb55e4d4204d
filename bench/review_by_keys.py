"""Review the cases of a workspace in a real browser by keys alone, and time what the reviewer waits for.

Usage: python -m bench.review_by_keys WORKSPACE [--most 100]

The cases of the queue are decided one after the other as their verdicts suggest: confirmed where nothing allows the claim, else
dismissed as naming the brand only. A key is pressed as soon as the picture that the case leads with is there, so the times are the
program's alone; what a person needs to look is not in them. WORKSPACE is changed: its cases are decided afterwards.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

READY = "(() => { const image = document.querySelector('.lead img, .logo img, .pair img'); return !image || (image.complete && image.naturalWidth > 0); })()"
NOTHING_ALLOWS = ("no-authorisation", "lapsed", "not-yet", "exceeds-grant")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--most", type=int, default=100)
    options = parser.parse_args()
    started = time.perf_counter()
    command = [sys.executable, "-m", "partnerproof", "-w", str(options.workspace), "serve", "--token", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        print(f"listens after {time.perf_counter() - started:.1f} s")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address)
            review(page, options.most)
            browser.close()
    finally:
        server.terminate()
        server.wait(60)


def review(page: Any, most: int) -> None:
    """Decide cases until the queue is empty or `most` are done, and print the times."""
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    waits, keys, decisions, with_page = [], 2, 0, 0
    began = asked = time.perf_counter()
    while decisions < most and "/cases/" in page.url:
        page.wait_for_load_state("domcontentloaded")
        while not page.evaluate(READY):
            time.sleep(0.005)
        waits.append(time.perf_counter() - asked)
        with_page += page.locator("img.place").count() > 0
        page.wait_for_load_state("load")  # keys work from then on
        verdict = page.locator(".standing .verdict").first.get_attribute("class") or ""
        pressed = ("c", "1") if any(kind in verdict for kind in NOTHING_ALLOWS) else ("d", "4")
        here = page.url
        asked = time.perf_counter()
        for key in pressed:
            page.keyboard.press(key)
        page.wait_for_url(lambda url, here=here: url != here and re.search(r"done=", url), wait_until="commit")
        keys, decisions = keys + len(pressed), decisions + 1
    took = time.perf_counter() - began
    ordered = sorted(waits)
    print(
        f"{decisions} cases in {took:.1f} s, {keys} keys ({keys / max(1, decisions):.2f} a case), {with_page} led with their page"
    )
    print(
        f"from the key to the next case with its picture: median {1000 * statistics.median(waits):.0f} ms, "
        f"95 % {1000 * ordered[int(0.95 * (len(ordered) - 1))]:.0f} ms, longest {1000 * ordered[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
