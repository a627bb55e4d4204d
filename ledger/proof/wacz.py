"""Some captures as one WACZ file, which public players open and show as the pages were (WACZ 1.1.1).

Reads: captures and their records in the WARC files. Writes: one WACZ file. Its records are copied byte for byte, so that
each is still the one that was sealed; where something is to be blanked, the copy says so (ledger/archive/redacted_records.py).

1. For each capture its response, its request, what is known of its connection, and of a revisit the record that holds
   the payload.
2. A CDXJ index of the responses, compressed, with the short index that players begin with.
3. The list of pages, and datapackage.json with the digest of every file.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import surt
from warcio.archiveiterator import ArchiveIterator

from ledger.archive.record_places import record_ends
from ledger.archive.redacted_records import Blanking, RecordRedaction
from ledger.archive.warc_places import open_warc
from ledger.database import Ledger, columns_of
from ledger.errors import EvidenceBrokenError
from ledger.identity import sha256_hex, utc_text
from ledger.proof.verifier import ARCHIVE, CHUNK_BYTES, zip_info
from ledger.records import Capture
from ledger.typed_texts import CaptureId

_INDEX, _SHORT_INDEX = "indexes/index.cdx.gz", "indexes/index.idx"
_LINES_A_BLOCK = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """A page for the player's list. at: UTC text."""

    url: str
    title: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedRecord:
    """A record of the workspace's archive and where it lies in the WACZ's. is_redacted: something in it was blanked."""

    file: str
    offset: int
    length: int
    copied_to: int
    is_redacted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What is known of who answered: a row of connections or of certificates, and where its record lies."""

    table_name: str
    id: str
    warc_file: str
    warc_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePlace:
    """A record that is no capture: the document or the screenshot of a page that a browser drew."""

    file: str
    offset: int


def write_wacz(
    path: Path,
    ledger: Ledger,
    warc_dir: Path,
    *,
    capture_ids: Iterable[CaptureId],
    made: Sequence[MadePlace] = (),
    beside: Sequence[MadePlace] = (),
    pages: Sequence[PageEntry],
    title: str,
    software: str,
    blanking: Blanking | None = None,
) -> list[CopiedRecord]:
    """Write captures as a WACZ file; returns where each record lies. Errors: EvidenceBrokenError when one can't be read.

    beside: records that a player does not show: it would take a page drawn later for what the server sent then.
    """
    captures = _with_originals(ledger, capture_ids)
    places = {(capture.warc_file, capture.warc_offset) for capture in captures}
    places |= {(capture.warc_file, capture.request_warc_offset) for capture in captures}
    peers = read_peers(ledger, [capture.capture_id for capture in captures])
    places |= {(peer.warc_file, peer.warc_offset) for peer in peers}
    places |= {(placed.file, placed.offset) for placed in (*made, *beside)}
    redaction = RecordRedaction(blanking) if blanking else None
    # a revisit names the payload of the record that it refers to, which has to be blanked before it
    revisits = {(capture.warc_file, capture.warc_offset) for capture in captures if capture.refers_to}
    ordered = [*sorted(places - revisits), *sorted(revisits)]
    with tempfile.TemporaryFile(dir=path.parent) as archive:  # as large as the evidence may be
        copied = _copy(ledger, warc_dir, ordered, archive, redaction)
        at = {(record.file, record.offset): record for record in copied}
        if redaction is not None:
            title = redaction.blanking.text(title)
            pages = [
                PageEntry(url=redaction.blanking.url(page.url), title=redaction.blanking.text(page.title), at=page.at)
                for page in pages
            ]
        lines = sorted(
            _index_line(capture, at[capture.warc_file, capture.warc_offset], redaction)
            for capture in captures
            if capture.status != 304
        )
        lines += sorted(_made_lines(archive, [at[placed.file, placed.offset] for placed in made]))
        index, short = _compressed_index(sorted(lines))
        listed = "".join(
            json.dumps(line, ensure_ascii=False) + "\n"
            for line in (
                {"format": "json-pages-1.0", "id": "pages", "title": "Pages"},
                *(
                    {"id": sha256_hex(f"{p.at} {p.url}".encode())[:20], "url": p.url, "ts": p.at, "title": p.title}
                    for p in pages
                ),
            )
        ).encode("utf-8", "replace")
        files = {_INDEX: index, _SHORT_INDEX: short, "pages/pages.jsonl": listed}
        facts = {ARCHIVE: _facts(archive)} | {name: (len(data), sha256_hex(data)) for name, data in files.items()}
        package = _package(facts, title, software, pages)
        with zipfile.ZipFile(path, "w") as wacz:
            archive.seek(0)
            add_stored(wacz, ARCHIVE, archive, facts[ARCHIVE][0])
            for name, content in files.items():
                wacz.writestr(zip_info(name), content)
            wacz.writestr(zip_info("datapackage.json"), package)
            digest = {"path": "datapackage.json", "hash": f"sha256:{sha256_hex(package)}"}
            wacz.writestr(zip_info("datapackage-digest.json"), json.dumps(digest, indent=2).encode())
    return copied


def add_stored(archive: zipfile.ZipFile, name: str, source: IO[bytes], size: int) -> None:
    """Add a file to a zip file as exports have them, a piece at a time."""
    info = zip_info(name)
    info.file_size = size
    with archive.open(info, "w") as target:
        shutil.copyfileobj(source, target, CHUNK_BYTES)


def _facts(archive: IO[bytes]) -> tuple[int, str]:
    """How long a file is, and its SHA-256."""
    archive.seek(0)
    digest = hashlib.sha256()
    while chunk := archive.read(CHUNK_BYTES):
        digest.update(chunk)
    return archive.tell(), digest.hexdigest()


def _with_originals(ledger: Ledger, capture_ids: Iterable[CaptureId]) -> list[Capture]:
    sql = (
        f"SELECT {columns_of(Capture)} FROM captures WHERE capture_id IN (SELECT value FROM json_each(:ids))"
        " OR capture_id IN (SELECT refers_to FROM captures WHERE capture_id IN (SELECT value FROM json_each(:ids)))"
    )
    return ledger.select(Capture, sql, {"ids": json.dumps(sorted(set(capture_ids)))})


def read_peers(ledger: Ledger, capture_ids: Iterable[CaptureId]) -> list[Peer]:
    """Return who answered: connections and certificates of captures."""
    sql = """
        WITH used AS (SELECT DISTINCT n.* FROM captures c JOIN connections n ON n.connection_id = c.connection_id
                      WHERE c.capture_id IN (SELECT value FROM json_each(:ids)))
        SELECT 'connections' AS table_name, connection_id AS id, warc_file, warc_offset FROM used
        UNION SELECT 'certificates', t.certificate_sha256, t.warc_file, t.warc_offset
        FROM used, json_each(used.certificates) j JOIN certificates t ON t.certificate_sha256 = j.value
        ORDER BY 1, 2
    """
    return ledger.select(Peer, sql, {"ids": json.dumps(sorted(set(capture_ids)))})


def _copy(
    ledger: Ledger,
    warc_dir: Path,
    places: Sequence[tuple[str, int]],
    archive: IO[bytes],
    redaction: RecordRedaction | None,
) -> list[CopiedRecord]:
    copied: list[CopiedRecord] = []
    for file, group in itertools.groupby(places, key=lambda place: place[0]):
        for offset, sealed in _read(warc_dir, file, [offset for _, offset in group], record_ends(ledger, file)):
            data = redaction.copy(sealed) if redaction else sealed
            copied.append(
                CopiedRecord(
                    file=file,
                    offset=offset,
                    length=len(data),
                    copied_to=archive.tell(),
                    is_redacted=data != sealed,
                )
            )
            archive.write(data)
    return copied


def _read(
    directory: Path, name: str, offsets: Iterable[int], stop_of: Mapping[int, int]
) -> Iterator[tuple[int, bytes]]:
    """Yield records as they were sealed, each with where it begins."""
    try:
        with open_warc(directory, name) as source:
            for offset in offsets:
                source.seek(offset)
                yield offset, source.read(stop_of[offset] - offset)
    except (OSError, KeyError) as error:
        raise EvidenceBrokenError(
            f"{directory / name}: could not be read as the database says ({error}); run `partnerproof verify`"
        ) from error


def _index_line(capture: Capture, record: CopiedRecord, redaction: RecordRedaction | None) -> str:
    url, digest = capture.url, str(capture.payload_sha256)
    if redaction is not None:
        url, digest = redaction.blanking.url(url), redaction.payloads.get(digest, digest)
    entry = {
        "url": url,
        "mime": "warc/revisit" if capture.refers_to else _mime(capture.content_type),
        "status": str(capture.status),
        "digest": f"sha256:{digest}",
        "length": str(record.length if record.is_redacted else capture.warc_length),
        "offset": str(record.copied_to),
        "filename": ARCHIVE.rsplit("/", maxsplit=1)[-1],
    }
    return _line(url, capture.fetched_at, entry)


def _made_lines(archive: IO[bytes], records: Iterable[CopiedRecord]) -> Iterable[str]:
    for record in records:
        archive.seek(record.copied_to)
        for placed in ArchiveIterator(io.BytesIO(archive.read(record.length))):
            headers = placed.rec_headers
            entry = {
                "url": headers.get_header("WARC-Target-URI"),
                "mime": _mime(headers.get_header("Content-Type")),
                "status": "200",
                "digest": headers.get_header("WARC-Block-Digest") or "",
                "length": str(record.length),
                "offset": str(record.copied_to),
                "filename": ARCHIVE.rsplit("/", maxsplit=1)[-1],
            }
            yield _line(entry["url"], headers.get_header("WARC-Date"), entry)


def _line(url: str, at: str, entry: dict[str, Any]) -> str:
    stamp = "".join(filter(str.isdigit, at))[:14]
    return f"{_key(url)} {stamp} {json.dumps(entry, ensure_ascii=True)}\n"


def _key(url: str) -> str:
    try:
        return str(surt.surt(url))
    except (ValueError, UnicodeError):  # addresses that no player can ask for either
        return url.replace(" ", "%20")


def _mime(content_type: str | None) -> str:
    return (content_type or "application/octet-stream").split(";")[0].strip().lower().replace(" ", "")


def _compressed_index(lines: Sequence[str]) -> tuple[bytes, bytes]:
    """Blocks of lines, each a gzip member, and the short index with the first key of each."""
    index = b""
    short = ['!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n']
    for start in range(0, len(lines), _LINES_A_BLOCK):
        block = gzip.compress("".join(lines[start : start + _LINES_A_BLOCK]).encode(), mtime=0)
        place = {
            "offset": len(index),
            "length": len(block),
            "digest": f"sha256:{sha256_hex(block)}",
            "filename": "index.cdx.gz",
        }
        key = " ".join(lines[start].split(" ", maxsplit=2)[:2])
        short.append(f"{key} {json.dumps(place)}\n")
        index += block
    return index or gzip.compress(b"", mtime=0), "".join(short).encode()


def _package(facts: Mapping[str, tuple[int, str]], title: str, software: str, pages: Sequence[PageEntry]) -> bytes:
    resources = [
        {
            "name": name.rsplit("/", maxsplit=1)[-1],
            "path": name,
            "hash": f"sha256:{digest}",
            "bytes": size,
        }
        for name, (size, digest) in facts.items()
    ]
    package: dict[str, Any] = {
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "title": title,
        "software": software,
        "created": utc_text(),
        "resources": resources,
    }
    if pages:
        package |= {"mainPageUrl": pages[0].url, "mainPageDate": pages[0].at}
    return json.dumps(package, ensure_ascii=False, indent=2).encode()
