"""Corporate groups: GLEIF's files and plain CSV, and what a search makes of them.

Tests: casebook/register/groups.py, casebook/register/gleif.py, casebook/register/group_entries.py,
casebook/register/group_files.py, casebook/register/group_imports.py.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from casebook.register import groups as groups_module
from casebook.register.group_imports import import_groups
from casebook.register.recorded_search import ask_again, ask_register
from casebook.register.search import Register, SearchQuery
from casebook.register.snapshots import undo_snapshot
from ledger.errors import BadInputError
from tests.casebook.ledgers import rows_of
from tests.casebook.register.conftest import lei

DAY = "2021-05-01"
NOBODY = SearchQuery(names=(), domains=(), group=())
REGISTER = "company,domain,identifiers,valid_from\nHarbour Holdings plc,holdings.example,,2015-01-01\nQuay Ltd,quay.example,{},2015-01-01\n"
PLAIN = """child,parent,from,until
Bright Harbour Ltd,Harbour Holdings plc,2019-01-01,2021-01-01
Bright Harbour Ltd,Other Holdings plc,2021-01-01,
Small Quay Ltd,Bright Harbour Ltd,,
"""
LEI_XML = """<?xml version="1.0" encoding="UTF-8"?>
<lei:LEIData xmlns:lei="http://www.gleif.org/data/schema/leidata/2016"><lei:LEIHeader/><lei:LEIRecords>
{}</lei:LEIRecords></lei:LEIData>"""
LEI_RECORD = """<lei:LEIRecord><lei:LEI>{}</lei:LEI><lei:Entity><lei:LegalName xml:lang="en">{}</lei:LegalName>
<lei:OtherEntityNames><lei:OtherEntityName type="TRADING_OR_OPERATING_NAME">{}</lei:OtherEntityName></lei:OtherEntityNames>
<lei:LegalAddress><lei:Country>GB</lei:Country></lei:LegalAddress></lei:Entity></lei:LEIRecord>"""
RR_XML = """<?xml version="1.0" encoding="UTF-8"?>
<rr:RelationshipData xmlns:rr="http://www.gleif.org/data/schema/rr/2016"><rr:Header/><rr:RelationshipRecords>
{}</rr:RelationshipRecords></rr:RelationshipData>"""
RR_RECORD = """<rr:RelationshipRecord><rr:Relationship><rr:StartNode><rr:NodeID>{}</rr:NodeID></rr:StartNode>
<rr:EndNode><rr:NodeID>{}</rr:NodeID></rr:EndNode><rr:RelationshipType>{}</rr:RelationshipType><rr:RelationshipPeriods>
<rr:RelationshipPeriod><rr:StartDate>2010-01-01T00:00:00Z</rr:StartDate><rr:PeriodType>ACCOUNTING_PERIOD</rr:PeriodType></rr:RelationshipPeriod>
<rr:RelationshipPeriod><rr:StartDate>2019-01-01T00:00:00.000Z </rr:StartDate><rr:PeriodType>RELATIONSHIP_PERIOD</rr:PeriodType></rr:RelationshipPeriod>
</rr:RelationshipPeriods><rr:RelationshipStatus>{}</rr:RelationshipStatus></rr:Relationship>
<rr:Registration><rr:LastUpdateDate>2020-06-01T00:00:00Z</rr:LastUpdateDate></rr:Registration></rr:RelationshipRecord>"""
DIRECT = "IS_DIRECTLY_CONSOLIDATED_BY"


def hits(ledger, as_of=DAY, window_from=None, **asked):
    result = Register(ledger, "acme").search(replace(NOBODY, **asked), as_of, window_from=window_from)
    return [(hit.grant.company, hit.basis, hit.via) for hit in result.hits]


def test_a_parent_is_tried_in_the_period_in_which_it_was_one(ledger, register, groups):
    register(REGISTER.format(""))
    groups(PLAIN)
    via = "harbour holdings: parent of bright harbour from 2019-01-01 until 2021-01-01, by groups.csv"
    (hit,) = hits(ledger, "2020-06-01", names=("Bright Harbour",))
    assert hit[:2] == ("Harbour Holdings plc", "group")
    assert hit[2].lower() == via.replace("harbour holdings:", "harbour holdings plc:")
    assert hits(ledger, "2021-06-01", names=("Bright Harbour",)) == []
    assert len(hits(ledger, "2021-06-01", "2020-12-31", names=("Bright Harbour",))) == 1
    assert hits(ledger, "2021-06-01", "2021-01-01", names=("Bright Harbour",)) == []


def test_all_of_a_group_is_tried_upwards_and_downwards(ledger, register, groups):
    register("company,valid_from\nSmall Quay Ltd,2015-01-01\n")
    groups(PLAIN)
    (hit,) = hits(ledger, names=("Other Holdings",))
    assert (hit[0], hit[1]) == ("Small Quay Ltd", "group")
    assert "subsidiary of bright harbour" in hit[2]


def test_a_parent_that_the_seed_list_names_is_looked_up_in_the_group_file(ledger, register, groups):
    register("company,valid_from\nSmall Quay Ltd,2015-01-01\n")
    groups(PLAIN)
    assert [hit[0] for hit in hits(ledger, names=("New Sister Ltd",), group=("Bright Harbour Ltd",))] == [
        "Small Quay Ltd"
    ]


@pytest.mark.parametrize("form", ["xml", "zip", "csv"])
def test_gleif_files_are_read_in_every_form(ledger, register, groups, tmp_path, form):
    register(REGISTER.format(lei(2)))
    companies = [(lei(1), "Bright Harbour Ltd", "明港"), (lei(2), "Quay Ltd", ""), ("wrong", "Z", "")]
    relations = [
        (lei(1), lei(2), DIRECT, "ACTIVE"),
        (lei(1), lei(3), "IS_FUND-MANAGED_BY", "ACTIVE"),
        (lei(1), "x", DIRECT, "ACTIVE"),
    ]
    if form == "csv":
        level1 = "\n".join(
            [
                "LEI,Entity.LegalName,Entity.OtherEntityNames.OtherEntityName.1,Entity.LegalAddress.Country,Other",
                *(f"{a},{b},{c},GB,x" for a, b, c in companies),
            ]
        )
        head = "Relationship.StartNode.NodeID,Relationship.EndNode.NodeID,Relationship.RelationshipType,Relationship.RelationshipStatus,Relationship.Period.1.startDate,Relationship.Period.1.periodType,Registration.LastUpdateDate"
        level2 = "\n".join(
            [head, *(f"{a},{b},{c},{d},2019-01-01T00:00:00Z,RELATIONSHIP_PERIOD," for a, b, c, d in relations)]
        )
        done = [groups(level1, "lei.csv"), groups(level2, "rr.csv")]
    else:
        level1 = LEI_XML.format("".join(LEI_RECORD.format(*company) for company in companies))
        level2 = RR_XML.format("".join(RR_RECORD.format(*relation) for relation in relations))
        if form == "zip":
            for name, text in (("lei", level1), ("rr", level2)):
                with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr(f"{name}.xml", text)
            done = [import_groups(ledger, tmp_path / f"{name}.zip") for name in ("lei", "rr")]
        else:
            done = [groups(level1, "lei.xml"), groups(level2, "rr.xml")]
    assert [one.snapshot.source for one in done] == ["companies", "relationships"]
    assert (done[0].snapshot.companies, done[1].snapshot.relationships) == (3, 1)
    assert dict(done[0].left_out) == {"not an LEI": 1}
    assert dict(done[1].left_out) == {"of another kind: IS_FUND-MANAGED_BY": 1, "an end that is not an LEI": 1}
    (hit,) = hits(ledger, names=("Somebody",), identifiers=(lei(1),))
    assert hit[:2] == ("Quay Ltd", "group")
    assert f"parent of {lei(1)} from 2019-01-01" in hit[2]
    assert [h[0] for h in hits(ledger, names=("明港",))] == ["Quay Ltd"]
    assert hits(ledger, "2018-12-31", identifiers=(lei(1),)) == []


def test_a_relationship_that_is_over_ends_with_its_last_update(ledger, groups):
    groups(RR_XML.format(RR_RECORD.format(lei(1), lei(2), DIRECT, "INACTIVE")), "rr.xml")
    assert tuple(rows_of(ledger, "SELECT valid_from, valid_until FROM relationships")[0]) == (
        "2019-01-01",
        "2020-06-01",
    )


def test_the_name_that_an_lei_belongs_to_is_tried_too(ledger, register, groups):
    register("company,valid_from\nBright Harbour Ltd,2015-01-01\n")
    groups(LEI_XML.format(LEI_RECORD.format(lei(1), "Bright Harbour Limited", "")), "lei.xml")
    result = Register(ledger, "acme").search(replace(NOBODY, names=("BrightH",), identifiers=(lei(1),)), DAY)
    assert [(hit.basis, hit.via) for hit in result.hits] == [("name", "name Bright Harbour Limited")]
    assert result.record.tried["aliases"] == [
        {"name": "Bright Harbour Limited", "how": f"the name of {lei(1)} in lei.xml"}
    ]


def test_an_lei_that_only_the_name_leads_to_proposes(ledger, register, groups):
    register(f"company,identifiers,valid_from\nFormer Name Ltd,{lei(1)},2015-01-01\n")
    groups(LEI_XML.format(LEI_RECORD.format(lei(1), "Bright Harbour Limited", "")), "lei.xml")
    ((company, basis, via),) = hits(ledger, names=("Bright Harbour",))
    assert (company, basis) == ("Former Name Ltd", "name")
    assert lei(1) in via


def test_a_company_that_is_only_alike_leads_to_a_near_miss(ledger, register, groups):
    register(REGISTER.format(""))
    groups(PLAIN)
    row = ask_register(ledger, "acme", replace(NOBODY, names=("Smal Quai",)), "2020-06-01")
    assert row.hits == ()
    assert "Small Quay Ltd in groups.csv is alike" in row.near_misses[0]["why_refused"]
    assert "a grant of its group" in row.near_misses[0]["why_refused"]
    groups("child,parent\nA,B\n")
    assert ask_again(ledger, row.search_id).differing == ()


def test_a_group_that_is_too_large_is_said_to_be(ledger, register, groups, monkeypatch):
    register(REGISTER.format(""))
    groups("child,parent\n" + "".join(f"Child {at},Harbour Holdings plc\n" for at in range(30)))
    monkeypatch.setattr(groups_module, "MAX_MEMBERS", 10)
    tried = Register(ledger, "acme").search(replace(NOBODY, names=("Child 3",)), DAY).record.tried
    assert (tried["is_group_complete"], len(tried["group"])) == (False, 10)


def test_a_ring_of_owners_ends(ledger, register, groups):
    register(REGISTER.format(""))
    groups("child,parent\nA,B\nB,C\nC,A\nC,Harbour Holdings plc\n")
    assert [hit[0] for hit in hits(ledger, names=("A",))] == ["Harbour Holdings plc"]


def test_an_undone_group_file_holds_no_more(ledger, register, groups):
    register(REGISTER.format(""))
    done = groups(PLAIN)
    assert groups(PLAIN).is_new is False
    undo_snapshot(ledger, done.snapshot.snapshot_id, why="drawn wrongly")
    assert hits(ledger, "2020-06-01", names=("Bright Harbour",)) == []


def test_every_mistake_of_a_plain_file_is_named(ledger, groups):
    with pytest.raises(BadInputError) as caught:
        groups(f"child,parent,from,until,lei\n,B,soon,,\nA,B,2020-01-01,2020-01-01,{lei(1)[:-1]}x\n")
    places = [problem.where.rpartition("/")[2] for problem in caught.value.problems]
    assert places == ["groups.csv line 2, child", "groups.csv line 2, from", "groups.csv line 3, lei", "groups.csv line 3, until"]  # fmt: skip
    assert ledger.value("SELECT count(*) FROM group_snapshots") == ledger.value("SELECT count(*) FROM companies") == 0


BOMB = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE l [<!ENTITY c SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            LEI_XML.format(LEI_RECORD.format(lei(1), "&c;", "")).replace("?>", "?>" + BOMB),
            "XML without a document type",
        ),
        (
            LEI_XML.format(LEI_RECORD.format(lei(1), "&c;", "")).replace("?>", "?>" + OUTSIDE),
            "XML without a document type",
        ),
        (LEI_XML.format(LEI_RECORD.format(lei(1), "A", ""))[:-30], "after record 1: expected well-formed XML"),
        ("<html><body/></html>", "expected LEIData or RelationshipData as the root"),
        (LEI_XML.format(""), "expected at least one company or relationship"),
        ("", "expected a header with the columns child and parent"),
        ("LEI,Entity.LegalName\nwrong,A\n", "got 1 not an LEI"),
    ],
)
def test_hostile_and_broken_files_are_refused_whole(ledger, groups, content, says):
    with pytest.raises(BadInputError) as caught:
        groups(content, "lei.xml" if content.startswith("<") else "lei.csv")
    assert says in str(caught.value)
    assert ledger.value("SELECT count(*) FROM group_snapshots") == 0
    assert ledger.value("SELECT count(*) FROM companies") == 0


def test_a_file_in_utf_16_is_read(ledger, tmp_path):
    text = LEI_XML.format(LEI_RECORD.format(lei(1), "明港", "")).replace("UTF-8", "UTF-16")
    (tmp_path / "lei.xml").write_bytes(text.encode("utf-16"))
    assert import_groups(ledger, tmp_path / "lei.xml").snapshot.companies == 1


def test_an_archive_that_grows_too_much_or_holds_two_files_is_refused(ledger, tmp_path):
    path: Path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b" " * 3_000_000)
    with pytest.raises(BadInputError, match="grows at most 200-fold"):
        import_groups(ledger, path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", LEI_XML.format(""))
        archive.writestr("b.csv", "child,parent\n")
    with pytest.raises(BadInputError, match=r"one \.xml or \.csv in the archive, got 2"):
        import_groups(ledger, path)
