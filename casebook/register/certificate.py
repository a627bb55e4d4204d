"""The record of a search on one A4 page, or two where many registers were searched, for whoever has to show that it was made: HTML that needs nothing from outside.

The title says what came out: a certificate of negative search is only given where a register was searched and nothing
was found; a name alone, or a grant of the group, is "not decided", also where the company's own grants are of other days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from casebook.files.page_policy import own_policy
from casebook.files.styles import read_style
from casebook.register.near_miss_checks import read_checks
from casebook.register.proposals import FORMAT as PROPOSALS_FORMAT
from ledger.database import Ledger
from ledger.errors import OutsideFailureError
from ledger.records import NearMissCheck, RegisterSnapshot, Search
from ledger.typed_texts import Instant, SearchId

_TEMPLATES = Path(__file__).parent / "templates"
NONE_KNOWN = "none known"
# What fits on one page beside one register when a person has looked at all; the rest is counted, and stands in the stored record
MAX_HITS = 8
MAX_NEAR_MISSES = 6
MAX_REGISTERS = 6
MAX_TRIED_CHARS = 420
MAX_TEXT_CHARS = 160
Outcome = Literal["negative", "outside", "positive", "undecided"]
_TITLES: dict[Outcome, str] = {
    "negative": "Certificate of negative search",
    "outside": "Certificate of search: no grant held on the day",
    "positive": "Certificate of search: grant on record",
    "undecided": "Record of search: a person has to decide",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedRegister:
    """A register or a group file that was searched; the last line of many says how many are left out.

    keeper: who keeps it; empty for group files, and where the import named nobody (then is_unkept).
    """

    name: str
    file: str
    sha256: str
    recorded_at: str
    entries: int
    keeper: str = ""
    is_unkept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedTerms:
    """One kind of what was tried, such as names, with all of it as text; "none known" says that nothing could be tried."""

    kind: str
    terms: str

    @property
    def is_known(self) -> bool:
        return self.terms != NONE_KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedHit:
    """A grant that was found, as the page lists it."""

    company: str
    relation: str
    held: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNearMiss:
    """A grant that was nearly found, and why it was refused: by the program, and by a person who looked at it, if somebody did."""

    company: str
    domain: str
    why_refused: str
    checked_by: str = ""
    checked_on: str = ""
    checked_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What stands on the page."""

    outcome: Outcome
    title: str
    answer: str
    company: str
    brand_name: str
    period: str
    known_at: str  # an instant, and what it is where nobody gave one
    registers: Sequence[SearchedRegister]
    tried: Sequence[TriedTerms]
    hits: Sequence[ListedHit]
    more_hits: int
    near_misses: Sequence[ListedNearMiss]
    more_near_misses: int
    all_near_misses: int
    checked_near_misses: int  # by a person
    search_id: SearchId
    searched_at: Instant


def write_certificate(ledger: Ledger, search: Search, out: Path) -> Certificate:
    """Write the page of a stored search. Errors: OutsideFailureError when the file can't be written."""
    certificate = read_certificate(ledger, search)
    own = (_TEMPLATES / "certificate.css").read_text(encoding="utf-8")
    style = f"{read_style('tokens', 'components', 'paper')}\n{own}"
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("certificate.html").render(c=certificate, style=style, policy=own_policy(style))
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OutsideFailureError(f"{out}: could not be written ({error}); name another file") from error
    return certificate


def read_certificate(ledger: Ledger, search: Search) -> Certificate:
    """Return what the certificate of a stored search says."""
    brand_name = ledger.value("SELECT name FROM brands WHERE brand = ?", [search.brand]) or search.brand
    query, hits, near = search.asked, search.hits, search.near_misses
    snapshots = _read_snapshots(ledger, search)
    registers = [_register(entry, snapshots.get(entry["snapshot_id"])) for entry in search.registers]
    checks = read_checks(ledger, search.search_id)
    company = _short("; ".join([*query["names"], *query["domains"], *query.get("identifiers", [])]))
    outcome = _outcome(search, hits)
    return Certificate(
        outcome=outcome,
        title=_TITLES[outcome],
        answer=_answer(outcome, search, company, brand_name, hits),
        company=company,
        brand_name=brand_name,
        period=_period(search),
        known_at=search.known_at or f"{search.searched_at} (when it was asked)",
        registers=_cut_registers(registers),
        tried=list(_tried(search.tried)),
        hits=[_hit(hit) for hit in hits[:MAX_HITS]],
        more_hits=max(0, len(hits) - MAX_HITS),
        near_misses=[
            _near_miss(miss, checks.get(number)) for number, miss in enumerate(near[:MAX_NEAR_MISSES], start=1)
        ],
        more_near_misses=max(0, len(near) - MAX_NEAR_MISSES),
        all_near_misses=len(near),
        checked_near_misses=len(checks),
        search_id=search.search_id,
        searched_at=search.searched_at,
    )


_DECIDE = frozenset({"identifier", "domain"})


