"""The names of brands as the database has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.database import Ledger
from ledger.records import BrandRow
from matcher.words.naming import Name, brand_names, domain_names


def read_brands(ledger: Ledger, brands: Sequence[str]) -> Iterator[BrandRow]:
    """Return the stored rows of some brands, in order of their slugs."""
    return filter(None, (ledger.find(BrandRow, brand=brand) for brand in sorted(brands)))


def read_names(ledger: Ledger, brands: Sequence[str]) -> list[Name]:
    """Return every name and alias of some brands."""
    rows = read_brands(ledger, brands)
    return [name for row in rows for name in brand_names(row.brand, row.name, row.aliases, row.not_when)]


def read_picture_names(ledger: Ledger, brands: Sequence[str]) -> list[Name]:
    """Return the names that pictures, and what stands beside them, are searched for: of read_names, and of own domains."""
    rows = list(read_brands(ledger, brands))
    return [*read_names(ledger, brands), *(name for row in rows for name in domain_names(row.brand, row.domains))]


def read_tiers(ledger: Ledger, brands: Sequence[str]) -> dict[str, list[str]]:
    """Return the tiers of each brand's own list, lowest first."""
    return {row.brand: [tier["name"] for tier in row.tiers if tier["name"]] for row in read_brands(ledger, brands)}
