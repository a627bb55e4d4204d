"""What a worker tells the process that crawls a shard, as JSON on its stdin: no argument, for those every user of the machine can read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTerms:
    """How a shard is run: where, and what the command line said. scheduler: who counts the requests to an address; None: this process.

    tls: paths of ca_file, cert and key, as Dask's own settings name them.
    """

    root: str
    run_id: str
    crawl_id: str
    parent: int  # process id of the worker
    brands: tuple[str, ...] = ()
    allow_private: bool = False
    resolve: tuple[str, ...] = ()
    delay_s: float | None = None
    allow_unverified: bool = False
    scheduler: str | None = None
    tls: dict[str, str | None] | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def read_terms(text: str) -> ShardTerms:
    """Return what a worker said. Errors: ValueError, TypeError."""
    told: dict[str, Any] = json.loads(text)
    return ShardTerms(**{**told, "brands": tuple(told["brands"]), "resolve": tuple(told["resolve"])})
