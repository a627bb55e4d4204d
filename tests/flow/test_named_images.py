"""Images in which no official logo is recognised: words read in them, and names beside them, claim as much as they can carry.

Tests: matcher/image_words.py, matcher/name_matches.py, matcher/stored_names.py, casebook/verdicts/shown_logos.py,
casebook/verdicts/weighing.py, casebook/dossier/named_images.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from casebook.cases.letter_facts import ThingKind
from casebook.cases.letter_grounds import read_shown_pages
from casebook.dossier.findings import read_finding
from casebook.dossier.named_images import read_named_images
from casebook.register.imports import import_register
from ledger.database import Ledger
from matcher.brands.official_logos import load_brands, write_brand
from matcher.logo_matches import store_brands
from matcher.name_matches import shared_name
from tests.conftest import SmallServer, draw_logo, made_once, png, run_partnerproof, send
from tests.matcher.drawings import draw_mark, lettered

WORDS = "<p>" + "Words about our work for ports and towns. " * 30 + "</p>"
OTHERS = ("corvane", "veltrana", "pellow", "orrin", "tarsel")
REGISTER = "company,domain,relation,tier,valid_from,valid_until\nHallam Ports,hallam.example,partner,,2020-01-01,\n"
PARTNERS = f"""<title>V</title><h1>Our partners</h1>{WORDS}
<p><img src="/i/b7.png"></p><p><img src="/i/corvane-logo.png" alt="Corvane logo"></p><p><img src="/i/veltrana_white@2x.png"></p>
<p><img src="/i/x1.png" alt="Pellow Dental"></p><p><img src="/i/orrin.png" alt="Orrin"></p>
<p><img src="/i/tarsel.png" alt="Tarsel Gold Partner" title="Tarsel"></p>"""
HOME = f"""<title>V</title><h1>Ports</h1><p><img src="/i/veltrana-hall.png" alt="Veltrana"></p>{WORDS}<a href="/partners">Our partners</a>"""


def shape(number: int) -> bytes:
    picture = Image.new("RGB", (180, 120), "white")
    points = [(20 + 7 * number, 100), (60, 10 + 9 * number), (120, 30), (160 - 5 * number, 104), (90, 60 + 4 * number)]
    ImageDraw.Draw(picture).polygon(points, fill=(40 * number % 256, 90, 120))
    return png(picture)


@pytest.fixture(scope="module")
def crawled(acme_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "named", lambda folder: _crawl(folder, acme_once)) / "space"


def _crawl(folder: Path, acme_once: Path) -> None:
    root = shutil.copytree(acme_once, folder / "space")
    for name in OTHERS:
        (folder / f"{name}.png").write_bytes(png(draw_mark(f"{name} mark")))
        write_brand(
            root / "brands" / name, name=name.title(), aliases=[], domains=[f"{name}.example"],
            logo_files=[folder / f"{name}.png"],
        )  # fmt: skip
    (folder / "register.csv").write_text(REGISTER)
    with Ledger.open(root / "var" / "partnerproof.db") as ledger:
        store_brands(ledger, load_brands(root / "brands"))
        for name in OTHERS:
            import_register(ledger, name, folder / "register.csv")
    images = {
        "/i/b7.png": png(lettered("ACME", "Gold Partner", size=(300, 150))),
        "/i/orrin.png": png(lettered("HALSTEAD", ink=(120, 20, 20))),
        "/i/tarsel.png": png(draw_logo()),  # Acme's own logo
    }
    for number, path in enumerate(
        ("/i/corvane-logo.png", "/i/veltrana_white@2x.png", "/i/x1.png", "/i/veltrana-hall.png")
    ):
        images[path] = shape(number)
    pages = {"/": send(HOME), "/partners": send(PARTNERS)}
    server = SmallServer({**pages, **{path: send(content, "image/png") for path, content in images.items()}})
    (root / "seeds" / "v.csv").write_text(f"name,url\nV,{server.url}/\n")
    run_partnerproof("-w", root, "crawl", root / "seeds" / "v.csv", "--allow-private", "--delay", "0")
    server.close()


def rows(root: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def finding(root: Path, brand: str) -> tuple[object, ...]:
    (found,) = rows(root, f"SELECT relation, tier, evidence, verdict FROM v_findings WHERE brand = '{brand}'")
    return found


def doubts(root: Path, brand: str) -> str:
    ((reasons,),) = rows(root, f"SELECT reasons FROM v_findings WHERE brand = '{brand}' AND verdict = 'undetermined'")
    return " | ".join(json.loads(str(reasons)))


def test_the_words_of_a_badge_that_no_set_has_claim_its_tier(crawled):
    assert rows(
        crawled,
        "SELECT DISTINCT kind, official_logo, words, tier, page_url LIKE '%/partners' FROM v_logo_matches WHERE kind = 'words'",
    ) == [("words", None, "ACME", "Gold", 1)]
    lines = rows(
        crawled, "SELECT text FROM v_image_words WHERE text LIKE '%ACME%' OR text LIKE '%Gold%' ORDER BY line_no"
    )
    assert lines == [("ACME",), ("Gold Partner",)]


def test_two_names_that_agree_claim_as_words_in_a_list_do(crawled):
    assert finding(crawled, "corvane") == ("partner", None, "name", "no-authorisation")
    sources = "SELECT source, name, is_alone FROM v_name_matches WHERE brand = 'corvane' ORDER BY source"
    assert rows(crawled, sources) == [("alt", "Corvane", 1), ("file", "corvane", 1)]


def test_one_name_alone_leaves_a_doubt(crawled):
    assert finding(crawled, "veltrana") == ("partner", None, "name", "undetermined")
    assert "only one thing beside it names the brand: its file" in doubts(crawled, "veltrana")


def test_a_name_where_no_place_tells_claims_nothing(crawled):
    assert rows(crawled, "SELECT count(*) FROM v_name_matches WHERE text LIKE 'veltrana-hall%'") == [(1,)]
    assert rows(crawled, "SELECT count(*) FROM claims WHERE brand = 'veltrana'") == [(1,)]


def test_a_name_with_further_words_leaves_a_doubt(crawled):
    assert finding(crawled, "pellow") == ("partner", None, "name", "undetermined")
    assert "further words, which may make it another's: “Pellow Dental”" in doubts(crawled, "pellow")


def test_words_in_the_picture_that_say_another_name_leave_a_doubt(crawled):
    assert finding(crawled, "orrin") == ("partner", None, "name", "undetermined")
    assert "the words read in it do not say the name: “HALSTEAD”" in doubts(crawled, "orrin")


def test_a_recognised_logo_that_is_named_otherwise_keeps_both_sides(crawled):
    reasons = rows(
        crawled,
        "SELECT e.reasons FROM claim_evidence e JOIN claims c USING (claim_id) WHERE c.brand = 'acme' AND e.evidence = 'picture'",
    )
    assert len(reasons) == 1
    assert "what stands beside it is another's name: tarsel" in str(reasons[0][0])
    assert finding(crawled, "tarsel") == ("partner", "Gold", "name", "undetermined")
    assert "the picture is recognised as another brand's: acme" in doubts(crawled, "tarsel")


def test_the_sure_badge_decides_where_the_logo_is_doubted(crawled):
    assert finding(crawled, "acme") == ("partner", "Gold", "picture,words", "no-authorisation")


def test_a_dossier_shows_what_was_read(crawled):
    with Ledger.open_readonly(crawled / "var" / "partnerproof.db") as ledger:
        claim_id = ledger.value("SELECT claim_id FROM v_findings WHERE brand = 'acme'")
        assert read_finding(ledger, claim_id).evidence == "picture,words"
        (named,) = read_named_images(ledger, crawled / "var" / "warc", claim_id, with_pictures=True)
    assert named.image.words == "ACME"
    assert named.read == ("ACME", "Gold Partner")
    assert named.picture_png is not None
    assert named.picture_png.startswith(b"\x89PNG")


def test_a_letter_says_what_an_image_is_and_no_more(crawled):
    with Ledger.open_readonly(crawled / "var" / "partnerproof.db") as ledger:
        of_brand = {
            brand: {thing.kind: thing.text for page in read_shown_pages(ledger, claim_id) for thing in page.things}
            for brand, claim_id in (tuple(row) for row in ledger.rows("SELECT brand, claim_id FROM v_findings"))
        }
    assert ThingKind.LOGO in of_brand["acme"]
    assert of_brand["acme"][ThingKind.IMAGE_WORDS] == "ACME / Gold Partner"
    assert of_brand["corvane"] == {ThingKind.IMAGE_NAME: "Corvane logo"}


def test_an_export_has_the_named_image_among_its_exhibits(crawled, tmp_path):
    root, out = shutil.copytree(crawled, tmp_path / "space"), tmp_path / "claim.zip"
    ((claim_id,),) = rows(root, "SELECT claim_id FROM v_findings WHERE brand = 'corvane'")
    run_partnerproof("-w", root, "export", str(claim_id), "--out", out)
    with zipfile.ZipFile(out) as file:
        assert any(name.endswith("01-named-image.png") for name in file.namelist())
    assert "nothing is broken" in run_partnerproof("verify", out, code=3)


def test_the_flow_run_again_changes_nothing(crawled, tmp_path):
    root = shutil.copytree(crawled, tmp_path / "space")
    tables = ("image_readings", "image_words", "logo_matches", "name_matches", "claim_evidence", "verdicts")
    before = {table: rows(root, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}
    for verb in ("match", "claims", "judge"):
        run_partnerproof("-w", root, verb)
    assert {table: rows(root, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables} == before


def test_a_rejected_image_claims_neither_by_words_nor_by_names(crawled, tmp_path):
    root = shutil.copytree(crawled, tmp_path / "space")
    ((badge,),) = rows(root, "SELECT DISTINCT image_sha256 FROM v_logo_matches WHERE kind = 'words'")
    run_partnerproof("-w", root, "reject", str(badge), "--brand", "acme", "--why", "a toy")
    run_partnerproof("-w", root, "judge")
    assert finding(root, "acme") == ("partner", None, "picture", "undetermined")
    ((shown,),) = rows(root, "SELECT DISTINCT image_sha256 FROM v_name_matches WHERE brand = 'corvane'")
    run_partnerproof("-w", root, "reject", str(shown), "--brand", "corvane", "--why", "a toy")
    assert rows(root, "SELECT 1 FROM v_findings WHERE brand = 'corvane'") == []


@pytest.mark.parametrize(
    ("alt", "file", "name"),
    [
        ("Liferay", "https://v.example/i/liferay-logo.png", "Liferay"),
        ("Red Harbour", "/i/red_harbour.svg?v=3", "Red Harbour"),
        ("Corvane logo", "/i/corvane-white@2x.png", "Corvane"),
        ("Liferay", "/i/client-3.png", None),
        ("logo", "/i/logo.png", None),
        (None, "/i/liferay.png", None),
        ("our work for the whole town", "/i/our-work-for-the-whole-town.jpg", None),
        ("abc", "/i/abc.png", None),
    ],
)
def test_an_alternative_text_and_a_file_may_agree_on_a_name(alt, file, name):
    assert shared_name(alt, file) == name
