"""Certificates are checked; a host whose certificate fails is asked again only when the operator says so, and the rows say it.

Tests: crawler/wire/tls.py.
"""

from __future__ import annotations

import datetime
import sqlite3
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import run_partnerproof, send

HOME = "<title>Vendor</title><h1>Our partners</h1><p>" + "Words about our work. " * 60 + "</p>"


def write_certificate(folder: Path) -> Path:
    """A certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vendor.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("vendor.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "vendor.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (send(HOME) if self.path == "/" else send("", status=404))(self)

        def log_message(self, *args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_certificate(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_certificate_that_fails_is_a_reason_and_a_second_try_is_marked(port, acme, tmp_path):
    url = f"https://vendor.example:{port}/"
    resolve = ("--resolve", f"vendor.example:{port}:127.0.0.1", "--delay", "0")
    told = run_partnerproof("-w", acme, "check", url, *resolve, code=3)
    assert "tls" in told
    run_partnerproof("-w", acme, "check", url, *resolve, "--allow-bad-certificates")
    with sqlite3.connect(acme / "var" / "partnerproof.db") as database:
        assert database.execute("SELECT DISTINCT tls FROM captures").fetchall() == [("unverified",)]
        outcomes = database.execute("SELECT outcome FROM v_coverage ORDER BY looked_at").fetchall()
    assert outcomes == [("could-not-look",), ("looked",)]
