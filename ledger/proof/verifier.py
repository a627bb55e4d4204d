"""Check an export of partnerproof, with nothing but Python's standard library and openssl.

    python3 -I -S verify.py [FOLDER or FILE.zip]

It asks nobody and needs no network. It checks, in this order, and names what is broken:

1. the container: that not a byte of the zip file is other than its contents demand;
2. the files: that each is as manifest.json says, and that none was added or taken away;
3. the seals and manifest.json: that each timestamp token covers what it should (openssl ts -verify);
4. the leaves: that each sealed digest leads to its seal's Merkle root (as in RFC 6962, SHA-256);
5. the rows of the database and the records of the web archive: that each is as its sealed digest says;
6. the custody log: that each entry holds the digest of the one before it.

It is long because it is one file on purpose: it goes alone into every export, and a stranger reads it whole.

Three outcomes: ok, BROKEN, not checked. Exit code: 0 all is ok, 1 something is broken, 3 something could not be checked.

Of a redacted export, each row, record and log entry in which something was blanked is "redacted", which is not checked: its
original's digest is there and was sealed, but whether the copy has the rest of it only the original shows. All else is checked.
Of a row that is withheld, such as a reviewer's comment, only the digest is there: that it was sealed is checked, what it says is not shown.

The dossier and the other pages for people are written anew for each export: no seal covers them, only manifest.json does. Its own tokens
say since when they are so, and whoever made the export has the digest of manifest.json in the custody log; ask for it. What the pages say stands in the rows and records.

What this does not prove: a digest with a timestamp shows that the file existed at that time, not that a server sent it.
What supports that is in the export: the connection's certificates, the log of an unattended crawl, a second witness.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import struct
import subprocess  # openssl is asked without a shell
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OK = "ok"
BROKEN = "BROKEN"
NOT_CHECKED = "not checked"
MANIFEST = "manifest.json"
STAMPS = (
    "proof/manifest"  # tokens over manifest.json: the only files that it does not list; their own list is beside them
)
STAMPS_LIST = "stamps.json"
WACZ, ARCHIVE = "evidence.wacz", "archive/data.warc.gz"
OPENSSL_TIMEOUT_S = 600  # a token takes 0.02 s; however busy the machine is, a sound one must not be told to be broken
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Check:
    """What was looked at, and what came of it. outcome: OK, BROKEN or NOT_CHECKED."""

    what: str
    outcome: str
    detail: str = ""


# --- digests and trees ---------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """Return JSON in its one form: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes; of none the digest of nothing (RFC 6962, 2.1). Keeps one hash a level."""
    peaks: list[tuple[int, bytes]] = []  # full trees, the largest first: how many leaves, root
    for leaf in leaves:
        size, node = 1, leaf
        while peaks and peaks[-1][0] == size:
            size, node = size * 2, node_hash(peaks.pop()[1], node)
        peaks.append((size, node))
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks.pop()[1]
    while peaks:
        root = node_hash(peaks.pop()[1], root)
    return root


def _above(level: Sequence[bytes]) -> list[bytes]:
    above = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return [*above, level[-1]] if len(level) % 2 else above


class MerkleTree:
    """All levels of a tree, to give many paths from it."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.levels: list[list[bytes]] = [list(leaves)]
        while len(self.levels[-1]) > 1:
            self.levels.append(_above(self.levels[-1]))

    def path(self, index: int) -> list[str]:
        """Return the siblings from a leaf up to the root, each as "l" or "r" (where it stands) and hexadecimal digits."""
        steps: list[str] = []
        for level in self.levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                steps.append(("l" if sibling < index else "r") + level[sibling].hex())
            index //= 2
        return steps


def root_of_path(leaf: bytes, path: Iterable[str]) -> bytes:
    """Return the root that a leaf hash and its path lead to. Errors: ValueError when a step is no step."""
    node = leaf
    for step in path:
        sibling = bytes.fromhex(step[1:])
        if step[0] not in "lr":
            raise ValueError(step)
        node = node_hash(sibling, node) if step[0] == "l" else node_hash(node, sibling)
    return node


