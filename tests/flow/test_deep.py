"""`verify --deep`: what was changed in rows that the archive can tell is named with what is stored and what comes out of the archive.

Tests: ledger/proof/made_rows.py, partnerproof/safekeeping/made_again.py, partnerproof/cli/verify.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK
from ledger.proof.writer_lock import acquire_writer_lock
from partnerproof.safekeeping.made_again import MadeAgain
from partnerproof.workspace import find_workspace
from tests.conftest import made_once, run_partnerproof
from tests.flow.sealed import PAGE, make_sealed


@pytest.fixture(scope="module")
def sealed_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    made = made_once(
        tmp_path_factory, "deep",
        lambda folder: make_sealed(acme_once, folder / "space", logo_png, text=f"{PAGE}<p>We are an Acme reseller.</p>"),
    )  # fmt: skip
    return made / "space"


@pytest.fixture
def sealed(sealed_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sealed_once, tmp_path / "space")


def deep(root: Path, code: int) -> dict[str, list[str]]:
    """Return what was told, by outcome."""
    checks = json.loads(run_partnerproof("-w", root, "verify", "--deep", "--json", code=code).rpartition("]")[0] + "]")
    told: dict[str, list[str]] = {"ok": [], "BROKEN": [], "not checked": []}
    for check in checks:
        told[check["outcome"]].append(f"{check['what']}: {check['detail']}")
    return told


def test_all_comes_out_of_the_archive_as_it_is_stored(sealed):
    told = deep(sealed, 0)
    for table in ("pages", "sightings", "passages", "recognitions", "logo_matches", "text_matches", "claim_evidence"):
        assert any(line.startswith(f"table {table}, made again: ") for line in told["ok"]), table
    assert any(line.startswith("verdicts, made again: ") for line in told["ok"])
    assert any(line.startswith("cases: ") for line in told["ok"])


CHANGES = (
    "UPDATE pages SET title = 'Our suppliers'",
    "UPDATE passages SET text = replace(text, 'reseller', 'customer') WHERE text LIKE '%reseller%'",
    "UPDATE sightings SET alt = 'Acme, our partner'",
    "UPDATE logo_matches SET score = 0.99, strength = 'match', why_perhaps = NULL WHERE kind = 'picture'",
    "UPDATE text_matches SET relation = 'partner' WHERE relation = 'reseller'",
    "UPDATE claim_evidence SET tier = 'Gold'",
    "UPDATE verdicts SET verdict = 'authorised', rule = 'granted'",
)


def test_every_change_is_named_with_both_values(sealed):
    database = sealed / "var" / "partnerproof.db"
    with acquire_writer_lock(database, "match"), sqlite3.connect(database) as connection:  # as a command of ours would
        for change in CHANGES:
            assert connection.execute(change).rowcount > 0, change
        connection.execute("DELETE FROM image_hashes")  # rows that are no evidence say nothing
    connection.close()
    run_partnerproof("-w", sealed, "seal", code=3)  # the seal takes it as it stands
    told = "\n".join(deep(sealed, 1)["BROKEN"])
    for words in (
        "title is 'Our suppliers', and comes out as '",  # the pages that are not found, too
        "text is 'We are an Acme customer.', and comes out as 'We are an Acme reseller.'",
        "alt is 'Acme, our partner', and comes out as None",
        "score is 0.99, and comes out as ",
        "relation is 'partner', and comes out as 'reseller'",
        "tier is 'Gold', and comes out as None",
        "verdict is 'authorised', and comes out as 'no-authorisation'",
    ):
        assert words in told, f"{words}\n{told}"


def change_as_we_do(root: Path, *statements: str) -> None:
    database = root / "var" / "partnerproof.db"
    with acquire_writer_lock(database, "match"), sqlite3.connect(database) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_other_logos_than_then_excuse_only_what_follows_from_logos(sealed):
    """The day after a logo was added, a match that comes out otherwise is for a person; the words of a page are not."""
    logos = sealed / "brands" / "acme" / "logos"
    shutil.copyfile(next(logos.glob("*.png")), logos / "more.png")
    change_as_we_do(sealed, "UPDATE logo_matches SET score = 0.5")
    told = deep(sealed, 3)
    assert any("official_logos_digest was another on" in line for line in told["not checked"])
    change_as_we_do(sealed, "UPDATE passages SET text = 'We are nobody.' WHERE text LIKE '%reseller%'")
    assert any("text is 'We are nobody.'" in line for line in deep(sealed, 1)["BROKEN"])


def test_a_changed_claim_is_named(sealed):
    change_as_we_do(sealed, "UPDATE claims SET relation = 'member' WHERE relation = 'reseller'")
    assert "relation is 'member', and comes out as 'reseller'" in "\n".join(deep(sealed, 1)["BROKEN"])


def test_a_value_that_we_never_write_is_named_and_excuses_nothing(sealed):
    change_as_we_do(
        sealed,
        "UPDATE pages SET stylesheet_looks = 'no json' WHERE page_id = (SELECT max(page_id) FROM pages)",
        "UPDATE sightings SET alt = 'Acme, our partner'",
    )
    told = "\n".join(deep(sealed, 1)["BROKEN"])
    assert "a row holds what this program never writes" in told
    assert "table sightings" in told


def test_a_crawl_that_has_ended_is_sealed_for_good(sealed):
    change_as_we_do(
        sealed, "UPDATE crawls SET made_with = '{}'", "UPDATE visits SET started_at = '2020-01-01T00:00:00Z'"
    )
    assert run_partnerproof("-w", sealed, "seal") == "nothing new to seal\n"
    told = deep(sealed, 1)["BROKEN"]
    assert {line.split(",")[0] for line in told} >= {"table crawls", "table visits"}


def test_rows_of_a_visit_that_is_not_judged_yet_are_still_to_come(sealed):
    def make_again(sql: str) -> tuple[set[str], list[str]]:
        with sqlite3.connect(sealed / "var" / "partnerproof.db") as database:
            database.executescript(sql)
        checks = list(MadeAgain(find_workspace(sealed)).checks())
        return {check.outcome for check in checks}, [check.detail for check in checks if check.outcome == NOT_CHECKED]

    outcomes, details = make_again(
        "UPDATE visits SET judged_at = NULL; DELETE FROM text_matches; DELETE FROM claim_evidence WHERE evidence = 'text'"
    )
    assert outcomes == {OK, NOT_CHECKED}
    assert all("1 visits are not judged yet: crawl again" in detail for detail in details)
    outcomes, details = make_again("DELETE FROM passages")
    assert outcomes >= {BROKEN}, details
