"""How long work shows how far it is."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress

from ledger.proof.writer_lock import WriterLock
from ledger.typed_texts import VisitId
from partnerproof.flow import FlowTools, finished_visits, run_stages


def progress_bar() -> Progress:
    """A bar on stderr, quiet when that is not a terminal."""
    console = Console(stderr=True)
    return Progress(console=console, disable=not console.is_terminal, transient=True)


def run_with_progress(stage: str, tools: FlowTools, lock: WriterLock) -> int:
    """Take all finished visits through a stage, with a progress bar; returns what it says that it did. Others write between two visits."""
    visits = finished_visits(tools.ledger)
    with progress_bar() as progress:
        task = progress.add_task("visits", total=len(visits))

        def on_visit(_: VisitId) -> None:
            progress.advance(task)
            lock.give_way()

        return run_stages([stage], tools, visits, on_visit=on_visit)