# --- rows ----------------------------------------------------------------------------------------------------------


def row_bytes(values: Iterable[Any]) -> bytes:
    """Return a row of the database as sealed: its values as a JSON list; of a BLOB its digest and length."""
    listed = [{"bytes": len(v), "sha256": sha256_hex(v)} if isinstance(v, bytes) else v for v in values]
    return json.dumps(listed, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


# --- the custody log -----------------------------------------------------------------------------------------------

GENESIS = "0" * 64


def entry_digest(entry: dict[str, Any]) -> str:
    """Return the digest of a log entry, over everything in it but the digest itself."""
    return sha256_hex(canonical({key: value for key, value in entry.items() if key != "sha256"}))


def check_log(lines: Iterable[str], *, name: str = "custody log", may_be_redacted: bool = False) -> Iterator[Check]:
    """Check the chain. An entry that an extract withholds keeps its place by its digests. Yields what is broken, then a sum."""
    previous, number, withheld, redacted = GENESIS, 0, 0, 0
    is_whole = True
    for number, line in enumerate(lines, 1):
        where = f"{name}, line {number}"
        try:
            entry = json.loads(line)
            is_known = isinstance(entry, dict) and canonical(entry).decode() == line.rstrip("\n")
        except (ValueError, RecursionError):
            is_known = False
        if not is_known:
            yield Check(where, BROKEN, "is not an entry as the log writes them")
            return
        if entry.get("previous") != previous:
            yield Check(
                where, BROKEN, "does not follow from the line before it: one of the two was changed or taken out"
            )
            is_whole = False
        if entry.get("seq") != number:
            yield Check(where, BROKEN, f"is numbered {entry.get('seq')}")
            is_whole = False
        if entry.get("withheld") is True:
            withheld += 1
        elif entry.get("redacted") is True and may_be_redacted:
            redacted += 1
        elif entry.get("sha256") != entry_digest(entry):
            yield Check(where, BROKEN, "was changed: it does not match its own digest")
            is_whole = False
        previous = str(entry.get("sha256"))
    if is_whole:
        more = f", {withheld} of them withheld (their digests are there)" if withheld else ""
        yield Check(name, OK, f"{number} entries, each holds the digest of the one before it{more}")
    if redacted:
        yield Check(name, NOT_CHECKED, f"{redacted} entries are redacted copies; their digests hold the chain together")


# --- seals ---------------------------------------------------------------------------------------------------------


def find_openssl() -> str | None:
    return shutil.which("openssl")


def token_time(token: Path) -> str | None:
    """Return when a token says that it was made, as openssl prints it; None: openssl can't read it."""
    openssl = find_openssl()
    if openssl is None:
        return None
    answer = _run([openssl, "ts", "-reply", "-in", str(token), "-text"])
    found = re.search(r"^Time stamp: (.+)$", answer.stdout, re.M)
    return found[1].strip() if found else None


def token_epoch(token: Path) -> int | None:
    """Return when a token says that it was made, in seconds since 1970; None: openssl can't read it."""
    at = token_time(token)
    return None if at is None else _epoch(at)


def certificate_digests(pem: Path) -> list[str]:
    """Return the SHA-256 of each certificate in a PEM file, as browsers and openssl show it; none where it can't be read."""
    try:
        text = pem.read_text(encoding="ascii", errors="replace")
        blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.S)
        return [sha256_hex(base64.b64decode("".join(block.split()), validate=True)) for block in blocks]
    except (OSError, ValueError):
        return []


