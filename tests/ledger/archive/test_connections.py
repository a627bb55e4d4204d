"""What strangers say of a connection is kept within limits, and read without harm."""

from __future__ import annotations

import pytest

from ledger.archive.connections import (
    MAX_CERTIFICATE_BYTES,
    MAX_CERTIFICATES,
    ConnectionFacts,
    TlsFacts,
    iana_cipher_name,
    read_certificate,
)
from tests.tls import issue


@pytest.mark.parametrize(
    ("openssl", "iana"),
    [
        ("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        ("DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
        ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
        ("GOST-NEVER-HEARD-OF", "GOST-NEVER-HEARD-OF"),
    ],
)
def test_ciphers_have_the_names_of_the_registry(openssl, iana):
    assert iana_cipher_name(openssl) == iana


def test_a_chain_is_kept_up_to_the_limits_of_number_and_size():
    fits, too_large = bytes(MAX_CERTIFICATE_BYTES), bytes(MAX_CERTIFICATE_BYTES + 1)
    facts = TlsFacts.of(version="TLSv1.3", cipher=None, certificates=[fits, too_large, b"x"])
    assert (facts.certificates, facts.left_out) == ((fits, b"x"), 1)
    facts = TlsFacts.of(version="TLSv1.3", cipher=None, certificates=[b"x"] * (MAX_CERTIFICATES + 1))
    assert (len(facts.certificates), facts.left_out) == (MAX_CERTIFICATES, 1)


def test_a_certificate_says_who_it_is_for_and_rubbish_says_nothing():
    words = read_certificate(issue("vendor.example", is_authority=False).der)
    assert words.subject == "CN=vendor.example"
    assert words.valid_from is not None
    assert words.valid_until is not None
    assert words.valid_from < words.valid_until
    good = issue("a.example").der
    for rubbish in (b"", b"\x30\x80" + bytes(500), good[:200], good[:60] + bytes(60) + good[120:]):
        assert read_certificate(rubbish).subject in (None, "CN=a.example")


def test_other_facts_are_another_connection():
    facts = ConnectionFacts(host="v.example", port=443, remote_ip="192.0.2.1", dns=None, tls=None)
    tls = TlsFacts.of(version="TLSv1.3", cipher="AES128-SHA", certificates=[b"a"])
    ids = {
        facts.id_in("X"), facts.id_in("Y"),
        ConnectionFacts(host="v.example", port=443, remote_ip="192.0.2.2", dns=None, tls=None).id_in("X"),
        ConnectionFacts(host="v.example", port=443, remote_ip="192.0.2.1", dns=None, tls=tls).id_in("X"),
    }  # fmt: skip
    assert len(ids) == 4
