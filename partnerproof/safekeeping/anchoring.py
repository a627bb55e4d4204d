"""Anchoring from the front door: the newest seal is said at every place that the configuration names and that has not got it yet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import OutsideFailureError
from ledger.identity import sha256_hex
from ledger.proof.anchors import AnchorCheck, Statement, make_statement, read_message, read_statements, write_statement
from ledger.proof.custody import CustodyLog
from ledger.proof.seals import Seal, Seals
from ledger.proof.verifier import NOT_CHECKED, Check, certificate_digests
from ledger.vocabulary import CustodyEvent
from partnerproof.alert_channels import do_within, send_notice
from partnerproof.config import CONFIG_FILE, AnchorConfig
from partnerproof.workspace import Workspace

LONGEST_S = 60.0  # for one place: a share that hangs holds up nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """What came of one anchor. failure: why the statement is not there."""

    anchor: str
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class StatementNotice:
    """A statement as a message."""

    statement: Statement

    @property
    def digest_id(self) -> str:
        return sha256_hex(self.statement.as_bytes)

    @property
    def subject(self) -> str:
        return f"partnerproof anchor: seal {self.statement.seal_id}"

    @property
    def text(self) -> str:
        return (
            "Please keep this message: it shows later whether the evidence is still as it is now.\n"
            "Saved as a file it is checked with: partnerproof verify --statement FILE\n\n"
            f"{json.dumps(self.statement.as_json, indent=1)}\n"
        )

    def as_json(self) -> str:
        return self.statement.as_bytes.decode()


def anchor_seal(workspace: Workspace, seal: Seal) -> list[Anchored]:
    """Say a seal, the newest, at each anchor that does not have it. Nothing is raised for a place that fails; it is tried next time."""
    if not workspace.config.seal.anchor:
        return []
    log = workspace.custody
    done = {
        entry["details"].get("anchor")
        for entry in log.entries()
        if entry["event"] == CustodyEvent.ANCHORED and entry["details"].get("seal") == seal.seal_id
    }
    outcomes = []
    certificates = trusted_certificates(workspace)
    for anchor in workspace.config.seal.anchor:
        if anchor.name in done:
            continue
        statement = make_statement(seal, log, certificates)
        try:
            _send(workspace, anchor, statement)
        except OutsideFailureError as error:
            outcomes.append(Anchored(anchor=anchor.name, failure=str(error)))
            continue
        digest = sha256_hex(statement.as_bytes)
        log.add(CustodyEvent.ANCHORED, {"anchor": anchor.name, "seal": seal.seal_id, "statement_sha256": digest})
        outcomes.append(Anchored(anchor=anchor.name))
    return outcomes


def _send(workspace: Workspace, anchor: AnchorConfig, statement: Statement) -> None:
    if anchor.to:
        do_within(LONGEST_S, lambda: write_statement(place_of(workspace, anchor), statement))
    else:
        channel = next(each for each in workspace.config.watch.alert if each.name == anchor.alert)
        send_notice(channel, StatementNotice(statement), longest_s=LONGEST_S)


def trusted_certificates(workspace: Workspace) -> dict[str, list[str]]:
    """Return the certificates that the configuration trusts for each authority, by SHA-256."""
    return {authority.name: certificate_digests(authority.roots) for authority in workspace.authorities}


def check_anchors(workspace: Workspace, messages: Sequence[Path]) -> Iterator[Check]:
    """Hold what stands at the anchors, and in saved messages, against the workspace. Errors: BadInputError for a message without one."""
    seals, log = Seals.of(workspace.seals), workspace.custody
    for path in messages:
        if path.is_dir():
            yield from _check_place(path.name, str(path), seals, log)
        else:
            yield from AnchorCheck(path.name, read_message(path), seals, log, is_message=True).checks()
    anchors = workspace.config.seal.anchor
    if not anchors and not messages:
        yield Check("anchors", NOT_CHECKED, f"none is named in {CONFIG_FILE} ([[seal.anchor]]): who can write here could put back an earlier state unseen")  # fmt: skip
    for anchor in anchors:
        if not anchor.to:
            if not messages:
                yield Check(f"anchor {anchor.name}", NOT_CHECKED, "its statements were sent as messages: save one, and name it with --statement FILE")  # fmt: skip
            continue
        yield from _check_place(anchor.name, place_of(workspace, anchor), seals, log)


def _check_place(name: str, place: str, seals: Seals, log: CustodyLog) -> Iterator[Check]:
    found: list[Statement | Check] = []
    try:
        do_within(LONGEST_S, lambda: found.extend(read_statements(place)))
    except OutsideFailureError as error:
        yield Check(f"anchor {name}", NOT_CHECKED, str(error))
        return
    yield from (each for each in found if isinstance(each, Check))
    yield from AnchorCheck(name, [each for each in found if isinstance(each, Statement)], seals, log).checks()


def place_of(workspace: Workspace, anchor: AnchorConfig) -> str:
    """Return an anchor's folder or store; a folder is relative to the configuration."""
    return anchor.to if "://" in anchor.to else str(workspace.root / anchor.to)
