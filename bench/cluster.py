"""A crawl on a local cluster against the same crawl on one machine: rows, kills, speed, the cost of merging.

python -m bench.cluster rows --vendors 1000 --workers 2 4      # rows through the views are equal, whoever crawled
python -m bench.cluster kills --vendors 200 --kills 10         # workers killed at random moments
python -m bench.cluster speed --vendors 400                    # one worker against two, each with one core; what engine and merge cost
python -m bench.cluster merge --vendors 10000 --shard 100      # 100 shards of 100 vendors into an empty workspace
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.crawl_rows import differences, doubles
from bench.generated_web import GeneratedWeb
from bench.kill import make_workspace, run_to_end
from bench.same_findings import compare, read_views

ROOT = Path(__file__).parents[1]


def crawl_command(root: Path, seeds: Path, *, workers: int, shard: int, store: Path | None = None) -> list[str]:
    """The command of a crawl on a local cluster."""
    kept = [] if store is None else ["--store", str(store)]
    cluster = ["--cluster", "local", "--workers", str(workers), "--shard", str(shard), *kept]
    base = [sys.executable, "-m", "partnerproof", "-w", str(root), "crawl", str(seeds)]
    return [*base, "--allow-private", "--delay", "0", "-q", *cluster]


def run_on_cluster(
    root: Path, seeds: Path, *, workers: int, shard: int, store: Path | None = None, cores: str | None = None
) -> tuple[float, float]:
    """Crawl to the end; returns seconds by the clock, and of processor time of all its processes."""
    command = crawl_command(root, seeds, workers=workers, shard=shard, store=store)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    pinned = ["taskset", "-c", cores, *command] if cores else command
    done = subprocess.run(pinned, check=False, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"the crawl ended with {done.returncode}: {done.stderr[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# verdicts are history: how many a claim has depends on when its vendor's visit ended among the others, on one machine too
HISTORY = ("v_verdicts",)


def judge_again(root: Path) -> None:
    """Make claims and verdicts of all that is there: what a verdict says of other vendors' walls rests on those that were seen by then."""
    for verb in ("claims", "judge"):
        subprocess.run(
            [sys.executable, "-m", "partnerproof", "-w", str(root), verb], check=True, capture_output=True, cwd=ROOT
        )


def tell_rows(one: Path, other: Path) -> int:
    """Print what differs between two workspaces, through the public views and in what was stored."""
    for root in (one, other):
        judge_again(root)
    wrong = [line for line in differences(one, other) + doubles(other) if not line.startswith("verdicts,")]
    before, after = (read_views(root / "var" / "partnerproof.db") for root in (one, other))
    rows = 0
    for view in sorted(set(before) - set(HISTORY)):
        gone, new = compare(before[view], after[view])
        rows += max((len(values) for values in before[view].values()), default=0)
        if gone or new:
            wrong.append(f"{view}: {gone.total()} gone, {new.total()} new, such as {[*gone, *new][:1]}")
    print("\n".join(wrong[:20]) or f"{rows} rows of {len(before) - len(HISTORY)} views equal, none twice")
    return 1 if wrong else 0


