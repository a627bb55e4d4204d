"""A PDF is read page by page, in a process of its own; whatever its bytes are, it costs one row.

Tests: crawler/reading/documents.py, crawler/reading/document_child.py. Visits are in tests/crawler/visits/test_linked_documents.py.
"""

from __future__ import annotations

import base64
import io
import re
import sys

import pypdfium2
import pytest
import weasyprint
from PIL import Image, ImageDraw

from crawler.reading.documents import (
    MAX_PAGES,
    ReadDocument,
    _parsed_lines,
    _run,
    as_document_page,
    is_pdf,
    read_document,
    sources_of,
)
from crawler.reading.page_reader import PageSource, read_page
from ledger.lexicon import Lexicon
from ledger.vocabulary import FoundBy, PageKind, SectionKind

STYLE = "<style>@page { size: A4 } .columns { columns: 2 } .next { page-break-before: always } td { padding: 0 60px }</style>"
PROSE = "We plan, install and look after office networks for companies between ten and five hundred seats. " * 3


def mark(colour: str = "navy") -> str:
    file = io.BytesIO()
    image = Image.new("RGB", (240, 80), "white")
    ImageDraw.Draw(image).polygon([(20, 70), (60, 10), (100, 70), (220, 30)], fill=colour)
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def pdf(body: str, title: str = "") -> bytes:
    html = f"<html><head><title>{title}</title>{STYLE}</head><body>{body}</body></html>"
    written: bytes = weasyprint.HTML(string=html).write_pdf()
    return written


