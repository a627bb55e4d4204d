"""Who answers over TLS: version, cipher and the whole chain of certificates, read from the connection itself.

Scrapy hands on the server's own certificate with each response; what else the connection knows is hung on it here,
read once a connection. The address is in the response, what DNS said in crawler/wire/addresses.py.
"""

from __future__ import annotations

import weakref
from typing import Any
from urllib.parse import urlsplit

from OpenSSL import SSL, crypto
from scrapy.http import Response
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from crawler.wire.addresses import dns_answers
from ledger.archive.connections import ConnectionFacts, TlsFacts

_FACTS = "partnerproof_tls_facts"
_PORTS = {"http": 80, "https": 443}


@implementer(IPolicyForHTTPS)
class NotingPolicy:
    """A policy for HTTPS whose connections note what they know of the server. Checks are the wrapped policy's."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy

    def creatorForNetloc(self, hostname: bytes, port: int) -> _NotingCreator:  # noqa: N802  # Twisted's name
        return _NotingCreator(self.policy.creatorForNetloc(hostname, port))


@implementer(IOpenSSLClientConnectionCreator)
class _NotingCreator:
    def __init__(self, creator: Any) -> None:
        self.creator = creator

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N802, N803
        connection: SSL.Connection = self.creator.clientConnectionForTLS(tlsProtocol)
        # and not on tlsProtocol: in a proxy's tunnel the transport has taken its method before
        connection.get_peer_certificate = _PeerCertificate(connection)  # type: ignore[assignment,method-assign]
        return connection


class _PeerCertificate:
    """Stands in for the method of this name: the same certificate, with what the connection knows hung on it."""

    def __init__(self, connection: SSL.Connection) -> None:
        self.connection = weakref.ref(connection)  # which holds us
        self.facts: TlsFacts | None = None

    def __call__(self) -> crypto.X509 | None:
        connection = self.connection()
        if connection is None:
            return None
        certificate = SSL.Connection.get_peer_certificate(connection)
        if certificate is not None:
            if self.facts is None:
                self.facts = read_tls_facts(connection)
            setattr(certificate, _FACTS, self.facts)
        return certificate


def read_tls_facts(connection: SSL.Connection) -> TlsFacts:
    """Return what an open connection knows of its server. OpenSSL itself takes no chain of more than 100 kB."""
    chain = connection.get_peer_cert_chain() or ()
    return TlsFacts.of(
        version=connection.get_protocol_version_name(),
        cipher=connection.get_cipher_name(),
        certificates=[crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in chain],
    )


def read_connection_facts(url: str, response: Response) -> ConnectionFacts:
    """Return what is known of the connection that a response came over."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    original = response.certificate.original if response.certificate is not None else None
    return ConnectionFacts(
        host=host,
        port=parts.port or _PORTS.get(parts.scheme, 0),
        remote_ip=str(response.ip_address) if response.ip_address else None,
        dns=dns_answers.get(host),
        tls=getattr(original, _FACTS, None),
    )
