"""Recognises official logos in an image: the library's front door, without a database.

1. Decode the image, or refuse it; of an animation every frame that shows something else (steps 2 to 6 for each).
2. Find the regions in it that may be a logo; none but the whole of it where that surely is one official drawing and
   nothing else (first_look.py).
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
from matcher.decoding.decode import Picture, Pictures, decode_pictures
from matcher.decoding.refusals import Refusal, refuse_blank
from matcher.first_look import is_explained, look_first, see_all, shrink_picture
from matcher.looking.candidates import Candidate, Ranking, SeenImage, fullest_first
from matcher.looking.chosen_descriptor import chosen_descriptor
from matcher.looking.compare import ScoreTable, Template, TemplateSet
from matcher.looking.hashes import LogoHash, RegionHashes, distance_bits, hash_all
from matcher.looking.normalize import Flattened, extract_ink
from matcher.looking.stored_templates import load_is_alone, store_is_alone
from matcher.looking.templates import describe_mark
from matcher.nesting import doubt_inner_matches
from matcher.recognition import LogoMatch, Recognition, RegionHash

__all__ = ["LogoMatch", "LogoMatcher", "Recognition", "RegionHash"]


class LogoMatcher:
    """Official logos, ready to be looked for. What it says never changes after it was made, so threads may share one."""

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
        chosen_descriptor()  # stored templates need none: its data is read now, not on the first image's account
        self._owners = owners
        self._templates = templates
        self._set = TemplateSet(templates)
        self._ranking = Ranking(templates=templates, logo_ids=[owner.official_logo_id for owner in owners])
        self._phashes: list[LogoHash] = [h.phash for h in hash_all([template.features for template in templates])]
        self._set_id = logo_set_id(logos)
        self._without_others: dict[str, bool] = {}  # by official_logo_id: filled when it is asked, always with the same
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
        decoded = _decode(source)
        if isinstance(decoded, Refusal):
            return Recognition(refusal=decoded, width_px=None, height_px=None, format=None, hashes=(), matches=())
        judged = [self._judge(picture) for picture in decoded.pictures]
        found = _best_of_brands(match for each in judged for match in doubt_inner_matches(each.matches, self._shows))
        first = decoded.pictures[0]
        refusal = _refuse_empty([each.image for each in judged]) or decoded.unread
        return Recognition(
            refusal=None if found else refusal,
            width_px=first.width_px,
            height_px=first.height_px,
            format=first.format,
            hashes=tuple(placed for each in judged for placed in _place_hashes(each.hashes, each.image))[
                : thresholds.MAX_STORED_HASHES
            ],
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
        decoded = _decode(source)
        return {} if isinstance(decoded, Refusal) else self._score_pictures(decoded.pictures, names)

    def _score_pictures(self, pictures: Iterable[Picture], names: Sequence[str]) -> dict[str, float]:
        """Best score of the templates of each name."""
        best: dict[str, float] = {}
        for picture in pictures:
            look = see_all(picture)
            if not look.regions:
                continue
            comparison = self._set.compare(look.features)
            # what is not looked at closer stays under what is
            first = np.minimum(comparison.scores.max(axis=0), thresholds.LOOK_CLOSER_SCORE).tolist()
            closer = [(laid.template, laid.score) for laid in self._ranking.look_closer(look, comparison)]
            for template, score in (*enumerate(first), *closer):
                best[names[template]] = max(score, best.get(names[template], -1.0))
        return {name: score for name, score in best.items() if score > -1}

    def _judge(self, picture: Picture) -> _Judged:
        """What a picture shows: by the whole of it where that is sure, else by all its regions."""
        first = look_first(picture)
        if not first.image.regions:
            return _Judged(image=first.image, hashes=(), matches=())
        laid = list[Candidate]()
        if self._set.least_distance_bits(first.image.features[0]) <= thresholds.WHOLE_PICTURE_DISTANCE_BITS:
            comparison = self._set.compare(first.image.features)
            if comparison.scores.max() >= thresholds.WHOLE_PICTURE_FIRST_SCORE:
                laid = self._ranking.look_closer(first.image, comparison)
                if self._is_decided(first.image, laid):
                    return self._report(first.image, comparison, laid)
        return self._search(first.look_on(), laid)

    def _search(self, image: SeenImage, laid: Sequence[Candidate] = ()) -> _Judged:
        """What a picture shows by all its regions. laid: what the look at its whole has laid already."""
        if not image.regions:
            return _Judged(image=image, hashes=(), matches=())
        comparison = self._set.compare(image.features)
        return self._report(image, comparison, self._ranking.look_closer(image, comparison, laid))

    def _is_decided(self, whole: SeenImage, candidates: Sequence[Candidate]) -> bool:
        """Whether a picture surely shows one official drawing and nothing else. candidates: for its whole."""
        best = max(candidates, key=lambda candidate: candidate.score, default=None)
        if best is None or not is_explained(self._templates[best.template], whole, best):
            return False
        owner = self._owners[best.template]
        others = (each for each in candidates if self._owners[each.template].brand != owner.brand)
        return all(other.score < thresholds.PERHAPS_SCORE for other in others) and self._has_no_other(owner)

    def _has_no_other(self, logo: OfficialLogo) -> bool:
        """Whether no other brand's mark is in an official drawing: it is looked for once, in all its regions."""
        known = self._without_others.get(logo.official_logo_id)
        if known is None:
            known = load_is_alone(logo.content, self._set_id)
            if known is None:
                scores = self._score_pictures(shrink_picture(logo.content), [owner.brand for owner in self._owners])
                others = (score for brand, score in scores.items() if brand != logo.brand)
                known = all(score < thresholds.NO_OTHER_SCORE for score in others)
                store_is_alone(logo.content, self._set_id, is_alone=known)
            self._without_others[logo.official_logo_id] = known
        return known

    def _report(self, look: SeenImage, comparison: ScoreTable, candidates: Sequence[Candidate]) -> _Judged:
        hashes = hash_all(look.features[: thresholds.MAX_STORED_HASHES])
        of_brand: dict[str, list[Candidate]] = {}
        for candidate in fullest_first(candidates, look):
            of_brand.setdefault(self._owners[candidate.template].brand, []).append(candidate)
        matches = []
        for brand, of_one in of_brand.items():
            candidate = self._ranking.choose_by_colour(look, of_one)
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
                    strangers_compared=chosen_descriptor().stranger_count,
                    why_perhaps=candidate.why_perhaps,
                )
            )
        return _Judged(image=look, hashes=hashes, matches=matches)

    def _shows(self, official_logo_id: OfficialLogoId, brand: str) -> bool:
        """Whether an official logo's own drawing shows a brand: a product's lock-up holds its maker's logo."""
        shown = self._shown_brands.get(official_logo_id)
        if shown is None:
            decoded = _decode(self._contents[official_logo_id])
            pictures = () if isinstance(decoded, Refusal) else decoded.pictures
            found = [match for picture in pictures for match in self._search(see_all(picture)).matches]
            shown = frozenset(match.brand for match in found if match.score >= thresholds.ACCEPT_SCORE)
            self._shown_brands[official_logo_id] = shown
        return brand in shown


def logo_set_id(logos: Sequence[OfficialLogo]) -> str:
    """Name of a set of official logos and the version of this room: equal ids give equal results."""
    ids = sorted({logo.official_logo_id for logo in logos})
    return hashlib.sha256("\n".join([thresholds.MATCHER_VERSION, *ids]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judged:
    """One picture, looked at. hashes: of its first regions."""

    image: SeenImage
    hashes: Sequence[RegionHashes]
    matches: Sequence[LogoMatch]


def _decode(source: str | Path | bytes) -> Pictures | Refusal:
    return decode_pictures(source if isinstance(source, bytes) else _read(Path(source)))


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
