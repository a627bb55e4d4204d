"""What a letter is told of a case: who writes, what stands where since when, what the register says of it, what was written before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from casebook.verdicts.grant_limits import Gap
from ledger.typed_texts import FinalUrl, IsoDate, Sha256
from ledger.vocabulary import ReplyKind, Tone, VerdictKind


class RegisterAnswer(StrEnum):
    """What a letter says that the register says. One sentence of [register] in each language."""

    NONE = "none"
    LAPSED = "lapsed"
    NOT_YET = "not-yet"
    EXCEEDS = "exceeds"
    GROUP = "group"  # a company of the group has a grant
    NAME_ONLY = "name-only"  # a grant or near miss of the same name: a person writes why it is another's
    NOT_ASKED = "not-asked"


class ThingKind(StrEnum):
    """What a page shows. One phrase of [words] in each language."""

    LOGO = "logo"
    RETIRED_LOGO = "logo-retired"
    ALTERED_LOGO = "logo-altered"
    IMAGE_WORDS = "image-words"
    IMAGE_NAME = "image-name"
    SENTENCE = "sentence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whoever writes: `[letters]` in partnerproof.toml. Empty: a person has to write it into each letter."""

    name: str = ""
    address: str = ""
    email: str = ""
    letterhead: bytes = b""  # a PNG or JPEG, at the head of what is exported


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownThing:
    """One thing that makes the claim. text: a sentence, or the words or name of an image; empty for official logos.

    heading: the nearest one above it; None = none. retired_on: from this day on the logo was no longer in use.
    """

    kind: ThingKind
    text: str = ""
    heading: str | None = None
    retired_on: IsoDate | None = None
    image_sha256: Sha256 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPage:
    """A page on which a claim stands. sha256: of its newest version that showed it; None: its capture is gone."""

    url: FinalUrl
    first_seen: IsoDate
    last_seen: IsoDate
    things: tuple[ShownThing, ...]
    sha256: Sha256 | None = None


def pages_as_json(pages: Sequence[ShownPage]) -> tuple[dict[str, Any], ...]:
    """Return pages as they are stored with a letter: its enclosure."""
    return tuple(asdict(page) for page in pages)


def pages_of_json(stored: Sequence[Mapping[str, Any]]) -> tuple[ShownPage, ...]:
    """Return the pages of a stored enclosure."""
    return tuple(
        ShownPage(
            **{
                **page,
                "things": tuple(ShownThing(**{**thing, "kind": ThingKind(thing["kind"])}) for thing in page["things"]),
            }
        )
        for page in stored
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStanding:
    """What the register says of the vendor as of a day. as_of: None where it was not asked.

    company to last_day: of the grant that the answer rests on; last_day: the last one on which it held, None = no end on record.
    """

    answer: RegisterAnswer
    as_of: IsoDate | None = None
    company: str = ""
    relation: str = ""
    tier: str | None = None
    valid_from: IsoDate | None = None
    last_day: IsoDate | None = None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a letter rests on. copied_by: how many other vendors show the same wall, where that is the verdict."""

    verdict: VerdictKind
    standing: RegisterStanding
    copied_by: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what is stored with a letter: what must still hold when it is approved, so not the day of the search."""
        standing = self.standing
        return {
            "verdict": self.verdict,
            "register": standing.answer,
            "company": standing.company,
            "relation": standing.relation,
            "tier": standing.tier,
            "valid_from": standing.valid_from,
            "last_day": standing.last_day,
            "beyond": [str(gap) for gap in standing.gaps],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierLetter:
    """A letter of the case that was sent. reply: the last one before the next letter; None: none is on record."""

    tone: Tone
    recipient: str
    sent_on: IsoDate
    reply: ReplyKind | None = None
    replied_on: IsoDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """What a letter tells of a case. gone_on: the day of the last look, when the claim was not there any more; None: it was.

    with_undertaking: the demand asks for a signed undertaking, where its language has one.
    """

    brand: str
    vendor: str
    domain: str
    relation: str
    pages: Sequence[ShownPage]
    grounds: Grounds
    answer_by: dt.date
    reference: str
    sender: Sender
    tier: str | None = None
    earlier: Sequence[EarlierLetter] = ()
    gone_on: IsoDate | None = None
    with_undertaking: bool = False
