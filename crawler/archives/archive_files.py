"""Which WARC files a given file holds: itself, or those in a WACZ, unpacked where nothing else helps.

Reads: .warc, .warc.gz, .wacz files by their first bytes, not their names. Writes: temporary files only.

1. A WACZ is a zip: only archive/*.warc and archive/*.warc.gz are taken, each to a temporary file of our own naming.
2. Digests of its datapackage.json are checked; what differs is told and not read.
3. A .warc.gz that is one member for all records is unpacked, so that records can be reached one by one.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.archives.archive_records import RecordFile, begins_with_record, holds_all_in_one_member, unpack_member
from crawler.archives.cut_zip import LOCAL_HEADER, copy_entry, entries_of_cut_zip
from ledger.errors import BadInputError, OutsideFailureError, Problem

MAX_WACZ_BYTES = 40_000_000_000  # of all its archives, unpacked
MAX_RATIO = 200  # of an archive in a WACZ: texts pack to a tenth, packed archives hardly at all
MAX_LIST_BYTES = 50_000_000  # datapackage.json, pages.jsonl
_IN_WACZ = re.compile(r"archive/[^/\\]+\.warc(\.gz)?", re.I)
_STEP_BYTES = 1 << 20


@dataclass(frozen=True)
class ArchiveFile:
    """A file that was given, and the WARC files in it."""

    path: Path
    sha256: str
    warcs: tuple[RecordFile, ...]
    page_hosts: frozenset[str] = frozenset()  # of a WACZ: hosts of what its maker calls pages; empty: it does not say
    warnings: list[str] = field(default_factory=list)  # what was left out, and why
    damage: list[str] = field(default_factory=list)  # why it is not whole; empty: nothing says so


@contextmanager
def open_archive(path: Path, temporary: Path) -> Iterator[ArchiveFile]:
    """Open an archive that others made. temporary: folder for what must be unpacked, gone afterwards.

    Errors: BadInputError when it is no archive, OutsideFailureError when the disk refuses.
    """
    kind = kind_of(path)
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=temporary, prefix="ingest-")))
            digest = _sha256_of(path)
            if kind == "wacz":
                yield _open_wacz(path, digest, folder)
                return
            damage: list[str] = []
            if kind == "cut wacz":
                yield _open_cut_wacz(path, digest, folder)
                return
            warc = _reachable(RecordFile(path, is_gzip=kind == "warc.gz"), folder, damage)
        except (OSError, zipfile.BadZipFile) as error:
            raise OutsideFailureError(f"{path}: could not be read ({error}); free the disk or copy it again") from error
        yield ArchiveFile(path=path, sha256=digest, warcs=(warc,), damage=damage)


def kind_of(path: Path) -> str:
    """Return warc, warc.gz, wacz or cut wacz (without its end) by a file's bytes. Errors: BadInputError."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise BadInputError(_problem(path, error.strerror or str(error), "name an existing file")) from error
    if start.startswith(b"WARC/"):
        return "warc"
    if start.startswith(b"\x1f\x8b") and begins_with_record(path):
        return "warc.gz"
    if start.startswith(b"PK") and zipfile.is_zipfile(path):
        return "wacz"
    if start.startswith(LOCAL_HEADER) and next(entries_of_cut_zip(path), None) is not None:
        return "cut wacz"
    got = "an empty file" if not start else f"a file that begins with {start[:8]!r}"
    raise BadInputError(_problem(path, got, "name a file that wget --warc-file, a crawler or an archive made"))


def _problem(path: Path, got: str, next_step: str) -> Problem:
    return Problem(where=str(path), expected="a WARC file (.warc, .warc.gz) or a WACZ", got=got, next_step=next_step)


def _reachable(warc: RecordFile, folder: Path, damage: list[str]) -> RecordFile:
    if not warc.is_gzip or not holds_all_in_one_member(warc.path):
        return warc
    unpacked = folder / f"{warc.path.name[:80]}.unpacked"
    with unpacked.open("wb") as target:
        if not unpack_member(warc.path, target):
            damage.append("it is torn or cut short; it was unpacked as far as it goes")
    return RecordFile(unpacked, is_gzip=False)


