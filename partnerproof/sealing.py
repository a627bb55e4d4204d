"""Sealing from the front door: what made the results, the seal, and the authorities that stamp it."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from casebook.register.search import SEARCH_VERSION
from casebook.rules import RULES_VERSION
from crawler.page_reader import EXTRACTOR_VERSION
from ledger.errors import PartnerproofError
from ledger.identity import content_id
from ledger.seals import Seal, Seals, make_seal, mend_seals
from ledger.shipped import shipped_data
from ledger.timestamps import Stamp, mend_tokens, stamp_seal
from ledger.verifier import file_facts
from partnerproof.config import CONFIG_FILE
from partnerproof.version import program_version
from partnerproof.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What sealing came to. seal: None when nothing was new; stamps: of all seals that an authority was asked for."""

    seal: Seal | None
    stamps: tuple[Stamp, ...]
    unstamped: int  # seals that lack a token of an authority that is configured


def seal_workspace(workspace: Workspace, on_bytes: Callable[[int], None] = lambda _: None) -> Sealed:
    """Seal what is new, and ask the authorities for what they have not stamped yet. The caller holds the pen."""
    log = workspace.custody
    mend_seals(workspace.seals, log)
    mend_tokens(Seals.of(workspace.seals), log)
    with workspace.open() as ledger:
        seal = make_seal(
            ledger,
            warc_dir=workspace.warc,
            seals_dir=workspace.seals,
            log=log,
            made_with=describe_program(workspace),
            on_bytes=on_bytes,
        )
    authorities = {one.name: one for one in workspace.authorities}
    stamps: list[Stamp] = []
    seals = Seals.of(workspace.seals)
    for each in reversed(seals.all):  # the newest first: it holds the digest of those before it
        answers = stamp_seal(each, list(authorities.values()), log)
        stamps += answers
        for answer in answers:
            if answer.failure:
                authorities.pop(answer.authority, None)  # one that does not answer now is not asked for each seal
    names = {one.name for one in workspace.authorities}
    unstamped = sum(1 for each in seals.all if names - {token.stem for token in each.tokens})
    return Sealed(seal=seal, stamps=tuple(stamps), unstamped=unstamped)


def describe_program(workspace: Workspace) -> dict[str, Any]:
    """Return what made the results: versions, and the digests of settings, rules and official logos."""
    return {
        "tool": f"partnerproof {program_version()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "scrapy": version("scrapy"),
        "rules_version": RULES_VERSION,
        "search_version": SEARCH_VERSION,
        "extractor_version": EXTRACTOR_VERSION,
        "settings_sha256": file_facts(workspace.root / CONFIG_FILE)["sha256"],
        "lexicon_digest": _digest_of([*shipped_data("lexicon").glob("*.toml"), *workspace.own_lexicon.glob("*.toml")]),
        "rules_digest": _digest_of([shipped_data("relations.toml"), shipped_data("noise.toml")]),
        "official_logos_digest": _digest_of(path for path in workspace.brands.rglob("*") if path.is_file()),
    }


def _digest_of(files: Iterable[Path]) -> str:
    # the same files give the same digest, however their folder is written, and whether the shipped ones are also the workspace's
    return content_id(*sorted({f"{path.name} {file_facts(path)['sha256']}" for path in files}))


def seal_after_crawl(workspace: Workspace, tell: Callable[[str], None]) -> None:
    """Seal what a crawl has stored; the caller holds the pen.

    What goes wrong is told, not raised: the crawl itself is done and stored.
    """
    if not workspace.config.seal.after_crawl:
        return
    try:
        sealed = seal_workspace(workspace)
    except PartnerproofError as error:
        tell(f"not sealed: {error}")
        return
    for line in tell_sealed(workspace, sealed):
        tell(line)


def tell_sealed(workspace: Workspace, sealed: Sealed) -> list[str]:
    """Return in words what was sealed and stamped."""
    lines = []
    if sealed.seal is not None:
        lines.append(f"sealed: {sealed.seal.head['leaves']} digests, root {sealed.seal.head['root'][:16]}…")
    for stamp in sealed.stamps:
        if stamp.failure:
            lines.append(f"not stamped: {stamp.failure}; run `partnerproof seal` later")
        elif stamp.is_clock_wrong:
            lines.append(
                f"this machine's clock is {stamp.clock_offset_s:+.0f} s off that of {stamp.authority}: set it; "
                "the offset is in the custody log"
            )
    if not workspace.authorities:
        lines.append(f"no time-stamping authority is named in {CONFIG_FILE}: nobody else says when this existed")
    return lines
