"""The whole story in a real browser: filter, confirm by keys, second approver, letter, reply, proof of removal, reappearance.

Tests: partnerproof/cli/account.py, partnerproof/cli/serve.py.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from tests.conftest import add_account, run_partnerproof
from tests.flow.watched import CHALLENGE, CLEAN, SHOWING, Watched, watch_vendor

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra [browser]")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
PASSWORD = "a long enough password"  # noqa: S105  # of this test


@pytest.fixture
def watched(serve, acme: Path, logo_png: bytes) -> Watched:
    config = acme / "brands" / "acme" / "brand.toml"
    config.write_text(f"four_eyes = true\n{config.read_text()}", encoding="utf-8")
    made = watch_vendor(acme, serve, logo_png)
    settings = acme / "partnerproof.toml"
    text = settings.read_text().replace('sender_name = ""', 'sender_name = "Acme, brand office"')
    settings.write_text(text.replace('sender_email = ""', 'sender_email = "office@acme.example"'), encoding="utf-8")
    for name, role in (("ann", "reviewer"), ("ben", "approver")):
        add_account(acme, name, role, PASSWORD)
    return made


@pytest.fixture
def address(watched: Watched) -> Iterator[str]:
    command = [sys.executable, "-m", "partnerproof", "-w", str(watched.root), "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    server.terminate()
    server.wait(30)
    server.stdout.close()


def log_in(browser: Any, address: str, name: str, problems: list[str]) -> Any:
    page = browser.new_context().new_page()
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{address}login")
    page.fill("input[name=account]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_selector("a.open")
    return page


def test_from_a_finding_to_a_proven_removal_and_back(watched, address):
    problems: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        ann = log_in(browser, address, "ann", problems)
        ann.goto(f"{address}?brand=acme&verdict=no-authorisation")
        ann.click("a.open")
        ann.wait_for_url("**/cases/*")
        case = ann.url.partition("?")[0]
        ann.wait_for_load_state("load")
        ann.keyboard.press("c")
        ann.keyboard.press("1")
        ann.wait_for_url("**done=*")
        assert "waiting approval" in ann.inner_text("[role=status]")
        ann.keyboard.press("u")
        ann.wait_for_url(lambda url: "done=" not in url and "/cases/" in url)
        ann.wait_for_load_state("load")
        ann.keyboard.press("c")
        ann.keyboard.press("1")
        ann.wait_for_url("**done=*")

        ben = log_in(browser, address, "ben", problems)
        ben.goto(case)
        ben.click("button[value=approve]")
        ben.wait_for_selector("text=Write a letter")

        ann.goto(case)
        ann.wait_for_load_state("load")
        ann.keyboard.press("l")
        ann.wait_for_selector("form.letter")
        assert ann.locator("input[name=tone]:checked").count() == 0  # nothing is chosen beforehand
        ann.check("input[value=request]")
        ann.select_option("select[name=jurisdiction]", "other")  # the vendor's country is not known
        ann.check("input[name=contact][value=else]")
        ann.fill("input[name=other]", "info@vendor.example")
        ann.click("text=Draft the letter")
        ann.wait_for_url("**/letters/*")
        letter = ann.url
        assert "Acme, brand office" in ann.input_value("textarea[name=body]")
        assert "You wrote a part of it" in ann.inner_text("aside")
        assert ann.locator("text=Approve what stands here").count() == 0

        ben.goto(letter)
        ben.click("text=Approve what stands here")
        ben.wait_for_selector("text=Save as")
        with ben.expect_download() as taken:
            ben.click("text=Word")
        word = Document(io.BytesIO(Path(taken.value.path()).read_bytes()))
        assert any("remove the reference" in paragraph.text for paragraph in word.paragraphs)
        ann.goto(letter)
        ann.fill("input[name=how]", "registered post")
        ann.click("text=Note it")
        ann.wait_for_selector("text=registered post")

        ann.goto(case)
        ann.select_option("select[name=kind]", "says-removed")
        ann.fill("textarea[name=words]", "It is gone.")
        ann.set_input_files(
            "input[type=file]", {"name": "mail.eml", "mimeType": "message/rfc822", "buffer": b"Subject: gone"}
        )
        ann.click("text=Store it")
        ann.wait_for_selector("text=mail.eml")
        assert ann.inner_text(".followup") == "acknowledged"  # what a reply says is not what was seen

        for page, state in (
            (SHOWING, "acknowledged"),
            (CLEAN, "removed"),
            (CHALLENGE, "removed"),
            (CLEAN, "removed"),
            (CLEAN, "verified removed"),
        ):
            watched.look_after(8, page)
            ann.goto(case)
            assert ann.inner_text(".followup") == state
        assert ann.inner_text("#removal + .scroll").count("gone") > 2
        watched.look_after(30, SHOWING)
        ann.goto(case)
        assert ann.inner_text(".followup") == "reappeared"
        ann.goto(address)
        assert ann.inner_text("h1") == "1 case to decide"
        browser.close()
    assert problems == []
    run_partnerproof("-w", watched.root, "verify", code=3)
