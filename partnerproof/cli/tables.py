"""Findings as tables in the terminal."""

from __future__ import annotations

import json
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from casebook.findings import read_findings
from ledger.database import Ledger
from ledger.vocabulary import VerdictKind

PROBLEMS = frozenset({VerdictKind.NO_AUTHORISATION, VerdictKind.LAPSED, VerdictKind.EXCEEDS_GRANT})
_STYLES = {
    VerdictKind.NO_AUTHORISATION: "bold red",
    VerdictKind.LAPSED: "red",
    VerdictKind.EXCEEDS_GRANT: "yellow",
    VerdictKind.UNDETERMINED: "magenta",
    VerdictKind.AUTHORISED: "green",
}


def print_findings(
    ledger: Ledger, *, crawl_id: str | None = None, verdict: str | None = None, brand: str | None = None
) -> Counter[str]:
    """Print findings, the most serious first, and what could not be looked at; returns how many of each verdict."""
    console = Console()
    counts: Counter[str] = Counter()
    table = Table(pad_edge=False, header_style="bold", box=None)
    for heading in ("verdict", "vendor", "brand", "relation", "tier", "evidence", "page and reason"):
        table.add_column(heading, overflow="fold")
    for row in read_findings(ledger, crawl_id=crawl_id, verdict=verdict, brand=brand):
        counts[row["verdict"] or "not judged"] += 1
        reasons = json.loads(row["reasons"] or "[]")
        words = Text(row["page_url"])
        words.append(f"\n{reasons[0] if reasons else ''}", style="dim")
        style = _STYLES.get(row["verdict"], "") if row["verdict"] else ""
        table.add_row(
            Text(row["verdict"] or "not judged", style=style),
            Text(row["vendor"]),
            row["brand"],
            row["relation"],
            Text(row["tier"] or ""),
            row["evidence"],
            words,
        )
    if counts:
        console.print(table)
        console.print(", ".join(f"{number} {verdict}" for verdict, number in counts.most_common()), highlight=False)
    else:
        console.print("no findings", highlight=False)
    _print_coverage(ledger, console, crawl_id)
    return counts


def _print_coverage(ledger: Ledger, console: Console, crawl_id: str | None) -> None:
    condition, values = ("AND crawl_id = ?", [crawl_id]) if crawl_id else ("", [])
    reasons = ledger.rows(
        f"SELECT reason, count(*) AS pages, count(DISTINCT vendor) AS vendors FROM v_coverage WHERE outcome = 'could-not-look' {condition}"
        " AND reason NOT IN ('error', 'soft-404') GROUP BY reason ORDER BY pages DESC",
        values,
    )
    if reasons:
        told = ", ".join(f"{row['reason']} ({row['pages']} pages, {row['vendors']} vendors)" for row in reasons)
        console.print(f"could not look: {told}; v_coverage has each", highlight=False, markup=False)
