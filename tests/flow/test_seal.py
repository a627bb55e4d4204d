"""Sealing and verifying a real crawl: authorities that answer or do not, kills, and every changed byte found and named.

Tests: ledger/archive/record_places.py, ledger/proof/fixity.py, ledger/proof/seals.py, ledger/proof/sealed_rows.py,
ledger/proof/timestamps.py, ledger/proof/verification.py, partnerproof/cli/seal.py, partnerproof/cli/verify.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ledger.proof.custody import CustodyLog
from ledger.proof.seals import Seals
from ledger.proof.timestamps import Authority, stamp_seal
from tests.conftest import made_once, not_found, run_partnerproof, send
from tests.flow.sealed import PAGE, configure, crawl, flip, log_of, make_sealed, of, verify
from tests.launcher import launch
from tests.ledger.authorities import AuthorityServers


@pytest.fixture(scope="module")
def sealed_once(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    made = made_once(tmp_path_factory, "sealed", lambda folder: make_sealed(acme_once, folder / "space", logo_png))
    return made / "space"


@pytest.fixture
def sealed(sealed_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sealed_once, tmp_path / "space")


def test_a_crawl_is_sealed_stamped_by_two_authorities_and_in_order(sealed):
    checks = verify(sealed)
    assert not of(checks, "BROKEN")
    assert not of(checks, "not checked")
    assert len([line for line in of(checks, "ok") if "token of" in line and "stamped" in line]) == 2
    log = log_of(sealed)
    events = [entry["event"] for entry in log]
    assert events[-5:] == ["captured", "sealed", "stamped", "stamped", "ended"]
    (manifest,) = (sealed / "var" / "seals").glob("*/manifest.jsonl")
    leaf = next(leaf for leaf in map(json.loads, manifest.read_text().splitlines()) if leaf["kind"] == "database")
    assert log[-1]["details"]["database"] == {"bytes": leaf["bytes"], "sha256": leaf["sha256"]}
    assert all(abs(entry["details"]["clock_offset_s"]) < 5 for entry in log if entry["event"] == "stamped")


def test_sealing_again_makes_no_second_seal(sealed):
    seals = sorted((sealed / "var" / "seals").iterdir())
    assert "nothing new to seal" in run_partnerproof("-w", sealed, "seal")
    run_partnerproof("-w", sealed, "match")  # finds nothing new either
    run_partnerproof("-w", sealed, "seal")
    assert sorted((sealed / "var" / "seals").iterdir()) == seals
    assert not of(verify(sealed), "BROKEN")


def test_a_second_crawl_seals_only_what_is_new(sealed, logo_png):
    first = next((sealed / "var" / "seals").iterdir())
    with AuthorityServers():
        crawl(sealed, logo_png, text=PAGE.replace("ports", "shipyards"))
    second = next(folder for folder in (sealed / "var" / "seals").iterdir() if folder != first)
    (warc,) = [
        json.loads(line) for line in (second / "manifest.jsonl").read_text().splitlines() if '"kind":"warc"' in line
    ]
    assert warc["from"] == 0  # a crawl has files of its own
    tables = {json.loads(line).get("table") for line in (second / "manifest.jsonl").read_text().splitlines()}
    assert "captures" in tables
    assert "grants" not in tables  # sealed by the first
    assert not of(verify(sealed), "BROKEN")


# --- authorities


def silent(handler: object) -> None:
    time.sleep(0.1)
    handler.connection.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (not_found, "404"),
        (send(b"\x30\x82\xff\xffrubbish", "application/timestamp-reply"), "gave no valid token"),
        (send(b"", "application/timestamp-reply"), "gave no valid token"),
        (send(b"\x30\x05\x30\x03\x02\x01\x02", "application/timestamp-reply"), "gave no valid token"),
        (send(b"x" * 200_000, "application/timestamp-reply"), "more than 100000 bytes"),
        (silent, "did not answer"),
    ],
    ids=["missing", "rubbish", "empty", "refused", "huge", "silent"],
)
def test_an_authority_that_fails_leaves_the_seal_unstamped_and_is_asked_again(acme, answer, said):
    with AuthorityServers(second=answer) as authorities:
        configure(acme, authorities.config)
        told = run_partnerproof("-w", acme, "seal", code=3)
        assert said in told
        assert "stamped by first" in told
        (seal,) = (acme / "var" / "seals").iterdir()
        assert sorted(path.name for path in seal.iterdir()) == ["first.pem", "first.tsr", "head.json", "manifest.jsonl"]
        assert not of(verify(acme), "BROKEN")
        from tests.ledger.authorities import stamping

        authorities.answers["/second"] = stamping(authorities.folders["second"])
        told = run_partnerproof("-w", acme, "seal")
        assert "nothing new to seal" in told
        assert "stamped by second" in told
        assert "stamped by first" not in told


def test_what_to_do_about_an_unstamped_seal_depends_on_whether_an_authority_is_named(acme):
    run_partnerproof("-w", acme, "seal")
    unstamped = "no authority has stamped it yet: "
    first = "name one in partnerproof.toml ([[seal.authority]]), then "
    assert f"{unstamped}{first}run `partnerproof seal`\n" in run_partnerproof("-w", acme, "verify", code=3)
    configure(acme, '[[seal.authority]]\nname = "first"\nurl = "http://127.0.0.1:9/"\nroots = "first.pem"\n')
    assert f"{unstamped}run `partnerproof seal`\n" in run_partnerproof("-w", acme, "verify", code=3)


def test_an_authority_whose_answer_has_no_end_is_not_waited_for(sealed):
    dripped: list[bytes] = []

    def dripping(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(100):
                handler.wfile.write(b"0")
                handler.wfile.flush()
                dripped.append(b"0")
                time.sleep(0.1)

    with AuthorityServers(first=dripping) as authorities:
        roots = authorities.folders["second"] / "ca.pem"
        url = f"{authorities.server.url}/first"
        (seal,) = Seals.of(sealed / "var" / "seals").all
        authority = Authority(name="slow", url=url, roots=roots, timeout_s=0.5)
        (stamp,) = stamp_seal(seal, [authority], CustodyLog(sealed / "var" / "custody.jsonl"))
    assert "takes longer than 0.5 s" in str(stamp.failure)
    assert len(dripped) < 100


def test_a_token_of_another_authority_is_refused(acme):
    with AuthorityServers() as authorities:
        configure(acme, authorities.config)
        authorities.answers["/second"] = authorities.answers["/first"]
        assert "gave no valid token" in run_partnerproof("-w", acme, "seal", code=3)


def test_a_clock_that_is_an_hour_off_is_told_and_logged(acme, tmp_path):
    clock = tmp_path / "late"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text("import time\nreal = time.time\ntime.time = lambda: real() + 3600\n")
    with AuthorityServers() as authorities:
        configure(acme, authorities.config)
        done = subprocess.run(
            [sys.executable, "-m", "partnerproof", "-w", acme, "seal"],
            env={**os.environ, "PYTHONPATH": str(clock)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"clock is \+360\d s off that of first", done.stdout)
    log = log_of(acme)
    assert [e["details"]["clock_offset_s"] > 3500 for e in log if e["event"] == "stamped"] == [True, True]


# --- bytes


def test_every_changed_byte_is_found_and_named(sealed, tmp_path):
    """Forty places over all files; bench/changed_bytes.py tries as many as one likes."""
    rng = random.Random(11)
    var = sealed / "var"
    kinds = [
        [var / "partnerproof.db"], sorted((var / "warc").iterdir()), [var / "custody.jsonl"],
        list(var.glob("seals/*/manifest.jsonl")), list(var.glob("seals/*/head.json")), list(var.glob("seals/*/*.tsr")),
        list(var.glob("seals/*/*.pem")),
    ]  # fmt: skip
    for trial in range(42):
        path = rng.choice(kinds[trial % len(kinds)])
        original = path.read_bytes()
        place = rng.randrange(len(original))
        flip(path, place)
        broken = of(verify(sealed), "BROKEN")
        assert broken, f"{path.name}, byte {place} of {len(original)}"
        named = path.parent.name if path.suffix in (".tsr", ".pem") or path.name == "head.json" else path.stem
        assert any(named in line or path.name in line for line in broken), (path.name, place, broken)
        path.write_bytes(original)
    assert not of(verify(sealed), "BROKEN")


def test_a_row_changed_by_sqlite_itself_is_found(sealed):
    database = sqlite3.connect(sealed / "var" / "partnerproof.db")
    database.execute("UPDATE captures SET fetched_at = '2020-01-01T00:00:00Z'")
    database.commit()
    database.close()
    broken = of(verify(sealed), "BROKEN")
    assert any(line.startswith("table captures, visit ") for line in broken)
    assert any("whole file" in line for line in broken)


def test_claims_computed_anew_are_not_sealed_yet_and_a_changed_capture_stays_broken(sealed):
    run_partnerproof("-w", sealed, "reject", _image(sealed), "--brand", "acme", "--why", "a bakery", "--by", "Ann")
    checks = verify(sealed)
    assert any("`reject` at" in line for line in of(checks, "not checked"))
    run_partnerproof("-w", sealed, "seal", code=3)  # the authorities are gone by now
    assert not [line for line in of(verify(sealed), "not checked") if "table" in line]
    database = sqlite3.connect(sealed / "var" / "partnerproof.db")
    database.execute("UPDATE captures SET status = 404")
    database.commit()
    database.close()
    assert any("table captures" in line for line in of(verify(sealed), "BROKEN"))


def _image(root: Path) -> str:
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        return str(database.execute("SELECT image_sha256 FROM logo_matches").fetchone()[0])


@pytest.mark.parametrize(
    "gone", ["warc/*", "seals/*", "seals/*/first.tsr", "seals/*/first.pem", "seals/*/head.json", "partnerproof.db"]
)
def test_what_is_missing_is_named(sealed, gone):
    (path,) = (sealed / "var").glob(gone)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    broken = of(verify(sealed), "BROKEN")
    assert any(path.name.removesuffix(".tsr") in line or path.parent.name in line for line in broken)


@pytest.mark.parametrize("left", [None, b""])
def test_a_log_that_was_taken_away_or_emptied_is_named_by_the_seals_over_it(sealed, left):
    path = sealed / "var" / "custody.jsonl"
    path.unlink() if left is None else path.write_bytes(left)
    assert any("was made over another custody log" in line for line in of(verify(sealed), "BROKEN"))


def test_what_waits_beside_the_database_is_no_part_of_what_the_last_command_left(sealed):
    """Readers see what is in SQLite's log, and the file itself is as before."""
    program = "import os, sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('CREATE TABLE mine (a)'); d.commit(); os._exit(0)"
    subprocess.run([sys.executable, "-c", program, sealed / "var" / "partnerproof.db"], check=True)
    assert any("partnerproof.db-wal differs" in line for line in of(verify(sealed), "BROKEN"))


