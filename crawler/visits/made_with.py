"""What a crawl is made with: versions, and digests of its settings and word lists; whoever judges adds what it judges with."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from crawler.reading.page_reader import EXTRACTOR_VERSION
from ledger.identity import content_id
from ledger.proof.verifier import file_facts
from ledger.shipped import shipped_data


def describe_crawler(*, tool: str, config: Path, own_lexicon: Path) -> dict[str, Any]:
    """Return versions and digests. config: the workspace's settings; of one that is not there the digest is None."""
    return {
        "tool": tool,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "scrapy": version("scrapy"),
        "extractor_version": EXTRACTOR_VERSION,
        "settings_sha256": file_facts(config)["sha256"] if config.is_file() else None,
        "lexicon_digest": digest_files([*shipped_data("lexicon").glob("*.toml"), *own_lexicon.glob("*.toml")]),
    }


def digest_files(files: Iterable[Path]) -> str:
    """Return one digest of files by their names and contents."""
    # the same files give the same digest, however their folder is written, and whether the shipped ones are also the workspace's
    return content_id(*sorted({f"{path.name} {file_facts(path)['sha256']}" for path in files}))
