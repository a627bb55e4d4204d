"""The script that reads a PDF, run by documents.py in a process of its own and never imported.

It knows no other module of ours but ledger/boxes/box.py, which it runs from its file: before the PDF is opened the process can open no
file, reach no network and start nothing. The library is built without JavaScript and
opens no address. Reads: the PDF from stdin. Writes: one line of JSON for the document, then one for each page, as soon as it is
read, so that what was read before a limit ended it counts.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import io
import json
import math
import resource
import runpy
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

_BOX = Path(__file__).resolve().parents[2] / "ledger" / "boxes" / "box.py"
MAX_CHARS = 30_000  # of a page; a printed one has 5,000
MAX_PICTURES = 24  # of a page
MAX_OBJECTS = 5_000  # of a page that are looked through
MAX_DRAWN_CURVES = 40_000  # of a page that is drawn: plans of buildings have more, and no logo
MIN_SIDE_PX = 16
MAX_SIDE_PX = 1_200
MAX_PICTURE_PIXELS = 25_000_000
MAX_PICTURE_BYTES = 280_000  # what an inline image may have, with room for its coding
MAX_BYTES = 40_000_000  # of all that is written
CELL_GAP = 2.5  # widths of a letter between what stands beside each other in columns
SAME_SIZE = 0.15
WRAPPED_WIDTH = 14  # sizes: from so wide on a line may have been wrapped; 28 letters, a narrow column
HEADING_SIZE = 1.2
FEW_CHARS, BODY_SIZE = 300, 12.0  # on a page with few words the usual size tells which of them are a heading
FRAME_SEGMENTS = 12  # a frame is a box in a box


@dataclass(slots=True)
class _Line:
    """What stands in one line, or one cell of it. Lengths in points, from the page's lower left corner."""

    text: str
    size: float
    left: float
    right: float
    top: float
    bottom: float
    begins_block: bool = False


def main() -> None:
    cpu_s, memory_bytes, max_pages = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    enter_box = runpy.run_path(str(_BOX))["enter_box"]
    Image.preinit()  # saving a picture would load them later, from files
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    enter_box()
    content = sys.stdin.buffer.read()
    signal.setitimer(signal.ITIMER_PROF, cpu_s)  # ends this process, also in the midst of the library
    try:
        document = pypdfium2.PdfDocument(content)
        pages = len(document)
    except (pypdfium2.PdfiumError, ValueError, OSError) as error:
        _write({"refusal": f"it does not open: {error}"[:200]})
        return
    _write({"pages": pages, "title": _title(document)})
    written = 0
    for number in range(min(pages, max_pages)):
        try:
            page = _read_page(document[number])
        except MemoryError:
            page = {"refusal": "it needs too much memory"}
        except Exception as error:  # noqa: BLE001  # one broken page costs one page
            page = {"refusal": f"{type(error).__name__}: {error}"[:200]}
        written += _write({"number": number + 1, **page})
        if written > MAX_BYTES:
            return


def _write(line: dict[str, Any]) -> int:
    text = json.dumps(line) + "\n"
    sys.stdout.write(text)
    sys.stdout.flush()
    return len(text)


def _title(document: pypdfium2.PdfDocument) -> str:
    with contextlib.suppress(Exception):
        return str(document.get_metadata_value("Title"))[:300]
    return ""


def _read_page(page: pypdfium2.PdfPage) -> dict[str, Any]:
    lines = list(_lines(page.get_textpage()))
    pictures: dict[str, float] = {}
    curves = 0
    for count, part in enumerate(page.get_objects(max_depth=4)):
        if count >= MAX_OBJECTS:
            break
        if part.type == pdfium.FPDF_PAGEOBJ_PATH:
            curves += _segments(part)
        elif part.type == pdfium.FPDF_PAGEOBJ_IMAGE and len(pictures) < MAX_PICTURES:
            with contextlib.suppress(pypdfium2.PdfiumError, ValueError, OSError):
                if picture := _picture(part):
                    _, bottom, _, top = part.get_bounds()
                    pictures.setdefault(picture, (bottom + top) / 2)
    drawn = _drawn(page) if 0 < curves <= MAX_DRAWN_CURVES else None
    placed = [{"uri": uri, "middle": middle} for uri, middle in pictures.items()]
    return {"blocks": list(_blocks(lines)), "pictures": placed, "drawn": drawn}


def _segments(part: pypdfium2.PdfObject) -> int:
    """How many pieces the outline of a drawing has; 0 for boxes, rules and frames."""
    count: int = pdfium.FPDFPath_CountSegments(part)
    if count > FRAME_SEGMENTS:
        return count
    kinds = (pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(part, place)) for place in range(count))
    return count if any(kind == pdfium.FPDF_SEGMENT_BEZIERTO for kind in kinds) else 0


def _picture(part: pypdfium2.PdfImage) -> str | None:
    """An image of a page as a data: URI, with its transparency; None for what is too small or too large to be a logo."""
    width, height = part.get_px_size()
    if min(width, height) < MIN_SIDE_PX or width * height > MAX_PICTURE_PIXELS:
        return None
    return _data_uri(part.get_bitmap(render=True).to_pil())


