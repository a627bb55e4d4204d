"""Logos in files of one's own: found, nothing found, refused; and what stands in docs/how-to-recognise.md.

Tests: partnerproof/cli/recognise.py.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from matcher import LogoMatcher, Recognition
from tests.conftest import draw_logo, png, run_partnerproof
from tests.matcher.drawings import lettered

PAGE = Path(__file__).parents[2] / "docs" / "how-to-recognise.md"


def stranger() -> bytes:
    picture = Image.new("RGB", (160, 120), "white")
    ImageDraw.Draw(picture).polygon([(10, 110), (80, 8), (150, 110)], fill="#903020")
    return png(picture)


@pytest.fixture
def files(tmp_path: Path, logo_png: bytes, lookalike_png: bytes) -> Path:
    """A folder with logos/ and one file of each outcome."""
    (tmp_path / "logos").mkdir()
    (tmp_path / "logos" / "acme.png").write_bytes(logo_png)
    (tmp_path / "in" / "deep" / "empty").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "logo").write_bytes(png(draw_logo((180, 65))))  # a picture by content, not by name
    (tmp_path / "in" / "alike.png").write_bytes(lookalike_png)
    (tmp_path / "in" / "blank.png").write_bytes(png(Image.new("RGB", (60, 60), "white")))
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    (tmp_path / "in" / "stranger.png").write_bytes(stranger())
    (tmp_path / "in" / ".hidden.png").write_bytes(logo_png)
    (tmp_path / "in" / "deep" / "round").symlink_to(tmp_path / "in")
    return tmp_path


def test_three_outcomes_are_told_apart(files):
    told = run_partnerproof("recognise", "in", "--logos", "logos", "--json", cwd=files, code=3)
    answers = json.loads(told[: told.rindex("]") + 1])
    assert {a["file"]: (a["outcome"], a["strength"], (a["reason"] or "").split(":")[0]) for a in answers} == {
        "in/alike.png": ("found", "perhaps", ""),
        "in/blank.png": ("refused", None, "blank"),
        "in/stranger.png": ("nothing found", None, ""),
        "in/deep/logo": ("found", "match", ""),
    }
    assert "not looked at: 1 files in folders" in told
    found = next(a for a in answers if a["strength"] == "match")
    assert (found["brand"], found["official_logo"]) == ("acme", "acme.png")
    assert found["region"]["width"] == pytest.approx(172, abs=8)


def test_the_table_and_the_csv_say_the_same(files):
    told = run_partnerproof("recognise", "in", "--logos", "logos", cwd=files, code=3)
    assert re.search(r"in/blank\.png +refused: blank", told)
    assert re.search(r"in/stranger\.png +nothing found", told)
    assert re.search(r"in/deep/logo +acme +acme\.png +[01]\.\d\d +match", told)
    assert "2 files found, 1 files nothing found, 1 files refused" in told
    lines = run_partnerproof("recognise", "in/deep/logo", "in/stranger.png", "--logos", "logos", "--csv", cwd=files)
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert [row["outcome"] for row in rows] == ["found", "nothing found"]
    assert json.loads(rows[0]["region"])["height"] > 0


def test_a_pdf_is_no_picture_of_a_vendor(files):
    (files / "in" / "x.png").write_bytes(b"%PDF-1.7\n1 0 obj")
    told = run_partnerproof("recognise", "in/x.png", "--logos", "logos", cwd=files, code=3)
    assert "refused: unknown-format" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none.png", "gone.png", "--logos", "logos"), "gone.png: expected a readable file, got No such file"),
        (("in", "--logos", "nowhere"), "nowhere: expected a folder of logos"),
        (("in", "--logos", "in/deep/empty"), "expected SVG or PNG files, or folders of them, got none"),
        (("in", "--logos", "logos", "--json", "--csv"), "one of --json and --csv"),
        (("in/deep/empty", "--logos", "logos"), "in/deep/empty: expected pictures, got 0 other files"),
        (("in",), "--logos"),
        (("--logos", "logos"), "FILE"),
    ],
)
def test_mistakes_are_explained(files, arguments, told):
    assert told in run_partnerproof("recognise", *arguments, cwd=files, code=2)


def test_four_threads_get_what_one_gets(files):
    """With a small picture, one of the worker for SVG, and one of the worker for odd files, in every thread."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40"><path d="M5 35 20 5 35 35 20 25z"/></svg>'
    bmp = io.BytesIO()
    draw_logo((200, 73)).convert("RGB").save(bmp, "BMP")
    sources = [*(p.read_bytes() for p in sorted((files / "in").glob("*.png"))), svg.encode(), bmp.getvalue()]
    matcher = LogoMatcher.from_directory(files / "logos")
    expected = [matcher.match(source) for source in sources]
    assert {bool(r.refusal) for r in expected} == {True, False}
    results: dict[int, list[Recognition]] = {}
    threads = [
        threading.Thread(target=lambda n=n: results.update({n: [matcher.match(s) for s in sources[n:] + sources[:n]]}))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(results[n] == expected[n:] + expected[:n] for n in range(4))


def test_the_program_of_the_documentation_runs(files):
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    (files / "wall.png").write_bytes(png(draw_logo((180, 65))))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=files, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("acme acme.png ")


def test_where_no_logo_is_recognised_the_words_are_read(files):
    (files / "in" / "words.png").write_bytes(png(lettered("ACME", "Gold Partner", size=(300, 150))))
    (answer,) = json.loads(run_partnerproof("recognise", "in/words.png", "--logos", "logos", "--json", cwd=files))
    assert (answer["outcome"], answer["brand"], answer["words"], answer["tier"]) == ("found", "acme", "ACME", "Gold")
    assert (answer["strength"], answer["official_logo"]) == ("match", None)
    assert "words “ACME”" in run_partnerproof("recognise", "in/words.png", "--logos", "logos", cwd=files)
