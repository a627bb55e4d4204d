from __future__ import annotations

import gzip
import io
import struct
import zlib

import numpy as np
import pytest
from drawings import draw_mark, encode, lay_on
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from ledger.vocabulary import RefusalReason
from matcher import Refusal, thresholds
from matcher.decoding.decode import Picture, decode_image, sniff_format
from tests.processor_time import at_most

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {} >{}</svg>'


def png_header(width: int, height: int, body: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def ico_with(png: bytes) -> bytes:
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(png), 22) + png


def webp_canvas(width: int, height: int) -> bytes:
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\0\0\0\0"
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def svg(attributes: str = 'viewBox="0 0 10 10"', inner: str = '<path d="M0 0h8v8z"/>') -> bytes:
    return SVG.format(attributes, inner).encode()


def picture_of(content: bytes) -> Picture:
    picture = decode_image(content)
    assert isinstance(picture, Picture), picture
    return picture


def refusal_of(content: bytes) -> Refusal:
    with at_most(thresholds.WORKER_CPU_LIMIT_S + 1):
        refusal = decode_image(content)
    assert isinstance(refusal, Refusal), "this should have been refused"
    return refusal


REAL_PNG = encode(lay_on(draw_mark("kestrel"), (255, 255, 255), 4))
REAL_JPEG = encode(lay_on(draw_mark("kestrel"), (255, 255, 255), 4), "JPEG")

