"""What a worker does with a shard: a workspace for it, the crawl as a process of its own, and all of it home as one sealed piece.

Writes: `<scratch>/<crawl>/<shard>/` on the worker, then `<store>/<crawl>/<shard>-<run>/` with shard.json as the last file.

1. A folder that a killed worker of this machine left is gone on with; else it is made anew.
2. The process that crawls ends with its worker. A shard that fails is told as a value, so that home can give it to another worker.
3. Everything goes home under a name that no other run of the shard has; the folder on the worker goes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ledger.archive.stores import Store
from ledger.errors import OutsideFailureError, PartnerproofError
from ledger.identity import event_id, utc_text
from ledger.merging.shard_manifest import DATABASE, LOG, MANIFEST, SEALS, WARC, ShardManifest
from partnerproof.cluster.orders import ShardOrder, WorkspaceFiles, open_shard_workspace, write_shard_workspace
from partnerproof.cluster.shard_terms import ShardTerms
from partnerproof.crawl_run import CrawlOrder
from partnerproof.version import program_version
from partnerproof.workspace import Workspace

RUN_FILE = "run-id"
SCRATCH = "partnerproof-shards"
_MOST_TOLD = 2_000  # characters of what a process said in its end


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeTerms:
    """What is equal for all shards of a crawl. store: where they come home to; program: a worker has to have the same version.

    counts_addresses: the scheduler counts the requests to an address.
    """

    order: CrawlOrder
    store: str
    program: str
    counts_addresses: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardResult:
    """One run of a shard. name: of its folder in the store, when it came home; failure: why it did not.

    is_outside: the machine's fault, its disk or network; another one may do better.
    """

    shard_id: str
    worker: str
    name: str | None = None
    failure: str | None = None
    is_outside: bool = False
    crawl_s: float = 0.0
    home_s: float = 0.0
    home_bytes: int = 0


def run_shard(order: ShardOrder, files: WorkspaceFiles, terms: HomeTerms) -> ShardResult:
    """Run a shard on the worker that this is called on. What goes wrong is told, not raised."""
    from distributed import get_worker

    worker = get_worker()
    scratch = Path(worker.local_directory).parent.parent / SCRATCH
    tls: dict[str, str | None] | None = None
    if str(worker.scheduler.address).startswith("tls://"):
        security = worker.security
        tls = {"ca_file": security.tls_ca_file, "cert": security.tls_worker_cert, "key": security.tls_worker_key}
    scheduler = str(worker.scheduler.address) if terms.counts_addresses else None
    try:
        return crawl_shard(scratch, order, files, terms, worker=str(worker.address), scheduler=scheduler, tls=tls)
    except (PartnerproofError, OSError) as error:
        is_outside = isinstance(error, (OSError, OutsideFailureError))
        told = str(error)[:_MOST_TOLD]
        return ShardResult(shard_id=order.shard_id, worker=str(worker.address), failure=told, is_outside=is_outside)


def crawl_shard(
    scratch: Path,
    order: ShardOrder,
    files: WorkspaceFiles,
    terms: HomeTerms,
    *,
    worker: str,
    scheduler: str | None = None,
    tls: dict[str, str | None] | None = None,
) -> ShardResult:
    """Crawl a shard in a folder below scratch, and bring it home. Errors: PartnerproofError, OSError."""
    if terms.program != program_version():
        failure = f"the worker has partnerproof {program_version()}, home has {terms.program}: install the same"
        return ShardResult(shard_id=order.shard_id, worker=worker, failure=failure)
    root = scratch / order.crawl.crawl_id / order.shard_id
    root.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (root / RUN_FILE).is_file():
        shutil.rmtree(root, ignore_errors=True)
        write_shard_workspace(root, order, files)
        (root / RUN_FILE).write_text(event_id(), encoding="ascii")
    run_id: str = (root / RUN_FILE).read_text(encoding="ascii")
    started = time.monotonic()
    code, words = _crawl(root, run_id, order, terms, scheduler=scheduler, tls=tls)
    crawl_s = time.monotonic() - started
    if code:
        failure = f"the crawl of the shard ended with {code}: {words or 'it said nothing'}"
        is_outside = code == OutsideFailureError.exit_code
        return ShardResult(
            shard_id=order.shard_id, worker=worker, failure=failure, is_outside=is_outside, crawl_s=crawl_s
        )
    manifest = bring_home(open_shard_workspace(root), Store(terms.store), order, run_id)
    shutil.rmtree(root, ignore_errors=True)
    return ShardResult(
        shard_id=order.shard_id,
        worker=worker,
        name=manifest.name,
        crawl_s=crawl_s,
        home_s=time.monotonic() - started - crawl_s,
        home_bytes=sum(file.file_bytes for file in manifest.files.values()),
    )


def _crawl(
    root: Path,
    run_id: str,
    order: ShardOrder,
    terms: HomeTerms,
    *,
    scheduler: str | None,
    tls: dict[str, str | None] | None,
) -> tuple[int, str]:
    """Run the process that crawls to its end; returns its exit code and last words. It dies with the thread that started it."""
    told = ShardTerms(
        root=str(root),
        run_id=run_id,
        crawl_id=order.crawl.crawl_id,
        parent=os.getpid(),
        brands=terms.order.brands,
        allow_private=terms.order.allow_private,
        resolve=terms.order.resolve,
        delay_s=terms.order.delay_s,
        allow_unverified=terms.order.allow_unverified,
        scheduler=scheduler,
        tls=tls,
    )
    command = [sys.executable, "-m", "partnerproof.cluster.shard_child"]
    with tempfile.TemporaryFile() as output:  # a pipe that nobody reads would stop it
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=root)
        child.communicate(told.as_json().encode())
        output.seek(0)
        return child.returncode, output.read().decode("utf-8", "replace").strip()[-_MOST_TOLD:]


def bring_home(workspace: Workspace, store: Store, order: ShardOrder, run_id: str) -> ShardManifest:
    """Copy a shard that was crawled and sealed into the store, shard.json last. Errors: StoreAwayError."""
    var = workspace.var
    with workspace.open() as ledger:
        ledger.checkpoint()
    paths = {DATABASE: workspace.database, LOG: workspace.custody.path}
    paths |= {f"{WARC}{path.name}": path for path in workspace.warc.glob("*.warc.gz")}
    paths |= {path.relative_to(var).as_posix(): path for path in (var / SEALS).rglob("*") if path.is_file()}
    home = store.below(order.crawl.crawl_id).below(f"{order.shard_id}-{run_id}")
    manifest = ShardManifest(
        shard_id=order.shard_id,
        run_id=run_id,
        crawl_id=order.crawl.crawl_id,
        visits=len(order.visits),
        crawl_visits=order.crawl_visits,
        made_at=utc_text(),
        files={name: home.put(path, name) for name, path in sorted(paths.items())},
    )
    home.write(MANIFEST, manifest.as_bytes())
    return manifest
