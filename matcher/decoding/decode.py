"""Bytes of an image file → pixels, within limits, or a refusal.

1. Sniff the format from the bytes: names and Content-Type lie.
2. Read what the file announces (image_headers.py); refuse too many pixels or frames before one is decoded.
3. Decode the first frame, reduced where the format can, turn it upright, make it RGBA of thresholds.MAX_WORKING_SIDE_PX
   at most (raster.py). Small and plain PNG, JPEG, GIF and WebP here, all else in a worker that can be killed.
4. Of an animation (GIF, PNG, WebP, AVIF) the further frames that show something else are decoded too, in the worker.
5. SVG is cleaned (svg_cleaning.py) and rendered in a worker of its own.
"""

from __future__ import annotations

import importlib.util
import io
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import TracebackType

import numpy as np
from PIL import Image

from ledger.extras import how_to_install
from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.decoding import raster
from matcher.decoding.image_headers import PNG_SIGNATURE, read_header
from matcher.decoding.raster_worker import decode_further_frames, decode_raster
from matcher.decoding.refusals import Refusal, refuse_size
from matcher.decoding.svg_cleaning import clean_svg
from matcher.decoding.svg_text import as_utf8
from matcher.decoding.svg_worker import render_svg

_DECODED_HERE = {"png", "jpeg", "gif", "webp"}
_ANIMATED = {"png", "gif", "webp"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_COLLECTION_BRANDS = {b"mif1", b"msf1", b"miaf"}  # what is inside stands among the compatible brands


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A decoded image.

    pixels: uint8 (height, width, 4), read-only, sRGB, straight alpha, reduced to the working size.
    width_px, height_px: of the source, upright. scale: working pixels per source pixel. frame: of an animation, from 1.
    """

    pixels: np.ndarray
    width_px: int
    height_px: int
    format: str
    scale: float
    frame: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What an image file shows, one after the other; unread: why some of it was not looked at."""

    pictures: tuple[Picture, ...]
    unread: Refusal | None = None


def sniff_format(content: bytes) -> str | None:
    """Format by the first bytes: png, jpeg, gif, webp, avif, heic, bmp, ico, tiff, svg, or None."""
    head = content[:16]
    if head.startswith(PNG_SIGNATURE):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _sniff_brand(content)
    if head[:2] == b"BM":
        return "bmp"
    if head[:4] in {b"\0\0\1\0", b"\0\0\2\0"}:
        return "ico"
    if head[:4] in {b"II*\0", b"MM\0*"}:
        return "tiff"
    # an HTML page that was saved as an image holds inline SVG far down; a drawing opens with it
    text = as_utf8(content[:4096]).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_markup = text.startswith((b"<?xml", b"<!--", b"<!doctype svg", b"<svg")) and b"<html" not in text[:1024]
    return "svg" if head[:2] == b"\x1f\x8b" or is_markup else None


def _sniff_brand(content: bytes) -> str | None:
    """avif or heic by the brands of an ISO base media file; None for films and what we do not know."""
    brands = [content[start : start + 4] for start in (8, *range(16, min(64, len(content)), 4))]
    if brands[0] in {b"avif", b"avis"} or (brands[0] in _COLLECTION_BRANDS and b"avif" in brands):
        return "avif"
    return "heic" if brands[0] in _HEIC_BRANDS | _COLLECTION_BRANDS and _HEIC_BRANDS & set(brands) else None


def decode_image(content: bytes) -> Picture | Refusal:
    """Pixels of the first frame of an image file; never raises for what the bytes are."""
    if not content:
        return Refusal(reason=RefusalReason.EMPTY, detail="no bytes")
    if len(content) > thresholds.MAX_BYTES:
        detail = f"{len(content)} bytes are over the limit of {thresholds.MAX_BYTES}"
        return Refusal(reason=RefusalReason.TOO_MANY_BYTES, detail=detail)
    image_format = sniff_format(content)
    if image_format is None:
        return Refusal(reason=RefusalReason.UNKNOWN_FORMAT, detail=f"starts with {content[:12]!r}")
    try:
        return _decode_svg(content) if image_format == "svg" else _decode_raster(content, image_format)
    except Exception as e:  # noqa: BLE001  # parsers of hostile bytes raise whatever they trip over
        return Refusal(reason=RefusalReason.BROKEN, detail=f"{image_format}: {type(e).__name__}: {e}"[:300])


def decode_pictures(content: bytes) -> Pictures | Refusal:
    """Pixels of the first frame of an image file, and of an animation each further frame that shows something else.

    At most thresholds.MAX_DISTINCT_FRAMES; never raises for what the bytes are.
    """
    first = decode_image(content)
    if isinstance(first, Refusal):
        return first
    if not _is_animated(content, first.format):
        return Pictures(pictures=(first,))
    answer = decode_further_frames(content, first.format)
    if isinstance(answer, Refusal):
        unread = Refusal(reason=answer.reason, detail=f"frames of an animation: {answer.detail}"[:300])
        return Pictures(pictures=(first,), unread=unread)
    frames, read, _ = raster.FRAMES.unpack_from(answer)
    detail = f"an animation of {frames} frames, of which the first {read} were read"
    return Pictures(
        pictures=(first, *_further_pictures(answer, first)),
        unread=Refusal(reason=RefusalReason.TOO_MANY_FRAMES, detail=detail) if read < frames else None,
    )


def decode_frame(content: bytes, frame: int) -> Picture | Refusal:
    """One of decode_pictures; the first frame where the file has no such one."""
    decoded = decode_pictures(content) if frame > 1 else decode_image(content)
    if not isinstance(decoded, Pictures):
        return decoded
    return next((picture for picture in decoded.pictures if picture.frame == frame), decoded.pictures[0])


def _is_animated(content: bytes, image_format: str) -> bool:
    if image_format == "avif":  # its frames are counted by the decoder alone
        return b"avis" in content[8:64]
    return image_format in _ANIMATED and read_header(content, image_format).frames > 1


def _further_pictures(answer: bytes, first: Picture) -> Iterator[Picture]:
    place = raster.FRAMES.size
    for _ in range(raster.FRAMES.unpack_from(answer)[2]):
        number, width, height, _ = raster.FRAME.unpack_from(answer, place)
        place += raster.FRAME.size
        pixels = np.frombuffer(answer, np.uint8, count=4 * width * height, offset=place).reshape(height, width, 4)
        place += 4 * width * height
        scale = max(width, height) / max(first.width_px, first.height_px)
        yield replace(first, pixels=pixels, scale=scale, frame=number)


def _decode_raster(content: bytes, image_format: str) -> Picture | Refusal:
    header = read_header(content, image_format)
    pixels = header.width_px * header.height_px
    refusal = _refuse_bomb(header.width_px, header.height_px, header.frames)
    if refusal:
        return refusal
    if header.parts >= thresholds.MAX_WALK:
        detail = f"{image_format} of over {thresholds.MAX_WALK} parts"
        return Refusal(reason=RefusalReason.DEGENERATE, detail=detail)
    if image_format == "webp" and pixels > thresholds.MAX_WEBP_PIXELS:
        detail = f"WebP of {pixels} pixels is over the limit of {thresholds.MAX_WEBP_PIXELS}"
        return Refusal(reason=RefusalReason.TOO_MANY_PIXELS, detail=detail)
    if image_format == "heic" and importlib.util.find_spec("pillow_heif") is None:
        detail = f"HEIC needs an extra decoder; run: {how_to_install('heic')}"
        return Refusal(reason=RefusalReason.NEEDS_EXTRA, detail=detail)
    if image_format in _DECODED_HERE and header.is_plain and pixels <= thresholds.DECODED_HERE_PIXELS:
        return _decode_here(content, image_format)
    return _decode_in_worker(content, image_format)


def _refuse_bomb(width_px: int, height_px: int, frames: int) -> Refusal | None:
    if frames > thresholds.MAX_FRAMES:
        detail = f"over the limit of {thresholds.MAX_FRAMES} frames"
        return Refusal(reason=RefusalReason.TOO_MANY_FRAMES, detail=detail)
    return refuse_size(width_px, height_px) if width_px * height_px > thresholds.MAX_PIXELS else None


def _decode_here(content: bytes, image_format: str) -> Picture | Refusal:
    with _QUIET, raster.open_image(content, image_format) as image:
        size = image.size
        refusal = refuse_size(*size)
        if refusal:
            return refusal
        if size[0] * size[1] > thresholds.DECODED_HERE_PIXELS:  # it announces one size first, another later
            return _decode_in_worker(content, image_format)
        upright = raster.load_upright(image, thresholds.MAX_WORKING_SIDE_PX)
    return _make_picture(np.asarray(upright.image), size, image_format, is_turned=upright.is_turned)


def _decode_in_worker(content: bytes, image_format: str) -> Picture | Refusal:
    answer = decode_raster(content, image_format)
    if isinstance(answer, Refusal):
        return answer
    width, height, frames, pixels_width, pixels_height, is_turned = raster.ANSWER.unpack_from(answer)
    refusal = _refuse_bomb(width, height, frames) or refuse_size(width, height)
    if refusal:
        return refusal
    pixels = np.frombuffer(answer, np.uint8, offset=raster.ANSWER.size).reshape(pixels_height, pixels_width, 4)
    return _make_picture(pixels, (width, height), image_format, is_turned=bool(is_turned))


def _make_picture(pixels: np.ndarray, size: tuple[int, int], image_format: str, *, is_turned: bool) -> Picture:
    width, height = reversed(size) if is_turned else size
    scale = max(pixels.shape) / max(size)
    return Picture(pixels=pixels, width_px=width, height_px=height, format=image_format, scale=scale)


def _decode_svg(content: bytes) -> Picture | Refusal:
    drawn = _draw_svg(content, is_revealed=False)
    if isinstance(drawn, Refusal) and drawn.reason is RefusalReason.BLANK:
        return _draw_svg(content, is_revealed=True)
    return drawn


def _draw_svg(content: bytes, *, is_revealed: bool) -> Picture | Refusal:
    svg = clean_svg(content, is_revealed=is_revealed)
    if isinstance(svg, Refusal):
        return svg
    png = render_svg(svg)
    if isinstance(png, Refusal):
        return png
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    if not pixels[..., 3].any():
        return Refusal(reason=RefusalReason.BLANK, detail="SVG draws nothing of its own")
    width, height = max(1, round(svg.width_px)), max(1, round(svg.height_px))
    scale = thresholds.SVG_SIDE_PX / max(svg.width_px, svg.height_px)
    return Picture(pixels=pixels, width_px=width, height_px=height, format="svg", scale=scale)


class _QuietPillow:
    """Keeps Pillow's warnings about odd files from the user while any thread decodes.

    warnings.catch_warnings alone is not thread-safe: two threads leaving in the wrong order would restore
    each other's filters, so the first one in saves them and the last one out restores them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved: warnings.catch_warnings[None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._saved is not None:
                self._saved.__exit__(kind, error, trace)


_QUIET = _QuietPillow()
