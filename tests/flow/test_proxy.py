"""A crawl through the operator's proxy: what it asks, what it must not ask, and what is written down of it.

Tests: crawler/wire/proxy.py, crawler/wire/proxy_address.py.
"""

from __future__ import annotations

import base64
import gzip
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import SmallServer, run_partnerproof, send
from tests.proxies import SmallProxy, small_proxy
from tests.tls import chain_of, tls_server

WORDS = "<p>" + "Words about our work in towns and ports. " * 30 + "</p>"
PASSWORD = "s3cret-of-the-proxy"  # noqa: S105  # of this test alone
AUTHORIZATION = f"Basic {base64.b64encode(f'crawler:{PASSWORD}'.encode()).decode()}"


@pytest.fixture
def private(serve, logo_png) -> SmallServer:
    """What the proxy could reach and the crawl must not."""
    return serve({"/": send("secret"), "/logo.png": send(logo_png, "image/png")})


@pytest.fixture
def vendor(serve, logo_png, private) -> SmallServer:
    images = f'<img src="/acme.png" alt="A"><img src="{private.url}/logo.png" alt="B"><img src="http://pictures.corp/logo-c.png" alt="C">'
    return serve(
        {
            "/": send(f"<title>Partners</title><h1>Our partners</h1>{WORDS}{images}<p>We are a partner of Acme."),
            "/acme.png": send(logo_png, "image/png"),
        }
    )


def set_proxy(workspace: Path, value: str) -> None:
    config = workspace / "partnerproof.toml"
    config.write_text(config.read_text().replace('proxy = ""', f'proxy = "{value}"'))


def write_seeds(tmp_path: Path, *urls: str) -> Path:
    file = tmp_path / "v.csv"
    file.write_text("url\n" + "".join(f"{url}\n" for url in urls))
    return file


