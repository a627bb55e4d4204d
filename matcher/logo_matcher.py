"""Recognises official logos in an image: the library's front door, without a database.

1. Decode the image, or refuse it.
2. Find the regions in it that may be a logo.
3. Hash each region and take its features.
4. Short-list official templates by Hamming distance, compare the descriptors of those.
5. Lay the best regions on their drawings and score them anew (alignment.py).
6. Report the best region of each brand that reaches thresholds.ACCEPT_SCORE; apart from these, of each further brand
   that reaches thresholds.PERHAPS_SCORE.
"""

from __future__ import annotations

import collections
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ledger.errors import BadInputError, Problem
from ledger.vocabulary import MatchStrength, RefusalReason
from matcher import thresholds
from matcher.brands.logo_folder import read_logo_folder
from matcher.brands.official_logos import OfficialLogo
from matcher.decoding.decode import Picture, decode_image
from matcher.decoding.refusals import Refusal, refuse_blank
from matcher.looking.alignment import Alignment, Pair, align_all
from matcher.looking.appearance import see_appearance
from matcher.looking.cohort import load_cohort
from matcher.looking.compare import ScoreTable, Template, TemplateSet
from matcher.looking.features import Features, extract_all
from matcher.looking.hashes import LogoHash, RegionHashes, distance_bits, hash_all
from matcher.looking.normalize import Flattened, extract_ink, flatten_on_all
from matcher.looking.regions import Box, Region, find_regions
from matcher.looking.templates import describe_mark
from matcher.looking.transform import Transform, measure_transform
from matcher.recognition import LogoMatch, Recognition, RegionHash

__all__ = ["METHOD", "LogoMatch", "LogoMatcher", "Recognition", "RegionHash"]

METHOD = "edge-hash+lda"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    """A decoded image with its regions and their features, in the same order. flat: as it is looked at first."""

    picture: Picture
    flat: Flattened
    regions: list[Region]
    features: list[Features]

    def is_whole(self, index: int) -> bool:
        return self.regions[index].box == self.regions[0].box

    def is_in_passing(self, index: int) -> bool:
        """Whether a region is so small a part of a photograph that what it shows was not put there to be seen."""
        box, (height, width) = self.regions[index].box, self.picture.pixels.shape[:2]
        if box.width * box.height >= thresholds.PASSING_SHARE * width * height:
            return False
        return self.flat.backgrounds[0].share < thresholds.PHOTO_RING_SHARE

    def source_box(self, index: int) -> Box:
        picture = self.picture
        return self.regions[index].box.scaled_to_source(picture.scale, picture.width_px, picture.height_px)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidate:
    """A region laid on a template, both by their numbers. strangers: how many of the cohort are as much like it.
    isolation: of the region. attained: under 1 for a tiny part of a picture, of which there are many. is_in_passing: a tiny part
    of a photograph, such as the mark on a machine."""

    template: int
    region: int
    alignment: Alignment
    strangers: int
    isolation: float
    attained: float
    is_in_passing: bool

    @property
    def score(self) -> float:
        common = thresholds.STRANGERS_WEIGHT * math.log10(1 + self.strangers)
        crowded = thresholds.ISOLATION_WEIGHT * max(0.0, 1 - self.isolation / thresholds.FULL_ISOLATION)
        return max(-1.0, self.alignment.score * self.attained - common - crowded)

    @property
    def strength(self) -> MatchStrength:
        is_sure = self.score >= thresholds.ACCEPT_SCORE and not self.is_in_passing
        return MatchStrength.MATCH if is_sure else MatchStrength.PERHAPS


