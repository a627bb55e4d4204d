"""What an attacker with the disk can change unseen: attacks on a sealed, stamped, anchored workspace, and bytes changed at random.

Usage: python -m bench.tampering [--bytes 300] [--only WORDS]

A workspace is made with the demo's vendors' kind of pages: crawled, decided, written to, sealed by two authorities on loopback, anchored in a folder, backed up
in between. Each attack works on a copy, then a command of ours seals as if nothing had happened. What `verify`, `verify --deep` and
`verify --anchor` say is held against what the attack's line expects:

  broken   plain `verify` names it            deep    only `verify --deep` does
  anchor   only `verify --anchor` does        fact    nothing is wrong, and nothing may be called so

Needs openssl. It takes some minutes: 3 s an attack.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from casebook.cases.decisions import Verdict, decide
from casebook.cases.letter_facts import Sender
from casebook.cases.letter_templates import LetterTemplates
from casebook.cases.letters import LetterOrder, approve_letter, mark_sent, write_letter
from casebook.cases.stored_letters import require_letter
from ledger.database import Ledger, columns_of
from ledger.identity import event_id, utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.proof.fixity import Place
from ledger.proof.sealed_rows import TABLES
from ledger.proof.seals import Seals
from ledger.proof.verification import Verification
from ledger.proof.verifier import BROKEN, Check, canonical
from ledger.proof.writer_lock import acquire_writer_lock
from ledger.records import Case
from ledger.vocabulary import CaseState, CustodyEvent, Tone
from partnerproof.safekeeping.anchoring import check_anchors, trusted_certificates
from partnerproof.safekeeping.case_events import CaseCheck
from partnerproof.safekeeping.made_again import MadeAgain
from partnerproof.safekeeping.sealing import seal_workspace
from partnerproof.workspace import Workspace, find_workspace
from tests.conftest import SmallServer, draw_logo, make_acme, png, run_partnerproof, send
from tests.ledger.authorities import AuthorityServers, make_authority, stamping

PAGE = (
    "<title>V</title><h1>Our partners</h1><p>"
    + "Words about our work for ports. " * 30
    + "</p><p>We are an Acme reseller.</p><img src='/l.png'>"
)
DB = "partnerproof.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack. act: changes a workspace; expected: broken, deep, anchor or fact; words: that must be said."""

    name: str
    act: Callable[[Path], None]
    expected: str = "broken"
    words: str = ""


# --- the workspace -------------------------------------------------------------------------------------------------


def make(folder: Path, authorities: AuthorityServers) -> Path:
    """space: sealed twice; earlier: its var after the first seal; legal: the anchor."""
    folder.mkdir()
    root = make_acme(folder, png(draw_logo()))
    (folder / "legal").mkdir()
    with (root / "partnerproof.toml").open("a") as config:
        config.write(f'{authorities.config}\n[[seal.anchor]]\nname = "legal"\nto = "../legal"\n')
    _crawl(root, "First")
    shutil.copytree(root / "var", folder / "earlier")
    _crawl(root, "Second")
    workspace = find_workspace(root)
    with workspace.writing("serve"), workspace.open() as ledger:
        _write_to(ledger, workspace.custody)
        ledger.execute(
            "INSERT INTO holds SELECT ?, seed_id, 'laid', 'a suit', 'ann', ? FROM seeds LIMIT 1",
            [event_id(), utc_text()],
        )
    with workspace.writing("seal"):
        seal_workspace(workspace)
    return root


def _crawl(root: Path, name: str) -> None:
    server = SmallServer({"/": send(PAGE.replace("ports", name)), "/l.png": send(png(draw_logo()), "image/png")})
    (root / "seeds" / "v.csv").write_text(f'name,url\n"{name}",{server.url}/\n')
    run_partnerproof("-w", root, "crawl", root / "seeds" / "v.csv", "--delay", "0", "--allow-private")
    server.close()


