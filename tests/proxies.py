"""A small HTTP proxy on loopback, as a company has it: absolute addresses, CONNECT, a password, and names that only it knows."""

from __future__ import annotations

import http.client
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.conftest import QuietHandler

HOP_BY_HOP = {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "transfer-encoding"}


class SmallProxy:
    """ports: "host:port" as clients ask for it → port on loopback; any other is answered with 502. asked: what came, in order."""

    def __init__(self, ports: Mapping[str, int], *, authorization: str | None) -> None:
        self.asked: list[str] = []
        outer = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:  # noqa: N802  # the name that http.server asks for
                outer.asked.append(f"GET {self.path}")
                parts = urlsplit(self.path)
                port = ports.get(f"{parts.hostname}:{parts.port or 80}")
                if not self._is_known() or port is None:
                    self._answer(407 if not self._is_known() else 502, b"", {})
                    return
                behind = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                behind.request("GET", parts.path or "/", headers=headers)
                response = behind.getresponse()
                kept = {n: v for n, v in response.getheaders() if n.lower() not in {*HOP_BY_HOP, "content-length"}}
                self._answer(response.status, response.read(), kept)
                behind.close()

            def do_CONNECT(self) -> None:  # noqa: N802  # the same
                outer.asked.append(f"CONNECT {self.path}")
                port = ports.get(self.path)
                if not self._is_known() or port is None:
                    self._answer(407 if not self._is_known() else 502, b"", {})
                    return
                with socket.create_connection(("127.0.0.1", port), timeout=30) as behind:
                    self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _pass_on(self.connection, behind)
                self.close_connection = True

            def _is_known(self) -> bool:
                return authorization is None or self.headers.get("Proxy-Authorization") == authorization

            def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.netloc = f"127.0.0.1:{self.server.server_address[1]}"


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [], 60)[0] or [None]:
            data = ready.recv(65_536) if ready is not None else b""
            if not data:
                return
            (other if ready is one else one).sendall(data)


@contextmanager
def small_proxy(ports: Mapping[str, int], *, authorization: str | None = None) -> Iterator[SmallProxy]:
    """Run a proxy while a test runs."""
    proxy = SmallProxy(ports, authorization=authorization)
    threading.Thread(target=proxy.server.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
