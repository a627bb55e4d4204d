"""Bytes of an image file → pixels, within limits, or a refusal.

1. Sniff the format from the bytes: names and Content-Type lie.
2. Read the header only; refuse what is too large before a pixel is decoded.
3. Decode the first frame, reduced where the format can (JPEG draft), turn it upright, make it RGBA.
4. Reduce to thresholds.MAX_WORKING_SIDE_PX.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from ledger.vocabulary import RefusalReason
from matcher import thresholds
from matcher.refusals import Refusal, refuse_size
from matcher.svg_cleaning import clean_svg
from matcher.svg_worker import render_svg

# The plugins are called directly: Image.open warns of large pictures before we have seen their size, and it
# would try formats that nobody puts on a web page.
_OPENERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpeg": JpegImagePlugin.JpegImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
    "ico": IcoImagePlugin.IcoImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_EXIF_ORIENTATION = 0x0112
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A decoded image.

    pixels: uint8 (height, width, 4), sRGB, straight alpha, reduced to the working size.
    width_px, height_px: of the source, upright. scale: working pixels per source pixel.
    """

    pixels: np.ndarray
    width_px: int
    height_px: int
    format: str
    scale: float


def sniff_format(content: bytes) -> str | None:
    """Format by the first bytes: png, jpeg, gif, webp, avif, bmp, ico, tiff, svg, or None."""
    head = content[:16]
    if head.startswith(_PNG_SIGNATURE):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:12] in {b"ftypavif", b"ftypavis"} or (head[4:12] == b"ftypmif1" and b"avif" in content[12:64]):
        return "avif"
    if head[:2] == b"BM":
        return "bmp"
    if head[:4] in {b"\0\0\1\0", b"\0\0\2\0"}:
        return "ico"
    if head[:4] in {b"II*\0", b"MM\0*"}:
        return "tiff"
    # an HTML page that was saved as an image holds inline SVG far down; a drawing opens with it
    text = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_markup = text.startswith((b"<?xml", b"<!--", b"<!doctype svg", b"<svg")) and b"<html" not in text[:1024]
    return "svg" if head[:2] == b"\x1f\x8b" or is_markup else None


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
    if image_format == "svg":
        return _decode_svg(content)
    with _QUIET:
        try:
            return _decode_raster(content, image_format)
        except Exception as e:  # noqa: BLE001  # parsers of hostile bytes raise whatever they trip over
            return Refusal(reason=RefusalReason.BROKEN, detail=f"{image_format}: {type(e).__name__}: {e}"[:300])


def _decode_raster(content: bytes, image_format: str) -> Picture | Refusal:
    refusal = _refuse_hidden_size(content, image_format)
    if refusal:
        return refusal
    with _OPENERS[image_format](io.BytesIO(content)) as image:
        width, height = image.size
        refusal = refuse_size(width, height)
        if refusal:
            return refusal
        if image_format == "jpeg":
            image.draft(None, (thresholds.MAX_WORKING_SIDE_PX, thresholds.MAX_WORKING_SIDE_PX))
        image.load()
        rgba = _reduce(_to_rgba(image))
        turn = _TURNS.get(image.getexif().get(_EXIF_ORIENTATION, 1))
    if turn is not None:
        rgba = rgba.transpose(turn)
        if turn not in {_TURNS[2], _TURNS[3], _TURNS[4]}:
            width, height = height, width
    scale = max(rgba.size) / max(width, height)
    return Picture(pixels=np.array(rgba), width_px=width, height_px=height, format=image_format, scale=scale)


def _refuse_hidden_size(content: bytes, image_format: str) -> Refusal | None:
    """Refusal by sizes that the plugin would act on before it told us: WebP allocates its canvas when it is
    opened, and an ICO may hold a PNG that is larger than the directory says."""
    if image_format == "webp" and content[12:16] == b"VP8X" and len(content) >= 30:
        return refuse_size(1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little"))
    if image_format == "ico":
        (entries,) = struct.unpack_from("<H", content, 4)
        for entry in range(min(entries, 64)):
            (start,) = struct.unpack_from("<I", content, 6 + 16 * entry + 12)
            is_png = content[start : start + 8] == _PNG_SIGNATURE
            width, height = (
                struct.unpack_from(">II", content, start + 16)
                if is_png
                else struct.unpack_from("<ii", content, start + 4)
            )
            if abs(width) * abs(height) > thresholds.MAX_PIXELS:
                return refuse_size(abs(width), abs(height))
    return None


def _to_rgba(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":
        image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
    elif image.mode == "F":
        image = Image.fromarray(np.nan_to_num(np.asarray(image)).clip(0, 255).astype(np.uint8))
    return image if image.mode == "RGBA" else image.convert("RGBA")


def _reduce(image: Image.Image) -> Image.Image:
    """Picture whose longer side is at most the working size; Pillow weighs colours by alpha here."""
    longer = max(image.size)
    if longer <= thresholds.MAX_WORKING_SIDE_PX:
        return image
    zoom = thresholds.MAX_WORKING_SIDE_PX / longer
    size = (max(1, round(image.width * zoom)), max(1, round(image.height * zoom)))
    return image.resize(size, Image.Resampling.BOX if zoom < 0.5 else Image.Resampling.BILINEAR, reducing_gap=2.0)


def _decode_svg(content: bytes) -> Picture | Refusal:
    svg = clean_svg(content)
    if isinstance(svg, Refusal):
        return svg
    png = render_svg(svg)
    if isinstance(png, Refusal):
        return png
    pixels = np.array(Image.open(io.BytesIO(png)).convert("RGBA"))
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
