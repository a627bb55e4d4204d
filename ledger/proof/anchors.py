"""Anchors: what a seal's head and the custody log were, said outside this machine, so that neither can be taken back here.

Reads: seals, custody log. Writes: one small file for each statement in a folder or a store that the operator names; what is sent as a
message is the same statement.

1. A statement names the custody log by its first entry, how far it goes, the newest seal, and the certificates that stamp.
2. It is written under a name of its own and never over another one.
3. Held against the workspace, statements show a log that was cut, written anew or begun anew, seals that are gone or replaced, a
   workspace that was put back to an earlier state, and tokens of a foreign authority under a known name.

An anchor is worth what the place is worth: where whoever can write to this machine can also delete or change what stands there, it
shows nothing. What happened after the newest statement is not anchored.
"""

from __future__ import annotations

import email
import email.message
import email.policy
import itertools
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.extras import how_to_install
from ledger.identity import sha256_hex, utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.log_entries import as_readers_see_it
from ledger.proof.seals import Seal, Seals
from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK, Check, canonical, certificate_digests
from ledger.vocabulary import CustodyEvent

FORMAT = "partnerproof anchor 1"
MOST_STATEMENTS, MOST_OTHERS, MAX_STATEMENT_BYTES = 100_000, 1_000, 100_000  # that are read of one place
_STATEMENT_NAME = re.compile(r"(?:^|/)[0-9a-f]{12}-\d{9}-[0-9A-Z]{26}\.json$")  # as Statement.file_name gives it
MAX_MESSAGE_BYTES, MOST_TRIES = 1_000_000, 1000  # of a saved message; of places in it where a statement might begin
Pins = Mapping[str, Sequence[str]]  # authority → SHA-256 of the certificates that are trusted for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What was said of a workspace at a moment. log: the first entry's digest, which names the log; source: where it was read."""

    log: str
    entries: int
    entry_sha256: str  # of the last of these entries
    seal_id: str
    head_sha256: str
    made_at: str
    authorities: Pins
    source: str = ""

    @property
    def as_bytes(self) -> bytes:
        """Return the statement in its one form."""
        return canonical(self.as_json) + b"\n"

    @property
    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "made_at": self.made_at,
            "log": {"first_sha256": self.log, "entries": self.entries, "sha256": self.entry_sha256},
            "seal": {"seal_id": self.seal_id, "head_sha256": self.head_sha256},
            "authorities": {name: sorted(digests) for name, digests in self.authorities.items()},
        }

    @property
    def file_name(self) -> str:
        """A name that no other statement has; in the order of the log."""
        return f"{self.log[:12]}-{self.entries:09d}-{self.seal_id}.json"


def make_statement(seal: Seal, log: CustodyLog, authorities: Pins) -> Statement:
    """Return what is to be said now of a workspace whose newest seal this is."""
    head = log.head()
    return Statement(
        log=log.first_digest(),
        entries=head.entries,
        entry_sha256=head.sha256,
        seal_id=seal.seal_id,
        head_sha256=sha256_hex(seal.head_bytes),
        made_at=utc_text(),
        authorities=authorities,
    )


# --- places --------------------------------------------------------------------------------------------------------


def write_statement(place: str, statement: Statement) -> None:
    """Write a statement into a folder, or a store that fsspec knows ("s3://bucket/path"). Errors: OutsideFailureError."""
    try:
        if "://" in place:
            store, folder = _store(place)
            store.makedirs(folder, exist_ok=True)
            store.pipe_file(f"{folder}/{statement.file_name}", statement.as_bytes, mode="create")
            return
        path = Path(place) / statement.file_name
        with path.open("xb") as file:
            file.write(statement.as_bytes)
            file.flush()
            os.fsync(file.fileno())
    except OutsideFailureError:
        raise
    except Exception as error:  # stores raise errors of their own libraries
        raise OutsideFailureError(f"{place}: the statement could not be written ({_words(error)})") from error


