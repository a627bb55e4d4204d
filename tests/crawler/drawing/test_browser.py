"""A real Chromium draws pages from answers that it is given, and reaches nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from crawler.drawing.browser import (
    Browser,
    BrowserOptions,
    Fetched,
    Rendered,
    RenderFailedError,
    browser_rules,
    why_no_browser,
    why_refused,
)
from ledger.extras import how_to_install
from ledger.lexicon import Lexicon
from tests.conftest import SmallServer, send

SITE = "http://vendor.example"
needs_chromium = pytest.mark.skipif(why_no_browser() is not None, reason=f"no browser here: {why_no_browser()}")
OPTIONS = BrowserOptions(quiet_s=2)


class Web:
    """Answers by address; remembers what was asked for."""

    def __init__(self, answers: dict[str, bytes | str], **kinds: str) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def fetch(self, url: str, kind: str) -> Fetched | None:
        self.asked.append(url)
        body = self.answers.get(url.removeprefix(SITE))
        if body is None:
            return None
        types = {".js": "text/javascript", ".png": "image/png", ".css": "text/css", ".json": "application/json"}
        content_type = next((t for ending, t in types.items() if url.endswith(ending)), "text/html; charset=utf-8")
        headers = (("Content-Type", content_type), ("Content-Encoding", "gzip"), ("Set-Cookie", "a=b"))
        return Fetched(status=200, headers=headers, body=body.encode() if isinstance(body, str) else body)


def draw(web: Web, options: BrowserOptions = OPTIONS, path: str = "/") -> Rendered:
    async def run() -> Rendered:
        browser = Browser(options)
        try:
            return await browser.render(f"{SITE}{path}", web.fetch)
        finally:
            await browser.close()

    return asyncio.run(run())


APP = """
  fetch('/api/partners.json').then(answer => answer.json()).then(partners => {
    document.getElementById('root').innerHTML = '<h1>Our partners</h1><p>We are a partner of Acme.</p>' +
      partners.map(name => `<img src="/${name}.png" width="220" height="80" alt="${name}">`).join('');
  });
