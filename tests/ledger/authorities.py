"""Time-stamping authorities on loopback: openssl answers, or the server answers rubbish, refuses, or says nothing."""

from __future__ import annotations

import subprocess
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import mkdtemp

from tests.conftest import Answer, SmallServer

_CONFIG = """
[req]
distinguished_name = name
x509_extensions = ca
prompt = no
[name]
CN = {name}
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa_default]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/ca.pem
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256
accuracy = secs:1
[tsa_section]
default_tsa = tsa_default
"""


def _openssl(*arguments: str | Path, stdin: bytes | None = None) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@cache
def make_authority(name: str) -> Path:
    """Return a folder with a certificate authority (ca.pem) and a signer for time stamps, made by openssl."""
    folder = Path(mkdtemp(prefix=f"tsa-{name}-"))
    config = folder / "openssl.cnf"
    config.write_text(_CONFIG.format(name=name, folder=folder))
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-config", config,
        "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
    )  # fmt: skip
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", f"/CN={name} stamps")  # fmt: skip
    _openssl(
        "x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-days", "3650",
        "-set_serial", "2", "-extfile", config, "-extensions", "tsa", "-out", folder / "tsa.pem",
    )  # fmt: skip
    (folder / "serial").write_text("01")
    return folder


def stamping(folder: Path) -> Answer:
    """Answer as an authority does."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        query = handler.rfile.read(int(handler.headers["Content-Length"]))
        (folder / "query.tsq").write_bytes(query)
        command = ("ts", "-reply", "-config", folder / "openssl.cnf", "-section", "tsa_default", "-queryfile")
        reply = _openssl(*command, folder / "query.tsq")
        handler.send_response(200)
        handler.send_header("Content-Type", "application/timestamp-reply")
        handler.send_header("Content-Length", str(len(reply)))
        handler.end_headers()
        handler.wfile.write(reply)

    return answer


class AuthorityServers:
    """Two authorities, "first" and "second"; answers can be replaced. Their part of a configuration is `config`."""

    def __init__(self, **answers: Answer) -> None:
        self.folders = {name: make_authority(name) for name in ("first", "second")}
        self.answers = {f"/{name}": answers.get(name) or stamping(folder) for name, folder in self.folders.items()}
        self.server = SmallServer(self.answers)

    @property
    def config(self) -> str:
        return "".join(
            f'\n[[seal.authority]]\nname = "{name}"\nurl = "{self.server.url}/{name}"\nroots = "{folder / "ca.pem"}"\n'
            for name, folder in self.folders.items()
        )

    def __enter__(self) -> AuthorityServers:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()
