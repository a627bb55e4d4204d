"""What a look at one image gives: hashes of its regions, matches, or the reason why it was not judged."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.typed_texts import OfficialLogoId
from ledger.vocabulary import MatchStrength, PerhapsReason
from matcher.decoding.refusals import Refusal
from matcher.looking.hashes import LogoHash
from matcher.looking.picture_box import Box
from matcher.looking.transform import Transform


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionHash:
    """The hashes of one region. box: in px of the source image."""

    box: Box
    phash: LogoHash
    dhash: LogoHash
    edge: LogoHash


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoMatch:
    """A region that shows an official logo.

    score: 0..1, 1 = the same drawing. distance_bits: of 256, edge hash; phash_distance_bits: of 64,
    imagehash.phash of the ink. region: in px of the source image. transform: how the official drawing became what was
    found. strangers: of so many strangers_compared drawings that are nobody's, how many are at least as much like the official
    one as this region is (before it was laid on the drawing; counted up to thresholds.COUNTED_STRANGERS). why_perhaps: None for
    a match. inside_brand: the brand whose better match holds this one, None unless that is the reason.
    """

    brand: str
    official_logo_id: OfficialLogoId
    official_logo: str
    method: str
    score: float
    distance_bits: int
    phash_distance_bits: int
    region: Box
    transform: Transform
    strangers: int
    strangers_compared: int
    why_perhaps: PerhapsReason | None
    inside_brand: str | None = None

    @property
    def strength(self) -> MatchStrength:
        return MatchStrength.MATCH if self.why_perhaps is None else MatchStrength.PERHAPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was seen in one image. With a refusal there are no matches, and none of "not there" follows.

    width_px, height_px, format: None if the image could not be decoded. perhaps: what resembles an official logo of a
    further brand too little to count, and too much to be passed over; a person has to look.
    """

    refusal: Refusal | None
    width_px: int | None
    height_px: int | None
    format: str | None
    hashes: tuple[RegionHash, ...]
    matches: tuple[LogoMatch, ...]
    perhaps: tuple[LogoMatch, ...] = ()
