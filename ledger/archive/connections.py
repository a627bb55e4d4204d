"""What a connection says of who answered: the resolver's answer, the TLS parameters, the certificates that were sent.

All of it comes from strangers: sizes are limited here, before anything is stored.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ledger.identity import content_id, sha256_hex, utc_text
from ledger.typed_texts import Instant, VisitId
from ledger.vocabulary import DnsSource

_T = TypeVar("_T")
MAX_CERTIFICATES = 10
MAX_CERTIFICATE_BYTES = 64_000
MAX_ADDRESSES = 64
_MAX_NAME_CHARS = 500

# OpenSSL's names of what comes before and after the key exchange, and those of the IANA registry of cipher suites
_EXCHANGES = {"ECDHE-ECDSA-": "ECDHE_ECDSA", "ECDHE-RSA-": "ECDHE_RSA", "DHE-RSA-": "DHE_RSA", "": "RSA"}
_CIPHERS = {
    "AES128-GCM-SHA256": "AES_128_GCM_SHA256",
    "AES256-GCM-SHA384": "AES_256_GCM_SHA384",
    "CHACHA20-POLY1305": "CHACHA20_POLY1305_SHA256",
    "AES128-SHA256": "AES_128_CBC_SHA256",
    "AES256-SHA256": "AES_256_CBC_SHA256",
    "AES256-SHA384": "AES_256_CBC_SHA384",
    "AES128-SHA": "AES_128_CBC_SHA",
    "AES256-SHA": "AES_256_CBC_SHA",
    "AES128-CCM": "AES_128_CCM",
    "AES256-CCM": "AES_256_CCM",
    "AES128-CCM8": "AES_128_CCM_8",
    "AES256-CCM8": "AES_256_CCM_8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """What a host's name was resolved to. left_out: addresses beyond MAX_ADDRESSES."""

    addresses: tuple[str, ...]
    answered_at: Instant | None  # None: pinned by the operator, nobody was asked
    source: DnsSource
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """What was agreed on, and what the server sent. certificates: DER, in the order sent, the server's own first.

    left_out: certificates that were sent beyond the limits of number and size.
    """

    version: str
    cipher: str
    certificates: tuple[bytes, ...]
    left_out: int = 0

    @classmethod
    def of(cls, *, version: str, cipher: str | None, certificates: Sequence[bytes]) -> TlsFacts:
        """Return the facts within the limits. cipher: as OpenSSL calls it."""
        stored = tuple(
            certificate for certificate in certificates[:MAX_CERTIFICATES] if len(certificate) <= MAX_CERTIFICATE_BYTES
        )
        return cls(
            version=version,
            cipher=iana_cipher_name(cipher or ""),
            certificates=stored,
            left_out=len(certificates) - len(stored),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """Equal facts of a visit are one connection, however often it was opened."""

    host: str
    port: int
    remote_ip: str | None
    dns: DnsAnswer | None  # None: the host is an address itself, or the answer was forgotten
    tls: TlsFacts | None  # None: plain HTTP, or the answer ended before anything could be read

    def id_in(self, visit_id: VisitId) -> str:
        """Return the id of this connection in a visit."""
        chain = () if self.tls is None else (self.tls.version, self.tls.cipher, *map(sha256_hex, self.tls.certificates))
        return content_id("connection", visit_id, self.host, self.port, self.remote_ip, self.dns, chain)


def iana_cipher_name(name: str) -> str:
    """Return the name of a cipher suite in the IANA registry; where we don't know it, the one that OpenSSL has."""
    for start, exchange in _EXCHANGES.items():
        if name.startswith(start) and name.removeprefix(start) in _CIPHERS:
            return f"TLS_{exchange}_WITH_{_CIPHERS[name.removeprefix(start)]}"
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateWords:
    """What a certificate says of itself; None where it can't be read."""

    subject: str | None
    issuer: str | None
    valid_from: str | None
    valid_until: str | None


def read_certificate(der: bytes) -> CertificateWords:
    """Return what a certificate says of itself. Never raises: whoever answers may send any bytes as one."""
    from cryptography import x509  # slow to import, and most processes never read one

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of certificates that break rules, as old ones do
        certificate = _tried(lambda: x509.load_der_x509_certificate(der))
        if certificate is None:
            return CertificateWords(subject=None, issuer=None, valid_from=None, valid_until=None)
        return CertificateWords(
            subject=_tried(lambda: certificate.subject.rfc4514_string()[:_MAX_NAME_CHARS]),
            issuer=_tried(lambda: certificate.issuer.rfc4514_string()[:_MAX_NAME_CHARS]),
            valid_from=_tried(lambda: utc_text(certificate.not_valid_before_utc)),
            valid_until=_tried(lambda: utc_text(certificate.not_valid_after_utc)),
        )


def _tried(read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except Exception:  # noqa: BLE001  # cryptography raises what its parsers find, and they are many
        return None
