"""Registers in every format: what is read, what is refused, and where a mistake stands.

Tests: casebook/register/importers/__init__.py, casebook/register/importers/table_file.py,
casebook/register/importers/directory.py, casebook/register/importers/json_file.py, ledger/tables/list_mapping.py.
"""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from casebook.register.grants import NO_MAPPING
from casebook.register.imports import read_grants, read_register_mapping
from ledger.errors import BadInputError
from ledger.tables import workbook_rows
from tests.casebook.register.conftest import lei


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(file: str, mapping: str | None = None):
    made = NO_MAPPING
    if mapping is not None:
        Path("mapping.toml").write_text(mapping, encoding="utf-8")
        made = read_register_mapping(Path("mapping.toml"))
    return read_grants(Path(file), brand="acme", snapshot_id="S", mapping=made)


def refused(file: str, mapping: str | None = None) -> str:
    with pytest.raises(BadInputError) as caught:
        read(file, mapping)
    return str(caught.value)


def write_workbook(rows: list[list[object]], file: str = "r.xlsx", *, sheets: int = 1) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for _ in range(sheets - 1):
        book.create_sheet()
    book.save(file)


MAPPING = """
[columns]
company = "Account Name"
aliases = ["Short", "Local name"]
domains = "Website"
identifiers = "Company no"
tier = "Level"
relation = "Type"
valid_from = "Start"
[constants]
programme = "Acme Network"
[values.tier]
G = "Gold"
[values.relation]
"Value-added reseller" = "reseller"
[prefix]
identifiers = "GB:"
[dates]
format = "%d/%m/%Y"
"""


def test_a_mapping_makes_their_columns_words_and_dates_ours():
    Path("r.csv").write_text(
        "Account Name,Short,Local name,Website,Company no,Level,Type,Start,Remarks\n"
        "Bright Harbour Ltd,BH,明港,https://www.brightharbour.example/,0123,g,value-added Reseller,31/12/2020,x\n"
    )
    (grant,) = read("r.csv", MAPPING)
    assert (grant.aliases, grant.domains, grant.identifiers) == (
        ("BH", "明港"),
        ("brightharbour.example",),
        ("GB:0123",),
    )
    assert (grant.tier, grant.relation, grant.valid_from, grant.programme) == (
        "Gold",
        "reseller",
        "2020-12-31",
        "Acme Network",
    )


def test_a_mistake_stands_where_their_file_has_it():
    Path("r.csv").write_text(
        "Account Name,Short,Local name,Website,Company no,Level,Type,Start\n,,,x y,,G,friend,2020/1/1\n"
    )
    said = refused("r.csv", MAPPING)
    for place in ("line 2, Account Name", "line 2, Website", "line 2, Type", "line 2, Start"):
        assert place in said
    Path("r.csv").write_text("Account Name,Start\nA,31/12/2020\n")
    assert "expected a header with the columns Short or Local name and Website and" in refused("r.csv", MAPPING)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("[columns\n", "a mapping in TOML"),
        ("[colums]\n", "[colums]: expected one of the sections"),
        ("columns = 3\n", "columns: expected a section"),
        ('[columns]\nshoe = "x"\ncompany = 3\n', "columns.shoe: expected one of our columns"),
        ("[columns]\ncompany = 3\n", "columns.company: expected a text or a list of texts"),
        ('[values]\ntier = "x"\n', "values.tier: expected a section of texts"),
        ("[constants]\ntier = 3\n", "constants.tier: expected a text"),
        ("[dates]\nformat = 3\n", "dates.format"),
        ('[file]\ndelimiter = ";;"\n', "file.delimiter: expected one character"),
        ('[file]\nencoding = "klingon"\n', "file.encoding: expected an encoding"),
        ('[file]\nencoding = "zip"\n', "file.encoding: expected an encoding"),
        ('[file]\nshoe = "x"\n', "file.shoe: expected one of delimiter"),
    ],
)
def test_each_mistake_of_a_mapping_is_named(mapping, says):
    Path("r.csv").write_text("company,valid_from\nA,2020-01-01\n")
    assert says in refused("r.csv", mapping)


def test_a_file_of_another_kind_is_told_which_there_are():
    Path("r.docx").write_text("")
    assert "expected a file that ends in .csv, .tsv, .txt, .xlsx, .json, .html, .htm" in refused("r.docx")


# XLSX


