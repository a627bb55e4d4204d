"""brand.toml: what a brand's folder says about its names and logos. Reads it with every mistake named; writes
it.

name = "Acme"
aliases = ["ACME Corp."]
domains = ["acme.example"]
not_when = ["acne", "acme of"] # in a sentence with one of these (from the start of a word) the names mean something else
four_eyes = true               # a second person has to approve what a reviewer decides

[usage]                       # what the brand's guide asks for; shown to reviewers
min_width_px = 120
min_height_px = 40
clear_space = 0.25            # share of the mark's height
allowed_colours = ["#123c7a", "#ffffff"]

[[tier]]                      # of its partner programmes, lowest first: what outranks what
name = "Gold"
programme = "Acme Partners"
valid_until = 2023-07-01      # the first day on which it was abolished

[[logo]]                      # only for what the file name does not say (file_names.py)
file = "acme-2015.svg"        # seen from logos/
variant = "colour"
valid_until = 2021-03-01      # the first day on which it was retired

[[logo]]
file = "guide.pdf"
page = 3                      # of a PDF with more than one page; one table for each page that shows a logo
product = "Acme Cloud"        # a product under the brand
variant = "badge"
programme = "Acme Partners"
tier = "gold"
usage = { allowed_colours = ["#000000"] }   # over the brand's own rules, key by key
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from ledger.domains import normal_domain
from ledger.errors import Problem
from ledger.vocabulary import LogoVariant
from matcher.brands.usage import UsageRules


def _normal(domain: str) -> str:
    normal = normal_domain(domain)
    if normal is None:
        raise ValueError("a domain such as acme.example")
    return normal


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError("a colour as #rrggbb")
    return text.lower()


class UsageEntry(BaseModel):
    """A [usage] table, of the brand or of one logo."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    min_width_px: int | None = Field(default=None, ge=1)
    min_height_px: int | None = Field(default=None, ge=1)
    clear_space: float | None = Field(default=None, gt=0, le=10)
    allowed_colours: list[Annotated[str, AfterValidator(_colour)]] = Field(default_factory=list)

    def rules(self) -> UsageRules:
        stated = self.model_dump(exclude={"allowed_colours"})
        return UsageRules(**stated, allowed_colours=tuple(self.allowed_colours))


class LogoEntry(BaseModel):
    """One [[logo]] table."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    file: str = Field(min_length=1)
    variant: LogoVariant | None = Field(default=None, strict=False)
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    page: int | None = Field(default=None, ge=1)
    product: str | None = Field(default=None, min_length=1)
    programme: str | None = Field(default=None, min_length=1)
    tier: str | None = Field(default=None, min_length=1)
    usage: UsageEntry = Field(default_factory=UsageEntry)


class TierEntry(BaseModel):
    """One [[tier]] table."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1)
    programme: str | None = Field(default=None, min_length=1)
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None

    def as_row(self) -> dict[str, str | None]:
        """The tier as the database keeps it: dates as text."""
        stated = self.model_dump(exclude_none=True)
        return {key: value.isoformat() if isinstance(value, dt.date) else value for key, value in stated.items()}


class BrandEntry(BaseModel):
    """A whole brand.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1)
    aliases: list[str] = Field(default_factory=list)
    domains: list[Annotated[str, AfterValidator(_normal)]] = Field(default_factory=list)
    not_when: list[Annotated[str, Field(min_length=2)]] = Field(default_factory=list)
    four_eyes: bool = False
    usage: UsageEntry = Field(default_factory=UsageEntry)
    tier: list[TierEntry] = Field(default_factory=list)
    logo: list[LogoEntry] = Field(default_factory=list)


_TABLES: dict[str, type[BaseModel]] = {"logo": LogoEntry, "tier": TierEntry}


def read_brand_entry(text: str, where: str) -> tuple[BrandEntry | None, list[Problem]]:
    """The entry, or None, and all mistakes. where: the file's name for messages."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        place = re.search(r"\(at line (\d+), column \d+\)|\(at end of document\)", str(e))
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        stated = str(e).split(" (at ")[0]
        next_step = "put texts in double quotes and close every bracket"
        return None, [Problem(where=f"{where} line {line}", expected="TOML", got=stated, next_step=next_step)]
    try:
        entry = BrandEntry.model_validate(raw)
    except ValidationError as e:
        return None, [_explain(error, text, where) for error in e.errors()]
    return entry, _check_dates(entry, text, where)


def format_brand_entry(name: str, aliases: Sequence[str], domains: Sequence[str]) -> str:
    """Text of a new brand.toml; read_brand_entry gives the same values back."""
    return f"name = {_quote(name)}\naliases = {_quote_all(aliases)}\ndomains = {_quote_all(domains)}\n"