def raw(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF written by hand: object 1 is the catalogue."""
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    tail = b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (size, trailer, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + tail


def pages_of(content: bytes) -> list[str]:
    document = read_document(content)
    assert document.refusal is None, document
    return [
        re.sub(r'"data:[^"]*"', '"picture"', re.sub(r".*<main>|</main>.*", "", page.html)) for page in document.pages
    ]


def source(url: str = "http://vendor.example/line-card.pdf", link_text: str = "Our line card") -> PageSource:
    return PageSource(
        visit_id="V",
        look_id="L",
        url=url,
        status=200,
        content=b"%PDF-",
        content_type="application/pdf",
        link_text=link_text,
    )


def test_words_are_read_in_order_with_their_headings() -> None:
    body = (
        f"<h1>Line card</h1><p>{PROSE}</p><div class=columns><p>Left column, first. {PROSE}</p><p>Right column, second.</p></div>"
        "<div class=next><h2>Our partners</h2><ul><li>Acme</li><li>Corvane</li></ul></div>"
    )
    first, second = pages_of(pdf(body))
    assert first.startswith("<h1>Line card</h1><p>We plan, install")
    assert first.index("Left column") < first.index("Right column")
    assert second.startswith("<h2>Our partners</h2>")
    assert re.search(r"<p>[^<]*Acme</p>.*<p>[^<]*Corvane</p>", second)


def test_cells_beside_each_other_are_apart() -> None:
    (page,) = pages_of(pdf(f"<p>{PROSE}</p><table><tr><td>Acme Ltd</td><td>Corvane</td></tr></table>"))
    assert "<p>Acme Ltd</p><p>Corvane</p>" in page


def test_pictures_stand_under_the_heading_above_them() -> None:
    body = f"<p>{PROSE}</p><h2>Our partners</h2><img src='{mark()}'><p>{PROSE}</p><h2>Our customers</h2><img src='{mark('red')}'>"
    (page,) = pages_of(pdf(body))
    assert re.fullmatch(
        r"<p>.*</p><h2>Our partners</h2><figure>.*</figure><p>.*</p><h2>Our customers</h2><figure>.*</figure>", page
    )


def test_a_drawing_is_seen_as_the_page_drawn() -> None:
    drawing = "<svg width=200 height=60 viewBox='0 0 200 60'><path d='M5 50C20 5 40 5 60 50S120 80 190 10L150 55z' fill='#123'/></svg>"
    (page,) = pages_of(pdf(f"<h2>Our partners</h2><p>{PROSE}</p>{drawing}"))
    assert page.count("<img") == 1
    (plain,) = pages_of(pdf(f"<h2>Our partners</h2><p style='border: 2px solid'>{PROSE}</p>"))
    assert "<img" not in plain


def test_each_page_is_a_page_with_an_address_of_its_own(lexicon: Lexicon) -> None:
    document = read_document(
        pdf(f"<p>{PROSE}</p><div class=next></div><h2 class=next>Our partners</h2><img src='{mark()}'>")
    )
    sources = sources_of(source(), document)
    assert [one.url.partition("#")[2] for one in sources] == ["page=1", "page=3"]  # the second is empty
    assert len({one.page_id for one in sources}) == 2
    assert sources[0].page_id == source().page_id
    page = as_document_page(read_page(sources[1], lexicon).with_images((), lexicon), refusal=None)
    assert (page.page.kind, page.is_healthy, page.page.link_text) == (PageKind.SUPPLIERS, True, "Our line card")
    (sighting,) = page.sightings
    assert (sighting.found_by, sighting.section_kind) == (FoundBy.DATA_URI, SectionKind.PARTNERS)
    assert [passage.text for passage in page.passages] == ["Our partners"]


def test_a_long_document_is_read_to_the_limit_and_says_so() -> None:
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
    )
    text = b"BT /F 12 Tf 20 100 Td (Acme) Tj ET"
    kids = b"3 0 R " * 10_000
    content = raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 10000 /Kids [" + kids + b"] >>",
        page,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    document = read_document(content)
    assert len(document.pages) == MAX_PAGES
    assert document.refusal == f"PDF: {MAX_PAGES} of 10000 pages were read"


def test_a_password_is_told() -> None:
    encrypt = b"/Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <%s> /U <%s> >> /ID [<00><00>]" % (
        b"41" * 32,
        b"42" * 32,
    )
    content = raw(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 0 /Kids [] >>", trailer=encrypt)
    document = read_document(content)
    assert document.pages == ()
    assert "assword" in str(document.refusal)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\n%...",
        b"%PDF-1.7" + bytes(200_000),
        raw(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [2 0 R] >>"),  # a circle
        raw(b"<< /Type /Catalog /Pages 9 0 R >>"),
    ],
)
def test_what_is_broken_is_refused(content: bytes) -> None:
    document = read_document(content)
    assert document.pages == () or all(page.is_empty for page in document.pages)


@pytest.mark.parametrize("place", range(20, 2_000, 90))
def test_damage_anywhere_never_raises(place: int) -> None:
    content = bytearray(DAMAGED)
    content[place * len(content) // 2_000 :][:40] = b"\xff" * 40
    del content[place * len(content) // 2_000 : place * len(content) // 2_000 + 200]
    assert isinstance(read_document(bytes(content)), ReadDocument)


DAMAGED = pdf(f"<h1>Line card</h1><p>{PROSE}</p><img src='{mark()}'>")


def test_a_page_of_a_square_mile_is_drawn_small() -> None:
    curve = b"0 0 m 9e5 1e5 5e5 9e5 1e6 1e6 c 3e5 2e5 1e5 7e5 2e5 3e5 c 4e5 4e5 5e5 1e5 6e5 2e5 c h f"
    content = raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 2 /Kids [3 0 R 5 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1000000 1000000] /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(curve), curve),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 0 0] /Contents 4 0 R >>",
    )
    assert len(read_document(content).pages) == 2


def test_a_bomb_ends_with_what_was_read_before() -> None:
    picture = b"<< /Type /XObject /Subtype /Image /Width 30000 /Height 30000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode /Length 3 >>\nstream\nabc\nendstream"
    loop = b"q /X Do Q " * 100
    text = b"BT /F 12 Tf 20 100 Td (Acme) Tj ET " * 400_000
    content = raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 2 /Kids [3 0 R 7 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(loop), loop),
        picture,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 8 0 R /Resources << /Font << /F 6 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    )
    document = read_document(content, processor_s=0.3)
    assert document.refusal == "PDF: 1 of 2 pages were read: reading needs more than 0.3 s of processor time"


def test_the_first_bytes_tell() -> None:
    assert is_pdf(b"\n%PDF-1.7")
    assert not is_pdf(b"<!DOCTYPE html>" + bytes(1_024) + b"%PDF-")
    assert pypdfium2.PdfDocument(DAMAGED) is not None


def test_a_reader_in_foreign_hands_fills_no_memory_and_its_answer_is_none(monkeypatch):
    monkeypatch.setattr("crawler.reading.documents.MAX_OUTPUT_BYTES", 1_000_000)
    ended = _run([sys.executable, "-c", "while True: print('{' * 100_000)"], b"%PDF-")
    assert (len(ended.output), ended.is_late) == (1_000_000, False)
    assert _parsed_lines(b"[" * 1_000_000) == []


@pytest.mark.parametrize(
    "line", ['{"pages": "many"}', '{"pages": 1}\n{"blocks": [{}]}', '{"pages": 1}\n{"blocks": 3, "pictures": []}']
)
def test_an_answer_of_another_kind_is_a_refusal(line, tmp_path, monkeypatch):
    says = f"import sys; sys.stdin.buffer.read(); print({line!r})"
    (tmp_path / "says.py").write_text(says)
    monkeypatch.setattr("crawler.reading.documents.READER", tmp_path / "says.py")
    assert read_document(b"%PDF-").refusal == "PDF: its reader gave an answer of another kind"