def test_a_workbook_is_read_with_its_dates_and_numbers():
    write_workbook([["Company", "domains", "valid_from", "tier"], ["A Ltd", "a.example; b.example", dt.datetime.fromisoformat("2020-03-01"), 3], [], ["B", None, dt.date(2021, 1, 1), 2.0]])  # fmt: skip
    first, second = read("r.xlsx")
    assert (first.company, first.domains, first.valid_from, first.tier, first.line) == ("A Ltd", ("a.example", "b.example"), "2020-03-01", "3", 2)  # fmt: skip
    assert (second.domains, second.tier, second.line) == ((), "2", 4)


def test_every_mistake_of_a_workbook_is_named_with_its_cell():
    write_workbook([["company", "domain", "valid_from"], ["A", "no domain", "soon"], [None, "b.example", "2020-01-01"], ["C\x01".replace("\x01", "_x0001_"), "", "2020-01-01"]])  # fmt: skip
    said = refused("r.xlsx")
    for place in ("sheet Sheet cell B2, domain", "cell C2, valid_from", "cell A3, company"):
        assert place in said


def test_a_formula_without_stored_result_is_a_mistake_not_an_empty_cell():
    write_workbook([["company", "valid_from", "valid_until"], ["A", "2020-01-01", "=DATE(2021,1,1)"]])
    assert "cell C2, valid_until: expected a value, got a formula whose result is not stored" in refused("r.xlsx")


def test_a_mapping_chooses_the_sheet_and_the_row_of_the_header():
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    sheet = book.create_sheet("Partners")
    for row in (["List of 2026"], [], ["company", "valid_from"], ["A", "2020-01-01"]):
        sheet.append(row)
    book.save("r.xlsx")
    assert "expected one sheet, or a mapping that says which, got Sheet, Partners" in refused("r.xlsx")
    assert read("r.xlsx", '[file]\nsheet = "Partners"\nheader_row = 3\n')[0].line == 4
    assert "expected the sheet Resellers" in refused("r.xlsx", '[file]\nsheet = "Resellers"\n')
    assert "expected a header with the columns company and valid_from, got notes" in refused(
        "r.xlsx", '[file]\nsheet = "Sheet"\n'
    )


def test_a_workbook_that_would_unpack_to_gigabytes_is_refused(monkeypatch):
    write_workbook([["company", "valid_from"], ["A", "2020-01-01"]])
    with zipfile.ZipFile("r.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b"0" * 5_000_000)
    assert "expected a workbook of ordinary size" in refused("r.xlsx")
    write_workbook([["company", "valid_from"], ["A", "2020-01-01"]])
    monkeypatch.setattr(workbook_rows, "MAX_UNPACKED_BYTES", 100)
    assert "expected a workbook of ordinary size" in refused("r.xlsx")


def test_entities_in_a_workbook_are_refused():
    write_workbook([["company", "valid_from"], ["A", "2020-01-01"]])
    with zipfile.ZipFile("r.xlsx") as old, zipfile.ZipFile("bomb.xlsx", "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "ha">]>' + content
            new.writestr(part, content)
    assert "expected a workbook without document types" in refused("bomb.xlsx")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"company,valid_from\nA,2020-01-01\n"])
def test_what_is_no_workbook_is_told(content):
    Path("r.xlsx").write_bytes(content)
    assert "expected an XLSX workbook" in refused("r.xlsx")


# JSON


def test_json_is_read_with_paths_into_it():
    entries = [
        {
            "account": {"name": "A Ltd", "sites": [{"url": "a.example"}, {"url": "b.example"}]},
            "lei": lei(1),
            "since": "2020-01-01",
            "gone": None,
        }
    ]
    Path("r.json").write_text(json.dumps({"data": {"items": entries}}))
    mapping = '[columns]\ncompany = "account.name"\ndomains = "account.sites.url"\nidentifiers = "lei"\nvalid_from = "since"\n[file]\nrows = "data.items"\n'
    (grant,) = read("r.json", mapping)
    assert (grant.company, grant.domains, grant.identifiers, grant.line) == (
        "A Ltd",
        ("a.example", "b.example"),
        (lei(1),),
        1,
    )


