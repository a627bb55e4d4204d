"""A workspace that was really crawled, sealed and stamped, for tests of seals and exports."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.proof.custody import CustodyLog
from ledger.proof.fixity import Place
from ledger.proof.verification import Verification
from ledger.proof.verifier import Check
from tests.conftest import SmallServer, run_partnerproof, send
from tests.ledger.authorities import AuthorityServers

PAGE = "<title>V</title><h1>Our partners</h1><p>" + "Words about our work for ports. " * 30 + "</p><img src='/l.png'>"


def crawl(root: Path, logo_png: bytes, *, text: str = PAGE, name: str = "Bright Harbour") -> None:
    server = SmallServer({"/": send(text), "/l.png": send(logo_png, "image/png")})
    (root / "seeds" / "v.csv").write_text(f'name,url\n"{name}",{server.url}/\n', encoding="utf-8")
    run_partnerproof("-w", root, "crawl", root / "seeds" / "v.csv", "--delay", "0", "--allow-private")
    server.close()


def make_crawled(acme_once: Path, folder: Path, logo_png: bytes) -> None:
    """Make folder/space: a workspace with a case each of three vendors."""
    root = shutil.copytree(acme_once, folder / "space")
    for name in ("First", "Second", "Third"):
        crawl(root, logo_png, name=name)


def configure(root: Path, text: str) -> None:
    with (root / "partnerproof.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def make_sealed(acme: Path, target: Path, logo_png: bytes, *, text: str = PAGE, name: str = "Bright Harbour") -> Path:
    root = shutil.copytree(acme, target)
    with AuthorityServers() as authorities:
        configure(root, authorities.config)
        crawl(root, logo_png, text=text, name=name)
    return root


@contextmanager
def authorities_of(root: Path) -> Iterator[AuthorityServers]:
    """Authorities for a workspace that was sealed and whose own are gone, for as long as they are needed."""
    config = root / "partnerproof.toml"
    text = config.read_text(encoding="utf-8").partition("\n[[seal.authority]]\n")[0]
    with AuthorityServers() as authorities:
        config.write_text(f"{text}\n{authorities.config}", encoding="utf-8")
        yield authorities


def verify(root: Path, *, since: str | None = None, on_bytes: Callable[[int], None] = lambda _: None) -> list[Check]:
    var = root / "var"
    place = Place(
        database=var / "partnerproof.db", warc_dir=var / "warc", seals_dir=var / "seals", fixity=var / "fixity.jsonl",
        log=CustodyLog(var / "custody.jsonl"),
    )  # fmt: skip
    return Verification(place, since=since, on_bytes=on_bytes).run()


def of(checks: list[Check], outcome: str) -> list[str]:
    return [f"{check.what}: {check.detail}" for check in checks if check.outcome == outcome]


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << (place % 8)
    path.write_bytes(data)


def log_of(root: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (root / "var" / "custody.jsonl").read_text(encoding="utf-8").splitlines()]


def claim_of(root: Path) -> str:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return str(database.execute("SELECT claim_id FROM v_findings ORDER BY relation = 'partner' DESC").fetchone()[0])