def check_token(head: Path, token: Path, roots: Path | None, *, what: str, query: Path | None = None) -> Check:
    """Ask openssl whether a token covers a seal's head, as of the token's own time.

    roots: PEM of the certificates that are trusted; query: the request, if its nonce is to be checked too.
    """
    openssl = find_openssl()
    if openssl is None:
        return Check(what, NOT_CHECKED, "openssl is not installed here")
    if roots is None or not roots.is_file():
        return Check(what, NOT_CHECKED, "the authority's root certificate is not here")
    at = token_time(token)
    if at is None:
        return Check(what, BROKEN, "is no timestamp token that openssl can read")
    moment = _epoch(at)
    over = ["-queryfile", str(query)] if query else ["-data", str(head)]
    command = [openssl, "ts", "-verify", "-in", str(token), *over, "-CAfile", str(roots)]
    answer = _run([*command, *(["-attime", str(moment)] if moment else [])])
    if answer.returncode == 0 and "Verification: OK" in answer.stdout:
        return Check(what, OK, f"stamped {at}, under the certificate {', '.join(certificate_digests(roots))}")
    # 807BED:error:17800067:time stamp routines:ts_check_imprints:message imprint mismatch:../crypto/ts/ts_rsp_verify.c:508:
    told = re.search(r":error:[0-9A-Fa-f]*:[^:]*:[^:]*:([^:\n]+)", answer.stderr)
    reason = told[1] if told else next(iter(answer.stderr.split("\n")), "")
    return Check(what, BROKEN, f"openssl: {reason.strip() or 'it refuses the token'}")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=OPENSSL_TIMEOUT_S, check=False
    )


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _epoch(text: str) -> int | None:
    """ "Nov 28 01:44:30.123 2026 GMT" as seconds since 1970; strptime would follow the locale."""
    from calendar import timegm

    found = re.fullmatch(r"(\w{3})\s+(\d+) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d{4}) GMT", text)
    if not found or found[1] not in _MONTHS:
        return None
    month = _MONTHS.index(found[1]) + 1
    return timegm((int(found[6]), month, int(found[2]), int(found[3]), int(found[4]), int(found[5])))


# --- containers ----------------------------------------------------------------------------------------------------

ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_DOS_DATE = 0x21
_ATTRIBUTES = 0o644 << 16


def zip_info(name: str) -> zipfile.ZipInfo:
    """Return how an export's members are entered: stored, without date, so that equal contents are equal bytes."""
    info = zipfile.ZipInfo(name, date_time=ZIP_DATE)
    info.create_system = 3
    info.external_attr = _ATTRIBUTES
    return info


def check_container(path: Path) -> Check:
    """Check that a zip file's every byte is what its members demand: nothing between, before, behind or beside them.

    Its names are plain ones, each there once: what one reader of zip files unpacks, every other does.
    """
    return _check_container(path, f"container {path.name}")


def _check_container(path: Path, what: str) -> Check:
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            members = archive.infolist()
            names = [member.filename for member in members]
            odd = next((name for name in names if not _is_plain(name)), None)
            if odd is not None:
                return Check(what, BROKEN, f"holds {odd!r}, which is no name of an export's file: it was added")
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                return Check(what, BROKEN, f"holds {twice} more than once: whoever unpacks it may see another one")
            directory = b""
            at = 0
            for member in members:
                name = member.filename.encode("utf-8")
                crc, size = 0, 0
                local = struct.pack("<4s2B5H", b"PK\x03\x04", 20, 0, 0, 0, 0, _DOS_DATE, 0)[:14]
                file.seek(at)
                head = file.read(30 + len(name))
                for chunk in _chunks(file, member.file_size):
                    crc, size = zlib.crc32(chunk, crc), size + len(chunk)
                sizes = struct.pack("<3L", crc, size, size)
                if head != local + sizes + struct.pack("<2H", len(name), 0) + name:
                    return Check(what, BROKEN, f"the entry of {member.filename} at byte {at} is not as written")
                directory += struct.pack("<4s4B4H", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, _DOS_DATE) + sizes
                directory += struct.pack("<5H2L", len(name), 0, 0, 0, 0, _ATTRIBUTES, at) + name
                at += len(head) + size
            count = len(members)
            end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0)
            file.seek(at)
            if file.read() != directory + end:
                return Check(
                    what, BROKEN, f"the directory at byte {at} is not as written, or something was added to it"
                )
    except (OSError, zipfile.BadZipFile, struct.error, UnicodeError, NotImplementedError) as error:
        return Check(what, BROKEN, f"is no readable zip file ({error})")
    return Check(what, OK, f"{count} files, no byte beside them")


