"""`partnerproof init`: a new workspace."""

from __future__ import annotations

from pathlib import Path

import click

from partnerproof.workspace import create_workspace


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--contact", help="Web or mail address that the crawler names to the sites it visits.")
def init(folder: Path, contact: str | None) -> None:
    """Make a workspace: brands/ registers/ seeds/ lexicon/ var/ and partnerproof.toml.

    \b
    Example:
      partnerproof init myspace --contact https://acme.example/crawler
    """
    workspace = create_workspace(folder, contact=contact)
    click.echo(f"made {workspace.root}/")
    if not contact:
        click.echo(
            f"fill in crawl.contact in {workspace.root}/partnerproof.toml: sites want to know who visits them", err=True
        )
    click.echo(
        f'next: cd {workspace.root} && partnerproof brand add acme --name "Acme" --domain acme.example --logos ./acme-logos/'
    )
