"""A workspace: the folder that holds a team's brands, registers, seeds, own lexicon and what runs make of them.

It is the folder with a partnerproof.toml: named by --workspace or PARTNERPROOF_WORKSPACE, else the current folder
or one above it, else the folder data/ of a checkout.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.database import Ledger
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.lexicon import Lexicon
from ledger.proof.custody import CustodyLog
from ledger.proof.writer_lock import (
    LOG_NAME,
    PATIENCE_S,
    WriterLock,
    acquire_entry_lock,
    acquire_writer_lock,
    hold_name,
    is_name_held,
)
from partnerproof.config import CONFIG_FILE, EXAMPLE_CONFIG, Config, read_config

if TYPE_CHECKING:  # they take long to import, and most commands need none
    from casebook.cases.letter_facts import Sender
    from casebook.cases.removal import RemovalTerms
    from ledger.proof.timestamps import Authority
    from matcher.brands.official_logos import Brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Paths and configuration of one workspace."""

    root: Path
    config: Config
    wait_s: float = PATIENCE_S  # for a process that is writing

    @property
    def brands(self) -> Path:
        return self.root / self.config.paths.brands

    @property
    def registers(self) -> Path:
        return self.root / self.config.paths.registers

    @property
    def seeds(self) -> Path:
        return self.root / self.config.paths.seeds

    @property
    def own_lexicon(self) -> Path:
        return self.root / self.config.paths.lexicon

    @property
    def own_letters(self) -> Path:
        return self.root / self.config.paths.letters

    @property
    def sender(self) -> Sender:
        """Who writes to vendors. Errors: BadInputError for a letterhead that is no picture."""
        from casebook.cases.letter_facts import Sender

        settings = self.config.letters
        return Sender(
            name=settings.sender_name,
            address=settings.sender_address,
            email=settings.sender_email,
            letterhead=self._read_letterhead(settings.letterhead) if settings.letterhead else b"",
        )

    def _read_letterhead(self, name: str) -> bytes:
        try:
            content = (self.root / name).read_bytes()
        except OSError as error:
            got = error.strerror or str(error)
        else:
            if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
                return content
            got = "another kind of file"
        next_step = "give the path of a PNG or JPEG from the workspace's folder, or leave it empty"
        raise BadInputError(
            Problem(where=f"[letters] letterhead, {name}", expected="a PNG or JPEG", got=got, next_step=next_step)
        )

    @property
    def removal_terms(self) -> RemovalTerms:
        """What proves that a claim is gone."""
        from casebook.cases.removal import RemovalTerms

        settings = self.config.removal
        return RemovalTerms(healthy_looks=settings.healthy_looks, over_days=settings.over_days)

    @property
    def rdap(self) -> Path:
        return self.root / self.config.paths.rdap

    @property
    def opt_out(self) -> Path:
        return self.root / self.config.paths.opt_out

    @property
    def var(self) -> Path:
        return self.root / self.config.paths.var

    @property
    def database(self) -> Path:
        return self.var / "partnerproof.db"

    @property
    def warc(self) -> Path:
        return self.var / "warc"

    @property
    def seals(self) -> Path:
        return self.var / "seals"

    @property
    def shards(self) -> Path:
        """The chains of shards that came home."""
        return self.var / "shards"

    @property
    def authorities(self) -> list[Authority]:
        """The time-stamping authorities, in the order of the configuration."""
        from ledger.proof.timestamps import Authority

        return [
            Authority(name=configured.name, url=configured.url, roots=self.root / configured.roots)
            for configured in self.config.seal.authority
        ]

    @property
    def custody(self) -> CustodyLog:
        return CustodyLog(self.var / LOG_NAME)

    @property
    def jobs(self) -> Path:
        """What the service's jobs need and leave, a folder each."""
        return self.var / "jobs"

    @property
    def hashes(self) -> Path:
        return self.var / "hashes"

    def lexicon(self) -> Lexicon:
        """Return the shipped lexicon with the workspace's own languages over it."""
        return Lexicon.with_own(self.own_lexicon)

    def load_brands(self, chosen: Sequence[str] = ()) -> list[Brand]:
        """Return the chosen brands, or all. Errors: BadInputError with every mistake."""
        from matcher.brands.official_logos import load_brands

        return load_brands(self.brands, list(chosen) or None)

    def open(self) -> Ledger:
        return Ledger.open(self.database)

    def open_readonly(self) -> Ledger:
        return Ledger.open_readonly(self.database)

    def writing(self, command: str) -> AbstractContextManager[WriterLock]:
        """Hold the workspace's writer lock for a command, which gives way between its steps where it takes long.

        Errors: WriterLockHeldError when another process writes for longer than one would wait.
        """
        return acquire_writer_lock(self.database, command, patience_s=self.wait_s)

    def writing_beside(self, command: str) -> AbstractContextManager[None]:
        """Write in short transactions beside whoever has the writer lock: one record, or for as long as a server or a crawl runs."""
        return acquire_entry_lock(self.database, command)

    def turn(self, command: str) -> WriterLock:
        """The writer lock for a moment (`with`), for who is writing beside others. Errors: WriterLockHeldError."""
        return WriterLock(self.var, command, self.wait_s)

    def hold(self, name: str) -> AbstractContextManager[bool]:
        """Hold what only one process does at a time by its name, such as a crawl; False where another one does."""
        return hold_name(self.var, name)

    def is_held(self, name: str) -> bool:
        """Whether a process holds something by its name."""
        return is_name_held(self.var, name)


