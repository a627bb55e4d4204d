"""`partnerproof check`: one URL, the answer in the terminal."""

from __future__ import annotations

import click

from ledger.database import Ledger
from ledger.typed_texts import CrawlId
from ledger.verdict_kinds import NOTHING_ALLOWS
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.crawl import network_options
from partnerproof.cli.tables import plain_console, print_findings
from partnerproof.crawl_answers import (
    count_seen_images,
    count_unseen_images,
    read_doubtful_logos,
    read_looked_pages,
    read_seen_logos,
    read_seen_words,
)
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
    log_json: bool,  # noqa: FBT001
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
        log_json=log_json,
    )
    crawl_id = run_crawl(workspace, order)
    with workspace.open_readonly() as ledger:
        return _print_answer(ledger, crawl_id, url)


def _print_answer(ledger: Ledger, crawl_id: CrawlId, url: str) -> int:
    console = plain_console()

    def line(text: str) -> None:
        console.print(text, highlight=False, markup=False)

    pages = read_looked_pages(ledger, crawl_id)
    if pages and pages[0].outcome == "could-not-look":
        line(f"could not look at {pages[0].requested_url or url}: {pages[0].reason} ({pages[0].detail})")
        return COULD_NOT_LOOK
    if pages:
        line(f"looked at {pages[0].page_url} ({pages[0].page_kind} page): {count_seen_images(ledger, crawl_id)} images")
    for logo in read_seen_logos(ledger, crawl_id):
        where = f"under “{logo.heading}”" if logo.heading else "without a heading"
        line(
            f"  {'logo ' if logo.official_logo else ''}{logo.what} of {logo.brand}, score {logo.score:.2f}, {where}: {logo.relation}"
        )
    for logo in read_doubtful_logos(ledger, crawl_id):
        place = logo.image_url or "the page"
        line(f"  perhaps {logo.what} of {logo.brand}, score {logo.score:.2f}, in {place}: a person has to look")
    for words in read_seen_words(ledger, crawl_id):
        line(f"  words ({words.kind}): {words.sentence[:300]}")
    verdicts = print_findings(ledger, crawl_id=crawl_id)
    if NOTHING_ALLOWS & verdicts.keys():
        return 1
    unseen = count_unseen_images(ledger, crawl_id)
    if unseen:
        reasons = ", ".join(f"{count.name} ({count.number})" for count in unseen)
        line(f"could not look at all images: {reasons}; what they show is not known")
    return COULD_NOT_LOOK if unseen else 0
