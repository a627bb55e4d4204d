"""What is a proxy, and what is said of one that is not used.

Tests: crawler/wire/proxy_address.py, crawler/wire/failures.py.
"""

from __future__ import annotations

import asyncio

import pytest
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError

from crawler.wire.failures import explain_failure
from crawler.wire.proxy_address import Proxy, describe_unused_proxy

PROXY = "http://proxy.example:3128"


def test_a_proxy_has_a_host_a_port_and_perhaps_a_password():
    assert Proxy.of("") is None
    assert Proxy.of(PROXY) == Proxy(host="proxy.example", port=3128)
    assert Proxy.of("http://Proxy.example/") == Proxy(host="proxy.example", port=80)
    named = Proxy.of("http://me:p%40ss@[2001:db8::1]:8080")
    assert named is not None
    assert named.authorization == "Basic bWU6cEBzcw=="
    assert named.url == "http://[2001:db8::1]:8080"


@pytest.mark.parametrize("text", ["https://proxy.example", "socks5://proxy.example", "proxy.example:3128", "http://", "http://p.example/x", "http://p.example:port"])  # fmt: skip
def test_what_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"proxy|[Pp]ort"):
        Proxy.of(text)


def test_only_a_proxy_that_is_set_and_not_used_is_told():
    told = describe_unused_proxy("", {"https_proxy": PROXY, "http_proxy": PROXY})
    assert told == "https_proxy is set and not used: write proxy = … under [crawl] to use it"
    assert describe_unused_proxy(PROXY, {"HTTPS_PROXY": PROXY}) is None
    assert describe_unused_proxy("", {"HTTPS_PROXY": "", "NO_PROXY": "x"}) is None


def reason(error: Exception, proxy: str | None) -> str:
    return asyncio.run(explain_failure(error, "http://127.0.0.1/", proxy=proxy)).reason


def test_a_proxy_that_is_gone_is_our_network_and_not_the_vendor():
    for error in (DownloadConnectionRefusedError("x"), CannotResolveHostError("proxy.example"), TunnelError("x [{'status': 407}]")):  # fmt: skip
        assert reason(error, PROXY) == "no-route"
        assert reason(error, None) != "no-route"
    # the vendor behind it may be what does not answer
    assert reason(DownloadTimeoutError("x"), PROXY) == "timeout"
    assert reason(TunnelError("x [{'status': 502}]"), PROXY) == "failed"
