"""Texts that must not be mixed up, each a type of its own: ids by what they name, digests, addresses, instants and dates.

mypy holds them apart; at run time they are plain texts.
"""

from __future__ import annotations

from typing import Any, NewType

Json = dict[str, Any] | tuple[Any, ...]

Sha256 = NewType("Sha256", str)  # 64 hexadecimal digits of lower case
Instant = NewType("Instant", str)  # UTC, as 2026-11-23T06:34:29Z
IsoDate = NewType("IsoDate", str)  # as 2026-11-23
RequestedUrl = NewType("RequestedUrl", str)  # an address as it was asked for
FinalUrl = NewType("FinalUrl", str)  # the address that answered, after redirects

CaptureId = NewType("CaptureId", str)
CaseId = NewType("CaseId", str)
ClaimId = NewType("ClaimId", str)
CrawlId = NewType("CrawlId", str)
EvidenceId = NewType("EvidenceId", str)
JobId = NewType("JobId", str)
JudgingId = NewType("JudgingId", str)
LetterId = NewType("LetterId", str)
LookId = NewType("LookId", str)
MatchId = NewType("MatchId", str)
NameMatchId = NewType("NameMatchId", str)
OfficialLogoId = NewType("OfficialLogoId", str)
PageId = NewType("PageId", str)
PassageId = NewType("PassageId", str)
RejectionId = NewType("RejectionId", str)
SearchId = NewType("SearchId", str)
SeedId = NewType("SeedId", str)
SightingId = NewType("SightingId", str)
SnapshotId = NewType("SnapshotId", str)
TextMatchId = NewType("TextMatchId", str)
VisitId = NewType("VisitId", str)
