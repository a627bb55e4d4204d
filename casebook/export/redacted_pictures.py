"""Pictures in a redacted copy: painted over, greyed, without what their files say in words."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence

from PIL import Image

_GREY = (128, 128, 128)
_BLACK = (0, 0, 0)
MAX_SIDE_PX = 4000  # of a grey picture: a file may announce any size
# what Pillow raises on files that were made to break it
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def paint_over(png: bytes, boxes: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Return a picture with some boxes (x, y, width, height in px) filled."""
    with Image.open(io.BytesIO(png)) as picture:
        plain = picture.convert("RGB")
    for x, y, width, height in boxes:
        plain.paste(_BLACK, (x, y, x + width, y + height))
    made = io.BytesIO()
    plain.save(made, "PNG")
    return made.getvalue()


def grey_picture(content: bytes) -> bytes:
    """Return a grey picture as large as another, for one that is withheld; of one that is no raster picture a small one."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            size = picture.size
    except _UNREADABLE:
        size = (64, 64)
    made = io.BytesIO()
    Image.new("RGB", (min(size[0], MAX_SIDE_PX), min(size[1], MAX_SIDE_PX)), _GREY).save(made, "PNG")
    return made.getvalue()


def without_remarks(content: bytes) -> bytes | None:
    """Return the pixels of a picture as PNG and nothing else of it; None when it can't be decoded."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            plain = picture.convert("RGBA")
    except _UNREADABLE:
        return None
    made = io.BytesIO()
    Image.frombytes("RGBA", plain.size, plain.tobytes()).save(made, "PNG")
    return made.getvalue()


def is_picture(content: bytes) -> bool:
    return (
        content.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM"))
        or content[8:12] in (b"WEBP", b"avif")
        or content[4:12] in (b"ftypavif", b"ftypheic")
    )


def read_remarks(content: bytes) -> Iterator[str]:
    """What a picture says in words: comments, EXIF, XMP, profiles."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            for value in (*picture.info.values(), *picture.getexif().values()):
                if isinstance(value, bytes):
                    for charset in ("utf-8", "utf-16-le", "latin-1"):
                        yield value.decode(charset, "replace")
                elif isinstance(value, str):
                    yield value
    except _UNREADABLE:
        return
