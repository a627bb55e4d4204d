"""The names of the brands of a plain folder of logos: of its brand.toml, else of the folder or the picture."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import BadInputError
from matcher.brands.brand_toml import read_brand_entry
from matcher.brands.official_files import OFFICIAL_SUFFIXES
from matcher.words.naming import Name, brand_names, domain_names


def read_folder_names(directory: Path) -> list[Name]:
    """Names of the brands as logo_folder.py has them; "red-harbour" is named Red Harbour.

    Errors: BadInputError with every mistake in a brand.toml.
    """
    if (directory / "brand.toml").is_file():
        return _read_entry(directory)
    names = list[Name]()
    for path in sorted(directory.iterdir()):
        if (path / "brand.toml").is_file():
            names += _read_entry(path)
        elif path.is_dir() or path.suffix.lower() in OFFICIAL_SUFFIXES:
            slug = path.name if path.is_dir() else path.stem
            names += brand_names(slug, slug.replace("-", " ").replace("_", " ").title(), ())
    return names


def _read_entry(folder: Path) -> list[Name]:
    entry, problems = read_brand_entry((folder / "brand.toml").read_text(encoding="utf-8"), f"{folder.name}/brand.toml")
    if entry is None or problems:
        raise BadInputError(problems)
    names = brand_names(folder.name, entry.name, entry.aliases, entry.not_when)
    return [*names, *domain_names(folder.name, entry.domains)]
