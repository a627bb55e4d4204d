"""How long work shows how far it is."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress

from partnerproof.flow import FlowTools, finished_visits, run_stages


def progress_bar() -> Progress:
    """A bar on stderr, quiet when that is not a terminal."""
    console = Console(stderr=True)
    return Progress(console=console, disable=not console.is_terminal, transient=True)


def run_with_progress(stage: str, tools: FlowTools) -> int:
    """Take all finished visits through a stage, with a progress bar; returns what it says that it did."""
    visits = finished_visits(tools.ledger)
    with progress_bar() as progress:
        task = progress.add_task("visits", total=len(visits))
        return run_stages([stage], tools, visits, on_visit=lambda _: progress.advance(task))
