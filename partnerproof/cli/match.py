"""`partnerproof match`: what was seen, compared with the brands."""

from __future__ import annotations

import click

from ledger.database import Ledger
from ledger.vocabulary import MatchStrength
from matcher.logo_matches import store_brands
from matcher.recognition_process import Recogniser, count_processes
from matcher.rejections import hold_back
from partnerproof.cli.choice import Choice, brand_option, pass_choice
from partnerproof.cli.progress import run_with_progress
from partnerproof.cli.tables import print_unread_words
from partnerproof.crawl_answers import count_lapsed_rejections, count_logo_matches, count_rows
from partnerproof.flow import FlowTools


@click.command()
@brand_option
@pass_choice
def match(choice: Choice, brands: tuple[str, ...]) -> None:
    """Compare what was seen with the brands: sightings → logo matches, names and words; passages → text matches.

    An image that these official logos have judged is not judged again; a changed set judges all anew. A logo that is in no
    official set is looked for with `partnerproof hunt`.

    \b
    Example:
      partnerproof match --brand acme
    """
    workspace = choice.workspace()
    loaded = workspace.load_brands(brands)
    slugs = [brand.slug for brand in loaded]
    with workspace.writing("match") as lock, workspace.open() as ledger:
        store_brands(ledger, loaded)
        with Recogniser(loaded, processes=count_processes()) as recogniser:
            tools = FlowTools(
                ledger=ledger,
                brands=tuple(slugs),
                warc_dir=workspace.warc,
                lexicon=workspace.lexicon(),
                recogniser=recogniser,
            )
            judged = run_with_progress("match", tools, lock)
        hold_back(ledger, slugs)
        summary = _count_matches(ledger)
        print_unread_words(ledger, None)
        lapsed = count_lapsed_rejections(ledger, slugs)
    click.echo(f"judged {judged} images now: {summary} in all")
    if lapsed:
        click.echo(
            f"{lapsed} rejections hold no more, because official logos have changed since: partnerproof reject --list",
        )


def _count_matches(ledger: Ledger) -> str:
    counts = count_logo_matches(ledger)
    found, perhaps = (counts.get(strength, 0) for strength in (MatchStrength.MATCH, MatchStrength.PERHAPS))
    to_look_at = f", {perhaps} that a person has to look at (partnerproof findings --perhaps)" if perhaps else ""
    rejected = (
        f", {counts['rejected']} that a person rejected (partnerproof reject --list)" if "rejected" in counts else ""
    )
    return f"{found} logo matches{to_look_at}{rejected}, {count_rows(ledger, 'text_matches')} text matches"
