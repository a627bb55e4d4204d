"""Of an animation every frame counts that shows something else, within limits; a blank first frame hides nothing."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from drawings import BRAND_NAMES, draw_mark
from PIL import Image

from ledger.vocabulary import RefusalReason
from matcher import LogoMatcher, Refusal, thresholds
from matcher.decoding.decode import Pictures, decode_frame, decode_pictures
from matcher.looking.transform import describe_transform
from tests.hostile.rasters import chunk

SIZE = (420, 120)


def slide(name: str | None, shift: int = 10) -> Image.Image:
    page = Image.new("RGB", SIZE, (255, 255, 255))
    if name:
        mark = draw_mark(name, size=60)
        page.paste(mark, (shift, 25), mark)
    return page


def animate(slides: list[Image.Image], image_format: str = "GIF", **options: object) -> bytes:
    file = io.BytesIO()
    options = {"duration": 100, **options}
    slides[0].save(file, image_format, save_all=True, append_images=slides[1:], **options)  # type: ignore[arg-type]
    return file.getvalue()


def pictures_of(content: bytes) -> Pictures:
    pictures = decode_pictures(content)
    assert isinstance(pictures, Pictures), pictures
    return pictures


def frames_of(content: bytes) -> list[int]:
    return [picture.frame for picture in pictures_of(content).pictures]


@pytest.mark.parametrize(
    ("image_format", "options"), [("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("AVIF", {})]
)
def test_each_frame_of_a_carousel_is_looked_at(
    matcher: LogoMatcher, image_format: str, options: dict[str, object]
) -> None:
    content = animate([slide(name) for name in ("kestrel", "ombra", "varro")], image_format, **options)
    assert frames_of(content) == [1, 2, 3]
    found = {match.brand: match.transform.frame for match in matcher.match(content).matches}
    assert found == {"kestrel": 1, "ombra": 2, "varro": 3}


def test_the_match_says_in_which_frame_it_stands(matcher: LogoMatcher) -> None:
    recognition = matcher.match(animate([slide(None), slide("sable")]))
    (match,) = recognition.matches
    assert recognition.refusal is None
    assert "in frame 2 of an animation" in describe_transform(match.transform)
    picture = decode_frame(animate([slide(None), slide("sable")]), 2)
    assert not isinstance(picture, Refusal)
    assert picture.pixels[..., :3].min() < 100
    assert matcher.match(animate([slide("sable"), slide(None)])).matches[0].transform.frame == 1


def test_an_animation_of_nothing_is_blank(matcher: LogoMatcher) -> None:
    grey = Image.new("RGB", SIZE, (250, 250, 250))
    refusal = matcher.match(animate([slide(None), grey])).refusal
    assert refusal is not None
    assert refusal.reason is RefusalReason.BLANK


def test_a_hidden_first_picture_of_a_png_is_no_frame(matcher: LogoMatcher) -> None:
    content = animate([slide(None), slide("orrery")], "PNG", default_image=True)
    assert [match.brand for match in matcher.match(content).matches] == ["orrery"]


def test_frames_that_show_the_same_are_looked_at_once() -> None:
    shaken = [slide("kestrel"), slide("kestrel"), slide("ombra"), slide("kestrel"), slide("ombra")]
    assert frames_of(animate(shaken, duration=[50, 60, 70, 80, 90], optimize=False)) == [
        1,
        2,
    ]  # Pillow joins the first two


def test_those_that_stay_are_chosen_where_there_are_too_many() -> None:
    passing = [slide("kestrel", 10 + 7 * step) for step in range(30)]
    held = {6: "ombra", 20: "varro"}
    slides = [slide(held[n]) if n in held else page for n, page in enumerate(passing)]
    durations = [900 if n in held else 40 for n in range(30)]
    frames = frames_of(animate(slides, duration=durations))
    assert len(frames) == thresholds.MAX_DISTINCT_FRAMES
    assert {1, 7, 21, 30} <= set(frames)
    even = frames_of(animate(passing))
    assert max(b - a for a, b in itertools.pairwise(even)) <= 12


def test_what_is_over_the_limit_is_said(matcher: LogoMatcher) -> None:
    dots = [Image.new("L", (64, 32), 250 + n % 2) for n in range(thresholds.MAX_READ_FRAMES + 5)]
    unread = pictures_of(animate(dots, "PNG")).unread
    assert unread is not None
    assert unread.reason is RefusalReason.TOO_MANY_FRAMES
    assert f"of which the first {thresholds.MAX_READ_FRAMES} were read" in unread.detail
    assert matcher.match(animate([slide("kestrel").resize((210, 60)), *dots[1:]], "PNG")).matches


def test_broken_further_frames_leave_the_first(matcher: LogoMatcher) -> None:
    content = animate([slide("kestrel"), slide("ombra")], "PNG")
    cut = content[: content.rindex(b"fdAT") + 40] + chunk(b"IEND")
    decoded = decode_pictures(cut)
    assert isinstance(decoded, Pictures)
    assert [match.brand for match in matcher.match(cut).matches] == ["kestrel"]
    blank = animate([slide(None), slide("ombra")], "PNG")
    refusal = matcher.match(blank[: blank.rindex(b"fdAT") + 40] + chunk(b"IEND")).refusal
    assert refusal is not None


def test_a_still_picture_is_decoded_as_before() -> None:
    content = animate([slide("kestrel")], "PNG")
    (picture,) = pictures_of(content).pictures
    same = decode_frame(content, 5)
    assert not isinstance(same, Refusal)
    assert np.array_equal(picture.pixels, same.pixels)
    assert len(BRAND_NAMES) > thresholds.MAX_DISTINCT_FRAMES
