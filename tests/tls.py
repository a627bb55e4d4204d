"""A vendor that answers over TLS on loopback, with a chain of certificates of its own."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import Answer, QuietHandler, not_found

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


def issue(name: str, by: Issued | None = None, *, is_authority: bool = True, padding: int = 0) -> Issued:
    """A certificate for a name, by itself if by nobody else. padding: bytes of an extension that nobody reads."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    if padding:
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, bytes(padding)), critical=False)
    return Issued(builder.sign(by.key if by else key, hashes.SHA256()), key)


def chain_of(host: str, *, authorities: int = 2, padding: int = 0) -> list[Issued]:
    """The server's certificate first, the root last."""
    chain = [issue("Test Root")]
    for number in range(1, authorities):
        chain.insert(0, issue(f"Test Authority {number}", chain[0], padding=padding))
    return [issue(host, chain[0], is_authority=False), *chain]


@contextmanager
def tls_server(folder: Path, chain: list[Issued], answers: dict[str, Answer]) -> Iterator[int]:
    """Serve answers by path; yields the port."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802  # the name that http.server asks for
            answers.get(self.path, not_found)(self)

    key = chain[0].key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(key + b"".join(one.certificate.public_bytes(PEM) for one in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
