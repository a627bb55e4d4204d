"""`partnerproof crawl`: visit vendors, and judge what is found as it comes in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ledger.typed_texts import CrawlId
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.lists import ListChoice, list_options, read_list
from partnerproof.cli.tables import print_findings
from partnerproof.crawl_run import CrawlOrder, run_crawl
from partnerproof.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


def network_options(function: F) -> F:
    """The options that every command with network access has."""
    for option in (
        click.option("--allow-private", is_flag=True, help="Let vendors lie on private and loopback addresses."),
        click.option(
            "--resolve",
            multiple=True,
            metavar="HOST:PORT:ADDRESS",
            help="Connect to ADDRESS for HOST:PORT, as curl has it.",
        ),
        click.option(
            "--delay", "delay_s", type=click.FloatRange(0, 3600), help="Least seconds between requests to one host."
        ),
        click.option(
            "--allow-bad-certificates",
            "allow_unverified",
            is_flag=True,
            help="Ask a host once more without checking its certificate when the check fails; the rows say so.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="No progress."),
        click.option(
            "--log-json", is_flag=True, help="Write one JSON line to stderr for each page, visit and warning."
        ),
    ):
        function = option(function)
    return function


@click.command()
@click.argument("seeds", type=click.Path(path_type=Path))
@click.option(
    "--brand", "brands", multiple=True, help="Brand to look for; may be repeated; default: all of the workspace."
)
@list_options
@click.option("--preview", is_flag=True, help="Show how the list is understood, and end without a crawl.")
@network_options
@click.option("--cluster", metavar="ADDRESS", help="Let workers visit: `local` starts some here, else the address of a Dask scheduler (tls://host:8786).")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 256), help="How many workers --cluster local starts; default: 2.")
@click.option("--store", help="Where shards come home to, a folder or a store that every worker reaches (s3://bucket/path); kept there.")  # fmt: skip
@click.option("--leave-warc", "leaves_warc", is_flag=True, help="Leave the web archive's files in --store, and read them from there by range.")  # fmt: skip
@click.option("--shard", "shard_vendors", type=click.IntRange(1, 100_000), help="So many vendors fill a shard; default: 200.")  # fmt: skip
@pass_choice
def crawl(
    choice: Choice,
    seeds: Path,
    brands: tuple[str, ...],
    mapping: Path | None,
    rejects: Path | None,
    strict: bool,  # noqa: FBT001  # click passes by name
    preview: bool,  # noqa: FBT001
    allow_private: bool,  # noqa: FBT001
    resolve: tuple[str, ...],
    delay_s: float | None,
    allow_unverified: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
    cluster: str | None,
    workers: int | None,
    store: str | None,
    leaves_warc: bool,  # noqa: FBT001
    shard_vendors: int | None,
    log_json: bool,  # noqa: FBT001
) -> None:
    """Visit the vendors of a list, match logos and sentences, check claims against the register.

    SEEDS is a list as people have them: CSV with any usual delimiter and encoding, or XLSX. A row needs a site (a web address, a
    domain or an e-mail address of the vendor's own) and may have name, country, parent, aliases, identifiers; which column is which
    is told by usual headings, or by the cells. Rows of one site are one vendor. Rows that can't be used are left out and listed in
    rejects.csv; exit 2 when there is no other.

    A crawl that was stopped or killed goes on where it was when the same command is run again.

    With --cluster the list is cut into shards, which workers visit and which are merged here as they come home.

    \b
    Example:
      partnerproof crawl vendors.csv --brand acme
      partnerproof crawl suppliers.xlsx --preview
      partnerproof crawl vendors.csv --cluster local --workers 4
    """
    on_cluster = _ClusterOptions(
        cluster=cluster, workers=workers, store=store, leaves_warc=leaves_warc, shard_vendors=shard_vendors
    )
    on_cluster.check()
    workspace = choice.workspace()
    chosen = ListChoice(
        seeds=seeds,
        mapping=mapping,
        rejects=rejects,
        is_strict=strict,
        allow_private=allow_private,
        resolve=resolve,
        as_json=log_json,
    )
    if any(not (workspace.brands / brand).is_dir() for brand in brands):
        workspace.load_brands(brands)  # says which, before anything is told of the list
    vendors = len(read_list(workspace, chosen, shows_rows=preview).seeds)
    if preview:
        return
    order = CrawlOrder(
        seeds=seeds,
        vendors=vendors,
        list_options=chosen.options,
        brands=brands,
        allow_private=allow_private,
        resolve=resolve,
        delay_s=delay_s,
        allow_unverified=allow_unverified,
        log_json=log_json,
        is_quiet=quiet,
    )
    crawl_id = on_cluster.run(workspace, order)
    with workspace.open_readonly() as ledger:
        print_findings(ledger, crawl_id=crawl_id)
    if not log_json:
        click.echo("next: partnerproof report --out report/", err=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClusterOptions:
    """What the command line says of a cluster."""

    cluster: str | None
    workers: int | None
    store: str | None
    leaves_warc: bool
    shard_vendors: int | None

    def check(self) -> None:
        """Errors: UsageError for options that do not go together."""
        if self.cluster is None and (self.workers or self.store or self.shard_vendors or self.leaves_warc):
            raise click.UsageError(
                "--workers, --store, --leave-warc and --shard belong to --cluster: name it, or leave them out"
            )
        if self.cluster not in (None, "local"):
            if self.workers:
                raise click.UsageError(
                    f"--workers belongs to --cluster local; {self.cluster} has the workers that were started for it"
                )
            if not self.store:
                raise click.UsageError("--cluster ADDRESS needs --store: a folder or a store that every worker reaches")
        if self.leaves_warc and not self.store:
            raise click.UsageError("--leave-warc needs --store: what is left there has to stay")

    def run(self, workspace: Workspace, order: CrawlOrder) -> CrawlId:
        """Crawl, on this machine or on the cluster."""
        if self.cluster is None:
            return run_crawl(workspace, order)
        from partnerproof.cluster.cluster_crawl import ClusterOrder, run_cluster_crawl
        from partnerproof.cluster.orders import SHARD_VENDORS
        from partnerproof.cluster.scheduling import ClusterTerms

        return run_cluster_crawl(
            workspace,
            order,
            ClusterOrder(
                cluster=ClusterTerms(address=self.cluster, workers=self.workers or 2),
                store=self.store,
                shard_vendors=self.shard_vendors or SHARD_VENDORS,
                leaves_warc=self.leaves_warc,
            ),
        )
