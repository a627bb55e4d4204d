"""Why a download gave no response, in the words that looks carry."""

from __future__ import annotations

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

from crawler.wire.addresses import refused_hosts
from crawler.wire.failures import LookRefusedError, explain_failure

URL = "http://www.vendor.example/x"


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
        (CannotResolveHostError("www.vendor.example"), "dns"),
    ],
)
def test_each_failure_has_its_reason(error, reason):
    failure = explain_failure(error, URL)
    assert failure.reason == reason
    assert failure.detail


def test_a_host_that_leads_to_a_private_address_is_told_from_one_that_leads_nowhere():
    refused_hosts.add("inner.vendor.example", "10.0.0.1")
    failure = explain_failure(CannotResolveHostError("inner.vendor.example"), "http://inner.vendor.example/")
    assert failure.reason == "private-address"
    assert "10.0.0.1" in failure.detail


def test_a_refusal_of_our_own_keeps_its_reason_and_its_evidence():
    failure = explain_failure(LookRefusedError("robots", "robots.txt forbids it", robots_capture_id="c"), URL)
    assert (failure.reason, failure.detail, failure.robots_capture_id) == ("robots", "robots.txt forbids it", "c")
