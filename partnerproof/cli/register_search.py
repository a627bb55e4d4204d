"""`partnerproof register search`: who is in a brand's registers, with the record of what was tried."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casebook.dossier.findings import require_brand
from casebook.files.tables import plain
from casebook.register.certificate import read_certificate, write_certificate
from casebook.register.company_names import name_forms
from casebook.register.recorded_search import ask_again, ask_register, require_search, window_start
from casebook.register.search_terms import SearchQuery
from ledger.database import Ledger
from ledger.dates import ISO_DATES, end_of_day, is_to_come, read_date, suggest_date
from ledger.domains import normal_domain, registrable_domain
from ledger.errors import BadInputError, Problem
from ledger.identifiers import normal_identifier
from ledger.identity import utc_text
from ledger.records import Search
from ledger.tables.table_rows import has_control
from ledger.typed_texts import Instant, IsoDate, SearchId
from partnerproof.cli.choice import Choice, pass_choice
from partnerproof.cli.tables import plain_console

MAX_NAME_CHARS = 1_000


@click.command("search")
@click.argument("names", nargs=-1)
@click.option("--brand", help="The brand whose registers are asked.")
@click.option("--as-of", help="The day that counts, YYYY-MM-DD; default: today.")
@click.option(
    "--window", help="Only grants that held in the time before that day: 5y, 18m or 90d. Default: grants of any date."
)
@click.option("--domain", "domains", multiple=True, help="A domain of the company; it decides. Repeatable.")
@click.option("--identifier", "identifiers", multiple=True, help="An LEI, or ISSUER:NUMBER as in GB:01234567; it decides. Repeatable.")  # fmt: skip
@click.option("--parent", "parents", multiple=True, help="A company that it belongs to. Repeatable.")
@click.option("--country", help="Its country, for the record.")
@click.option("--known-at", help="With what was imported by then: YYYY-MM-DD (the end of the day) or a UTC instant.")
@click.option("--again", "search_id", help="Ask a stored question anew, of the same snapshots, and compare.")
@click.option("--certificate", type=click.Path(path_type=Path, dir_okay=False), help="Write the record as one page of HTML, ready to print.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The stored record as JSON.")
@pass_choice
def search(
    choice: Choice,
    names: tuple[str, ...],
    brand: str | None,
    as_of: IsoDate | None,
    window: str | None,
    domains: tuple[str, ...],
    identifiers: tuple[str, ...],
    parents: tuple[str, ...],
    country: str | None,
    known_at: Instant | None,
    search_id: SearchId | None,
    certificate: Path | None,
    as_json: bool,  # noqa: FBT001  # click passes by name
) -> int:
    """Ask whether a company is in a brand's registers, and keep a record of all that was tried.

    NAMES are the company's name and other names of it. A domain or an identifier decides; a name alone only proposes.
    The record is stored and can be printed as a certificate. With --again: exit 1 when the record is not the same.

    \b
    Example:
      partnerproof register search "SenseGrid" --brand acme --as-of 2021-05-01 --window 5y
      partnerproof register search "SenseGrid" --brand acme --domain sensegrid.example --certificate sensegrid.html
    """
    if search_id is not None:
        if names or brand or as_of or window or domains or identifiers or parents or country or known_at:
            raise click.UsageError("--again goes with --certificate and --json only: the question is in the record")
        return _again(choice, search_id, certificate, as_json=as_json)
    if brand is None:
        raise click.UsageError("name the brand with --brand")
    if not (names or domains or identifiers):
        raise click.UsageError("give a name, a --domain or an --identifier")
    problems = [*_unreadable("NAMES", names), *_unreadable("--parent", parents)]
    day = _day("--as-of", as_of, problems) if as_of else IsoDate(utc_text()[:10])
    terms = SearchQuery(
        names=tuple(dict.fromkeys(name.strip() for name in names)),
        domains=_domains(domains, problems),
        group=tuple(dict.fromkeys(parent.strip() for parent in parents)),
        identifiers=_identifiers(identifiers, problems),
        country=country,
    )
    window_from = _window(window, day, problems) if window and day else None
    instant = _instant(known_at, problems) if known_at else None
    if problems or day is None:
        raise BadInputError(problems)
    workspace = choice.workspace()
    # one short record, which is also wanted while a crawl is running
    with workspace.writing_beside("register search"), workspace.open() as ledger:
        require_brand(ledger, brand)
        record = ask_register(ledger, brand, terms, day, window_from=window_from, known_at=instant)
        _show(ledger, record, certificate, as_json=as_json)
    return 0


def _again(choice: Choice, search_id: SearchId, certificate: Path | None, *, as_json: bool) -> int:
    with choice.workspace().open_readonly() as ledger:
        terms = ask_again(ledger, search_id)
        _show(ledger, require_search(ledger, search_id), certificate, as_json=as_json)
        if terms.differing:
            click.echo(f"not the same: {', '.join(terms.differing)} of the stored record differ from what is found now", err=True)  # fmt: skip
            return 1
        click.echo("the same: asked anew of the same snapshots, the record says the same", err=True)
        return 0


def _show(ledger: Ledger, record: Search, certificate: Path | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(record), ensure_ascii=False, indent=2))
    else:
        _print_record(ledger, record)
    if certificate is not None:
        made = write_certificate(ledger, record, certificate)
        click.echo(f"wrote {certificate}: {made.title}", err=True)


def _print_record(ledger: Ledger, record: Search) -> None:
    certificate = read_certificate(ledger, record)
    console = plain_console()
    console.print(certificate.answer, style="bold", highlight=False, markup=False)
    console.print(f"period: {certificate.period}", highlight=False, markup=False)
    for register in certificate.registers:
        what = f"{register.name}: {register.file}, {register.entries:,} entries, recorded {register.recorded_at}"
        console.print(f"searched: {what}", highlight=False, markup=False)
    for row in certificate.tried:
        console.print(f"{row.kind.lower()}: {row.terms}", style="dim", highlight=False, markup=False)
    _print_table(
        "Hits",
        ("grant to", "as", "held", "found by"),
        [(hit.company, hit.relation, hit.held, hit.via) for hit in certificate.hits],
    )
    misses = [
        (miss.company, miss.domain, _tell_why(miss.why_refused, miss.checked_by, miss.checked_why))
        for miss in certificate.near_misses
    ]
    _print_table("Looked at and refused", ("company", "domain", "why"), misses)
    console.print(f"record {certificate.search_id}", style="dim", highlight=False)


def _tell_why(why: str, checked_by: str, checked_why: str) -> str:
    return f"{why}; {checked_by}: {checked_why}" if checked_by else why


def _print_table(title: str, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console().print(table)  # not the plain console: its cells are plain already, and have to fold


def _unreadable(option: str, names: tuple[str, ...]) -> Iterator[Problem]:
    """Yield what is wrong with names: of one without a letter every register would say that it does not have it."""
    for name in names:
        if not name_forms(name).key:
            yield Problem(
                where=option,
                expected="a company's name",
                got=repr(name[:80]),
                next_step="write it as the register would",
            )
        elif has_control(name):
            yield Problem(where=option, expected="plain text", got="a control character", next_step="remove it")
        elif len(name) > MAX_NAME_CHARS:
            yield Problem(
                where=option,
                expected=f"at most {MAX_NAME_CHARS} characters",
                got=f"{len(name):,}",
                next_step="shorten it",
            )


def _day(option: str, text: str, problems: list[Problem]) -> IsoDate | None:
    day = read_date(text)
    if day is None:
        problems.append(Problem(where=option, expected=ISO_DATES, got=repr(text), next_step=suggest_date(text)))
    return day


def _instant(text: str, problems: list[Problem]) -> Instant | None:
    day, instant = IsoDate(text[:10]), Instant(text)
    if not (re.fullmatch(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", text) and read_date(day)):
        read = _day("--known-at", text, problems)
        if read is None:
            return None
        day, instant = read, end_of_day(read)
    if is_to_come(day):
        problems.append(
            Problem(where="--known-at", expected="a day until today", got=text, next_step="leave it out to ask what is known now")
        )  # fmt: skip
    return instant


def _window(text: str, as_of: IsoDate, problems: list[Problem]) -> IsoDate | None:
    try:
        return window_start(text, as_of)
    except ValueError as error:
        problems.append(
            Problem(where="--window", expected=str(error).removeprefix("expected "), got=repr(text), next_step="write it as 5y")
        )  # fmt: skip
        return None


def _domains(texts: tuple[str, ...], problems: list[Problem]) -> tuple[str, ...]:
    """Return domains as they are compared, each with the one that was registered."""
    found: dict[str, None] = {}
    for text in texts:
        domain = normal_domain(text)
        if domain is None:
            problems.append(
                Problem(where="--domain", expected="a domain", got=repr(text), next_step="write it as vendor.example")
            )
        else:
            found |= {domain: None, registrable_domain(domain): None}
    return tuple(found)


def _identifiers(texts: tuple[str, ...], problems: list[Problem]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        try:
            found[normal_identifier(text)] = None
        except ValueError as error:
            expected = "an LEI, or a registration number with its issuer, such as GB:01234567"
            problems.append(
                Problem(where="--identifier", expected=expected, got=f"{text!r} ({error})", next_step="correct it")
            )
    return tuple(found)
