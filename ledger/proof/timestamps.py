"""Timestamps: authorities say, under their own signature, that a seal existed at a time (RFC 3161).

Reads: a seal's head.json. Writes: beside it `<authority>.tsr`, the authority's answer, and `<authority>.pem`, the
roots that the operator trusts for it. An authority that does not answer, or answers rubbish, leaves nothing behind.
"""

from __future__ import annotations

import http.client
import logging
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerifierBuilder,
    decode_timestamp_response,
)

from ledger.errors import OutsideFailureError
from ledger.identity import sha256_hex
from ledger.proof.custody import CustodyLog
from ledger.proof.seals import HEAD, Seal, Seals, write_durably
from ledger.proof.verifier import OK, check_token, token_epoch
from ledger.vocabulary import CustodyEvent

logger = logging.getLogger(__name__)
TIMEOUT_S = 20
MAX_ANSWER_BYTES = 100_000  # a token with its certificates has 3 to 8 kB
CLOCK_TOLERANCE_S = 120  # beyond it the own clock is told to be wrong; tokens are given to the second


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A time-stamping authority. name: of its files; roots: PEM file of the certificates that are trusted for it."""

    name: str
    url: str
    roots: Path
    timeout_s: float = TIMEOUT_S  # for the connection, and for the whole answer after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What came of asking one authority. failure: why there is no token; clock_offset_s: own clock less the authority's."""

    authority: str
    failure: str | None = None
    stamped_at: str | None = None
    clock_offset_s: float | None = None

    @property
    def is_clock_wrong(self) -> bool:
        return self.clock_offset_s is not None and abs(self.clock_offset_s) > CLOCK_TOLERANCE_S


def stamp_seal(seal: Seal, authorities: Sequence[Authority], log: CustodyLog) -> list[Stamp]:
    """Ask each authority that has not stamped a seal yet. Returns what came of it; nothing is raised for one that fails."""
    missing = [authority for authority in authorities if not (seal.folder / f"{authority.name}.tsr").exists()]
    stamps = []
    for authority in missing:
        stamp = stamp_file(seal.folder / HEAD, authority, into=seal.folder)
        if not stamp.failure:
            log_token(log, seal, seal.folder / f"{authority.name}.tsr", stamp)
        stamps.append(stamp)
    return stamps


def stamp_file(file: Path, authority: Authority, *, into: Path) -> Stamp:
    """Ask an authority to stamp a file; its token and roots are written into a folder. Nothing is raised for one that fails.

    Errors: OutsideFailureError when the disk refuses.
    """
    content = file.read_bytes()
    try:
        roots = x509.load_pem_x509_certificates(authority.roots.read_bytes())
    except (OSError, ValueError) as error:
        return Stamp(authority=authority.name, failure=f"{authority.roots}: no certificates in PEM ({error})")
    request = TimestampRequestBuilder(data=content, hash_algorithm=HashAlgorithm.SHA256).build()
    requested_at = time.time()
    try:
        answer = _ask(authority.url, request.as_bytes(), authority.timeout_s)
    except (OSError, urllib.error.URLError, http.client.HTTPException, ValueError) as error:
        return Stamp(authority=authority.name, failure=f"{authority.url} did not answer ({error})")
    clock = datetime.fromtimestamp((requested_at + time.time()) / 2, UTC)
    try:
        stated = _time_of(answer, request, roots, file, authority)
    except Exception as error:  # noqa: BLE001  # the decoder raises many kinds on rubbish
        return Stamp(authority=authority.name, failure=f"{authority.url} gave no valid token ({_first_line(error)})")
    _keep(into, authority, answer)
    return Stamp(
        authority=authority.name,
        stamped_at=stated.strftime("%Y-%m-%dT%H:%M:%SZ"),
        clock_offset_s=round((clock - stated).total_seconds(), 1),
    )


def _time_of(
    answer: bytes, request: TimeStampRequest, roots: list[x509.Certificate], file: Path, authority: Authority
) -> datetime:
    """The time of a valid token over a file. Errors: whatever the decoder raises; ValueError for openssl's reasons."""
    try:
        response = decode_timestamp_response(answer)
    except ValueError:
        # openssl itself lists a token's certificates in an order that the strict decoder refuses
        return _time_by_openssl(answer, request, file, authority)
    builder = VerifierBuilder.from_request(request)
    for root in roots:
        builder = builder.add_root_certificate(root)
    builder.build().verify_message(response, file.read_bytes())
    return response.tst_info.gen_time.astimezone(UTC)


def _time_by_openssl(answer: bytes, request: TimeStampRequest, file: Path, authority: Authority) -> datetime:
    with tempfile.TemporaryDirectory() as made:
        token, query = Path(made) / "answer.tsr", Path(made) / "query.tsq"
        token.write_bytes(answer)
        query.write_bytes(request.as_bytes())
        check = check_token(file, token, authority.roots, what="token", query=query)
        moment = token_epoch(token)
    if check.outcome != OK or moment is None:
        raise ValueError(check.detail)
    return datetime.fromtimestamp(moment, UTC)


def _keep(into: Path, authority: Authority, answer: bytes) -> None:
    """The token is written last, and under its name only when it is whole: what has a token is stamped."""
    token, part = into / f"{authority.name}.tsr", into / f".{authority.name}.part"
    try:
        shutil.copyfile(authority.roots, token.with_suffix(".pem"))
        write_durably(part, answer)
        part.rename(token)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutsideFailureError(
            f"{token}: could not be written ({error}); free some space and run the same command again"
        ) from error


def log_token(log: CustodyLog, seal: Seal, token: Path, stamp: Stamp | None = None) -> None:
    """Enter a token in the log. stamp: what it says; None: a killed process had written the token, but not the entry."""
    stated = {"stamped_at": stamp.stamped_at, "clock_offset_s": stamp.clock_offset_s} if stamp else {}
    digests = {
        "token_sha256": sha256_hex(token.read_bytes()),
        "roots_sha256": sha256_hex(token.with_suffix(".pem").read_bytes()),
    }
    log.add(CustodyEvent.STAMPED, {"seal": seal.seal_id, "authority": token.stem, **stated, **digests})


def mend_tokens(seals: Seals, log: CustodyLog) -> None:
    """Enter the tokens that a killed process had not logged yet."""
    logged = {
        (entry["details"].get("seal"), entry["details"].get("authority"))
        for entry in log.entries()
        if entry["event"] == CustodyEvent.STAMPED
    }
    for seal in seals.all:
        for token in seal.tokens:
            if (seal.seal_id, token.stem) not in logged:
                log_token(log, seal, token)


def _ask(url: str, request: bytes, timeout_s: float) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise ValueError("expected an http or https address")
    question = urllib.request.Request(  # noqa: S310  # checked above
        url,
        data=request,
        headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
    )
    until = time.monotonic() + timeout_s
    data = b""
    with urllib.request.urlopen(question, timeout=timeout_s) as answer:  # noqa: S310
        while chunk := answer.read1(MAX_ANSWER_BYTES):
            data += chunk
            if len(data) > MAX_ANSWER_BYTES:
                raise ValueError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
            if time.monotonic() > until:  # each byte may come in time, and the last one never
                raise ValueError(f"the answer takes longer than {timeout_s:g} s")
    return data


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
