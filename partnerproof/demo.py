"""The demo: the main job, end to end, through the same doors that a user has.

1. The shipped fictional web is served on loopback, each vendor under its own host name (--resolve).
2. The fictional brand and its register are imported into the workspace.
3. The vendors are crawled, what they show is matched and judged, and the report is written.
"""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from casebook.dossier.report import ReportOrder, write_report
from casebook.dossier.summary import SummaryScope
from casebook.register.imports import import_register
from ledger.shipped import shipped_data
from ledger.typed_texts import CrawlId
from matcher.logo_matches import store_brands
from partnerproof.config import CONFIG_FILE, EXAMPLE_CONFIG
from partnerproof.crawl_run import CrawlOrder, run_crawl
from partnerproof.demo_web import DemoWeb
from partnerproof.workspace import Workspace, find_workspace

PORT = 8741  # always the same, if it is free, so that a second run visits the same vendors again
BRAND = "veltrana"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """What a demo left behind."""

    workspace: Workspace
    crawl_id: CrawlId
    report: Path


def run_demo(named: Path | None, out: Path | None) -> DemoRun:
    """Run the demo; named: the workspace to use or make, None for the default one."""
    workspace = demo_workspace(named)
    with DemoWeb(shipped_data("demo"), port=PORT if _is_free(PORT) else 0) as web:
        seeds = workspace.var / "demo-seeds.csv"
        web.write_seeds(workspace.seeds / "demo.csv", seeds)
        with workspace.writing("demo"), workspace.open() as ledger:
            store_brands(ledger, workspace.load_brands([BRAND]))
            import_register(ledger, BRAND, workspace.registers / f"{BRAND}.csv")
        order = CrawlOrder(seeds=seeds, brands=(BRAND,), resolve=tuple(web.resolve), delay_s=0)
        crawl_id = run_crawl(workspace, order)
    with workspace.open_readonly() as ledger:
        scope = SummaryScope(seals_dir=workspace.seals)
        report = write_report(ledger, workspace.warc, ReportOrder(out=out or workspace.var / "report", scope=scope))
    return DemoRun(workspace=workspace, crawl_id=crawl_id, report=report.index)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def demo_workspace(named: Path | None) -> Workspace:
    """Return the workspace of the demo: the checkout's data/, or a new folder with copies of the demo's inputs."""
    shipped = shipped_data("demo")
    if named is None and (shipped.parent / CONFIG_FILE).is_file():
        named = shipped.parent
    root = named or Path("partnerproof-demo")
    if not (root / CONFIG_FILE).is_file():
        for folder in ("brands", "registers", "seeds"):
            shutil.copytree(shipped / folder, root / folder, dirs_exist_ok=True)
        (root / CONFIG_FILE).write_text(EXAMPLE_CONFIG, encoding="utf-8")
    workspace = find_workspace(root)
    workspace.var.mkdir(parents=True, exist_ok=True)
    return workspace
