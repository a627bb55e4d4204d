"""GLEIF's Common Data File formats: LEI-CDF (level 1: who is who) and RR-CDF (level 2: who owns whom), XML and CSV.

Of level 1: the LEI, the legal name, other names in whatever script, the country of the legal address. Of level 2: both
ends, the kind, the period. Funds belong to no group by who manages them, so those kinds are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from lxml import etree

from casebook.register.group_entries import CompanyEntry, RelationshipEntry
from ledger.dates import read_date
from ledger.errors import BadInputError, Problem
from ledger.identifiers import is_lei

RECORDS = {"lei-cdf": "{*}LEIRecord", "rr-cdf": "{*}RelationshipRecord"}
GROUP_KINDS = frozenset({"IS_DIRECTLY_CONSOLIDATED_BY", "IS_ULTIMATELY_CONSOLIDATED_BY", "IS_INTERNATIONAL_BRANCH_OF"})
MAX_NAMES = 5  # other names of each kind in the CSV form
MAX_PERIODS = 5
_PERIOD = "RELATIONSHIP_PERIOD"  # the others say which accounts or filings prove it


@dataclass(frozen=True, slots=True)
class LeiRecord:
    lei: str
    names: tuple[str, ...]
    country: str


@dataclass(frozen=True, slots=True)
class RelationshipRecord:
    child: str
    parent: str
    kind: str
    status: str
    updated: str
    periods: tuple[tuple[str, str, str], ...]  # kind, start, end


class _LeiRow:
    """Reads a row of the CSV form of level 1."""

    others = tuple(
        f"Entity.{kind}s.{kind}.{number}"
        for kind in ("OtherEntityName", "TransliteratedOtherEntityName")
        for number in range(1, MAX_NAMES + 1)
    )
    columns = frozenset({"LEI", "Entity.LegalName", "Entity.LegalAddress.Country", *others})

    def __call__(self, cells: Mapping[str, str]) -> LeiRecord:
        others = (cells.get(name, "") for name in self.others)
        names = dict.fromkeys(filter(None, (cells["Entity.LegalName"], *others)))
        return LeiRecord(cells["LEI"], tuple(names), cells.get("Entity.LegalAddress.Country", ""))


class _RelationshipRow:
    """Reads a row of the CSV form of level 2."""

    periods = tuple(
        tuple(f"Relationship.Period.{number}.{part}" for part in ("periodType", "startDate", "endDate"))
        for number in range(1, MAX_PERIODS + 1)
    )
    names = (
        "Relationship.StartNode.NodeID", "Relationship.EndNode.NodeID", "Relationship.RelationshipType",
        "Relationship.RelationshipStatus", "Registration.LastUpdateDate",
    )  # fmt: skip
    columns = frozenset({*names, *(name for period in periods for name in period)})

    def __call__(self, cells: Mapping[str, str]) -> RelationshipRecord:
        child, parent, kind, status, updated = (cells.get(name, "") for name in self.names)
        periods = [tuple(cells.get(name, "") for name in period) for period in self.periods]
        dated = tuple((kind, start, end) for kind, start, end in periods if start or end)
        return RelationshipRecord(child, parent, kind, status, updated, dated)


lei_row = _LeiRow()
rr_row = _RelationshipRow()


def each_lei_entry(records: Iterable[object], left_out: Counter[str]) -> Iterator[CompanyEntry]:
    """Yield each company once for each of its names."""
    for record in records:
        if not isinstance(record, LeiRecord):
            continue
        if not is_lei(record.lei):
            left_out["not an LEI"] += 1
        elif not record.names:
            left_out["no name"] += 1
        else:
            for name in record.names:
                yield CompanyEntry(name, record.lei, record.country or None)


def each_rr_entry(records: Iterable[object], left_out: Counter[str]) -> Iterator[RelationshipEntry]:
    """Yield the relationships that make a group."""
    for record in records:
        if not isinstance(record, RelationshipRecord):
            continue
        if record.kind not in GROUP_KINDS:
            left_out[f"of another kind: {record.kind[:60] or 'none'}"] += 1
        elif not (is_lei(record.child) and is_lei(record.parent)):
            left_out["an end that is not an LEI"] += 1
        else:
            start, end = _period(record)
            if start and end and end <= start:
                # some are so in the files; the group is tried whenever it was, which can only find more
                start = end = None
            yield RelationshipEntry(record.child, record.parent, record.kind, start, end)


def _period(record: RelationshipRecord) -> tuple[str | None, str | None]:
    """Return when a relationship held. One that is over without saying since when ends with its last update."""
    own = [(start, end) for kind, start, end in record.periods if kind in (_PERIOD, "")]
    start = read_date(own[0][0].strip()[:10]) if own else None
    end = read_date(own[-1][1].strip()[:10]) if own else None
    if end is None and record.status == "INACTIVE":
        end = read_date(record.updated.strip()[:10])
    return start, end


def each_xml_record(file: IO[bytes], where: str, kind: str) -> Iterator[LeiRecord | RelationshipRecord]:
    """Yield the records of a file, in constant memory. Errors: BadInputError when the XML is broken or has a document type."""
    read = _lei_record if kind == "lei-cdf" else _relationship_record
    count = 0
    try:
        context = etree.iterparse(
            file, events=("start", "end"), tag=("{*}LEIData", "{*}RelationshipData", RECORDS[kind]),
            resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True,
        )  # fmt: skip
        for event, element in context:
            if event == "start":
                if element.getparent() is None and element.getroottree().docinfo.doctype:
                    raise _bad(
                        where, "XML without a document type", "one that has it", "take the file from its publisher"
                    )
                continue
            if element.getparent() is None:
                continue
            count += 1
            yield read(element)
            element.clear()
            while element.getprevious() is not None:  # the empty shells of a million records are memory too
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise _bad(
            f"{where} after record {count}", "well-formed XML", str(error), "load the file down again"
        ) from error


def _lei_record(element: etree._Element) -> LeiRecord:
    names = [_text(element, "{*}Entity/{*}LegalName")]
    for kind in ("OtherEntityName", "TransliteratedOtherEntityName"):
        names += [(name.text or "").strip() for name in element.iterfind(f"{{*}}Entity/{{*}}{kind}s/{{*}}{kind}")]
    distinct = tuple(dict.fromkeys(filter(None, names)))
    return LeiRecord(_text(element, "{*}LEI"), distinct, _text(element, "{*}Entity/{*}LegalAddress/{*}Country"))


def _relationship_record(element: etree._Element) -> RelationshipRecord:
    at = "{*}Relationship/{*}"
    periods = element.iterfind(f"{at}RelationshipPeriods/{{*}}RelationshipPeriod")
    return RelationshipRecord(
        _text(element, f"{at}StartNode/{{*}}NodeID"),
        _text(element, f"{at}EndNode/{{*}}NodeID"),
        _text(element, f"{at}RelationshipType"),
        _text(element, f"{at}RelationshipStatus"),
        _text(element, "{*}Registration/{*}LastUpdateDate"),
        tuple((_text(p, "{*}PeriodType"), _text(p, "{*}StartDate"), _text(p, "{*}EndDate")) for p in periods),
    )


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _bad(where: str, expected: str, got: str, next_step: str) -> BadInputError:
    return BadInputError(Problem(where=where, expected=expected, got=got[:200], next_step=next_step))
