"""The script that draws a page of a PDF, run by pdf_worker.py and never imported.

It knows no other module of ours than worker_child.py, and holds nothing that a hostile file could reach. The library is
built without JavaScript and without forms of the XFA kind, and opens no address.
"""

from __future__ import annotations

import io
import runpy
import struct
import sys
from pathlib import Path

import pypdfium2
from PIL import Image


def draw_page(request: bytes) -> bytes:
    """Number of pages (4 bytes, big-endian), then PNG of the page that was asked for; nothing if there is none.

    request: number of the page from 1 in 4 bytes, 0 = the only one, if there is only one; then the PDF.
    """
    (number,) = struct.unpack_from(">I", request)
    document = pypdfium2.PdfDocument(request[4:])
    try:
        pages = len(document)
        number = number or (1 if pages == 1 else 0)
        png = _draw(document[number - 1]) if 1 <= number <= pages else b""
    finally:
        document.close()
    return struct.pack(">I", pages) + png


def _draw(page: pypdfium2.PdfPage) -> bytes:
    side_px = int(sys.argv[3])
    width, height = page.get_size()
    # no paper: a page's ground is transparent, as that of an SVG is
    bitmap = page.render(scale=side_px / max(width, height), fill_color=(0, 0, 0, 0))
    file = io.BytesIO()
    bitmap.to_pil().save(file, "PNG", compress_level=1)
    return file.getvalue()


if __name__ == "__main__":
    Image.preinit()  # saving a picture would load them later, from files
    runpy.run_path(str(Path(__file__).with_name("worker_child.py")))["serve"](draw_page)
