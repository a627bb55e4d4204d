"""An image file → upright RGBA pixels of its first frame, or of the further frames that show something else. Knows Pillow
and no module of ours.

It runs in two places: imported, for small pictures of the formats that the web is made of, and as a script in a
worker with hard limits of time and memory (raster_worker.py), for everything else.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import runpy
import struct
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TURNS_THAT_KEEP_SIDES = {2, 3, 4}
_EXIF_ORIENTATION = 0x0112

# Modes that have no transparency unless info says so, and the mode in which Pillow can reduce them.
_OPAQUE_MODES = {"1": "L", "L": "L", "RGB": "RGB", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB"}

ANSWER = struct.Struct(">IIIIIB")
"""What the worker says before the pixels: size of the file's picture, its frames, size of the pixels that follow
(0 x 0: none, a limit was passed), and whether width and height are swapped by turning it upright."""


FRAMES = struct.Struct(">IIB")
FRAME = struct.Struct(">IIIB")
"""What the worker says of an animation: its frames, those that were read, how many follow; then of each that follows its number
from 1, the size of its pixels, and whether width and height are swapped, with the pixels behind it."""
FRAMES_SIGN = b"*"  # behind the format's name in a request: the further frames are asked for

_THUMB_PX = 32
_THUMB_LEVELS, _THUMB_MEAN = (
    40,
    2.0,
)  # levels (of 255) by which one cell, or all in the mean, differ where something else is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Upright:
    """RGBA pixels that stand upright. is_turned: width and height of the file are swapped."""

    image: Image.Image
    is_turned: bool


def open_image(content: bytes, image_format: str) -> ImageFile.ImageFile:
    """Opened file whose size is known and whose pixels are not decoded yet.

    image_format: see decode.sniff_format. The plugins are called directly: Image.open warns of large pictures before
    we have seen their size, and it would try formats that nobody puts on a web page.
    """
    return _OPENERS[image_format](io.BytesIO(content))


def load_upright(image: Image.Image, max_side_px: int) -> Upright:
    """Decode an opened file, in a reduced size where the format can, and turn it upright."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        image.draft(None, (max_side_px, max_side_px))
    # for the whole process, and a library that writes PDF turns it on when it is imported: half a picture is none
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    image.load()
    rgba = _reduced_rgba(image, max_side_px)
    orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    if orientation not in _TURNS:
        return Upright(image=rgba, is_turned=False)
    return Upright(
        image=rgba.transpose(_TURNS[orientation]),
        is_turned=orientation not in _TURNS_THAT_KEEP_SIDES,
    )


def _reduced_rgba(image: Image.Image, max_side_px: int) -> Image.Image:
    if image.mode == "I" or image.mode.startswith("I;16"):
        image = _grey_of_levels(image)
    elif image.mode == "F":
        image = _grey_of_floats(image)
    opaque_mode = None if "transparency" in image.info else _OPAQUE_MODES.get(image.mode)
    if opaque_mode is None:
        return _reduce(image if image.mode == "RGBA" else image.convert("RGBA"), max_side_px)
    # an opaque picture is reduced before it gets an alpha channel: the same pixels for half the time and memory
    image = _reduce(image if image.mode == opaque_mode else image.convert(opaque_mode), max_side_px)
    if image.mode != "RGB":
        return image.convert("RGBA")
    image.putalpha(255)  # in place: RGB is stored in four bytes anyway
    return image


def _grey_of_levels(image: Image.Image) -> Image.Image:
    import numpy as np

    levels = np.asarray(image) >> 8
    return Image.fromarray(np.clip(levels, 0, 255, out=levels).astype(np.uint8))


def _grey_of_floats(image: Image.Image) -> Image.Image:
    import numpy as np

    levels = np.array(image)
    np.nan_to_num(levels, copy=False)
    return Image.fromarray(np.clip(levels, 0, 255, out=levels).astype(np.uint8))


def _reduce(image: Image.Image, max_side_px: int) -> Image.Image:
    """Picture whose longer side is max_side_px at most; Pillow weighs colours by alpha here."""
    longer = max(image.size)
    if longer <= max_side_px:
        return image
    zoom = max_side_px / longer
    size = (max(1, round(image.width * zoom)), max(1, round(image.height * zoom)))
    return image.resize(size, Image.Resampling.BOX if zoom < 0.5 else Image.Resampling.BILINEAR)


