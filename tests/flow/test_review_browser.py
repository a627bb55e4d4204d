"""The review application in a real browser: keys, decisions, undo, groups, on the demo's cases."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import made_once, run_partnerproof
from tests.flow.sealed import make_crawled

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra [browser]")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def address(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Iterator[str]:
    crawled = made_once(tmp_path_factory, "crawled", lambda folder: make_crawled(acme_once, folder, logo_png))
    root = shutil.copytree(crawled / "space", tmp_path_factory.mktemp("reviewed") / "space")
    command = [sys.executable, "-m", "partnerproof", "-w", str(root), "serve", "--token", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    server.terminate()
    server.wait(30)
    server.stdout.close()
    told = run_partnerproof("-w", root, "verify", code=3)
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
        problems = [problem for problem in problems if "401" not in problem]  # a login that is asked for
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
    assert page.evaluate("document.activeElement.dataset.group") == "c"
    page.keyboard.press(" ")  # blinks, and decides nothing
    assert page.get_attribute("[data-blink]", "aria-pressed") == "false"
    page.focus("button[value='confirmed:no-agreement']")
    page.keyboard.press(" ")
    assert "open" in page.inner_text(".state")
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


def open_first(page: Any) -> None:
    page.goto(page.url.split("?")[0])
    page.click("a.open")
    page.wait_for_selector("textarea[name=comment]")
    page.wait_for_load_state("load")  # keys work from then on


def test_what_is_typed_is_kept_and_leaving_asks(page):
    open_first(page)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    comment = page.locator("#decide textarea[name=comment]")
    comment.press_sequentially("Half a thought")
    page.wait_for_selector("#decide .kept:has-text('Kept at')")
    page.reload()
    assert asked == ["beforeunload"]
    assert comment.input_value() == "Half a thought"
    assert "is back" in page.inner_text("#decide .kept")
    page.click("text=Forget it")
    playwright.expect(comment).to_have_value("")
    assert asked == ["beforeunload"]


def test_a_button_clicked_twice_decides_once(page):
    open_first(page)
    page.dblclick("button:text-is('the agreement has ended')")
    page.wait_for_url("**done=*")
    assert "confirmed" in page.inner_text("[role=status]")
    page.wait_for_timeout(200)
    page.evaluate(
        "document.querySelector('#decide button').dispatchEvent(new MouseEvent('click', {detail: 2, bubbles: true, cancelable: true}))"
    )
    page.wait_for_timeout(300)
    assert "open" in page.inner_text(".state"), "the second click of a slow double click does not decide the next case"
    page.keyboard.press("u")
    page.wait_for_url(lambda url: "done=" not in url)


def test_a_letter_is_approved_as_it_stands_on_the_screen_and_a_session_that_ends_loses_nothing(page):
    open_first(page)
    page.click("button:text-is('the agreement has ended')")
    page.wait_for_url("**done=*")
    page.goto(page.url.split("?")[0])
    page.goto(page.url.split("/cases")[0] + "/?state=confirmed")
    page.click("a.open")
    page.wait_for_url("**/cases/*", wait_until="load")
    page.keyboard.press("l")
    page.wait_for_selector("form.letter")
    page.check("input[value=enquiry]")
    page.select_option("select[name=jurisdiction]", "other")
    page.check("input[name=contact][value=else]")
    page.fill("input[name=other]", "info@vendor.example")
    page.click("text=Draft the letter")
    body = page.locator("textarea[name=body]")
    body.fill(body.input_value().replace("⟦your name⟧", "Ann Office"))
    page.click("button:text-is('Save')")
    page.wait_for_selector("text=The text was edited")
    body.press_sequentially("A threat. ")
    assert page.locator("text=Approve what stands here").count() == 0, "whoever wrote a part of it does not approve it"
    kept = page.wait_for_selector("#text .kept:has-text('Kept at')")
    assert kept
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.click("button:text-is('Save')")
    page.wait_for_selector("text=Your session has ended")
    assert "A threat. " in page.get_attribute("input[name=fields]", "value")
    page.context.add_cookies(cookies)
    page.goto(page.url.rpartition("/letters")[0] + "/?state=confirmed")
    page.click("a.open")
    page.click("section:has-text('Letters and replies') a")
    playwright.expect(body).to_have_value(re.compile("A threat"))  # it is back
    page.click("#text >> text=Forget it")
    playwright.expect(body).not_to_have_value(re.compile("A threat"))


def test_the_archived_copy_shows_the_page_runs_nothing_and_leads_nowhere(page):
    open_first(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("o")
    page.wait_for_url("**/copies/*")
    frame = page.frame_locator("iframe.copy")
    playwright.expect(frame.locator("h1")).to_have_text("Our partners")
    logo = frame.locator("#found")
    assert logo.evaluate("image => image.naturalWidth") > 0
    assert "outline" in (logo.get_attribute("style") or "")
    playwright.expect(page.get_by_text("shown even where the page hides it")).to_be_visible()
    ours = page.url.split("/cases")[0]
    page.wait_for_timeout(300)
    assert [url for url in asked if not url.startswith((ours, "data:"))] == []
    # a frame that wants to leave is held back by the page around it, which says so in the console of a page of its own
    context = page.context.browser.new_context()
    context.add_cookies(page.context.cookies())
    other = context.new_page()
    other.goto(page.url)
    assert other.evaluate("document.querySelector('iframe').sandbox.length") == 0
    other.on("request", lambda request: asked.append(request.url))
    other.evaluate("document.querySelector('iframe').src = 'http://127.0.0.1:9/away'")
    other.wait_for_timeout(300)
    assert "http://127.0.0.1:9/away" not in asked
    context.close()


def test_what_is_decided_with_is_in_view_without_scrolling(page):
    page.set_viewport_size({"width": 1440, "height": 900})
    open_first(page)
    panel = "document.querySelector('.decide')"
    assert page.evaluate(f"{panel}.scrollHeight <= {panel}.clientHeight")
    lowest = page.evaluate(
        f"Math.max(...[...{panel}.querySelectorAll('button')].filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().bottom))"
    )
    assert lowest <= 900
    assert page.evaluate("document.querySelector('.lead').getBoundingClientRect().top") < 500
