"""Chromium for the few pages that scripts draw: it has no network of its own, everything it asks for comes through the crawl.

Reads: the address of a page, and answers that the crawl fetches for it. Writes: nothing; the drawn page is returned.

1. Chromium starts with a resolver that knows no host and a proxy that is none: what is not answered here, leads nowhere.
   So private addresses, robots rules, budgets and the archive hold for its requests as for all others.
2. Fonts, media, sockets, trackers, downloads, requests that send something, and other schemes are refused.
3. The page is loaded, its consent banner closed by rule, scrolled once, and left alone until it is quiet.
4. Elements that show an image are marked with their box; document and screenshot are taken.
5. A browser is thrown away after some pages, and at once when anything in it goes wrong. What a page may cost is
   processor time, so that a busy machine refuses no page; the clock is the last resort, for pages that wait for ever.
6. Chromium's own sandbox is never turned off; it has an empty environment, and never runs as root (browser_user.py).

Needs the extra [browser], and a Chromium of the system.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
import tomllib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.drawing.browser_user import prepare_start, try_browser, why_no_user
from crawler.drawing.processor_time import find_process, processor_time_s
from ledger.extras import how_to_install

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Page, Playwright, Route

logger = logging.getLogger(__name__)
EXECUTABLES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WORDS_SUFFIX = "-words"
MAX_DOCUMENT_CHARS = 5_000_000
LOOK_AGAIN_S = 0.25  # at the processor time that a page has used
MAX_SCREENSHOT_PX = 16_000  # of height: Chromium's own limit for one texture
_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",  # the discard port: nothing listens there, and it would say nothing
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-web-security",  # answers come without the browser's own Origin; there is nothing here to steal
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--no-first-run",
)
_NOT_HANDED_ON = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie", "connection"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserOptions:
    """How a browser runs. executable: None looks for Chromium in the usual places."""

    executable: str | None = None
    user: str | None = None  # as whom root starts it; None: as nobody who has an account (browser_user.py)
    user_agent: str | None = None
    processor_s: float = 60.0  # of one page, all processes of the browser together; pages of the corpus need 2-6 s
    timeout_s: float = 600.0  # of one page, everything included
    quiet_s: float = 6.0  # a page that polls is never quiet
    recycle_after: int = 25  # Chromium grows by some 5 MB a page that it has shown
    width_px: int = 1280
    height_px: int = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer that the crawl fetched for the browser; body without codings."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Fetch = Callable[[str, str], Awaitable[Fetched | None]]  # address, type of request → answer; None: refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A page as a visitor sees it. box_attribute: the name under which elements that show an image carry
    "x,y,width,height" in px; with WORDS_SUFFIX those that hold words, with the box of the words."""

    url: str
    html: str
    box_attribute: str
    screenshot: bytes  # PNG, the whole page
    consent: str | None  # what was done about a banner
    asked: int
    refused: tuple[str, ...]  # "reason address", at most 50


class RenderFailedError(Exception):
    """A page could not be drawn; says why, for the page's row."""


class _TooCostlyError(Exception):
    """A page has used up what it may cost; says what that is."""


@cache
def why_no_browser(executable: str | None = None, user: str | None = None) -> str | None:
    """Return why no page can be drawn here, or None."""
    if find_spec("playwright") is None:
        return how_to_install("browser")
    if not find_executable(executable):
        return "no Chromium was found; install it or set executable"
    return why_no_user(user)


def find_executable(named: str | None) -> str | None:
    """Return the path of Chromium."""
    return next((path for name in ((named,) if named else EXECUTABLES) if (path := shutil.which(name))), None)


