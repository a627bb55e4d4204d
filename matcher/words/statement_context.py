"""What a sentence is read with, and what is read in it: where a passage stands, and what it says of a brand."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.vocabulary import AssertedBy, Certainty, Modality, Polarity, Relation, SectionKind, StatementKind
from matcher.words.times import NO_PERIOD, Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a passage stands. Unknown is None."""

    language: str | None = None
    section_kind: SectionKind = SectionKind.NONE
    heading_trail: tuple[str, ...] = ()
    zone: str = "main"
    vendor: str | None = None
    own_names: tuple[str, ...] = ()  # further names of the vendor
    seen_year: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the vendor."""
        return (self.vendor, *self.own_names) if self.vendor else self.own_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is said. rule: its stable name, and the words that decided, in quotation marks."""

    kind: StatementKind
    rule: str
    relation: Relation | None = None
    polarity: Polarity = Polarity.AFFIRMED
    modality: Modality = Modality.IS
    asserted_by: AssertedBy = AssertedBy.VENDOR
    subject: str | None = None
    tier: str | None = None
    programme: str | None = None
    period: Period = NO_PERIOD
    certainty: Certainty = Certainty.SURE
    doubt: str | None = None  # what leaves the doubt, when the certainty is "likely"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the reader knows beside the sentence: who speaks, what stands above. earlier: the sentence before, of every brand."""

    setting: Setting
    is_person: bool = False
    is_job: bool = False
    is_quoted: bool = False
    signs_quote: bool = False
    is_listed: bool = False
    is_heading: bool = False
    is_over: bool = False  # the heading above says so: "Former partners"
    earlier: Reading | None = None