def _write_to(ledger: Ledger, log: CustodyLog) -> None:
    case = ledger.select(Case, f"SELECT {columns_of(Case)} FROM cases ORDER BY case_id")[0]
    decide(
        ledger,
        log,
        Verdict(
            state=CaseState.CONFIRMED,
            reason="no-agreement",
            comment="",
            by="ann",
            seen={case.case_id: case.last_event_id},
        ),
    )
    (case,) = ledger.select(Case, f"SELECT {columns_of(Case)} FROM cases WHERE case_id = ?", [case.case_id])
    order = LetterOrder(tone=Tone.ENQUIRY, language="en", jurisdiction="other", recipient="First", contact="info@first.example", contact_source="imprint")  # fmt: skip
    sender = Sender(name="Acme's office", email="office@acme.example")
    letter = write_letter(ledger, LetterTemplates(), case, order, sender=sender, answer_days=14, by="ann")
    approve_letter(ledger, log, letter, seen=require_letter(ledger, letter).text_id, by="ben", is_approver=True)
    mark_sent(
        ledger,
        log,
        letter,
        seen=require_letter(ledger, letter).text_id,
        on=utc_now().date().isoformat(),
        how="e-mail",
        by="ann",
    )


# --- attacks -------------------------------------------------------------------------------------------------------


def sql(*statements: str, is_ours: bool = False) -> Callable[[Path], None]:
    """Change the database, as anybody can, or is_ours: while the writer lock is held, as if a command of ours did."""

    def act(root: Path) -> None:
        database = root / "var" / DB

        def run() -> None:
            connection = sqlite3.connect(database)
            for statement in statements:
                connection.executescript(statement)
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()

        if is_ours:
            with acquire_writer_lock(database, "match"):
                run()
        else:
            run()

    return act


def row_attacks(root: Path) -> Iterator[Attack]:
    """Change one value in each sealed table that has rows."""
    with sqlite3.connect(f"file:{root}/var/{DB}?mode=ro", uri=True) as database:
        for table in TABLES:
            if not database.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]:
                continue
            listed = [row for row in database.execute(f"PRAGMA table_xinfo({table.name})") if not row[6] and not row[5]]
            checked = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table.name]).fetchone()[0]
            texts = [
                row[1]
                for row in listed
                if row[2] == "TEXT" and not row[1].endswith("_id") and f"CHECK ({row[1]}" not in checked
            ]
            column = next(
                iter([name for name in texts if name not in ("event", "kind", "brand", "state")] or texts), None
            )
            if column is None:
                column = next(row[1] for row in listed if row[2] in ("INTEGER", "REAL"))
            value = f"{column} || ' '" if column in texts else f"{column} + 1"
            change = f"UPDATE {table.name} SET {column} = coalesce({value}, 'x') WHERE rowid = (SELECT min(rowid) FROM {table.name})"
            if "WITHOUT ROWID" in checked:
                change = f"UPDATE {table.name} SET {column} = coalesce({value}, 'x')"
            yield Attack(name=f"{table.name}.{column} changed by SQL", act=sql(change), words="changed by others")


def put_back_all(root: Path) -> None:
    shutil.rmtree(root / "var")
    shutil.copytree(root.parent / "earlier", root / "var")


def put_back_database(root: Path) -> None:
    shutil.copyfile(root.parent / "earlier" / DB, root / "var" / DB)


def cut_log(root: Path) -> None:
    log = root / "var" / "custody.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:-4]))


def cut_log_and_seal(root: Path) -> None:
    last = Seals.of(root / "var" / "seals").all[-1]
    reach = last.head["custody"]["entries"]
    shutil.rmtree(last.folder)
    log = root / "var" / "custody.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[: reach - 1]))
    put_right_digest(root)


def put_right_digest(root: Path) -> None:
    """What an attacker who knows us does last: an entry as a command's end leaves it."""
    with acquire_writer_lock(root / "var" / DB, "match"):
        pass


def rewrite_log(root: Path) -> None:
    log = root / "var" / "custody.jsonl"
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    log.unlink()
    for entry in entries:
        CustodyLog(log).add(
            CustodyEvent(entry["event"]),
            {**entry["details"], "command": "x"} if entry["event"] == "began" else entry["details"],
        )


def change_log(root: Path) -> None:
    log = root / "var" / "custody.jsonl"
    log.write_text(log.read_text().replace('"by":"ben"', '"by":"eve"', 1))