def _drawn(page: pypdfium2.PdfPage) -> str | None:
    """The page as a picture: its drawings are no images of their own."""
    width, height = page.get_size()
    if not 0 < max(width, height) < 1e7 or min(width, height) <= 0:
        return None
    return _data_uri(page.render(scale=min(4.0, MAX_SIDE_PX / max(width, height))).to_pil())


def _data_uri(picture: Image.Image) -> str | None:
    if max(picture.size) > MAX_SIDE_PX:
        picture = picture.copy()
        picture.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
    if min(picture.size) < 4:
        return None
    for kind, options in (("PNG", {"compress_level": 6}), ("JPEG", {"quality": 85}), ("JPEG", {"quality": 60})):
        file = io.BytesIO()
        plain = picture if kind == "PNG" else _on_white(picture)
        plain.save(file, kind, **options)
        if file.tell() <= MAX_PICTURE_BYTES:
            return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
    return None


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("RGBA", "LA", "PA"):
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, (255, 255, 255))
    ground.paste(picture.convert("RGBA"), mask=picture.convert("RGBA").getchannel("A"))
    return ground


def _lines(text: pypdfium2.PdfTextPage) -> Iterator[_Line]:
    """The lines of a page in the order in which they were written; what stands in columns beside each other is apart."""
    line: _Line | None = None
    box = [ctypes.c_double() for _ in range(4)]
    matrix = pdfium.FS_MATRIX()
    for index in range(min(text.count_chars(), MAX_CHARS)):
        code = pdfium.FPDFText_GetUnicode(text, index)
        if code in (0x0A, 0x0D):
            if line is not None:
                yield line
            line = None
            continue
        if code in (0, 0x02, 0xFFFE, 0xFFFF) or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            if code in (0x02, 0xFFFE) and line is not None:
                line.text += "\xad"  # a word that goes on in the next line
            continue
        if not pdfium.FPDFText_GetCharBox(text, index, *map(ctypes.byref, box)):
            continue
        left, right, bottom, top = (side.value for side in box)
        size = abs(pdfium.FPDFText_GetFontSize(text, index)) or 1.0
        if pdfium.FPDFText_GetMatrix(text, index, ctypes.byref(matrix)):  # it may be drawn in a unit of one, and scaled
            size *= math.hypot(matrix.b, matrix.d) or 1.0
        sign = chr(code)
        is_elsewhere = line is not None and sign != " " and (bottom > line.top or top < line.bottom)
        if line is not None and sign != " " and (is_elsewhere or left - line.right > CELL_GAP * line.size):
            yield line
            line = _Line(sign, size, left, right, top, bottom, begins_block=not is_elsewhere)
        elif line is None:
            line = _Line(sign, size, left, right, top, bottom)
        else:
            line.text += sign
            if sign != " ":
                line.size, line.right = max(line.size, size), max(line.right, right)
                line.top, line.bottom = max(line.top, top), min(line.bottom, bottom)
    if line is not None:
        yield line


def _blocks(lines: list[_Line]) -> Iterator[dict[str, Any]]:
    """Paragraphs, cells and headings: lines of one size that follow each other closely are one."""
    lines = [line for line in lines if any(map(str.isalnum, line.text))]  # signs of lists stand apart
    weights = sorted((line.size, len(line.text)) for line in lines)
    half, body = sum(weight for _, weight in weights) / 2, 1.0
    for size, weight in weights:
        half -= weight
        if half <= 0:
            body = size
            break
    if sum(weight for _, weight in weights) < FEW_CHARS:
        body = min(body, BODY_SIZE)
    words, size, top, before = "", 0.0, 0.0, None
    for line in lines:
        if before is not None and _goes_on(before, line):
            words = words[:-1] + line.text.strip() if words.endswith("\xad") else f"{words} {line.text.strip()}"
        else:
            if words:
                yield _block(words, size, top, body)
            words, size, top = line.text.strip(), line.size, line.top
        before = line
    if words:
        yield _block(words, size, top, body)


def _goes_on(before: _Line, line: _Line) -> bool:
    if line.begins_block or abs(line.size - before.size) > SAME_SIZE * before.size:
        return False
    gap = before.bottom - line.top
    is_below = -0.3 * line.size < gap < 0.9 * line.size
    begins, ends = line.text.strip()[0], before.text.strip()[-1]
    if not is_below or line.left >= before.right or begins in "•▪●–-*○■":
        return False
    # a short line is followed by the next item of a list, unless a sentence goes on
    return before.right - before.left >= WRAPPED_WIDTH * before.size or begins.islower() or ends in ",&-/\xad"


def _block(words: str, size: float, top: float, body: float) -> dict[str, Any]:
    text = " ".join(words.replace("\xad", "").split())
    level = 0
    if size >= HEADING_SIZE * body and len(text) <= 160:
        level = 1 if size >= 1.8 * body else 2
    return {"text": text, "level": level, "top": top}


if __name__ == "__main__":
    main()
