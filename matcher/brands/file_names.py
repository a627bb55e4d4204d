"""What the name of an official file says: variant, tier, and the dates between which it was valid. Guesses, for what
brand.toml does not say; where two readings are possible, none is taken.

acme-gold-partner.svg          badge, tier gold
acme-2015-2019.svg             valid from 2015-01-01 until 2020-01-01: it may have been used through all of both years
acme-until-2019.svg            valid until 2020-01-01; retired-2019 likewise, until-2019-06-30 until 2019-07-01
acme-since-2020.svg            valid from 2020-01-01
acme-2015.svg, acme-old.svg    no date: 2015 may be its first year or its last, and old has none
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from ledger.vocabulary import LogoVariant

_VARIANT_WORDS = (
    (LogoVariant.BADGE, {"badge", "partner", "certified", "reseller", "distributor", "tier"}),
    (
        LogoVariant.WHITE,
        {"white", "inverse", "inverted", "reverse", "reversed", "negative", "neg", "knockout"},
    ),
    (LogoVariant.MONO, {"mono", "monochrome", "black", "grey", "gray", "bw", "onecolor", "onecolour"}),
    (LogoVariant.ICON, {"icon", "symbol", "favicon", "glyph", "appicon"}),
    (LogoVariant.STACKED, {"stacked", "vertical"}),
)
_TIERS = frozenset(
    (
        "member", "registered", "associate", "authorised", "authorized", "bronze", "select", "silver", "advanced", "gold",
        "preferred", "premier", "premium", "platinum", "expert", "elite", "diamond", "titanium", "strategic",
    )
)  # fmt: skip
_RETIRED = {"old", "retired", "legacy", "former", "obsolete", "deprecated"}
_YEAR = r"(?<!\d)((?:19|20)\d\d)(?!\d)"
_RANGE = re.compile(rf"{_YEAR}[-_ –]+(?:to[-_ ]+)?{_YEAR}")
_UNTIL = re.compile(rf"(?:until|till|retired)[-_ ]*{_YEAR}(?:-(\d\d)-(\d\d)(?!\d))?")
_SINCE = re.compile(rf"(?:since|from)[-_ ]*{_YEAR}(?:-(\d\d)-(\d\d)(?!\d))?")
_ANY_YEAR = re.compile(_YEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameReading:
    """What a file name says. valid_until: the first day on which it was retired; None where the name does not tell.

    is_called_old: a word such as "old" or "legacy" stands in it.
    """

    variant: LogoVariant
    tier: str | None
    valid_from: dt.date | None
    valid_until: dt.date | None
    is_called_old: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dates:
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


def read_file_name(file: str) -> NameReading:
    """Reading of a path as seen from logos/; only whole words count."""
    stem = Path(file).stem.lower()
    words = set(re.split(r"[^a-z]+", stem))
    variant = next((variant for variant, names in _VARIANT_WORDS if words & names), LogoVariant.COLOUR)
    # gold may be a colour as well: it is a tier on a badge only
    tiers = words & _TIERS if variant is LogoVariant.BADGE else set()
    dates = _read_dates(stem)
    return NameReading(
        variant=variant,
        tier=next(iter(tiers)) if len(tiers) == 1 else None,
        valid_from=dates.valid_from,
        valid_until=dates.valid_until,
        is_called_old=bool(words & _RETIRED),
    )


def _read_dates(stem: str) -> _Dates:
    years = len(_ANY_YEAR.findall(stem))
    span, until, since = _RANGE.search(stem), _UNTIL.search(stem), _SINCE.search(stem)
    if until and since and years == 2:
        found = _Dates(valid_from=_first_day(since), valid_until=_day_after(until))
    elif span and years == 2 and not until and not since:
        found = _Dates(valid_from=dt.date(int(span[1]), 1, 1), valid_until=dt.date(int(span[2]) + 1, 1, 1))
        if span[1] >= span[2]:
            return _Dates()
    elif years == 1 and until and not since:
        found = _Dates(valid_until=_day_after(until))
    elif years == 1 and since and not until:
        found = _Dates(valid_from=_first_day(since))
    else:
        return _Dates()
    if found.valid_from and found.valid_until and found.valid_until <= found.valid_from:
        return _Dates()
    return found


def _first_day(named: re.Match[str]) -> dt.date | None:
    return _day(named) if named[2] else dt.date(int(named[1]), 1, 1)


def _day_after(named: re.Match[str]) -> dt.date | None:
    """The first day that is no longer named: "until 2019" may mean all of 2019."""
    if named[2] is None:
        return dt.date(int(named[1]) + 1, 1, 1)
    day = _day(named)
    return day + dt.timedelta(days=1) if day else None


def _day(named: re.Match[str]) -> dt.date | None:
    try:
        return dt.date(int(named[1]), int(named[2]), int(named[3]))
    except ValueError:  # 2019-13-45 is no date
        return None