def read_statements(place: str) -> Iterator[Statement | Check]:
    """Yield what a folder or store holds; of what is no statement a check says so, and hides no other. Errors: OutsideFailureError."""
    try:
        if "://" in place:
            store, folder = _store(place)
            names = sorted(str(name) for name in store.ls(folder, detail=False))
        else:
            names = sorted(str(path) for path in Path(place).iterdir())
    except OutsideFailureError:
        raise
    except Exception as error:  # stores raise errors of their own libraries
        raise OutsideFailureError(f"{place}: its statements could not be read ({_words(error)})") from error
    named = [name for name in names if _STATEMENT_NAME.search(name)]
    others = [name for name in names if name.endswith(".json") and not _STATEMENT_NAME.search(name)]
    for name in [*named[-MOST_STATEMENTS:], *others[:MOST_OTHERS]]:
        try:
            content = (
                store.cat_file(name, start=0, end=MAX_STATEMENT_BYTES) if "://" in place else _read_file(Path(name))
            )
            yield _parse(json.loads(content), source=name)
        except Exception as error:  # noqa: BLE001  # of the store, of the parser: each file is judged for itself
            yield Check(name, NOT_CHECKED, f"is no statement of an anchor, or a damaged one ({type(error).__name__})")
    if len(named) > MOST_STATEMENTS or len(others) > MOST_OTHERS:
        yield Check(
            place,
            NOT_CHECKED,
            f"holds {len(names)} files: the newest {MOST_STATEMENTS} statements and {MOST_OTHERS} others were read",
        )


def _read_file(path: Path) -> bytes:
    """Return the beginning of a file, of a plain one only: a pipe would be waited for, a link may lead anywhere."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with open(descriptor, "rb") as file:  # noqa: PTH123  # an open file
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("no plain file")
        return file.read(MAX_STATEMENT_BYTES)


def read_message(path: Path) -> list[Statement]:
    """Return the statements in a saved mail, or in a text that somebody kept. Errors: BadInputError where there is none."""
    content, got = b"", "an empty file"
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MESSAGE_BYTES + 1)
    except OSError as error:
        got = error.strerror or str(error)
    if len(content) > MAX_MESSAGE_BYTES:
        got = f"more than {MAX_MESSAGE_BYTES} bytes"
    elif content:
        texts = [content.decode("utf-8", "replace")]
        if re.match(rb"[!-9;-~]+:", content):  # a mail begins with the name of a header
            message = email.message_from_bytes(content, policy=email.policy.default)
            texts += [_text_of(part) for part in message.walk() if part.get_content_maintype() == "text"]
        unquoted = [re.sub(r"(?m)^(?:> ?)+", "", text) for text in texts]  # of an answered or forwarded mail
        found = list(dict.fromkeys(statement.as_bytes for statement in _in_text([*texts, *unquoted], str(path))))
        if found:
            return [_parse(json.loads(each), source=str(path)) for each in found]
        got = "none"
    next_step = "save the whole message as a file, or copy its text from the first { to the last }"
    raise BadInputError(
        Problem(where=str(path), expected="an anchor's statement, as it was sent", got=got, next_step=next_step)
    )


def _in_text(texts: Iterable[str], source: str) -> Iterator[Statement]:
    decoder = json.JSONDecoder()
    for text in texts:
        # its format stands near the beginning of a statement, in the order of the alphabet or as it was written
        starts = (
            found.start() for found in re.finditer(r'\{(?=\s*"(?:format|made_at|log|seal|authorities)"\s*:)', text)
        )
        for start in itertools.islice(starts, MOST_TRIES):
            try:
                value, _ = decoder.raw_decode(text[start : start + MAX_STATEMENT_BYTES])
                yield _parse(value, source=source)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
                continue


def _text_of(part: email.message.Message) -> str:
    """A part's text; in a coding that nobody knows, its bytes as UTF-8."""
    content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _parse(value: Mapping[str, Any], *, source: str) -> Statement:
    if value["format"] != FORMAT:
        raise ValueError(value["format"])
    log, seal = value["log"], value["seal"]
    if type(log["entries"]) is not int or log["entries"] < 1:
        raise ValueError(log["entries"])
    return Statement(
        log=str(log["first_sha256"]),
        entries=log["entries"],
        entry_sha256=str(log["sha256"]),
        seal_id=str(seal["seal_id"]),
        head_sha256=str(seal["head_sha256"]),
        made_at=str(value["made_at"]),
        authorities={str(name): [str(digest) for digest in digests] for name, digests in value["authorities"].items()},
        source=source,
    )


