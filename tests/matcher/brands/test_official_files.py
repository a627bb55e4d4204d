"""Pages of PDF as official logos: drawn within limits, in a process that can be killed, and never for vendors.

Tests: matcher/decoding/pdf_child.py, matcher/decoding/pdf_worker.py.
"""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import pytest
from drawings import draw_mark, encode, lay_on
from PIL import Image

from ledger.errors import BadInputError, Problem
from ledger.extras import how_to_install
from ledger.vocabulary import RefusalReason
from matcher import LogoMatcher, Refusal, thresholds
from matcher.brands.official_files import Drawing, read_drawing
from matcher.brands.official_logos import load_brand, make_official_logo, write_brand
from matcher.decoding.decode import decode_image
from matcher.decoding.pdf_worker import DrawnPage, PdfWorker, draw_pdf_page

VECTOR = b"1 0 0 1 20 20 cm 0 0 m 60 160 l 120 0 l 60 50 l h f 150 0 30 160 re f 200 0 30 90 re f 250 40 m 330 80 l 250 120 l f"


def vector_pdf(drawing: bytes = VECTOR) -> bytes:
    """A page of 400 x 200 points that a drawing program might write, without a ground."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
    ]
    body = b"%PDF-1.4\n"
    for number, content in enumerate(objects, 1):
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    return body + b"trailer<</Root 1 0 R>>"


def raster_pdf(*names: str | None) -> bytes:
    """One page for each mark; None: a blank one."""
    pages = [
        lay_on(draw_mark(name), (255, 255, 255), 40) if name else Image.new("RGB", (300, 200), "white")
        for name in names
    ]
    file = io.BytesIO()
    pages[0].save(file, "PDF", save_all=True, append_images=pages[1:])
    return file.getvalue()


def read(content: bytes, page: int | None = None) -> Drawing | Problem:
    return read_drawing(content, "guide.pdf", where="guide.pdf", page=page)


def problem_of(content: bytes, page: int | None = None) -> str:
    problem = read(content, page)
    assert isinstance(problem, Problem)
    return str(problem)


def test_a_pdf_of_one_page_is_that_page_on_transparent_ground() -> None:
    drawing = read(vector_pdf())
    assert isinstance(drawing, Drawing)
    picture = Image.open(io.BytesIO(drawing.content))
    assert (drawing.name, picture.mode, picture.size) == ("guide.pdf", "RGBA", (1200, 600))
    assert picture.getpixel((5, 5)) == (0, 0, 0, 0)


def test_the_logo_of_a_page_is_found_in_a_picture() -> None:
    drawing = read(raster_pdf("kestrel", "ombra"), 2)
    assert isinstance(drawing, Drawing)
    assert drawing.name == "guide.pdf#page=2"
    matcher = LogoMatcher([make_official_logo("ombra", drawing.name, drawing.content)])
    assert matcher.match(encode(lay_on(draw_mark("ombra"), (255, 255, 255), 10), "JPEG")).matches


@pytest.mark.parametrize(
    ("pages", "page", "told"),
    [
        (("kestrel", "ombra"), None, "got 2 pages and no page; export that page alone"),
        (("kestrel", "ombra"), 3, "expected a page from 1 to 2, got 3"),
        (("kestrel", None), 2, "guide.pdf, page 2: expected a picture of a logo, got blank"),
        ((None,), None, "got blank"),
    ],
)
def test_a_page_that_is_not_there_or_blank_or_not_named_is_a_mistake(pages, page, told) -> None:
    assert told in problem_of(raster_pdf(*pages), page)


def test_a_picture_has_no_pages() -> None:
    assert "a page of PDF files only" in problem_of(encode(draw_mark("kestrel")), 1)


def test_a_vendors_pdf_is_refused_and_never_drawn() -> None:
    refusal = decode_image(vector_pdf())
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.UNKNOWN_FORMAT


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert problem_of(vector_pdf()) == (
        "guide.pdf: expected a picture, or the extra that draws PDF, got a PDF without the extra; "
        f"run: {how_to_install('pdf')}, or export the page as SVG"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7\nrubbish", RefusalReason.BROKEN),
        (b"%PDF-1.7" + bytes(thresholds.MAX_BYTES), RefusalReason.TOO_MANY_BYTES),
        (vector_pdf(b"0 0 m 400 200 l 400 0 l f* " * 600_000), RefusalReason.CRASHED),
        (vector_pdf(b"5 w " + b"0 0 m 400 200 l 0 200 l 400 0 l 200 7 l S " * 20_000), RefusalReason.TOO_SLOW),
    ],
    ids=["rubbish", "large", "many shapes", "slow"],
)
def test_a_hostile_pdf_costs_one_refusal_and_the_next_one_is_drawn(content: bytes, reason: RefusalReason) -> None:
    refusal = draw_pdf_page(content, None)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason, refusal
    drawn = draw_pdf_page(vector_pdf(), None)
    assert isinstance(drawn, DrawnPage)
    assert drawn.png is not None


def test_a_pdf_that_takes_too_much_memory_costs_one_refusal() -> None:
    width, height = 20_000, 20_000
    image = b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Length 3>>stream\nabc\nendstream"
    body = vector_pdf(b"400 0 0 200 0 0 cm /I Do").replace(b"/Contents", b"/Resources<</XObject<</I 5 0 R>>>>/Contents")
    body = body.replace(b"trailer", b"5 0 obj\n" + image % (width, height) + b"\nendobj\ntrailer")
    worker = PdfWorker()
    try:
        worker.draw(body, None)  # refused or drawn without it, as the library likes; the process lives within its limit
        assert isinstance(worker.draw(vector_pdf(), None), DrawnPage)
    finally:
        worker.close()


def test_pages_of_a_guide_are_official_logos_of_a_brand(tmp_path: Path) -> None:
    folder = tmp_path / "kestrel"
    (folder / "logos").mkdir(parents=True)
    guide = raster_pdf(None, "kestrel", "ombra")
    (folder / "logos" / "guide.pdf").write_bytes(guide)
    (folder / "brand.toml").write_text('name = "Kestrel"\n')
    with pytest.raises(BadInputError, match=r"kestrel/logos/guide\.pdf: expected a PDF of one page, .* got 3 pages"):
        load_brand(folder)
    tables = "".join(f'[[logo]]\nfile = "guide.pdf"\npage = {page}\n' for page in (2, 3))
    (folder / "brand.toml").write_text(f'name = "Kestrel"\n{tables}product = "Ombra"\n')
    brand = load_brand(folder)
    assert [(logo.file, logo.product) for logo in brand.logos] == [
        ("guide.pdf#page=2", None),
        ("guide.pdf#page=3", "Ombra"),
    ]
    matcher = LogoMatcher(brand.logos)
    (match,) = matcher.match(encode(lay_on(draw_mark("ombra"), (255, 255, 255), 10))).matches
    assert match.official_logo == "guide.pdf#page=3"
    (folder / "brand.toml").write_text(f'name = "Kestrel"\n{tables}[[logo]]\nfile = "guide.pdf"\npage = 9\n')
    with pytest.raises(BadInputError, match=r"brand\.toml line 10, logo 3, page: expected a page from 1 to 3, got 9"):
        load_brand(folder)


def test_a_brand_is_written_from_a_pdf(tmp_path: Path) -> None:
    source = tmp_path / "kestrel.pdf"
    source.write_bytes(vector_pdf())
    brand = write_brand(tmp_path / "kestrel", name="Kestrel", aliases=[], domains=[], logo_files=[source])
    assert [logo.file for logo in brand.logos] == ["kestrel.pdf"]
    (tmp_path / "logos").mkdir()
    (tmp_path / "logos" / "kestrel.pdf").write_bytes(vector_pdf())
    assert LogoMatcher.from_directory(tmp_path / "logos").match(brand.logos[0].content).matches[0].brand == "kestrel"
