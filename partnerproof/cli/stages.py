"""The stages that work on what is stored: each can be run alone, again and again, with the same result."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from casebook.cases.casework import update_casework
from casebook.verdicts.claims import find_claims
from casebook.verdicts.judge import Judge
from crawler.reading.stored_pages import read_again
from ledger.database import Ledger
from ledger.dates import end_of_day
from ledger.typed_texts import Instant, IsoDate
from ledger.vocabulary import JudgingCause, MatchStrength
from matcher.logo_matches import match_logos, store_brands
from matcher.recognition_process import Recogniser
from matcher.rejections import SET_CHANGED, hold_back
from matcher.text_matches import match_texts
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.dates import read_day, read_past_day
from partnerproof.cli.hunt import hunt, require_hunt_options
from partnerproof.cli.progress import progress_bar
from partnerproof.flow import finished_visits

F = TypeVar("F", bound=Callable[..., Any])


def brand_option(function: F) -> F:
    option = click.option(
        "--brand", "brands", multiple=True, help="Only this brand; may be repeated; default: all of the workspace."
    )
    return option(function)


@click.command()
@click.option("--again", "is_all", is_flag=True, help="Also those that this version of the reading has read.")
@pass_choice
def extract(choice: Choice, is_all: bool) -> None:  # noqa: FBT001  # click passes by name
    """Read stored pages that an earlier version of the reading has read, without the network: pages → sightings, passages.

    \b
    Example:
      partnerproof extract --again
    """
    workspace = choice.workspace()
    with workspace.writing("extract"), workspace.open() as ledger:
        lexicon = workspace.lexicon()
        pages = sum(
            _each(
                finished_visits(ledger),
                lambda visit: read_again(ledger, workspace.warc, lexicon, visit_id=visit, is_all=is_all),
            )
        )
        counts = ledger.row("SELECT (SELECT count(*) FROM sightings) AS s, (SELECT count(*) FROM passages) AS p")
    assert counts is not None  # noqa: S101  # a count always has a row
    click.echo(f"read {pages} pages: {counts['s']} sightings, {counts['p']} passages in all")


@click.command()
@brand_option
@click.option(
    "--logo", "logos", multiple=True, type=click.Path(path_type=Path), help="A new logo to hunt for; may be repeated."
)
@click.option("--all", "is_all", is_flag=True, help="With --logo: in every image that was ever seen.")
@click.option("--json", "as_json", is_flag=True, help="With --logo: the hits as a JSON list.")
@click.option("--csv", "as_csv", is_flag=True, help="With --logo: the hits as CSV.")
@pass_choice
def match(
    choice: Choice,
    brands: tuple[str, ...],
    logos: tuple[Path, ...],
    is_all: bool,  # noqa: FBT001  # click passes by name
    as_json: bool,  # noqa: FBT001
    as_csv: bool,  # noqa: FBT001
) -> int:
    """Compare what was seen with the brands: sightings → logo matches, passages → text matches.

    An image that these official logos have judged is not judged again; a changed set judges all anew.

    With --logo FILE --all it hunts for a logo that is not in the official set: it prints where the logo was ever seen,
    and changes nothing. To keep what it finds, add the file with `partnerproof brand add` (or to the logos/ of a brand
    that is there) and run `partnerproof match`. Exit 3 when stored images could not be looked at any more.

    \b
    Example:
      partnerproof match --brand acme
      partnerproof match --logo new.svg --all
    """
    require_hunt_options(logos, {"--brand": brands, "--json": as_json, "--csv": as_csv}, is_all=is_all)
    workspace = choice.workspace()
    if logos:
        return hunt(workspace, logos, as_json=as_json, as_csv=as_csv)
    loaded = workspace.load_brands(brands)
    slugs = [brand.slug for brand in loaded]
    with workspace.writing("match"), workspace.open() as ledger:
        store_brands(ledger, loaded)
        lexicon = workspace.lexicon()
        with Recogniser(loaded) as recogniser:

            def one(visit: str) -> int:
                judged = match_logos(ledger, recogniser, warc_dir=workspace.warc, visit_ids=[visit])
                match_texts(ledger, slugs, lexicon, visit_ids=[visit])
                return judged

            judged = sum(_each(finished_visits(ledger), one))
        hold_back(ledger, slugs)
        told = _count_matches(ledger)
        lapsed = ledger.value(
            "SELECT count(*) FROM v_rejections WHERE state = ? AND brand IN (SELECT value FROM json_each(?))",
            [SET_CHANGED, json.dumps(slugs)],
        )
    click.echo(f"judged {judged} images now: {told} in all")
    if lapsed:
        click.echo(
            f"{lapsed} rejections hold no more, because official logos have changed since: partnerproof reject --list",
        )
    return 0


def _count_matches(ledger: Ledger) -> str:
    count = {
        row[0]: row[1]
        for row in ledger.rows(
            "SELECT iif(rejection_id IS NULL, strength, 'rejected'), count(*) FROM logo_matches GROUP BY 1"
        )
    }
    found, perhaps = (count.get(strength, 0) for strength in (MatchStrength.MATCH, MatchStrength.PERHAPS))
    to_look_at = f", {perhaps} that a person has to look at (partnerproof findings --perhaps)" if perhaps else ""
    rejected = (
        f", {count['rejected']} that a person rejected (partnerproof reject --list)" if "rejected" in count else ""
    )
    texts = ledger.value("SELECT count(*) FROM text_matches")
    return f"{found} logo matches{to_look_at}{rejected}, {texts} text matches"


@click.command()
@brand_option
@pass_choice
def claims(choice: Choice, brands: tuple[str, ...]) -> None:
    """Turn matches and what stands around them into claims.

    \b
    Example:
      partnerproof claims
    """
    workspace = choice.workspace()
    slugs = [brand.slug for brand in workspace.load_brands(brands)]
    with workspace.writing("claims"), workspace.open() as ledger:
        _each(finished_visits(ledger), lambda visit: len(find_claims(ledger, slugs, visit_ids=[visit])))
        count = ledger.value("SELECT count(DISTINCT claim_id) FROM claim_evidence")
    click.echo(f"{count} claims")


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
def judge(choice: Choice, brands: tuple[str, ...], as_of: IsoDate | None, known_at: Instant | None) -> None:
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
    with workspace.writing("judge"), workspace.open() as ledger:
        judging = Judge(
            ledger,
            JudgingCause.REPLAY if is_replay else JudgingCause.JUDGE,
            as_of=as_of,
            known_at=end_of_day(known_at) if known_at else None,
        )
        total = ledger.value("SELECT count(*) FROM claims")
        with progress_bar() as progress:
            task = progress.add_task("claims", total=total)
            new = judging.judge(brands=slugs, on_claims=lambda claims: progress.advance(task, claims))
        if not is_replay:
            update_casework(ledger, workspace.removal_terms)
        held = ledger.rows(
            "SELECT verdict, count(*) AS n FROM v_verdicts WHERE judging_id = ? GROUP BY verdict ORDER BY n DESC"
            if is_replay
            else "SELECT verdict, count(*) AS n FROM v_findings GROUP BY verdict ORDER BY n DESC",
            [judging.judging_id] if is_replay else [],
        )
    told = ", ".join(f"{row['n']} {row['verdict']}" for row in held)
    told = told or ("nothing had been seen by then" if is_replay else "none")
    if is_replay:
        then = f" as of {as_of}" if as_of else ""
        knowing = f" with what was known on {known_at}" if known_at else ""
        click.echo(f"replayed{then}{knowing}: {told}")
        if held:
            click.echo(f"compare with what holds now: partnerproof diff {judging.judging_id}")
    else:
        click.echo(f"{new} new verdicts; now: {told}")


def _each(visits: list[str], step: Callable[[str], int]) -> list[int]:
    with progress_bar() as progress:
        return [step(visit) for visit in progress.track(visits, description="visits")]