def _deciding(hits: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [hit for hit in hits if hit["by"] in _DECIDE]


def _outcome(search: Search, hits: Sequence[dict[str, Any]]) -> Outcome:
    deciding = _deciding(hits)
    if deciding and (search.period_from or any(_held(hit, search.as_of) for hit in deciding)):
        return "positive"
    if deciding and not any(_held(hit, search.as_of) for hit in hits):
        return "outside"
    return "undecided" if hits or not search.snapshot_id else "negative"


def _held(hit: dict[str, Any], day: str) -> bool:
    return bool(hit["valid_from"] <= day and (hit["valid_until"] is None or hit["valid_until"] > day))


def _answer(outcome: Outcome, search: Search, company: str, brand_name: str, hits: Sequence[dict[str, Any]]) -> str:
    grants = f"{search.grants_searched:,} grants of {brand_name} were searched for {company}"
    if outcome == "negative":
        return f"No authorisation on record: {grants}; none is for it or for a company of its group, as far as that is known."
    if outcome in ("positive", "outside"):
        held = "held in the period" if search.period_from else f"held on {search.as_of}"
        if outcome == "outside":
            held = f"is on record, but none held on {search.as_of}"
        own = len(_deciding(hits))
        count = "one grant" if own == 1 else f"{own} grants"
        return f"{grants}; {count} by its domain or identifier {held}."
    if not search.snapshot_id:
        then = f" by {search.known_at}" if search.known_at else ""
        return f"{brand_name} has no register in this workspace{then}, so nothing can be said about {company}."
    others = [hit for hit in hits if hit["by"] not in _DECIDE]
    count = "one was" if len(others) == 1 else f"{len(others)} were"
    past = (
        f"; its own grants, by domain or identifier, did not hold on {search.as_of}" if len(others) < len(hits) else ""
    )
    return f"{grants}; {count} found by a name alone or for its group{past}. That decides nothing: a person has to."


def _period(search: Search) -> str:
    if search.period_from:
        return f"{search.period_from} to {search.as_of}, both days included: grants that held at any moment of it"
    return f"as of {search.as_of}; grants of any date were looked for"


def _read_snapshots(ledger: Ledger, search: Search) -> dict[str, RegisterSnapshot]:
    ids = [entry["snapshot_id"] for entry in search.registers if "register" in entry]
    found = [ledger.find(RegisterSnapshot, snapshot_id=snapshot_id) for snapshot_id in ids]
    return {snapshot.snapshot_id: snapshot for snapshot in found if snapshot is not None}


def _register(entry: dict[str, Any], snapshot: RegisterSnapshot | None) -> SearchedRegister:
    is_register = "register" in entry
    left_out = entry.get("left_out", 0)
    entries = entry["grants"] if is_register else entry["companies"] + entry["relationships"]
    return SearchedRegister(
        name=entry["register"] if is_register else f"group file: {entry['group_file']}",
        file=_short(entry["file"])
        + (f", without {left_out:,} {'row' if left_out == 1 else 'rows'} that could not be read" if left_out else ""),
        sha256=entry["sha256"],
        recorded_at=entry["recorded_at"],
        entries=entries,
        keeper=_short(snapshot.keeper or "") if snapshot is not None else "",
        # grants of proposals are accepted one by one, each by whom its source names
        is_unkept=snapshot is not None and not snapshot.keeper and snapshot.format != PROPOSALS_FORMAT,
    )


def _cut_registers(registers: list[SearchedRegister]) -> list[SearchedRegister]:
    if len(registers) <= MAX_REGISTERS:
        return registers
    rest = registers[MAX_REGISTERS:]
    more = SearchedRegister(
        name=f"and {len(rest)} more",
        file="in the stored record",
        sha256="",
        recorded_at="",
        entries=sum(register.entries for register in rest),
    )
    return [*registers[:MAX_REGISTERS], more]


def _tried(tried: dict[str, Any]) -> Iterator[TriedTerms]:
    """Yield what was tried, a line each."""
    group = [f"{member['name']} ({member['how']})" for member in tried.get("group", [])]
    if not tried.get("is_group_complete", True):
        group.append("and more: the group is larger than what was tried")
    legal = tried.get("legal_forms", {})
    taken = ", ".join(f"“{form}”" for form in legal.get("taken_off", [])) or "none was in the names"
    rows = {
        "Names": tried.get("names", []),
        "Compared as": tried.get("compared_as", []),
        "In Latin letters": tried.get("transliterations", []) or ["they are Latin already"],
        "Other names": [f"{alias['name']} ({alias['how']})" for alias in tried.get("aliases", [])],
        "Legal forms": [f"{legal.get('ignored', 0)} forms make no difference; taken off: {taken}"],
        "Domains": tried.get("domains", []),
        "Identifiers": tried.get("identifiers", []),
        "Group": group,
    }
    for kind, values in rows.items():
        yield TriedTerms(kind=kind, terms=_short("; ".join(values) or NONE_KNOWN, MAX_TRIED_CHARS))


def _hit(hit: dict[str, Any]) -> ListedHit:
    tier = f"{hit['tier']} " if hit["tier"] else ""
    return ListedHit(
        company=_short(hit["company"]),
        relation=_short(f"{tier}{hit['relation']}"),
        held=f"{hit['valid_from']} to {hit['valid_until'] or 'no end on record'}",
        via=_short(hit["via"]),
    )


def _near_miss(miss: dict[str, Any], check: NearMissCheck | None) -> ListedNearMiss:
    return ListedNearMiss(
        company=_short(miss["company"] or ""),
        domain=_short(miss["domain"] or ""),
        why_refused=_short(miss["why_refused"] or ""),
        checked_by=_short(check.decided_by) if check is not None else "",
        checked_on=check.decided_at[:10] if check is not None else "",
        checked_why=_short(check.why) if check is not None else "",
    )


def _short(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
