"""Official logos of a plain folder, without a workspace.

logos/acme/brand.toml …      a brand's folder, as `partnerproof brand add` writes it (official_logos.py)
logos/acme/*.svg             a folder of pictures: the brand is the folder's name
logos/acme.svg               a picture: the brand is the file's name
"""

from __future__ import annotations

from pathlib import Path

from ledger.errors import BadInputError, Problem
from matcher.official_logos import PICTURE_SUFFIXES, OfficialLogo, load_brand, make_official_logo


def read_logo_folder(directory: Path) -> list[OfficialLogo]:
    """Official logos of a folder. Errors: BadInputError with every mistake, or when there are none."""
    if not directory.is_dir():
        raise BadInputError(_problem(str(directory), "a folder of logos", "none", "check the path"))
    if (directory / "brand.toml").is_file():
        return list(load_brand(directory).logos)
    logos, problems = list[OfficialLogo](), list[Problem]()
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES:
            logos.append(make_official_logo(path.stem, path.name, path.read_bytes()))
        elif (path / "brand.toml").is_file():
            try:
                logos += load_brand(path).logos
            except BadInputError as e:
                problems += e.problems
        elif path.is_dir():
            pictures = [p for p in sorted(path.iterdir()) if p.is_file() and p.suffix.lower() in PICTURE_SUFFIXES]
            logos += [make_official_logo(path.name, p.name, p.read_bytes()) for p in pictures]
    if problems:
        raise BadInputError(problems)
    if not logos:
        raise BadInputError(
            _problem(str(directory), "SVG or PNG files, or folders of them", "none", "put official logos there")
        )
    return logos


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=next_step)