def find_workspace(named: Path | None) -> Workspace:
    """Return the workspace to work in. Errors: BadInputError when there is none."""
    environment = os.environ.get("PARTNERPROOF_WORKSPACE")
    if named is None and environment:
        named = Path(environment)
    if named is not None:
        if not (named / CONFIG_FILE).is_file():
            raise _no_workspace(str(named / CONFIG_FILE))
        return Workspace(root=named, config=read_config(named / CONFIG_FILE))
    here = Path.cwd()
    for folder in (here, *here.parents, here / "data"):
        if (folder / CONFIG_FILE).is_file():
            root = Path(os.path.relpath(folder))
            return Workspace(root=root, config=read_config(root / CONFIG_FILE))
    raise _no_workspace(f"{here} and the folders above it")


def create_workspace(root: Path, *, contact: str | None) -> Workspace:
    """Make a new workspace. Errors: BadInputError when there is one already."""
    config = root / CONFIG_FILE
    if config.exists():
        raise BadInputError(
            Problem(
                where=str(config),
                expected="a folder without a workspace",
                got="one that has it",
                next_step="use it as it is, or name another folder",
            )
        )
    try:
        for folder in ("brands", "registers", "seeds", "lexicon", "var"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / ".gitignore").write_text("var/\n", encoding="utf-8")
        (root / "scrapy.cfg").write_text(f"[settings]\ndefault = {_settings_module()}\n", encoding="utf-8")
        (root / "seeds" / "example.csv").write_text(
            "name,url,country,parent\nBright Harbour,https://www.brightharbour.example/,GB,\n", encoding="utf-8"
        )
        config.write_text(
            EXAMPLE_CONFIG.replace('contact = ""', f"contact = {json.dumps(contact or '', ensure_ascii=False)}"),
            encoding="utf-8",
        )
    except OSError as error:
        raise OutsideFailureError(f"{root}: could not be made ({error}); choose a folder that you may write") from error
    return Workspace(root=root, config=read_config(config))


def _settings_module() -> str:
    """The name of Scrapy's settings: an installed program has them under another one than a checkout."""
    from crawler import settings

    return settings.__name__


class NoWorkspaceError(BadInputError):
    """There is no workspace here; a new user makes one."""


def _no_workspace(where: str) -> NoWorkspaceError:
    return NoWorkspaceError(
        Problem(
            where=where,
            expected=f"a workspace (a folder with {CONFIG_FILE})",
            got="none",
            next_step="make one with `partnerproof init myspace`, then work in it or name it with --workspace myspace",
        )
    )
