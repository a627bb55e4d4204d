"""`partnerproof check`: one URL, the answer in the terminal."""

from __future__ import annotations

import click

from casebook.dossier.findings import NOTHING_ALLOWS
from ledger.database import Ledger
from ledger.typed_texts import CrawlId
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.crawl import network_options
from partnerproof.cli.tables import plain_console, print_findings
from partnerproof.crawl_run import CrawlOrder, run_crawl

COULD_NOT_LOOK = 3


@click.command()
@click.argument("url")
@click.option(
    "--brand", "brands", multiple=True, help="Brand to look for; may be repeated; default: all of the workspace."
)
@network_options
@pass_choice
def check(
    choice: Choice,
    url: str,
    brands: tuple[str, ...],
    allow_private: bool,  # noqa: FBT001  # click passes by name
    resolve: tuple[str, ...],
    delay_s: float | None,
    allow_unverified: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
) -> int:
    """Look at one page and say what it claims. Exit 1 when a claim lacks authorisation, 3 when we could not look.

    \b
    Example:
      partnerproof check https://vendor.example/partners --brand acme
    """
    workspace = choice.workspace()
    order = CrawlOrder(
        url=url,
        brands=brands,
        allow_private=allow_private,
        resolve=resolve,
        delay_s=delay_s,
        allow_unverified=allow_unverified,
        is_quiet=quiet,
    )
    crawl_id = run_crawl(workspace, order)
    with workspace.open_readonly() as ledger:
        return _tell(ledger, crawl_id, url)


def _tell(ledger: Ledger, crawl_id: CrawlId, url: str) -> int:
    console = plain_console()
    failed = ledger.row(
        "SELECT requested_url, reason, detail FROM v_coverage WHERE crawl_id = ? AND outcome = 'could-not-look'",
        [crawl_id],
    )
    if failed is not None:
        console.print(
            f"could not look at {failed['requested_url'] or url}: {failed['reason']} ({failed['detail']})",
            highlight=False,
            markup=False,
        )
        return COULD_NOT_LOOK
    seen = ledger.row(
        "SELECT count(*) AS sightings, count(DISTINCT image_sha256) AS images FROM v_sightings WHERE crawl_id = ?",
        [crawl_id],
    )
    page = ledger.row("SELECT page_url, page_kind FROM v_coverage WHERE crawl_id = ?", [crawl_id])
    if page is not None and seen is not None:
        console.print(
            f"looked at {page['page_url']} ({page['page_kind']} page): {seen['images']} images",
            highlight=False,
            markup=False,
        )
    for row in ledger.rows("SELECT * FROM v_logo_matches WHERE crawl_id = ? ORDER BY score DESC", [crawl_id]):
        where = f"under “{row['heading']}”" if row["heading"] else "without a heading"
        console.print(
            f"  logo {row['official_logo']} of {row['brand']}, score {row['score']:.2f}, {where}: {row['relation']}",
            highlight=False,
            markup=False,
        )
    for row in ledger.rows("SELECT * FROM v_perhaps WHERE crawl_id = ? ORDER BY score DESC", [crawl_id]):
        console.print(
            f"  perhaps {row['official_logo']} of {row['brand']}, score {row['score']:.2f}, in {row['image_url'] or 'the page'}: "
            "a person has to look",
            highlight=False,
            markup=False,
        )
    for row in ledger.rows("SELECT * FROM v_text_claims WHERE crawl_id = ?", [crawl_id]):
        console.print(f"  words ({row['kind']}): {row['sentence'][:300]}", highlight=False, markup=False)
    verdicts = print_findings(ledger, crawl_id=crawl_id)
    if NOTHING_ALLOWS & verdicts.keys():
        return 1
    unseen = ledger.rows(
        "SELECT reason, count(*) AS images FROM v_refusals WHERE crawl_id = ? AND image_sha256 IS NULL GROUP BY reason",
        [crawl_id],
    )
    if unseen:
        told = ", ".join(f"{row['reason']} ({row['images']})" for row in unseen)
        console.print(
            f"could not look at all images: {told}; what they show is not known", highlight=False, markup=False
        )
    return COULD_NOT_LOOK if unseen else 0
