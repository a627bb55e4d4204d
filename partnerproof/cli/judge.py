"""`partnerproof judge`: claims checked against the register, now or as of any day."""

from __future__ import annotations

import click

from casebook.cases.casework import update_casework
from casebook.verdicts.judge import Judge
from ledger.database import Ledger
from ledger.dates import end_of_day
from ledger.typed_texts import IsoDate
from ledger.vocabulary import JudgingCause
from partnerproof.cli.choice import Choice, brand_option, pass_choice
from partnerproof.cli.dates import read_day, read_past_day
from partnerproof.cli.progress import progress_bar
from partnerproof.crawl_answers import Count, count_rows, count_verdicts


@click.command()
@brand_option
@click.option(
    "--as-of",
    metavar="DATE",
    callback=read_day,
    help="Replay: as of this day instead of the day when each claim was last seen.",
)
@click.option(
    "--known-at",
    metavar="DATE",
    callback=read_past_day,
    help="Replay: with what had been crawled and imported by the end of this day.",
)
@pass_choice
def judge(choice: Choice, brands: tuple[str, ...], as_of: IsoDate | None, known_at: IsoDate | None) -> None:
    """Check every claim against the register as of the day when it was last seen. A new verdict is a new row.

    With --as-of or --known-at it is a replay: what would have been said of that day, with what was known then. Its verdicts are
    kept (view v_verdicts), and no finding rests on them; `partnerproof diff` compares them with what holds now.

    \b
    Example:
      partnerproof judge
      partnerproof judge --as-of 2021-05-01 --known-at 2021-05-01
    """
    workspace = choice.workspace()
    slugs = [brand.slug for brand in workspace.load_brands(brands)]
    is_replay = bool(as_of or known_at)
    with workspace.writing("judge") as lock, workspace.open() as ledger:
        judging = Judge(
            ledger,
            JudgingCause.REPLAY if is_replay else JudgingCause.JUDGE,
            as_of=as_of,
            known_at=end_of_day(known_at) if known_at else None,
        )
        total = count_rows(ledger, "claims")
        with progress_bar() as progress:
            task = progress.add_task("claims", total=total)

            def on_claims(claims: int) -> None:
                progress.advance(task, claims)
                lock.give_way()

            new = judging.judge(brands=slugs, on_claims=on_claims)
        if not is_replay:
            update_casework(ledger, workspace.removal_terms)
        counts = _count_verdicts(ledger, judging)
    summary = ", ".join(f"{count.number} {count.name}" for count in counts)
    summary = summary or ("nothing had been seen by then" if is_replay else "none")
    if is_replay:
        then = f" as of {as_of}" if as_of else ""
        knowing = f" with what was known on {known_at}" if known_at else ""
        click.echo(f"replayed{then}{knowing}: {summary}")
        if counts:
            click.echo(f"compare with what holds now: partnerproof diff {judging.judging_id}")
    else:
        click.echo(f"{new} new verdicts; now: {summary}")


def _count_verdicts(ledger: Ledger, judging: Judge) -> list[Count]:
    """Return the verdicts of a replay, or those that hold now."""
    if not judging.is_replay:
        return count_verdicts(ledger)
    return count_verdicts(ledger, judging.judging_id) if judging.judging_id else []
