"""`partnerproof brand check`: how well the official logos of a workspace do their work."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from casebook.files.tables import plain
from matcher.brand_check import BrandCheck, LogoCheck, check_brands
from matcher.brands.official_logos import Brand
from matcher.legibility import WIDTHS_PX
from matcher.logo_matches import image_content
from matcher.own_site import OwnSiteLogo, find_own_site_logos
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows
from partnerproof.workspace import Workspace

FOUND_A_PROBLEM = 1
_BAR_CELLS = 10


@click.command("check")
@click.argument("slug", required=False)
@click.option("--json", "as_json", is_flag=True, help="As a JSON object: logos, problems, suggestions, own_site.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write the proposed pictures of the brand's own site into.",
)
@pass_choice
def check(choice: Choice, slug: str | None, as_json: bool, save: Path | None) -> int:  # noqa: FBT001  # click passes by name
    """Measure how well official logos do: of the brand SLUG, or of all. Exit 1 when something should be mended.

    distinct: how far it stands out from drawings that are nobody's; a plain shape is never recognised alone. strangers:
    unrelated drawings that are as much like it as what is reported. smallest: the width in px down to which a picture of it on
    plain ground is recognised. nearest: the logo of another brand in this workspace that is most alike, with the score.

    Where a crawl has read the brand's own site, pictures that it shows as its logo and that no official file recognises are proposed.

    \b
    Example:
      partnerproof brand check acme --save proposed/
    """
    workspace = choice.workspace()
    chosen = [brand.slug for brand in workspace.load_brands([slug] if slug else ())]
    brands = workspace.load_brands()
    console = Console(stderr=True)
    total = sum(len(brand.logos) for brand in brands if brand.slug in chosen)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        looking = progress.add_task("logos", total=total)
        checked = check_brands(
            brands,
            chosen,
            folder=workspace.brands,
            today=dt.datetime.now(dt.UTC).date(),
            on_logo=lambda: progress.advance(looking),
        )
    proposed = _propose(workspace, [brand for brand in brands if brand.slug in chosen], save)
    if as_json:
        click.echo(
            json.dumps({**asdict(checked), "own_site": list(map(asdict, proposed))}, ensure_ascii=False, indent=2)
        )
    else:
        _print(checked)
        _print_proposed(proposed, save)
    return FOUND_A_PROBLEM if checked.problems else 0


def _propose(workspace: Workspace, brands: Sequence[Brand], save: Path | None) -> list[OwnSiteLogo]:
    """Pictures of the brands' own sites, written into a folder if one is given; none without a database."""
    if not workspace.database.is_file():
        return []
    with workspace.open_readonly() as ledger:
        proposed = [logo for brand in brands for logo in find_own_site_logos(ledger, brand)]
        for logo in proposed if save else ():
            assert save is not None  # noqa: S101  # the loop is empty without it
            folder = save / logo.brand
            folder.mkdir(parents=True, exist_ok=True)
            content = image_content(ledger, workspace.warc, logo.image_sha256, logo.capture_id)
            (folder / f"{logo.image_sha256[:16]}.{logo.format}").write_bytes(content)
    return proposed


def _print_proposed(proposed: Sequence[OwnSiteLogo], save: Path | None) -> None:
    if not proposed:
        return
    click.echo("\non the brand's own site, and in no official file:")
    headings = ("brand", "pages", "size", "image")
    print_rows(
        headings,
        [
            (
                (logo.brand, str(logo.pages), f"{logo.width_px} × {logo.height_px}", logo.image_url or "inline"),
                f"{logo.page_url}  {logo.image_sha256}",
            )
            for logo in proposed
        ],
    )
    click.echo(
        f"written to {save}"
        if save
        else "with --save DIR they are written to a folder; add what is official to the brand's logos/"
    )


def _print(checked: BrandCheck) -> None:
    headings = ("brand", "official logo", "variant", "distinct", "strangers", "smallest", "nearest other brand")
    print_rows(headings, [(_cells(logo), "") for logo in checked.logos])
    for title, lines in (("to mend", list(map(str, checked.problems))), ("suggestions", list(checked.suggestions))):
        if lines:
            click.echo(f"\n{title}:")
            for line in lines:
                click.echo(f"  {plain(line)}")
    click.echo(
        f"\n{len(checked.logos)} logos: {len(checked.problems)} problems, {len(checked.suggestions)} suggestions"
    )


def _cells(logo: LogoCheck) -> list[str]:
    near = logo.neighbour
    return [
        logo.brand,
        logo.file,
        logo.variant,
        f"{_bar(logo.distinctiveness)} {logo.distinctiveness:.2f}{_word(logo)}",
        str(logo.strangers),
        _smallest(logo),
        f"{near.brand}/{near.file} {near.score:.2f}" if near else "none is alike",
    ]


def _bar(share: float) -> str:
    full = round(share * _BAR_CELLS)
    return "█" * full + "░" * (_BAR_CELLS - full)


def _word(logo: LogoCheck) -> str:
    if logo.is_plain:
        return " plain"
    return " weak" if logo.is_weak else ""


def _smallest(logo: LogoCheck) -> str:
    if logo.smallest_width_px is None:
        return "never"
    return f"{logo.smallest_width_px} px" + (" or less" if logo.smallest_width_px == WIDTHS_PX[-1] else "")
