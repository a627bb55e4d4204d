"""Anchors outside the machine: what is said there, and what it shows of a workspace that was put back, cut, replaced or stamped by others.

Tests: ledger/proof/anchors.py, partnerproof/safekeeping/anchoring.py.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.proof.anchors import read_message, read_statements
from ledger.proof.custody import CustodyLog
from ledger.proof.seals import Seals
from ledger.vocabulary import CustodyEvent
from partnerproof.alert_channels import do_within
from tests.conftest import SmallServer, made_once, not_found, run_partnerproof
from tests.flow.sealed import configure, crawl, log_of
from tests.ledger.authorities import AuthorityServers, make_authority, stamping


@pytest.fixture(scope="module")
def anchored_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    """space: sealed twice and anchored twice in legal; backup: a copy from between the two."""

    def make(folder: Path) -> None:
        root = shutil.copytree(acme_once, folder / "space")
        (folder / "legal").mkdir()
        with AuthorityServers() as authorities:
            configure(root, f'{authorities.config}\n[[seal.anchor]]\nname = "legal"\nto = "../legal"\n')
            crawl(root, logo_png)
            shutil.copytree(root, folder / "backup")
            crawl(root, logo_png, name="Second")

    return made_once(tmp_path_factory, "anchored", make)


@pytest.fixture
def anchored(anchored_once: Path, tmp_path: Path) -> Path:
    shutil.copytree(anchored_once, tmp_path / "all")
    return tmp_path / "all" / "space"


def check(root: Path, code: int, *more: str | Path) -> str:
    return run_partnerproof("-w", root, "verify", "--anchor", *more, code=code)


def test_each_seal_is_said_at_the_anchor_and_holds(anchored):
    statements = [json.loads(path.read_text()) for path in sorted((anchored.parent / "legal").iterdir())]
    assert [statement["seal"]["seal_id"] for statement in statements] == [
        seal.seal_id for seal in Seals.of(anchored / "var" / "seals").all
    ]
    log = log_of(anchored)
    for statement in statements:
        assert statement["log"]["first_sha256"] == log[0]["sha256"]
        assert log[statement["log"]["entries"] - 1]["sha256"] == statement["log"]["sha256"]
        assert set(statement["authorities"]) == {"first", "second"}
    told = check(anchored, 0)
    assert "anchor legal: 2 statements hold" in told
    assert run_partnerproof("-w", anchored, "seal") == "nothing new to seal\n"  # and nothing new to anchor


def put_back(root: Path) -> None:
    shutil.rmtree(root / "var")
    shutil.copytree(root.parent / "backup" / "var", root / "var")


def cut_the_log(root: Path) -> None:
    """Back to the first seal, and everything that came later is taken away."""
    log = root / "var" / "custody.jsonl"
    last = Seals.of(root / "var" / "seals").all[-1]
    reach = last.head["custody"]["entries"]
    shutil.rmtree(last.folder)
    log.write_text("".join(log.read_text().splitlines(keepends=True)[: reach - 3]))


def write_the_log_anew(root: Path) -> None:
    """A chain that is sound in itself, of other entries, and no seal."""
    log = root / "var" / "custody.jsonl"
    entries = log_of(root)
    log.unlink()
    shutil.rmtree(root / "var" / "seals")
    for entry in entries:
        if entry["event"] not in ("sealed", "stamped", "anchored"):
            CustodyLog(log).add(CustodyEvent(str(entry["event"])), entry["details"])  # type: ignore[arg-type]  # as stored


def keep_the_first_entry(root: Path) -> None:
    log = root / "var" / "custody.jsonl"
    first, entries = log.read_text().splitlines(keepends=True)[0], log_of(root)
    log.write_text(first)
    shutil.rmtree(root / "var" / "seals")
    for _ in entries[1:]:
        CustodyLog(log).add(CustodyEvent.VIEWED, {})


def stamp_as_another(root: Path) -> None:
    """An authority of one's own under a known name, in the configuration too."""
    own, config = make_authority("own"), root / "partnerproof.toml"
    server = SmallServer({"/": stamping(own)})
    text = config.read_text().split("\n[[seal.authority]]")[0] + "\n"
    authority = f'[[seal.authority]]\nname = "first"\nurl = "{server.url}/"\nroots = "{own / "ca.pem"}"\n'
    config.write_text(f'{text}{authority}[[seal.anchor]]\nname = "legal"\nto = "../legal"\n')
    (Seals.of(root / "var" / "seals").all[0].folder / "first.tsr").unlink()
    run_partnerproof("-w", root, "seal")
    server.close()


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        (put_back, "put back to an earlier state"),
        (cut_the_log, "the log was cut"),
        (write_the_log_anew, "begun anew"),
        (keep_the_first_entry, "it was written anew from there or earlier"),
        (stamp_as_another, "it is another authority under this name"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_holds_in_itself_is_found_out_by_the_anchor(anchored, attack: Callable[[Path], None], message):
    attack(anchored)
    told = check(anchored, 1)
    assert message in told


def test_a_certificate_that_only_a_later_statement_tells_of_is_for_a_person(acme, tmp_path, logo_png):
    """The authority did not answer at first, and had other certificates when it did."""
    (tmp_path / "legal").mkdir()
    anchor = f'[[seal.anchor]]\nname = "legal"\nto = "{tmp_path}/legal"\n'
    config = acme / "partnerproof.toml"
    plain = config.read_text()
    with AuthorityServers(first=not_found) as authorities:
        config.write_text(f"{plain}{authorities.config}{anchor}")
        run_partnerproof("-w", acme, "seal", code=3)
        own = make_authority("own")
        authorities.answers["/first"] = stamping(own)
        config.write_text(f"{plain}{authorities.config.replace(str(authorities.folders['first']), str(own))}{anchor}")
        crawl(acme, logo_png)
    assert "a later one does: ask the authority whether it is theirs" in check(acme, 3)


def test_a_place_that_fails_costs_nothing_and_gets_its_statement_later(acme):
    configure(acme, '[[seal.anchor]]\nname = "legal"\nto = "away/legal"\n')
    told = run_partnerproof("-w", acme, "seal", code=3)
    assert "not anchored at legal: " in told
    assert "the statement could not be written (FileNotFoundError" in told
    assert "its statements could not be read" in check(acme, 3)
    (acme / "away" / "legal").mkdir(parents=True)
    assert "anchored at legal" in run_partnerproof("-w", acme, "seal")
    (acme / "away" / "legal" / "more.json").write_text('{"format": "rubbish"}')
    told = check(acme, 3)
    assert "1 statement holds" in told
    assert "more.json: is no statement of an anchor, or a damaged one" in told


def test_rubbish_at_the_anchor_hides_no_statement(anchored):
    """Whoever may add files there can add these; nobody can take them away again."""
    legal = anchored.parent / "legal"
    good = sorted(legal.iterdir())[-1].read_text()
    number = json.loads(good)["log"]["entries"]
    (legal / "a.json").write_text(good.replace(f'"entries":{number}', '"entries":1e999'))
    (legal / "b.json").write_text(good.replace(f'"entries":{number}', '"entries":-5'))
    (legal / "c.json").mkdir()
    (legal / "d.json").symlink_to("/dev/zero")
    os.mkfifo(legal / "e.json")
    with (legal / "f.json").open("wb") as file:
        file.truncate(3_000_000_000)
    (legal / "g.json").write_text("[" * 100_000)
    told = check(anchored, 3)
    assert told.count("is no statement of an anchor, or a damaged one") == 7
    assert "anchor legal: 2 statements hold" in told
    put_back(anchored)
    assert "put back to an earlier state" in check(anchored, 1)
    config = anchored / "partnerproof.toml"
    config.write_text(
        config.read_text().replace('"../legal"', '"../elsewhere"')
    )  # the insider's configuration says otherwise
    assert "put back to an earlier state" in check(anchored, 1, "--statement", legal)


def test_an_anchor_in_a_store_and_one_by_mail(acme, tmp_path, mailbox):
    box, port = mailbox
    configure(
        acme,
        f"""
[[watch.alert]]
name = "team"
kind = "email"
to = ["legal@brand.example"]
from = "partnerproof@brand.example"
host = "127.0.0.1"
port = {port}
starttls = false
[[seal.anchor]]
name = "store"
to = "file://{tmp_path}/bucket"
[[seal.anchor]]
name = "mail"
alert = "team"
""",
    )
    told = run_partnerproof("-w", acme, "seal")
    assert "anchored at store" in told
    assert "anchored at mail" in told
    assert len(list(read_statements(f"file://{tmp_path}/bucket"))) == 1
    mail, pasted = tmp_path / "mail.eml", tmp_path / "pasted.txt"
    mail.write_text(box.mails[0])
    assert "anchor mail: its statements were sent as messages" in check(acme, 3)
    told = check(acme, 3, "--statement", mail)  # 3: no authority has stamped
    assert "anchor mail.eml: 1 statement holds" in told
    assert "anchor mail: " not in told
    (statement,) = read_message(mail)
    pasted.write_text("> cited\n" + statement.as_bytes.decode())
    assert read_message(pasted) == [replace(statement, source=str(pasted))]
    (acme / "var" / "custody.jsonl").write_text("")
    assert "begun anew" in check(acme, 1, "--statement", mail)
    pasted.write_text("nothing of the kind {")
    assert "expected an anchor's statement" in check(acme, 2, "--statement", pasted)


def test_without_an_anchor_nothing_was_checked(acme):
    assert "anchors: none is named in partnerproof.toml" in check(acme, 3)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "either a folder or store in to, or a channel in alert"),
        ('alert = "team"\n', "expected a [[watch.alert]] named 'team', through which the anchor legal goes"),
    ],
)
def test_mistakes_of_the_configuration_are_named(acme, line, message):
    configure(acme, f'[[seal.anchor]]\nname = "legal"\n{line}')
    assert message in run_partnerproof("-w", acme, "seal", code=2)


