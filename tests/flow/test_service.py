"""`serve` as programs and operators meet it: the guide's examples as they stand, a browser that follows a job, kill -9 in the middle.

Tests: partnerproof/cli/serve.py, docs/how-to-api.md.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from ledger.vocabulary import TokenScope
from partnerproof.alert_channels import sign_webhook
from tests.conftest import SmallServer, add_account, run_partnerproof, send
from tests.flow.watched import LOGO, html
from tests.house import ROOT

GUIDE = (ROOT / "docs/how-to-api.md").read_text(encoding="utf-8")
PASSWORD = "a long enough password"  # noqa: S105  # of these tests


class Vendor:
    """vendor.example on loopback. is_held: it does not answer for its page of partners."""

    def __init__(self, serve: Any, logo_png: bytes) -> None:
        self.released = threading.Event()
        self.released.set()
        self.server: SmallServer = serve(
            {"/": html("Vendor", ""), "/partners.html": self.show, "/acme.png": send(logo_png, "image/png")}
        )

    def show(self, handler: BaseHTTPRequestHandler) -> None:
        self.released.wait(60)
        html("Our partners", LOGO)(handler)

    @property
    def port(self) -> str:
        return self.server.url.rpartition(":")[2]


@pytest.fixture
def vendor(serve, logo_png) -> Iterator[Vendor]:
    made = Vendor(serve, logo_png)
    yield made
    made.released.set()


@pytest.fixture
def space(acme, vendor) -> Path:
    config = acme / "partnerproof.toml"
    text = config.read_text(encoding="utf-8").replace("after_crawl = true", "after_crawl = false")
    text = text.replace("resolve = []", f'resolve = ["vendor.example:{vendor.port}:127.0.0.1"]').replace(
        "delay_s = 0.25", "delay_s = 0.0"
    )
    config.write_text(text, encoding="utf-8")
    (acme / "seeds" / "vendors.csv").write_text(
        f"name,url\nVendor,http://vendor.example:{vendor.port}/\n", encoding="utf-8"
    )
    add_account(acme, "ann", "admin", PASSWORD)
    return acme


class Running:
    """A server of a workspace, and a token that may do all."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "partnerproof", "-w", str(root), "serve", "--port", "0", "--no-pictures"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip().rstrip("/")
        self.token = ""

    def ask(self, path: str, order: dict[str, Any] | None = None) -> Any:
        data = json.dumps(order).encode() if order is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with urlopen(Request(self.url + path, data, headers), timeout=30) as answer:  # noqa: S310  # of this test
            return json.loads(answer.read())

    def wait(self, job_id: str, *states: str, has: str = "") -> dict[str, Any]:
        until = time.monotonic() + 90
        while True:
            job: dict[str, Any] = self.ask(f"/api/v1/jobs/{job_id}")["job"]
            if job["state"] in states and (not has or job[has]):
                return job
            assert time.monotonic() < until, job
            time.sleep(0.1)


@contextmanager
def serving(root: Path, token: str = "") -> Iterator[Running]:
    running = Running(root)
    scopes = [part for scope in TokenScope for part in ("--scope", scope)]
    running.token = token or run_partnerproof("-w", root, "token", "add", "tests", *scopes).strip()
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(90)
        assert running.process.stdout is not None
        running.process.stdout.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_the_examples_of_the_guide_run_as_they_stand(space, vendor, tmp_path):
    script = "\n".join(re.findall(r"^```bash\n(.*?)^```", GUIDE, re.M | re.S))
    with serving(space) as running:
        (tmp_path / "token.txt").write_text(running.token)
        script = script.replace("https://review.acme.example", running.url).replace(
            "http://vendor.example/", f"http://vendor.example:{vendor.port}/"
        )
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert "no-authorisation sure vendor.example" in done.stdout
    assert '"vendor_domain":"vendor.example","outcome":"looked"' in done.stdout
    assert '"status": "ready"' in done.stdout
    assert 'partnerproof_jobs{state="done"} 1.0' in done.stdout


def test_the_check_of_a_webhook_in_the_guide_takes_ours_and_no_other():
    (example,) = re.findall(r"^```python\n(.*?)^```", GUIDE, re.M | re.S)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102  # our own guide
    now = str(int(time.time()))
    headers = sign_webhook("01A", now, b"{}", "a secret")
    assert names["is_genuine"](headers, b"{}", "a secret")
    assert not names["is_genuine"](headers, b"{} ", "a secret")
    assert not names["is_genuine"](sign_webhook("01A", "1", b"{}", "a secret"), b"{}", "a secret")


def test_a_crawl_that_was_ordered_survives_kill_9_of_server_and_job(space, vendor):
    vendor.released.clear()
    with serving(space) as first:
        job_id = first.ask("/api/v1/jobs", {"kind": "crawl", "file": "vendors.csv"})["job_id"]
        first.wait(job_id, "running", has="crawl_id")
        first.process.kill()
        first.process.wait()
        os.killpg(int((space / "var/jobs" / job_id / "lock").read_text()), signal.SIGKILL)
    vendor.released.set()
    with serving(space, first.token) as second:
        job = second.wait(job_id, "done")
        assert job["attempts"] == 2
        assert [crawl["visits"] for crawl in second.ask("/api/v1/crawls")["items"]] == [{"done": 1}]
        assert [finding["verdict"] for finding in second.ask("/api/v1/findings")["items"]] == ["no-authorisation"]


def test_a_browser_orders_a_crawl_and_sees_it_end_without_loading_the_page_again(space, vendor):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra [browser]")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    vendor.released.clear()
    with serving(space) as running, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.goto(f"{running.url}/login?next=/jobs")
        page.fill("input[name=account]", "ann")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/jobs")
        page.select_option("form:has(input[value=crawl]) select[name=stored]", "vendors.csv")
        page.focus("text=Crawl it")
        page.keyboard.press("Enter")
        page.wait_for_url("**/jobs/01*")
        page.evaluate("window.isStillHere = true")
        page.wait_for_selector("progress")
        vendor.released.set()
        page.wait_for_selector("#job[data-live=off]", timeout=60_000)
        assert "done: 1 of 1 vendor" in page.inner_text("#job [role=status]")
        assert "no-authorisation" in page.inner_text("pre.answer")
        assert page.evaluate("window.isStillHere")
        browser.close()