HOSTILE = {
    "empty": (b"", RefusalReason.EMPTY),
    "HTML named .png": (
        b"<!doctype html><html><body><svg></svg></body></html>",
        RefusalReason.UNKNOWN_FORMAT,
    ),
    "HTML behind an XML prologue": (
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>",
        RefusalReason.UNKNOWN_FORMAT,
    ),
    "XML of another kind": (b"<?xml version='1.0'?><rss/>", RefusalReason.UNKNOWN_FORMAT),
    "text": (b"404 not found", RefusalReason.UNKNOWN_FORMAT),
    "PNG that announces 100,000 x 100,000": (png_header(100_000, 100_000), RefusalReason.TOO_MANY_PIXELS),
    "PNG that Pillow alone would only warn of": (png_header(13_000, 13_000), RefusalReason.TOO_MANY_PIXELS),
    "PNG of size zero": (png_header(0, 0), RefusalReason.BROKEN),
    "PNG of 1 x 1": (encode(Image.new("RGBA", (1, 1))), RefusalReason.TOO_SMALL),
    "PNG sliver": (encode(Image.new("RGB", (2000, 8))), RefusalReason.DEGENERATE),
    "PNG without its pixels": (png_header(64, 64), RefusalReason.BROKEN),
    "truncated PNG": (REAL_PNG[: len(REAL_PNG) // 2], RefusalReason.BROKEN),
    "truncated JPEG": (REAL_JPEG[: len(REAL_JPEG) // 2], RefusalReason.BROKEN),
    "PNG signature alone": (b"\x89PNG\r\n\x1a\n", RefusalReason.BROKEN),
    "ICO that hides a large PNG": (ico_with(png_header(9_000, 9_000)), RefusalReason.TOO_MANY_PIXELS),
    "ICO without its picture": (
        struct.pack("<HHH", 0, 1, 1) + b"\0" * 12 + struct.pack("<I", 999),
        RefusalReason.BROKEN,
    ),
    "WebP canvas of 268 Mpx": (webp_canvas(16_383, 16_383), RefusalReason.TOO_MANY_PIXELS),
    "too many bytes": (b"\x89PNG\r\n\x1a\n" + b"\0" * thresholds.MAX_BYTES, RefusalReason.TOO_MANY_BYTES),
    "SVG that does not parse": (b"<svg xmlns='http://www.w3.org/2000/svg'><g>", RefusalReason.BROKEN),
    "SVG of 100,000 nested groups": (svg(inner="<g>" * 100_000 + "</g>" * 100_000), RefusalReason.BROKEN),
    "SVG of 100 nested groups": (svg(inner="<g>" * 100 + "</g>" * 100), RefusalReason.DEGENERATE),
    "SVG of many elements": (svg(inner="<g/>" * (thresholds.MAX_SVG_ELEMENTS + 1)), RefusalReason.DEGENERATE),
    "SVG of 1 x 1,000,000": (svg('width="1" height="1000000"'), RefusalReason.DEGENERATE),
    "SVG of size zero": (svg('viewBox="0 0 0 0" width="0" height="0"'), None),
    "SVG bomb of entities": (
        b"<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'>"
        + b"".join(b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
        + b"]><svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9' id='&m;'><text>&m;</text></svg>",
        RefusalReason.BROKEN,
    ),
    "svgz bomb": (gzip.compress(b"<svg>" + b" " * 50_000_000), RefusalReason.TOO_MANY_BYTES),
    "gzip inside gzip": (gzip.compress(gzip.compress(svg())), RefusalReason.BROKEN),
    "gzip that ends early": (gzip.compress(svg())[:-12], RefusalReason.BROKEN),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_cost_one_refusal(name: str) -> None:
    content, reason = HOSTILE[name]
    if reason is None:  # browsers draw it at their default size, so it is an ordinary picture
        assert isinstance(decode_image(content), Picture)
    else:
        assert refusal_of(content).reason is reason


@pytest.mark.parametrize("name", ["truncated PNG", "truncated JPEG", "PNG without its pixels"])
def test_half_a_picture_is_refused_whatever_another_library_has_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint lets Pillow take truncated files, for the whole process and from its import on."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    test_hostile_bytes_cost_one_refusal(name)


def test_filter_bomb_ends_within_the_limit() -> None:
    blurs = "".join(
        f'<feGaussianBlur stdDeviation="{n}"/><feMorphology operator="dilate" radius="900"/>'
        '<feTurbulence numOctaves="900"/>'
        for n in range(300)
    )
    content = svg(
        inner=f'<filter id="f" x="-9" y="-9" width="99" height="99">{blurs}</filter>'
        + '<rect width="10" height="10" filter="url(#f)"/>' * 20
    )
    with at_most(thresholds.WORKER_CPU_LIMIT_S + 1):
        result = decode_image(content)
    if isinstance(result, Refusal):
        assert result.reason in {RefusalReason.TOO_SLOW, RefusalReason.CRASHED}
    assert picture_of(svg()).format == "svg", "the next picture gets a new worker"


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "ICO", "TIFF"])
def test_every_web_format_decodes(image_format: str) -> None:
    picture = picture_of(encode(Image.new("RGB", (64, 64), (200, 30, 30)), image_format))
    assert (picture.format, picture.width_px, picture.height_px) == (image_format.lower(), 64, 64)
    assert picture.pixels.shape == (64, 64, 4)
    assert np.abs(picture.pixels[32, 32].astype(int) - (200, 30, 30, 255)).max() <= 6


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA"])
def test_every_png_mode_becomes_rgba(mode: str) -> None:
    image = (
        Image.fromarray(np.full((20, 20), 40_000, np.uint16))
        if mode == "I;16"
        else Image.new("L", (20, 20), 156).convert(mode)
    )
    pixel = picture_of(encode(image)).pixels[10, 10]
    assert pixel[3] == 255
    assert pixel[0] == (255 if mode == "1" else 156)


def test_palette_transparency_is_kept() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert picture_of(encode(image, "GIF", transparency=0)).pixels[5, 5, 3] == 0


def test_exif_rotation_turns_the_picture_upright() -> None:
    image = Image.new("RGB", (80, 40), "white")
    image.paste((0, 0, 0), (0, 0, 10, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = picture_of(encode(image, "JPEG", exif=exif))
    assert (picture.width_px, picture.height_px) == (40, 80)
    assert picture.pixels[2, 20, 0] < 60
    assert picture.pixels[70, 20, 0] > 200


def test_broken_exif_neither_warns_nor_refuses() -> None:
    assert (
        picture_of(
            encode(Image.new("RGB", (40, 40), "red"), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0junk")
        ).width_px
        == 40
    )


def test_large_picture_is_reduced_and_keeps_its_size_in_words() -> None:
    picture = picture_of(encode(Image.new("RGB", (4000, 1000), "blue"), "JPEG"))
    assert max(picture.pixels.shape) == thresholds.MAX_WORKING_SIDE_PX
    assert (picture.width_px, picture.height_px) == (4000, 1000)
    assert picture.scale == pytest.approx(0.3)


@pytest.mark.parametrize(("side", "is_refused"), [(5000, False), (5001, True)])
def test_pixel_limit_holds_on_both_sides(side: int, is_refused: bool) -> None:
    refusal = decode_image(png_header(side, 5000))
    assert isinstance(refusal, Refusal)
    assert (refusal.reason is RefusalReason.TOO_MANY_PIXELS) == is_refused


def test_svg_has_the_size_that_its_author_gave() -> None:
    picture = picture_of(svg('width="2in" height="1in" viewBox="0 0 20 10"'))
    assert (picture.width_px, picture.height_px) == (192, 96)
    assert max(picture.pixels.shape) == thresholds.SVG_SIDE_PX


def test_packed_svg_and_inline_svg_without_namespace_render() -> None:
    assert picture_of(gzip.compress(svg())).pixels[..., 3].any()
    assert picture_of(b'<svg viewBox="0 0 4 4"><circle cx="2" cy="2" r="2"/></svg>').pixels[..., 3].any()


def test_current_colour_is_black() -> None:
    assert picture_of(svg(inner='<rect width="10" height="10" fill="currentColor"/>')).pixels[9, 9].tolist() == [
        0,
        0,
        0,
        255,
    ]


def test_only_the_first_frame_is_decoded() -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue", "green")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert picture_of(file.getvalue()).pixels[3, 3, 0] > 200


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "ICO", "TIFF"]), st.data())
def test_damaged_files_never_raise(image_format: str, data: st.DataObject) -> None:
    content = bytearray(encode(Image.linear_gradient("L").resize((48, 48)), image_format))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(decode_image(bytes(content)), Picture | Refusal)


@given(st.binary(max_size=64))
def test_sniffing_takes_any_bytes(content: bytes) -> None:
    assert sniff_format(content) in {None, "png", "jpeg", "gif", "webp", "avif", "bmp", "ico", "tiff", "svg"}