STATEMENT = (
    '{"authorities": {}, "format": "partnerproof anchor 1", "log": {"entries": 3, "first_sha256": "a", "sha256": "b"},'
    ' "made_at": "2026-11-01T00:00:00Z", "seal": {"head_sha256": "c", "seal_id": "s"}}'
)


@pytest.mark.parametrize(
    "text",
    [
        STATEMENT,
        f"Subject: x\nContent-Type: text/plain; charset=foo-bar\n\n{STATEMENT}\n",
        f"Subject: x\nContent-Type: text/plain; charset=unknown-8bit\n\n{STATEMENT}\n",
        "Subject: x\n\n> On Tuesday you wrote:\n" + "".join(f"> > {line}\n" for line in json.dumps(json.loads(STATEMENT), indent=1).split("\n")),
    ],
)  # fmt: skip
def test_a_statement_is_found_in_mails_of_any_kind(tmp_path, text):
    (tmp_path / "mail.eml").write_text(text)
    (statement,) = read_message(tmp_path / "mail.eml")
    assert (statement.entries, statement.seal_id) == (3, "s")


@pytest.mark.parametrize("count", ["Infinity", "0", "-5", "true", '"3"'])
def test_a_count_that_no_log_has_is_no_statement(tmp_path, count):
    (tmp_path / "mail.txt").write_text(STATEMENT.replace('"entries": 3', f'"entries": {count}'))
    with pytest.raises(BadInputError, match="expected an anchor's statement"):
        read_message(tmp_path / "mail.txt")


@pytest.mark.parametrize("text", ['{"a":' * 400_000, '{"log":' * 140_000, ""])
def test_a_message_made_to_be_slow_is_refused_soon(tmp_path, text):
    (tmp_path / "mail.txt").write_text(text)
    with pytest.raises(BadInputError, match="expected an anchor's statement"):
        read_message(tmp_path / "mail.txt")


def test_a_place_whose_settings_are_wrong_is_told_in_its_own_words():
    def act() -> None:
        raise BadInputError(Problem(where="secret", expected="mode 600", got="644", next_step="close it"))

    with pytest.raises(OutsideFailureError, match=r"^secret: expected mode 600, got 644; close it$"):
        do_within(5.0, act)
