"""What goes out with a letter: every address with its days, what it shows and its digest, and pictures of what was found.

Reads: letters (their stored enclosure), seen_images, logo_matches, official_logos, the archive. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

from casebook.cases.letter_facts import ShownPage, pages_of_json
from casebook.cases.letter_grounds import read_brand_name
from casebook.cases.letter_templates import LetterTemplates
from casebook.files.written_days import write_day
from ledger.database import Ledger
from ledger.dates import day_of
from ledger.errors import EvidenceBrokenError, RecordDeletedError
from ledger.records import Case, Letter
from ledger.typed_texts import CaptureId, OfficialLogoId, Sha256
from matcher.explain import outline_region
from matcher.logo_matches import image_content
from matcher.looking.picture_box import Box

MAX_PICTURES = 12  # each image once; the digests of all stand with their pages


@dataclass(frozen=True, slots=True, kw_only=True)
class EnclosedPage:
    """A row of the table. shown: what the page shows, a phrase each, an image with its digest."""

    url: str
    seen: str
    shown: tuple[str, ...]
    sha256: Sha256 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnclosedPicture:
    """A picture with its caption; png: None when it can't be drawn, why_not says why."""

    caption: str
    png: bytes | None
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """What is enclosed with a letter. words: of its language."""

    words: dict[str, str]
    pages: tuple[EnclosedPage, ...]
    pictures: tuple[EnclosedPicture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SeenImage:
    """A row of _IMAGE. x to height, official_logo_id: of the best match; None: no official logo was recognised."""

    capture_id: CaptureId | None
    official_logo_id: OfficialLogoId | None
    x: int | None
    y: int | None
    width: int | None
    height: int | None


def make_enclosure(ledger: Ledger, warc_dir: Path, templates: LetterTemplates, letter: Letter, case: Case) -> Enclosure:
    """Return what is enclosed with a letter, in its language. Errors: BadInputError for a language that is not there any more."""
    brand = read_brand_name(ledger, case)
    words = {
        name: Template(text).safe_substitute(brand=brand)
        for name, text in templates.enclosure_words(letter.language).items()
    }
    pages = pages_of_json(letter.enclosure)
    return Enclosure(
        words=words,
        pages=enclose_pages(templates, letter.language, brand, pages),
        pictures=tuple(draw_pictures_of(ledger, warc_dir, case.brand, words, pages)),
    )


def enclose_pages(
    templates: LetterTemplates, language: str, brand: str, pages: tuple[ShownPage, ...]
) -> tuple[EnclosedPage, ...]:
    """Return the rows of a table of pages, in a language. brand: its name."""
    return tuple(_enclosed_page(templates, language, brand, page) for page in pages)


def _enclosed_page(templates: LetterTemplates, language: str, brand: str, page: ShownPage) -> EnclosedPage:
    days = dict.fromkeys([page.first_seen, page.last_seen])
    return EnclosedPage(
        url=page.url,
        seen=" – ".join(write_day(language, day_of(day)) for day in days),
        shown=tuple(
            templates.describe_thing(language, brand, thing)
            + (f"; SHA-256 {thing.image_sha256}" if thing.image_sha256 else "")
            for thing in page.things
        ),
        sha256=page.sha256,
    )


def draw_pictures_of(
    ledger: Ledger, warc_dir: Path, brand: str, words: dict[str, str], pages: tuple[ShownPage, ...]
) -> Iterator[EnclosedPicture]:
    """Yield a picture of each image that pages show, each official logo before the first that shows it. brand: its slug.

    words: the captions `official` and `found`, with $url.
    """
    places: dict[Sha256, str] = {}
    for page in pages:
        for thing in page.things:
            if thing.image_sha256:
                places.setdefault(thing.image_sha256, page.url)
    officials = set[OfficialLogoId]()
    for image_sha256, url in list(places.items())[:MAX_PICTURES]:
        images = ledger.select(_SeenImage, _IMAGE, {"image": image_sha256, "brand": brand})
        if not images:
            continue
        image = images[0]
        if image.official_logo_id and image.official_logo_id not in officials:
            officials.add(image.official_logo_id)
            content = ledger.value(
                "SELECT content FROM official_logos WHERE official_logo_id = ?", [image.official_logo_id]
            )
            yield _draw(words["official"], content or b"", None)
        caption = f"{Template(words['found']).safe_substitute(url=url)}; SHA-256 {image_sha256}"
        try:
            content = image_content(ledger, warc_dir, image_sha256, image.capture_id)
        except (RecordDeletedError, EvidenceBrokenError) as error:
            yield EnclosedPicture(caption=caption, png=None, why_not=str(error))
            continue
        yield _draw(caption, content, _box(image))


def _box(image: _SeenImage) -> Box | None:
    if image.x is None or image.y is None or image.width is None or image.height is None:
        return None
    return Box(x=image.x, y=image.y, width=image.width, height=image.height)


def _draw(caption: str, content: bytes, region: Box | None) -> EnclosedPicture:
    drawn = outline_region(content, region)
    if isinstance(drawn, bytes):
        return EnclosedPicture(caption=caption, png=drawn)
    return EnclosedPicture(caption=caption, png=None, why_not=str(drawn))


_IMAGE = """
    SELECT iif(g.inline_sha256 IS NULL, g.image_capture_id, NULL) AS capture_id, m.official_logo_id, m.x, m.y, m.width, m.height
    FROM seen_images g
    LEFT JOIN logo_matches m ON m.image_sha256 = g.image_sha256 AND m.brand = :brand AND m.kind = 'picture' AND m.rejection_id IS NULL
         AND m.why_perhaps IS NULL
    WHERE g.image_sha256 = :image AND (g.inline_sha256 IS NOT NULL OR g.image_capture_id IS NOT NULL)
    ORDER BY m.score DESC, g.sighting_id LIMIT 1
"""
