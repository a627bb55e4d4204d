"""`partnerproof recognise`: official logos in files of one's own, without a workspace."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from casebook.files.tables import plain, write_csv
from ledger.errors import BadInputError, Problem
from ledger.vocabulary import MatchStrength
from matcher.brands.logo_folder import read_logo_folder
from matcher.brands.official_files import PICTURE_SUFFIXES
from matcher.brands.official_logos import Brand
from matcher.decoding.decode import sniff_format
from matcher.decoding.lettering_worker import HOW_TO_INSTALL, lettering_engine
from matcher.decoding.refusals import Refusal
from matcher.logo_matcher import LogoMatcher, Recognition
from matcher.looking.picture_box import Box
from matcher.looking.transform import Transform, describe_transform
from matcher.recognition_process import Recogniser
from matcher.word_matcher import WordMatch, WordMatcher
from partnerproof.cli.tables import print_rows

COULD_NOT_LOOK = 3
FOUND, NOTHING_FOUND, REFUSED = "found", "nothing found", "refused"
_HEAD_BYTES = 4096  # what sniff_format looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one file shows; a file with two logos has two. outcome: found, nothing found, refused.

    strength: match or perhaps; why_perhaps: why only that; region: in px of the file; transform: how the official drawing became it;
    strangers: how many of strangers_compared drawings that are nobody's are as much like the official one. words, tier: of a brand that
    was found by its name in the file. What does not apply is None.
    """

    file: str
    outcome: str
    brand: str | None = None
    official_logo: str | None = None
    score: float | None = None
    strength: str | None = None
    why_perhaps: str | None = None
    words: str | None = None
    tier: str | None = None
    region: Box | None = None
    transform: Transform | None = None
    strangers: int | None = None
    strangers_compared: int | None = None
    reason: str | None = None


COLUMNS = tuple(field.name for field in fields(Answer))


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--logos",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of official logos: pictures, folders of pictures, or brand folders.",
)
@click.option("--json", "as_json", is_flag=True, help="The answers as a JSON list.")
@click.option("--csv", "as_csv", is_flag=True, help="The answers as CSV.")
def recognise(files: tuple[Path, ...], logos: Path, as_json: bool, as_csv: bool) -> int:  # noqa: FBT001
    """Say which official logos each FILE shows; needs no workspace, and stores nothing.

    Where no logo is recognised, the words in the file are read for the brands' names, if the extra "ocr" is installed.

    A folder stands for all pictures in it and below. Each file is found (match, or perhaps, where a person has to look),
    nothing found, or refused with the reason. Exit 3 when a file was refused: what it shows is not known.

    \b
    Example:
      partnerproof recognise wall.png downloads/ --logos logos/
    """
    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    chosen = _find_files(files)
    official = tuple(read_logo_folder(logos))
    LogoMatcher(official)  # names every logo that can't be decoded, and stores what it measured of the others
    brand = Brand(slug="", name="", aliases=(), domains=(), logos=official)
    words = WordMatcher.from_directory(logos) if lettering_engine() else None
    console = Console(stderr=True)
    answers: list[Answer] = []
    with (
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
        Recogniser([brand]) as recogniser,
    ):
        for path in progress.track(chosen.pictures, description="files"):
            answers += _answer(path, recogniser, words)
    if as_json:
        click.echo(json.dumps([asdict(answer) for answer in answers], ensure_ascii=False, indent=2))
    elif as_csv:
        write_csv(sys.stdout, COLUMNS, (list(asdict(answer).values()) for answer in answers))
    else:
        _print(answers)
    if words is None:
        click.echo(HOW_TO_INSTALL, err=True)
    if chosen.others:
        click.echo(f"not looked at: {chosen.others} files in folders that are no pictures", err=True)
    return COULD_NOT_LOOK if any(answer.outcome == REFUSED for answer in answers) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    pictures: list[Path]
    others: int  # files of folders that are pictures neither by name nor by content


def _find_files(named: Sequence[Path]) -> _Chosen:
    """Errors: BadInputError naming every file that is not there or cannot be read, before any is looked at."""
    problems, pictures, others = list[Problem](), dict[Path, None](), 0
    for path in named:
        if not path.is_dir():
            pictures[path] = None
            problems += _check(path)
            continue
        for inside in _walk(path, problems):
            found = _check(inside)
            problems += found
            if not found and _is_picture(inside):
                pictures[inside] = None
            else:
                others += not found
    if not pictures and not problems:
        where = ", ".join(map(_shown, named))
        problems.append(
            Problem(
                where=where, expected="pictures", got=f"{others} other files", next_step="name files or their folder"
            )
        )
    if problems:
        raise BadInputError(problems)
    return _Chosen(pictures=list(pictures), others=others)


