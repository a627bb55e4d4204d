"""`partnerproof merge`: shards that other machines crawled become part of the workspace."""

from __future__ import annotations

import json
from collections import Counter

import click

from ledger.archive.stores import Store
from ledger.merging.take_in import ShardOutcome, TakenShard
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cluster.merging import merge_shards, no_shards, whole_address


@click.command()
@click.argument("shards", nargs=-1, required=True, metavar="SHARD...")
@click.option("--leave-warc", "leaves_warc", is_flag=True, help="Leave the web archive's files where they lie, and read them from there by range.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="What became of each shard, as a JSON list.")
@pass_choice
def merge(
    choice: Choice,
    shards: tuple[str, ...],
    leaves_warc: bool,  # noqa: FBT001  # click passes by name
    as_json: bool,  # noqa: FBT001
) -> int:
    """Take shards into the workspace: what workers crawled, checked against their seals, and judged here.

    SHARD is the folder of a shard, or one that holds several, on this machine or in a store (s3://bucket/path). Merging again, or in
    another order, does no harm. A shard that is half copied, broken, or contradicts what is here is named and left out, the others are
    taken; exit 1 then. Files that were left come home when their shard is merged again without --leave-warc.

    \b
    Example:
      partnerproof merge shards/
      partnerproof merge s3://evidence/crawls/01KC7B2Z1N3R8T6V4X9Y2A5D7F
    """
    places = [Store(whole_address(shard)) for shard in shards]
    taken = list(merge_shards(choice.workspace(), places, leaves_warc=leaves_warc))
    if not taken:
        raise no_shards(", ".join(shards))
    if as_json:
        click.echo(json.dumps([_as_json(shard) for shard in taken], indent=2))
    else:
        for shard in taken:
            click.echo(_line(shard))
        counts = Counter(shard.outcome for shard in taken)
        click.echo(", ".join(f"{counts[outcome]} {outcome}" for outcome in ShardOutcome if counts[outcome]))
    return 0 if all(shard.is_taken for shard in taken) else 1


def _line(shard: TakenShard) -> str:
    if shard.merged is None:
        return f"{shard.outcome}  {shard.place}: {shard.detail}"
    kept = "".join(
        f"; {count} {table} were here with other values, and stay" for table, count in shard.merged.kept.items()
    )
    return f"{shard.outcome}  {shard.place}: {len(shard.merged.visits)} visits, {shard.merged.rows} rows; {shard.detail}{kept}"


def _as_json(shard: TakenShard) -> dict[str, object]:
    return {
        "place": shard.place,
        "outcome": shard.outcome,
        "detail": shard.detail,
        "visits": len(shard.merged.visits) if shard.merged else 0,
        "rows": shard.merged.rows if shard.merged else 0,
        "kept": shard.merged.kept if shard.merged else {},
    }
