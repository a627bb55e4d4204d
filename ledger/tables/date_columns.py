"""In which format a column of dates is written: the one in which all of them are days, if it is one alone.

Three of four registers write no ISO dates. 31/12/2025 can be read in one way only, 3/4/2025 in two; so a column is read as a
whole, and where two formats fit all of it with different days, none is taken. Dates with points are day, month, year: nobody
writes them otherwise. A year has four digits. A column that mixes ISO dates with 31/12/2025 is not trusted: a spreadsheet with other
habits turns those that it understands into dates, with day and month exchanged, and leaves the rest as text.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field

from ledger.dates import read_date
from ledger.tables.list_words import cell_words, shipped_list_words
from ledger.typed_texts import IsoDate

FORMATS = (
    "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y.%m.%d", "%d %m %Y", "%d %b %Y", "%d %B %Y",
    "%d. %B %Y", "%d-%b-%Y", "%d/%b/%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%Y年%m月%d日", "%Y년 %m월 %d일",
    "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00", "%Y-%m-%dT00:00:00Z", "%d/%m/%Y 00:00:00", "%m/%d/%Y 00:00:00", "%d.%m.%Y 00:00:00",
    "%d/%m/%Y 00:00", "%m/%d/%Y 00:00", "%d.%m.%Y 00:00",
)  # fmt: skip
_EXCHANGED = tuple(form for form in FORMATS if form.startswith(("%d/%m", "%m/%d", "%d-%m", "%m-%d")))
OPEN_END_YEAR = "9999"  # what databases write who have no word for it


@dataclass(frozen=True, slots=True, kw_only=True)
class DateForm:
    """In which format dates are written, for strptime; None: in none that is sure, and why, in words where there is one."""

    format: str | None
    why: str


NO_FORM = DateForm(format=None, why="")


@dataclass(slots=True)
class DateColumn:
    """The dates of a column, gathered one by one."""

    texts: set[str] = field(default_factory=set)
    has_iso: bool = False

    def add(self, text: str) -> None:
        if read_date(text) is not None:
            self.has_iso = self.has_iso or not text.startswith(OPEN_END_YEAR)
        elif text and not is_open_end(text):
            self.texts.add(text)

    def form(self) -> DateForm:
        """Return the one format, or why there is none."""
        dates = {text for text in self.texts if any(read_date(text, form) for form in FORMATS)}
        fitting = [form for form in FORMATS if dates and all(read_date(text, form) for text in dates)]
        if not dates:
            return DateForm(format=None, why="")
        if not fitting:
            return DateForm(format=None, why="the dates of the column are in several forms")
        if self.has_iso and any(form in _EXCHANGED for form in fitting):
            why = "some dates of the column are YYYY-MM-DD, so a spreadsheet may have exchanged day and month in them"
            return DateForm(format=None, why=why)
        if any(len({read_date(text, form) for form in fitting}) > 1 for text in dates):
            return DateForm(format=None, why="no date of the column shows which is the day and which the month")
        return DateForm(format=fitting[0], why="")


def is_open_end(text: str) -> bool:
    """Tell whether a cell of an end date says that no end is agreed: `unlimited`, `∅`, `9999-12-31` in any form."""
    words = cell_words(text)
    return words in shipped_list_words().open_end or (OPEN_END_YEAR in words and _is_last_day(words))


def _is_last_day(words: str) -> bool:
    return any((day := read_date(words, form)) and day == f"{OPEN_END_YEAR}-12-31" for form in FORMATS)


def is_last_of_month(day: IsoDate) -> bool:
    """Tell whether a day is the last of its month, as ends are that are included."""
    year, month, number = map(int, day.split("-"))
    return number == calendar.monthrange(year, month)[1]
