"""What evidence costs and catches: changed bytes found, the cost of sealing, the speed of verifying.

python -m bench.evidence changes SPACE [--trials 200] [--seed 1]   # a sealed workspace and an export of it; both are copied
python -m bench.evidence reading [--gigabytes 10] [--folder DIR]   # verify beside sha256sum, two processes each
python -m bench.evidence sealing SPACE                             # seconds to seal all that a crawled workspace holds
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from casebook.export.claim_export import ExportOrder, export_claim
from ledger.database import Ledger
from ledger.identity import event_id, sha256_hex
from ledger.proof.custody import CustodyLog
from ledger.proof.fixity import Place
from ledger.proof.seals import make_seal
from ledger.proof.verification import Verification
from ledger.proof.verifier import BROKEN, canonical, check_export, leaf_hash, merkle_root

MADE_WITH = {"tool": "bench", "python": "", "sqlite": "", "scrapy": "", "system": "", "rules_version": "", "extractor_version": "",
             "settings_sha256": "", "lexicon_digest": "", "rules_digest": "", "official_logos_digest": ""}  # fmt: skip


def place_of(root: Path) -> Place:
    var = root / "var"
    return Place(
        database=var / "partnerproof.db",
        warc_dir=var / "warc",
        seals_dir=var / "seals",
        fixity=var / "fixity.jsonl",
        log=CustodyLog(var / "custody.jsonl"),
    )


def changes(space: Path, trials: int, seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as made:
        root = shutil.copytree(space, Path(made) / "space")
        place, var = place_of(root), root / "var"
        out = Path(made) / "claim.zip"
        with Ledger.open_readonly(place.database) as ledger:
            claim = ledger.value("SELECT claim_id FROM v_findings ORDER BY length(evidence) DESC LIMIT 1")
            order = ExportOrder(claim_id=claim, out=out, made_with=MADE_WITH)
            export_claim(ledger, order, warc_dir=place.warc_dir, seals_dir=place.seals_dir, log=place.log)
        kinds = {
            "database": [place.database],
            "WARC": sorted((var / "warc").iterdir()),
            "manifest": sorted([*var.glob("seals/*/manifest.jsonl"), *var.glob("seals/*/head.json")]),
            "log": [place.log.path],
            "token": sorted([*var.glob("seals/*/*.tsr"), *var.glob("seals/*/*.pem")]),
            "export": [out],
        }
        assert not [check for check in Verification(place).run() if check.outcome == BROKEN]
        found, tried = Counter[str](), Counter[str]()
        for trial in range(trials):
            kind = list(kinds)[trial % len(kinds)]
            if not kinds[kind]:
                continue
            path = rng.choice(kinds[kind])
            at, bit = rng.randrange(path.stat().st_size), 1 << rng.randrange(8)
            with path.open("r+b") as file:
                file.seek(at)
                original = file.read(1)
                file.seek(at)
                file.write(bytes([original[0] ^ bit]))
            checks = check_export(path) if kind == "export" else Verification(place).run()
            broken = [check for check in checks if check.outcome == BROKEN]
            tried[kind] += 1
            found[kind] += bool(broken)
            if not broken:
                print(f"not found: {path.name}, byte {at}, bit {bit}")
            with path.open("r+b") as file:
                file.seek(at)
                file.write(original)
        for kind, count in tried.items():
            print(f"{kind:10} {found[kind]} of {count} changes found and named")
        print(f"{'all':10} {sum(found.values())} of {sum(tried.values())}")


def reading(gigabytes: float, folder: Path | None) -> None:
    """A WARC file of random bytes under one seal: what is measured is reading and digesting, not what the bytes say."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        var = Path(made) / "var"
        (var / "warc").mkdir(parents=True)
        block = os.urandom(1 << 24)
        leaves = []
        for number in range(max(1, round(gigabytes))):
            path = var / "warc" / f"x-{number:05}.warc.gz"
            with path.open("wb") as file:
                for _ in range(64):
                    file.write(block)
            digest = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
            leaves.append({"kind": "warc", "file": path.name, "from": 0, "to": path.stat().st_size, "sha256": digest})
        _write_seal(var, leaves)
        files = sorted((var / "warc").iterdir())
        total = sum(path.stat().st_size for path in files)
        for round_ in range(2):
            began = time.perf_counter()
            halves = [subprocess.Popen(["sha256sum", *files[n::2]], stdout=subprocess.DEVNULL) for n in range(2)]
            for half in halves:
                half.wait()
            theirs = time.perf_counter() - began
            began = time.perf_counter()
            checks = Verification(place_of(Path(made))).run()
            ours = time.perf_counter() - began
            assert not [check for check in checks if check.outcome == BROKEN]
            print(
                f"round {round_ + 1}: {total / 1e9:.1f} GB, verify {total / ours / 1e6:.0f} MB/s, sha256sum in two processes"
                f" {total / theirs / 1e6:.0f} MB/s, ratio {theirs / ours:.2f}"
            )


def _write_seal(var: Path, leaves: list[dict[str, object]]) -> None:
    seal_id = event_id()
    folder = var / "seals" / seal_id
    folder.mkdir(parents=True)
    lines = [canonical(leaf) for leaf in leaves]
    text = b"".join(line + b"\n" for line in lines)
    head = {
        "format": "partnerproof seal 1", "seal_id": seal_id, "made_at": "2026-01-01T00:00:00Z", "leaves": len(lines),
        "root": merkle_root(map(leaf_hash, lines)).hex(), "manifest_sha256": sha256_hex(text), "previous_head_sha256": None,
        "custody": {"entries": 0, "sha256": "0" * 64},
    }  # fmt: skip
    (folder / "manifest.jsonl").write_bytes(text)
    (folder / "head.json").write_bytes(canonical(head) + b"\n")


def sealing(space: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        root = shutil.copytree(space, Path(made) / "space", ignore=shutil.ignore_patterns("seals"))
        place = place_of(root)
        with sqlite3.connect(place.database) as database:
            sql = "SELECT sum(julianday(ended_at) - julianday(started_at)) * 86400, (SELECT sum(committed_bytes) FROM warc_files) FROM crawls"
            crawl_s, warc = database.execute(sql).fetchone()
        with Ledger.open(place.database) as ledger:
            began = time.perf_counter()
            seal = make_seal(
                ledger, warc_dir=place.warc_dir, seals_dir=place.seals_dir, log=place.log, made_with=MADE_WITH
            )
            seconds = time.perf_counter() - began
        assert seal is not None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"sealed {seal.head['leaves']} digests over {warc / 1e6:.0f} MB of WARC and {place.database.stat().st_size / 1e6:.0f} MB"
            f" of database in {seconds:.2f} s: {100 * seconds / crawl_s:.2f} % of the crawl's {crawl_s:.0f} s; peak {peak:.0f} MB"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    one = commands.add_parser("changes")
    one.add_argument("space", type=Path)
    one.add_argument("--trials", type=int, default=200)
    one.add_argument("--seed", type=int, default=1)
    one = commands.add_parser("reading")
    one.add_argument("--gigabytes", type=float, default=10)
    one.add_argument("--folder", type=Path)
    one = commands.add_parser("sealing")
    one.add_argument("space", type=Path)
    asked = parser.parse_args()
    if asked.command == "changes":
        changes(asked.space, asked.trials, asked.seed)
    elif asked.command == "reading":
        reading(asked.gigabytes, asked.folder)
    else:
        sealing(asked.space)
