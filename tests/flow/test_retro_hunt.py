"""A logo that was in no official set is found in what was seen, from the stored bytes, and nothing is changed by it.

Tests: matcher/hunt.py, matcher/hunt_hits.py, partnerproof/cli/hunt.py.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from ledger.database import Ledger
from matcher import thresholds
from tests.conftest import SmallServer, draw_logo, png, run_partnerproof, send

WORDS = "<p>" + "Words about our work for ports and towns. " * 30 + "</p>"
PAGE = f"<title>V</title><h1>Our partners</h1>{WORDS}"
INLINE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100" width="300" height="100">'
    '<path d="M10 90 L10 10 L60 60 L110 10 L110 90 L90 90 L90 50 L60 80 L30 50 L30 90 Z"/>'
    '<path d="M140 10 H210 V30 H160 V45 H200 V60 H160 V90 H140 Z"/><circle cx="258" cy="50" r="32" fill="none" '
    'stroke="#000" stroke-width="14"/></svg>'
)


def draw_new_logo(size: tuple[int, int] = (240, 80), ink: str = "#7a1230") -> Image.Image:
    """A fictional mark that is not Acme's: the same drawing as INLINE."""
    picture = Image.new("RGBA", (1200, 400), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    crown = [(10, 90), (10, 10), (60, 60), (110, 10), (110, 90), (90, 90), (90, 50), (60, 80), (30, 50), (30, 90)]
    letter = [
        (140, 10),
        (210, 10),
        (210, 30),
        (160, 30),
        (160, 45),
        (200, 45),
        (200, 60),
        (160, 60),
        (160, 90),
        (140, 90),
    ]
    for corners in (crown, letter):
        draw.polygon([(4 * x, 4 * y) for x, y in corners], fill=ink)
    draw.ellipse((4 * 219, 4 * 11, 4 * 297, 4 * 89), outline=ink, width=4 * 14)
    return picture.resize(size, Image.Resampling.LANCZOS)


def on_white(logo: Image.Image, pad: int) -> bytes:
    page = Image.new("RGB", (logo.width + 2 * pad, logo.height + 2 * pad), "white")
    page.paste(logo, (pad, pad), logo)
    return png(page)


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def all_rows(root: Path) -> dict[str, list[tuple[object, ...]]]:
    tables = [str(row[0]) for row in rows(root, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: rows(root, f"SELECT * FROM {table}") for table in tables}


def crawl(root: Path, name: str, url: str) -> None:
    seeds = root / "seeds" / f"{name}.csv"
    seeds.write_text(f"name,url\n{name},{url}/\n", encoding="utf-8")
    run_partnerproof("-w", root, "crawl", seeds, "--allow-private", "--delay", "0")


@pytest.fixture
def new_logo(tmp_path: Path) -> Path:
    path = tmp_path / "new.png"
    path.write_bytes(png(draw_new_logo()))
    return path


@pytest.fixture(scope="module")
def seen_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    root = shutil.copytree(acme_once, tmp_path_factory.mktemp("seen") / "space")
    images = "<img src='/a.png'><img src='/n.png'><img src='/blank.png'>"
    server = SmallServer(
        {
            "/": send(PAGE + images + INLINE),
            "/a.png": send(logo_png, "image/png"),
            "/n.png": send(on_white(draw_new_logo((180, 60), "#224466"), 20), "image/png"),
            "/blank.png": send(png(Image.new("RGB", (90, 60), "white")), "image/png"),
        }
    )
    crawl(root, "First", server.url)
    server.close()
    return root


@pytest.fixture
def seen(seen_once: Path, tmp_path: Path) -> Path:
    """A workspace that has seen Acme's logo and, without knowing it, the new one: as a picture and drawn in the page."""
    return shutil.copytree(seen_once, tmp_path / "space")


def hunt(root: Path, logo: Path, *options: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run_partnerproof("-w", root, "hunt", logo, "--json", *options))
    return found


def test_a_new_logo_is_found_in_what_was_seen_and_nothing_is_changed(seen, new_logo, serve):
    before = all_rows(seen)
    assert rows(seen, "SELECT count(*) FROM v_logo_matches") == [(1,)]
    hits = hunt(seen, new_logo)
    assert sorted(str(hit["image_url"]).rpartition("/")[2] for hit in hits) == ["None", "n.png"]
    assert {(hit["vendor"], hit["logo"]) for hit in hits} == {("First", str(new_logo))}
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    picture = next(hit for hit in hits if hit["image_url"])
    assert list(picture["region"].values()) == pytest.approx([26, 26, 172, 48], abs=2)
    assert (
        picture["first_seen"]
        == rows(seen, "SELECT looked_at FROM looks WHERE requested_url LIKE '%/' AND purpose = 'page'")[0][0]
    )

    assert hunt(seen, new_logo) == hits
    shutil.rmtree(seen / "var" / "hashes")
    assert hunt(seen, new_logo) == hits
    assert all_rows(seen) == before

    table = run_partnerproof("-w", seen, "hunt", new_logo)
    assert "2 hits in 2 images" in table
    assert "not compared: refused (1 images)" in table
    lines = list(csv.DictReader(io.StringIO(run_partnerproof("-w", seen, "hunt", new_logo, "--csv"))))
    assert [line["image_sha256"] for line in lines] == [hit["image_sha256"] for hit in hits]

    server = serve(
        {"/": send(PAGE + "<img src='/w.png'>"), "/w.png": send(on_white(draw_new_logo((300, 100)), 6), "image/png")}
    )
    crawl(seen, "Second", server.url)
    later = hunt(seen, new_logo)
    assert {hit["vendor"] for hit in later} == {"First", "Second"}
    assert len(later) == len(hits) + 1


def test_what_cannot_be_read_any_more_is_told_and_not_passed_over(seen, new_logo):
    (place,) = rows(seen, "SELECT warc_file, warc_offset FROM captures WHERE url LIKE '%/n.png'")
    with (seen / "var" / "warc" / str(place[0])).open("r+b") as file:
        file.seek(int(str(place[1])) + 40)
        file.write(b"\xff" * 40)
    told = run_partnerproof("-w", seen, "hunt", new_logo, code=3)
    assert "1 hits in 1 images" in told
    assert "could not look at 1 short-listed images" in told


def test_rows_that_were_deleted_do_not_haunt(seen, new_logo):
    (image,) = {hit["image_sha256"] for hit in hunt(seen, new_logo) if hit["image_url"]}
    with sqlite3.connect(seen / "var" / "partnerproof.db") as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM hashed_images WHERE image_sha256 = ?", [image])
    assert [hit["image_url"] for hit in hunt(seen, new_logo)] == [None]


def test_a_crowded_image_is_looked_at_though_its_hash_is_not_stored(seen, new_logo):
    """Of a wall of logos only the largest regions have hashes: the logo may be in one of the others."""
    far = bytes.fromhex("f0" * 32)
    with sqlite3.connect(seen / "var" / "partnerproof.db") as database:
        database.execute("PRAGMA foreign_keys = ON")
        (image,) = database.execute("SELECT content_sha256 FROM looks WHERE requested_url LIKE '%/n.png'").fetchone()
        for regions, hits in ((thresholds.MAX_STORED_HASHES - 1, 1), (thresholds.MAX_STORED_HASHES, 2)):
            database.execute("DELETE FROM hashed_images WHERE image_sha256 = ?", [image])
            image_no = database.execute("INSERT INTO hashed_images (image_sha256) VALUES (?)", [image]).lastrowid
            database.executemany(
                "INSERT INTO image_hashes VALUES (?, ?, 0, 9, 9, ?, ?, ?)",
                [(image_no, number, far[:8], far[:8], far) for number in range(regions)],
            )
            database.commit()
            assert len(hunt(seen, new_logo)) == hits


def test_of_two_new_logos_each_is_told(seen, new_logo, tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(png(draw_logo(ink="#000000")))
    hits = hunt(seen, new_logo, str(other))
    assert {(Path(str(hit["logo"])).name, str(hit["image_url"]).rpartition("/")[2]) for hit in hits} == {
        ("new.png", "n.png"),
        ("new.png", "None"),
        ("other.png", "a.png"),
    }


def test_every_mistake_in_the_logos_is_told_at_once(acme, tmp_path):
    blank, plain, text = tmp_path / "blank.png", tmp_path / "plain.png", tmp_path / "text.svg"
    blank.write_bytes(png(Image.new("RGB", (90, 60), "white")))
    disc = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    ImageDraw.Draw(disc).ellipse((10, 10, 190, 190), fill="black")
    plain.write_bytes(png(disc))
    text.write_text("no picture")
    named = (blank, plain, text, tmp_path / "none.svg", text)
    told = run_partnerproof("-w", acme, "hunt", *named, code=2)
    for what in ("blank.png: expected a picture", "plain shape", "unknown-format", "No such file", "got it again"):
        assert what in told


def test_options_that_do_not_go_together_are_told(acme, new_logo):
    assert "one of --json and --csv" in run_partnerproof("-w", acme, "hunt", new_logo, "--json", "--csv", code=2)


def test_without_anything_stored_the_next_step_is_told(acme, new_logo):
    told = run_partnerproof("-w", acme, "hunt", new_logo, code=2)
    assert "expected stored hashes of images" in told
    (acme / "var" / "partnerproof.db").unlink()
    assert "no such file" in run_partnerproof("-w", acme, "hunt", new_logo, code=2)


def test_an_image_that_no_page_shows_any_more_is_still_told(seen, new_logo):
    with Ledger.open(seen / "var" / "partnerproof.db") as ledger:
        ledger.execute("DELETE FROM claim_evidence")
        ledger.execute("DELETE FROM sightings")
    told = run_partnerproof("-w", seen, "hunt", new_logo)
    assert told.count("no page shows it any more") == 2