def test_a_command_that_writes_meanwhile_breaks_nothing(sealed):
    """Verifying 100 GB takes minutes, and nobody waits for it."""
    done: list[str] = []

    def write(count: int) -> None:
        if not done:
            done.append(
                run_partnerproof("-w", sealed, "reject", _image(sealed), "--brand", "acme", "--why", "a bakery")
            )
            run_partnerproof("-w", sealed, "seal", code=3)  # the authorities are gone by now

    assert not of(verify(sealed, on_bytes=write), "BROKEN")
    assert done


def test_a_file_that_no_crawl_wrote_is_told(sealed):
    (sealed / "var" / "warc" / "more.warc.gz").write_bytes(b"mine")
    assert "more.warc.gz: no crawl of this workspace wrote it" in of(verify(sealed), "not checked")


# --- kills and fixity


def test_a_killed_seal_leaves_no_half_seal(sealed, logo_png):
    crawled = sealed / "var" / "seals"
    run_partnerproof("-w", sealed, "reject", _image(sealed), "--brand", "acme", "--why", "a bakery", "--by", "Ann")
    before = set(crawled.iterdir())
    rng = random.Random(5)
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-m", "partnerproof", "-w", sealed, "seal"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(rng.uniform(0.3, 1.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not of(verify(sealed), "BROKEN")
    run_partnerproof("-w", sealed, "seal", code=3)
    assert len({path for path in crawled.iterdir() if path.name[0] != "."} - before) == 1
    assert not [line for line in of(verify(sealed), "not checked") if "table" in line or "sealed yet" in line]


