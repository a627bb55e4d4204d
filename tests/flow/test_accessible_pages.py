"""Every page for people passes axe-core (WCAG 2.2 A and AA, best practices): light, dark, on a phone, enlarged to 200 %."""

from __future__ import annotations

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
axe = pytest.importorskip("axe_playwright_python", reason="needs the extra [dev]")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
AXE = Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
MODES = {
    "light": {"viewport": {"width": 1440, "height": 900}},
    "dark, on a phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "enlarged": {"viewport": {"width": 720, "height": 450}},  # 1440 px at 200 %
}


@pytest.fixture(scope="module")
def places(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Iterator[dict[str, Any]]:
    """A workspace with cases, a letter, a reply and a report; its server, a session's cookies, and the address of every page."""
    crawled = made_once(tmp_path_factory, "crawled", lambda folder: make_crawled(acme_once, folder, logo_png))
    root = shutil.copytree(crawled / "space", tmp_path_factory.mktemp("accessible") / "space")
    report = root / "report"
    run_partnerproof("-w", root, "report", "--out", report)
    command = [
        sys.executable,
        "-m",
        "partnerproof",
        "-w",
        str(root),
        "serve",
        "--token",
        "--port",
        "0",
        "--no-pictures",
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    entry = server.stdout.readline().strip()
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.goto(entry)
        pages = _write_casework(page) | _order_jobs(page)
        files = [
            report / "index.html",
            report / "coverage.html",
            *report.glob("claims/*.html"),
            *report.glob("summary.html"),
        ]
        pages |= {file.name if file.parent == report else "dossier": file.as_uri() for file in files}
        yield {"browser": browser, "cookies": page.context.cookies(), "pages": pages}
        browser.close()
    server.terminate()
    server.wait(30)
    server.stdout.close()


def _write_casework(page: Any) -> dict[str, str]:
    """Confirm a case, draft its letter; returns the address of every kind of page."""
    home = page.url.split("?")[0]
    page.click("a.open")
    page.wait_for_selector("#decide")
    case = page.url.split("?")[0]
    page.click("button:text-is('no agreement is known')")
    page.wait_for_url("**done=*")
    undecided = page.url.split("?")[0]
    page.goto(f"{case}/letter")
    page.check("input[value=request]")
    page.select_option("select[name=jurisdiction]", "other")
    page.check("input[name=contact][value=else]")
    page.fill("input[name=other]", "info@vendor.example")
    page.click("text=Draft the letter")
    page.wait_for_url("**/letters/*")
    letter = page.url.split("?")[0]
    page.goto(case)
    copy = page.get_attribute("a[data-key=o]", "href")
    return {
        "queue": home, "all cases": f"{home}?state=any", "nothing found": f"{home}?q=nothing-like-it", "case": undecided, "decided case": case,
        "new letter": f"{case}/letter", "letter": letter, "archived copy": home.rstrip("/") + copy, "dashboard": f"{home}dashboard",
        "log": f"{home}log", "help": f"{home}help", "not there": f"{home}cases/nothing", "login": f"{home}login", "account": f"{home}account",
    }  # fmt: skip


def _order_jobs(page: Any) -> dict[str, str]:
    """Order a check that fails, and wait for its end; returns the addresses of the pages of jobs."""
    page.goto(page.url.split("/cases")[0].split("?")[0].rstrip("/") + "/jobs")
    jobs = page.url
    page.fill("input[name=url]", "http://127.0.0.1:9/partners")
    page.click("text=Check it")
    page.wait_for_selector("#job[data-live=off]", timeout=60_000)
    return {"jobs": jobs, "job": page.url}


@pytest.mark.parametrize("mode", MODES)
def test_no_page_breaks_a_rule(places, mode):
    context = places["browser"].new_context(bypass_csp=True, **MODES[mode])
    context.add_cookies(places["cookies"])
    page = context.new_page()
    broken: list[str] = []
    for name, address in places["pages"].items():
        page.goto(address)
        if name == "queue" and mode == "light":
            page.click("[data-view=table]")
        page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, {iframes: false})")
        broken += [
            f"{name}: {rule['id']}: {node['html'][:150]}: {node['failureSummary'][:200]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            broken.append(f"{name}: {wide} px wider than the screen")
    context.close()
    assert broken == []
