"""A web of generated vendors on loopback: number n has an address of its own, 127.<1 + n // 62500>.<…>.<…>.

Every page and picture follows from the vendor's number alone, so two crawls of it can be compared row by row.

    python bench/generated_web.py 200 seeds.csv      # serves until interrupted
"""

from __future__ import annotations

import collections
import csv
import functools
import io
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image, ImageDraw

PAGES = ("/", "/about.html", "/partners.html", "/clients.html", "/products.html")


def address(number: int) -> str:
    """Return the loopback address of a vendor."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


@functools.lru_cache(maxsize=512)
def picture(kind: int) -> bytes:
    """Return a PNG drawn from its number: shapes in a frame, 24 kinds of them shared by all vendors."""
    image = Image.new("RGB", (160, 60), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for step in range(5):
        x = 8 + (kind * 37 + step * 29) % 120
        colour = tuple((kind * 53 + step * 71 + channel * 97) % 200 for channel in range(3))
        box = (x, 8 + (kind + step * 7) % 20, x + 18 + (kind * step) % 16, 34 + (kind * 3 + step) % 20)
        (draw.ellipse if (kind + step) % 2 else draw.rectangle)(box, fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def page(number: int, path: str, images: int) -> str | None:
    """Return a vendor's page, or None when it has none at that path."""
    if path not in PAGES:
        return None
    menu = "".join(f'<li><a href="{p}">{p.strip("/").split(".")[0] or "home"}</a></li>' for p in PAGES)
    heading = {"/partners.html": "Our partners", "/clients.html": "Our clients"}.get(path, f"Vendor {number}")
    shown = images if path in ("/partners.html", "/clients.html") else 2
    logos = "".join(
        f'<li><img src="/img/{(number * 7 + i * 5) % 24}.png?v={number}" alt="Logo {i}"></li>' for i in range(shown)
    )
    words = "".join(
        f"<p>Vendor {number} does work of kind {i} for towns and ports, on time and in writing.</p>" for i in range(6)
    )
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{heading}</title></head><body><nav><ul>{menu}</ul></nav>"
        f"<main><h1>{heading}</h1>{words}<section><h2>{heading}</h2><ul>{logos}</ul></section></main><footer>Vendor {number}</footer></body></html>"
    )


class GeneratedWeb:
    """Serves the vendors 0 … count - 1 on one port while it is entered; counts the requests by host and path."""

    def __init__(self, count: int, *, images: int = 8, port: int = 0) -> None:
        self.count = count
        self.requests: collections.Counter[str] = collections.Counter()
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # the library's name
                if not self.client_address[0].startswith("127."):
                    self.close_connection = True
                    return
                host = (self.headers.get("Host") or "").split(":")[0]
                web.requests[f"{host}{self.path}"] += 1
                _, a, b, c = map(int, host.split("."))
                path = self.path.split("?")[0]
                body, kind = None, "text/html; charset=utf-8"
                if path.startswith("/img/"):
                    body, kind = picture(int(path[5:].split(".")[0])), "image/png"
                elif (text := page((a - 1) * 62_500 + b * 250 + c - 1, path, images)) is not None:
                    body = text.encode()
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Type", kind)
                body = body if body is not None else b"<title>Page not found</title>"
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:  # the crawler was killed
                    self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        # Linux has no wildcard for 127/8 alone; whoever is not on loopback is hung up on
        self._server = ThreadingHTTPServer(("0.0.0.0", port), Handler)  # noqa: S104
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def write_seeds(self, path: Path) -> None:
        with path.open("w", newline="") as file:
            rows = [(f"Vendor {n}", f"http://{address(n)}:{self.port}/") for n in range(self.count)]
            csv.writer(file).writerows([("name", "url"), *rows])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with GeneratedWeb(int(sys.argv[1])) as served:
        served.write_seeds(Path(sys.argv[2]))
        print(f"{served.count} vendors on port {served.port}; seeds in {sys.argv[2]}", flush=True)
        threading.Event().wait()
