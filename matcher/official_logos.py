"""A brand and its official logos, as they lie in a folder.

brands/acme/brand.toml      names, domains, and what the file names do not say (see brand_toml.py)
brands/acme/logos/*.svg     every picture counts, mentioned in brand.toml or not
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.errors import BadInputError, Problem
from ledger.vocabulary import LogoVariant
from matcher.brand_toml import LogoEntry, format_brand_entry, locate_logo, read_brand_entry
from matcher.marks import describe_mark
from matcher.refusals import Refusal

PICTURE_SUFFIXES = frozenset(
    {".svg", ".svgz", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".ico", ".tif", ".tiff"}
)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VARIANT_WORDS = (
    (LogoVariant.BADGE, {"badge", "partner", "certified", "reseller"}),
    (
        LogoVariant.WHITE,
        {"white", "inverse", "inverted", "reverse", "reversed", "negative", "neg", "knockout"},
    ),
    (LogoVariant.MONO, {"mono", "monochrome", "black", "grey", "gray", "bw", "onecolor", "onecolour"}),
    (LogoVariant.ICON, {"icon", "symbol", "favicon", "glyph", "appicon"}),
    (LogoVariant.STACKED, {"stacked", "vertical"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialLogo:
    """One official drawing of a brand, valid in [valid_from, valid_until); None = not known or no end.

    official_logo_id: first 32 hex digits of the SHA-256 of the brand's slug, a zero byte and the file's
    bytes. file: path as seen from the brand's logos/.
    """

    official_logo_id: str
    brand: str
    file: str
    content: bytes = field(repr=False)
    variant: LogoVariant = LogoVariant.COLOUR
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    programme: str | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """Whose marks these are. slug: the folder's name; names are as the brand writes them, in any script."""

    slug: str
    name: str
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    logos: tuple[OfficialLogo, ...]


def make_official_logo(brand: str, file: str, content: bytes, entry: LogoEntry | None = None) -> OfficialLogo:
    """Logo of a file's bytes; what no entry says is guessed from the file name."""
    return OfficialLogo(
        official_logo_id=hashlib.sha256(brand.encode() + b"\0" + content).hexdigest()[:32],
        brand=brand,
        file=file,
        content=content,
        variant=(entry and entry.variant) or guess_variant(file),
        valid_from=entry.valid_from if entry else None,
        valid_until=entry.valid_until if entry else None,
        programme=entry.programme if entry else None,
        tier=entry.tier if entry else None,
    )


def guess_variant(file: str) -> LogoVariant:
    """Variant by the words of a file name; colour if none of them says otherwise."""
    words = set(re.split(r"[^a-z]+", Path(file).stem.lower()))
    return next((variant for variant, names in _VARIANT_WORDS if words & names), LogoVariant.COLOUR)


def load_brand(directory: Path) -> Brand:
    """Brand of one folder; BadInputError with every mistake in it."""
    brand, problems = _read_brand(directory)
    if brand is None or problems:
        raise BadInputError(problems)
    return brand


def load_brands(directory: Path, only: Sequence[str] | None = None) -> list[Brand]:
    """Brands of all folders that hold a brand.toml, by slug; BadInputError with every mistake in all of them.

    only: slugs to load; a slug that is not there is a mistake.
    """
    if not directory.is_dir():
        got = "a file" if directory.exists() else "nothing there"
        raise BadInputError(
            _problem(str(directory), "a folder of brands", got, "create it with `partnerproof brand add`")
        )
    folders = {path.parent.name: path.parent for path in sorted(directory.glob("*/brand.toml"))}
    problems = [
        _problem(
            str(directory),
            f"a folder {slug}/ with a brand.toml",
            "none",
            f"known brands: {', '.join(folders) or 'none'}",
        )
        for slug in only or ()
        if slug not in folders
    ]
    if not folders:
        problems.append(
            _problem(
                str(directory),
                "folders that hold a brand.toml",
                "none",
                "create one with `partnerproof brand add`",
            )
        )
    brands = []
    for slug, folder in folders.items():
        if only is None or slug in only:
            brand, found = _read_brand(folder)
            brands += [brand] if brand else []
            problems += found
    if problems:
        raise BadInputError(problems)
    return brands


