"""`partnerproof seal`: one digest over what is stored, stamped by authorities and anchored outside this machine."""

from __future__ import annotations

import click

from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.progress import progress_bar
from partnerproof.safekeeping.sealing import seal_workspace, tell_sealed


@click.command()
@pass_choice
def seal(choice: Choice) -> int:
    """Seal what was stored since the last seal, and have it stamped by the authorities and kept at the anchors of partnerproof.toml.

    A crawl does this at its end. Sealing again does no harm: it asks the authorities and anchors that have not answered yet.
    Exit 3 when an authority gave no token or an anchor could not be reached; the seal is made all the same.

    \b
    Example:
      partnerproof seal
    """
    workspace = choice.workspace()
    with workspace.writing("seal"), progress_bar() as progress:
        total = sum(path.stat().st_size for path in workspace.warc.glob("*")) if workspace.warc.is_dir() else 0
        task = progress.add_task("sealing", total=total)
        sealed = seal_workspace(workspace, lambda count: progress.advance(task, count))
    if sealed.seal is None:
        click.echo("nothing new to seal")
    for line in tell_sealed(workspace, sealed):
        click.echo(line)
    for stamp in sealed.stamps:
        if stamp.stamped_at:
            click.echo(f"stamped by {stamp.authority} at {stamp.stamped_at}")
    return 0 if sealed.is_complete else 3
