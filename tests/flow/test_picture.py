"""Pages on which findings rest are drawn from the archive alone, and what was found is outlined, or said to be missing.

Tests: partnerproof/cli/picture.py, partnerproof/background_pictures.py, casebook/dossier/pictures.py, casebook/dossier/outlined_places.py, casebook/cases/case_pictures.py.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from casebook.cases.case_pictures import find_case_pages
from casebook.dossier.outlined_places import PLACE_HIGH_PX, crop_place, outline_boxes
from casebook.dossier.pictures import find_pages
from crawler.drawing.browser import why_no_browser
from ledger.archive.warc import read_made
from ledger.database import Ledger
from ledger.proof.verifier import BROKEN, NOT_CHECKED, check_export
from partnerproof.background_pictures import BackgroundPictures
from partnerproof.workspace import find_workspace
from tests.conftest import draw_logo, png, run_partnerproof, send
from tests.flow.sealed import claim_of, of, verify
from tests.flow.test_provenance import rows

pytestmark = pytest.mark.skipif(why_no_browser() is not None, reason=f"no browser here: {why_no_browser()}")
PAGE = """<html lang="en"><title>V</title><body style="margin:0"><h1>Our partners</h1>
<p>Words about our work for ports, and more of them.</p>
<p>We are a <b>certified partner</b> of Acme.</p><p>Other words.</p>
<img src="/l.png" width="220" height="80" alt="Acme"><script src="http://127.0.0.1:9/never.js"></script>
"""
RED = (0xD4, 0x00, 0x0F)


def look_at(acme: Path, serve, logo_png: bytes, page: str = PAGE) -> str:
    """Crawl one page and stop its server; returns the claim."""
    server = serve({"/": send(page), "/l.png": send(logo_png, "image/png")})
    run_partnerproof("-w", acme, "check", f"{server.url}/", "--allow-private", "--delay", "0", code=1)
    server.close()
    return claim_of(acme)


def picture_of(root: Path, name: str) -> Image.Image:
    (row,) = rows(root, "SELECT * FROM pictures WHERE failure IS NULL")
    place = (row[f"{name}_warc_file"], row[f"{name}_warc_offset"], row[f"{name}_sha256"])
    return Image.open(io.BytesIO(read_made(root / "var" / "warc", *place)))


def test_a_page_is_drawn_from_the_archive_and_its_evidence_outlined(acme, serve, logo_png, tmp_path):
    claim = look_at(acme, serve, logo_png)
    assert "1 pictures" in run_partnerproof("-w", acme, "picture")
    (row,) = rows(acme, "SELECT * FROM pictures")
    assert (row["claim_id"], row["drawn_from"], row["failure"]) == (claim, "archive", None)
    assert json.loads(row["refused"]) == ["not-in-archive http://127.0.0.1:9/never.js"]
    evidence = {one["how"]: one for one in json.loads(row["evidence"])}
    assert evidence.keys() == {"image-address", "words"}
    assert [one["why_not"] for one in evidence.values()] == [None, None]
    (logo,), (words,) = evidence["image-address"]["boxes"], evidence["words"]["boxes"]
    assert logo[2:] == [220, 80]
    assert words[1] < logo[1]
    untouched, outlined = picture_of(acme, "screenshot"), picture_of(acme, "outlined")
    assert untouched.size == outlined.size
    for x, y, width, height in (logo, words):
        middle = (x + width // 2, y + height + 4)
        assert outlined.convert("RGB").getpixel(middle) == RED
        assert untouched.convert("RGB").getpixel(middle) != RED
    assert not of(verify(acme), BROKEN)
    assert not of(verify(acme), NOT_CHECKED) or "no authority" in " ".join(of(verify(acme), NOT_CHECKED))
    assert "0 pictures" in run_partnerproof("-w", acme, "picture", claim[:8])  # it has its picture
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", acme, "export", claim, "--out", out)
    assert not of(check_export(out), BROKEN)
    with zipfile.ZipFile(out) as archive:
        names, dossier = archive.namelist(), archive.read("dossier.html").decode()
        entries = [json.loads(line) for line in archive.read("proof/rows.jsonl").splitlines()]
    assert {"exhibits/02-page-as-drawn.png", "exhibits/02-page-outlined.png"} <= set(names)
    assert row["outlined_sha256"] in dossier
    assert all(entry["leaf"] is not None for entry in entries if entry["table"] == "pictures")


@pytest.mark.parametrize(
    ("style", "is_region"),
    [("width: 450px", True), ("width: 450px; height: 300px; object-fit: cover", False)],
    ids=["smaller", "cropped"],
)
def test_of_a_wall_that_is_one_image_the_logo_is_outlined(acme, serve, style, is_region):
    wall = Image.new("RGB", (900, 300), "white")
    logo = draw_logo((220, 80))
    wall.paste(logo, (620, 170), logo)
    look_at(acme, serve, png(wall), PAGE.replace('width="220" height="80"', f'style="{style}"'))
    run_partnerproof("-w", acme, "picture")
    (match,) = rows(acme, "SELECT * FROM logo_matches WHERE strength = 'match'")
    (row,) = rows(acme, "SELECT * FROM pictures")
    ((x, _, width, height),) = next(
        one["boxes"] for one in json.loads(row["evidence"]) if one["how"] == "image-address"
    )
    if is_region:
        assert (width, height) == (round(match["width"] / 2), round(match["height"] / 2))
        assert abs(x - match["x"] / 2) <= 1
        assert match["width"] < 300
    else:  # which part of it is seen is not known
        assert (x, width, height) == (0, 450, 300)


def test_what_is_not_found_again_is_said_and_not_guessed(acme, serve, logo_png):
    hiding = (
        PAGE + "<script>document.querySelector('img').remove(); document.querySelector('b').textContent = 'x'</script>"
    )
    look_at(acme, serve, logo_png, hiding)
    told = run_partnerproof("-w", acme, "picture")
    assert "1 without an outline" in told
    (row,) = rows(acme, "SELECT * FROM pictures")
    assert row["outlined_sha256"] is None
    assert {one["why_not"] for one in json.loads(row["evidence"])} == {
        "its image was not found in what was drawn",
        "its words were not found in what was drawn",
    }


def test_an_inline_image_is_found_by_its_digest(acme, serve, logo_png):
    from base64 import b64encode

    data = b64encode(logo_png).decode()
    look_at(acme, serve, logo_png, PAGE.replace("/l.png", f"data:image/png;base64,{data}"))
    run_partnerproof("-w", acme, "picture")
    evidence = json.loads(rows(acme, "SELECT evidence FROM pictures")[0][0])
    assert [one["boxes"][0][2:] for one in evidence if one["how"] == "inline-image"] == [[220, 80]]


def test_a_render_of_the_crawl_gets_its_outlines_without_being_drawn_again(acme, serve, logo_png, tmp_path):
    script = """
      const make = (name, words) => Object.assign(document.createElement(name), {textContent: words.join(' ')});
      const logo = Object.assign(new Image(220, 80), {src: ['', 'l.png'].join('/')});
      document.getElementById('root').append(make('h1', ['Our', 'partners']), make('p', ['We are a partner of', 'Acme.']), logo);
    """
    shell = f'<html lang="en"><title>V</title><div id="root"></div><script>{script}</script></html>'
    claim = look_at(acme, serve, logo_png, shell)
    assert rows(acme, "SELECT failure FROM renders")[0][0] is None
    run_partnerproof("-w", acme, "picture", claim)
    (row,) = rows(acme, "SELECT p.*, r.screenshot_sha256 AS drawn FROM pictures p JOIN renders r USING (look_id)")
    assert (row["drawn_from"], row["screenshot_sha256"]) == ("crawl", row["drawn"])
    evidence = json.loads(row["evidence"])
    assert [one["why_not"] for one in evidence] == [None, None]
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", acme, "export", claim, "--out", out)
    with zipfile.ZipFile(out) as archive:
        pages = [name for name in archive.namelist() if "-page-" in name]
    assert pages == ["exhibits/02-page-as-drawn.png", "exhibits/02-page-outlined.png"]


def test_without_a_browser_one_sentence_says_what_is_missing(acme, serve, logo_png, tmp_path):
    claim = look_at(acme, serve, logo_png)
    config = acme / "partnerproof.toml"
    config.write_text(config.read_text().replace('browser = ""', 'browser = "/nowhere/chromium"'))
    told = run_partnerproof("-w", acme, "picture", code=3)
    assert "no Chromium was found" in told
    assert len(told.strip().splitlines()) == 1
    run_partnerproof("-w", acme, "export", claim, "--out", tmp_path / "claim.zip")  # it goes without
    assert not rows(acme, "SELECT 1 FROM pictures")


def test_a_limit_leaves_the_rest_for_later(acme, serve, logo_png):
    look_at(acme, serve, logo_png)
    look_at(acme, serve, logo_png)
    assert "1 pictures" in run_partnerproof("-w", acme, "picture", "--limit", "1")
    assert "1 pictures" in run_partnerproof("-w", acme, "picture", "--limit", "1")
    assert "0 pictures" in run_partnerproof("-w", acme, "picture")


def test_pages_of_waiting_cases_are_drawn_and_a_page_that_fails_is_not_tried_for_ever(acme, serve, logo_png):
    claim = look_at(acme, serve, logo_png)
    run_partnerproof("-w", acme, "picture", "--cases", claim, code=2)
    assert run_partnerproof("-w", acme, "picture", "--cases") == "1 pictures\n"
    assert run_partnerproof("-w", acme, "picture", "--cases") == "0 pictures\n"
    with Ledger.open(acme / "var" / "partnerproof.db") as ledger:
        ledger.execute("UPDATE pictures SET failure = 'it took too long'")
        assert find_case_pages(ledger) == []
        assert len(find_pages(ledger)) == 1


def test_the_application_draws_while_it_runs(acme, serve, logo_png):
    look_at(acme, serve, logo_png)
    pictures = BackgroundPictures(find_workspace(acme))
    assert pictures.start() is None
    for _ in range(600):
        if rows(acme, "SELECT 1 FROM pictures"):
            break
        time.sleep(0.1)
    pictures.stop()
    assert len(rows(acme, "SELECT 1 FROM pictures WHERE failure IS NULL")) == 1


def test_the_place_of_what_was_found_is_cut_out_of_a_long_page():
    page = Image.new("RGB", (800, 4000), "white")
    page.paste("black", (100, 3000, 300, 3080))
    place = Image.open(io.BytesIO(crop_place(png(page), [(100, 3000, 200, 80)])))
    assert place.size == (800, PLACE_HIGH_PX)
    assert place.getpixel((200, PLACE_HIGH_PX // 2)) == (0, 0, 0)
    assert Image.open(io.BytesIO(crop_place(png(page.crop((0, 0, 800, 90))), []))).size == (800, 90)


def test_outlines_outside_a_picture_are_none():
    blank = png(Image.new("RGB", (100, 100), "white"))
    assert outline_boxes(blank, [(0, 200, 10, 10), (-50, -50, 10, 10)]) is None
    assert outline_boxes(blank, [(-5, -5, 2_000, 2_000)]) is not None