def _open_heic(content: io.BytesIO) -> ImageFile.ImageFile:
    pillow_heif = importlib.import_module("pillow_heif")  # the extra "heic", without types
    pillow_heif.options.DECODE_THREADS = 1
    for option in ("THUMBNAILS", "DEPTH_IMAGES", "AUX_IMAGES"):
        setattr(pillow_heif.options, option, False)
    opened: ImageFile.ImageFile = pillow_heif.HeifImageFile(content)
    return opened


_OPENERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "png": PngImagePlugin.PngImageFile,
    "jpeg": JpegImagePlugin.JpegImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
    "ico": IcoImagePlugin.IcoImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "heic": _open_heic,
}


def _decode_frame(request: bytes) -> bytes:
    """Answer of the worker. request: the format's name, a newline, the file."""
    max_side_px, max_pixels, max_frames = (int(argument) for argument in sys.argv[3:6])
    name, content = request.split(b"\n", 1)
    del request
    if name.endswith(FRAMES_SIGN):
        return _decode_further(content, name.removesuffix(FRAMES_SIGN).decode())
    with open_image(content, name.decode()) as image:
        width, height, frames = *image.size, _count_frames(image, name)
        if width * height > max_pixels or frames > max_frames:
            return ANSWER.pack(width, height, frames, 0, 0, 0)
        upright = load_upright(image, max_side_px)
    pixels = upright.image
    return ANSWER.pack(width, height, frames, *pixels.size, upright.is_turned) + pixels.tobytes()


def _decode_further(content: bytes, image_format: str) -> bytes:
    """Answer of the worker that is asked for the frames of an animation that differ from the first and from each other."""
    max_side_px, max_distinct, max_read, max_read_pixels = (int(argument) for argument in sys.argv[6:10])
    with open_image(content, image_format) as image:
        frames = int(getattr(image, "n_frames", 1))
        width, height = image.size
        read = min(frames, max_read, max(1, max_read_pixels // max(1, width * height)))
        chosen = _choose(_group_frames(image, read), max_distinct)
    answer = [FRAMES.pack(frames, read, len(chosen))]
    with open_image(content, image_format) as image:
        for index in chosen:
            image.seek(index)
            upright = load_upright(image.copy(), max_side_px)  # it is changed in place, and the file goes on
            answer += [FRAME.pack(index + 1, *upright.image.size, upright.is_turned), upright.image.tobytes()]
    return b"".join(answer)


@dataclass(slots=True)
class _Shown:
    """Frames that show the same. index: of the first of them."""

    index: int
    thumb: Any  # int16 (32, 32, 4), premultiplied
    duration_ms: float


def _group_frames(image: ImageFile.ImageFile, read: int) -> list[_Shown]:
    """What the first `read` frames show, each picture once, in order."""
    import numpy as np

    shown: list[_Shown] = []
    for index in range(read):
        image.seek(index)
        image.load()
        rgba = image if image.mode == "RGBA" else image.convert("RGBA")
        thumb = np.asarray(rgba.resize((_THUMB_PX, _THUMB_PX), Image.Resampling.BOX)).astype(np.int16)
        thumb[..., :3] = thumb[..., :3] * thumb[..., 3:] // 255
        duration_ms = float(image.info.get("duration", 0) or 0)
        for known in reversed(shown):
            difference = abs(thumb - known.thumb)
            if difference.max() <= _THUMB_LEVELS and difference.mean() <= _THUMB_MEAN:
                known.duration_ms += duration_ms
                break
        else:
            shown.append(_Shown(index, thumb, duration_ms))
    return shown


def _choose(shown: list[_Shown], most: int) -> list[int]:
    """The frames to look at besides the first: those that stay longest, and of equal ones some from everywhere."""
    further = shown[1:]
    if len(further) <= most:
        return [one.index for one in further]
    # a place in the animation → its order when it is halved again and again: equal ones are not all of its beginning
    spread = {one.index: int(f"{place:016b}"[::-1], 2) for place, one in enumerate(further)}
    ranked = sorted(further[:-1], key=lambda one: (-one.duration_ms, spread[one.index]))
    return sorted(one.index for one in [further[-1], *ranked[: most - 1]])  # where it ends is what it stays at


def _count_frames(image: ImageFile.ImageFile, name: bytes) -> int:
    # other formats were counted in their bytes (image_headers.py); asking Pillow would read every frame of a TIFF
    return int(getattr(image, "n_frames", 1)) if name in {b"avif", b"heic"} else 1


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Pillow's remarks on odd files
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # threads would take address space, and processor time from others
    for library in (
        "numpy",
        "pillow_heif",
    ):  # before the limit is set: what loads one must not take from later pictures
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    runpy.run_path(str(Path(__file__).with_name("worker_child.py")))["serve"](_decode_frame)