def test_what_was_found_in_order_is_not_read_again(sealed):
    verify(sealed)
    (warc,) = (sealed / "var" / "warc").iterdir()
    assert any("1 of 1 parts were found in order" in line for line in of(verify(sealed, since="2026-01-01"), "ok"))
    flip(warc, 400)  # gives it a new time
    assert any(warc.name in line for line in of(verify(sealed, since="2026-01-01"), "BROKEN"))


def test_the_command_tells_in_words_and_by_its_exit_code(sealed):
    assert "nothing is broken" in run_partnerproof("-w", sealed, "verify")
    assert log_of(sealed)[-1]["event"] == "verified"
    flip(sealed / "var" / "partnerproof.db", 5000)
    told = run_partnerproof("-w", sealed, "verify", code=1)
    assert "BROKEN  partnerproof.db, whole file" in told
    assert "1 broken" in told or "2 broken" in told


def test_verify_tells_of_a_workspace_without_anything(acme_once, tmp_path):
    run_partnerproof("init", tmp_path / "empty")
    checks = verify(tmp_path / "empty")
    assert not of(checks, "BROKEN")
    assert any("nothing is sealed yet" in line for line in of(checks, "not checked"))
    assert "write it as 2026-11-01" in run_partnerproof(
        "-w", tmp_path / "empty", "verify", "--since", "yesterday", code=2
    )
    assert "got '2026-13-45'" in run_partnerproof("-w", tmp_path / "empty", "verify", "--since", "2026-13-45", code=2)


