"""Whom a letter could go to: a partner's contact of the register comes first; RDAP answers, and what no file of another can do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casebook.cases.cases import sync_cases
from casebook.cases.contacts import Contact, propose_contacts, read_rdap
from casebook.register.imports import import_register
from casebook.verdicts.affected import judge_affected
from casebook.web.application_context import ApplicationContext
from tests.casebook.web.contexts import case_of, client, confirm, make_context


def entity(role: str, mail: str, **more: object) -> dict[str, object]:
    card = ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "N"], ["email", {}, "text", mail]]]
    return {"objectClassName": "entity", "roles": [role], "vcardArray": card, **more}


def contacts(path: Path, data: object) -> list[tuple[str, str]]:
    path.write_text(json.dumps(data), encoding="utf-8")
    return [(one.contact, one.source) for one in read_rdap(path)]


def test_registrants_come_before_abuse_desks_and_registrars(tmp_path):
    inner = entity("abuse", "abuse@registrar.example")
    data = {
        "entities": [
            entity("registrar", "r@registrar.example", entities=[inner]),
            entity("registrant", "owner@vendor.example"),
        ]
    }
    assert contacts(tmp_path / "a.json", data) == [
        ("owner@vendor.example", "RDAP, registrant"), ("abuse@registrar.example", "RDAP, abuse"), ("r@registrar.example", "RDAP, registrar"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        [], {"entities": 3}, {"entities": [3, {"roles": "x", "vcardArray": 1}]}, {"entities": [{"roles": [1], "vcardArray": ["vcard", [["email"]]]}]},
        {"entities": [entity("technical", "t@vendor.example")]},
    ],
)  # fmt: skip
def test_what_is_no_rdap_answer_names_nobody(tmp_path, data):
    assert contacts(tmp_path / "a.json", data) == []


def test_rubbish_and_nothing_name_nobody(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xff\x00{" + b"[" * 100_000)
    assert list(read_rdap(tmp_path / "a.json")) == []
    assert list(read_rdap(tmp_path / "none.json")) == []


def with_register(folder: Path, line: str) -> ApplicationContext:
    """A case of a vendor that shows itself as partner, with this line of the register."""
    context = make_context(folder)
    path = folder / "register.csv"
    path.write_text(
        "company,domain,relation,valid_from,valid_until,contact\nMill,,partner,2010-01-01,,\n" + line + "\n"
    )
    import_register(context.ledger, "acme", path)
    judge_affected(context.ledger, ["acme"])
    sync_cases(context.ledger)
    confirm(context, "harbour.example")
    return context


def proposed(context: ApplicationContext) -> list[Contact]:
    return propose_contacts(context.ledger, context.warc_dir, case_of(context, "harbour.example"))


def test_a_partner_that_shows_more_than_its_grant_is_written_to_whom_the_register_names(tmp_path):
    context = with_register(
        tmp_path, "Harbour Ltd,harbour.example,customer,2010-01-01,,Ann Example <ann@partner.example>"
    )
    assert case_of(context, "harbour.example").verdict == "exceeds-grant"
    assert proposed(context)[0] == Contact(contact="Ann Example <ann@partner.example>", source="register, line 3 (partners)")  # fmt: skip
    page = client(context, "reviewer-one").get(f"/cases/{case_of(context, 'harbour.example').case_id}/letter").text
    assert "Ann Example &lt;ann@partner.example&gt;" in page
    assert "register, line 3 (partners)" in page


@pytest.mark.parametrize(
    "line",
    [
        "Harbour Ltd,harbour.example,customer,2010-01-01,,",
        "Harbour Ltd,harbour.example,partner,2010-01-01,2011-01-01,ann@partner.example",
        "Harbour,,customer,2010-01-01,,ann@partner.example",
    ],
    ids=["no contact", "no partner any more", "a name alone"],
)
def test_nobody_else_is_proposed_by_the_register(tmp_path, line):
    assert not [contact for contact in proposed(with_register(tmp_path, line)) if contact.source.startswith("register")]
