"""The demo's small web of fictional vendors, served on loopback.

Reads data/demo/web/<host>/: static files, and in server.toml what no file can say (status, redirect, header).

1. The Host header, without its port, picks the folder; an unknown host gets 421.
2. A [[route]] of the host's server.toml answers before any file does.
3. A path names a file; a folder means its index.html; a path without extension the .html of that name.
4. In .xml and .txt files {origin} stands for scheme, host and port.
5. Anything else is a 404 page. server.toml and expected.json are never served: they are not the vendor's.
"""

from __future__ import annotations

import csv
import socket
import threading
import tomllib
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

ADDRESS = "127.0.0.1"
IDLE_CONNECTION_S = 30.0
# Our own list: mimetypes answers differently from one machine to the next.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".xml": "application/xml; charset=utf-8",
}
NOT_SERVED = frozenset({"server.toml", "expected.json"})
NOT_FOUND_PAGE = (
    "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>Page not found</title></head>"
    "<body><h1>Page not found</h1><p>The page that you asked for is not here. <a href='/'>Home</a></p>"
    "</body></html>\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAnswer:
    """What the demo answers to one request."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class DemoSite:
    """One fictional vendor's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.routes: dict[str, dict[str, Any]] = {}
        server_toml = folder / "server.toml"
        if server_toml.is_file():
            table = tomllib.loads(server_toml.read_text(encoding="utf-8"))
            self.routes = {route["path"]: route for route in table.get("route", [])}

    def answer(self, target: str, *, origin: str = "") -> DemoAnswer:
        """Answer a request target as it stood in the request line: percent-encoded, maybe with a query.

        origin: scheme, host and port; replaces {origin} in .xml and .txt files.
        """
        try:
            path = unquote(target.partition("?")[0], errors="strict")
        except UnicodeDecodeError:
            return _not_found()
        route = self.routes.get(path)
        if route is not None:
            return self._answer_route(route, origin)
        found = self._find_file(path)
        if found is None:
            return _not_found()
        if found.is_dir():
            # Without the slash every relative link of the folder's index.html would point one level too high.
            return _redirect(HTTPStatus.MOVED_PERMANENTLY, quote(path) + "/")
        return _serve_file(found, origin)

    def _find_file(self, path: str) -> Path | None:
        parts = path.split("/")
        if not path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
            return None
        wanted = self.folder.joinpath(*(part for part in parts if part not in {"", "."}))
        if path.endswith("/"):
            wanted = wanted / "index.html"
        elif not wanted.exists() and not wanted.suffix:
            wanted = wanted.with_name(wanted.name + ".html")
        if not wanted.exists() or wanted.name in NOT_SERVED:
            return None
        # A symbolic link could lead outside although no part of the path says so.
        return wanted if wanted.resolve().is_relative_to(self.folder) else None

    def _answer_route(self, route: dict[str, Any], origin: str) -> DemoAnswer:
        headers = {str(name): str(value) for name, value in route.get("headers", {}).items()}
        status = int(route.get("status", HTTPStatus.OK))
        if "location" in route:
            headers["Location"] = str(route["location"])
        if "file" not in route:
            return DemoAnswer(status=status, content_type=CONTENT_TYPES[".html"], body=b"", headers=headers)
        served = _serve_file(self.folder / str(route["file"]), origin)
        return DemoAnswer(status=status, content_type=served.content_type, body=served.body, headers=headers)


def _serve_file(file: Path, origin: str) -> DemoAnswer:
    content_type = CONTENT_TYPES.get(file.suffix.lower(), "application/octet-stream")
    body = file.read_bytes()
    if file.suffix in {".xml", ".txt"}:
        # A sitemap's addresses must be absolute (sitemaps.org), and the port is only known now.
        body = body.replace(b"{origin}", origin.encode())
    return DemoAnswer(status=HTTPStatus.OK, content_type=content_type, body=body)


def _redirect(status: HTTPStatus, location: str) -> DemoAnswer:
    return DemoAnswer(status=status, content_type=CONTENT_TYPES[".html"], body=b"", headers={"Location": location})


def _not_found() -> DemoAnswer:
    return DemoAnswer(status=HTTPStatus.NOT_FOUND, content_type=CONTENT_TYPES[".html"], body=NOT_FOUND_PAGE.encode())


class _DemoServer(ThreadingHTTPServer):
    """Knows its sites and its open connections, so that closing it ends every thread."""

    # Threads that outlive the demo would be seen by whoever runs next in the same process.
    daemon_threads = False

    def __init__(self, port: int, sites: dict[str, DemoSite]) -> None:
        self.sites = sites
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_ending = False
        super().__init__((ADDRESS, port), _DemoHandler)

    def remember(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
            if self._is_ending:
                _hang_up(connection)

    def forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def end_connections(self) -> None:
        # A kept-alive connection sits in read(); only hanging up wakes its thread.
        with self._lock:
            self._is_ending = True
            for connection in self._connections:
                _hang_up(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: a client that hung up in the middle of an answer is everyday life of a crawl."""


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class _DemoHandler(BaseHTTPRequestHandler):
    server: _DemoServer
    protocol_version = "HTTP/1.1"
    server_version = "demo"
    sys_version = ""
    timeout = IDLE_CONNECTION_S
    # Head and body leave in one packet; sent apart, delayed acknowledgement costs 40 ms for each answer.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.remember(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        super().finish()

    def do_GET(self) -> None:  # http.server wants this name
        self._send(self._find_answer(), with_body=True)

    def do_HEAD(self) -> None:
        self._send(self._find_answer(), with_body=False)

    def _find_answer(self) -> DemoAnswer:
        host = self.headers.get("Host", "").rpartition("@")[2].partition(":")[0].lower()
        site = self.server.sites.get(host)
        if site is None:
            return DemoAnswer(
                status=HTTPStatus.MISDIRECTED_REQUEST,
                content_type=CONTENT_TYPES[".txt"],
                body=b"The demo has no such host.\n",
            )
        return site.answer(self.path, origin=f"http://{host}:{self.server.server_address[1]}")

    def _send(self, answer: DemoAnswer, *, with_body: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name is http.server's
        """Log nothing: the crawl has its own log."""


class DemoWeb:
    """The demo web while a `with` block lasts.

    folder: data/demo, the folder that holds web/<host>/.
    port: 0 lets the system choose a free one; read it from `.port`.
    `.resolve` holds one HOST:PORT:ADDRESS for each host, as the crawl's option --resolve takes them.
    """

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self._folder = folder
        self._wanted_port = port
        self._sites = {host.name: DemoSite(host) for host in sorted((folder / "web").iterdir()) if host.is_dir()}
        self._server: _DemoServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def hosts(self) -> list[str]:
        return list(self._sites)

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the demo web has no port before its `with` block begins")
        return int(self._server.server_address[1])

    @property
    def resolve(self) -> list[str]:
        return [f"{host}:{self.port}:{ADDRESS}" for host in self.hosts]

    def __enter__(self) -> Self:
        self._server = _DemoServer(self._wanted_port, self._sites)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="demo-web"
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.end_connections()
        self._server.server_close()
        self._server = self._thread = None

    def write_seeds(self, source_csv: Path, target_csv: Path) -> None:
        """Copy a seed list, with the demo's port in each URL whose host the demo serves."""
        with source_csv.open(encoding="utf-8", newline="") as source:
            reader = csv.DictReader(source)
            names = list(reader.fieldnames or [])
            rows = list(reader)
        for seed in rows:
            seed["url"] = self._with_port(seed["url"])
        with target_csv.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def _with_port(self, url: str) -> str:
        split = urlsplit(url)
        if split.hostname not in self._sites:
            return url
        return split._replace(netloc=f"{split.hostname}:{self.port}").geturl()
