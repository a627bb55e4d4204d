"""What is decoded within the limits, where, and in which colours and direction.

Tests: matcher/decoding/image_headers.py, matcher/decoding/raster.py, matcher/decoding/raster_worker.py,
matcher/decoding/worker.py, matcher/decoding/worker_child.py.
"""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from drawings import encode
from PIL import Image

from ledger.extras import how_to_install
from ledger.vocabulary import RefusalReason
from matcher import Refusal, thresholds
from matcher.decoding import decode
from matcher.decoding.decode import Picture, decode_image, sniff_format
from matcher.decoding.image_headers import read_header
from tests.hostile.coded import riff
from tests.hostile.rasters import chunk, frame, gif, mark, png


def picture_of(content: bytes) -> Picture:
    picture = decode_image(content)
    assert isinstance(picture, Picture), picture
    return picture


def reason_of(content: bytes) -> RefusalReason:
    refusal = decode_image(content)
    assert isinstance(refusal, Refusal)
    return refusal.reason


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_worker_and_own_process_decode_alike(image_format: str) -> None:
    image = mark(1500)
    content = encode(image.quantize(64) if image_format == "GIF" else image, image_format)
    here = decode._decode_here(content, image_format.lower())
    there = decode._decode_in_worker(content, image_format.lower())
    assert isinstance(here, Picture)
    assert isinstance(there, Picture)
    assert np.array_equal(here.pixels, there.pixels)
    assert (here.width_px, here.height_px, here.scale) == (there.width_px, there.height_px, there.scale)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
def test_reducing_before_the_alpha_channel_changes_no_pixel(mode: str) -> None:
    image = mark(1700).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image = image.convert(mode)
    obvious = image.convert("RGBA").resize((1200, 1200), Image.Resampling.BILINEAR)
    assert np.array_equal(picture_of(encode(image)).pixels, np.asarray(obvious))


@pytest.mark.parametrize(("frames", "is_refused"), [(thresholds.MAX_FRAMES, False), (thresholds.MAX_FRAMES + 1, True)])
def test_frame_limit_holds_on_both_sides(frames: int, is_refused: bool) -> None:
    for content in (gif(32, 32, frame() * frames), png(chunk(b"acTL", frames.to_bytes(4, "big") + bytes(4)))):
        if is_refused:
            assert reason_of(content) is RefusalReason.TOO_MANY_FRAMES
        else:
            assert picture_of(content).width_px > 0


def test_pages_of_a_tiff_are_counted() -> None:
    pages = [mark(20).convert("L")] * 3
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    assert read_header(file.getvalue(), "tiff").frames == 3
    assert picture_of(file.getvalue()).width_px == 20


def test_webp_limit_holds_on_both_sides() -> None:
    def lossless(width: int, height: int) -> bytes:
        return riff((b"VP8L", b"\x2f" + (width - 1 | height - 1 << 14).to_bytes(4, "little") + bytes(9)))

    assert reason_of(lossless(4_001, 3_500)) is RefusalReason.TOO_MANY_PIXELS
    assert reason_of(lossless(4_000, 3_500)) is RefusalReason.BROKEN


def test_large_picture_of_25_million_pixels_is_decoded() -> None:
    picture = picture_of(encode(Image.new("RGBA", (5_000, 5_000), (200, 30, 30, 255))))
    assert (picture.width_px, picture.height_px) == (5_000, 5_000)
    assert picture.pixels[600, 600].tolist() == [200, 30, 30, 255]