class LogoMatcher:
    """Official logos, ready to be looked for. Never changes after it was made, so threads may share one."""

    def __init__(self, logos: Sequence[OfficialLogo]) -> None:
        """Raises BadInputError naming every logo that cannot be decoded or is blank."""
        problems, templates, owners = list[Problem](), list[Template](), list[OfficialLogo]()
        for logo in logos:
            marks = describe_mark(logo.content)
            if isinstance(marks, Refusal):
                problems.append(
                    _problem(
                        f"{logo.brand}/{logo.file}",
                        "a picture of a logo",
                        str(marks),
                        "export it again as SVG or PNG",
                    )
                )
                continue
            templates += marks
            owners += [logo] * len(marks)
        if not logos:
            problems.append(_problem("logos", "one official logo at least", "none", "add SVG or PNG files"))
        if problems:
            raise BadInputError(problems)
        self._owners = owners
        self._templates = templates
        self._set = TemplateSet(templates)
        self._phashes: list[LogoHash] = [h.phash for h in hash_all([template.features for template in templates])]
        self._set_id = logo_set_id(logos)

    @classmethod
    def from_directory(cls, directory: str | Path) -> LogoMatcher:
        """Matcher of a folder: brand folders with or without a brand.toml, or plain pictures (brand = file
        name)."""
        return cls(read_logo_folder(Path(directory)))

    @property
    def set_id(self) -> str:
        """Names the official set and the version of this room: equal ids give equal results."""
        return self._set_id

    def measure_distinctiveness(self) -> dict[str, float]:
        """How far each official logo (by official_logo_id) stands out from drawings that are nobody's: 0..1.

        Under 1 - thresholds.MAX_MARGIN a logo is a plain shape, and nothing is ever recognised by it.
        """
        best: dict[str, float] = {}
        for owner, margin in zip(self._owners, self._set.margins.tolist(), strict=True):
            best[owner.official_logo_id] = max(1 - margin, best.get(owner.official_logo_id, 0.0))
        return best

    def count_strangers(self) -> dict[str, int]:
        """Of the cohort's drawings that are nobody's, how many are so much like each official logo (by official_logo_id)
        that they would be taken for it but for the closer look."""
        most: dict[str, int] = {}
        for owner, template in zip(self._owners, self._templates, strict=True):
            if template.largest_px is None:
                count = template.count_strangers(thresholds.ACCEPT_SCORE)
                most[owner.official_logo_id] = max(count, most.get(owner.official_logo_id, 0))
        return most

    def match(self, source: str | Path | bytes) -> Recognition:
        """What an image shows. source: a path, or the bytes of an image file."""
        look = _look_at(source)
        if isinstance(look, Refusal):
            return Recognition(refusal=look, width_px=None, height_px=None, format=None, hashes=(), matches=())
        refusal = None
        if not look.regions:
            refusal = refuse_blank(_plain_ink(look.flat)) or Refusal(
                reason=RefusalReason.TOO_SMALL, detail="what is drawn is only a few pixels"
            )
        hashes = hash_all(look.features[: thresholds.MAX_STORED_HASHES])
        found = self._find_matches(look, hashes) if look.regions else ()
        return Recognition(
            refusal=refusal,
            width_px=look.picture.width_px,
            height_px=look.picture.height_px,
            format=look.picture.format,
            hashes=_place_hashes(hashes, look),
            matches=tuple(match for match in found if match.strength is MatchStrength.MATCH),
            perhaps=tuple(match for match in found if match.strength is MatchStrength.PERHAPS),
        )

    def best_scores(self, source: str | Path | bytes) -> dict[str, float]:
        """Best score of every brand that was compared, however low; empty for a refused image."""
        return self._best_scores(source, [owner.brand for owner in self._owners])

    def score_logos(self, source: str | Path | bytes) -> dict[str, float]:
        """Best score of every official logo (by official_logo_id) that was compared, however low; empty for a refused
        image."""
        return self._best_scores(source, [owner.official_logo_id for owner in self._owners])

    def _best_scores(self, source: str | Path | bytes, names: Sequence[str]) -> dict[str, float]:
        """Best score of the templates of each name."""
        look = _look_at(source)
        if isinstance(look, Refusal) or not look.regions:
            return {}
        comparison = self._set.compare(look.features)
        # what is not looked at closer stays under what is
        first = np.minimum(comparison.scores.max(axis=0), thresholds.LOOK_CLOSER_SCORE).tolist()
        closer = [(one.template, one.score) for one in self._look_closer(look, comparison)]
        best: dict[str, float] = {}
        for template, score in (*enumerate(first), *closer):
            best[names[template]] = max(score, best.get(names[template], -1.0))
        return {name: score for name, score in best.items() if score > -1}

    def _look_closer(self, look: _Look, comparison: ScoreTable) -> list[_Candidate]:
        """The best regions of the best drawings, laid on them: first the best drawing of each official logo, then, of logos
        that are not sure by it, the second best."""
        best = comparison.scores.max(axis=0)
        candidates = list[_Candidate]()
        sure = set[str]()
        for chosen in self._choose_drawings(best):
            left = [one for one in chosen if self._owners[one].official_logo_id not in sure]
            candidates += self._lay_on(look, comparison, left)
            sure = {
                self._owners[one.template].official_logo_id for one in candidates if one.score >= thresholds.SURE_SCORE
            }
        return candidates

    def _lay_on(self, look: _Look, comparison: ScoreTable, chosen: Sequence[int]) -> list[_Candidate]:
        """The best region of each chosen template, laid on it."""
        regions = [int(comparison.scores[:, template].argmax()) for template in chosen]
        pairs = [
            Pair(
                template=self._templates[template],
                region=look.features[region],
                descriptor=comparison.descriptors[region],
            )
            for template, region in zip(chosen, regions, strict=True)
        ]
        return [
            _Candidate(
                template=template,
                region=region,
                alignment=alignment,
                strangers=self._templates[template].count_strangers(float(comparison.scores[region, template])),
                isolation=look.regions[region].isolation,
                attained=1.0 if look.is_whole(region) else self._templates[template].attainable,
                is_in_passing=look.is_in_passing(region),
            )
            for template, region, alignment in zip(chosen, regions, align_all(pairs), strict=True)
        ]

    def _choose_drawings(self, best: np.ndarray) -> list[list[int]]:
        """The few templates that are looked at closer, best first: in turn the best of each official logo, the second of
        each. best: first score of each template."""
        looks: collections.Counter[str] = collections.Counter()
        turns = [list[int]() for _ in range(thresholds.CLOSER_LOOKS_A_LOGO)]
        likely = np.flatnonzero(best >= thresholds.LOOK_CLOSER_SCORE)
        for template in likely[np.argsort(-best[likely], kind="stable")].tolist():
            logo = self._owners[template].official_logo_id
            looks[logo] += 1
            if looks[logo] <= thresholds.CLOSER_LOOKS_A_LOGO:
                turns[looks[logo] - 1].append(template)
        return [turn[: thresholds.MAX_CLOSER_LOOKS] for turn in turns]

    def _find_matches(self, look: _Look, hashes: Sequence[RegionHashes]) -> tuple[LogoMatch, ...]:
        """hashes: of the first regions."""
        comparison = self._set.compare(look.features)
        of_brand: dict[str, list[_Candidate]] = {}
        for candidate in _fullest_first(self._look_closer(look, comparison), look):
            of_brand.setdefault(self._owners[candidate.template].brand, []).append(candidate)
        matches = []
        for brand, candidates in of_brand.items():
            candidate, transform = self._choose_by_colour(look, candidates)
            owner, region = self._owners[candidate.template], candidate.region
            found = hashes[region] if region < len(hashes) else hash_all([look.features[region]])[0]
            matches.append(
                LogoMatch(
                    brand=brand,
                    official_logo_id=owner.official_logo_id,
                    official_logo=owner.file,
                    method=METHOD,
                    score=round(candidate.score, 4),  # the last bits depend on how the processor adds up
                    distance_bits=int(comparison.distances[region, candidate.template]),
                    phash_distance_bits=distance_bits(found.phash, self._phashes[candidate.template]),
                    region=look.source_box(region),
                    transform=transform,
                    strangers=candidate.strangers,
                    strangers_compared=len(load_cohort().strangers.log_aspects),
                    strength=candidate.strength,
                )
            )
        return tuple(matches)

    def _choose_by_colour(self, look: _Look, candidates: Sequence[_Candidate]) -> tuple[_Candidate, Transform]:
        """The first of a brand's candidates, or one as good on the same region whose colours are nearer: scores know no
        colour, so the white file of a drawing does as well as the coloured one."""
        first = candidates[0]
        equals = [
            one
            for one in candidates
            if one.region == first.region
            and one.strength is first.strength  # a match must not become a perhaps for its colours
            and one.score >= first.score - thresholds.EQUAL_SCORES
        ]
        measured = [(one, self._measure_transform(look, one)) for one in equals]
        return min(measured, key=lambda pair: pair[1].colour_difference)

    def _measure_transform(self, look: _Look, candidate: _Candidate) -> Transform:
        picture, region = look.picture, look.regions[candidate.region]
        box, features = region.box, look.features[candidate.region]
        seen = see_appearance(
            picture.pixels[box.y : box.y + box.height, box.x : box.x + box.width],
            look.flat.ground,
            features.square,
            (box.width / picture.scale, box.height / picture.scale),
        )
        return measure_transform(self._templates[candidate.template], features, seen, candidate.alignment)


