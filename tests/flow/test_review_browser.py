"""The review application in a real browser: keys, decisions, undo, groups, on the demo's cases."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import run_partnerproof
from tests.flow.sealed import crawl

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra [browser]")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def address(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Iterator[str]:
    root = shutil.copytree(acme_once, tmp_path_factory.mktemp("reviewed") / "space")
    for name in ("First", "Second", "Third"):
        crawl(root, logo_png, name=name)
    command = [sys.executable, "-m", "partnerproof", "-w", str(root), "serve", "--token", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    server.terminate()
    server.wait(30)
    server.stdout.close()
    told = run_partnerproof("-w", root, "verify")
    assert "nothing is broken" in told


@pytest.fixture
def page(address: str) -> Iterator[object]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        yield page
        browser.close()
        assert problems == []  # the page's policy was never in its way, and no script failed


def test_a_case_is_decided_with_keys_alone_and_undone(page):
    assert page.inner_text("h1") == "3 cases to decide"
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    vendor = page.inner_text("h1").split(" shows")[0]
    page.keyboard.press(" ")
    assert page.get_attribute("[data-blink]", "aria-pressed") == "true"
    page.keyboard.press("c")
    assert page.evaluate("document.activeElement.value") == "confirmed:no-agreement"
    page.keyboard.press("1")
    page.wait_for_url("**done=*")
    assert page.inner_text("[role=status] span") == f"{vendor} and acme: confirmed."
    page.keyboard.press("u")
    page.wait_for_url(lambda url: "done=" not in url)
    assert page.inner_text("h1").startswith(vendor)
    assert "open" in page.inner_text(".state")


def test_a_group_is_ticked_and_decided_in_the_queue(page):
    page.click("summary")
    page.click("[data-tick]")
    page.click("text=it came with a page template")
    page.wait_for_url("**done=*")
    assert page.inner_text("[role=status] span") == "3 cases: not a claim."
    assert page.inner_text("h1") == "0 cases to decide"
    page.keyboard.press("u")
    page.wait_for_url(lambda url: "done=" not in url)
    assert page.inner_text("h1") == "3 cases to decide"


def test_it_reads_without_javascript_and_fits_a_phone(page):
    context = page.context.browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    plain.goto(page.url)
    plain.click("a.open")
    plain.click("text=the agreement has ended")
    assert "confirmed." in plain.inner_text("[role=status]")
    plain.click("text=Undo")
    assert "confirmed" not in plain.inner_text("body")[:300]
    context.close()
    narrow = page.context.browser.new_context(viewport={"width": 390, "height": 844})
    narrow.add_cookies(page.context.cookies())
    phone = narrow.new_page()
    for path in (page.url, page.url + page.get_attribute("a.open", "href")[1:], f"{page.url}dashboard"):
        phone.goto(path)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    narrow.close()
