"""`partnerproof register proposals`: what reviewers proposed to grant, and what becomes of it."""

from __future__ import annotations

import getpass
import json

import click

from casebook.cases.casework import update_casework
from casebook.dossier.findings import require_brand
from casebook.register.proposals import accept_proposal, list_proposals, refuse_proposal
from casebook.verdicts.affected import judge_affected
from ledger.database import as_row
from ledger.records import ProposedGrant
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import print_rows

_by_option = click.option("--by", help="Who decides; default: the user of this system.")


@click.group("proposals", invoke_without_command=True)
@click.option("--brand", help="Only of this brand.")
@click.option("--all", "with_settled", is_flag=True, help="Also those that were accepted, refused or withdrawn.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
@click.pass_context
def proposals(context: click.Context, brand: str | None, with_settled: bool, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """List what reviewers decided to be "authorised after all", and wait for whoever keeps the register.

    \b
    Example:
      partnerproof register proposals
      partnerproof register proposals accept 01KB0000000000000000000000
    """
    if context.invoked_subcommand is not None:
        return
    with context.obj.workspace().open_readonly() as ledger:
        require_brand(ledger, brand)
        listed = list_proposals(ledger, brand, with_settled=with_settled)
    if as_json:
        click.echo(json.dumps([as_row(proposal) for proposal in listed], ensure_ascii=False, indent=2))
        return
    headings = ("proposal", "brand", "company", "domain", "relation", "tier", "from", "state")
    print_rows(
        headings,
        [
            (
                (
                    proposal.proposal_id, proposal.brand, proposal.company, proposal.domain, proposal.relation,
                    proposal.tier or "-", proposal.valid_from, _state(proposal),
                ),
                f"{proposal.proposed_by}, {proposal.proposed_at[:10]}: {proposal.note}",
            )
            for proposal in listed
        ],
    )  # fmt: skip
    if not listed:
        click.echo("nothing is proposed; the decision “authorised after all” in `partnerproof serve` makes proposals")


def _state(proposal: ProposedGrant) -> str:
    if proposal.withdrawn_at:
        return "withdrawn"
    if proposal.snapshot_id:
        return f"accepted by {proposal.settled_by}"
    return f"refused by {proposal.settled_by}" if proposal.settled_at else "waits"


@proposals.command("accept")
@click.argument("proposal")
@_by_option
@pass_choice
def accept(choice: Choice, proposal: str, by: str | None) -> None:
    """Make a proposal a grant, in a register of its own that an import of a file does not replace.

    Claims that it can touch are judged anew. `partnerproof register undo` takes it back.

    \b
    Example:
      partnerproof register proposals accept 01KB0000000000000000000000
    """
    workspace = choice.workspace()
    with workspace.writing("register proposals accept"), workspace.open() as ledger:
        with ledger.transaction():  # killed in between, the register would be new and its verdicts old
            accepted = accept_proposal(ledger, proposal, by=by or getpass.getuser())
            changed = judge_affected(ledger, [accepted.proposal.brand])
        update_casework(ledger, workspace.removal_terms)
    company, brand = accepted.proposal.company, accepted.proposal.brand
    click.echo(f"accepted: {company} as {accepted.proposal.relation} of {brand}; {changed} new verdicts")
    click.echo(f"to take it back: partnerproof register undo {accepted.snapshot.snapshot_id} --why …")


@proposals.command("refuse")
@click.argument("proposal")
@click.option("--why", required=True, help="The reason, for whoever reads it later.")
@_by_option
@pass_choice
def refuse(choice: Choice, proposal: str, why: str, by: str | None) -> None:
    """Say that a proposal does not become a grant. The register stays as it is.

    \b
    Example:
      partnerproof register proposals refuse 01KB0000000000000000000000 --why "the contract ended in 2024"
    """
    workspace = choice.workspace()
    with workspace.writing_beside("register proposals refuse"), workspace.open() as ledger:
        refused = refuse_proposal(ledger, proposal, by=by or getpass.getuser(), why=why)
    click.echo(f"refused: {refused.company} as {refused.relation} of {refused.brand}")
