"""Why a download gave no response, in the words that looks carry."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import subprocess
import sys

import pytest
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectError

from crawler.wire.addresses import refused_hosts
from crawler.wire.failures import LookRefusedError, explain_failure

URL = "http://www.vendor.example/x"


def unreachable(number: int) -> Exception:
    error = DownloadFailedError("connect")
    error.__cause__ = ConnectError(osError=number)
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DownloadTimeoutError("took 30 s"), "timeout"),
        (DownloadConnectionRefusedError("refused"), "connection-refused"),
        (DownloadCancelledError("10 MB"), "too-large"),
        (ResponseDataLossError("cut"), "cut-short"),
        (DownloadFailedError("[<SSL: certificate verify failed>]"), "tls"),
        (DownloadFailedError("bad line"), "broken-response"),
        (UnsupportedURLSchemeError("ftp"), "other-scheme"),
        (IgnoreRequest("max redirections reached"), "redirect-loop-or-too-large"),
        (ValueError("Missing scheme in request url: x"), "redirect-not-followed"),
        (ValueError("something else"), "failed"),
        (unreachable(errno.ENETUNREACH), "no-route"),
        (unreachable(errno.EHOSTUNREACH), "broken-response"),
    ],
)
def test_each_failure_has_its_reason(error, reason):
    failure = asyncio.run(explain_failure(error, URL))
    assert failure.reason == reason
    assert failure.detail


def test_a_host_that_leads_to_a_private_address_is_told_from_one_that_leads_nowhere():
    refused_hosts.add("inner.vendor.example", "10.0.0.1")
    error = CannotResolveHostError("inner.vendor.example")
    failure = asyncio.run(explain_failure(error, "http://inner.vendor.example/"))
    assert failure.reason == "private-address"
    assert "10.0.0.1" in failure.detail


def test_a_refusal_of_our_own_keeps_its_reason_and_its_evidence():
    refused = LookRefusedError("robots", "robots.txt forbids it", robots_capture_id="c")
    failure = asyncio.run(explain_failure(refused, URL))
    assert (failure.reason, failure.detail, failure.robots_capture_id) == ("robots", "robots.txt forbids it", "c")


ASK = """
import asyncio
from scrapy.exceptions import CannotResolveHostError
from crawler.wire.failures import explain_failure
print(asyncio.run(explain_failure(CannotResolveHostError("www.vendor.example"), "http://www.vendor.example/")).reason)
"""


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="needs a network namespace of its own")
def test_name_servers_that_do_not_answer_are_told_from_a_name_that_nobody_has(tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    without_network = f"mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec {sys.executable} -c '{ASK}'"
    done = subprocess.run(
        ["unshare", "-n", "-m", "sh", "-c", without_network], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "no-dns"


def test_a_host_with_an_address_that_did_not_resolve_before_is_the_vendors(monkeypatch):
    failure = asyncio.run(explain_failure(CannotResolveHostError("localhost"), "http://localhost/"))
    assert failure.reason == "dns"
