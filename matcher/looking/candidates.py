"""Which regions of an image are likely to show which official drawings, ranked: the likely ones are laid on their drawings.

1. Of the templates that a region resembles, the best of each official logo is laid first, then, of logos that are not sure by it,
   the second best.
2. A candidate's score counts against it how many strangers are as much like the drawing, how crowded the region is, and how far
   its colours are from the official ones.
3. Of a brand's candidates the fullest comes first; of equally good ones on one region the one whose colours are nearer.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ledger.vocabulary import PerhapsReason
from matcher import thresholds
from matcher.decoding.decode import Picture
from matcher.looking.alignment import Alignment, Pair, align_all
from matcher.looking.appearance import see_appearance
from matcher.looking.compare import ScoreTable, Template
from matcher.looking.features import Features
from matcher.looking.normalize import Flattened
from matcher.looking.picture_box import Box
from matcher.looking.plainness import is_backed, is_plain
from matcher.looking.regions import Region
from matcher.looking.transform import Transform, measure_transform


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenImage:
    """A decoded image with its regions and their features, in the same order. flat: as it is looked at first."""

    picture: Picture
    flat: Flattened
    regions: list[Region]
    features: list[Features]

    def is_whole(self, index: int) -> bool:
        return self.regions[index].box == self.regions[0].box

    def measure_share(self, index: int) -> float:
        """A region's share of the picture's area, 0..1; 1 for all that the picture shows."""
        box, (height, width) = self.regions[index].box, self.picture.pixels.shape[:2]
        return 1.0 if self.is_whole(index) else box.width * box.height / (width * height)

    def is_in_passing(self, index: int) -> bool:
        """Whether a region is so small a part of a photograph that what it shows was not put there to be seen."""
        if self.measure_share(index) >= thresholds.PASSING_SHARE:
            return False
        return self.flat.backgrounds[0].share < thresholds.PHOTO_RING_SHARE

    def source_box(self, index: int) -> Box:
        picture = self.picture
        return self.regions[index].box.scaled_to_source(picture.scale, picture.width_px, picture.height_px)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A region laid on a template, both by their numbers. strangers: how many of the cohort are as much like it.
    isolation: of the region. attained: under 1 for a tiny part of a picture, of which there are many. is_in_passing: a tiny part
    of a photograph, such as the mark on a machine. is_unbacked: a plain mark for which nothing else speaks. transform: None if its score is hopeless, whatever its colours are."""

    template: int
    region: int
    alignment: Alignment
    strangers: int
    isolation: float
    attained: float
    is_in_passing: bool
    is_unbacked: bool
    transform: Transform | None

    @property
    def score(self) -> float:
        common = thresholds.STRANGERS_WEIGHT * math.log10(1 + self.strangers)
        crowded = thresholds.ISOLATION_WEIGHT * max(0.0, 1 - self.isolation / thresholds.FULL_ISOLATION)
        recoloured = thresholds.RECOLOURED_WEIGHT * self._recoloured_share
        return max(-1.0, self.alignment.score * self.attained - common - crowded - recoloured)

    @property
    def _recoloured_share(self) -> float:
        """0 in the official colours, 1 in quite different ones."""
        if self.transform is None:
            return 1.0
        low, high = thresholds.SAME_COLOUR_DIFFERENCE, thresholds.OTHER_COLOUR_DIFFERENCE
        return min(1.0, max(0.0, (self.transform.colour_difference - low) / (high - low)))

    @property
    def why_perhaps(self) -> PerhapsReason | None:
        """Why it is no match by what is known of it alone; None for a match."""
        if self.score < thresholds.ACCEPT_SCORE:
            return PerhapsReason.LOW_SCORE
        if self.is_unbacked:
            return PerhapsReason.PLAIN
        return PerhapsReason.IN_PASSING if self.is_in_passing else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """The templates of an official set, each with the official logo that it stands for, in the same order."""

    templates: Sequence[Template]
    logo_ids: Sequence[str]

    def look_closer(self, image: SeenImage, comparison: ScoreTable, laid: Sequence[Candidate] = ()) -> list[Candidate]:
        """The best regions of the best drawings, laid on them: first the best drawing of each official logo, then, of logos
        that are not sure by it, the second best. laid: what an earlier look at the same image has laid already."""
        known = {(candidate.template, candidate.region): candidate.alignment for candidate in laid}
        best = comparison.scores.max(axis=0)
        candidates = list[Candidate]()
        sure = set[str]()
        for chosen in self._choose_drawings(best):
            unsure = [template for template in chosen if self.logo_ids[template] not in sure]
            candidates += self._lay_on(image, comparison, unsure, known)
            sure = {
                self.logo_ids[candidate.template]
                for candidate in candidates
                if candidate.score >= thresholds.SURE_SCORE
            }
        return candidates

    def _lay_on(
        self,
        image: SeenImage,
        comparison: ScoreTable,
        chosen: Sequence[int],
        known: Mapping[tuple[int, int], Alignment],
    ) -> list[Candidate]:
        """The best region of each chosen template, laid on it. known: by template and region."""
        regions = [int(comparison.scores[:, template].argmax()) for template in chosen]
        places = list(zip(chosen, regions, strict=True))
        new = [place for place in places if place not in known]
        pairs = [
            Pair(
                template=self.templates[template],
                region=image.features[region],
                descriptor=comparison.descriptors[region],
            )
            for template, region in new
        ]
        alignments = {**known, **dict(zip(new, align_all(pairs), strict=True))}
        return [
            self._make_candidate(image, comparison, template, region, alignments[template, region])
            for template, region in places
        ]

    def _make_candidate(
        self, image: SeenImage, comparison: ScoreTable, number: int, region: int, alignment: Alignment
    ) -> Candidate:
        template = self.templates[number]
        transform = self._measure_transform(image, template, region, alignment)
        return Candidate(
            template=number,
            region=region,
            alignment=alignment,
            strangers=template.count_strangers(float(comparison.scores[region, number])),
            isolation=image.regions[region].isolation,
            attained=1.0 if image.is_whole(region) else template.attainable,
            is_in_passing=image.is_in_passing(region),
            is_unbacked=is_plain(template) and not is_backed(template, transform, image.measure_share(region)),
            transform=transform,
        )

    def _choose_drawings(self, best: np.ndarray) -> list[list[int]]:
        """The few templates that are looked at closer, best first: in turn the best of each official logo, the second of
        each. best: first score of each template."""
        looks: collections.Counter[str] = collections.Counter()
        turns = [list[int]() for _ in range(thresholds.CLOSER_LOOKS_A_LOGO)]
        likely = np.flatnonzero(best >= thresholds.LOOK_CLOSER_SCORE)
        for template in likely[np.argsort(-best[likely], kind="stable")].tolist():
            logo = self.logo_ids[template]
            looks[logo] += 1
            if looks[logo] <= thresholds.CLOSER_LOOKS_A_LOGO:
                turns[looks[logo] - 1].append(template)
        return [turn[: thresholds.MAX_CLOSER_LOOKS] for turn in turns]

    def choose_by_colour(self, image: SeenImage, candidates: Sequence[Candidate]) -> Candidate:
        """The first of a brand's candidates, or one as good on the same region whose colours are nearer: scores know no
        colour, so the white file of a drawing does as well as the coloured one."""
        first = candidates[0]
        equals = [
            candidate
            for candidate in candidates
            if candidate.region == first.region
            and candidate.why_perhaps is first.why_perhaps  # a match must not become a perhaps for its colours
            and candidate.score >= first.score - thresholds.EQUAL_SCORES
        ]
        return min(
            equals, key=lambda candidate: candidate.transform.colour_difference if candidate.transform else math.inf
        )

    def _measure_transform(
        self, image: SeenImage, template: Template, index: int, alignment: Alignment
    ) -> Transform | None:
        if alignment.score < thresholds.PERHAPS_SCORE:
            return None
        picture, box, features = image.picture, image.regions[index].box, image.features[index]
        seen = see_appearance(
            picture.pixels[box.y : box.y + box.height, box.x : box.x + box.width],
            image.flat.ground,
            features.square,
            (box.width / picture.scale, box.height / picture.scale),
        )
        return measure_transform(template, features, seen, alignment)


def fullest_first(candidates: Sequence[Candidate], image: SeenImage) -> list[Candidate]:
    """Matches, best first, then those that perhaps are there; of nearly equal scores the one that explains more of the
    image: of a mark with its wordmark the lock-up, not the icon in it."""
    areas = [region.box.width * region.box.height for region in image.regions]
    likely = [candidate for candidate in candidates if candidate.score >= thresholds.PERHAPS_SCORE]
    fullness = thresholds.FULLNESS_BONUS / max(areas, default=1)
    return sorted(likely, key=lambda each: (each.why_perhaps is not None, -each.score - fullness * areas[each.region]))
