"""The list by which an export is redacted: what may name or reach a person, for somebody to tick.

Reads and writes: a CSV file. A row with anything in its first column is blanked; rows may be added: a text, or an outline in a picture
(kind outline, the text "x,y,width,height" in px, where: a file of the export under exhibits/).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from casebook.export.redaction import BLANK, Ticked
from ledger.errors import BadInputError, OutsideFailureError, Problem, did_you_mean
from ledger.identity import sha256_hex
from ledger.tables.table_format import TableFormat, TableReading, TableRow
from ledger.tables.table_rows import each_row

COLUMNS = ("tick", "kind", "text", "where", "times", "why")
KINDS = ("name", "e-mail", "phone", "text", "outline")
TICKS = ("x", "1", "yes", "✓", "✗", "✔", "☒", "☑")
MIN_CHARS = 3  # in Latin letters: less stands in every second word
MIN_HAN_CHARS = 2
MIN_DIGITS = 5
EXAMPLE = 'tick,kind,text,where\nx,name,Erika Mustermann,\nx,outline,"10,20,200,40",exhibits/01-page-as-drawn.png'
_TABLE = TableFormat(columns=COLUMNS, needed=[["tick"], ["text"]], example=EXAMPLE, may_be_short=True)
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_QUOTED = re.compile(r"^'(?=[=+\-@])")
Outline = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """One finding: a text that may name or reach a person. where: the first page; why: what it was taken for one by."""

    kind: str
    text: str
    where: str
    times: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOutline:
    """A box in an exhibit. at: the row of the list, for mistakes that show when the exhibits are there."""

    exhibit: str
    box: Outline
    row: TableRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionList:
    """What was ticked. problems: mistakes found so far; whoever knows the exhibits adds theirs and raises all."""

    sha256: str
    texts: Sequence[Ticked]
    outlines: Sequence[PlacedOutline]
    problems: Sequence[Problem]

    def boxes(self, exhibits: Mapping[str, bytes]) -> dict[str, list[Outline]]:
        """Return the outlines by exhibit. exhibits: PNG files by name. Errors: BadInputError with every mistake of the list."""
        problems = [*self.problems]
        boxes: dict[str, list[Outline]] = {}
        for outline in self.outlines:
            at = outline.row.place("where"), outline.row.place("text")
            if outline.exhibit not in exhibits:
                near = did_you_mean(outline.exhibit, exhibits)
                listed = f"use one of {', '.join(sorted(exhibits)[:12])}" if exhibits else "this claim has no pictures"
                problems.append(
                    Problem(
                        where=at[0],
                        expected="a picture of the export",
                        got=f"{outline.exhibit!r}{near}",
                        next_step=listed,
                    )
                )
                continue
            with Image.open(io.BytesIO(exhibits[outline.exhibit])) as picture:
                width, height = picture.size
            x, y, wide, high = outline.box
            if x + wide > width or y + high > height:
                size = f"a box within {width} × {height} px"
                problems.append(
                    Problem(
                        where=at[1],
                        expected=size,
                        got=",".join(map(str, outline.box)),
                        next_step="measure it in the picture as exported",
                    )
                )
            else:
                boxes.setdefault(outline.exhibit, []).append(outline.box)
        if problems:
            raise BadInputError(problems)
        return boxes


def write_list(findings: Iterable[Personal], out: Path) -> None:
    """Write findings, none ticked. Errors: OutsideFailureError."""
    try:
        with out.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for personal in findings:
                texts = map(_safe, (personal.text, personal.where))
                writer.writerow(["", personal.kind, *texts, personal.times, _safe(personal.why)])
    except OSError as error:
        raise OutsideFailureError(f"{out}: could not be written ({error}); name another file") from error


def _safe(cell: str) -> str:
    """A cell that no spreadsheet runs: telephone numbers begin with a plus."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def read_list(path: Path) -> RedactionList:
    """Return what was ticked, with every mistake. Errors: BadInputError when the file can't be read as a table."""
    problems: list[Problem] = []
    reading = TableReading()
    texts: dict[Ticked, None] = {}
    outlines: list[PlacedOutline] = []
    for row in each_row(path, _TABLE, reading):
        tick, kind = row.text("tick").lower(), row.text("kind").lower() or "text"
        if not tick:
            continue
        text = _QUOTED.sub("", row.text("text"))
        mistakes = [*_tick_mistakes(row, tick), *_kind_mistakes(row, kind)]
        if not mistakes and kind == "outline":
            if (box := _box_of(text)) is None:
                mistakes.append(
                    Problem(
                        where=row.place("text"),
                        expected="x,y,width,height in px",
                        got=repr(text[:60]),
                        next_step="write 10,20,200,40",
                    )
                )
            else:
                outlines.append(PlacedOutline(exhibit=row.text("where"), box=box, row=row))
        elif not mistakes:
            mistakes += _text_mistakes(row, kind, text)
            texts[Ticked(kind=kind, text=text)] = None
        problems += mistakes
    problems[:0] = reading.all_problems
    if not texts and not outlines and not problems:
        problems.append(
            Problem(
                where=str(path),
                expected="a row with x in the column tick",
                got="none",
                next_step="tick what is to be blanked, or export without --redact",
            )
        )
    return RedactionList(
        sha256=sha256_hex(path.read_bytes()), texts=tuple(texts), outlines=tuple(outlines), problems=problems
    )


def _tick_mistakes(row: TableRow, tick: str) -> list[Problem]:
    if tick in TICKS:
        return []
    return [
        Problem(
            where=row.place("tick"),
            expected="x, or nothing",
            got=repr(tick[:40]),
            next_step="write x to blank it, clear the cell to leave it",
        )
    ]


def _kind_mistakes(row: TableRow, kind: str) -> list[Problem]:
    if kind in KINDS:
        return []
    expected = f"one of {', '.join(KINDS)}"
    return [
        Problem(
            where=row.place("kind"),
            expected=expected,
            got=f"{kind[:40]!r}{did_you_mean(kind, KINDS)}",
            next_step="write text when it is none of the others",
        )
    ]


def _text_mistakes(row: TableRow, kind: str, text: str) -> list[Problem]:
    letters = [character for character in text if character.isalnum()]
    digits = sum(character.isdigit() for character in text)
    least = MIN_CHARS if all(character < "\u2e80" for character in letters) else MIN_HAN_CHARS
    if BLANK in text or len(letters) < least or (kind == "phone" and digits < MIN_DIGITS):
        expected = (
            f"at least {MIN_DIGITS} digits" if kind == "phone" else f"a text of at least {least} letters or digits"
        )
        return [
            Problem(
                where=row.place("text"),
                expected=expected,
                got=repr(text[:60]),
                next_step="write the whole text: what is shorter stands in other words too",
            )
        ]
    return []


def _box_of(text: str) -> Outline | None:
    match = re.fullmatch(r"(\d{1,6})\s*[,; ]\s*(\d{1,6})\s*[,; ]\s*(\d{1,6})\s*[,; ]\s*(\d{1,6})", text)
    if not match:
        return None
    x, y, width, height = map(int, match.groups())
    return (x, y, width, height) if width and height else None
