"""What the draft certification of an export is filled with: process, versions, exchanges, clock. A person signs, or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.database import Row
from ledger.vocabulary import Tls


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedCapture:
    """One exchange as the certification lists it."""

    url: str
    fetched_at: str
    remote_ip: str | None
    connection: str
    payload_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """The draft's contents. stamps: what the custody log says of the authorities' answers."""

    captures: Sequence[CertifiedCapture]
    made_with: Mapping[str, Any]
    stamps: Sequence[Mapping[str, Any]]
    custody_entries: int

    @property
    def is_all_tls(self) -> bool:
        return bool(self.captures) and all(one.connection == _VERIFIED for one in self.captures)


_VERIFIED = "TLS, certificate checked"


def describe_capture(row: Row) -> CertifiedCapture:
    """Return a row of captures as the certification lists it."""
    if row["tls"] == Tls.VERIFIED:
        connection = _VERIFIED
    elif row["tls"] == Tls.UNVERIFIED:
        connection = "TLS, certificate not valid"
    else:
        connection = "TLS, not noted" if row["url"].startswith("https:") else "plain HTTP"
    return CertifiedCapture(
        url=row["url"],
        fetched_at=row["fetched_at"],
        remote_ip=row["remote_ip"],
        connection=connection,
        payload_sha256=row["payload_sha256"],
    )