def _chunks(file: Any, size: int) -> Iterator[bytes]:
    while size > 0:
        chunk = file.read(min(CHUNK_BYTES, size))
        if not chunk:
            return
        size -= len(chunk)
        yield chunk


# what reading something raises that was made to break a reader
_UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, EOFError, NotImplementedError,
    zipfile.BadZipFile, zlib.error, subprocess.TimeoutExpired,
)  # fmt: skip

# --- an export -----------------------------------------------------------------------------------------------------


def check_export(path: Path) -> list[Check]:
    """Check a folder or a zip file. Returns every check; the broken ones name what is broken."""
    if path.is_dir():
        return list(_check_folder(path))
    container = check_container(path)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                # of a broken one what can be unpacked is, to name what was changed; never more than the file itself holds
                if sum(member.file_size for member in members) > path.stat().st_size:
                    return [container, Check(path.name, BROKEN, "says that it holds more bytes than it has")]
                for member in members:
                    if _is_plain(member.filename):
                        archive.extract(member, folder)
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
            if container.outcome == BROKEN:
                return [container]
            return [container, Check(path.name, BROKEN, f"can't be unpacked ({error})")]
        return [container, *_check_folder(folder)]


def _is_plain(name: str) -> bool:
    """Whether a name stands for one file below its folder, on every system."""
    return re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", name, re.ASCII) is not None


def _check_folder(folder: Path) -> Iterator[Check]:
    manifest = _read_manifest(folder)
    if isinstance(manifest, Check):
        yield manifest
        return
    yield Check(MANIFEST, OK, f"is as its own digest says, {manifest['sha256']}")
    yield from _check_files(folder, manifest)
    steps: tuple[Callable[[Path], Iterator[Check]], ...] = (
        _check_stamps,
        _check_seals,
        _check_leaves,
        _check_log_extract,
    )
    for step in steps:
        try:
            yield from step(folder)
        except _UNREADABLE as error:
            yield Check(step.__name__.removeprefix("_check_").replace("_", " "), BROKEN, f"can't be read ({error!r})")
    yield from _check_redaction(folder, manifest.get("redaction"))


def _check_redaction(folder: Path, answer: Any) -> Iterator[Check]:
    """Check that as much is called redacted as manifest.json says: nothing in an export that is not."""
    files = {"rows": "proof/rows.jsonl", "records": "proof/records.jsonl", "log_entries": "custody.jsonl"}
    for what, name in files.items():
        try:
            found = sum(1 for line in _lines(folder / name) if json.loads(line).get("redacted") is True)
        except _UNREADABLE:
            continue  # told of above
        stated = answer.get(what) if isinstance(answer, dict) else 0
        if found != stated:
            yield Check(name, BROKEN, f"calls {found} lines redacted where {MANIFEST} has {stated}")
    if isinstance(answer, dict):
        yield Check(
            "redaction",
            NOT_CHECKED,
            f"this is a redacted copy: {answer.get('texts')} texts and {answer.get('outlines')} outlines of pictures are blanked,"
            f" by the list with SHA-256 {answer.get('list_sha256')}",
        )


def _read_manifest(folder: Path) -> dict[str, Any] | Check:
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest = json.loads(text)
        stated = manifest.pop("sha256")
        is_own = canonical({**manifest, "sha256": stated}) + b"\n" == text and sha256_hex(canonical(manifest)) == stated
        if is_own and isinstance(manifest["files"], dict):
            return {**manifest, "sha256": stated}
    except _UNREADABLE as error:
        return Check(MANIFEST, BROKEN, f"can't be read ({error}); nothing can be checked without it")
    return Check(MANIFEST, BROKEN, "was changed: it does not match its own digest")


def write_manifest(folder: Path, about: dict[str, Any]) -> str:
    """Write the manifest of all files of a folder; returns its digest."""
    files = {name: file_facts(folder / name) for name in _names(folder) if name != MANIFEST and not _is_stamp(name)}
    manifest = {**about, "files": files}
    digest = sha256_hex(canonical(manifest))
    (folder / MANIFEST).write_bytes(canonical({**manifest, "sha256": digest}) + b"\n")
    return digest


