"""Hostile JPEG, WebP, AVIF and HEIC files: sound ones whose sizes, counts and ends were changed afterwards."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from PIL import Image

from .rasters import MB, Maker, encode, mark


# --- JPEG ---
def _jpeg_of_size(width: int, height: int) -> bytes:
    whole = encode(mark(), "JPEG")
    frame = whole.index(b"\xff\xc0")
    return whole[: frame + 5] + struct.pack(">HH", height, width) + whole[frame + 9 :]


def _with_segment(marker: int, data: bytes, times: int = 1) -> bytes:
    whole = encode(mark(), "JPEG")
    return whole[:2] + (struct.pack(">HH", marker, len(data) + 2) + data) * times + whole[20:]


def _jpeg_scans(side: int, times: int) -> bytes:
    """Progressive JPEG whose last scan is repeated."""
    whole = encode(Image.new("L", (side, side), 90), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * times + b"\xff\xd9"


def _exif(*tags: tuple[int, int, int, int], following: int = 0) -> bytes:
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"Exif\0\0II*\0\x08\0\0\0" + body + struct.pack("<I", following)


def _without_end(image_format: str, share: float, **options: object) -> bytes:
    whole = encode(mark(256), image_format, **options)
    return whole[: int(len(whole) * share)]


JPEG: dict[str, Maker] = {
    "announces-65500x65500.jpg": lambda: _jpeg_of_size(65_500, 65_500),
    "announces-65535x1.jpg": lambda: _jpeg_of_size(65_535, 1),
    "announces-0x0.jpg": lambda: _jpeg_of_size(0, 0),
    "announces-4000x4000-holds-64x64.jpg": lambda: _jpeg_of_size(4_000, 4_000)[:-40],
    "truncated-in-header.jpg": lambda: encode(mark(), "JPEG")[:300],
    "truncated-in-scan.jpg": lambda: _without_end("JPEG", 0.6),
    "truncated-progressive.jpg": lambda: _without_end("JPEG", 0.5, progressive=True),
    "progressive-4900x4900-with-9000-scans.jpg": lambda: _jpeg_scans(4_900, 9_000),
    "progressive-1900x1900-with-30000-scans.jpg": lambda: _jpeg_scans(1_900, 30_000),
    "cmyk-cut.jpg": lambda: encode(mark(256).convert("CMYK"), "JPEG")[:4_000],
    "cmyk-with-three-components.jpg": lambda: encode(mark().convert("CMYK"), "JPEG").replace(b"\xff\xc0\0\x14\x08\0@\0@\4", b"\xff\xc0\0\x14\x08\0@\0@\3"),
    "exif-rubbish-and-no-picture.jpg": lambda: _with_segment(0xFFE1, b"Exif\0\0" + random.Random(6).randbytes(3_000))[:3_200],
    "exif-that-follows-itself.jpg": lambda: _with_segment(0xFFE1, _exif((0x8769, 4, 1, 8), (0x8825, 4, 1, 8), following=8))[:400],
    "exif-tags-that-share-60kB.jpg": lambda: _with_segment(0xFFE1, _exif(*((tag, 7, 60_000, 8) for tag in range(1, 5_000))) + bytes(5_000))[:-60],
    "million-segments.jpg": lambda: _with_segment(0xFFFE, b"", 4 * MB)[:-60],
    "fill-bytes-of-19MB.jpg": lambda: b"\xff\xd8" + b"\xff" * (19 * MB),
    "quantisation-table-missing.jpg": lambda: encode(mark(), "JPEG").replace(b"\xff\xdb", b"\xff\xec"),
}  # fmt: skip


# --- WebP ---
def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    return b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _coded_webp() -> tuple[bytes, bytes]:
    whole = encode(mark(32), "WEBP")
    return whole[12:16], whole[20:]


def _frames(count: int) -> list[tuple[bytes, bytes]]:
    kind, coded = _coded_webp()
    side = (31).to_bytes(3, "little")
    frame = bytes(6) + side + side + b"\x0a\0\0\0" + kind + struct.pack("<I", len(coded)) + coded
    return [(b"ANIM", bytes(6)), *[(b"ANMF", frame)] * count]


WEBP: dict[str, Maker] = {
    "canvas-of-16777216x16777216.webp": lambda: riff(_canvas(2**24, 2**24), _coded_webp()),
    "canvas-of-16383x16383.webp": lambda: riff(_canvas(16_383, 16_383), _coded_webp()),
    "canvas-of-4000x4000-holds-32x32.webp": lambda: riff(_canvas(4_000, 4_000), _coded_webp()),
    "animated-10000-frames.webp": lambda: riff(_canvas(32, 32, 2), *_frames(10_000)),
    "animated-without-frames.webp": lambda: riff(_canvas(32, 32, 2), *_frames(0)),
    "animated-large-canvas.webp": lambda: riff(_canvas(4_900, 4_900, 2), *_frames(900)),
    "announces-16383x16383-lossless.webp": lambda: riff((b"VP8L", b"\x2f" + b"\xff" * 400)),
    "truncated.webp": lambda: _without_end("WEBP", 0.5),
    "truncated-lossless.webp": lambda: _without_end("WEBP", 0.5, lossless=True),
    "million-empty-chunks.webp": lambda: riff(_canvas(32, 32), *[(b"junk", b"")] * 2 * MB),
}


# --- AVIF, HEIC ---
def _avif_of_size(width: int, height: int) -> bytes:
    whole = encode(mark(), "AVIF")
    place = whole.index(b"ispe") + 8
    return whole[:place] + struct.pack(">II", width, height) + whole[place + 8 :]


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def _nested_boxes() -> bytes:
    inner = b""
    for _ in range(5_000):
        inner = box(b"meta", bytes(4), inner)
    return box(b"ftyp", b"avif", bytes(4), b"avifmif1") + inner


AVIF: dict[str, Maker] = {
    "announces-65535x65535.avif": lambda: _avif_of_size(65_535, 65_535),
    "announces-4294967295x1.avif": lambda: _avif_of_size(2**32 - 1, 1),
    "announces-0x0.avif": lambda: _avif_of_size(0, 0),
    # 16,384 x 16,384 in one colour; only its announced size was changed
    "announces-64x64-holds-16384x16384.avif": (Path(__file__).parent / "announces-64x64-holds-16384x16384.avif").read_bytes,
    "truncated.avif": lambda: _without_end("AVIF", 0.7),
    "truncated-in-header.avif": lambda: encode(mark(), "AVIF")[:120],
    "grid-without-tiles.avif": lambda: encode(mark(), "AVIF").replace(b"av01Color", b"gridColor"),
    "brand-alone.avif": lambda: box(b"ftyp", b"avif", bytes(4), b"avifmif1"),
    "boxes-nested-5000-deep.avif": _nested_boxes,
    "box-longer-than-file.avif": lambda: box(b"ftyp", b"avif", bytes(4), b"avifmif1") + b"\xff\xff\xff\xffmeta" + bytes(99),
    "brand-alone.heic": lambda: box(b"ftyp", b"heic", bytes(4), b"heicmif1"),
    "rubbish.heic": lambda: box(b"ftyp", b"heic", bytes(4), b"heicmif1") + box(b"meta", random.Random(7).randbytes(5_000)),
}  # fmt: skip
