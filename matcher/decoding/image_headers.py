"""What an image file announces, read from its bytes without decoding: size, frames, and whether it is built plainly.

Every walk ends after thresholds.MAX_WALK steps, whatever the file says of its own length. A file that is not plain
is no refusal: it goes to the worker, where its cost is limited (raster_worker.py).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from matcher import thresholds

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file announces. width_px, height_px: the largest picture in it, 0 = only the decoder can tell.

    frames: counted, not believed. parts: chunks, segments or blocks, as far as they were counted. is_plain: few parts, in
    the order that cameras and drawing programs write them.
    """

    width_px: int = 0
    height_px: int = 0
    frames: int = 1
    parts: int = 0
    is_plain: bool = False


def read_header(content: bytes, image_format: str) -> Header:
    """Header of a file; Header() if it ends early or makes no sense."""
    reader = _READERS.get(image_format)
    try:
        return reader(content) if reader else Header()
    except (struct.error, IndexError):
        return Header()


def _read_png(content: bytes) -> Header:
    width, height = struct.unpack_from(">II", content, 16)
    position, chunks, packed_chunks, announced, frames = 8, 0, 0, 1, 0
    has_default = False  # a first picture that is no frame: what programs show that know no animation
    while position + 8 <= len(content) and chunks < thresholds.MAX_WALK:
        length, kind = struct.unpack_from(">I4s", content, position)
        chunks += 1
        has_default = has_default or (kind == b"IDAT" and frames == 0)
        frames += kind == b"fcTL"
        # each is unpacked on its own: a thousand of 1 MB cost seconds
        packed_chunks += kind in {b"zTXt", b"iTXt", b"iCCP"}
        if kind == b"acTL":
            (announced,) = struct.unpack_from(">I", content, position + 8)
        if kind == b"IEND":
            break
        position += 12 + length
    is_plain = chunks <= thresholds.PLAIN_PARTS and packed_chunks <= thresholds.PLAIN_PACKED_CHUNKS
    return Header(
        width_px=width,
        height_px=height,
        frames=max(announced, frames, 1) + (has_default and frames > 0),
        parts=chunks,
        is_plain=is_plain,
    )


def _read_jpeg(content: bytes) -> Header:
    position, segments, width, height = 2, 0, 0, 0
    while segments < thresholds.MAX_WALK:
        segments += 1
        (marker,) = struct.unpack_from(">H", content, position)
        if marker == 0xFFDA:
            break
        if not 0xFFC0 <= marker <= 0xFFFE:  # fill bytes or junk between segments
            return Header()
        if 0xFFC0 <= marker <= 0xFFCF and marker not in {0xFFC4, 0xFFC8, 0xFFCC}:
            height, width = struct.unpack_from(">HH", content, position + 5)
        position += 2 + struct.unpack_from(">H", content, position + 2)[0]
    # 0xFF is always followed by 0 in coded data, so this counts scans, and those of an embedded thumbnail
    scans = content.count(b"\xff\xda", position)
    is_plain = segments <= thresholds.PLAIN_PARTS and scans <= thresholds.PLAIN_JPEG_SCANS
    return Header(width_px=width, height_px=height, parts=segments, is_plain=is_plain)


def _read_gif(content: bytes) -> Header:
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    position, frames, steps, steps_before_frame = 13 + _palette_bytes(flags), 0, 0, 0
    while position < len(content) and frames <= thresholds.MAX_FRAMES:
        if content[position] == 0x21:  # an extension
            position += 2
        elif content[position] == 0x2C:
            left, top, frame_width, frame_height, flags = struct.unpack_from("<HHHHB", content, position + 1)
            if frames == 0:
                width, height = max(width, left + frame_width), max(height, top + frame_height)
                steps_before_frame = steps
            frames += 1
            position += 11 + _palette_bytes(flags)
        else:
            break
        while position < len(content) and (length := content[position]):
            position += 1 + length
            steps += 1
            if steps >= thresholds.MAX_WALK:
                return Header(width_px=width, height_px=height, frames=frames, parts=steps)
        position += 1
    is_plain = steps_before_frame <= thresholds.PLAIN_PARTS
    return Header(width_px=width, height_px=height, frames=max(frames, 1), parts=steps, is_plain=is_plain)


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _read_webp(content: bytes) -> Header:
    kind = content[12:16]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(content[24:27], "little")
        height = 1 + int.from_bytes(content[27:30], "little")
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    position, chunks, frames = 12, 0, 0
    while position + 8 <= len(content) and chunks < thresholds.MAX_WALK:
        kind, length = struct.unpack_from("<4sI", content, position)
        chunks += 1
        frames += kind == b"ANMF"
        position += 8 + length + length % 2
    is_plain = chunks <= thresholds.PLAIN_PARTS
    return Header(width_px=width, height_px=height, frames=max(frames, 1), parts=chunks, is_plain=is_plain)


def _read_ico(content: bytes) -> Header:
    """An ICO may hold a PNG or a bitmap that is larger than its directory says."""
    (entries,) = struct.unpack_from("<H", content, 4)
    largest = (0, 0)
    for entry in range(min(entries, thresholds.MAX_FRAMES)):
        (start,) = struct.unpack_from("<I", content, 6 + 16 * entry + 12)
        is_png = content[start : start + 8] == PNG_SIGNATURE
        width, height = struct.unpack_from(*((">II", content, start + 16) if is_png else ("<ii", content, start + 4)))
        largest = max(largest, (abs(width), abs(height)), key=lambda size: size[0] * size[1])
    return Header(width_px=largest[0], height_px=largest[1], frames=entries)


def _read_tiff(content: bytes) -> Header:
    """Counts pages; a chain of pages that leads back to itself has too many."""
    order = "<" if content[:2] == b"II" else ">"
    (position,) = struct.unpack_from(f"{order}I", content, 4)
    pages = 0
    while position and pages <= thresholds.MAX_FRAMES:
        pages += 1
        (tags,) = struct.unpack_from(f"{order}H", content, position)
        (position,) = struct.unpack_from(f"{order}I", content, position + 2 + 12 * tags)
    return Header(frames=max(pages, 1))


_READERS: dict[str, Callable[[bytes], Header]] = {
    "png": _read_png,
    "jpeg": _read_jpeg,
    "gif": _read_gif,
    "webp": _read_webp,
    "ico": _read_ico,
    "tiff": _read_tiff,
}
