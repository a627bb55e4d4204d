"""The retro-hunt: a new official logo against the hashes of every image that was ever judged.

Reads: logo files, hashed_images, image_hashes (through stored_hashes). Writes: no row.

1. Describe the new logos and hash their drawings; a file that is no logo, or too plain to be told, is bad input.
2. Short-list the images with a stored region within thresholds.HUNT_DISTANCE_BITS, nearest first; after them crowded
   ones (walls of logos), of whose regions only the largest thresholds.MAX_STORED_HASHES have hashes.
3. matcher/hunt_hits.py looks at these again, from their stored bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ledger.database import Ledger
from ledger.errors import BadInputError, Problem
from ledger.records import HashedImage
from ledger.typed_texts import Sha256
from matcher import thresholds
from matcher.brands.official_files import read_drawing
from matcher.brands.official_logos import Brand, logo_of_drawing
from matcher.decoding.refusals import Refusal
from matcher.logo_matcher import LogoMatcher
from matcher.looking.hash_index import Neighbours, hash_words
from matcher.looking.hashes import LogoHash, hash_features
from matcher.looking.templates import describe_mark
from matcher.stored_hashes import open_hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortList:
    """What the hashes alone tell. image_sha256s: nearest first, then the crowded ones, whose hashes do not tell all.

    regions: how many stored ones were compared. not_compared: images without a hash that could be compared, by the reason.
    """

    image_sha256s: tuple[Sha256, ...]
    regions: int
    not_compared: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _NotCompared:
    reason: str
    images: int


def read_new_logos(paths: Sequence[Path]) -> list[Brand]:
    """Each file as a brand of its own, so that of two new logos in one image both are told.

    Errors: BadInputError naming every file that can't be hunted for.
    """
    problems, logos = list[Problem](), []
    for number, path in enumerate(paths):
        where = f"logo {path}"
        if path in paths[:number]:
            problems.append(_problem(where, "each file once", "it again", "name it once"))
            continue
        try:
            with path.open("rb") as file:
                content = file.read(thresholds.MAX_BYTES + 1)
        except OSError as error:
            problems.append(_problem(where, "a readable picture", error.strerror or str(error), "check the path"))
            continue
        drawing = read_drawing(content, path.name, where=where)
        if isinstance(drawing, Problem):
            problems.append(drawing)
            continue
        logos.append(logo_of_drawing(str(path), drawing))
    if logos:
        distinct = LogoMatcher(logos).measure_distinctiveness()
        problems += [
            _problem(
                f"logo {logo.brand}",
                "a drawing that strangers' marks do not resemble",
                "a plain shape, by which nothing is ever recognised",
                "hunt for the logo with its wordmark",
            )
            for logo in logos
            if distinct[logo.official_logo_id] < 1 - thresholds.MAX_MARGIN
        ]
    if problems:
        raise BadInputError(problems)
    return [Brand(slug=logo.brand, name=logo.brand, aliases=(), domains=(), logos=(logo,)) for logo in logos]


def short_list_images(
    ledger: Ledger, brands: Sequence[Brand], *, hashes_dir: Path, on_rows: Callable[[int], None] = lambda _: None
) -> ShortList:
    """Images with a region that may show a new logo. Errors: BadInputError when nothing is stored to compare with."""
    hashes = [value for brand in brands for logo in brand.logos for value in _hashes_of(logo.content)]
    stored = open_hashes(ledger, hashes_dir, kind=hashes[0].kind, bits=hashes[0].bit_count, on_rows=on_rows)
    if not len(stored.index):
        raise BadInputError(
            _problem(
                str(ledger.path),
                f"stored hashes of images ({hashes[0].kind})",
                "none",
                "run `partnerproof crawl SEEDS.csv`, or `partnerproof match` for what is stored already",
            )
        )
    near = stored.index.search(np.stack([hash_words(value) for value in hashes]), thresholds.HUNT_DISTANCE_BITS)
    images = _images_of(ledger, stored.image_nos[_nearest_first(near)])
    images.update(dict.fromkeys(_crowded_images(ledger)))
    return ShortList(
        image_sha256s=tuple(images),
        regions=len(stored.index),
        not_compared=_count_not_compared(ledger),
    )


def _nearest_first(near: Sequence[Neighbours]) -> np.ndarray:
    """Positions that are near any query, each once, by their least distance."""
    positions = np.concatenate([neighbours.positions for neighbours in near])
    order = np.argsort(np.concatenate([neighbours.distances for neighbours in near]), kind="stable")
    _, first = np.unique(positions[order], return_index=True)
    return positions[order][np.sort(first)]


def _images_of(ledger: Ledger, image_nos: np.ndarray) -> dict[Sha256, None]:
    """Images by their numbers, each once, in their order; one that was hashed anew since it was cached has none."""
    images: dict[Sha256, None] = {}
    for image_no in dict.fromkeys(image_nos.tolist()):
        image = ledger.find(HashedImage, image_no=image_no)
        if image is not None:
            images[image.image_sha256] = None
    return images


def _crowded_images(ledger: Ledger) -> list[Sha256]:
    return ledger.values(
        "SELECT image_sha256 FROM hashed_images JOIN image_hashes USING (image_no)"
        " GROUP BY image_no HAVING count(*) >= ?",
        [thresholds.MAX_STORED_HASHES],
    )


def _hashes_of(content: bytes) -> list[LogoHash]:
    marks = describe_mark(content)  # remembered since read_new_logos, which refuses what is no mark
    return [] if isinstance(marks, Refusal) else [hash_features(template.features).edge for template in marks]


def _count_not_compared(ledger: Ledger) -> dict[str, int]:
    """Images that are stored and have no hash, by the reason."""
    counts = ledger.select(
        _NotCompared,
        """
        WITH stored AS (
            SELECT content_sha256 AS sha FROM looks
            WHERE purpose = 'image' AND outcome = 'looked' AND content_sha256 IS NOT NULL
            UNION SELECT image_sha256 FROM inline_images)
        SELECT iif(EXISTS (SELECT 1 FROM recognitions r WHERE r.image_sha256 = sha), 'refused', 'not judged yet') AS reason,
               count(*) AS images
        FROM stored
        WHERE NOT EXISTS (SELECT 1 FROM hashed_images h WHERE h.image_sha256 = sha)
        GROUP BY reason ORDER BY reason
        """,
    )
    return {count.reason: count.images for count in counts}


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=next_step)