def write_brand(
    directory: Path, *, name: str, aliases: Sequence[str], domains: Sequence[str], logo_files: Sequence[Path]
) -> Brand:
    """Create a brand's folder with copies of its logos; all of it or, with BadInputError, nothing.

    directory: the folder to create; its name is the slug. An existing brand is never touched.
    """
    problems = []
    if not _SLUG.fullmatch(directory.name):
        problems.append(
            _problem(
                str(directory),
                "a folder name of a-z, 0-9 and -",
                repr(directory.name),
                "rename it, for example acme-corp",
            )
        )
    if directory.exists():
        problems.append(
            _problem(
                str(directory),
                "no such folder yet",
                "one that exists",
                "edit its brand.toml, or choose another name",
            )
        )
    if not name.strip():
        problems.append(_problem("name", "the brand's name", repr(name), "give it as the brand writes it"))
    if not logo_files:
        problems.append(_problem("logos", "one official logo at least", "none", "give an SVG or PNG file"))
    names = [path.name for path in logo_files]
    problems += [
        _problem(str(path), "file names that differ", f"{path.name} twice", "rename one of them")
        for number, path in enumerate(logo_files)
        if path.name in names[:number]
    ]
    problems += [problem for path in logo_files for problem in _check_logo_file(path, str(path))]
    if problems:
        raise BadInputError(problems)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{directory.name}-", dir=directory.parent) as scratch:
        built = Path(scratch) / directory.name
        (built / "logos").mkdir(parents=True)
        for path in logo_files:
            shutil.copyfile(path, built / "logos" / path.name)
        (built / "brand.toml").write_text(format_brand_entry(name, aliases, domains), encoding="utf-8")
        load_brand(built)
        built.rename(directory)
    return load_brand(directory)


def _read_brand(directory: Path) -> tuple[Brand | None, list[Problem]]:
    path = directory / "brand.toml"
    where = f"{directory.name}/brand.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None, [_problem(str(path), "a brand.toml", "none", 'write one with at least name = "…"')]
    except UnicodeDecodeError as e:
        return None, [_problem(where, "UTF-8 text", f"byte {e.object[e.start]:#04x} at {e.start}", "save it as UTF-8")]
    entry, problems = read_brand_entry(text, where)
    entries: dict[str, LogoEntry] = {}
    folder = directory / "logos"
    for index, logo in enumerate(entry.logo if entry else ()):
        file = logo.file.removeprefix("logos/")
        place = locate_logo(text, where, index)
        if file in entries:
            problems.append(_problem(place, "each file once", f"{file} again", "merge the two tables"))
        elif not (folder / file).is_file() or not (folder / file).resolve().is_relative_to(folder.resolve()):
            problems.append(
                _problem(
                    place,
                    "a file in logos/",
                    f"{logo.file}, which is not there",
                    "add the file or remove the table",
                )
            )
        entries[file] = logo
    files = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if _is_picture(path)]
    if not files:
        problems.append(
            _problem(f"{directory.name}/logos", "one official logo at least", "none", "put SVG or PNG files there")
        )
    for file in files:
        problems += _check_logo_file(folder / file, f"{directory.name}/logos/{file}")
    if entry is None or problems:
        return None, problems
    logos: dict[str, OfficialLogo] = {}
    for file in sorted(files, key=lambda file: file not in entries):  # of two equal files the one in brand.toml stays
        logo_made = make_official_logo(directory.name, file, (folder / file).read_bytes(), entries.get(file))
        logos.setdefault(logo_made.official_logo_id, logo_made)
    by_file = tuple(sorted(logos.values(), key=lambda logo: logo.file))
    return Brand(
        slug=directory.name,
        name=entry.name,
        aliases=tuple(entry.aliases),
        domains=tuple(entry.domains),
        logos=by_file,
    ), []


def _is_picture(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def _check_logo_file(path: Path, where: str) -> list[Problem]:
    try:
        marks = describe_mark(path.read_bytes())
    except OSError as e:
        return [_problem(where, "a readable picture", e.strerror or str(e), "check the path and its permissions")]
    if isinstance(marks, Refusal):
        return [_problem(where, "a picture of a logo", str(marks), "export it again as SVG or PNG")]
    return []


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=next_step)
