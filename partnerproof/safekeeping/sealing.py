"""Sealing from the front door: what made the results, the seal, the authorities that stamp it, the places that anchor it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from casebook.register.search import SEARCH_VERSION
from casebook.verdicts.rules import RULES_VERSION
from casebook.verdicts.tiers import TIER_WORDS
from crawler.visits.made_with import describe_crawler, digest_files
from ledger.errors import PartnerproofError
from ledger.proof.seals import Seal, Seals, make_seal, mend_seals
from ledger.proof.timestamps import Stamp, mend_tokens, stamp_seal
from ledger.shipped import shipped_data
from matcher.decoding.lettering_worker import lettering_engine
from partnerproof.config import CONFIG_FILE
from partnerproof.safekeeping.anchoring import Anchored, anchor_seal
from partnerproof.version import program_version
from partnerproof.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What sealing came to. seal: None when nothing was new; stamps: of all seals that an authority was asked for."""

    seal: Seal | None
    stamps: tuple[Stamp, ...]
    unstamped: int  # seals that lack a token of an authority that is configured
    anchored: tuple[Anchored, ...] = ()  # of the newest seal

    @property
    def is_complete(self) -> bool:
        """Whether every authority has stamped, and every anchor got, what it should."""
        return not self.unstamped and not any(each.failure for each in self.anchored)


def seal_workspace(workspace: Workspace, on_bytes: Callable[[int], None] = lambda _: None) -> Sealed:
    """Seal what is new, and ask the authorities for what they have not stamped yet. The caller holds the writer lock."""
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
    authorities = {configured.name: configured for configured in workspace.authorities}
    stamps: list[Stamp] = []
    seals = Seals.of(workspace.seals)
    for each in reversed(seals.all):  # the newest first: it holds the digest of those before it
        answers = stamp_seal(each, list(authorities.values()), log)
        stamps += answers
        for answer in answers:
            if answer.failure:
                authorities.pop(answer.authority, None)  # one that does not answer now is not asked for each seal
    unstamped = seals.count_unstamped(configured.name for configured in workspace.authorities)
    anchored = anchor_seal(workspace, seals.all[-1]) if seals.all else []
    return Sealed(seal=seal, stamps=tuple(stamps), unstamped=unstamped, anchored=tuple(anchored))


def describe_program(workspace: Workspace) -> dict[str, Any]:
    """Return what made the results: versions, and the digests of settings, rules and official logos."""
    rules = (shipped_data("relations.toml"), shipped_data("noise.toml"), shipped_data("roles.toml"), TIER_WORDS)
    return {
        **describe_crawler(
            tool=f"partnerproof {program_version()}",
            config=workspace.root / CONFIG_FILE,
            own_lexicon=workspace.own_lexicon,
        ),
        "rules_version": RULES_VERSION,
        "search_version": SEARCH_VERSION,
        "lettering_engine": lettering_engine(),  # None: words in pictures are not read
        "rules_digest": digest_files(rules),
        "official_logos_digest": digest_files(path for path in workspace.brands.rglob("*") if path.is_file()),
    }


def seal_after_crawl(workspace: Workspace, tell: Callable[[str], None]) -> None:
    """Seal what a crawl has stored; the caller holds the writer lock.

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
    for anchored in sealed.anchored:
        failure = f"not anchored at {anchored.anchor}: {anchored.failure}; run `partnerproof seal` later"
        lines.append(failure if anchored.failure else f"anchored at {anchored.anchor}")
    if not workspace.authorities:
        lines.append(f"no time-stamping authority is named in {CONFIG_FILE}: nobody else says when this existed")
    return lines
