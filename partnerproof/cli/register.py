"""`partnerproof register`: who may call itself a brand's partner."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from casebook.cases.casework import update_casework
from casebook.dossier.findings import require_brand
from casebook.files.rejects import refuse_other_file, write_rejects
from casebook.files.tables import plain
from casebook.register.imports import DEFAULT_REGISTER, import_register, preview_register, read_register_mapping
from casebook.register.register_changes import RegisterDiff, diff_register
from casebook.register.snapshots import list_snapshots, undo_snapshot
from casebook.verdicts.affected import judge_affected
from ledger.tables.list_mapping import ListMapping
from ledger.tables.table_format import TableReading
from ledger.typed_texts import SnapshotId
from matcher.logo_matches import store_brands
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.lists import REJECTS, rejects_option, tell
from partnerproof.cli.register_groups import groups, read_name
from partnerproof.cli.register_near_misses import near_misses
from partnerproof.cli.register_proposals import proposals
from partnerproof.cli.register_search import search
from partnerproof.cli.tables import plain_console, print_rows
from partnerproof.flow import LOGOS_CHANGED
from partnerproof.list_account import PREVIEW_ROWS, describe_reading, describe_rejects, preview_grants

_register_option = click.option("--register", "name", default=DEFAULT_REGISTER, show_default=True, callback=read_name, help="Which register of the brand.")  # fmt: skip


@click.group()
def register() -> None:
    """Import a brand's registers of authorised partners, ask them, and see what changed in them.

    \b
    Example:
      partnerproof register import acme partners.csv
    """


@register.command("import")
@click.argument("brand")
@click.argument("file", type=click.Path(path_type=Path))
@_register_option
@click.option("--mapping", type=click.Path(path_type=Path), help="TOML that says which column is which; see docs/how-to-register.md.")  # fmt: skip
@click.option("--valid-until-is-last-day", is_flag=True, help="The dates in valid_until are the last days with the grant, not the first ones without.")  # fmt: skip
@click.option("--lenient", is_flag=True, help="Leave out rows that can't be read, and list them in rejects.csv; verdicts say so.")  # fmt: skip
@click.option("--keeper", help="Who keeps the register, name and function: the certificate of a search names them.")
@rejects_option
@click.option("--preview", is_flag=True, help="Show how the file is understood, and do nothing.")
@pass_choice
def import_file(
    choice: Choice,
    brand: str,
    file: Path,
    name: str,
    mapping: Path | None,
    valid_until_is_last_day: bool,  # noqa: FBT001  # click passes by name
    lenient: bool,  # noqa: FBT001
    keeper: str | None,
    rejects: Path | None,
    preview: bool,  # noqa: FBT001
) -> None:
    """Make a file (CSV, XLSX, JSON, HTML) a register of BRAND, from now on. All mistakes are named at once; then nothing is imported.

    Columns: company, valid_from (needed), aliases, domains, identifiers, relation, programme, tier, marks, purpose,
    territory, valid_until, parent, source, contact; other usual headings are understood, and a column that is none of them is a mistake,
    unless a --mapping says what it is. Dates are YYYY-MM-DD, or any form that a whole column has and that can be read in one way
    only; valid_until is the first day without the grant, empty or "unlimited" where no end is on record. Several values are parted
    by `;`. A domain or an identifier (an LEI, or ISSUER:NUMBER) decides; a parent makes a group member known; a territory of
    country codes (DE;AT) is held against the vendor's country; the purpose is recorded only; the contact (an e-mail address, or a name
    and one) is proposed for a letter to that partner.

    A brand may have several registers: of each the newest import holds, and a search asks all of them. Claims that the
    change can touch are judged anew.

    \b
    Example:
      partnerproof register import acme partners.csv
      partnerproof register import acme resellers.xlsx --register resellers --mapping mapping.toml
      partnerproof register import acme partners.csv --keeper "Ann Example, head of partner management"
    """
    workspace = choice.workspace()
    brands = workspace.load_brands([brand])
    if preview:
        _preview(file, read_register_mapping(mapping, valid_until_is_last_day=valid_until_is_last_day))
        return
    rejects = rejects or workspace.root / REJECTS
    if lenient:
        refuse_other_file(rejects)
    with workspace.writing("register import"), workspace.open() as ledger:
        if store_brands(ledger, brands):
            click.echo(LOGOS_CHANGED, err=True)
        with ledger.transaction():  # killed in between, the register would be new and its verdicts old
            done = import_register(
                ledger,
                brand,
                file,
                register=name,
                mapping_path=mapping,
                leaves_out_bad_rows=lenient,
                valid_until_is_last_day=valid_until_is_last_day,
                keeper=keeper,
            )
            changed = judge_affected(ledger, [brand]) if done.is_new else 0
        if done.is_new:
            update_casework(ledger, workspace.removal_terms)
    tell(describe_reading(file, done.reading))
    grants = done.snapshot.grants
    if done.is_new:
        if lenient:
            write_rejects(rejects, done.reading.rejected)
            tell(describe_rejects(done.reading, rejects))
        click.echo(f"imported {grants} grants for {brand} from {file}; {changed} new verdicts")
    else:
        click.echo(f"unchanged: {file} is already the register of {brand} ({grants} grants)")
    if done.snapshot.left_out:
        click.echo(f"{_rows(done.snapshot.left_out)} left out: verdicts that find no grant say so", err=True)
    click.echo("next: partnerproof crawl vendors.csv --brand " + brand)


def _rows(count: int) -> str:
    return f"{count} row was" if count == 1 else f"{count} rows were"


def _preview(file: Path, mapping: ListMapping) -> None:
    reading = TableReading()
    grants = list(preview_register(file, mapping, reading))
    tell(describe_reading(file, reading))
    tell(preview_grants(grants[:PREVIEW_ROWS]))
    tell(
        [
            f"{file.name}: {len(grants)} {'grant' if len(grants) == 1 else 'grants'}"
            + (", and these rows can't be read:" if reading.rejected else "")
        ]
    )
    tell(f"  {plain(str(problem))}" for problem in reading.all_problems)


@register.command("list")
@click.argument("brand", required=False)
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
@pass_choice
def list_imports(choice: Choice, brand: str | None, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """List all imports of registers and group files, the newest first, with those that were undone.

    \b
    Example:
      partnerproof register list acme
    """
    with choice.workspace().open_readonly() as ledger:
        require_brand(ledger, brand)
        snapshots = list_snapshots(ledger, brand)
    if as_json:
        click.echo(json.dumps([asdict(snapshot) for snapshot in snapshots], ensure_ascii=False, indent=2))
        return
    headings = ("import", "brand", "register or source", "format", "rows", "recorded")
    print_rows(
        headings,
        [
            (
                (row.snapshot_id, row.brand or "-", row.name, row.format, f"{row.rows:,}", row.recorded_at),
                f"{row.file}  {row.file_sha256}"
                + (f"  {_rows(row.left_out)} left out" if row.left_out else "")
                + (f"  kept by {row.keeper}" if row.keeper else "")
                + (f"  undone {row.undone_at}: {row.why}" if row.undone_at else ""),
            )
            for row in snapshots
        ],
    )  # fmt: skip
    if not snapshots:
        click.echo("no imports yet: partnerproof register import acme partners.csv", err=True)


@register.command("undo")
@click.argument("snapshot")
@click.option("--why", required=True, help="The reason, for whoever reads it later.")
@pass_choice
def undo(choice: Choice, snapshot: str, why: str) -> None:
    """Take an import back: the one before holds again. Nothing is deleted; what was asked before still sees it.

    Claims are judged anew. SNAPSHOT is an id of `partnerproof register list`.

    \b
    Example:
      partnerproof register undo 01KB0000000000000000000000 --why "the list of another brand"
    """
    workspace = choice.workspace()
    with workspace.writing("register undo"), workspace.open() as ledger:
        with ledger.transaction():
            undone = undo_snapshot(ledger, SnapshotId(snapshot), why=why)
            changed = judge_affected(ledger, [undone.brand] if undone.brand else None)
        update_casework(ledger, workspace.removal_terms)
    click.echo(f"undone: {undone.file} ({undone.name}); {changed} new verdicts")


@register.command("diff")
@click.argument("brand")
@click.argument("snapshots", nargs=-1)
@_register_option
@click.option("--json", "as_json", is_flag=True, help="JSON with added, removed and changed.")
@pass_choice
def diff(choice: Choice, brand: str, snapshots: tuple[str, ...], name: str, as_json: bool) -> None:  # noqa: FBT001  # click passes by name
    """Show what the last import of a register changed, or what differs between two SNAPSHOTS (ids of `register list`).

    \b
    Example:
      partnerproof register diff acme --register partners
    """
    if len(snapshots) not in (0, 2):
        raise click.UsageError("name two snapshots, or none for the last two")
    with choice.workspace().open_readonly() as ledger:
        require_brand(ledger, brand)
        found = diff_register(ledger, brand, name, [SnapshotId(snapshot) for snapshot in snapshots])
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    else:
        _print_diff(found)


def _print_diff(found: RegisterDiff) -> None:
    console = plain_console()
    before = f"{found.before.file} ({found.before.recorded_at})" if found.before else "nothing"
    counts = f"{len(found.added)} added, {len(found.removed)} removed, {len(found.changed)} changed"
    console.print(f"{before} → {found.after.file} ({found.after.recorded_at}): {counts}", highlight=False, markup=False)
    for sign, some in (("+", found.added), ("-", found.removed)):
        for grant in some:
            until = grant.valid_until or "no end on record"
            relation = " ".join(filter(None, (grant.relation, grant.tier)))
            line = f"{sign} {grant.company}: {relation}, {grant.valid_from} to {until}"
            console.print(line, highlight=False, markup=False)
    for change in found.changed:
        console.print(f"~ {change.company}", highlight=False, markup=False)
        for name, (old, new) in change.fields.items():
            console.print(f"    {name}: {_words(old)} → {_words(new)}", highlight=False, markup=False)


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(map(str, value)) or "nothing"
    return "nothing" if value is None else str(value)


register.add_command(search)
register.add_command(near_misses)
register.add_command(proposals)
register.add_command(groups)
