"""Private addresses are refused, in whatever dress they come."""

from __future__ import annotations

import pytest

from crawler.wire.addresses import is_public


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "1.1.1.1", "192.0.1.1", "192.88.98.1", "64:ff9b::808:808", "3fff:1000::1"]
)
def test_public_addresses_pass(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "::127.0.0.1", "fec0::1",
        # whatever the tables of this Python say
        "64:ff9b:1::1", "64:ff9b:1:ffff::8.8.8.8", "::ffff:0:8.8.8.8", "::ffff:0:7f00:1", "5f00::1", "3fff::1", "3fff:fff:ffff::1",
        "192.0.0.1", "192.0.0.170", "192.88.99.1",
    ],
)  # fmt: skip
def test_private_addresses_are_refused(address):
    assert not is_public(address)
