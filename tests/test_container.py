"""What the container files say agrees with each other and with what is there; they are built and run by hand (docs/how-to-install.md)."""

from __future__ import annotations

import re

from tests.house import ROOT

FOLDER = ROOT / "deploy" / "container"
IMAGE, PROXY = ((FOLDER / name).read_text(encoding="utf-8") for name in ("Containerfile", "Containerfile.proxy"))
COMPOSE, CADDY = ((FOLDER / name).read_text(encoding="utf-8") for name in ("compose.yaml", "Caddyfile"))


def test_what_is_copied_into_an_image_is_let_through_to_its_build():
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", IMAGE + PROXY, re.M) for source in line.split()
    ]
    assert copied
    assert [source for source in copied if not source.startswith(tuple(let_through))] == []


def test_the_application_believes_its_proxy_and_the_proxy_asks_the_application():
    addresses = re.findall(r"ipv4_address: (\S+)", COMPOSE)
    assert f'"--proxy", "{addresses[1]}"' in COMPOSE
    assert f"reverse_proxy {addresses[0]}:8742" in CADDY
    assert all(address.startswith("172.30.87.") for address in addresses)


def test_nothing_runs_as_root_or_can_write_to_its_own_files():
    assert re.search(r"^USER (?!root)", IMAGE, re.M)
    assert re.search(r"^USER (?!root)", PROXY, re.M)
    assert COMPOSE.count("read_only: true") == COMPOSE.count('cap_drop: ["ALL"]') == 2, (
        "the watch takes the application's"
    )


def test_the_image_has_a_browser_and_fonts_for_the_scripts_of_vendors():
    for package in ("chromium", "fonts-noto-cjk", "fonts-noto-core", "libpango-1.0-0"):
        assert re.search(rf"\b{package}\b", IMAGE)
