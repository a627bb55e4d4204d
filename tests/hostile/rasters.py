"""Hostile PNG, GIF, BMP, ICO, TIFF files and files of no format, written byte by byte: name → function → bytes."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

from PIL import Image

Maker = Callable[[], bytes]
MB = 1_000_000


def encode(image: Image.Image, image_format: str, **options: object) -> bytes:
    """Bytes of a picture that a common program would write."""
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def mark(side: int = 64) -> Image.Image:
    """A fictional mark: a diagonal of colour on grey levels."""
    levels = Image.linear_gradient("L").resize((side, side))
    return Image.merge("RGB", (levels, levels.transpose(Image.Transpose.ROTATE_90), Image.new("L", (side, side), 60)))


# --- PNG ---
def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, bits: int = 8, colour: int = 6, interlaced: int = 0) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced))


def rows(width: int = 64, height: int = 64) -> bytes:
    return chunk(b"IDAT", zlib.compress((b"\0" + b"\x40\x80\xc0\xff" * width) * height))


def png(*before: bytes, after: bytes = b"", size: tuple[int, int] = (64, 64)) -> bytes:
    return header(*size) + b"".join(before) + rows() + after + chunk(b"IEND")


def packed_zeros(count: int) -> bytes:
    """Deflated zeros: each piece is packed like the one before it, so that the bomb costs its maker neither memory nor time."""
    packer, pieces = zlib.compressobj(9, wbits=-15), count // MB
    piece = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    end, checksum = (
        b"\3\0",
        struct.pack(">I", pieces * MB % 65_521 << 16 | 1),
    )  # an empty last block; Adler-32 (RFC 1950)
    return zlib.compress(b"", 9)[:2] + piece * pieces + end + checksum


def _png_many_frames() -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, 64, 64, 0, 0, 1, 10, 0, 0)
    frames = b"".join(chunk(b"fcTL", control) + chunk(b"fdAT", b"\0\0\0\1") for _ in range(10_000))
    return png(chunk(b"acTL", struct.pack(">II", 10_000, 0)), after=frames)


def _damaged_png(kind: bytes, *, cut: int) -> bytes:
    whole = encode(mark().quantize(16), "PNG")
    return whole[: whole.index(kind) + cut]


def _png_wrong_crc() -> bytes:
    whole = bytearray(png())
    whole[29] ^= 0xFF  # the checksum of IHDR
    return bytes(whole)


PNG: dict[str, Maker] = {
    "announces-100000x100000-in-10kB.png": lambda: header(100_000, 100_000) + chunk(b"IDAT", random.Random(1).randbytes(10_000)),
    "announces-13000x13000.png": lambda: png(size=(13_000, 13_000)),
    "announces-2147483647x1.png": lambda: png(size=(2**31 - 1, 1)),
    "announces-4294967295x4294967295.png": lambda: png(size=(2**32 - 1, 2**32 - 1)),
    "sliver-1x1000000.png": lambda: header(1, MB) + rows(1, MB) + chunk(b"IEND"),
    "sliver-1000000x1.png": lambda: header(MB, 1) + rows(MB, 1) + chunk(b"IEND"),
    "width-zero.png": lambda: png(size=(0, 64)),
    "bomb-of-pixels-5001x5001.png": lambda: header(5001, 5001) + chunk(b"IDAT", packed_zeros(100 * MB)) + chunk(b"IEND"),
    "bomb-of-16-bit-rows-4999x4999.png": lambda: header(4999, 4999, 16) + chunk(b"IDAT", packed_zeros(150 * MB)),
    "bomb-interlaced-5000x5000.png": lambda: header(5000, 5000, 16, 6, 1) + chunk(b"IDAT", packed_zeros(180 * MB)),
    "bomb-in-zTXt.png": lambda: png(chunk(b"zTXt", b"Comment\0\0" + packed_zeros(200 * MB))),
    "bomb-in-iTXt.png": lambda: png(chunk(b"iTXt", b"Comment\0\1\0\0\0" + packed_zeros(200 * MB))),
    "bomb-in-iCCP.png": lambda: png(chunk(b"iCCP", b"profile\0\0" + packed_zeros(200 * MB))),
    "bomb-in-5000-zTXt.png": lambda: png(chunk(b"zTXt", b"Comment\0\0" + packed_zeros(MB)) * 5_000),
    "bomb-in-10000-iCCP.png": lambda: png(chunk(b"iCCP", b"profile\0\0" + packed_zeros(MB)) * 10_000),
    "animated-10000-frames.png": _png_many_frames,
    "animated-4294967295-frames-announced.png": lambda: png(chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0))),
    "million-empty-chunks.png": lambda: header(64, 64) + chunk(b"IDAT") * MB,
    "second-header-of-4999x4999.png": lambda: header(64, 64) + header(4999, 4999, 16)[8:] + chunk(b"IDAT", packed_zeros(150 * MB)),
    "chunk-longer-than-file.png": lambda: header(64, 64) + struct.pack(">I", 2**31 - 1) + b"IDAT" + rows()[8:-20],
    "truncated-in-IHDR.png": lambda: _damaged_png(b"IHDR", cut=9),
    "truncated-in-PLTE.png": lambda: _damaged_png(b"PLTE", cut=20),
    "truncated-in-IDAT.png": lambda: _damaged_png(b"IDAT", cut=30),
    "truncated-before-IDAT.png": lambda: _damaged_png(b"IDAT", cut=-4),
    "wrong-crc-of-IHDR.png": _png_wrong_crc,
    "deflate-of-rubbish.png": lambda: header(64, 64) + chunk(b"IDAT", random.Random(2).randbytes(4_000)) + chunk(b"IEND"),
}  # fmt: skip


# --- GIF ---
def gif(width: int, height: int, *parts: bytes, tail: bytes = b";") -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + b"".join(parts) + tail


def frame(left: int = 0, top: int = 0, width: int = 32, height: int = 32, coded: bytes | None = None) -> bytes:
    """An image block; coded: code size and blocks, by default those of a plain area."""
    if coded is None:
        coded = encode(Image.new("P", (width, height)), "GIF").split(b",", 1)[1][9:-1]
    return b"," + struct.pack("<HHHHB", left, top, width, height, 0) + coded


def blocks(data: bytes, size: int = 255) -> bytes:
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


GIF: dict[str, Maker] = {
    "animated-10000-frames.gif": lambda: gif(32, 32, frame() * 10_000),
    "screen-65535x65535.gif": lambda: gif(65_535, 65_535, frame()),
    "frame-far-outside-the-screen.gif": lambda: gif(32, 32, frame(65_000, 65_000)),
    "lzw-rubbish.gif": lambda: gif(64, 64, frame(0, 0, 64, 64, b"\x08" + blocks(random.Random(3).randbytes(3_000)))),
    "lzw-minimum-code-size-99.gif": lambda: gif(64, 64, frame(0, 0, 64, 64, b"\x63" + blocks(bytes(99)))),
    "no-image.gif": lambda: gif(64, 64),
    "endless-comment.gif": lambda: gif(64, 64, b"!\xfe" + blocks(bytes(19 * MB))[:-1], tail=b""),
    "comment-of-one-byte-blocks.gif": lambda: gif(64, 64, b"!\xfe" + b"\1a" * (9 * MB), tail=b""),
    "truncated-frame.gif": lambda: encode(mark().quantize(64), "GIF")[:900],
}


# --- BMP, ICO ---
def bitmap(
    width: int, height: int, bits: int, packing: int, data: bytes, palette: bytes = b"", colours: int = 0
) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(data), 0, 0, colours, 0)
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + palette + data


GREY = b"".join(bytes([level, level, level, 0]) for level in range(256))


def ico(*pictures: bytes, count: int | None = None, offset: int | None = None) -> bytes:
    place = 6 + 16 * len(pictures)
    entries = []
    for picture in pictures:
        at = place if offset is None else offset
        entries.append(struct.pack("<BBBBHHII", 64, 64, 0, 0, 1, 32, len(picture), at))
        place += len(picture)
    head = struct.pack("<HHH", 0, 1, len(pictures) if count is None else count)
    return b"".join((head, *entries, *pictures))


BMP_ICO: dict[str, Maker] = {
    "huge-announced.bmp": lambda: bitmap(200_000, 200_000, 24, 0, bytes(10_000)),
    "negative-width.bmp": lambda: bitmap(-64, 64, 24, 0, bytes(12_288)),
    "height-minus-2147483648.bmp": lambda: bitmap(64, -(2**31), 24, 0, bytes(12_288)),
    "rows-missing-5000x5000.bmp": lambda: bitmap(5000, 5000, 24, 0, bytes(100)),
    "rle-of-single-pixels-4900x2000.bmp": lambda: bitmap(4900, 2000, 8, 1, b"\1\7" * (9 * MB), GREY),
    "rle-of-empty-lines-5000x5000.bmp": lambda: bitmap(5000, 5000, 8, 1, b"\1\7\0\0" * 5_000 + b"\0\1", GREY),
    "rle-of-empty-jumps-2000x2000.bmp": lambda: bitmap(2000, 2000, 8, 1, b"\0\2\0\0" * (4 * MB), GREY),
    "palette-of-4294967295-colours.bmp": lambda: bitmap(64, 64, 8, 0, bytes(4_096), GREY, 2**32 - 1),
    "unknown-header-size.bmp": lambda: b"BM" + struct.pack("<IHHII", 60, 0, 0, 54, 7_777) + bytes(40),
    "65535-entries.ico": lambda: ico(count=65_535),
    "65535-entries-that-exist.ico": lambda: ico(*[b""] * 65_535),
    "entry-that-is-its-own-directory.ico": lambda: ico(bytes(64), offset=0),
    "png-of-9000x9000-inside.ico": lambda: ico(png(size=(9_000, 9_000))),
    "png-bomb-inside.ico": lambda: ico(header(4999, 4999, 16) + chunk(b"IDAT", packed_zeros(150 * MB))),
    "entry-behind-the-end.ico": lambda: ico(b"", offset=2**32 - 1),
}


# --- TIFF ---
def tiff(*tags: tuple[int, int, int, int], data: bytes = b"", following: int = 0) -> bytes:
    """One page: (tag, type, count, value or offset) …; data begins at byte 8, the page follows it."""
    page = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + page + struct.pack("<I", following)


def _grey_page(side: int, packing: int, data: bytes, *more: tuple[int, int, int, int], following: int = 0) -> bytes:
    tags = {256: (256, 4, 1, side), 257: (257, 4, 1, side), 258: (258, 3, 1, 8), 259: (259, 3, 1, packing)}
    tags |= {262: (262, 3, 1, 1), 273: (273, 4, 1, 8), 277: (277, 3, 1, 1), 278: (278, 4, 1, side)}
    tags |= {279: (279, 4, 1, len(data))} | {tag[0]: tag for tag in more}
    return tiff(*(tags[number] for number in sorted(tags)), data=data, following=following)


def _tiff_many_pages() -> bytes:
    pages = b"".join(
        struct.pack("<HHHIII", 1, 256, 4, 1, 64, 8 + 18 * (number + 1) if number < 9_999 else 0)
        for number in range(10_000)
    )
    return b"II*\0" + struct.pack("<I", 8) + pages


TIFF: dict[str, Maker] = {
    "page-that-follows-itself.tiff": lambda: _grey_page(64, 1, bytes(4_096), following=8 + 4_096),
    "10000-pages.tiff": _tiff_many_pages,
    "announces-100000x100000.tiff": lambda: _grey_page(100_000, 1, bytes(4_096)),
    "strips-4294967295.tiff": lambda: _grey_page(64, 1, bytes(4_096), (273, 4, 2**32 - 1, 8), (279, 4, 2**32 - 1, 8)),
    "strips-4000000-in-one-value.tiff": lambda: _grey_page(64, 8, bytes(16 * MB), (273, 4, 4 * MB, 8), (279, 4, 4 * MB, 8)),
    "tags-that-share-18MB.tiff": lambda: tiff(*((tag, 7, 18 * MB, 8) for tag in range(1000, 60_000)), data=bytes(18 * MB)),
    "bomb-by-deflate.tiff": lambda: _grey_page(30_000, 8, packed_zeros(900 * MB)),
    "bomb-by-deflate-16-bit-channels.tiff": lambda: _grey_page(4999, 8, packed_zeros(150 * MB), (258, 3, 1, 64)),
    "lzw-rubbish.tiff": lambda: _grey_page(64, 5, random.Random(4).randbytes(4_096)),
    "tile-of-2147483632.tiff": lambda: _grey_page(64, 8, bytes(4_096), (322, 4, 1, 2**31 - 16), (323, 4, 1, 2**31 - 16), (324, 4, 1, 8), (325, 4, 1, 4_096)),
    "tile-of-30000x30000.tiff": lambda: _grey_page(64, 8, packed_zeros(900 * MB), (322, 4, 1, 30_000), (323, 4, 1, 30_000), (324, 4, 1, 8), (325, 4, 1, 4_096)),
    "strip-behind-the-end.tiff": lambda: _grey_page(64, 1, bytes(4_096), (273, 4, 1, 2**31)),
}  # fmt: skip


# --- of no format, of two formats ---
OTHER: dict[str, Maker] = {
    "empty.png": lambda: b"",
    "text.png": lambda: b"404 not found",
    "random-bytes.png": lambda: random.Random(5).randbytes(50_000),
    "html.png": lambda: b"<!doctype html><html><body><script>alert(1)</script><svg></svg></body></html>",
    "html-behind-xml-prologue.svg": lambda: b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>",
    "javascript-that-is-a-gif-header.gif": lambda: b"GIF89a/*" + gif(64, 64, frame())[8:] + b"*/=1;alert(1)//",
    "pdf-before-png.png": lambda: b"%PDF-1.4\n1 0 obj<<>>stream\n" + png() + b"\nendstream endobj\n%%EOF",
    "zip-before-jpeg.jpg": lambda: b"PK\3\4" + bytes(26) + encode(mark(), "JPEG"),
    "jpeg-signature-on-zip.jpg": lambda: b"\xff\xd8\xff\xe0" + struct.pack(">H", 200) + b"PK\3\4" + bytes(400),
    "program.png": lambda: b"\x7fELF\2\1\1" + bytes(5_000),
    "over-20MB.png": lambda: header(64, 64) + chunk(b"teXt", bytes(21 * MB)),
}