def _store(place: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise OutsideFailureError(f"{place}: a store needs the anchor extra; run: {how_to_install('anchor')}") from error  # fmt: skip
    store, folder = url_to_fs(place)
    return store, str(folder).rstrip("/")


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


# --- held against the workspace ------------------------------------------------------------------------------------


@dataclass
class AnchorCheck:
    """Statements against a workspace. anchor: how the place is called."""

    anchor: str
    statements: Sequence[Statement]
    seals: Seals
    log: CustodyLog
    is_message: bool = False  # somebody keeps it: what comes later is in later messages

    def checks(self) -> Iterator[Check]:
        """Yield what is broken, and a sum."""
        what = f"anchor {self.anchor}"
        if not self.statements:
            yield Check(what, NOT_CHECKED, "it holds no statement yet: run `partnerproof seal`")
            return
        ordered = sorted(self.statements, key=lambda statement: (statement.entries, statement.made_at))
        broken = [check for statement in ordered if (check := self._judge(statement)) is not None]
        yield from broken[:1]
        if len(broken) > 1:
            yield Check(what, BROKEN, f"{len(broken)} of {len(ordered)} statements do not hold; the first is told")
        foreign = list(self._foreign_tokens(ordered))
        yield from foreign
        if broken or foreign:
            return
        last = ordered[-1]
        yield Check(
            what, OK,
            f"{'1 statement holds' if len(ordered) == 1 else f'{len(ordered)} statements hold'}; the newest, of {last.made_at}, tells of {last.entries} log entries and seal {last.seal_id}",
        )  # fmt: skip
        later = [seal.seal_id for seal in self.seals.all[self._ordinal(last) + 1 :]]
        if later:
            advice = (
                "not in this message: save a later one" if self.is_message else "not anchored: run `partnerproof seal`"
            )
            yield Check(
                what,
                NOT_CHECKED,
                f"1 later seal is {advice}" if len(later) == 1 else f"{len(later)} later seals are {advice}",
            )

    @cached_property
    def _entries(self) -> list[dict[str, Any]]:
        entries = []
        for line in self.log.lines():
            try:
                entries.append(as_readers_see_it(json.loads(line)))
            except (ValueError, RecursionError):
                entries.append({})  # the log's own check names it
        return entries

    def _judge(self, statement: Statement) -> Check | None:
        """What a statement shows to be broken; None: it holds."""
        what = f"anchor {self.anchor}, statement of {statement.made_at}"
        entries = self._entries
        if not entries or entries[0].get("sha256") != statement.log:
            return Check(what, BROKEN, f"tells of another custody log: the one here was begun anew, or {statement.source or 'the anchor'} belongs to another workspace")  # fmt: skip
        if len(entries) < statement.entries:
            return Check(what, BROKEN, f"tells of {statement.entries} log entries, and here are {len(entries)}: the log was cut, or all was put back to an earlier state{self._restored()}")  # fmt: skip
        if entries[statement.entries - 1].get("sha256") != statement.entry_sha256:
            return Check(what, BROKEN, f"tells of another entry {statement.entries} of the log than the one here: it was written anew from there or earlier{self._restored()}")  # fmt: skip
        at = self._ordinal(statement)
        if at < 0:
            return Check(what, BROKEN, f"tells of the seal {statement.seal_id}, which is not here")
        if sha256_hex(self.seals.all[at].head_bytes) != statement.head_sha256:
            return Check(what, BROKEN, f"tells of the seal {statement.seal_id} with another digest: it was replaced")
        return None

    def _restored(self) -> str:
        restored = [entry for entry in self._entries if entry.get("event") == CustodyEvent.RESTORED]
        if not restored:
            return ""
        last = restored[-1]
        return (
            f"; the log tells of a backup that was restored on {last['at']}, made {last['details'].get('backed_up_at')}"
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {seal.seal_id: at for at, seal in enumerate(self.seals.all)}

    def _ordinal(self, statement: Statement) -> int:
        """Where a statement's seal stands among all; -1: nowhere."""
        return self._places.get(statement.seal_id, -1)

    def _foreign_tokens(self, ordered: Sequence[Statement]) -> Iterator[Check]:
        """Tokens under an authority's name whose certificate the first statement about their seal does not tell of.

        A later statement may tell of it, because the authority changed its certificates or because somebody else chose them: a person looks.
        """
        for at, seal in enumerate(self.seals.all):
            about = [statement.authorities for statement in ordered if self._ordinal(statement) >= at]
            for token in seal.tokens if about else ():
                if token.stem not in about[0]:
                    continue
                foreign = set(certificate_digests(token.with_suffix(".pem"))) - set(about[0][token.stem])
                if not foreign:
                    continue
                what = f"seal {seal.seal_id}, token of {token.stem}"
                reason = (
                    f"the statement of its time at anchor {self.anchor} does not tell of its certificate {min(foreign)}"
                )
                if any(foreign <= set(pins.get(token.stem, ())) for pins in about):
                    yield Check(
                        what, NOT_CHECKED, f"{reason}, a later one does: ask the authority whether it is theirs"
                    )
                else:
                    yield Check(what, BROKEN, f"{reason}: it is another authority under this name")