@dataclass
class Browser:
    """One Chromium, started when it is first needed, recycled after some pages. One page at a time."""

    options: BrowserOptions = BrowserOptions()
    _playwright: Playwright | None = None
    _chromium: Chromium | None = None
    _process: int | None = None  # None: not started, or not known here
    _pages: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)  # for as long as Chromium runs

    async def render(self, url: str, fetch: Fetch, *, why_unanswered: str = "could-not-look") -> Rendered:
        """Draw a page. why_unanswered: the reason of what fetch has no answer for. Errors: RenderFailedError, in words."""
        async with self._lock:
            try:
                return await self._within_limits(self._render(url, _Gate(fetch, why_unanswered)))
            except _TooCostlyError as error:
                await self._throw_away()
                raise RenderFailedError(str(error)) from error
            except RenderFailedError:
                raise
            except Exception as error:
                # a page may crash a browser in as many ways as there are bugs in it
                await self._throw_away()
                raise RenderFailedError(f"{type(error).__name__}: {str(error).splitlines()[0][:200]}") from error

    async def _within_limits(self, drawing: Coroutine[Any, Any, Rendered]) -> Rendered:
        drawn, spent = asyncio.ensure_future(drawing), asyncio.ensure_future(self._wait_for_spent_time())
        try:
            await asyncio.wait({drawn, spent}, timeout=self.options.timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if drawn.done():
                return drawn.result()
            if spent.done():
                raise _TooCostlyError(f"needs more than {self.options.processor_s:g} seconds of processor time")
            raise _TooCostlyError(f"not drawn within {self.options.timeout_s:g} seconds")
        finally:
            drawn.cancel()
            spent.cancel()
            await asyncio.gather(drawn, spent, return_exceptions=True)

    async def _wait_for_spent_time(self) -> None:
        """Return when the page has used its processor time; never where that is not known."""
        process: int | None = None
        before = 0.0
        while True:
            used = None if self._process is None else processor_time_s(self._process)
            if used is not None and process != self._process:  # the browser was started for this page
                process, before = self._process, used
            if used is not None and used - before > self.options.processor_s:
                return
            await asyncio.sleep(LOOK_AGAIN_S)

    async def close(self) -> None:
        await self._throw_away()
        if self._playwright is not None:
            await self._playwright.stop()
            self._playwright = None

    async def _throw_away(self) -> None:
        chromium, self._chromium, self._process, self._pages = self._chromium, None, None, 0
        if chromium is not None:
            with contextlib.suppress(Exception):  # it may be gone already
                await asyncio.wait_for(chromium.close(), 10)
        self._resources.close()

    async def _start(self) -> Chromium:
        from playwright.async_api import async_playwright

        if self._chromium is not None and self._pages >= self.options.recycle_after:
            await self._throw_away()
        if self._chromium is None or not self._chromium.is_connected():
            path = find_executable(self.options.executable)
            if path is None:
                raise RenderFailedError("no Chromium was found")
            if (why := await asyncio.to_thread(why_no_user, self.options.user)) is not None:
                raise RenderFailedError(why)
            start = self._resources.enter_context(prepare_start(path, self.options.user))
            mark = f"--{secrets.token_hex(16)}"  # means nothing to Chromium; its process is known by it
            self._playwright = self._playwright or await async_playwright().start()
            try:
                self._chromium = await self._playwright.chromium.launch(
                    executable_path=start.executable,
                    args=[*_ARGUMENTS, mark],
                    chromium_sandbox=True,
                    env=dict(start.environment),
                    handle_sigint=False,
                    handle_sigterm=False,
                )
            except Exception as error:  # its words do not tell why: Chromium's own do
                why = await asyncio.to_thread(try_browser, path, self.options.user)
                raise RenderFailedError(why or f"Chromium could not be started: {type(error).__name__}") from error
            self._process = find_process(mark)
            self._pages = 0
        self._pages += 1
        return self._chromium

    async def _render(self, url: str, gate: _Gate) -> Rendered:
        chromium = await self._start()
        context = await chromium.new_context(
            viewport={"width": self.options.width_px, "height": self.options.height_px},
            user_agent=self.options.user_agent,
            service_workers="block",
            accept_downloads=False,
        )
        context.set_default_timeout(self.options.timeout_s * 1000)  # the library's own limits are 30 s by the clock
        try:
            await context.route("**/*", gate.answer)
            await context.route_web_socket("**/*", lambda socket: socket.close())
            return await self._draw(context, url, gate)
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(context.close(), 5)

    async def _draw(self, context: BrowserContext, url: str, gate: _Gate) -> Rendered:
        page = await context.new_page()
        context.on("page", lambda other: asyncio.ensure_future(_close(other)))  # pop-ups
        answer = await page.goto(url, wait_until="domcontentloaded")
        if answer is None or page.url.split(":")[0] not in ("http", "https"):
            raise RenderFailedError(f"led to {page.url[:60]}")
        await self._wait(page)
        consent = await close_consent(page)
        await _scroll(page, self.options.height_px)
        await self._wait(page)
        box_attribute = f"data-box-{secrets.token_hex(8)}"  # not to be foretold, so that no page can set boxes itself
        await page.evaluate(_MARK_BOXES, [box_attribute, box_attribute + WORDS_SUFFIX])
        html = await page.content()
        if len(html) > MAX_DOCUMENT_CHARS:
            raise RenderFailedError(f"a document of {len(html)} characters")
        height = int(await page.evaluate("document.documentElement.scrollHeight"))
        clip: Any = {"x": 0, "y": 0, "width": self.options.width_px, "height": max(1, min(height, MAX_SCREENSHOT_PX))}
        screenshot = await page.screenshot(full_page=True, clip=clip, animations="disabled")
        return Rendered(
            url=page.url,
            html=html,
            box_attribute=box_attribute,
            screenshot=screenshot,
            consent=consent,
            asked=gate.asked,
            refused=tuple(gate.refused),
        )

    async def _wait(self, page: Page) -> None:
        from playwright.async_api import TimeoutError as TooLong

        with contextlib.suppress(TooLong):
            await page.wait_for_load_state("networkidle", timeout=self.options.quiet_s * 1000)


@dataclass
class _Gate:
    """Answers each request of one page from the crawl, or refuses it."""

    fetch: Fetch
    why_unanswered: str
    asked: int = 0
    refused: list[str] = field(default_factory=list)

    async def answer(self, route: Route) -> None:
        request = route.request
        reason = why_refused(request.url, request.resource_type, request.method)
        fetched = None
        if reason is None:
            self.asked += 1
            fetched = await self.fetch(request.url, request.resource_type)
            reason = None if fetched is not None else self.why_unanswered
        if reason is not None and len(self.refused) < 50:
            self.refused.append(f"{reason} {request.url[:200]}")
        with contextlib.suppress(Exception):  # the page may be gone by now
            if fetched is None:
                await route.abort()
            else:
                headers = {n: v for n, v in fetched.headers if n.lower() not in _NOT_HANDED_ON}
                await route.fulfill(status=fetched.status, headers=headers, body=fetched.body)


def why_refused(url: str, kind: str, method: str) -> str | None:
    """Return why the browser does not get what it asks for, or None."""
    if urlsplit(url).scheme not in ("http", "https"):
        return "other-scheme"
    if method not in ("GET", "HEAD"):
        return "sends-something"  # we came to read
    rules = browser_rules()
    if kind.lower() in rules["unwanted_types"]:
        return "unwanted-type"
    return "tracker" if kind != "document" and any(part in url.lower() for part in rules["trackers"]) else None


async def close_consent(page: Page) -> str | None:
    """Close a consent banner, refusing where that is offered; returns what was done, for the record."""
    done: str | None = await page.evaluate(_CLOSE_CONSENT, browser_rules()["consent"])
    if done:
        await page.wait_for_timeout(300)  # banners fade
    return done


async def _scroll(page: Page, step_px: int) -> None:
    """Show every part once: lazy loaders wait for it."""
    for _ in range(20):
        if await page.evaluate(
            "step => { scrollBy(0, step); return scrollY + innerHeight >= document.documentElement.scrollHeight - 2 }",
            step_px,
        ):
            break
        await page.wait_for_timeout(80)
    await page.evaluate("scrollTo(0, 0)")


async def _close(page: Any) -> None:
    with contextlib.suppress(Exception):
        await page.close()


@cache
def browser_rules() -> dict[str, Any]:
    """Return crawler/drawing/browser_rules.toml."""
    return tomllib.loads((Path(__file__).parent / "browser_rules.toml").read_text(encoding="utf-8"))


# Marks what shows an image or holds words, where it is seen at all; boxes in px of the whole page.
_MARK_BOXES = """([attribute, wordsAttribute]) => {
  const mark = (element, name, box) => {
    if (box.width < 1 || box.height < 1) return;
    element.setAttribute(name, [box.x + scrollX, box.y + scrollY, box.width, box.height].map(Math.round).join(','));
  };
  for (const element of document.querySelectorAll('*')) {
    element.removeAttribute(attribute);
    element.removeAttribute(wordsAttribute);
    const holdsWords = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (holdsWords && !element.closest('svg')) {
      const range = document.createRange();
      range.selectNodeContents(element);
      mark(element, wordsAttribute, range.getBoundingClientRect());
    }
    const isImage = ['IMG', 'svg', 'OBJECT', 'EMBED', 'VIDEO', 'SOURCE', 'image', 'INPUT'].includes(element.tagName);
    if (!isImage && !getComputedStyle(element).backgroundImage.includes('url(')) continue;
    const shown = element.tagName === 'SOURCE' ? element.parentElement : element;
    mark(element, attribute, shown.getBoundingClientRect());
  }
}"""

_CLOSE_CONSENT = """rules => {
  const isSeen = element => { const box = element.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
  const says = element => (element.innerText || element.value || '').trim().toLowerCase().replace(/\\s+/g, ' ');
  const isOfBanner = element => {
    for (let step = element, depth = 0; step && step !== document.body && depth < 8; step = step.parentElement, depth++) {
      const name = `${step.id} ${step.getAttribute('class') || ''} ${step.getAttribute('aria-label') || ''}`.toLowerCase();
      if (rules.around.some(word => name.includes(word))) return true;
      if (depth > 0 && /cookie|gdpr|dsgvo|rgpd/i.test(step.innerText || '') && (step.innerText || '').length < 3000) return true;
    }
    return false;
  };
  for (const way of ['refuse', 'accept']) {
    for (const selector of rules[`${way}_selectors`]) {
      const button = document.querySelector(selector);
      if (button && isSeen(button)) { button.click(); return `${way}: ${selector}`; }
    }
    const words = Object.entries(rules[way]);
    for (const button of document.querySelectorAll('button, [role=button], a, input[type=button], input[type=submit]')) {
      const text = says(button);
      if (!text || text.length > 40 || !isSeen(button)) continue;
      for (const [language, listed] of words) {
        if (listed.includes(text) && isOfBanner(button)) { button.click(); return `${way}: “${text}” (${language})`; }
      }
    }
  }
  return null;
}"""