def test_every_mistake_of_a_json_file_is_named_with_its_path():
    entries = [
        {"company": "", "valid_from": "soon"},
        7,
        {"company": "B", "valid_from": "2020-01-01", "shoe": 1},
        {"company": "C\x00", "valid_from": "2020-01-01"},
    ]
    Path("r.json").write_text(json.dumps(entries))
    said = refused("r.json")
    for place in (
        "r.json [0].company",
        "[0].valid_from",
        "[1]: expected an object, got 7",
        "[2].shoe",
        "[3].company: expected plain text",
    ):
        assert place in said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "line 1, column 2: expected JSON"),
        (b"{}", "expected a list of objects, got dict"),
        (b"[]", "expected at least one grant"),
        (b'[{"company": "A", "company": "B"}]', "the key 'company' twice"),
        (b"[" * 200_000, "lists in lists without end"),
        (b"\xff\xfe\x00", "expected"),
        (b'[{"company": "\\ud800", "valid_from": "2020-01-01", "tier": {"a": 1}}]', "tier.a"),
    ],
)
def test_what_is_no_json_list_is_told(content, says):
    Path("r.json").write_bytes(content)
    assert says in refused("r.json")


def test_a_cell_of_a_megabyte_is_a_mistake():
    Path("r.json").write_text(json.dumps([{"company": "x" * 1_000_000, "valid_from": "2020-01-01"}]))
    assert "[0].company: expected at most 20000 characters" in refused("r.json")


# saved partner directories

SINCE = '[constants]\nvalid_from = "2026-11-01"\n'


def test_selectors_say_what_is_what():
    Path("d.html").write_text(
        '<ul><li class="p"><h3>A Ltd</h3><i>G</i><a class="w" href="https://www.a.example/">site</a></li>'
        '<li class="p" data-lei="x"><h3>B <b>GmbH</b></h3><a class="w" href="/partners/b">more</a></li></ul>'
    )
    mapping = (
        SINCE
        + '[columns]\ncompany = "h3"\ndomains = "a.w@href"\ntier = "i"\n[values.tier]\nG = "Gold"\n[file]\nentry = "li.p"\n'
    )
    first, second = read("d.html", mapping)
    assert (first.company, first.domains, first.tier) == ("A Ltd", ("a.example",), "Gold")
    assert (second.company, second.domains, second.tier, second.valid_from) == ("B GmbH", (), None, "2026-11-01")
    assert "selector 'li[': expected a CSS selector" in refused("d.html", mapping.replace('"li.p"', '"li["'))
    assert "expected a mapping with [file] entry" in refused("d.html", SINCE + '[columns]\ncompany = "h3"\n')
    assert "columns: expected valid_from, here or in [constants]" in refused("d.html", mapping.removeprefix(SINCE))


def test_a_table_with_a_company_column_is_plain_to_see():
    Path("d.html").write_text(
        "<table><tr><th>Partner</th><th>Website</th><th>Level</th><th>x</th></tr>"
        "<tr><td>A Ltd</td><td><a href='https://a.example'>visit</a></td><td>Gold</td><td></td></tr>"
        "<tr><td>B Ltd</td><td>www.b.example</td><td></td></tr></table><table><tr><th>Office</th></tr></table>"
    )
    first, second = read("d.html", SINCE)
    assert (first.company, first.domains, first.tier) == ("A Ltd", ("a.example",), "Gold")
    assert (second.company, second.domains) == ("B Ltd", ("b.example",))


CARD = '<div class="card"><h4>{0} Ltd</h4><p>text</p><a href="https://{0}.example/">web</a><a href="https://brand.example/p/{0}">more</a></div>'
HEAD = '<head><link rel="canonical" href="https://brand.example/partners"></head>'


def test_one_list_of_cards_is_plain_to_see_and_two_are_not():
    cards = "".join(CARD.format(name) for name in ("a1", "b1", "c1"))
    Path("d.html").write_text(f"{HEAD}<main>{cards}</main><footer><a href='https://social.example/x'>x</a></footer>")
    assert [(g.company, g.domains) for g in read("d.html", SINCE)] == [
        (f"{n} Ltd", (f"{n}.example",)) for n in ("a1", "b1", "c1")
    ]
    others = "".join(CARD.format(name) for name in ("d1", "e1", "f1"))
    Path("d.html").write_text(f"{HEAD}<main>{cards}</main><section>{others}</section>")
    assert "got 2 lists that may be it" in refused("d.html", SINCE)


@pytest.mark.parametrize(
    "html",
    ["", "<p>nothing</p>", "<ul><li>a</li><li>b</li><li>c</li></ul>", "<table><tr><th>company</th></tr></table>"],
)
def test_a_page_without_a_list_is_refused(html):
    Path("d.html").write_text(html)
    assert "expected a list of companies that is plain to see" in refused("d.html", SINCE)


