"""What to do next in a workspace: the command that makes most sense now."""

from __future__ import annotations

from ledger.records import Crawl
from partnerproof.crawl_answers import count_rows
from partnerproof.workspace import Workspace


def next_step(workspace: Workspace | None) -> str:
    """Return the command that makes most sense now. workspace: None where there is none yet."""
    if workspace is None:
        return "partnerproof init myspace"
    brands = sorted(path.parent.name for path in workspace.brands.glob("*/brand.toml"))
    if not brands:
        return 'partnerproof brand add acme --name "Acme" --domain acme.example --logos ./acme-logos/'
    if not workspace.database.exists():
        return f"partnerproof register import {brands[0]} partners.csv"
    with workspace.open_readonly() as ledger:
        if not count_rows(ledger, "register_snapshots"):
            return f"partnerproof register import {brands[0]} partners.csv"
        if not count_rows(ledger, "crawls"):
            return f"partnerproof crawl vendors.csv --brand {brands[0]}"
        unfinished = "SELECT * FROM crawls WHERE ended_at IS NULL ORDER BY started_at DESC LIMIT 1"
        stopped = ledger.select_first(Crawl, unfinished)
        if stopped is not None:
            return f"run your last `partnerproof {stopped.kind} …` again: it goes on where it stopped"
        if count_rows(ledger, "v_findings"):
            return "partnerproof report --out report/"
    return f"partnerproof crawl vendors.csv --brand {brands[0]}"
