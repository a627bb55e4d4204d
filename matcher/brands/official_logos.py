"""A brand and its official logos, as they lie in a folder.

brands/acme/brand.toml      names, domains, and what the file names do not say (see brand_toml.py)
brands/acme/logos/*.svg     every picture counts, mentioned in brand.toml or not; so does a PDF of one page, and each page
                            of a longer one that brand.toml names
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
from ledger.typed_texts import OfficialLogoId
from ledger.vocabulary import LogoVariant
from matcher.brands.brand_toml import LogoEntry, format_brand_entry, locate_logo, read_brand_entry
from matcher.brands.file_names import read_file_name
from matcher.brands.official_files import OFFICIAL_SUFFIXES, Drawing, read_drawing
from matcher.brands.usage import UsageRules

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialLogo:
    """One official drawing of a brand, valid in [valid_from, valid_until); None = not known or no end.

    official_logo_id: first 32 hex digits of the SHA-256 of the brand's slug, a zero byte and the file's
    bytes (Drawing.origin). file: path as seen from the brand's logos/; a page of a PDF has #page=3 after it. content: a
    picture, of a page as well. product: under the brand, None: the brand itself.
    """

    official_logo_id: OfficialLogoId
    brand: str
    file: str
    content: bytes = field(repr=False)
    variant: LogoVariant = LogoVariant.COLOUR
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    product: str | None = None
    programme: str | None = None
    tier: str | None = None
    usage: UsageRules = field(default_factory=UsageRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """Whose marks these are. slug: the folder's name; names are as the brand writes them, in any script."""

    slug: str
    name: str
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    logos: tuple[OfficialLogo, ...]
    not_when: tuple[str, ...] = ()  # words beside which the names mean something else
    four_eyes: bool = False  # a second person has to approve what a reviewer decides
    tiers: tuple[dict[str, str | None], ...] = ()  # of its programmes, lowest first, as TierEntry.as_row gives them


def make_official_logo(brand: str, file: str, content: bytes, entry: LogoEntry | None = None) -> OfficialLogo:
    """Logo of a picture's bytes; what no entry says is guessed from the file name."""
    return logo_of_drawing(brand, Drawing(name=file, content=content, origin=content), entry)


def logo_of_drawing(
    brand: str, drawing: Drawing, entry: LogoEntry | None = None, usage: UsageRules | None = None
) -> OfficialLogo:
    """The same for a drawing of any official file. usage: the brand's own rules."""
    stated, named = entry or LogoEntry(file=drawing.name), read_file_name(drawing.name)
    has_dates = stated.valid_from is not None or stated.valid_until is not None
    variant = stated.variant or named.variant
    return OfficialLogo(
        official_logo_id=OfficialLogoId(hashlib.sha256(brand.encode() + b"\0" + drawing.origin).hexdigest()[:32]),
        brand=brand,
        file=drawing.name,
        content=drawing.content,
        variant=variant,
        valid_from=stated.valid_from if has_dates else named.valid_from,
        valid_until=stated.valid_until if has_dates else named.valid_until,
        product=stated.product,
        programme=stated.programme,
        tier=stated.tier or (named.tier if variant is LogoVariant.BADGE else None),
        usage=stated.usage.rules().over(usage or UsageRules()),
    )


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


def find_four_eyes(directory: Path) -> frozenset[str]:
    """Return the brands (slugs) whose decisions a second person has to approve, without reading a logo. Errors: BadInputError with
    every mistake."""
    slugs, problems = set[str](), list[Problem]()
    for path in sorted(directory.glob("*/brand.toml")):
        entry, wrong = read_brand_entry(path.read_text(encoding="utf-8"), str(path))
        problems += wrong
        if entry is not None and entry.four_eyes:
            slugs.add(path.parent.name)
    if problems:
        raise BadInputError(problems)
    return frozenset(slugs)


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
    problems += [found for path in logo_files if isinstance(found := _read_file(path, path.name, str(path)), Problem)]
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
    folder = directory / "logos"
    entries: dict[tuple[str, int | None], LogoEntry] = {}
    places: dict[tuple[str, int | None], str] = {}
    for index, logo in enumerate(entry.logo if entry else ()):
        file = logo.file.removeprefix("logos/")
        key, place = (file, logo.page), locate_logo(text, where, index)
        if key in entries:
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
        entries[key] = logo
        places[key] = locate_logo(text, where, index, "page")
    files = [path.relative_to(folder).as_posix() for path in official_files(folder)]
    if not files:
        problems.append(
            _problem(f"{directory.name}/logos", "one official logo at least", "none", "put SVG or PNG files there")
        )
    usage = entry.usage.rules() if entry else UsageRules()
    logos: dict[str, OfficialLogo] = {}
    # of two equal files the one in brand.toml stays
    for file in sorted(files, key=lambda file: all(name != file for name, _ in entries)):
        for page in [page for name, page in entries if name == file] or [None]:
            drawing = _read_file(
                folder / file, file, places[file, page] if page else f"{directory.name}/logos/{file}", page
            )
            if isinstance(drawing, Problem):
                problems.append(drawing)
                continue
            made = logo_of_drawing(directory.name, drawing, entries.get((file, page)), usage)
            logos.setdefault(made.official_logo_id, made)
    if entry is None or problems:
        return None, problems
    return Brand(
        slug=directory.name,
        name=entry.name,
        aliases=tuple(entry.aliases),
        domains=tuple(entry.domains),
        not_when=tuple(entry.not_when),
        four_eyes=entry.four_eyes,
        tiers=tuple(tier.as_row() for tier in entry.tier),
        logos=tuple(sorted(logos.values(), key=lambda logo: logo.file)),
    ), []


def official_files(folder: Path) -> list[Path]:
    """Files of a brand's logos/ and below that count, in order."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix.lower() in OFFICIAL_SUFFIXES and not path.name.startswith(".")
    ]


def _read_file(path: Path, name: str, where: str, page: int | None = None) -> Drawing | Problem:
    try:
        return read_drawing(path.read_bytes(), name, where=where, page=page)
    except OSError as e:
        return _problem(where, "a readable picture", e.strerror or str(e), "check the path and its permissions")


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=next_step)
