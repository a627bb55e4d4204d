"""A connection whose head does not end is ended; one that is slow but asks is answered."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from casebook.web.access.head_timeout import patient_protocol

TIMEOUT_S = 1.0


async def answer_slowly(_: Request) -> PlainTextResponse:
    import asyncio

    await asyncio.sleep(1.5 * TIMEOUT_S)
    return PlainTextResponse("done")


@pytest.fixture
def port() -> Iterator[int]:
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here")), Route("/slow", answer_slowly)])
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", http=patient_protocol(TIMEOUT_S), ws="none", lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(20)
    listener.close()


def read_all(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause_s)
        data = b""
        while piece := connection.recv(65_536):
            data += piece
        return data


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT"]
)
def test_a_head_that_does_not_end_ends_its_connection(port, begun):
    started = time.monotonic()
    data = read_all(port, begun)
    assert time.monotonic() - started < 10 * TIMEOUT_S
    assert data.count(b"here") == begun.count(b"\r\n\r\n")


def test_a_slow_answer_is_waited_for(port):
    assert b"done" in read_all(port, b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