def test_what_a_page_says_is_only_text():
    Path("d.html").write_text(
        "<table><tr><th>company</th></tr><tr><td>&lt;script&gt;alert(1)&lt;/script&gt; &#x202e;Ltd</td></tr></table>"
    )
    (grant,) = read("d.html", SINCE)
    assert grant.company == "<script>alert(1)</script> \u202eLtd"


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("[colums]", "[colums]: expected one of the sections columns, constants, values, prefix, dates, file, got colums (did you mean columns?)"),
        ('[columns]\ncompany = "A"\nvalid_form = "B"', "got valid_form (did you mean valid_from?)"),
        ('[columns]\ncompany = "A"', "columns: expected valid_from, here or in [constants], got company"),
        ('[dates]\nformat = "DD.MM.YYYY"', "dates.format: expected a day, a month and a year for strptime"),
        ('[dates]\nformat = "%d.%m."', "dates.format: expected a day, a month and a year for strptime"),
        ('[file]\nsheat = "A"', "sheat = 'A' (did you mean sheet?)"),
        ("[file]\nheader_row = 0", "file.header_row: expected a row from 1 to 1,048,576, got 0"),
        ("[file]\nheader_row = true", "file.header_row: expected a whole number, got True"),
        ('[file]\ndelimiter = "\\n"', "file.delimiter: expected one character that is no quote or line break"),
    ],
)  # fmt: skip
def test_a_mapping_that_could_not_be_followed_is_refused(mapping, says):
    Path("r.csv").write_text("company,valid_from\nA Ltd,2020-01-01\n")
    assert says in refused("r.csv", mapping)


def test_a_short_year_is_a_year():
    Path("r.csv").write_text("company,valid_from\nA Ltd,03/04/24\n")
    (grant,) = read("r.csv", '[dates]\nformat = "%d/%m/%y"')
    assert grant.valid_from == "2024-04-03"


def test_the_errors_of_a_spreadsheet_are_no_values():
    """A tier that reads #N/A would turn a Gold partner into one that exceeds its grant."""
    write_workbook([["company", "tier", "valid_from"], ["A Ltd", "#N/A", "2020-01-01"], ["#REF!", "", "2020-01-01"]])
    said = refused("r.xlsx")
    assert "cell B2, tier: expected a value, got the error #N/A; mend the cell" in said
    assert "cell A3, company: expected a value, got the error #REF!" in said


def test_no_number_of_json_becomes_a_name():
    Path("r.json").write_text('[{"company": NaN, "valid_from": "2020-01-01"}]')
    assert "got NaN, which is no value in JSON" in refused("r.json")


def test_a_tsv_is_parted_by_tabs():
    Path("r.tsv").write_text("company\tvalid_from\nA, B Ltd\t2020-01-01\n")
    assert [grant.company for grant in read("r.tsv")] == ["A, B Ltd"]


def test_a_directory_by_sight_says_no_tier_and_no_territory():
    """Where a partner sits is not where its grant ends, and "active" is no tier: guessed, both would accuse it."""
    Path("d.html").write_text(
        "<table><tr><th>Partner</th><th>Status</th><th>Country</th><th>Since</th></tr>"
        "<tr><td>A Ltd</td><td>Active</td><td>DE</td><td>2020-01-01</td></tr></table>"
    )
    (grant,) = read("d.html")
    assert (grant.company, grant.tier, grant.territory) == ("A Ltd", None, None)


@pytest.mark.parametrize("name", ["???", "-", "n/a."])
def test_a_company_has_letters(name):
    Path("r.csv").write_text(f"company,valid_from\n{name},2020-01-01\n")
    if name == "n/a.":
        assert len(read("r.csv")) == 1
    else:
        assert f"company: expected a company's name, got '{name}'" in refused("r.csv")


def test_a_page_at_a_social_network_is_no_domain_of_a_company():
    """A domain decides: LinkedIn's would authorise every vendor that has only a page there."""
    Path("r.csv").write_text(
        "company,domains,valid_from\nA Ltd,https://de.linkedin.com/company/a-ltd,2020-01-01\nB Ltd,b.example; facebook.com/b,2020-01-01\n"
    )
    said = refused("r.csv")
    assert "line 2, domains: expected the company's own domain, got a page at linkedin.com, which others share" in said
    assert "line 3, domains" in said
    Path("r.csv").write_text("company,domains,valid_from\nLinkedIn,https://www.linkedin.com/,2020-01-01\n")
    assert [grant.domains for grant in read("r.csv")] == [("linkedin.com",)]
