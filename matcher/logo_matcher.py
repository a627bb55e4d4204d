"""Recognises official logos in an image: the library's front door, without a database.

1. Decode the image, or refuse it; of an animation every frame that shows something else (steps 2 to 6 for each).
2. Find the regions in it that may be a logo.
3. Hash each region and take its features.
4. Short-list official templates by Hamming distance, compare the descriptors of those.
5. Lay the best regions on their drawings and score them anew (alignment.py).
6. Report the best region of each brand that reaches thresholds.ACCEPT_SCORE; apart from these, of each further brand
   that reaches thresholds.PERHAPS_SCORE. A match that lies in a better one of another brand is a perhaps (nesting.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ledger.errors import BadInputError, Problem
from ledger.typed_texts import OfficialLogoId
from ledger.vocabulary import MatchStrength, RefusalReason
from matcher import thresholds
from matcher.brands.logo_folder import read_logo_folder
from matcher.brands.official_logos import OfficialLogo
from matcher.decoding.decode import Picture, decode_pictures
from matcher.decoding.refusals import Refusal, refuse_blank
from matcher.looking.candidates import Candidate, Ranking, SeenImage, fullest_first
from matcher.looking.chosen_descriptor import chosen_descriptor
from matcher.looking.compare import Template, TemplateSet
from matcher.looking.features import extract_all
from matcher.looking.hashes import LogoHash, RegionHashes, distance_bits, hash_all
from matcher.looking.normalize import Flattened, extract_ink, flatten_on_all
from matcher.looking.regions import find_regions
from matcher.looking.templates import describe_mark
from matcher.nesting import doubt_inner_matches
from matcher.recognition import LogoMatch, Recognition, RegionHash

__all__ = ["LogoMatch", "LogoMatcher", "Recognition", "RegionHash"]


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
        self._ranking = Ranking(templates=templates, logo_ids=[owner.official_logo_id for owner in owners])
        self._phashes: list[LogoHash] = [h.phash for h in hash_all([template.features for template in templates])]
        self._set_id = logo_set_id(logos)
        self._contents = {logo.official_logo_id: logo.content for logo in logos}
        self._shown_brands = dict[OfficialLogoId, frozenset[str]]()  # filled when first asked; by whom does not matter

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
                count = template.count_strangers(thresholds.LOOK_ALIKE_SCORE)
                most[owner.official_logo_id] = max(count, most.get(owner.official_logo_id, 0))
        return most

    def match(self, source: str | Path | bytes) -> Recognition:
        """What an image shows. source: a path, or the bytes of an image file."""
        looks = _look_at(source)
        if isinstance(looks, Refusal):
            return Recognition(refusal=looks, width_px=None, height_px=None, format=None, hashes=(), matches=())
        hashed = [hash_all(look.features[: thresholds.MAX_STORED_HASHES]) for look in looks.images]
        found = _best_of_brands(
            match
            for look, hashes in zip(looks.images, hashed, strict=True)
            if look.regions
            for match in doubt_inner_matches(self._find_matches(look, hashes), self._shows)
        )
        first = looks.images[0]
        return Recognition(
            refusal=None if found else looks.refusal,
            width_px=first.picture.width_px,
            height_px=first.picture.height_px,
            format=first.picture.format,
            hashes=tuple(
                placed
                for look, hashes in zip(looks.images, hashed, strict=True)
                for placed in _place_hashes(hashes, look)
            )[: thresholds.MAX_STORED_HASHES],
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
        looks = _look_at(source)
        best: dict[str, float] = {}
        for look in () if isinstance(looks, Refusal) else looks.images:
            if not look.regions:
                continue
            comparison = self._set.compare(look.features)
            # what is not looked at closer stays under what is
            first = np.minimum(comparison.scores.max(axis=0), thresholds.LOOK_CLOSER_SCORE).tolist()
            closer = [(laid.template, laid.score) for laid in self._ranking.look_closer(look, comparison)]
            for template, score in (*enumerate(first), *closer):
                best[names[template]] = max(score, best.get(names[template], -1.0))
        return {name: score for name, score in best.items() if score > -1}

    def _find_matches(self, look: SeenImage, hashes: Sequence[RegionHashes]) -> tuple[LogoMatch, ...]:
        """hashes: of the first regions."""
        comparison = self._set.compare(look.features)
        of_brand: dict[str, list[Candidate]] = {}
        for candidate in fullest_first(self._ranking.look_closer(look, comparison), look):
            of_brand.setdefault(self._owners[candidate.template].brand, []).append(candidate)
        matches = []
        for brand, candidates in of_brand.items():
            candidate = self._ranking.choose_by_colour(look, candidates)
            owner, region = self._owners[candidate.template], candidate.region
            if candidate.transform is None:
                continue  # never: what may be a match has been measured
            found = hashes[region] if region < len(hashes) else hash_all([look.features[region]])[0]
            matches.append(
                LogoMatch(
                    brand=brand,
                    official_logo_id=owner.official_logo_id,
                    official_logo=owner.file,
                    method=f"edge-hash+{chosen_descriptor().name}",
                    score=round(candidate.score, 4),  # the last bits depend on how the processor adds up
                    distance_bits=int(comparison.distances[region, candidate.template]),
                    phash_distance_bits=distance_bits(found.phash, self._phashes[candidate.template]),
                    region=look.source_box(region),
                    transform=replace(candidate.transform, frame=look.picture.frame),
                    strangers=candidate.strangers,
                    strangers_compared=len(chosen_descriptor().strangers.log_aspects),
                    why_perhaps=candidate.why_perhaps,
                )
            )
        return tuple(matches)

    def _shows(self, official_logo_id: OfficialLogoId, brand: str) -> bool:
        """Whether an official logo's own drawing shows a brand: a product's lock-up holds its maker's logo."""
        shown = self._shown_brands.get(official_logo_id)
        if shown is None:
            looks = _look_at(self._contents[official_logo_id])
            images = () if isinstance(looks, Refusal) else [look for look in looks.images if look.regions]
            found = [match for look in images for match in self._find_matches(look, ())]
            shown = frozenset(match.brand for match in found if match.score >= thresholds.ACCEPT_SCORE)
            self._shown_brands[official_logo_id] = shown
        return brand in shown


