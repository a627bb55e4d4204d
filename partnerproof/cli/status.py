"""`partnerproof status`: how far the crawl is, from another terminal."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casebook.files.tables import plain
from ledger.database import Ledger
from partnerproof.cli.choice import Choice, pass_choice


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@pass_choice
def status(choice: Choice, as_json: bool) -> None:  # noqa: FBT001
    """Show how far the latest crawl is; may be run while it crawls.

    \b
    Example:
      partnerproof status
    """
    with choice.workspace().open_readonly() as ledger:
        told = read_status(ledger)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    console = Console()
    if not told:
        console.print("no crawl yet; next: partnerproof crawl vendors.csv", highlight=False)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in told.items():
        table.add_row(
            name.replace("_", " "),
            Text(plain(", ".join(f"{n} {k}" for k, n in value.items()) if isinstance(value, dict) else str(value))),
        )
    console.print(table)


def read_status(ledger: Ledger) -> dict[str, object]:
    """Return the state of the latest crawl; empty when there is none."""
    crawl = ledger.row("SELECT * FROM crawls ORDER BY crawl_id DESC LIMIT 1")
    if crawl is None:
        return {}
    of_crawl = "visit_id IN (SELECT visit_id FROM visits WHERE crawl_id = :crawl)"

    def grouped(sql: str) -> dict[str, int]:
        return {row[0]: row[1] for row in ledger.rows(sql, {"crawl": crawl["crawl_id"]})}

    return {
        "crawl": crawl["crawl_id"],
        "seeds": crawl["seeds_file"],
        "started_at": crawl["started_at"],
        "ended_at": crawl["ended_at"] or "running or stopped",
        "visits": grouped("SELECT state, count(*) FROM visits WHERE crawl_id = :crawl GROUP BY state ORDER BY state"),
        "judged_visits": ledger.value(
            "SELECT count(*) FROM visits WHERE crawl_id = ? AND judged_at IS NOT NULL", [crawl["crawl_id"]]
        ),
        "looks": grouped(f"SELECT purpose, count(*) FROM looks WHERE {of_crawl} GROUP BY purpose"),
        "could_not_look": grouped(
            f"SELECT reason, count(*) FROM looks WHERE {of_crawl} AND outcome = 'could-not-look' GROUP BY reason ORDER BY 2 DESC"
        ),
        "pages_by_health": grouped(
            f"SELECT health, count(*) FROM pages WHERE {of_crawl} GROUP BY health ORDER BY 2 DESC"
        ),
        "findings_by_verdict": grouped(
            "SELECT coalesce(verdict, 'not judged'), count(*) FROM v_findings GROUP BY 1 ORDER BY 2 DESC"
        ),
        "last_look_at": ledger.value(
            f"SELECT max(looked_at) FROM looks WHERE {of_crawl}", {"crawl": crawl["crawl_id"]}
        ),
    }
