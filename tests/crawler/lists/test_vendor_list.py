"""Vendor lists: every row is a vendor, merged into one, or left out with its reason; with --strict it is all or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.lists.vendor_list import ListOptions, VendorList, read_vendor_list
from crawler.visits.seeds import seed_of
from ledger.errors import BadInputError
from partnerproof.watch_round import write_list
from tests.casebook.register.conftest import lei


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "vendors.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(tmp_path: Path, text: str | bytes, **options: object) -> VendorList:
    listed = read_vendor_list(write(tmp_path, text), ListOptions(**options))  # type: ignore[arg-type]  # of each test its own
    assert listed.reading.rows == len(listed.seeds) + len(listed.merged) + len(listed.reading.rejected)
    return listed


def reasons(listed: VendorList) -> list[str]:
    return [f"{row.line}: {row.problems[0].got}" for row in listed.reading.rejected]


def test_domains_and_addresses_become_seeds(tmp_path):
    seeds = read(tmp_path, "name,url,domain,country\nA,https://www.a.co.uk/x,,GB\n,,b.example,\n").seeds
    assert [(s.vendor, s.vendor_domain, s.start_urls) for s in seeds] == [
        ("A", "a.co.uk", ("https://www.a.co.uk/x",)),
        ("b.example", "b.example", ("https://b.example/",)),
    ]
    assert seeds[0].country == "GB"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbfname,url\r\nA,http://a.example/\r\n").seeds[0].vendor == "A"


def test_rows_of_one_site_are_one_vendor(tmp_path):
    listed = read(
        tmp_path,
        "name,url,country,parent,aliases\n"
        "A Ltd,http://a.example/,DE,,\n"
        "a  ltd,https://www.a.example,,Group,\n"
        "A Ltd,http://a.example/partners,DE,,AA\n"
        "A GmbH,info@a.example,AT,Group,\n",
    )
    (seed,) = listed.seeds
    assert (seed.vendor, seed.start_urls) == ("A Ltd", ("http://a.example/", "http://a.example/partners"))
    assert (seed.aliases, seed.country, seed.parent) == (("AA", "A GmbH"), "DE", "Group")
    assert [(row.line, row.into_line, row.note) for row in listed.merged] == [
        (3, 2, None),
        (4, 2, None),
        (5, 2, "A GmbH became another name of A Ltd; the country AT was left out: it is DE there"),
    ]


def test_hosts_of_one_domain_are_vendors_of_their_own(tmp_path):
    assert len(read(tmp_path, "url\na.example\nshop.a.example\na.example:8080\n").seeds) == 3


def test_tenants_of_one_host_are_vendors_of_their_own(tmp_path):
    assert (
        len(read(tmp_path, "url\nsites.google.com/view/a\nsites.google.com/view/b\nsites.google.com/view/a/x\n").seeds)
        == 2
    )


def test_a_name_that_is_given_later_names_the_vendor(tmp_path):
    (seed,) = read(tmp_path, "name,url\nn/a,a.example\nA Ltd,a.example\n").seeds
    assert (seed.vendor, seed.aliases) == ("A Ltd", ())


def test_bad_rows_are_left_out_with_their_reasons_and_good_ones_go_in(tmp_path):
    listed = read(
        tmp_path,
        "Firma;Webseite;E-Mail;LEI\n"
        f"A;a.example;;{lei(1)}\n"
        "B;;info@b.example;\n"
        "C;n/a;sales@gmail.com;\n"
        "D;https://www.linkedin.com/company/d;;\n"
        "E;;;\n"
        "F;f.example;;12345\n"
        f"{'G' * 300};g.example;;\n",
    )
    assert [seed.vendor for seed in listed.seeds] == ["A", "B"]
    assert reasons(listed) == [
        "4: a mailbox at gmail.com, which anybody can have",
        "5: a profile at linkedin.com, which is not a vendor's site",
        "6: nothing",
        "7: '12345' (it is no LEI, and does not say who issued it)",
        "8: 300",
    ]
    assert listed.reading.rejected[1].problems[0].column == "Webseite"


def test_where_no_row_is_good_every_mistake_is_told(tmp_path):
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, "name,url\nA,nonsense\nB,ftp://b.example/\nC,http://c.example:port/\n")
    places = [str(problem.where).removeprefix(f"{tmp_path / 'vendors.csv'} ") for problem in caught.value.problems]
    assert places == ["line 2, url", "line 3, url", "line 4, url"]


def test_strict_takes_all_or_nothing_and_names_every_mistake(tmp_path):
    text = "name,url,shoe\nA,nonsense,1\nB,http://b.example/,2\nE,http://b.example/,3\n"
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, text, is_strict=True)
    places = [str(problem.where).removeprefix(f"{tmp_path / 'vendors.csv'} ") for problem in caught.value.problems]
    assert places == ["line 1, shoe", "line 2, url", "line 4, name"]
    assert "'B' as in line 3, which has the same site" in str(caught.value)
    assert len(read(tmp_path, "name,url\nB,http://b.example/\nB,http://b.example/x\n", is_strict=True).seeds) == 1


def test_columns_that_are_none_of_ours_are_left_out_and_told(tmp_path):
    reading = read(tmp_path, "name,url,colour\nA,http://a.example/,red\n").reading
    assert [(column.heading, column.column) for column in reading.columns] == [
        ("name", "name"),
        ("url", "url"),
        ("colour", None),
    ]


def test_a_mapping_says_which_column_is_which(tmp_path):
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[columns]\nname = "Wer"\nurl = ["Netz", "Netz 2"]\n[constants]\ncountry = "DE"\n[file]\ndelimiter = "^"\n'
    )
    (seed,) = read(tmp_path, "Wer^Netz^Netz 2^Rest\nA^^a.example^x\n", mapping_path=mapping).seeds
    assert (seed.vendor, seed.vendor_domain, seed.country) == ("A", "a.example", "DE")
    mapping.write_text('[columns]\nname = "Wer"\n[dates]\nformat = "%d"\n[values]\nshoe = "x"\n')
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, "", mapping_path=mapping)
    assert "columns: expected url or domain or email, here or in [constants], got name" in str(caught.value)
    assert "[dates]: expected one of the sections columns, constants, values, prefix, file" in str(caught.value)
    assert "see docs/how-to-crawl.md" in str(caught.value)


def test_a_list_without_header_is_known_by_its_cells(tmp_path):
    listed = read(
        tmp_path, "https://a.example/;Bright Harbour Ltd;DE\nb.example;Quay Systems;GB\nnonsense;Old Mill;FR\n"
    )
    assert [seed.vendor for seed in listed.seeds] == ["Bright Harbour Ltd", "Quay Systems"]
    assert reasons(listed) == ["3: 'nonsense', which holds no domain"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "a header with the column url or domain or email"),
        ("vendor;colour\nA;red\n", "a header with the column url or domain or email"),
        ("name,url\n", "at least one vendor"),
        (b"name,url\n\x81\x8d\xff,http://a.example/\n", "text in UTF-8, UTF-16 or Windows-1252"),
        ('name,url\n"A,http://a.example/\n', "CSV"),
        ("name,url\nA,http://a.example/,x\n", "as many cells as the header has"),
    ],
)
def test_a_file_that_is_no_vendor_list_is_explained(tmp_path, content, expected):
    with pytest.raises(BadInputError, match=expected):
        read(tmp_path, content)


def test_a_missing_file_is_explained(tmp_path):
    with pytest.raises(BadInputError, match="No such file"):
        read_vendor_list(tmp_path / "none.csv")


def test_a_workbook_is_a_vendor_list(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["Suppliers of 2026"],
        [],
        ["Firma", "Homepage"],
        ["A", "a.example"],
        ["B", "=1+"],
        ["C", "http://10.0.0.1/"],
    ):
        book.active.append(row)
    book.save(tmp_path / "v.xlsx")
    listed = read_vendor_list(tmp_path / "v.xlsx")
    assert [seed.vendor for seed in listed.seeds] == ["A"]
    assert [str(row.problems[0].where).rpartition(" sheet ")[2] for row in listed.reading.rejected] == [
        "Sheet cell B5, Homepage",
        "Sheet cell B6, Homepage",
    ]


def test_private_hosts_go_in_where_they_are_allowed_or_pinned(tmp_path):
    text = "url\nhttp://127.0.0.1:8000/\nhttp://localhost:8000/\n"
    assert len(read(tmp_path, text, allow_private=True).seeds) == 2
    assert [seed.vendor_domain for seed in read(tmp_path, text, pinned_hosts=frozenset({"localhost"})).seeds] == [
        "localhost"
    ]


def test_a_list_of_the_program_itself_is_taken_as_it_is(tmp_path):
    """What a watch visits again are the seeds that are stored, with their names, aliases and addresses."""
    (merged,) = read(tmp_path, "name,url,country\nA  B,a.example,DE\nAB,www.a.example/partners,\n").seeds
    others = [
        seed_of("https://www.a.example/", name="-", country="NA"),
        seed_of("https://x.com/c"),
        seed_of("http://10.0.0.1/", name="A  B", parent="n/a"),
        replace(
            seed_of("http://b.example/"), start_urls=("http://b.example/", "https://b.example/"), identifiers=(lei(1),)
        ),
    ]
    path = write_list([merged, *others], tmp_path)
    assert read_vendor_list(path, ListOptions(is_own=True)).seeds == (merged, *others)
    assert (merged.aliases, len(merged.start_urls)) == (("AB",), 2)


@given(st.lists(st.tuples(st.sampled_from(["A", "B Ltd", "", "n/a"]), st.sampled_from(["a.example", "www.a.example", "b.example/x", "info@b.example", "nonsense", "", "x@gmail.com", "http://10.0.0.1"])), max_size=30))  # fmt: skip
def test_every_row_is_accounted_for(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("lists") / "v.csv"
    path.write_text("name,url\nFirst,first.example\n" + "".join(f'"{name}","{url}"\n' for name, url in rows))
    listed = read_vendor_list(path)
    filled = 1 + sum(bool(name or url) for name, url in rows)
    assert len(listed.seeds) + len(listed.merged) + len(listed.reading.rejected) == listed.reading.rows == filled
    assert len({seed.seed_id for seed in listed.seeds}) == len(listed.seeds)
