"""A web of generated vendors on loopback: number n has an address of its own, 127.<1 + n // 62500>.<…>.<…>.

Every page and picture follows from the vendor's number and the web's edition alone, so two crawls of it can be compared
row by row. In an edition above 0 a share of the vendors shows one more logo on its partner page; all others answer
conditional requests with 304.

    python -m bench.generated_web 200 seeds.csv [--images 60] [--realistic]      # serves until interrupted
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import csv
import functools
import hashlib
import io
import random
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image, ImageDraw

PAGES = ("/", "/about.html", "/partners.html", "/clients.html", "/products.html")
SHEET = "/style.css"
KINDS = 24  # of pictures, shared by all vendors
# the median page of the corpus has 32 kB, its median logo 9 kB
REALISTIC_PAGE_BYTES = 30_000
REALISTIC_IMAGE_NOISE = 48


def address(number: int) -> str:
    """Return the loopback address of a vendor."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


def number_of(host: str) -> int:
    """Return the vendor's number of its address. Errors: ValueError for another address."""
    _, a, b, c = map(int, host.split(":", maxsplit=1)[0].split("."))
    return (a - 1) * 62_500 + b * 250 + c - 1


@functools.lru_cache(maxsize=2_048)
def picture(kind: int, *, noise: int = 0) -> bytes:
    """Return a PNG drawn from its number: shapes in a frame. noise: shades of grain, which make the file larger."""
    image = Image.new("RGB", (160, 60), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for step in range(5):
        x = 8 + (kind * 37 + step * 29) % 120
        colour = tuple((kind * 53 + step * 71 + channel * 97) % 200 for channel in range(3))
        box = (x, 8 + (kind + step * 7) % 20, x + 18 + (kind * step) % 16, 34 + (kind * 3 + step) % 20)
        (draw.ellipse if (kind + step) % 2 else draw.rectangle)(box, fill=colour)
    if noise:
        chance = random.Random(kind)
        grain = bytes(255 - chance.randrange(noise) for _ in range(160 * 60))
        image.paste(Image.frombytes("L", (160, 60), grain), (0, 0), image.convert("L").point(lambda v: 255 * (v > 250)))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def page(number: int, path: str, images: int, *, extra: int = 0, filler_bytes: int = 0) -> str | None:
    """Return a vendor's page, or None when it has none at that path. images: on each page that shows logos."""
    if path not in PAGES:
        return None
    menu = "".join(f'<li><a href="{p}">{p.strip("/").split(".")[0] or "home"}</a></li>' for p in PAGES)
    heading = {"/partners.html": "Our partners", "/clients.html": "Our clients"}.get(path, f"Vendor {number}")
    shown = images + (extra if path == "/partners.html" else 0) if path in ("/partners.html", "/clients.html") else 2
    first = 1_000 if path == "/clients.html" else 0
    logos = "".join(
        f'<li class="logo-item"><a href="https://company{i}.example/"><img class="logo" src="/img/{(number * 7 + i * 5) % KINDS}.png'
        f'?v={number}.{first + i}" alt="Logo {i}"></a></li>'
        for i in range(shown)
    )
    words = "".join(
        f"<p>Vendor {number} does work of kind {i} for towns and ports, on time and in writing, as {path} tells.</p>"
        for i in range(6)
    )
    paragraph = f'<div class="row card-{{i}}"><h3>Service {{i}} of {number}</h3><p>{"What we do and how we do it, year after year. " * 6}</p></div>'
    filler = "".join(paragraph.replace("{i}", str(i)) for i in range(filler_bytes // len(paragraph)))
    style = f'<link rel="stylesheet" href="{SHEET}">' if filler_bytes else ""
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{heading}</title>{style}</head><body><nav><ul>{menu}</ul></nav>"
        f"<main><h1>{heading}</h1>{words}{filler}<section><h2>{heading}</h2><ul>{logos}</ul></section></main><footer>Vendor {number}</footer></body></html>"
    )


@functools.cache
def sheet() -> bytes:
    """Return a style sheet as large as those of real vendors: 40 kB, few of its rules with an image."""
    rules = [
        f".card-{i} h3 {{ color: #{i * 9973 % 0xFFFFFF:06x}; margin: {i % 30}px auto; padding: 0 4px }}"
        for i in range(500)
    ]
    return "\n".join([*rules, ".hero { background: url(/img/1.png?v=hero) no-repeat }"]).encode()


class GeneratedWeb:
    """Serves the vendors 0 … count - 1 on one port while it is entered; counts the requests by host and path.

    images: logos on the partner page, and as many on the client page. edition, changed: of every 100 vendors, this many
    show one logo more from edition 1 on. Attributes may be changed while it serves.
    """

    def __init__(self, count: int, *, images: int = 8, port: int = 0, is_realistic: bool = False) -> None:
        self.count = count
        self.images = images
        self.is_realistic = is_realistic
        self.edition = 0
        self.changed_percent = 0
        self.requests: collections.Counter[str] = collections.Counter()
        self.sent_bytes = 0
        self.not_modified = 0
        self.port = port
        self.connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._is_serving = threading.Event()

    def answer(self, host: str, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body of one request."""
        bare = path.split("?", maxsplit=1)[0]
        try:
            number = number_of(host)
        except ValueError:
            return 404, "text/plain", b"no such vendor"
        if bare.startswith("/img/"):
            kind = int(bare[5:].split(".")[0])
            return 200, "image/png", picture(kind, noise=REALISTIC_IMAGE_NOISE if self.is_realistic else 0)
        if bare == SHEET and self.is_realistic:
            return 200, "text/css", sheet()
        extra = self.edition if number % 100 < self.changed_percent else 0
        filler = REALISTIC_PAGE_BYTES if self.is_realistic else 0
        text = page(number, bare, self.images, extra=extra, filler_bytes=filler)
        if text is None:
            return 404, "text/html; charset=utf-8", b"<title>Page not found</title>"
        return 200, "text/html; charset=utf-8", text.encode()

    def write_seeds(self, path: Path) -> None:
        with path.open("w", newline="") as file:
            rows = [(f"Vendor {n}", f"http://{address(n)}:{self.port}/") for n in range(self.count)]
            csv.writer(file).writerows([("name", "url"), *rows])

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        # Linux has no wildcard for 127/8 alone; whoever is not on loopback is hung up on
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), "0.0.0.0", self.port)  # noqa: S104
        )
        self.port = server.sockets[0].getsockname()[1]
        self._is_serving.set()
        self._loop.run_forever()
        server.close()
        for connection in list(self.connections):
            connection.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_serving.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as little of it as a crawl needs: a load server must cost less than what it loads."""

    def __init__(self, web: GeneratedWeb) -> None:
        self.web = web
        self.received = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if not transport.get_extra_info("peername")[0].startswith("127."):
            transport.abort()
        self.web.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.web.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            path = lines[0].split(" ")[1]
            host = headers.get("host", "")
            self.web.requests[f"{host.split(':')[0]}{path}"] += 1
            status, kind, body = self.web.answer(host, path)
            tag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
            if status == 200 and headers.get("if-none-match") == tag:
                status, body = 304, b""
                self.web.not_modified += 1
            self.web.sent_bytes += len(body)
            told = {200: "OK", 304: "Not Modified"}.get(status, "Not Found")
            answer = f"HTTP/1.1 {status} {told}\r\nContent-Type: {kind}\r\nETag: {tag}\r\n"
            self.transport.write(f"{answer}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("seeds", type=Path)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--realistic", action="store_true", help="pages of 30 kB, images of some kB, a style sheet")
    options = parser.parse_args()
    with GeneratedWeb(options.count, images=options.images, is_realistic=options.realistic) as served:
        served.write_seeds(options.seeds)
        print(f"{served.count} vendors on port {served.port}; seeds in {options.seeds}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