def drop_log_line(root: Path) -> None:
    log = root / "var" / "custody.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:5] + lines[6:]))


def remove_seal(place: int) -> Callable[[Path], None]:
    return lambda root: shutil.rmtree(Seals.of(root / "var" / "seals").all[place].folder)


def swap_seals(root: Path) -> None:
    one, two = (seal.folder for seal in Seals.of(root / "var" / "seals").all[:2])
    spare = one.with_name("spare")
    one.rename(spare)
    two.rename(one)
    spare.rename(two)


def edit_head(root: Path) -> None:
    path = Seals.of(root / "var" / "seals").all[0].folder / "head.json"
    head = json.loads(path.read_bytes())
    head["made_at"] = "2020-01-01T00:00:00Z"
    path.write_bytes(canonical(head) + b"\n")


def edit_manifest(root: Path) -> None:
    path = Seals.of(root / "var" / "seals").all[0].folder / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def swap_tokens(root: Path) -> None:
    one, two = (seal.folder / "first.tsr" for seal in Seals.of(root / "var" / "seals").all[:2])
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)


def remove_tokens(root: Path) -> None:
    for token in (root / "var" / "seals").glob("*/*.tsr"):
        token.unlink()


def swap_roots(root: Path) -> None:
    for roots in (root / "var" / "seals").glob("*/first.pem"):
        shutil.copyfile(make_authority("own") / "ca.pem", roots)


def stamp_as_another(root: Path) -> None:
    own, config = make_authority("own"), root / "partnerproof.toml"
    server = SmallServer({"/": stamping(own)})
    text = config.read_text().split("\n[[seal.authority]]")[0]
    config.write_text(f'{text}\n[[seal.authority]]\nname = "first"\nurl = "{server.url}/"\nroots = "{own / "ca.pem"}"\n[[seal.anchor]]\nname = "legal"\nto = "../legal"\n')  # fmt: skip
    for token in (root / "var" / "seals").glob("*/first.tsr"):
        token.unlink()
    workspace = find_workspace(root)
    with workspace.writing("seal"):
        seal_workspace(workspace)
    server.close()


def warc(change: Callable[[bytes], bytes], *, place: int = 0) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        path = sorted((root / "var" / "warc").iterdir())[place]
        path.write_bytes(change(path.read_bytes()))

    return act


def swap_warcs(root: Path) -> None:
    one, two = sorted((root / "var" / "warc").iterdir())[:2]
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)


def add_warc(root: Path) -> None:
    path = sorted((root / "var" / "warc").iterdir())[0]
    path.with_name("extra.warc.gz").write_bytes(path.read_bytes())


def replace_database(root: Path) -> None:
    (root / "var" / DB).unlink()
    with Ledger.open(root / "var" / DB):
        pass


def shift_clock(hours: int) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        from ledger.proof import custody, seals

        moved = lambda: utc_text(utc_now() + dt.timedelta(hours=hours))  # noqa: E731
        before = custody.utc_text, seals.utc_text
        custody.utc_text = seals.utc_text = moved  # type: ignore[assignment]  # another clock
        try:
            workspace = find_workspace(root)
            with workspace.writing("seal"), workspace.open() as ledger:
                ledger.execute(
                    "INSERT INTO holds SELECT ?, seed_id, 'lifted', 'over', 'ann', ? FROM seeds LIMIT 1",
                    [event_id(), moved()],
                )
                seal_workspace(workspace)
        finally:
            custody.utc_text, seals.utc_text = before

    return act


def delete_statement(root: Path) -> None:
    """An insider who can write to the anchor, too."""
    put_back_all(root)
    for path in sorted((root.parent / "legal").iterdir())[1:]:
        path.unlink()


def _leave_in_wal(root: Path) -> None:
    database = root / "var" / DB
    copies = [root.parent / f"kept{suffix}" for suffix in ("", "-wal")]
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE letters SET approved_by = 'eve'")
    connection.commit()
    for suffix, copy in zip(("", "-wal"), copies, strict=True):
        shutil.copyfile(f"{database}{suffix}", copy)
    connection.close()  # writes it into the database
    shutil.copyfile(copies[0], database)
    shutil.copyfile(copies[1], f"{database}-wal")


