"""What an image shows: found, perhaps, not found, refused.

Tests: matcher/brands/logo_folder.py, matcher/looking/candidates.py, matcher/recognition.py, matcher/thresholds.py.
"""

from __future__ import annotations

import io
import math
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawings import BRAND_NAMES, NAVY, draw_mark, draw_wall, encode, lay_on, scaled
from PIL import Image, ImageDraw, ImageFont, ImageOps

from ledger.errors import BadInputError
from ledger.vocabulary import MatchStrength, RefusalReason
from matcher import Box, LogoMatcher, Recognition, thresholds
from matcher.brands.official_logos import make_official_logo


def brands_of(recognition: Recognition) -> list[str]:
    return [match.brand for match in recognition.matches]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    common = max(0, width) * max(0, height)
    return common / (a.width * a.height + b.width * b.height - common)


def test_official_file_itself_matches_with_score_one(matcher: LogoMatcher) -> None:
    (match,) = matcher.match(encode(draw_mark("kestrel"))).matches
    assert match.brand == "kestrel"
    assert match.score == pytest.approx(1, abs=1e-3)
    assert match.distance_bits == match.phash_distance_bits == 0


def test_white_logo_on_transparency_is_found(matcher: LogoMatcher) -> None:
    assert brands_of(matcher.match(encode(draw_mark("ombra", (255, 255, 255))))) == ["ombra"]


def test_inverted_logo_is_found(matcher: LogoMatcher) -> None:
    assert brands_of(matcher.match(encode(ImageOps.invert(lay_on(draw_mark("tandem"), (255, 255, 255), 8))))) == [
        "tandem"
    ]


def test_logo_padded_on_a_colour_is_found_where_it_stands(matcher: LogoMatcher) -> None:
    page = lay_on(draw_mark("quillon", (255, 230, 120)), (90, 20, 60), 120)
    (match,) = matcher.match(encode(page)).matches
    assert match.brand == "quillon"
    assert overlap(match.region, Box(x=120, y=120, width=page.width - 240, height=page.height - 240)) > 0.9


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_logo_is_found_in_every_format(matcher: LogoMatcher, image_format: str) -> None:
    recognition = matcher.match(encode(lay_on(scaled(draw_mark("varro"), 240), (255, 255, 255), 10), image_format))
    assert recognition.format == image_format.lower()
    assert brands_of(recognition) == ["varro"]


def test_cmyk_jpeg_is_recognised(matcher: LogoMatcher) -> None:
    page = lay_on(draw_mark("sable"), (255, 255, 255), 10).convert("CMYK")
    assert brands_of(matcher.match(encode(page, "JPEG", quality=80))) == ["sable"]


def test_every_logo_of_a_wall_is_found_where_it_stands(matcher: LogoMatcher) -> None:
    wall, places = draw_wall()
    recognition = matcher.match(encode(wall))
    assert sorted(brands_of(recognition)) == sorted(BRAND_NAMES)
    for match in recognition.matches:
        x, y, width, height = places[match.brand]
        assert overlap(match.region, Box(x=x, y=y, width=width, height=height)) > 0.8, match


def test_regions_are_in_pixels_of_the_source_even_when_it_was_reduced(matcher: LogoMatcher) -> None:
    wall, places = draw_wall()
    large = wall.resize((wall.width * 3, wall.height * 3))
    recognition = matcher.match(encode(large))
    assert (recognition.width_px, recognition.height_px) == large.size
    match = next(m for m in recognition.matches if m.brand == "halyard")
    x, y, width, height = (3 * n for n in places["halyard"])
    assert overlap(match.region, Box(x=x, y=y, width=width, height=height)) > 0.8


def test_partner_badge_around_the_mark_is_recognised(matcher: LogoMatcher) -> None:
    mark = scaled(draw_mark("pinyon"), 220)
    badge = Image.new("RGB", (300, 200), "white")
    pen = ImageDraw.Draw(badge)
    pen.rounded_rectangle((4, 4, 295, 195), 14, outline=(90, 90, 90), width=3)
    badge.paste(mark, (40, 30), mark)
    pen.text((70, 130), "Gold Partner", fill=(150, 110, 20), font=ImageFont.load_default(size=28))
    assert brands_of(matcher.match(encode(badge))) == ["pinyon"]


