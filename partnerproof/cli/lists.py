"""Options of the commands that read a list, and what they tell on stderr before they begin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from casebook.files.rejects import refuse_other_file, write_rejects
from crawler.lists.vendor_list import ListOptions, VendorList, read_vendor_list
from partnerproof.crawl_run import pinned_hosts
from partnerproof.list_account import describe_reading, describe_vendors, preview_vendors
from partnerproof.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])
REJECTS = "rejects.csv"  # in the workspace

rejects_option = click.option(
    "--rejects",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where rows that can't be used are listed; default: rejects.csv in the workspace.",
)
mapping_option = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="TOML that says which column is which; see docs/how-to-crawl.md.",
)


def list_options(function: F) -> F:
    """The options of every command that takes a vendor list."""
    strict = click.option("--strict", is_flag=True, help="Take the whole list or, with a mistake in it, nothing.")
    return mapping_option(rejects_option(strict(function)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChoice:
    """What a user said of a vendor list."""

    seeds: Path
    mapping: Path | None = None
    rejects: Path | None = None
    is_strict: bool = False
    allow_private: bool = False
    resolve: Sequence[str] = ()
    as_json: bool = False  # told in one line for a program

    @property
    def options(self) -> ListOptions:
        return ListOptions(
            mapping_path=self.mapping,
            allow_private=self.allow_private,
            pinned_hosts=pinned_hosts(self.resolve),
            is_strict=self.is_strict,
        )


def read_list(workspace: Workspace, chosen: ListChoice, *, shows_rows: bool = False) -> VendorList:
    """Read a vendor list and tell what became of it; bad rows are listed in a file. Errors: BadInputError when there is nothing to do."""
    rejects = chosen.rejects or workspace.root / REJECTS
    refuse_other_file(rejects)
    listed = read_vendor_list(chosen.seeds, chosen.options)
    write_rejects(rejects, listed.reading.rejected)
    if chosen.as_json:
        tell([_as_json(listed, rejects)])
        return listed
    tell(describe_reading(chosen.seeds, listed.reading))
    if shows_rows:
        tell(preview_vendors(listed.seeds))
    tell(describe_vendors(chosen.seeds, listed, rejects))
    return listed


def _as_json(listed: VendorList, rejects: Path) -> str:
    reading = listed.reading
    columns = {column.heading: column.column for column in reading.columns}
    event = {
        "event": "list",
        "rows": reading.rows,
        "vendors": len(listed.seeds),
        "merged": len(listed.merged),
        "left_out": len(reading.rejected),
        "rejects": str(rejects) if reading.rejected else None,
        "columns": columns,
    }
    return json.dumps(event, ensure_ascii=False)


def tell(lines: Iterable[str]) -> None:
    """Write lines to stderr."""
    for line in lines:
        click.echo(line, err=True)
