"""What a person rejected matches that brand no more, nor do its copies, until it is undone or the official set changes.

Tests: partnerproof/cli/reject.py.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import SmallServer, draw_logo, draw_lookalike, made_once, png, run_partnerproof, send

PAGE = "<title>V</title><h1>Our partners</h1><p>" + "Words about our work for ports. " * 30 + "</p><img src='/l.png'>"
FORGERY = 0.12  # of the way to another drawing: still taken for Acme's logo


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def vendors(root: Path, view: str = "v_findings") -> list[object]:
    return [row[0] for row in rows(root, f"SELECT DISTINCT vendor FROM {view} ORDER BY vendor")]


def on_white(logo: Image.Image) -> bytes:
    page = Image.new("RGB", (logo.width + 20, logo.height + 20), "white")
    page.paste(logo, (10, 10), logo)
    return png(page)


@pytest.fixture(scope="module")
def seen_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "rejected", lambda folder: _crawl(folder, acme_once)) / "space"


def _crawl(folder: Path, acme_once: Path) -> None:
    root = shutil.copytree(acme_once, folder / "space")
    images = {
        "Copy": on_white(draw_lookalike(FORGERY, (240, 87))),
        "Forger": on_white(draw_lookalike(FORGERY)),
        "Genuine": on_white(draw_logo((200, 73))),
    }
    servers = [SmallServer({"/": send(PAGE), "/l.png": send(image, "image/png")}) for image in images.values()]
    # one address for three vendors would make them one seed: each gets a name of its own
    ports = [server.url.rpartition(":")[2] for server in servers]
    hosts = [f"{name.lower()}.example" for name in images]
    named = zip(images, hosts, ports, strict=True)
    (root / "seeds" / "v.csv").write_text(
        "name,url\n" + "".join(f"{name},http://{host}:{port}/\n" for name, host, port in named)
    )
    resolve = [
        part for host, port in zip(hosts, ports, strict=True) for part in ("--resolve", f"{host}:{port}:127.0.0.1")
    ]
    run_partnerproof("-w", root, "crawl", root / "seeds" / "v.csv", "--delay", "0", *resolve)
    for server in servers:
        server.close()


@pytest.fixture
def seen(seen_once: Path, tmp_path: Path) -> Path:
    """A workspace with three vendors: a forgery of Acme's logo, a copy of it in another size, and the logo itself."""
    return shutil.copytree(seen_once, tmp_path / "space")


@pytest.fixture
def forged(seen: Path) -> str:
    assert vendors(seen) == ["Copy", "Forger", "Genuine"]
    return str(rows(seen, "SELECT image_sha256 FROM v_findings WHERE vendor = 'Forger'")[0][0])


def test_a_rejected_image_and_its_copies_match_no_more_and_the_true_logo_does(seen, forged):
    told = run_partnerproof("-w", seen, "reject", forged, "--brand", "acme", "--why", "a bakery", "--by", "Ann")
    assert "matches in 2 images, 1 of them copies" in told
    assert vendors(seen) == vendors(seen, "v_logo_matches") == ["Genuine"]
    assert rows(seen, "SELECT brand, state, images, why, decided_by FROM v_rejections") == [
        ("acme", "holds", 2, "a bakery", "Ann")
    ]
    assert "2 that a person rejected" in run_partnerproof("-w", seen, "match")
    with sqlite3.connect(seen / "var" / "partnerproof.db") as database:
        database.execute("DELETE FROM recognitions")
    assert "judged 3 images now" in run_partnerproof("-w", seen, "match")
    for stage in ("claims", "judge"):
        run_partnerproof("-w", seen, stage)
    assert vendors(seen) == vendors(seen, "v_logo_matches") == ["Genuine"]


def test_what_is_undone_counts_again_at_once(seen, forged):
    before = rows(seen, "SELECT * FROM v_findings")
    said = ("--brand", "acme", "--why", "a mistake")
    assert "--list" in run_partnerproof("-w", seen, "reject", forged, *said, "--undo", code=2)
    run_partnerproof("-w", seen, "reject", forged, *said)
    assert "unchanged" in run_partnerproof("-w", seen, "reject", forged, *said)
    copy = rows(seen, "SELECT image_sha256 FROM v_sightings WHERE vendor = 'Copy'")[0][0]
    told = run_partnerproof("-w", seen, "reject", str(copy), *said, "--undo", code=2)
    assert f"a copy of the rejected image {forged}" in told
    assert "counting again: matches in 2 images" in run_partnerproof("-w", seen, "reject", forged, *said, "--undo")
    assert rows(seen, "SELECT * FROM v_findings") == before
    assert rows(seen, "SELECT event FROM rejections ORDER BY rejection_id") == [("rejected",), ("undone",)]
    assert rows(seen, "SELECT state, images FROM v_rejections") == [("undone", 0)]


def test_a_changed_official_set_ends_a_rejection_and_this_is_told(seen, forged):
    run_partnerproof("-w", seen, "reject", forged, "--brand", "acme", "--why", "a bakery")
    (seen / "brands" / "acme" / "logos" / "acme-icon.png").write_bytes(png(draw_lookalike(1)))
    told = run_partnerproof("-w", seen, "match")
    assert "person rejected" not in told
    assert "1 rejections hold no more, because official logos have changed" in told
    assert rows(seen, "SELECT state FROM v_rejections") == [("official-set-changed",)]
    run_partnerproof("-w", seen, "claims")
    assert vendors(seen) == ["Copy", "Forger", "Genuine"]
    run_partnerproof("-w", seen, "reject", forged, "--brand", "acme", "--why", "still a bakery")
    assert rows(seen, "SELECT state, why FROM v_rejections") == [("holds", "still a bakery")]
    assert vendors(seen) == ["Genuine"]


def test_rejections_are_listed(seen, forged):
    run_partnerproof("-w", seen, "reject", forged, "--brand", "acme", "--why", "=a bakery")
    assert "1 rejections hold, 1 in all" in run_partnerproof("-w", seen, "reject", "--list")
    (as_json,) = json.loads(run_partnerproof("-w", seen, "reject", "--list", "--json", "--brand", "acme"))
    assert (as_json["image_sha256"], as_json["why"]) == (forged, "=a bakery")
    (as_csv,) = csv.DictReader(io.StringIO(run_partnerproof("-w", seen, "reject", "--list", "--csv")))
    assert as_csv.keys() == as_json.keys()
    assert as_csv["why"].startswith("'")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("0" * 64, "--brand", "acme", "--why", "x"), "an image that was judged"),
        (("0" * 64, "--brand", "nobody", "--why", "x"), "nobody"),
        (("0" * 63, "--brand", "acme", "--why", "x"), "64 hexadecimal digits"),
        (("0" * 64, "--brand", "acme", "--why", " "), "say --brand and --why"),
        (("0" * 64, "--why", "x"), "say --brand and --why"),
        (("--list", "--undo"), "--list goes with"),
        (("--list", "--json", "--csv"), "one of --json and --csv"),
        (("--json",), "go with --list"),
    ],
)
def test_mistakes_are_explained(acme, arguments, told):
    assert told in run_partnerproof("-w", acme, "reject", *arguments, code=2)