def test_white_mark_on_a_coloured_tile_is_recognised(matcher: LogoMatcher) -> None:
    tile = Image.new("RGBA", (320, 200), (0, 0, 0, 0))
    ImageDraw.Draw(tile).rounded_rectangle((0, 0, 319, 199), 30, fill=(10, 120, 90, 255))
    mark = scaled(draw_mark("mortise", (255, 255, 255)), 240)
    tile.alpha_composite(mark, (40, 100 - mark.height // 2))
    assert brands_of(matcher.match(encode(tile))) == ["mortise"]


@pytest.mark.parametrize("sides", [0, 3, 4, 5, 6, 8])
def test_plain_shapes_are_nobodys_logo(matcher: LogoMatcher, sides: int) -> None:
    image = Image.new("RGB", (160, 160), "white")
    pen = ImageDraw.Draw(image)
    if sides:
        pen.polygon(
            [
                (80 + 60 * math.cos(math.tau * n / sides), 80 + 60 * math.sin(math.tau * n / sides))
                for n in range(sides)
            ],
            fill=NAVY,
        )
    else:
        pen.ellipse((20, 20, 140, 140), outline=NAVY, width=20)
    recognition = matcher.match(encode(image))
    assert recognition.refusal is None
    assert recognition.matches == ()


def test_strangers_logos_are_not_matched(matcher: LogoMatcher) -> None:
    for name in ("grindle", "acanthus", "beryl & co", "nocturne"):
        assert matcher.match(encode(draw_mark(name))).matches == (), name


@pytest.mark.parametrize(("colour", "reason"), [("white", RefusalReason.BLANK), ((250, 250, 252), RefusalReason.BLANK)])
def test_blank_picture_is_refused_and_its_size_is_kept(
    matcher: LogoMatcher, colour: str, reason: RefusalReason
) -> None:
    recognition = matcher.match(encode(Image.new("RGB", (80, 40), colour)))
    assert recognition.refusal is not None
    assert recognition.refusal.reason is reason
    assert (recognition.width_px, recognition.height_px, recognition.format) == (80, 40, "png")
    assert recognition.matches == ()


def test_whole_picture_has_hashes_in_text_form(matcher: LogoMatcher) -> None:
    page = lay_on(draw_mark("kestrel"), (255, 255, 255), 20)
    first = matcher.match(encode(page)).hashes[0]
    assert overlap(first.box, Box(x=20, y=20, width=page.width - 40, height=page.height - 40)) > 0.95
    assert [str(h).split(":")[0] for h in (first.phash, first.dhash, first.edge)] == [
        "phash/8x8",
        "dhash/8x8",
        "edge/4x8x8",
    ]


def test_best_scores_have_brands_below_the_threshold(matcher: LogoMatcher) -> None:
    scores = matcher.best_scores(encode(draw_mark("kestrel")))
    assert scores["kestrel"] == max(scores.values())
    assert min(scores.values()) < thresholds.ACCEPT_SCORE


def test_what_resembles_a_logo_too_little_is_perhaps_and_no_match(logo_png: bytes, lookalike_png: bytes) -> None:
    matcher = LogoMatcher([make_official_logo("acme", "acme.png", logo_png)])
    recognition = matcher.match(lookalike_png)
    assert recognition.matches == ()
    (perhaps,) = recognition.perhaps
    assert perhaps.strength is MatchStrength.PERHAPS
    assert thresholds.PERHAPS_SCORE <= perhaps.score < thresholds.ACCEPT_SCORE
    (match,) = matcher.match(logo_png).matches
    assert (match.strength, matcher.match(logo_png).perhaps) == (MatchStrength.MATCH, ())


def test_what_is_matched_is_not_perhaps_there_too(logo_png: bytes, lookalike_png: bytes) -> None:
    both = Image.new("RGB", (600, 120), "white")
    for number, content in enumerate((logo_png, lookalike_png)):
        drawing = Image.open(io.BytesIO(content))
        both.paste(drawing, (20 + 320 * number, 20), drawing)
    recognition = LogoMatcher([make_official_logo("acme", "acme.png", logo_png)]).match(encode(both))
    assert (brands_of(recognition), recognition.perhaps) == (["acme"], ())


def test_set_id_depends_on_the_logos_and_not_on_their_order() -> None:
    logos = [make_official_logo(name, f"{name}.png", encode(draw_mark(name))) for name in BRAND_NAMES[:3]]
    assert LogoMatcher(logos).set_id == LogoMatcher(logos[::-1]).set_id
    assert LogoMatcher(logos).set_id != LogoMatcher(logos[:2]).set_id


def test_threads_get_the_same_results_as_one(matcher: LogoMatcher) -> None:
    files = [encode(lay_on(draw_mark(name), (255, 255, 255), 9)) for name in BRAND_NAMES[:6]]
    expected = [matcher.match(file) for file in files]
    results: dict[int, list[Recognition]] = {}
    threads = [
        threading.Thread(target=lambda n=n: results.update({n: [matcher.match(f) for f in files]})) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(results[n] == expected for n in range(4))


def test_folder_of_brand_folders_and_flat_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "kestrel").mkdir()
    (tmp_path / "kestrel" / "main.png").write_bytes(encode(draw_mark("kestrel")))
    (tmp_path / "sable.png").write_bytes(encode(draw_mark("sable")))
    (tmp_path / "wall.png").write_bytes(b"")
    with pytest.raises(BadInputError, match=r"wall/wall\.png: expected a picture of a logo, got empty"):
        LogoMatcher.from_directory(tmp_path)
    (tmp_path / "wall.png").unlink()
    found = tmp_path / "kestrel" / "not-a-logo" / "found.gif"
    found.parent.mkdir()
    found.write_bytes(encode(lay_on(draw_mark("sable"), (255, 255, 255), 5), "GIF"))
    (match,) = LogoMatcher.from_directory(str(tmp_path)).match(str(found)).matches
    assert (match.brand, match.official_logo) == ("sable", "sable.png")


def test_folder_without_logos_and_missing_files_are_bad_input(tmp_path: Path, matcher: LogoMatcher) -> None:
    with pytest.raises(BadInputError, match="put official logos there"):
        LogoMatcher.from_directory(tmp_path)
    with pytest.raises(BadInputError, match="a folder of logos"):
        LogoMatcher.from_directory(tmp_path / "none")
    with pytest.raises(BadInputError, match="No such file"):
        matcher.match(tmp_path / "none.png")
    with pytest.raises(BadInputError, match="one official logo at least"):
        LogoMatcher([])


def test_plain_box_as_official_logo_matches_nothing() -> None:
    box = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(box).rectangle((10, 10, 90, 90), fill=NAVY)
    matcher = LogoMatcher([make_official_logo("box", "box.png", encode(box))])
    (distinctiveness,) = matcher.measure_distinctiveness().values()
    assert distinctiveness < 1 - thresholds.MAX_MARGIN
    other = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(other).rectangle((20, 20, 80, 80), fill=(200, 0, 0))
    assert matcher.match(encode(other)).matches == ()


def test_a_tiny_mark_in_a_photograph_is_for_a_person_to_look_at(matcher: LogoMatcher) -> None:
    """Such as the maker's name on a machine: nobody put it there as a logo of the page."""
    slow = np.random.default_rng(8).normal(0, 1, (5, 7, 3)).astype(np.float32)
    ground = (cv2.resize(slow, (800, 560), interpolation=cv2.INTER_CUBIC) * 40 + 120).clip(0, 255).astype(np.uint8)
    photograph, plate = Image.fromarray(ground), Image.new("RGB", (150, 44), "white")
    mark = scaled(draw_mark("sable"), 74)
    plate.paste(mark, (30, 22 - mark.height // 2), mark)
    photograph.paste(plate, (500, 300))
    recognition = matcher.match(encode(photograph))
    assert recognition.matches == ()
    assert [match.brand for match in recognition.perhaps] == ["sable"]


def test_of_two_files_of_one_drawing_the_one_in_the_found_colours_is_named() -> None:
    files = {"navy.png": draw_mark("orrery"), "white.png": draw_mark("orrery", (255, 255, 255))}
    matcher = LogoMatcher([make_official_logo("orrery", name, encode(mark)) for name, mark in files.items()])
    for name, ground in (("navy.png", (255, 255, 255)), ("white.png", (20, 20, 20))):
        (match,) = matcher.match(encode(lay_on(files[name], ground, 12))).matches
        assert match.official_logo == name


def test_the_official_colours_speak_for_a_match_and_others_do_not_prevent_it(matcher: LogoMatcher) -> None:
    own, other = (lay_on(draw_mark("orrery", ink), (255, 255, 255), 12) for ink in (NAVY, (200, 40, 40)))
    (in_colours,), (recoloured,) = matcher.match(encode(own)).matches, matcher.match(encode(other)).matches
    assert in_colours.score == pytest.approx(1, abs=0.02)
    assert recoloured.score == pytest.approx(in_colours.score - thresholds.RECOLOURED_WEIGHT, abs=0.02)
    assert recoloured.why_perhaps is None