def write_stamps_list(folder: Path) -> None:
    """List the tokens over the manifest of a folder, and their roots."""
    made = folder / STAMPS
    listed = {path.name: file_facts(path) for path in sorted(made.iterdir()) if path.name != STAMPS_LIST}
    (made / STAMPS_LIST).write_bytes(canonical(listed) + b"\n")


def _names(folder: Path) -> list[str]:
    """All that is no folder; a link to a folder is none either."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    )


def _is_stamp(name: str) -> bool:
    return re.fullmatch(rf"{STAMPS}/([a-z0-9-]+\.(tsr|pem)|{re.escape(STAMPS_LIST)})", name) is not None


def file_facts(path: Path) -> dict[str, Any]:
    """Return a file's length and SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def _check_files(folder: Path, manifest: dict[str, Any]) -> Iterator[Check]:
    files: dict[str, Any] = manifest["files"]
    there = {name for name in _names(folder) if not _is_stamp(name)} - {MANIFEST}
    broken = 0
    for name in sorted(files.keys() | there):
        if name not in files:
            broken += 1
            yield Check(name, BROKEN, "is no part of the export: it was added")
        elif name not in there:
            broken += 1
            yield Check(name, BROKEN, "is missing")
        elif not (folder / name).is_file():
            broken += 1
            yield Check(name, BROKEN, "is no file")
        elif _facts_of(folder / name) != files[name]:
            broken += 1
            yield Check(name, BROKEN, "was changed: its digest is not the one in manifest.json")
    if not broken:
        yield Check("files", OK, f"{len(files)} files are as manifest.json says")


def _facts_of(path: Path) -> dict[str, Any] | None:
    try:
        return file_facts(path) if path.is_file() else None  # opening a pipe would wait for ever
    except OSError:  # what can't be read is not as it was
        return None


def _check_stamps(folder: Path) -> Iterator[Check]:
    """The tokens over manifest.json: since when the pages for people, which no seal covers, say what they say."""
    made = folder / STAMPS
    there = {path.name for path in made.glob("*")} - {STAMPS_LIST}
    if not there:
        if (made / STAMPS_LIST).is_symlink() or (made / STAMPS_LIST).exists():
            yield Check(f"{STAMPS}/{STAMPS_LIST}", BROKEN, "is no part of the export: it was added, or its tokens were taken away")  # fmt: skip
            return
        yield Check(
            MANIFEST, NOT_CHECKED, "no authority has stamped it: when the pages for people were written is only said"
        )
        return
    odd = sorted(path.name for path in made.glob("*") if path.is_symlink() or not path.is_file())
    for name in odd:
        yield Check(f"{STAMPS}/{name}", BROKEN, "is no file")
    if odd:
        return
    listed: dict[str, Any] = json.loads((made / STAMPS_LIST).read_bytes())
    for name in sorted(there | listed.keys()):
        what = f"{STAMPS}/{name}"
        if name not in there or (made / name).is_symlink() or _facts_of(made / name) != listed.get(name):
            yield Check(what, BROKEN, f"is not as {STAMPS_LIST} says")
        elif name.endswith(".tsr"):
            yield check_token(folder / MANIFEST, made / name, (made / name).with_suffix(".pem"), what=what)


def _check_seals(folder: Path) -> Iterator[Check]:
    """Each seal and token is the one that the custody log tells of, and each token covers its seal."""
    logged = {entry["details"]["seal"]: entry["details"] for entry in _told(folder, "sealed")}
    stamped = {
        (entry["details"]["seal"], entry["details"]["authority"]): entry["details"]
        for entry in _told(folder, "stamped")
    }
    for head in sorted(folder.glob("proof/seals/*/head.json")):
        name = f"seal {head.parent.name}"
        stated = logged.get(head.parent.name)
        if stated is None:
            yield Check(name, NOT_CHECKED, "custody.jsonl does not tell of it")
        elif stated["head_sha256"] != sha256_hex(head.read_bytes()):
            yield Check(name, BROKEN, "is not the one that custody.jsonl tells of")
        tokens = sorted(head.parent.glob("*.tsr"))
        if not tokens:
            yield Check(name, NOT_CHECKED, "no authority has stamped it")
        for token in tokens:
            what = f"{name}, token of {token.stem}"
            entry = stamped.get((head.parent.name, token.stem))
            if entry is not None and entry.get("token_sha256") != sha256_hex(token.read_bytes()):
                yield Check(what, BROKEN, "is not the one that custody.jsonl tells of")
            else:
                yield check_token(head, token, token.with_suffix(".pem"), what=what)