def rows(workspace: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{workspace}/var/partnerproof.db?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def port_of(server: SmallServer) -> int:
    return int(server.url.rpartition(":")[2])


def stored_bytes(workspace: Path) -> bytes:
    files = [path for path in (workspace / "var").rglob("*") if path.is_file()]
    return b"".join(gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in files)


def test_a_crawl_goes_through_the_proxy_and_keeps_its_password_to_itself(acme, tmp_path, vendor, private):
    ports = {
        "vendor.example:80": port_of(vendor),
        f"127.0.0.1:{port_of(private)}": port_of(private),
        "pictures.corp:80": 9,
    }
    with small_proxy(ports, authorization=AUTHORIZATION) as proxy:
        set_proxy(acme, f"http://crawler:{PASSWORD}@{proxy.netloc}")
        seeds = write_seeds(tmp_path, "http://vendor.example/")
        run_partnerproof("-w", acme, "crawl", seeds, "--delay", "0")
    assert "GET http://vendor.example/" in proxy.asked
    assert "GET http://vendor.example/acme.png" in proxy.asked
    assert rows(acme, "SELECT state FROM visits") == [("done",)]
    # the proxy lies on loopback, which the operator has said; nothing else there is asked
    assert not [line for line in proxy.asked if "127.0.0.1" in line or "corp" in line]
    assert private.requests == []
    refused = rows(acme, "SELECT requested_url FROM looks WHERE reason = 'private-address' AND purpose = 'image'")
    assert sorted(refused) == [(f"{private.url}/logo.png",), ("http://pictures.corp/logo-c.png",)]
    # its address is the proxy's, not the vendor's
    assert rows(acme, "SELECT DISTINCT remote_ip FROM captures") == [(None,)]
    assert rows(acme, "SELECT DISTINCT remote_ip FROM connections") == [(None,)]
    assert rows(acme, "SELECT settings ->> 'PARTNERPROOF_PROXY' FROM crawls") == [(f"http://{proxy.netloc}",)]
    stored = stored_bytes(acme)
    assert b"WARC-Target-URI: http://vendor.example/" in stored
    for told in (b"WARC-IP-Address", b"Proxy-Authorization", PASSWORD.encode(), AUTHORIZATION.split()[1].encode()):
        assert told not in stored


def test_https_goes_through_a_tunnel(acme, tmp_path):
    answers = {"/": send(f"<title>Partners</title><h1>Our partners</h1>{WORDS}")}
    with (
        tls_server(tmp_path, chain_of("vendor.example"), answers) as port,
        small_proxy({"vendor.example:443": port}, authorization=AUTHORIZATION) as proxy,
    ):
        set_proxy(acme, f"http://crawler:{PASSWORD}@{proxy.netloc}")
        seeds = write_seeds(tmp_path, "https://vendor.example/")
        run_partnerproof("-w", acme, "crawl", seeds, "--delay", "0", "--allow-bad-certificates")
    assert set(proxy.asked) >= {"CONNECT vendor.example:443"}
    assert not [line for line in proxy.asked if line.startswith("GET https")]
    assert rows(acme, "SELECT state FROM visits") == [("done",)]
    # the tunnel ends at the vendor: its certificates are its own
    assert rows(acme, "SELECT DISTINCT tls, remote_ip FROM captures") == [("unverified", None)]
    assert rows(acme, "SELECT count(*) > 0 FROM certificates") == [(1,)]
    assert b"Proxy-Authorization" not in stored_bytes(acme)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_proxy_that_lets_nothing_through_is_our_network(acme, tmp_path, vendor, is_there):
    ports = {"vendor.example:80": port_of(vendor), "vendor.example:443": port_of(vendor)}
    with small_proxy(ports, authorization=AUTHORIZATION) as proxy:  # which is not given its password
        set_proxy(acme, f"http://{proxy.netloc}" if is_there else "http://127.0.0.1:9")
        seeds = write_seeds(tmp_path, "http://vendor.example/")
        run_partnerproof("-w", acme, "crawl", seeds, "--delay", "0")
    assert rows(acme, "SELECT state, substr(end_reason, 1, 8) FROM visits") == [("failed", "no-route")]
    assert rows(acme, "SELECT count(*) FROM captures") == [(0,)]
    assert vendor.requests == []


def test_a_host_that_resolve_names_is_asked_directly(acme, tmp_path, vendor):
    with small_proxy({}) as proxy:
        set_proxy(acme, f"http://{proxy.netloc}")
        seeds = write_seeds(tmp_path, f"http://vendor.example:{port_of(vendor)}/")
        resolve = f"vendor.example:{port_of(vendor)}:127.0.0.1"
        run_partnerproof("-w", acme, "crawl", seeds, "--delay", "0", "--resolve", resolve)
    assert not [line for line in proxy.asked if "vendor.example" in line]
    assert rows(acme, "SELECT DISTINCT remote_ip FROM captures") == [("127.0.0.1",)]


def test_scrapy_takes_the_proxy_as_a_setting(acme, vendor):
    with small_proxy({"vendor.example:80": port_of(vendor)}) as proxy:
        done = _scrapy_fetch(acme, "http://vendor.example/", f"PARTNERPROOF_PROXY=http://{proxy.netloc}")
    assert "Our partners" in done.stdout
    assert done.stderr == ""
    assert proxy.asked == ["GET http://vendor.example/"]


def test_a_name_that_leads_to_a_private_address_here_is_not_asked_through_the_proxy(acme, private):
    with small_proxy({f"localhost:{port_of(private)}": port_of(private)}) as proxy:
        done = _scrapy_fetch(acme, f"http://localhost:{port_of(private)}/", f"PARTNERPROOF_PROXY=http://{proxy.netloc}")
    assert "secret" not in done.stdout
    assert proxy.asked == []


def test_a_proxy_of_the_environment_is_not_used_and_that_is_said(acme, tmp_path, vendor):
    seeds = write_seeds(tmp_path, f"{vendor.url}/")
    with small_proxy({}) as proxy:
        environment = {**os.environ, "HTTPS_PROXY": f"http://{proxy.netloc}", "HTTP_PROXY": f"http://{proxy.netloc}"}
        command = [sys.executable, "-m", "partnerproof", "-w", str(acme), "crawl", str(seeds), "--allow-private"]
        done = subprocess.run([*command, "--delay", "0"], env=environment, capture_output=True, text=True, check=True)
        line = "HTTPS_PROXY is set and not used: write proxy = … under [crawl] to use it"
        assert done.stderr.splitlines().count(line) == 1
        assert proxy.asked == []
        set_proxy(acme, f"http://{proxy.netloc}")
        done = subprocess.run([*command, "--preview"], env=environment, capture_output=True, text=True, check=True)
        assert line not in done.stderr


def test_a_proxy_that_is_none_is_explained(acme, tmp_path):
    set_proxy(acme, "https://proxy.example:3128")
    told = run_partnerproof("-w", acme, "crawl", write_seeds(tmp_path, "http://vendor.example/"), code=2)
    assert "a proxy is written as http://proxy.example:3128" in told


def _scrapy_fetch(workspace: Path, url: str, setting: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scrapy", "fetch", url, "-s", setting]
    return subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False, timeout=300)


def test_a_small_proxy_asks_who_comes(vendor):
    """The proxy of these tests is one that would have refused the crawl without its password."""
    import http.client

    with small_proxy({"vendor.example:80": port_of(vendor)}, authorization=AUTHORIZATION) as proxy:
        assert isinstance(proxy, SmallProxy)
        connection = http.client.HTTPConnection(proxy.netloc, timeout=30)
        connection.request("GET", "http://vendor.example/")
        assert connection.getresponse().status == 407
        connection.close()
