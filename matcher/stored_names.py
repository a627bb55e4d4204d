"""The names of brands as the database has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.database import Ledger
from ledger.records import BrandRow
from matcher.words.naming import Name, brand_names, domain_names


def read_brands(ledger: Ledger, brands: Sequence[str]) -> list[BrandRow]:
    """Return the stored rows of some brands, in order of their slugs."""
    return list(filter(None, (ledger.find(BrandRow, brand=brand) for brand in sorted(brands))))


def names_of(brands: Iterable[BrandRow]) -> list[Name]:
    """Return every name and alias of some brands."""
    return [name for row in brands for name in brand_names(row.brand, row.name, row.aliases, row.not_when)]


def picture_names(brands: Sequence[BrandRow]) -> list[Name]:
    """Return the names that pictures, and what stands beside them, are searched for: of names_of, and of own domains."""
    return [*names_of(brands), *(name for row in brands for name in domain_names(row.brand, row.domains))]


def tiers_of(brands: Iterable[BrandRow]) -> dict[str, list[str]]:
    """Return the tiers of each brand's own list, lowest first."""
    return {row.brand: [tier["name"] for tier in row.tiers if tier["name"]] for row in brands}