def _told(folder: Path, event: str) -> Iterator[dict[str, Any]]:
    """What the custody log tells of one kind of event; of a log that can't be read its own check tells."""
    for line in _lines(folder / "custody.jsonl"):
        entry = json.loads(line)
        if entry.get("event") == event:
            yield entry


def _check_leaves(folder: Path) -> Iterator[Check]:
    roots = {
        head.parent.name: json.loads(head.read_text(encoding="utf-8"))["root"]
        for head in folder.glob("proof/seals/*/head.json")
    }
    leaves: list[dict[str, Any]] = []
    broken = 0
    for number, line in enumerate(_lines(folder / "proof" / "leaves.jsonl")):
        given = json.loads(line)
        leaf = given["leaf"]
        leaves.append(json.loads(leaf))
        if root_of_path(leaf_hash(leaf.encode("utf-8")), given["path"]).hex() != roots.get(given["seal"]):
            broken += 1
            yield Check(f"leaf {number}", BROKEN, f"does not lead to the root of seal {given['seal']}")
    if not broken:
        yield Check("leaves", OK, f"{len(leaves)} sealed digests lead to the roots of {len(roots)} seals")
    yield from _check_rows(folder, leaves)
    yield from _check_records(folder, leaves)


def _check_rows(folder: Path, leaves: Sequence[dict[str, Any]]) -> Iterator[Check]:
    sealed = broken = unsealed = redacted = withheld = 0
    replied: set[str] = set()
    for number, line in enumerate(_lines(folder / "proof" / "rows.jsonl"), 1):
        row = json.loads(line)
        if row.get("leaf") is None:
            unsealed += 1
            continue
        leaf = leaves[row["leaf"]]
        is_of_it = leaf["kind"] == "rows" and leaf["table"] == row["table"] and leaf["columns"] == row["columns"]
        is_copy, is_withheld = row.get("redacted") is True, row.get("withheld") is True
        digest = bytes.fromhex(row["digest"]) if is_copy or is_withheld else leaf_hash(row_bytes(row["values"]))
        if is_of_it and root_of_path(digest, row["path"]).hex() == leaf["root"]:
            redacted, sealed, withheld = redacted + is_copy, sealed + (not is_copy), withheld + is_withheld
            if row["table"] == "replies" and not is_copy and not is_withheld:
                replied.update(value["sha256"] for value in row["values"] if isinstance(value, dict))
        else:
            broken += 1
            yield Check(f"proof/rows.jsonl, line {number}", BROKEN, f"the row of {row['table']} is not the sealed one")
    if not broken:
        more = f", {withheld} of them withheld (their digests are there)" if withheld else ""
        yield Check("rows", OK, f"{sealed} rows of the database are as they were sealed{more}")
    if redacted:
        yield Check("rows", NOT_CHECKED, f"{redacted} are redacted copies of sealed rows, whose digests are there")
    if unsealed:
        yield Check(
            "rows",
            NOT_CHECKED,
            f"{unsealed} rows lead to no seal: nothing shows that they are as they were first written",
        )

    yield from _check_reply_files(folder, replied)


def _check_reply_files(folder: Path, replied: set[str]) -> Iterator[Check]:
    """The files of replies against what the sealed rows say of them."""
    files = sorted(path for path in folder.glob("replies/*") if path.is_file())
    strange = [path.name for path in files if file_facts(path)["sha256"] not in replied]
    for name in strange:
        yield Check(f"replies/{name}", NOT_CHECKED, "no sealed row tells of a reply with this file")
    if files and not strange:
        yield Check("replies", OK, f"{len(files)} files of replies are those that their sealed rows tell of")


