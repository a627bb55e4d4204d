"""RDAP answers that somebody saved: whom they name, and what no file of another can do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casebook.cases.contacts import read_rdap


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
