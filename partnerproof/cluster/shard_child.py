"""The process that visits a shard's vendors: python -m partnerproof.cluster.shard_child, with what it is told on stdin, as JSON.

It is the crawl of one machine, in the shard's own workspace: the same spider, the same follower. It judges nothing that looks across
vendors; pictures, names and words are matched here, where the bytes lie. In the end what it stored is sealed.

A process of its own, because Scrapy's reactor can't start twice, a crash is not the worker's, and its memory goes back. It ends with the
worker that started it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

from partnerproof.cluster.shard_terms import read_terms

PR_SET_PDEATHSIG = 1  # prctl(2): which signal comes when the parent ends


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process as soon as its parent is gone: two must never visit the same vendors."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before the kernel was told
        os._exit(137)


def main() -> int:
    """Run the shard. Exit: as `partnerproof` has it; what is wrong is said on stderr."""
    os.umask(0o077)
    terms = read_terms(sys.stdin.read())
    end_with_parent(terms.parent)
    from ledger.errors import PartnerproofError
    from partnerproof.cluster.shard_crawl import run_shard_crawl

    try:
        run_shard_crawl(Path(terms.root), terms)
    except PartnerproofError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except OSError as error:  # disk full, read-only folder
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