def test_what_a_large_picture_took_is_given_back_before_the_next_one() -> None:
    large = encode(Image.new("RGBA", (5_000, 5_000), (200, 30, 30, 255)))
    for _ in range(2):
        picture_of(large)


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 30), (20, 160, 60)])
def test_cmyk_jpeg_has_the_colours_that_its_author_saw(colour: tuple[int, int, int]) -> None:
    content = encode(Image.new("RGB", (64, 64), colour).convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in content[:64], "written inverted, as Adobe does"
    assert np.abs(picture_of(content).pixels[32, 32, :3].astype(int) - colour).max() <= 4


def test_ycck_jpeg_has_the_colours_that_its_author_saw() -> None:
    # the Adobe segment alone tells CMYK (0) from YCCK (2); grey has the same three numbers in both, 128 apart
    content = bytearray(encode(Image.new("CMYK", (64, 64), (127, 127, 127, 0)), "JPEG", quality=95))
    content[content.index(b"Adobe") + 11] = 2
    red, green, blue = picture_of(bytes(content)).pixels[32, 32, :3].astype(int)
    assert abs(red - green) <= 4
    assert abs(blue - green) <= 4


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_stands_upright(image_format: str, orientation: int) -> None:
    upright = Image.new("RGB", (80, 40), "white")
    upright.paste((0, 0, 0), (0, 0, 20, 20))  # top left corner
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"tiffinfo": exif} if image_format == "TIFF" else {"exif": exif}
    picture = picture_of(encode(stored, image_format, **options))
    assert (picture.width_px, picture.height_px) == (80, 40)
    assert picture.pixels[5, 5, 0] < 60
    assert min(picture.pixels[5, 70, 0], picture.pixels[35, 5, 0], picture.pixels[35, 70, 0]) > 200


def heic(image: Image.Image) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    return encode(image, "HEIF")


def test_heic_is_decoded_with_the_extra() -> None:
    content = heic(Image.new("RGB", (80, 40), (200, 30, 30)))
    picture = picture_of(content)
    assert (picture.format, picture.width_px, picture.height_px) == ("heic", 80, 40)
    assert np.abs(picture.pixels[20, 40].astype(int) - (200, 30, 30, 255)).max() <= 6


def test_heic_is_measured_before_it_is_decoded() -> None:
    content = heic(Image.new("RGB", (64, 64)))
    place = content.index(b"ispe") + 8
    lie = content[:place] + (30_000).to_bytes(4, "big") * 2 + content[place + 8 :]
    assert reason_of(lie) in {RefusalReason.TOO_MANY_PIXELS, RefusalReason.BROKEN}


def test_heic_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # what Python does for a module that is not there
    refusal = decode_image(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(40))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.NEEDS_EXTRA
    assert how_to_install("heic") in refusal.detail


@pytest.mark.parametrize(
    ("brands", "image_format"),
    [
        (b"avif\0\0\0\0mif1", "avif"),
        (b"mif1\0\0\0\0avifmiaf", "avif"),
        (b"heic\0\0\0\0mif1", "heic"),
        (b"mif1\0\0\0\0heicmiaf", "heic"),
        (b"msf1\0\0\0\0hevc", "heic"),
        (b"mp42\0\0\0\0isom", None),
        (b"mif1\0\0\0\0xxxx", None),
    ],
)
def test_brands_tell_avif_heic_and_films_apart(brands: bytes, image_format: str | None) -> None:
    assert sniff_format(b"\0\0\0\x1cftyp" + brands) == image_format


def test_odd_but_sound_files_are_decoded_in_the_worker() -> None:
    odd = png(*[chunk(b"tEXt", b"Comment\0a")] * (thresholds.PLAIN_PARTS + 1))
    assert not read_header(odd, "png").is_plain
    assert picture_of(odd).width_px == 64


def test_svg_without_end_of_digits_takes_no_time() -> None:
    digits = b"1" * 1_000_000
    refusal = decode_image(b'<svg xmlns="http://www.w3.org/2000/svg" width="' + digits + b'x" height="9"/>')
    assert isinstance(refusal, Refusal)


def test_space_before_a_fragment_is_no_foreign_address() -> None:
    content = (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><linearGradient id="g"><stop stop-color="red"/>'
        b'</linearGradient><rect width="9" height="9" fill="url( #g )"/></svg>'
    )
    assert picture_of(content).pixels[150, 150].tolist() == [255, 0, 0, 255]