def locate_logo(text: str, where: str, index: int, key: str = "file") -> str:
    """Where a key of the index-th [[logo]] table stands: `brand.toml line 7, logo 2, variant`."""
    return _locate(text, where, ("logo", index, key))


def _check_dates(entry: BrandEntry, text: str, where: str) -> list[Problem]:
    problems = []
    dated: list[tuple[str, int, LogoEntry | TierEntry]] = [
        ("logo", n, dated_entry) for n, dated_entry in enumerate(entry.logo)
    ]
    dated += [("tier", n, dated_entry) for n, dated_entry in enumerate(entry.tier)]
    for table, index, dated_entry in dated:
        if dated_entry.valid_from and dated_entry.valid_until and dated_entry.valid_until <= dated_entry.valid_from:
            problems.append(
                Problem(
                    where=_locate(text, where, (table, index, "valid_until")),
                    expected=f"a day after valid_from {dated_entry.valid_from}",
                    got=str(dated_entry.valid_until),
                    next_step="swap the two dates or leave one of them out",
                )
            )
    return problems


def _explain(error: ErrorDetails, text: str, where: str) -> Problem:
    got, key = repr(error["input"])[:80], str(error["loc"][-1])
    place = _locate(text, where, error["loc"])
    kind = error["type"]
    if kind == "missing":
        return Problem(where=place, expected=f"a key {key}", got="none", next_step=f'add {key} = "…"')
    if kind == "extra_forbidden":
        parts = [part for part in error["loc"][:-1] if isinstance(part, str)]
        model: type[BaseModel] = (
            UsageEntry if "usage" in parts else _TABLES.get(parts[0], BrandEntry) if parts else BrandEntry
        )
        known = ", ".join(model.model_fields)
        return Problem(
            where=place,
            expected=f"one of {known}",
            got=f"the unknown key {key}",
            next_step="correct its spelling or remove it",
        )
    if kind == "enum":
        variants = ", ".join(LogoVariant)
        return Problem(where=place, expected=f"one of {variants}", got=got, next_step="use one of these words")
    if kind.startswith("date"):
        return Problem(
            where=place,
            expected="a date YYYY-MM-DD without quotes",
            got=got,
            next_step=f"write {key} = 2024-04-03",
        )
    expected = {
        "string_type": "a text in double quotes",
        "string_too_short": "a text that is not empty",
        "list_type": "a list in square brackets",
        "model_type": "a table",
        "int_type": "a whole number without quotes",
        "int_from_float": "a whole number without quotes",
        "float_type": "a number without quotes",
        "greater_than_equal": "a number from 1",
        "greater_than": "a share over 0, such as 0.25",
        "less_than_equal": "a share of the mark's height, such as 0.25",
    }.get(kind, error["msg"].removeprefix("Value error, "))
    return Problem(
        where=place,
        expected=expected,
        got=got,
        next_step="see the example in the documentation of brand.toml",
    )


def _locate(text: str, where: str, loc: Sequence[str | int]) -> str:
    """File, line and path of a key. tomllib forgets lines, so the key is looked for in the text."""
    table = next((name for name in _TABLES if loc and loc[0] == name), "")
    lines, start = text.splitlines(), 0
    end = len(lines)
    if table and len(loc) > 1 and isinstance(loc[1], int):
        tables = [*(n for n, line in enumerate(lines) if re.match(rf"\s*\[\[\s*{table}\s*\]\]", line)), end]
        start, end = tables[loc[1] : loc[1] + 2] if loc[1] + 1 < len(tables) else (0, end)
    elif len(loc) > 1 and loc[0] == "usage":
        start = next((n for n, line in enumerate(lines) if re.match(r"\s*\[\s*usage\s*\]", line)), 0)
    keys = [part for part in loc if isinstance(part, str) and part != table] or [table]
    places = (_find_key(lines[start:end], key) for key in reversed(keys))
    found = start + next((place for place in places if place is not None), 0)
    path = "".join(f" {part + 1}" if isinstance(part, int) else f", {part}" for part in loc)
    return f"{where} line {found + 1}{path}"


def _find_key(lines: Sequence[str], key: str) -> int | None:
    """Place of a key's line, or of the table that has its name; None where it stands in the line of another key."""
    name = rf"""["']?{re.escape(key)}["']?"""
    pattern = re.compile(rf"""\s*({name}\s*[=.]|\[\[?\s*(logo\s*\.\s*)?{name}\s*\])""")
    return next((place for place, line in enumerate(lines) if pattern.match(line)), None)


def _quote(text: str) -> str:
    # TOML's basic strings are JSON's but for DEL, which TOML wants escaped
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _quote_all(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(_quote, texts)) + "]"