def workers_of(pid: int) -> list[int]:
    """The workers of a local cluster: processes that the crawl has spawned, but for those that only count resources."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        children += [c for task in Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text().split()]
    except OSError:
        return []
    found = []
    for child in set(children):
        try:
            line = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in line:
            found.append(int(child))
    return sorted(found)


def crawl_with_kills(
    root: Path, seeds: Path, *, workers: int, shard: int, kills: int, chance: random.Random
) -> list[float]:
    """Crawl on a cluster, and kill a worker at random moments; returns the moments."""
    command = crawl_command(root, seeds, workers=workers, shard=shard)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)
    started, moments = time.monotonic(), list[float]()
    while process.poll() is None and len(moments) < kills:
        time.sleep(chance.uniform(1.0, 6.0))
        found = workers_of(process.pid)
        if found and process.poll() is None:
            try:
                os.kill(chance.choice(found), signal.SIGKILL)
            except ProcessLookupError:
                continue
            moments.append(round(time.monotonic() - started, 1))
    _, error = process.communicate()
    if process.returncode:
        sys.exit(f"the crawl ended with {process.returncode}: {error.decode()[-3000:]}")
    return moments


def compare_rows(folder: Path, web: GeneratedWeb, options: argparse.Namespace) -> int:
    seeds, one = folder / "seeds.csv", folder / "one"
    make_workspace(one)
    seconds = run_to_end(one, seeds)
    print(f"one machine: {seconds:.1f} s, {web.requests.total()} requests", flush=True)
    code = 0
    for workers in options.workers:
        web.requests.clear()
        root = folder / f"of-{workers}"
        make_workspace(root)
        clock_s, _ = run_on_cluster(root, seeds, workers=workers, shard=options.shard)
        print(
            f"{workers} workers, shards of {options.shard}: {clock_s:.1f} s, {web.requests.total()} requests",
            flush=True,
        )
        code |= tell_rows(one, root)
    return code


def compare_kills(folder: Path, web: GeneratedWeb, options: argparse.Namespace) -> int:
    seeds, one, killed = folder / "seeds.csv", folder / "one", folder / "killed"
    for root in (one, killed):
        make_workspace(root)
    run_to_end(one, seeds)
    calm = web.requests.total()
    web.requests.clear()
    moments = crawl_with_kills(
        killed, seeds, workers=options.workers[0], shard=options.shard, kills=options.kills,
        chance=random.Random(options.seed),
    )  # fmt: skip
    print(f"workers killed at {moments} s; requests more than undisturbed: {web.requests.total() - calm}")
    return tell_rows(one, killed)


def crawl_alone(root: Path, seeds: Path) -> tuple[float, float]:
    """Crawl on one machine; returns seconds by the clock and of processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock_s = run_to_end(root, seeds)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare_speed(folder: Path, web: GeneratedWeb, options: argparse.Namespace) -> int:
    """One worker with one core against two with two, and what all of it costs beside a plain crawl, in processor time."""
    seeds = folder / "seeds.csv"
    make_workspace(folder / "alone")
    clock_s, alone_s = crawl_alone(folder / "alone", seeds)
    print(f"one machine, both cores: {clock_s:.1f} s by the clock, {alone_s:.1f} s of processor", flush=True)
    taken = []
    for workers, cores in ((1, "0"), (2, "0,1")):
        root = folder / f"of-{workers}"
        make_workspace(root)
        clock_s, processor_s = run_on_cluster(root, seeds, workers=workers, shard=options.shard, cores=cores)
        taken.append(clock_s)
        more = 100 * (processor_s / alone_s - 1)
        print(
            f"{workers} workers on cores {cores}: {clock_s:.1f} s, {processor_s:.1f} s of processor, {more:+.1f} %",
            flush=True,
        )
    print(f"two workers against one: {taken[0] / taken[1]:.2f}")
    return 0


def measure_merge(folder: Path, web: GeneratedWeb, options: argparse.Namespace) -> int:
    """Crawl into a store, then merge all of its shards into an empty workspace."""
    seeds, store = folder / "seeds.csv", folder / "store"
    make_workspace(folder / "home")
    clock_s, processor_s = run_on_cluster(
        folder / "home", seeds, workers=options.workers[0], shard=options.shard, store=store
    )
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    shards = list(store.rglob("shard.json"))
    print(
        f"crawl: {clock_s:.1f} s, {processor_s:.1f} s of processor; {web.requests.total()} requests; {len(shards)} shards, {size / 1e6:.1f} MB",
        flush=True,
    )
    make_workspace(folder / "new")
    command = [sys.executable, "-m", "partnerproof", "-w", str(folder / "new"), "merge", str(store), "--json"]
    started = time.monotonic()
    with (folder / "merged.json").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, cwd=ROOT)
        _, _, used = os.wait4(process.pid, 0)
    seconds, processor_s = time.monotonic() - started, used.ru_utime + used.ru_stime
    merged = json.loads((folder / "merged.json").read_bytes())
    rows = sum(shard["rows"] for shard in merged)
    print(
        f"merge with judging: {len(merged)} shards, {rows} rows in {seconds:.1f} s ({processor_s:.1f} s of processor): {rows / seconds:.0f} rows a second, peak {used.ru_maxrss / 1e3:.0f} MB;"
        f" outcomes {sorted({shard['outcome'] for shard in merged})}"
    )
    return tell_rows(folder / "home", folder / "new")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["rows", "kills", "speed", "merge"])
    parser.add_argument("--vendors", type=int, default=200)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--shard", type=int, default=25)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--realistic", action="store_true", help="pages of 30 kB, images of some kB, a style sheet")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as made,
        GeneratedWeb(options.vendors, images=options.images, is_realistic=options.realistic) as web,
    ):
        web.write_seeds(Path(made, "seeds.csv"))
        return MEASURES[options.what](Path(made), web, options)


MEASURES = {"rows": compare_rows, "kills": compare_kills, "speed": compare_speed, "merge": measure_merge}

if __name__ == "__main__":
    sys.exit(main())
