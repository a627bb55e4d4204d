"""Official logos of a plain folder, without a workspace.

logos/acme/brand.toml …      a brand's folder, as `partnerproof brand add` writes it (official_logos.py)
logos/acme/*.svg             a folder of pictures: the brand is the folder's name
logos/acme.svg               a picture: the brand is the file's name
"""

from __future__ import annotations

from pathlib import Path

from ledger.errors import BadInputError, Problem
from matcher.brands.official_files import OFFICIAL_SUFFIXES, read_drawing
from matcher.brands.official_logos import OfficialLogo, load_brand, logo_of_drawing


def read_logo_folder(directory: Path) -> list[OfficialLogo]:
    """Official logos of a folder. Errors: BadInputError with every mistake, or when there are none."""
    if not directory.is_dir():
        raise BadInputError(_problem(str(directory), "a folder of logos", "none", "check the path"))
    if (directory / "brand.toml").is_file():
        return list(load_brand(directory).logos)
    logos, problems = list[OfficialLogo](), list[Problem]()
    for path in sorted(directory.iterdir()):
        if (path / "brand.toml").is_file():
            try:
                logos += load_brand(path).logos
            except BadInputError as e:
                problems += e.problems
            continue
        for picture in _pictures(path):
            brand = path.name if path.is_dir() else path.stem
            drawing = read_drawing(picture.read_bytes(), picture.name, where=f"{brand}/{picture.name}")
            if isinstance(drawing, Problem):
                problems.append(drawing)
            else:
                logos.append(logo_of_drawing(brand, drawing))
    if problems:
        raise BadInputError(problems)
    if not logos:
        raise BadInputError(
            _problem(str(directory), "SVG or PNG files, or folders of them", "none", "put official logos there")
        )
    return logos


def _pictures(path: Path) -> list[Path]:
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    return [p for p in inside if p.is_file() and p.suffix.lower() in OFFICIAL_SUFFIXES]


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=next_step)