def _open_cut_wacz(path: Path, digest: str, folder: Path) -> ArchiveFile:
    """Open a WACZ whose end, and with it its table of contents, is missing: what stands before the cut is read."""
    damage = ["the file is cut: its table of contents is missing; what stands before the cut was read"]
    warcs: list[RecordFile] = []
    left = min(MAX_WACZ_BYTES, MAX_RATIO * max(path.stat().st_size, _STEP_BYTES))
    for entry in entries_of_cut_zip(path):
        if not _IN_WACZ.fullmatch(entry.name):
            continue
        copy = folder / f"{len(warcs)}.warc"
        left -= copy_entry(path, entry, copy, left)
        with copy.open("rb") as file:
            is_gzip = file.read(2) == b"\x1f\x8b"
        warcs.append(_reachable(RecordFile(copy, is_gzip=is_gzip), folder, damage))
    return ArchiveFile(path=path, sha256=digest, warcs=tuple(warcs), damage=damage)


def _open_wacz(path: Path, digest: str, folder: Path) -> ArchiveFile:
    warnings: list[str] = []
    damage: list[str] = []
    warcs: list[RecordFile] = []
    left = MAX_WACZ_BYTES
    with zipfile.ZipFile(path) as wacz:
        digests = _declared_digests(wacz, warnings)
        for entry in wacz.infolist():
            if not _IN_WACZ.fullmatch(entry.filename):
                continue
            packed = folder / f"{len(warcs)}.warc"  # never the name that the zip has: it may lead anywhere
            try:
                actual, size = _copy(wacz, entry, packed, left)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
                warnings.append(f"{entry.filename}: {error}")
                continue
            left -= size
            if digests.get(entry.filename, actual) != actual:
                warnings.append(f"{entry.filename}: digest-mismatch, datapackage.json says {digests[entry.filename]}")
                continue
            with packed.open("rb") as file:
                is_gzip = file.read(2) == b"\x1f\x8b"
            warcs.append(_reachable(RecordFile(packed, is_gzip=is_gzip), folder, damage))
        page_hosts = _page_hosts(wacz, warnings)
    if not warcs and not warnings:
        raise BadInputError(
            Problem(
                where=str(path),
                expected="a WACZ with archive/*.warc.gz",
                got="a zip without such files",
                next_step="name the WARC files themselves",
            )
        )
    return ArchiveFile(
        path=path, sha256=digest, warcs=tuple(warcs), page_hosts=page_hosts, warnings=warnings, damage=damage
    )


def _copy(wacz: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> tuple[str, int]:
    """Copy one file out of a zip; returns its SHA-256 and size. Errors: ValueError, in words, for bombs."""
    digest, size = hashlib.sha256(), 0
    with wacz.open(entry) as source, target.open("wb") as copy:
        while data := source.read(_STEP_BYTES):
            size += len(data)
            if size > left or size > MAX_RATIO * max(entry.compress_size, _STEP_BYTES):
                raise ValueError(f"unpacks to more than {size - len(data)} bytes")
            digest.update(data)
            copy.write(data)
    return f"sha256:{digest.hexdigest()}", size


def _declared_digests(wacz: zipfile.ZipFile, warnings: list[str]) -> dict[str, str]:
    text = _small_file(wacz, "datapackage.json", warnings)
    if text is None:
        return {}
    signed = _small_file(wacz, "datapackage-digest.json", warnings)
    if signed is not None and isinstance(digest_file := _json(signed), dict):
        declared = digest_file.get("hash")
        actual = f"sha256:{hashlib.sha256(text).hexdigest()}"
        if isinstance(declared, str) and declared != actual:
            warnings.append(f"datapackage.json: digest-mismatch, datapackage-digest.json says {declared[:80]}")
    package = _json(text)
    resources = package.get("resources") if isinstance(package, dict) else None
    digests = {}
    for resource in resources if isinstance(resources, list) else ():
        if isinstance(resource, dict) and str(resource.get("hash", "")).startswith("sha256:"):
            digests[str(resource.get("path"))] = str(resource["hash"])
    return digests


def _page_hosts(wacz: zipfile.ZipFile, warnings: list[str]) -> frozenset[str]:
    hosts = set()
    for name in ("pages/pages.jsonl", "pages/extraPages.jsonl"):
        for line in (_small_file(wacz, name, warnings) or b"").splitlines():
            page = _json(line)
            url = page.get("url") if isinstance(page, dict) else None
            if isinstance(url, str) and url.startswith(("http://", "https://")):
                try:
                    hosts.add(urlsplit(url).hostname or "")
                except ValueError:
                    continue
    return frozenset(hosts - {""})


def _small_file(wacz: zipfile.ZipFile, name: str, warnings: list[str]) -> bytes | None:
    try:
        with wacz.open(name) as file:
            data = file.read(MAX_LIST_BYTES + 1)
    except KeyError:
        return None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        warnings.append(f"{name}: {error}")
        return None
    return data if len(data) <= MAX_LIST_BYTES else None


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