def logo_set_id(logos: Sequence[OfficialLogo]) -> str:
    """Name of a set of official logos and the version of this room: equal ids give equal results."""
    ids = sorted({logo.official_logo_id for logo in logos})
    return hashlib.sha256("\n".join([thresholds.MATCHER_VERSION, *ids]).encode()).hexdigest()[:32]


def _fullest_first(candidates: Sequence[_Candidate], look: _Look) -> list[_Candidate]:
    """Matches, best first, then those that perhaps are there; of nearly equal scores the one that explains more of the
    image: of a mark with its wordmark the lock-up, not the icon in it."""
    areas = [region.box.width * region.box.height for region in look.regions]
    kept = [one for one in candidates if one.score >= thresholds.PERHAPS_SCORE]
    fullness = thresholds.FULLNESS_BONUS / max(areas, default=1)
    return sorted(
        kept, key=lambda one: (one.strength is MatchStrength.PERHAPS, -one.score - fullness * areas[one.region])
    )


def _look_at(source: str | Path | bytes) -> _Look | Refusal:
    content = source if isinstance(source, bytes) else _read(Path(source))
    picture = decode_image(content)
    if isinstance(picture, Refusal):
        return picture
    flats = flatten_on_all(picture.pixels)
    regions = find_regions(flats)
    return _Look(
        picture=picture, flat=flats[0], regions=regions, features=extract_all([region.ink for region in regions])
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(thresholds.MAX_BYTES + 1)
    except OSError as e:
        raise BadInputError(_problem(str(path), "an image file", e.strerror or str(e), "check the path")) from e


def _plain_ink(flat: Flattened) -> np.ndarray:
    return extract_ink(flat.rgb, flat.backgrounds[0].colour)


def _place_hashes(hashes: Sequence[RegionHashes], look: _Look) -> tuple[RegionHash, ...]:
    return tuple(
        RegionHash(box=look.source_box(index), phash=h.phash, dhash=h.dhash, edge=h.edge)
        for index, h in enumerate(hashes)
    )


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=next_step)