def logo_set_id(logos: Sequence[OfficialLogo]) -> str:
    """Name of a set of official logos and the version of this room: equal ids give equal results."""
    ids = sorted({logo.official_logo_id for logo in logos})
    return hashlib.sha256("\n".join([thresholds.MATCHER_VERSION, *ids]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Looks:
    """What an image shows, one after the other; refusal: why it says nothing where nothing is found in it."""

    images: tuple[SeenImage, ...]
    refusal: Refusal | None


def _look_at(source: str | Path | bytes) -> _Looks | Refusal:
    content = source if isinstance(source, bytes) else _read(Path(source))
    decoded = decode_pictures(content)
    if isinstance(decoded, Refusal):
        return decoded
    images = tuple(map(_see, decoded.pictures))
    return _Looks(images=images, refusal=_refuse_empty(images) or decoded.unread)


def _see(picture: Picture) -> SeenImage:
    flats = flatten_on_all(picture.pixels)
    regions = find_regions(flats)
    return SeenImage(
        picture=picture, flat=flats[0], regions=regions, features=extract_all([region.ink for region in regions])
    )


def _refuse_empty(images: Sequence[SeenImage]) -> Refusal | None:
    """Refusal where no frame shows anything."""
    if any(image.regions for image in images):
        return None
    return refuse_blank(_plain_ink(images[0].flat)) or Refusal(
        reason=RefusalReason.TOO_SMALL, detail="what is drawn is only a few pixels"
    )


def _best_of_brands(matches: Iterable[LogoMatch]) -> list[LogoMatch]:
    """Of each brand the frame that shows it best, in order of the frames."""
    best: dict[str, LogoMatch] = {}
    for match in matches:
        known = best.get(match.brand)
        if known is None or (match.strength is MatchStrength.MATCH, match.score) > (
            known.strength is MatchStrength.MATCH,
            known.score,
        ):
            best[match.brand] = match
    return list(best.values())


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(thresholds.MAX_BYTES + 1)
    except OSError as e:
        raise BadInputError(_problem(str(path), "an image file", e.strerror or str(e), "check the path")) from e


def _plain_ink(flat: Flattened) -> np.ndarray:
    return extract_ink(flat.rgb, flat.backgrounds[0].colour)


def _place_hashes(hashes: Sequence[RegionHashes], look: SeenImage) -> tuple[RegionHash, ...]:
    return tuple(
        RegionHash(box=look.source_box(index), phash=h.phash, dhash=h.dhash, edge=h.edge)
        for index, h in enumerate(hashes)
    )


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=next_step)