def _overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


OTHERS = (
    Attack(name="one row deleted from captures", act=sql("PRAGMA foreign_keys=OFF; DELETE FROM captures WHERE rowid = 1")),
    Attack(name="one row added to verdicts, authorised", act=sql("INSERT INTO verdicts SELECT 'x', claim_id, sequence + 1, search_id, 'authorised', rule, reasons, objections, as_of, rules_version, judged_at, judging_id, 0, close, facts FROM verdicts LIMIT 1"), words="changed by others"),
    Attack(name="rows of verdicts in another order", act=sql("UPDATE verdicts SET rowid = rowid + 1000 WHERE rowid = 1"), words="verdicts"),
    Attack(name="letters.approved_by, then a plain seal", act=sql("UPDATE letters SET approved_by = 'eve'"), words="letters"),
    Attack(name="accounts: an own administrator", act=sql("INSERT INTO accounts (account, role, password_hash, is_active, created_at) VALUES ('eve', 'admin', 'x', 1, '2026-01-01T00:00:00Z')"), words="changed"),
    Attack(name="a change in the write-ahead log alone", act=_leave_in_wal),
    Attack(name="our lock held: letters.approved_by", act=sql("UPDATE letters SET approved_by = 'eve'", is_ours=True), expected="deep", words="approved_by is eve, by its events ben"),
    Attack(name="our lock held: letters.sent_on", act=sql("UPDATE letters SET sent_on = '2020-01-01'", is_ours=True), expected="deep", words="sent_on is 2020-01-01"),
    Attack(name="our lock held: letter_texts.body", act=sql("UPDATE letter_texts SET body = 'Pay.'", is_ours=True), words="letter_texts"),
    Attack(name="our lock held: cases.state", act=sql("UPDATE cases SET state = 'authorised'", is_ours=True), expected="deep", words="state is authorised"),
    Attack(name="our lock held: cases.decided_by", act=sql("UPDATE cases SET decided_by = 'eve' WHERE decided_by IS NOT NULL", is_ours=True), expected="deep", words="decided_by is eve"),
    Attack(name="our lock held: a decision's event", act=sql("UPDATE case_events SET by = 'eve' WHERE event = 'decided'", is_ours=True), words="case_events"),
    Attack(name="our lock held: passages.text", act=sql("UPDATE passages SET text = replace(text, 'reseller', 'customer')", is_ours=True), expected="deep", words="and comes out as"),
    Attack(name="our lock held: sightings.alt", act=sql("UPDATE sightings SET alt = 'our partner'", is_ours=True), expected="deep", words="alt is 'our partner'"),
    Attack(name="our lock held: logo_matches.score", act=sql("UPDATE logo_matches SET score = 0.999", is_ours=True), expected="deep", words="score is 0.999"),
    Attack(name="our lock held: text_matches.relation", act=sql("UPDATE text_matches SET relation = 'partner' WHERE relation = 'reseller'", is_ours=True), expected="deep", words="relation is 'partner'"),
    Attack(name="our lock held: claim_evidence.tier", act=sql("UPDATE claim_evidence SET tier = 'Gold'", is_ours=True), expected="deep", words="tier is 'Gold'"),
    Attack(name="our lock held: pages.health", act=sql("UPDATE pages SET health = 'challenge'", is_ours=True), expected="deep", words="health is 'challenge'"),
    Attack(name="our lock held: verdicts.verdict", act=sql("UPDATE verdicts SET verdict = 'authorised'", is_ours=True), words="verdicts"),
    Attack(name="our lock held: a claim's evidence invented", act=sql("INSERT OR IGNORE INTO claims SELECT 'x', seed_id, brand, 'member' FROM claims LIMIT 1; INSERT INTO claim_evidence SELECT 'x', evidence_id, evidence, page_id, sighting_id, match_id, text_match_id, tier, programme, reasons, seen_at FROM claim_evidence LIMIT 1", is_ours=True), expected="deep", words="does not come out of the archive"),
    Attack(name="all put back to an earlier copy", act=put_back_all, expected="anchor", words="put back to an earlier state"),
    Attack(name="all put back, and the anchor's statements since deleted", act=delete_statement, expected="fact"),
    Attack(name="the database alone put back", act=put_back_database),
    Attack(name="the database replaced by an empty one of ours", act=replace_database),
    Attack(name="the log cut by its last entries", act=cut_log, expected="anchor", words="anchor legal"),
    Attack(name="the log cut, with the last seal", act=cut_log_and_seal, expected="anchor", words="anchor legal"),
    Attack(name="the log written anew with another chain", act=rewrite_log, words="was made over another custody log"),
    Attack(name="a name in the log changed", act=change_log, words="it does not match its own digest"),
    Attack(name="a line of the log taken out", act=drop_log_line, words="does not follow from the line before it"),
    Attack(name="the log deleted", act=lambda root: (root / "var" / "custody.jsonl").unlink()),
    Attack(name="the first seal deleted", act=remove_seal(0), words="is missing, and the custody log tells of it"),
    Attack(name="the last seal deleted", act=remove_seal(-1), words="is missing, and the custody log tells of it"),
    Attack(name="two seals swapped", act=swap_seals, words="head.json"),
    Attack(name="a seal's time changed", act=edit_head, words="is not the one that the custody log tells of"),
    Attack(name="a seal's manifest cut", act=edit_manifest, words="manifest.jsonl"),
    Attack(name="tokens of two seals swapped", act=swap_tokens, words="it is not the token that the custody log tells of"),
    Attack(name="all tokens deleted", act=remove_tokens, words="the custody log tells of an earlier one"),
    Attack(name="the authority's roots replaced", act=swap_roots, words="root certificates"),
    Attack(name="an own authority under a known name, configured", act=stamp_as_another, words="the custody log tells of an earlier one"),
    Attack(name="a WARC file cut", act=warc(lambda data: data[:-100]), words=""),
    Attack(name="a WARC file emptied", act=warc(lambda data: b"")),
    Attack(name="a WARC file with a byte more in front", act=warc(lambda data: b"x" + data)),
    Attack(name="two WARC files swapped", act=swap_warcs),
    Attack(name="a WARC file deleted", act=lambda root: sorted((root / "var" / "warc").iterdir())[0].unlink()),
    Attack(name="a WARC file added", act=add_warc, expected="fact"),
    Attack(name="the clock two hours back for a seal", act=shift_clock(-2), expected="fact"),
    Attack(name="the clock a year ahead for a seal", act=shift_clock(24 * 365), expected="fact"),
    Attack(name="a table dropped", act=sql("PRAGMA foreign_keys=OFF; DROP TABLE searches")),
    Attack(name="a table renamed", act=sql("ALTER TABLE verdicts RENAME TO judgements")),
    Attack(name="a column added", act=sql("ALTER TABLE letters ADD COLUMN more TEXT")),
    Attack(name="a view that says something else", act=sql("DROP VIEW v_findings; CREATE VIEW v_findings AS SELECT 1 AS claim_id")),
    Attack(name="a trigger that changes rows", act=sql("CREATE TRIGGER t AFTER INSERT ON case_events BEGIN UPDATE letters SET approved_by = 'eve'; END")),
    Attack(name="the schema's text damaged", act=sql("PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = 'CREATE TABLE verdicts (' WHERE name = 'verdicts'")),
    Attack(name="the database's head damaged", act=lambda root: _overwrite(root / "var" / DB, 0, b"not a database of SQLite")),
    Attack(name="a page of the database zeroed", act=lambda root: _overwrite(root / "var" / DB, 4096 * 7, bytes(4096))),
)  # fmt: skip


