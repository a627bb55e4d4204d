"""A crawl on workers: the rows of one machine, also when a worker is killed; over TLS, with one budget for an address that vendors share.

Tests: partnerproof/cluster/cluster_crawl.py, partnerproof/cluster/scheduling.py, partnerproof/cluster/shard_task.py,
partnerproof/cluster/shard_child.py, partnerproof/cluster/shard_crawl.py, partnerproof/cluster/address_places.py.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from bench.cluster import crawl_with_kills
from bench.crawl_rows import differences, doubles
from bench.generated_web import GeneratedWeb
from bench.kill import make_workspace, run_to_end
from tests.conftest import SmallServer, run_partnerproof, send
from tests.tls import PEM, issue

_PKCS8, _NO_PASSWORD = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
PAGE = "<title>V</title><h1>Our partners</h1><p>" + "Words about our work for ports. " * 30 + "</p>"
PAGE += "".join(f"<img src='/l{number}.png'>" for number in range(6))
BUDGET = 2


def test_a_crawl_on_workers_gives_the_rows_of_one_machine_also_when_one_is_killed(tmp_path: Path):
    with GeneratedWeb(6, images=6) as web:
        web.write_seeds(tmp_path / "seeds.csv")
        for name in ("one", "many"):
            make_workspace(tmp_path / name)
        run_to_end(tmp_path / "one", tmp_path / "seeds.csv")
        killed = crawl_with_kills(
            tmp_path / "many", tmp_path / "seeds.csv", workers=2, shard=3, kills=1, chance=random.Random(3)
        )
    assert len(killed) == 1
    assert differences(tmp_path / "one", tmp_path / "many") == []
    assert doubles(tmp_path / "many") == []
    assert not (tmp_path / "many" / "var" / "cluster").exists()


class CountingServer(SmallServer):
    """A slow server that many vendors share; counts how many requests are under way at once, and by how many hosts."""

    def __init__(self, logo_png: bytes) -> None:
        self.under_way = self.most = 0
        self.hosts: set[str] = set()
        self._count = threading.Lock()

        def slow(body: bytes | str, kind: str = "text/html; charset=utf-8"):
            answer = send(body, kind)

            def count(handler: BaseHTTPRequestHandler) -> None:
                with self._count:
                    self.under_way += 1
                    self.most = max(self.most, self.under_way)
                    self.hosts.add(handler.headers["Host"].split(":")[0])
                time.sleep(0.05)
                with self._count:
                    self.under_way -= 1
                answer(handler)

            return count

        images = {f"/l{number}.png": slow(logo_png + bytes(number), "image/png") for number in range(6)}
        super().__init__({"/": slow(PAGE), "/partners.html": slow(PAGE), **images})


@contextlib.contextmanager
def tls_cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A scheduler and two workers that ask for certificates of our own authority; this process has one, too."""
    authority = issue("Test Root")
    member = issue("127.0.0.1", authority, is_authority=False)
    ca, pem = folder / "ca.pem", folder / "member.pem"
    ca.write_bytes(authority.certificate.public_bytes(PEM))
    pem.write_bytes(
        member.certificate.public_bytes(PEM)
        + member.key.private_bytes(PEM, format=_PKCS8, encryption_algorithm=_NO_PASSWORD)
    )
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TLS__CA_FILE", str(ca))
    for role in ("CLIENT", "WORKER", "SCHEDULER"):
        for part in ("CERT", "KEY"):
            monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__{part}", str(pem))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tls://127.0.0.1:{port}"
    commands = [
        [sys.executable, "-m", "dask", "scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        *(
            [sys.executable, "-m", "dask", "worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder / name)]
            for name in ("w1", "w2")
        ),
    ]  # fmt: skip
    processes = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands
    ]
    try:
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


def test_workers_over_tls_share_the_budget_of_an_address(acme: Path, tmp_path: Path, logo_png: bytes, monkeypatch):
    server = CountingServer(logo_png)
    port = server.url.rsplit(":", 1)[1]
    hosts = [f"www.vendor{number}.example" for number in range(4)]
    (tmp_path / "v.csv").write_text(
        "name,url\n" + "".join(f"{host},http://{host}:{port}/\n" for host in hosts), encoding="utf-8"
    )
    config = acme / "partnerproof.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        re.sub(r"^requests_per_address = \d+", f"requests_per_address = {BUDGET}", text, flags=re.M), encoding="utf-8"
    )
    pins = [part for host in hosts for part in ("--resolve", f"{host}:{port}:127.0.0.1")]
    with tls_cluster(tmp_path, monkeypatch) as address:
        command = ["-w", acme, "crawl", tmp_path / "v.csv", "--delay", "0", *pins, "--cluster", address, "--shard", "2"]
        run_partnerproof(*command, "--store", tmp_path / "store")
        with monkeypatch.context() as without:
            for name in [name for name in os.environ if name.startswith("DASK_DISTRIBUTED__COMM__TLS")]:
                without.delenv(name)
            (tmp_path / "w.csv").write_text(f"name,url\nNew,http://{hosts[0]}:{port}/\n", encoding="utf-8")
            refused = [
                "-w",
                acme,
                "crawl",
                tmp_path / "w.csv",
                *pins,
                "--cluster",
                address,
                "--store",
                tmp_path / "store",
            ]
            out = run_partnerproof(*refused, code=3)
    server.close()
    assert f"{address}: the scheduler could not be reached" in out
    assert server.hosts == set(hosts)
    assert server.most == BUDGET  # on both workers together
    findings = run_partnerproof("-w", acme, "findings", "--csv")
    assert all(host.removeprefix("www.") in findings for host in hosts)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "2"], "belong to --cluster"),
        (["--cluster", "tcp://127.0.0.1:9"], "needs --store"),
        (["--cluster", "tcp://127.0.0.1:9", "--store", "x", "--workers", "2"], "belongs to --cluster local"),
        (["--cluster", "local", "--leave-warc"], "needs --store"),
    ],
)
def test_options_that_do_not_go_together_are_said(acme: Path, tmp_path: Path, options: list[str], words: str):
    (tmp_path / "v.csv").write_text("name,url\nA,https://a.example/\n", encoding="utf-8")
    assert words in run_partnerproof("-w", acme, "crawl", tmp_path / "v.csv", *options, code=2)