def test_a_change_by_others_is_not_laundered_by_the_next_seal(sealed, logo_png):
    """What a plain `seal` after it would have taken for ours: mass data, claims, cases, accounts."""
    assert not of(verify(sealed), "BROKEN")
    with sqlite3.connect(sealed / "var" / "partnerproof.db") as database:
        database.execute("UPDATE passages SET text = text || ' not'")
        database.execute("UPDATE cases SET state = 'confirmed'")
    database.close()
    assert "was changed by others after" in run_partnerproof(
        "-w", sealed, "seal", code=3
    )  # the authorities are gone by now
    run_partnerproof("-w", sealed, "seal", code=3)
    (broken,) = of(verify(sealed), "BROKEN")
    assert broken.startswith("partnerproof.db, between commands: the database was changed by others after")
    assert "passages" in broken
    assert log_of(sealed)[-1]["event"] == "ended"
    crawl(sealed, logo_png)
    assert of(verify(sealed), "BROKEN") == [broken], "it stays, and nothing else is said"


BACK = """
import datetime, time
real = time.time
class Back(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(real() - 79_200, tz)
datetime.datetime = Back
time.time = lambda: real() - 79_200
"""


def test_a_clock_that_goes_back_and_forth_is_a_fact_in_the_log_and_breaks_nothing(sealed, tmp_path):
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "sitecustomize.py").write_text(BACK)
    (domain,) = {row[0] for row in _select(sealed, "SELECT vendor_domain FROM seeds")}

    def run(*arguments: str, is_back: bool) -> None:
        env = {**os.environ, **({"PYTHONPATH": str(tmp_path / "back")} if is_back else {})}
        command = [sys.executable, "-m", "partnerproof", "-w", str(sealed), *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 3), done.stderr  # 3: the authorities are gone by now

    for is_back in (True, False):
        run("hold", domain, "--why", "a lawsuit", is_back=is_back)
        run("seal", is_back=is_back)
        run("hold", domain, "--why", "it is over", "--lift", is_back=is_back)
        run("seal", is_back=is_back)
    checks = verify(sealed)
    assert not of(checks, "BROKEN")
    assert len([line for line in of(checks, "ok") if "the machine's clock had gone back by 7" in line]) == 1
    assert len(list((sealed / "var" / "seals").iterdir())) == 5
    assert any("table holds: 4 groups of rows as sealed" in line for line in of(checks, "ok"))
    with sqlite3.connect(sealed / "var" / "partnerproof.db") as database:
        database.execute("UPDATE holds SET why = 'else' WHERE rowid = 3")
    database.close()
    assert any(line.startswith("table holds, 2/3") for line in of(verify(sealed), "BROKEN"))


def _select(root: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        return database.execute(sql).fetchall()


def test_a_file_that_was_cut_is_told_when_sealing(sealed):
    (file,) = (sealed / "var" / "warc").glob("*.warc.gz")
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    told = run_partnerproof("-w", sealed, "seal", code=1)
    assert f"expected {len(whole)} bytes or more, got {len(whole) - 100}" in told


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sqlite_master SET sql = 'CREATE TABLE claims (rubbish' WHERE name = 'claims'",
        "UPDATE sqlite_master SET rootpage = 2 WHERE name = 'verdicts'",
        "UPDATE sqlite_master SET sql = replace(sql, 'claim_id', 'claim_of') WHERE name = 'claim_evidence'",
    ],
)
def test_a_damaged_schema_is_broken_and_no_command_shows_its_insides(sealed, damage):
    with sqlite3.connect(sealed / "var" / "partnerproof.db") as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute(damage)
    database.close()
    checks = verify(sealed)
    assert of(checks, "BROKEN")
    for command in (["findings"], ["seal"], ["report", "--out", str(sealed / "report")]):
        done = launch(["-w", str(sealed), *command], cwd=None, timeout_s=120)
        assert "Traceback" not in done.stderr, (command, done.stderr[-600:])
        assert done.returncode in (0, 1, 2, 3)
