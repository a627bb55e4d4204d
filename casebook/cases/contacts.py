"""Whom a letter could be addressed to: whom the register names for a partner, what the vendor's own pages, its security.txt and an RDAP file
name. A person chooses.

Reads: verdicts, searches and grants of the case, captures of the vendor's latest visits, rdap/<domain>.json of the workspace. Writes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casebook.cases.letter_grounds import read_exceeded_grant
from casebook.cases.letter_text import one_line
from casebook.export.personal import GatheredPersonal, read_text
from crawler.page.charsets import decode_page
from crawler.reading.links import SAYS_WHO, SECURITY_TXT
from ledger.archive.warc import StoredExchange, read_exchange
from ledger.boxes.boxed_calls import BoxedCallError, read_foreign
from ledger.database import Ledger
from ledger.errors import EvidenceBrokenError, RecordDeletedError
from ledger.records import Case
from ledger.typed_texts import CaptureId, FinalUrl, Instant

MAX_PAGES, MAX_CONTACTS, MAX_RDAP_BYTES, MAX_TEXT_CHARS = 6, 12, 2_000_000, 300_000

_SECURITY_CONTACT = re.compile(r"^contact:[ \t]*(\S{3,300})[ \t]*$", re.I | re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An address, and where it was found. contact: an e-mail address, Name <address> as the register has it, or a web address."""

    contact: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _CapturedPage:
    """A row of _CAPTURES: a page of the vendor, or its security.txt. title, link_text: None where it is no page."""

    url: FinalUrl
    capture_id: CaptureId
    title: str | None
    link_text: str | None
    looked_at: Instant


def propose_contacts(ledger: Ledger, warc_dir: Path, case: Case, *, rdap_dir: Path | None = None) -> list[Contact]:
    """Return addresses, the likeliest first: of a partner that shows more than its grant allows whom the register names, imprint and
    contact pages, security.txt, RDAP, other pages."""
    contacts: dict[str, Contact] = {}
    for contact in _proposals(ledger, warc_dir, case, rdap_dir):
        contacts.setdefault(contact.contact.lower(), contact)
    return list(contacts.values())[:MAX_CONTACTS]


def _proposals(ledger: Ledger, warc_dir: Path, case: Case, rdap_dir: Path | None) -> Iterator[Contact]:
    hit = read_exceeded_grant(ledger, case)
    if hit is not None and hit.grant.contact:
        yield Contact(contact=one_line(hit.grant.contact), source=f"register, line {hit.grant.line} ({hit.register})")
    captures = ledger.select(_CapturedPage, _CAPTURES, [case.claim_id])
    imprints = [page for page in captures if SAYS_WHO.search(f"{page.url} {page.title or ''} {page.link_text or ''}")]
    for page in [page for page in imprints if not page.url.endswith(SECURITY_TXT)][:MAX_PAGES]:
        yield from _of_page(ledger, warc_dir, page, case)
    for page in captures:
        if page.url.endswith(SECURITY_TXT):
            yield from _of_security_txt(ledger, warc_dir, page)
            break
    if rdap_dir is not None:
        yield from read_rdap(rdap_dir / f"{case.vendor_domain}.json")
    for page in [page for page in captures if page not in imprints][:MAX_PAGES]:
        yield from _of_page(ledger, warc_dir, page, case)


def _of_page(ledger: Ledger, warc_dir: Path, page: _CapturedPage, case: Case) -> Iterator[Contact]:
    stored = _read_stored(ledger, warc_dir, page)
    if stored is None:
        return
    try:
        addresses = read_foreign(_find_addresses, stored.content, _content_type(stored), stored.url, case.country)
    except BoxedCallError:  # a proposal can do without
        return
    own = case.vendor_domain.lower()
    for address in sorted(addresses, key=lambda address: not address.lower().rpartition("@")[2].endswith(own)):
        yield Contact(contact=one_line(address), source=one_line(page.url))


def _find_addresses(content: bytes, content_type: str, url: str, region: str | None) -> tuple[str, ...]:
    """E-mail addresses of a page. Called in a box."""
    gathered = GatheredPersonal(region)
    read_text(decode_page(content, content_type, url)[:MAX_TEXT_CHARS], url, gathered)
    return tuple(personal.text for personal in gathered.listed() if personal.kind == "e-mail")


def _of_security_txt(ledger: Ledger, warc_dir: Path, page: _CapturedPage) -> Iterator[Contact]:
    stored = _read_stored(ledger, warc_dir, page)
    text = "" if stored is None else stored.content[:MAX_TEXT_CHARS].decode("utf-8", "replace")  # RFC 9116 has it so
    for match in _SECURITY_CONTACT.finditer(text):
        contact = match[1].removeprefix("mailto:")
        if "@" in contact or contact.startswith("https://"):
            yield Contact(contact=one_line(contact), source="security.txt")


def _read_stored(ledger: Ledger, warc_dir: Path, page: _CapturedPage) -> StoredExchange | None:
    try:
        return read_exchange(warc_dir, ledger, page.capture_id)
    except (RecordDeletedError, EvidenceBrokenError):  # a proposal can do without; `verify` names what is broken
        return None


def _content_type(stored: StoredExchange) -> str:
    return {name.lower(): value for name, value in stored.headers}.get("content-type", "")


def read_rdap(path: Path) -> Iterator[Contact]:
    """Yield the e-mail addresses of an RDAP answer (RFC 9083) that somebody saved; nothing when there is none, or it is none."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_RDAP_BYTES:
            return
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    wanted = {"registrant": 0, "administrative": 1, "abuse": 2, "registrar": 3}
    entities = sorted(
        _entities(data, 0), key=lambda entity: min((wanted.get(role, 9) for role in _roles(entity)), default=9)
    )
    for entity in entities:
        roles = ", ".join(role for role in _roles(entity) if role in wanted)
        card = entity.get("vcardArray")
        entries = card[1] if isinstance(card, list) and len(card) > 1 and isinstance(card[1], list) else []
        for entry in entries:
            if (
                isinstance(entry, list)
                and len(entry) > 3
                and entry[0] == "email"
                and isinstance(entry[3], str)
                and roles
            ):
                yield Contact(contact=one_line(entry[3].removeprefix("mailto:")), source=f"RDAP, {roles}")


def _entities(data: Any, depth: int) -> Iterator[dict[str, Any]]:
    entities = data.get("entities") if isinstance(data, dict) and depth < 4 else None
    for entity in entities[:50] if isinstance(entities, list) else ():
        if isinstance(entity, dict):
            yield entity
            yield from _entities(entity, depth + 1)


def _roles(entity: dict[str, Any]) -> list[str]:
    roles = entity.get("roles")
    return [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []


# of each address the newest healthy look
_CAPTURES = f"""
    SELECT k.final_url AS url, k.capture_id, p.title, p.link_text, max(k.looked_at) AS looked_at
    FROM claims c JOIN visits v ON v.seed_id = c.seed_id
    JOIN looks k ON k.visit_id = v.visit_id AND k.purpose IN ('page', 'probe') AND k.outcome = 'looked' AND k.capture_id IS NOT NULL
    LEFT JOIN pages p ON p.look_id = k.look_id
    WHERE c.claim_id = ? AND (p.health = 'ok' OR (k.requested_url LIKE '%{SECURITY_TXT}' AND k.status = 200))
    GROUP BY k.final_url ORDER BY looked_at DESC, k.final_url LIMIT 200
"""
