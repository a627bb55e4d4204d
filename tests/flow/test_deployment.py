"""The files of deploy/ as an operator installs them: nginx and Caddy with TLS before `serve`, the units of systemd.

Where nginx, Caddy or systemd is not installed, its tests are skipped (on Debian: apt-get install nginx caddy systemd).
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from packaging.specifiers import SpecifierSet

from casebook.web.access.login_guard import PAIR
from tests.conftest import add_account, run_partnerproof
from tests.tls import PEM, chain_of

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "review.acme.example"
PASSWORD = "a long enough password"  # noqa: S105  # of these tests


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: str


@dataclass(frozen=True)
class Site:
    """Where things listen, and who vouches for the certificate."""

    http: int
    https: int
    serve: int
    authority: ssl.SSLContext


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of `serve` as the unit starts it; nobody but a proxy on this machine is believed."""
    root = tmp_path_factory.mktemp("served") / "space"
    run_partnerproof("init", root)
    add_account(root, "ann", "admin", PASSWORD)
    options = re.search(r"^ExecStart=\S+ (serve .*)$", (DEPLOY / "partnerproof.service").read_text(), re.M)
    assert options is not None
    command = [
        sys.executable,
        "-m",
        "partnerproof",
        "-w",
        str(root),
        *options[1].split(),
        "--port",
        "0",
        "--no-pictures",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        server.terminate()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def site(request: pytest.FixtureRequest, served: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program = shutil.which(request.param) or shutil.which(request.param, path="/usr/sbin")
    if program is None:
        pytest.skip(f"{request.param} is not installed on this machine")
    folder = tmp_path_factory.mktemp(request.param)
    root = write_certificate(folder)
    http, https = free_port(), free_port()
    write = write_nginx if request.param == "nginx" else write_caddy
    command = [program, *write(folder, http, https, served)]
    with subprocess.Popen(
        command,
        env={"HOME": str(folder), "PATH": "/usr/bin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as proxy:
        try:
            for port in (http, https):
                wait_for(port, proxy)
            yield Site(http, https, served, ssl.create_default_context(cadata=root))
        finally:
            proxy.terminate()
            proxy.communicate(timeout=20)


def write_certificate(folder: Path) -> str:
    """Write the two files that the site names; returns the root's certificate."""
    chain = chain_of(HOST)
    key = chain[0].key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key)
    (folder / "fullchain.pem").write_bytes(b"".join(one.certificate.public_bytes(PEM) for one in chain[:-1]))
    return chain[-1].certificate.public_bytes(PEM).decode()


def write_nginx(folder: Path, http: int, https: int, served: int) -> list[str]:
    """The shipped site with other ports and paths, and a second for a head to end."""
    shipped = (DEPLOY / "nginx.conf").read_text()
    text = "\n".join(line for line in shipped.splitlines() if "[::]" not in line)
    for old, new in {
        "listen 80": f"listen 127.0.0.1:{http}", "listen 443": f"listen 127.0.0.1:{https}", "127.0.0.1:8742": f"127.0.0.1:{served}",
        "/etc/ssl/partnerproof": str(folder), "client_header_timeout 20s": "client_header_timeout 1s",
    }.items():  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off; {temporary} include {folder}/site.conf; }}\n"
    )
    return ["-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def write_caddy(folder: Path, http: int, https: int, served: int) -> list[str]:
    text = (DEPLOY / "Caddyfile").read_text()
    options = f"{{\n\tadmin off\n\thttp_port {http}\n\thttps_port {https}\n\tdefault_bind 127.0.0.1\n\tservers {{\n"
    for old, new in {
        "{\n\tservers {\n": options, "127.0.0.1:8742": f"127.0.0.1:{served}", "/etc/ssl/partnerproof": str(folder), "read_header 20s": "read_header 1s",
    }.items():  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    (folder / "Caddyfile").write_text(text)
    return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return


def ask(
    port: int,
    path: str = "/login",
    *,
    tls: ssl.SSLContext | None = None,
    host: str = HOST,
    form: Mapping[str, str] | None = None,
    source: str = "127.0.0.1",
    **headers: str,
) -> Answered:
    """Ask from an address of this machine, by our name in the certificate, and by any in the head."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.sock = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
    if tls is not None:
        connection.sock = tls.wrap_socket(connection.sock, server_hostname=HOST)
    named = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if form is not None:
        named["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("GET" if form is None else "POST", path, urlencode(form) if form else None, named)
    answer = connection.getresponse()
    read = Answered(
        answer.status, dict(answer.getheaders()), tuple(answer.headers.get_all("set-cookie", [])), answer.read().decode("utf-8", "replace")
    )  # fmt: skip
    connection.close()
    return read


def test_without_tls_one_is_led_to_it(site):
    answer = ask(site.http, "/cases/x?y=1")
    assert answer.status == 308
    assert answer.headers["Location"].replace(f":{site.https}", "") == f"https://{HOST}/cases/x?y=1"
    assert not answer.cookies


def test_one_logs_in_over_tls(site):
    answer = ask(site.https, tls=site.authority, form={"account": "ann", "password": PASSWORD, "next": "/help"})
    assert (answer.status, answer.headers["location" if "location" in answer.headers else "Location"]) == (303, "/help")
    (cookie,) = answer.cookies
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Secure", "Path=/"))
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    page = ask(site.https, "/help", tls=site.authority, Cookie=cookie.partition(";")[0])
    assert page.status == 200
    assert "ann" in page.body
    assert "default-src 'none'" in str(page.headers)


def test_the_proxys_word_on_an_address_counts_and_the_browsers_does_not(site):
    """Tries are counted by address: another one that a browser claims for each of them is no way around."""
    source = f"127.0.1.{site.https % 200 + 1}"
    claims = [
        {"X_Forwarded_For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}", "X_Real_IP": f"203.0.113.{n}"}
        for n in range(PAIR.free + 1)
    ]
    wrong = {"account": f"nobody-{site.https}", "password": "x"}
    statuses = [ask(site.https, tls=site.authority, form=wrong, source=source, **claim).status for claim in claims]
    assert statuses == [401] * PAIR.free + [429]
    assert (
        ask(site.https, tls=site.authority, form=wrong, source="127.0.2.1").status == 401
    )  # another address, told by the proxy


def test_other_names_are_refused(site):
    assert ask(site.https, tls=site.authority, host="evil.example").status == 421
    assert ask(site.http, host="evil.example").status in (308, 421)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ssl.create_default_context().wrap_socket(
            socket.create_connection(("127.0.0.1", site.https)), server_hostname="evil.example"
        )


def test_too_large_a_form_ends_at_the_proxy(site):
    with (
        socket.create_connection(("127.0.0.1", site.https), timeout=20) as plain,
        site.authority.wrap_socket(plain, server_hostname=HOST) as sent,
    ):
        kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 13000000"
        sent.sendall(f"POST /login HTTP/1.1\r\nHost: {HOST}\r\n{kind}\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError, ssl.SSLError):  # it may hang up before it has all
            for _ in range(13):
                sent.sendall(bytes(1_000_000))
        assert sent.recv(100).split()[1] == b"413"


def test_a_head_that_does_not_end_is_ended(site):
    with (
        socket.create_connection(("127.0.0.1", site.https)) as plain,
        site.authority.wrap_socket(plain, server_hostname=HOST) as slow,
    ):
        slow.settimeout(10)
        began = time.monotonic()
        slow.sendall(f"GET /login HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode())
        while slow.recv(1_000):
            pass
        assert time.monotonic() - began < 5


def test_past_the_proxy_nobody_gets_in_from_elsewhere(served):
    with pytest.raises(ConnectionRefusedError):  # it listens on one address alone
        socket.create_connection(("127.0.0.9", served))
    assert ask(served, host="evil.example").status == 421
    said = {"X_Forwarded_For": "203.0.113.1", "X_Forwarded_Proto": "https"}
    form = {"account": "ann", "password": PASSWORD}
    (believed,) = ask(served, form=form, **said).cookies
    (not_believed,) = ask(served, form=form, source="127.0.0.3", **said).cookies
    assert ("Secure" in believed, "Secure" in not_believed) == (True, False)


systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed on this machine")


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The shipped units, with a program that is there."""
    for unit in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")):
        text = unit.read_text().replace("/opt/partnerproof/bin/partnerproof", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    return sorted(tmp_path.iterdir())


@systemd
def test_systemd_finds_nothing_wrong_with_the_units(units):
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "partnerproof" in line]
    assert (done.returncode, ours) == (0, [])


@systemd
@pytest.mark.parametrize("name", ["partnerproof.service", "partnerproof-watch.service"])
def test_systemd_calls_the_units_well_shut(units, name):
    """2.3 of 10 by systemd 252; what is left open is what serving, crawling and Chromium's own sandbox need."""
    unit = next(unit for unit in units if unit.name == name)
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--json=short", "--no-pager", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    open_ = {row["name"] for row in json.loads(done.stdout) if row["set"] is False}
    assert {"NoNewPrivileges=", "ProtectSystem=", "PrivateTmp=", "UMask=", "ProtectHome="} & open_ == set()


def test_both_units_are_shut_alike():
    lines = {}
    for name in ("partnerproof.service", "partnerproof-watch.service"):
        text = (DEPLOY / name).read_text()
        lines[name] = [line for line in text[text.index("UMask=") :].splitlines() if line and line[0] not in "#["]
    assert [line for line in lines["partnerproof.service"] if not line.startswith("WantedBy")] == lines[
        "partnerproof-watch.service"
    ]


def test_the_guide_names_every_file_and_the_units_every_credential():
    guide = (DEPLOY.parent / "docs" / "how-to-deploy.md").read_text()
    assert [file.name for file in DEPLOY.iterdir() if f"deploy/{file.name}" not in guide] == []
    assert "/run/credentials/partnerproof.service/oidc-client-secret" in guide


def test_what_is_pinned_can_be_installed_with_debians_own_python():
    """Debian 12 has Python 3.11.2; a package may ask for a later one of the same 3.11."""
    needs = {one.name: one.metadata.get("Requires-Python") for one in distributions()}
    assert {name: need for name, need in needs.items() if need and "3.11.2" not in SpecifierSet(need)} == {}
