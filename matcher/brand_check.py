"""How well official logos do their work: what is found by them, down to which size, and what they are taken for.

Reads: brands as they lie in folders. Writes nothing.

1. Each logo: how far it stands out from nobody's drawings, its nearest neighbour among other brands' logos, and the
   smallest width at which a picture of it is still recognised.
2. Each brand: drawings that lie there twice, dates, variants that are missing.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ledger.errors import Problem
from ledger.identity import sha256_hex
from ledger.typed_texts import OfficialLogoId
from ledger.vocabulary import LogoVariant
from matcher import thresholds
from matcher.brands.file_names import read_file_name
from matcher.brands.official_logos import Brand, OfficialLogo, official_files
from matcher.decoding.refusals import Refusal
from matcher.legibility import WIDTHS_PX, draw_on_ground, measure_smallest_width
from matcher.logo_matcher import LogoMatcher
from matcher.looking.templates import describe_mark

WANTED: Final = (LogoVariant.WHITE, LogoVariant.MONO, LogoVariant.STACKED)
_ICON_ASPECT = 1.4  # longer : shorter side up to which a drawing is no lock-up of an icon and a name
_THUMBNAIL_PX = 48
_SAME_LEVELS = (
    4.0  # mean difference of thumbnails: an SVG and its PNG differ by 1, a white and a dark copy by 20 and more
)
_SAME_ASPECT = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """The official logo of another brand that is most alike. score: 0..1, as of a match."""

    brand: str
    file: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoCheck:
    """What was measured of one logo. distinctiveness: 0..1, under 1 - thresholds.MAX_MARGIN nothing is recognised by it.

    strangers: of the cohort's drawings that are nobody's, how many are as much like it as what is reported.
    neighbour: None if no other brand's logo is alike at all. smallest_width_px: of WIDTHS_PX, down to which every picture
    of it on plain ground is recognised; None if none is.
    """

    brand: str
    file: str
    official_logo_id: OfficialLogoId
    variant: LogoVariant
    distinctiveness: float
    strangers: int
    neighbour: Neighbour | None
    smallest_width_px: int | None

    @property
    def is_plain(self) -> bool:
        """So like strangers' shapes that nothing is recognised by it."""
        is_like_others = self.distinctiveness < 1 - thresholds.PLAIN_MARGIN
        return self.distinctiveness < 1 - thresholds.MAX_MARGIN or (is_like_others and self.smallest_width_px is None)

    @property
    def is_weak(self) -> bool:
        """Not plain, but so near to it that a finding should not rest on it alone."""
        is_shared = self.strangers >= thresholds.PLAIN_STRANGERS
        return not self.is_plain and (is_shared or self.distinctiveness < 1 - thresholds.WEAK_MARGIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandCheck:
    """Measurements, what should be mended, and what might be added."""

    logos: tuple[LogoCheck, ...]
    problems: tuple[Problem, ...]
    suggestions: tuple[str, ...]


def check_brands(
    brands: Sequence[Brand],
    chosen: Sequence[str],
    *,
    folder: Path,
    today: dt.date,
    on_logo: Callable[[], None] = lambda: None,
) -> BrandCheck:
    """Check the chosen brands among all brands of a workspace. folder: where the brands' folders lie."""
    matcher = LogoMatcher([logo for brand in brands for logo in brand.logos])
    distinctiveness, strangers = matcher.measure_distinctiveness(), matcher.count_strangers()
    by_id = {logo.official_logo_id: logo for brand in brands for logo in brand.logos}
    checks, problems, suggestions = list[LogoCheck](), list[Problem](), list[str]()
    for brand in brands:
        if brand.slug not in chosen:
            continue
        for logo in brand.logos:
            check = LogoCheck(
                brand=brand.slug,
                file=logo.file,
                official_logo_id=logo.official_logo_id,
                variant=logo.variant,
                distinctiveness=round(distinctiveness[logo.official_logo_id], 3),
                strangers=strangers[logo.official_logo_id],
                neighbour=_find_neighbour(matcher, logo, by_id),
                smallest_width_px=measure_smallest_width(matcher, logo),
            )
            checks.append(check)
            problems += _judge_logo(check, logo)
            on_logo()
        problems += [*_find_equal_files(folder / brand.slug), *_find_same_drawings(brand), *_judge_dates(brand, today)]
        suggestions += _suggest(brand, [check for check in checks if check.brand == brand.slug], today)
    return BrandCheck(logos=tuple(checks), problems=tuple(problems), suggestions=tuple(suggestions))


def _find_neighbour(
    matcher: LogoMatcher, logo: OfficialLogo, by_id: dict[OfficialLogoId, OfficialLogo]
) -> Neighbour | None:
    scores = {
        OfficialLogoId(official_logo_id): score
        for official_logo_id, score in matcher.score_logos(logo.content).items()
        if by_id[OfficialLogoId(official_logo_id)].brand != logo.brand
    }
    if not scores:
        return None
    nearest = max(scores, key=lambda official_logo_id: scores[official_logo_id])
    other = by_id[nearest]
    return Neighbour(brand=other.brand, file=other.file, score=round(scores[nearest], 4))


def _judge_logo(check: LogoCheck, logo: OfficialLogo) -> list[Problem]:
    where, problems = f"{check.brand}/logos/{check.file}", list[Problem]()
    if check.is_plain:
        problems.append(
            Problem(
                where=where,
                expected="a drawing that strangers' marks do not resemble",
                got="a plain shape (ring, disc, square, bar, letter): nothing is recognised by it",
                next_step="leave it, it does no harm; findings need a logo with more of its own, such as its wordmark",
            )
        )
    elif check.smallest_width_px is None:
        problems.append(
            Problem(
                where=where,
                expected=f"a drawing that is recognised on plain ground at {WIDTHS_PX[0]} px or as it is",
                got="one that is not",
                next_step="export it again: thin or pale lines vanish, and a page of a guide shows more than a logo",
            )
        )
    if check.neighbour is not None and check.neighbour.score >= thresholds.ACCEPT_SCORE:
        other = check.neighbour
        problems.append(
            Problem(
                where=where,
                expected="a drawing of this brand only",
                got=f"one that is taken for {other.brand}/{other.file} (score {other.score:.2f})",
                next_step="remove what belongs to the other brand, or expect findings for both",
            )
        )
    reading = read_file_name(logo.file)
    if reading.is_called_old and logo.valid_until is None:
        problems.append(
            Problem(
                where=where,
                expected="the date on which it was retired, as its name calls it old",
                got="none",
                next_step=f'write [[logo]] file = "{logo.file}" valid_until = 2021-03-01 into brand.toml',
            )
        )
    return problems


def _find_equal_files(folder: Path) -> list[Problem]:
    """Files of the same bytes: only the first counts, so what brand.toml says of another one is lost."""
    first: dict[str, str] = {}
    problems = []
    for path in official_files(folder / "logos"):
        name = path.relative_to(folder / "logos").as_posix()
        earlier = first.setdefault(sha256_hex(path.read_bytes()), name)
        if earlier != name:
            problems.append(_twice(folder.name, name, f"the bytes of {earlier} again"))
    return problems


def _find_same_drawings(brand: Brand) -> list[Problem]:
    thumbnails = [_thumbnail(logo) for logo in brand.logos]
    problems = []
    for number, (logo, mine) in enumerate(zip(brand.logos, thumbnails, strict=True)):
        for earlier, other in zip(brand.logos[:number], thumbnails, strict=False):
            is_alike = float(np.abs(mine.levels - other.levels).mean()) < _SAME_LEVELS
            if is_alike and abs(mine.log_aspect - other.log_aspect) < _SAME_ASPECT:
                problems.append(_twice(brand.slug, logo.file, f"the drawing of {earlier.file} again"))
                break
    return problems


def _twice(brand: str, file: str, got: str) -> Problem:
    return Problem(
        where=f"{brand}/logos/{file}",
        expected="each drawing once",
        got=got,
        next_step="remove one of the two; of equal logos any may be named in a finding",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Thumbnail:
    levels: np.ndarray  # float32 (48, 48, 3)
    log_aspect: float


def _thumbnail(logo: OfficialLogo) -> _Thumbnail:
    drawing = draw_on_ground(logo)
    small = cv2.resize(drawing, (_THUMBNAIL_PX, _THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    return _Thumbnail(levels=small.astype(np.float32), log_aspect=float(np.log(drawing.shape[1] / drawing.shape[0])))


def _judge_dates(brand: Brand, today: dt.date) -> list[Problem]:
    if _current(brand, today):
        return []
    return [
        Problem(
            where=f"{brand.slug}/logos",
            expected=f"a logo that is valid on {today}",
            got="retired ones only",
            next_step="add the current logo, or correct valid_until in brand.toml",
        )
    ]


def _current(brand: Brand, today: dt.date) -> list[OfficialLogo]:
    return [logo for logo in brand.logos if logo.valid_until is None or logo.valid_until > today]


def _suggest(brand: Brand, checks: Sequence[LogoCheck], today: dt.date) -> list[str]:
    suggestions = _suggest_drawings(brand, today)
    for check in checks:
        if check.is_weak:
            suggestions.append(
                f"{brand.slug}/logos/{check.file}: nearly a plain shape (distinct {check.distinctiveness:.2f}, "
                f"{check.strangers} unrelated drawings as much like it): a stranger's ring, frame or badge may be taken for it; "
                "look twice at a finding that rests on it alone; with two or more of them it is a match only in its colours and shown large"
            )
        other = check.neighbour
        if other is not None and thresholds.PERHAPS_SCORE <= other.score < thresholds.ACCEPT_SCORE:
            suggestions.append(
                f"{brand.slug}/logos/{check.file}: resembles {other.brand}/{other.file} (score {other.score:.2f}); pictures of one "
                "may be listed as perhaps of the other"
            )
    return suggestions


def _suggest_drawings(brand: Brand, today: dt.date) -> list[str]:
    """What is missing, and what is not found without it."""
    current = _current(brand, today)
    suggestions = []
    if current and not any(_is_icon(logo) for logo in current):
        suggestions.append(
            f"{brand.slug}: every current logo has a name beside its icon; add the icon as a file of its own, since pages that show it "
            "alone are not found by the whole"
        )
    present = {logo.variant for logo in current}
    missing = [variant for variant in WANTED if variant not in present]
    if missing:
        suggestions.append(f"{brand.slug}: no logo is {', '.join(missing)}; add such drawings if the brand has them")
    if all(logo.valid_until is None for logo in brand.logos):
        suggestions.append(
            f"{brand.slug}: no logo is retired; add earlier drawings with the dates of their validity, since pages keep them for years"
        )
    return suggestions


def _is_icon(logo: OfficialLogo) -> bool:
    if logo.variant is LogoVariant.ICON:
        return True
    templates = describe_mark(logo.content)
    return not isinstance(templates, Refusal) and abs(templates[0].features.log_aspect) <= math.log(_ICON_ASPECT)
