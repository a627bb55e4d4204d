"""`partnerproof brand`: the brands of a workspace and their official logos."""

from __future__ import annotations

import json
from pathlib import Path

import click

from casebook.files.tables import plain
from ledger.errors import BadInputError, Problem
from matcher.brands.official_files import OFFICIAL_SUFFIXES
from matcher.brands.official_logos import Brand, OfficialLogo, write_brand
from matcher.logo_matches import store_brands
from partnerproof.cli.brand_check import check
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows


@click.group()
def brand() -> None:
    """Add brands with their official logos, list them, and check how well the logos do.

    \b
    Example:
      partnerproof brand list
    """


brand.add_command(check)


@brand.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="The brand's name as it writes it.")
@click.option("--alias", "aliases", multiple=True, help="Another name, in any script; may be repeated.")
@click.option("--domain", "domains", multiple=True, help="A domain that the brand owns; may be repeated.")
@click.option("--logos", type=click.Path(path_type=Path), required=True, help="Folder (or one file) of official logos.")
@pass_choice
def add(choice: Choice, slug: str, name: str, aliases: tuple[str, ...], domains: tuple[str, ...], logos: Path) -> None:
    """Add a brand: copies its official logos into brands/SLUG/ and writes brand.toml, which you may refine.

    \b
    Example:
      partnerproof brand add acme --name "Acme" --alias 艾克米 --domain acme.example --logos ./acme-logos/
    """
    workspace = choice.workspace()
    added = write_brand(
        workspace.brands / slug, name=name, aliases=aliases, domains=domains, logo_files=_pictures(logos)
    )
    with workspace.writing("brand add"), workspace.open() as ledger:
        store_brands(ledger, [added])
    click.echo(
        f"added {slug} with {len(added.logos)} official logos; dates, tiers and variants go into {workspace.brands / slug}/brand.toml"
    )
    click.echo(f"next: partnerproof register import {slug} partners.csv")


def _pictures(logos: Path) -> list[Path]:
    if logos.is_file():
        return [logos]
    found = sorted(p for p in logos.iterdir() if p.suffix.lower() in OFFICIAL_SUFFIXES) if logos.is_dir() else []
    if not found:
        raise BadInputError(
            Problem(
                where=f"--logos {logos}",
                expected="a folder with official logos (SVG, PNG, PDF, …)",
                got="no pictures" if logos.is_dir() else "no such folder",
                next_step="name the folder that holds them",
            )
        )
    return found


@brand.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list of brands.")
@pass_choice
def list_brands(choice: Choice, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """List the brands with their names, domains, official logos and usage rules.

    \b
    Example:
      partnerproof brand list
    """
    brands = choice.workspace().load_brands()
    if as_json:
        click.echo(json.dumps([_as_dict(each_brand) for each_brand in brands], ensure_ascii=False, indent=2))
        return
    for each_brand in brands:
        names = ", ".join((each_brand.name, *each_brand.aliases))
        click.echo(plain(f"{each_brand.slug}: {names}; {', '.join(each_brand.domains) or 'no domains'}"))
        print_rows(
            ("official logo", "variant", "valid", "of"),
            [(_cells(logo), "; ".join(logo.usage.describe())) for logo in each_brand.logos],
        )


def _cells(logo: OfficialLogo) -> list[str]:
    dates = f"{logo.valid_from or '…'} to {logo.valid_until or '…'}" if logo.valid_from or logo.valid_until else ""
    return [logo.file, logo.variant, dates, ", ".join(filter(None, (logo.product, logo.programme, logo.tier)))]


def _as_dict(brand: Brand) -> dict[str, object]:
    return {
        "brand": brand.slug,
        "name": brand.name,
        "aliases": brand.aliases,
        "domains": brand.domains,
        "logos": [
            {
                "file": logo.file,
                "official_logo_id": logo.official_logo_id,
                "variant": logo.variant,
                "product": logo.product,
                "programme": logo.programme,
                "tier": logo.tier,
                "valid_from": logo.valid_from and logo.valid_from.isoformat(),
                "valid_until": logo.valid_until and logo.valid_until.isoformat(),
                "usage": logo.usage.as_dict(),
            }
            for logo in brand.logos
        ],
    }
