"""`partnerproof hunt`: a new logo in everything that was ever seen, as a table, JSON or CSV."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from casebook.files.tables import plain, write_csv
from ledger.archive.stores import Store
from ledger.merging.take_in import find_shards
from matcher.hunt import read_new_logos, short_list_images
from matcher.hunt_hits import Hit, verify_images
from matcher.recognition_process import Recogniser
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows
from partnerproof.cluster.merging import no_shards, whole_address
from partnerproof.cluster.scheduling import ClusterTerms, reach_cluster
from partnerproof.cluster.shard_hunt import HuntSum, add_up, hunt_shards

COULD_NOT_LOOK = 3
COLUMNS = tuple(field.name for field in fields(Hit))
_NAMED_REASONS = 3


@click.command()
@click.argument("logos", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--shards", "places", multiple=True, metavar="SHARD", help="Look in these shards instead of the workspace, as `partnerproof merge` takes them; may be repeated.")  # fmt: skip
@click.option("--cluster", metavar="ADDRESS", help="Let workers look in the shards: `local`, or the address of a Dask scheduler.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 256), help="How many workers --cluster local starts; default: 2.")
@click.option("--json", "as_json", is_flag=True, help="The hits as a JSON list.")
@click.option("--csv", "as_csv", is_flag=True, help="The hits as CSV.")
@pass_choice
def hunt(
    choice: Choice,
    logos: tuple[Path, ...],
    places: tuple[str, ...],
    cluster: str | None,
    workers: int | None,
    as_json: bool,  # noqa: FBT001  # click passes by name
    as_csv: bool,  # noqa: FBT001
) -> int:
    """Look for logos that are in no official set, in every image that was ever seen. It changes nothing.

    To keep what it finds, add the file with `partnerproof brand add` (or to the logos/ of a brand that is there) and run
    `partnerproof match`. Exit 3 when stored images, or a shard, could not be looked at.

    \b
    Example:
      partnerproof hunt new.svg
      partnerproof hunt new.svg --shards s3://evidence/crawls --cluster local --workers 4
    """
    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    if (cluster or workers) and not places:
        raise click.UsageError("--cluster and --workers belong to --shards: name some, or leave them out")
    if workers and cluster != "local":
        raise click.UsageError("--workers belongs to --cluster local")
    failures: list[str] = []
    found = _hunt_in_shards(logos, places, cluster, workers, failures) if places else _hunt_here(choice, logos)
    verified = found.verified
    if as_json:
        click.echo(json.dumps([asdict(hit) for hit in verified.hits], ensure_ascii=False, indent=2))
    elif as_csv:
        write_csv(sys.stdout, COLUMNS, (list(asdict(hit).values()) for hit in verified.hits))
    else:
        _print_hits(verified.hits)
    _print_compared(found, to_stderr=as_json or as_csv)
    for line in failures:
        click.echo(plain(line), err=True)
    return COULD_NOT_LOOK if verified.not_looked_at or failures else 0


def _hunt_here(choice: Choice, logos: tuple[Path, ...]) -> HuntSum:
    workspace = choice.workspace()
    brands = read_new_logos(logos)
    console = Console(stderr=True)
    with (
        workspace.open_readonly() as ledger,
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
    ):
        reading = progress.add_task("hashes", total=None)
        short_list = short_list_images(
            ledger, brands, hashes_dir=workspace.hashes, on_rows=lambda rows: progress.advance(reading, rows)
        )
        progress.remove_task(reading)
        looking = progress.add_task("images", total=len(short_list.image_sha256s))
        with Recogniser(brands) as recogniser:
            verified = verify_images(
                ledger,
                recogniser,
                short_list.image_sha256s,
                warc_dir=workspace.warc,
                on_image=lambda: progress.advance(looking),
            )
    return HuntSum(
        verified=verified,
        short_listed=len(short_list.image_sha256s),
        regions=short_list.regions,
        not_compared=short_list.not_compared,
    )


def _hunt_in_shards(
    logos: tuple[Path, ...], places: tuple[str, ...], cluster: str | None, workers: int | None, failures: list[str]
) -> HuntSum:
    """failures: gets a line for each shard that could not be looked at."""
    brands = read_new_logos(logos)
    shards = [shard for place in places for shard in find_shards(Store(whole_address(place)))]
    if not shards:
        raise no_shards("--shards")
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        _client(cluster, workers, Path(scratch)) as client,
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
    ):
        task = progress.add_task("shards", total=len(shards))
        hunts = []
        for each in hunt_shards(client, shards, brands):
            progress.advance(task)
            hunts.append(each)
            if each.failure is not None:
                failures.append(f"could not look in {each.place}: {each.failure}")
    return add_up(hunts)


def _client(cluster: str | None, workers: int | None, scratch: Path) -> AbstractContextManager[Any]:
    if cluster is None:
        return nullcontext()
    return reach_cluster(ClusterTerms(address=cluster, workers=workers or 2), scratch)


def _print_hits(hits: Sequence[Hit]) -> None:
    """Two lines each, as findings have them: what it is, then page and image, unfolded."""
    headings = ("score", "logo", "vendor", "x, y, width, height", "first seen")
    print_rows(headings, [(_cells(hit), _where(hit)) for hit in hits])


def _where(hit: Hit) -> str:
    if hit.page_url:
        return f"{hit.page_url}  {hit.image_url or 'inline'}"
    return f"no page shows it any more  image {hit.image_sha256}"


def _cells(hit: Hit) -> list[str]:
    box = hit.region
    place = f"{box.x}, {box.y}, {box.width}, {box.height}"
    return [f"{hit.score:.2f}", hit.logo, hit.vendor or "", place, hit.first_seen or ""]


def _print_compared(found: HuntSum, *, to_stderr: bool) -> None:
    """Say how much was compared, and what was not."""
    verified = found.verified
    lines = [
        f"{len(verified.hits)} hits in {verified.images} images; compared {found.regions} stored regions, "
        f"looked closely at {found.short_listed - len(verified.not_looked_at)} images"
    ]
    if verified.not_looked_at:
        reasons = Counter(verified.not_looked_at.values())
        named = "; ".join(f"{reason} ({images} images)" for reason, images in reasons.most_common(_NAMED_REASONS))
        more = f"; and {len(reasons) - _NAMED_REASONS} further reasons" if len(reasons) > _NAMED_REASONS else ""
        lines.append(f"could not look at {len(verified.not_looked_at)} short-listed images: {named}{more}")
    if found.not_compared:
        reasons_named = ", ".join(f"{reason} ({images} images)" for reason, images in found.not_compared.items())
        step = "v_refusals has what was refused"
        if found.not_compared.keys() - {"refused"}:
            step += "; run `partnerproof match` for the others"
        lines.append(f"not compared: {reasons_named}; {step}")
    for line in lines:
        click.echo(plain(line), err=to_stderr)
    if verified.hits:
        click.echo(
            "nothing was stored; to keep it: partnerproof brand add SLUG … (or copy the file into brands/SLUG/logos/), then "
            "partnerproof match && partnerproof claims && partnerproof judge",
            err=True,
        )