# --- what is said of it --------------------------------------------------------------------------------------------


def plain(workspace: Workspace) -> list[Check]:
    var = workspace.var
    place = Place(
        database=workspace.database,
        warc_dir=workspace.warc,
        seals_dir=workspace.seals,
        fixity=var / "fixity.jsonl",
        log=workspace.custody,
    )
    return Verification(place, trusted=trusted_certificates(workspace)).run()


def deep(workspace: Workspace) -> list[Check]:
    with workspace.open_readonly() as ledger:
        cases = list(CaseCheck(ledger, workspace.custody.entries()).checks())
    return [*cases, *MadeAgain(workspace).checks()]


def broken(checks: list[Check]) -> str:
    return "\n".join(f"{check.what}: {check.detail}" for check in checks if check.outcome == BROKEN)


def judge(root: Path, attack: Attack) -> str | None:
    """Seal as if nothing had happened, verify, and return what is other than expected; None: nothing is."""
    workspace = find_workspace(root)
    try:
        with workspace.writing("seal"):
            seal_workspace(workspace)
    except Exception:  # noqa: BLE001, S110  # a command may refuse what it finds; verify has to say what it is
        pass
    said = broken(plain(workspace))
    if attack.expected == "broken":
        return (
            None
            if said and attack.words in said
            else f"expected {attack.words or 'something'}, got {said[:300] or 'nothing'}"
        )
    if said:
        return f"plain verify was expected to say nothing, got {said[:300]}"
    if attack.expected == "deep":
        said = broken(deep(workspace))
    elif attack.expected == "anchor":
        said = broken(list(check_anchors(workspace, ())))
    else:
        said = broken([*deep(workspace), *check_anchors(workspace, ())])
        return f"expected nothing, got {said[:300]}" if said else None
    return None if attack.words in said and said else f"expected {attack.words}, got {said[:300] or 'nothing'}"