def _walk(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Files below a folder, in order, without hidden ones; links to folders are not followed, they may lead round. A folder
    that cannot be listed is added to the problems."""

    def tell(error: OSError) -> None:
        where, message = _shown(Path(error.filename or folder)), error.strerror or str(error)
        problems.append(
            Problem(where=where, expected="a folder that can be listed", got=message, next_step="check its permissions")
        )

    for here, folders, names in os.walk(folder, onerror=tell):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here, name) for name in sorted(names) if not name.startswith("."))


def _check(path: Path) -> list[Problem]:
    where = _shown(path)
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        return [Problem(where=where, expected="a file or a folder", got="neither", next_step="name a picture")]
    try:
        with path.open("rb"):
            return []
    except OSError as error:
        message = error.strerror or str(error)
        return [Problem(where=where, expected="a readable file", got=message, next_step="check the path")]


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return True  # a broken one is refused, not passed over
    with path.open("rb") as file:
        return sniff_format(file.read(_HEAD_BYTES)) is not None


def _answer(path: Path, recogniser: Recogniser, words: WordMatcher | None) -> list[Answer]:
    content = path.read_bytes()
    recognition: Recognition = recogniser.recognise(content)
    file = _shown(path)
    if recognition.refusal is not None:
        return [Answer(file=file, outcome=REFUSED, reason=str(recognition.refusal))]
    named = words.match(content) if words and not recognition.matches else ()
    by_words = () if isinstance(named, Refusal) else named
    sure = {match.naming.brand for match in by_words if match.strength is MatchStrength.MATCH}
    found = [
        Answer(
            file=file,
            outcome=FOUND,
            brand=match.brand,
            official_logo=match.official_logo,
            score=match.score,
            strength=match.strength,
            why_perhaps=match.why_perhaps,
            region=match.region,
            transform=match.transform,
            strangers=match.strangers,
            strangers_compared=match.strangers_compared,
        )
        for match in (*recognition.matches, *recognition.perhaps)
        if match.brand not in sure
    ]
    return [*found, *(_by_words(file, match) for match in by_words)] or [Answer(file=file, outcome=NOTHING_FOUND)]


def _by_words(file: str, match: WordMatch) -> Answer:
    return Answer(
        file=file,
        outcome=FOUND,
        brand=match.naming.brand,
        score=match.naming.confidence,
        strength=match.strength,
        why_perhaps=match.beside.why_perhaps,
        words=match.naming.read,
        tier=match.beside.tier,
        region=match.naming.box,
    )


def _shown(path: Path) -> str:
    # a name that is no UTF-8 could be printed nowhere
    return os.fsencode(path).decode("utf-8", "replace")


def _print(answers: Sequence[Answer]) -> None:
    headings = ("file", "brand", "official logo", "score", "strength", "x, y, width, height", "how it is shown")
    print_rows(headings, [(_cells(answer), "") for answer in answers])
    files = {
        outcome: len({a.file for a in answers if a.outcome == outcome}) for outcome in (FOUND, NOTHING_FOUND, REFUSED)
    }
    click.echo(", ".join(f"{count} files {outcome}" for outcome, count in files.items()))


def _cells(answer: Answer) -> list[str]:
    if answer.region is None or answer.score is None:
        outcome_words = f"{REFUSED}: {answer.reason}" if answer.outcome == REFUSED else answer.outcome
        return [answer.file, plain(outcome_words), "", "", "", "", ""]
    box = answer.region
    place = f"{box.x}, {box.y}, {box.width}, {box.height}"
    return [
        answer.file,
        answer.brand or "",
        answer.official_logo or f"words “{answer.words}”",
        f"{answer.score:.2f}",
        f"{answer.strength}: {answer.why_perhaps}" if answer.why_perhaps else answer.strength or "",
        place,
        "; ".join(describe_transform(answer.transform)) if answer.transform else _describe_words(answer),
    ]


def _describe_words(answer: Answer) -> str:
    return f"read, tier {answer.tier}" if answer.tier else "read"
