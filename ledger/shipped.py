"""Where the data that comes with the program lies: beside the packages, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path


def shipped_data(name: str) -> Path:
    """Return the folder or file `name` ("lexicon", "noise.toml") of the data shipped with the program."""
    root = Path(__file__).resolve().parents[1]
    installed = root / "partnerproof_data" / name
    return installed if installed.exists() else root / "data" / name