def try_attacks(root: Path, chosen: str) -> int:
    attacks = [
        attack
        for attack in (*row_attacks(root), *OTHERS)
        if not chosen or any(words in attack.name for words in chosen.split("|"))
    ]
    counts: Counter[str] = Counter()
    for attack in attacks:
        with tempfile.TemporaryDirectory() as made:
            folder = shutil.copytree(root.parent, Path(made) / "all")
            attack.act(folder / root.name)
            failure = judge(folder / root.name, attack)
        counts["as expected" if failure is None else "NOT"] += 1
        print(
            f"{'ok' if failure is None else 'NOT':>4}  {attack.expected:7} {attack.name}{'' if failure is None else f': {failure}'}",
            flush=True,
        )
    print(f"{len(attacks)} attacks: {dict(counts)}")
    return counts["NOT"]


def flip_bytes(root: Path, count: int, seed: int = 1) -> int:
    """Change one byte at a time, and put it back."""
    chance, var = random.Random(seed), root / "var"
    kinds = {
        "database": [var / DB], "WARC": sorted((var / "warc").iterdir()), "log": [var / "custody.jsonl"],
        "head and manifest": sorted([*var.glob("seals/*/head.json"), *var.glob("seals/*/manifest.jsonl")]),
        "token and roots": sorted([*var.glob("seals/*/*.tsr"), *var.glob("seals/*/*.pem")]),
    }  # fmt: skip
    found: Counter[str] = Counter()
    workspace = find_workspace(root)
    for number in range(count):
        kind = list(kinds)[number % len(kinds)]
        path = chance.choice(kinds[kind])
        data = path.read_bytes()
        at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        status = path.stat()
        _overwrite(path, at, bytes([data[at] ^ bit]))
        is_found = bool(broken(plain(workspace)))
        found[f"{kind}: {'found' if is_found else 'NOT FOUND'}"] += 1
        if not is_found:
            print(f"NOT FOUND: {path.name}, byte {at}, bit {bit}")
        path.write_bytes(data)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    print(f"{count} one-byte changes: {dict(sorted(found.items()))}")
    return sum(number for kind, number in found.items() if "NOT" in kind)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=300)
    parser.add_argument("--only", default="", help="attacks whose names have these words")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)  # that somebody changed the database
    with tempfile.TemporaryDirectory() as folder, AuthorityServers() as authorities:
        root = make(Path(folder) / "all", authorities)
        workspace = find_workspace(root)
        said = broken([*plain(workspace), *deep(workspace), *check_anchors(workspace, ())])
        if said:
            print(f"the workspace is broken before any attack: {said}")
            return 1
        missed = try_attacks(root, asked.only)
        return 1 if missed + (flip_bytes(root, asked.bytes) if asked.bytes else 0) else 0


if __name__ == "__main__":
    sys.exit(main())
