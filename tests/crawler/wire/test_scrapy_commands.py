"""Scrapy's own commands in a workspace and in a checkout: they ask as the crawl does, without a visit.

Tests: crawler/wire/middlewares.py, crawler/wire/robots.py, crawler/settings.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SmallServer, send

CHECKOUT = Path(__file__).parents[3]
LOOPBACK = ("-s", "PARTNERPROOF_ALLOW_PRIVATE=1")
STATUS = ("-c", "print('status', response.status)")


def scrapy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PARTNERPROOF_WORKSPACE"}
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def server(serve) -> SmallServer:
    return serve(
        {
            "/": send("<title>V</title><p>Words.", **{"Set-Cookie": "a=b"}),
            "/busy": send("later", status=503, **{"Retry-After": "60"}),
            "/moved": send("", status=301, Location="/"),
        }
    )


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/moved", 200), ("/none", 404)])
def test_the_shell_asks_in_a_workspace(acme, server, path, status):
    done = scrapy(acme, "shell", f"{server.url}{path}", *LOOPBACK, *STATUS)
    assert f"status {status}" in done.stdout
    assert done.stderr == ""
    assert not (acme / "var" / "partnerproof.db").exists() or not list((acme / "var").glob("warc/*"))


def test_the_shell_asks_in_a_checkout(server):
    done = scrapy(CHECKOUT, "shell", f"{server.url}/", *LOOPBACK, *STATUS)
    assert "status 200" in done.stdout
    assert done.stderr == ""


def test_a_host_that_asks_to_be_left_alone_is_answered_in_the_shell_too(acme, server):
    done = scrapy(acme, "shell", f"{server.url}/busy", *LOOPBACK, "-s", "RETRY_ENABLED=0", *STATUS)
    assert "status 503" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["shell", "fetch"])
def test_private_addresses_are_refused_without_a_visit_too(acme, server, command):
    told = ("-c", "print('response', response)") if command == "shell" else ()
    done = scrapy(acme, command, f"{server.url}/", *told)
    assert "127.0.0.1 leads to 127.0.0.1, which is not a public address" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Words." not in done.stdout
    assert server.requests == []
    assert command != "shell" or "response None" in done.stdout


def test_domains_that_wish_not_to_be_visited_are_not_asked_in_the_shell(acme, server):
    (acme / "opt-out.txt").write_text("127.0.0.1\n")
    done = scrapy(acme, "shell", f"{server.url}/", *LOOPBACK, "-c", "print('response', response)")
    assert "response None" in done.stdout
    assert "wish not to be visited" in done.stderr
    assert server.requests == []


@pytest.mark.parametrize("folder", ["workspace", "checkout"])
def test_spiders_are_listed_checked_and_pages_fetched(acme, server, folder):
    where = acme if folder == "workspace" else CHECKOUT
    assert scrapy(where, "list").stdout == "partners\n"
    checked = scrapy(where, "check")
    assert (checked.returncode, "OK" in checked.stdout + checked.stderr) == (0, True)
    fetched = scrapy(where, "fetch", f"{server.url}/", *LOOPBACK)
    assert "<title>V</title>" in fetched.stdout
    assert fetched.stderr == ""