def _check_records(folder: Path, leaves: Sequence[dict[str, Any]]) -> Iterator[Check]:
    container = _check_container(folder / WACZ, f"container {WACZ}")
    if container.outcome == BROKEN:
        yield container
        return
    sealed = broken = unsealed = redacted = 0
    with zipfile.ZipFile(folder / WACZ) as wacz, wacz.open(ARCHIVE) as archive:
        at = 0
        for line in _lines(folder / "proof" / "records.jsonl"):
            record = json.loads(line)
            if record["offset"] != at:
                yield Check(
                    WACZ, BROKEN, f"{ARCHIVE}, byte {at}: something stands there that proof/records.jsonl does not list"
                )
                return
            data = archive.read(record["length"])
            at += len(data)
            if record.get("leaf") is None:
                unsealed += 1
                continue
            leaf = leaves[record["leaf"]]
            is_copy = record.get("redacted") is True
            digest = record["digest"] if is_copy else sha256_hex(data)
            if leaf["kind"] == "record" and digest == leaf["sha256"]:
                redacted, sealed = redacted + is_copy, sealed + (not is_copy)
            else:
                broken += 1
                yield Check(f"{WACZ}, {ARCHIVE}, byte {record['offset']}", BROKEN, "the record is not the sealed one")
        if archive.read(1):
            broken += 1
            yield Check(
                WACZ, BROKEN, f"{ARCHIVE}, byte {at}: something stands there that proof/records.jsonl does not list"
            )
    if not broken:
        yield Check("records", OK, f"{sealed} records of the web archive are as they were sealed")
    if redacted:
        yield Check(
            "records", NOT_CHECKED, f"{redacted} are redacted copies of sealed records, whose digests are there"
        )
    if unsealed:
        yield Check(
            "records", NOT_CHECKED, f"{unsealed} records lead to no seal: nothing shows that they are as they came"
        )


def _check_log_extract(folder: Path) -> Iterator[Check]:
    lines = _lines(folder / "custody.jsonl")
    yield from check_log(lines, name="custody.jsonl", may_be_redacted=True)
    heads = [json.loads(head.read_text(encoding="utf-8")) for head in folder.glob("proof/seals/*/head.json")]
    digests = [json.loads(line)["sha256"] for line in lines]
    for head in heads:
        count, digest = head["custody"]["entries"], head["custody"]["sha256"]
        if count > len(digests) or (digests[count - 1] if count else GENESIS) != digest:
            yield Check("custody.jsonl", BROKEN, f"is not the log that seal {head['seal_id']} was made over")


def _lines(path: Path) -> list[str]:
    """A file's lines as JSON has them: only a line feed ends one, and some texts hold other ends of lines."""
    text = path.read_bytes().decode("utf-8")
    return text.removesuffix("\n").split("\n") if text else []


# --- the command ---------------------------------------------------------------------------------------------------


def _shown(text: str) -> str:
    """A text without what would steer a terminal; names in an export may be anybody's."""
    shown = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
    coding = sys.stdout.encoding or "ascii"
    return shown.encode(coding, "backslashreplace").decode(coding)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) > 1 or (arguments and arguments[0] in ("-h", "--help")):
        sys.stdout.write(__doc__ or "")
        return 0 if len(arguments) == 1 else 2
    path = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    if not path.exists():
        sys.stderr.write(f"{path}: expected the folder or the zip file of an export, got nothing; name it\n")
        return 2
    checks = check_export(path)
    for check in checks:
        sys.stdout.write(f"{check.outcome:>11}  {_shown(check.what)}: {_shown(check.detail)}\n")
    outcomes = {check.outcome for check in checks}
    if BROKEN in outcomes:
        sys.stdout.write("\nBROKEN: do not rely on this export; ask for it anew.\n")
        return 1
    if NOT_CHECKED in outcomes:
        sys.stdout.write("\nNothing is broken, but not all could be checked.\n")
        return 3
    sys.stdout.write(
        "\nAll is as it was sealed. Compare the authorities' root certificates (proof/*/*.pem, proof/seals/*/*.pem) with your own.\n"
        "No seal covers the pages for people (dossier, forms), only manifest.json: compare its digest with the maker's log.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
