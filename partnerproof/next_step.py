"""What to do next in a workspace: the command that makes most sense now."""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.identity import utc_text
from ledger.records import Crawl
from ledger.typed_texts import Instant
from partnerproof.crawl_answers import count_rows
from partnerproof.workspace import Workspace

REPORT_FOLDERS = ("report", "var/report")  # where `report` and `demo` write, unless they are told otherwise


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
            is_reported = _has_report(workspace, ledger.value("SELECT max(ended_at) FROM crawls"))
            return "partnerproof serve --token" if is_reported else "partnerproof report --out report/"
    return f"partnerproof crawl vendors.csv --brand {brands[0]}"


def _has_report(workspace: Workspace, ended_at: Instant) -> bool:
    """Whether a report was written since the last crawl ended."""
    indexes = [workspace.root / folder / "index.html" for folder in REPORT_FOLDERS]
    written = [datetime.fromtimestamp(index.stat().st_mtime, UTC) for index in indexes if index.is_file()]
    return any(utc_text(at) >= ended_at for at in written)