"""


@needs_chromium
def test_a_page_that_scripts_draw_is_seen_with_boxes_and_a_screenshot(logo_png):
    web = Web(
        {
            "/": '<div id="root" data-box="0,0,9,9"></div><script src="/app.js"></script>',
            "/app.js": APP,
            "/api/partners.json": '["acme", "other"]',
            "/acme.png": logo_png,
            "/other.png": logo_png,
        }
    )
    rendered = draw(web)
    soup = BeautifulSoup(rendered.html, "lxml")
    assert soup.h1 is not None
    assert soup.h1.get_text() == "Our partners"
    boxes = [[int(n) for n in str(image[rendered.box_attribute]).split(",")] for image in soup.find_all("img")]
    assert [box[2:] for box in boxes] == [[220, 80], [220, 80]]
    picture = Image.open(io.BytesIO(rendered.screenshot))
    x, y, width, height = boxes[0]
    darkest, lightest = picture.convert("L").crop((x, y, x + width, y + height)).getextrema()
    assert darkest < 100  # the logo is where the box says
    assert lightest > 200
    assert rendered.asked == len(web.asked) == 5


@needs_chromium
def test_the_browser_reaches_nothing_by_itself(serve: Callable[..., SmallServer]):
    server = serve({"/x": send("secret"), "/x.png": send(b"", "image/png")})
    port = server.url.rsplit(":", 1)[1]
    html = f"""<h1 id=h>start</h1><script>
      const say = text => document.body.append(' [' + text + '] ');
      fetch('{server.url}/x').then(a => a.text()).then(say, () => say('refused-1'));
      fetch('http://localhost:{port}/x').then(a => a.text()).then(say, () => say('refused-2'));
      fetch('/post', {{method: 'POST', body: 'x'}}).then(say, () => say('refused-3'));
      fetch('file:///etc/passwd').then(a => a.text()).then(say, () => say('refused-4'));
      navigator.sendBeacon('{server.url}/x', 'y');
      try {{ new WebSocket('ws://127.0.0.1:{port}/x').onerror = () => say('refused-5') }} catch (e) {{ say('refused-5') }}
      new EventSource('{server.url}/x');
      open('{server.url}/x');
    </script><img src="{server.url}/x.png"><iframe src="file:///etc/passwd"></iframe><iframe src="{server.url}/x"></iframe>
    <link rel=prefetch href="{server.url}/x"><link rel=preconnect href="{server.url}"><video src="/a.mp4"></video>
    <style>@font-face {{ font-family: f; src: url(/a.woff2) }} h1 {{ font-family: f }}</style>"""
    web = Web({"/": html})
    rendered = draw(web)
    assert server.requests == []
    assert "secret" not in rendered.html
    assert "root:" not in rendered.html
    assert all(f"refused-{n}" in rendered.html for n in (1, 2, 3, 4))
    reasons = {entry.split(" ")[0] for entry in rendered.refused}
    assert {"could-not-look", "sends-something", "unwanted-type"} <= reasons
    assert not any(url.endswith((".woff2", ".mp4")) for url in web.asked)


@needs_chromium
@pytest.mark.parametrize(
    ("banner", "done"),
    [
        (
            '<div class="cookie-bar"><button>Accept all</button><button>Reject all</button></div>',
            "refuse: “reject all” (en)",
        ),
        (
            '<div id="x"><p>Wir verwenden Cookies.</p><button>Alle akzeptieren</button></div>',
            "accept: “alle akzeptieren” (de)",
        ),
        (
            '<div id="onetrust-banner"><button id="onetrust-accept-btn-handler">Fine</button></div>',
            "accept: #onetrust-accept-btn-handler",
        ),
        ('<div class="consent"><a role="button">全部拒绝</a></div>', "refuse: “全部拒绝” (zh)"),
        ('<form class="newsletter"><button>OK</button></form>', None),
        ('<div class="cookie-bar" style="display:none"><button>Accept</button></div>', None),
    ],
)
def test_banners_are_closed_by_rule(banner, done):
    html = f"{banner}<h1>Partners</h1><script>document.querySelectorAll('button, a').forEach(b => b.onclick = () => b.parentElement.remove())</script>"
    rendered = draw(Web({"/": html}))
    assert rendered.consent == done
    assert (banner[5:20] in rendered.html) == (done is None)


@needs_chromium
@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<script>while (true) {}</script>", "needs more than 6 seconds of processor time"),
        ("<script>document.write('x'.repeat(6e6))</script>", "a document of"),
        (
            "<script>setTimeout(() => location = 'data:text/html,x', 1); setInterval(() => fetch('/x'), 50)</script>",
            None,
        ),
    ],
)
def test_a_page_that_is_against_it_costs_one_render(html, why):
    async def run() -> None:
        browser = Browser(replace(OPTIONS, processor_s=6))
        try:
            if why is None:
                await browser.render(SITE + "/bad", Web({"/bad": html}).fetch)
            else:
                with pytest.raises(RenderFailedError, match=why):
                    await browser.render(SITE + "/bad", Web({"/bad": html}).fetch)
            assert "fine" in (await browser.render(SITE + "/", Web({"/": "<h1>fine</h1>"}).fetch)).html
        finally:
            await browser.close()

    asyncio.run(run())


@needs_chromium
def test_a_page_that_waits_for_ever_is_left_by_the_clock():
    async def never(url: str, kind: str) -> Fetched | None:
        await asyncio.Event().wait()

    async def run() -> None:
        browser = Browser(replace(OPTIONS, timeout_s=3))
        try:
            with pytest.raises(RenderFailedError, match="not drawn within 3 seconds"):
                await browser.render(SITE + "/", never)
        finally:
            await browser.close()

    asyncio.run(run())


@needs_chromium
def test_a_browser_is_recycled_and_an_address_without_answer_fails():
    async def run() -> None:
        browser = Browser(replace(OPTIONS, recycle_after=1))
        web = Web({"/": "<h1>fine</h1>"})
        try:
            await browser.render(SITE + "/", web.fetch)
            first = browser._chromium
            await browser.render(SITE + "/", web.fetch)
            assert browser._chromium is not first
            with pytest.raises(RenderFailedError):
                await browser.render(SITE + "/nothing", web.fetch)
        finally:
            await browser.close()

    asyncio.run(run())


def test_what_a_browser_asks_for_is_judged_by_type_scheme_and_method():
    page = f"{SITE}/partners"
    assert why_refused(page, "document", "GET") is None
    assert why_refused(page, "document", "POST") == "sends-something"
    assert why_refused(f"{SITE}/a.woff2", "font", "GET") == "unwanted-type"
    assert why_refused(f"{SITE}/gtag/js", "script", "GET") == "tracker"
    assert why_refused(f"{SITE}/analytics", "document", "GET") is None
    assert why_refused("file:///etc/passwd", "document", "GET") == "other-scheme"
    assert why_refused("chrome://version", "document", "GET") == "other-scheme"


def test_the_rules_know_every_language_of_the_lexicon(lexicon: Lexicon):
    for way in ("refuse", "accept"):
        assert set(browser_rules()["consent"][way]) == set(lexicon.languages)


def test_without_chromium_the_reason_says_what_to_do(tmp_path):
    why = why_no_browser(str(tmp_path / "nothing"))
    assert why in (how_to_install("browser"), "no Chromium was found; install it or set executable")


@needs_chromium
def test_chromium_keeps_its_sandbox_has_no_environment_and_never_runs_as_root(monkeypatch):
    monkeypatch.setenv("PARTNERPROOF_ALERT_MAIL", "password")

    async def look() -> dict[str, list[_Process]]:
        browser = Browser(OPTIONS)
        try:
            await browser.render(SITE + "/", Web({"/": "<h1>fine</h1>"}).fetch)
            context = await browser._chromium.new_context()
            page = await context.new_page()
            await page.set_content("<h1>a page that runs</h1>")
            return _processes_of(browser._process)
        finally:
            await browser.close()

    processes = asyncio.run(look())
    everyone = [process for some in processes.values() for process in some]
    assert len(processes["browser"]) == 1
    assert processes["renderer"]
    assert not any("--no-sandbox" in process.command for process in everyone)
    assert all(process.user != 0 for process in everyone)
    for renderer in processes["renderer"]:
        assert (renderer.status["Seccomp"], renderer.status["NoNewPrivs"]) == ("2", "1")
        assert int(renderer.status["CapEff"], 16) == 0
    environment = processes["browser"][0].environment
    assert "PARTNERPROOF_ALERT_MAIL" not in environment
    assert "SSH_AUTH_SOCK" not in environment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    command: str
    status: dict[str, str]
    environment: str

    @property
    def user(self) -> int:
        return int(self.status["Uid"].split()[1])


def _processes_of(first: int | None) -> dict[str, list[_Process]]:
    """The browser and what it started, by their kind."""
    assert first is not None
    found: dict[str, list[_Process]] = {}
    family = {first}
    for number in sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()):
        folder = Path("/proc") / str(number)
        with contextlib.suppress(OSError):
            status = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line
            )
            if number != first and int(status["PPid"]) not in family:
                continue
            family.add(number)
            command = (folder / "cmdline").read_bytes().decode().replace("\0", " ")
            named = re.search(r"--type=([\w-]+)", command)
            kind = "browser" if number == first else named[1] if named else "other"
            environment = (folder / "environ").read_bytes().decode() if number == first else ""
            found.setdefault(kind, []).append(_Process(command=command, status=status, environment=environment))
    return found
