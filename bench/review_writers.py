"""Two reviewers and a crawl write to one database at once, as fast as they can; afterwards nothing may be missing.

python -m bench.review_writers [--seconds 600] [--vendors 60]

A real `serve`, real crawls of generated vendors one after another, two accounts that decide, undo, put off, assign and comment over
HTTP without a pause. Printed: what was asked and answered, how long it took, and what is wrong afterwards:

1. an answer of 500 or more, an answer that tells of a lock, a crawl that failed;
2. an accepted decision, undoing or comment that is not in case_events, or, as far as it is one, not in the custody log;
3. a case whose state, reason or assignee is not what its events make of it;
4. a custody log that does not verify.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bench.generated_web import GeneratedWeb
from bench.kill import make_workspace, run_to_end, start_crawl
from casebook.cases.decisions import REASONS
from casebook.web.access.accounts import add_account
from ledger.database import Ledger
from ledger.proof.custody import CustodyLog
from ledger.proof.writer_lock import acquire_writer_lock
from ledger.vocabulary import CaseEvent, CaseState, Role

PASSWORD = "a password of this benchmark"  # noqa: S105  # of a server on loopback, gone with it
STATES = ("needs-a-register", "confirmed", "not-a-claim", "duplicate", "later", "authorised", "false-match")
# most decisions touch the case alone; a false match also takes its image out of matches and claims, in the background
DECISIONS = [*REASONS, CaseState.CONFIRMED, CaseState.NOT_A_CLAIM, CaseState.DUPLICATE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What the server said yes to. what: decided or undone, with the batch; commented, with the words."""

    by: str
    what: str
    key: str


@dataclass
class Reviewer:
    """One account at one connection."""

    port: int
    account: str
    chance: random.Random
    accepted: list[Accepted] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _cookie: str = ""
    _csrf: str = ""
    _said: int = 0

    def __post_init__(self) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        self.ask("log in", "POST", "/login", {"account": self.account, "password": PASSWORD})
        self._csrf = re.findall(r'name="csrf" value="([^"]+)"', self.ask("help", "GET", "/help")[1])[0]

    def ask(
        self, kind: str, method: str, path: str, form: dict[str, str | list[str]] | None = None
    ) -> tuple[int, str, str]:
        """Return status, body and where the answer leads."""
        body = urlencode({"csrf": self._csrf, **form}, doseq=True) if form is not None else None
        headers = {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"}
        began = time.perf_counter()
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        text = answer.read().decode()
        self.seconds[kind].append(time.perf_counter() - began)
        self.statuses[f"{kind} {answer.status}"] += 1
        if answer.status >= 500 or "locked" in text:
            self.problems.append(f"{kind} {path}: {answer.status} {text[-400:]!r}")
        if found := answer.getheader("set-cookie"):
            self._cookie = found.split(";")[0]
        return answer.status, text, answer.getheader("location") or ""

    def close(self) -> None:
        self._http.close()

    def work(self, until: float) -> None:
        try:
            while time.monotonic() < until:
                self.act()
        except (OSError, http.client.HTTPException) as error:
            self.problems.append(f"{self.account}: {type(error).__name__} {error}")
        finally:
            self.close()

    def act(self) -> None:
        """Look at the queue, then do something to one to three of its cases."""
        state = self.chance.choice(STATES)
        _, page, _ = self.ask("queue", "GET", f"/?state={state}" if state else "/")
        ticks = re.findall(r'name="case" value="(\w+:\w+)"', page)
        if not ticks:
            return
        chosen = self.chance.sample(ticks, min(len(ticks), self.chance.choice((1, 1, 2, 3))))
        if self.chance.random() < 0.3:
            self.ask("case", "GET", f"/cases/{chosen[0].partition(':')[0]}")
        what = self.chance.choice(("decide", "decide", "decide and undo", "comment", "later", "assign"))
        if what.startswith("decide"):
            self.decide(chosen, takes_back=what != "decide")
        elif what == "comment":
            self._said += 1
            words = f"{self.account} says {self._said}"
            if self.ask("comment", "POST", "/comment", {"case": chosen[0], "comment": words})[0] == 303:
                self.accepted.append(Accepted(by=self.account, what="commented", key=words))
        elif what == "later":
            self.ask("later", "POST", "/later", {"case": chosen, "until": ""})
        else:
            self.ask("assign", "POST", "/assign", {"case": chosen, "to": self.chance.choice(("ann", "bob", ""))})

    def decide(self, chosen: list[str], *, takes_back: bool) -> None:
        decision = self.chance.choice(DECISIONS)
        form: dict[str, str | list[str]] = {"case": chosen, "decision": f"{decision}:{next(iter(REASONS[decision]))}"}
        status, _, target = self.ask("decide", "POST", "/decide", form)
        if status != 303:
            return
        batch = re.findall(r"done=(\w+)", target)[0]
        self.accepted.append(Accepted(by=self.account, what="decided", key=batch))
        if takes_back and self.ask("undo", "POST", "/undo", {"batch": batch})[0] == 303:
            self.accepted.append(Accepted(by=self.account, what="undone", key=batch))


@contextmanager
def serving(root: Path) -> Iterator[int]:
    """Serve a workspace; yields the port."""
    command = [sys.executable, "-m", "partnerproof", "-w", str(root), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        server.terminate()


def crawl_on(root: Path, seeds: Path, web: GeneratedWeb, until: float) -> tuple[int, list[str]]:
    """Crawl again and again until a moment, each time with changed vendors; returns how often, and what went wrong."""
    count, problems = 0, []
    while time.monotonic() < until:
        web.edition += 1
        process = start_crawl(root, seeds)
        try:
            _, said = process.communicate(timeout=max(1.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # as somebody who has seen enough: it ends in order
            _, said = process.communicate(timeout=120)
        count += 1
        # one that had just ended dies of the signal itself
        if process.returncode not in (0, 130, -signal.SIGINT) or b"locked" in said:
            problems.append(f"crawl {count} ended with {process.returncode}: {said.decode()[-400:]}")
    return count, problems


def read_faults(root: Path, accepted: list[Accepted]) -> list[str]:
    """Return what is missing or does not fit after everybody has stopped."""
    database = sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    events = database.execute("SELECT * FROM case_events ORDER BY rowid").fetchall()  # as they were added
    cases = database.execute("SELECT * FROM cases").fetchall()
    database.close()
    stored = {("decided", row["batch_id"], row["by"]) for row in events if row["event"] == CaseEvent.DECIDED}
    stored |= {
        ("undone", json.loads(row["details"])["batch"], row["by"]) for row in events if row["event"] == CaseEvent.UNDONE
    }
    stored |= {
        ("commented", json.loads(row["details"])["comment"], row["by"])
        for row in events
        if row["event"] == CaseEvent.COMMENTED
    }
    logged = {
        ("undone" if entry["details"]["decision"] == "undone" else "decided", entry["details"]["batch"], entry["by"])
        for entry in CustodyLog(root / "var" / "custody.jsonl").entries()
        if entry["event"] == "decided"
    }  # fmt: skip
    faults = []
    for one in accepted:
        key = (one.what, one.key, one.by)
        if key not in stored:
            faults.append(f"{one.what} by {one.by}, {one.key}: accepted, but in no event")
        if one.what != "commented" and key not in logged:
            faults.append(f"{one.what} by {one.by}, {one.key}: accepted, but not in the custody log")
    by_case: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in events:
        by_case[row["case_id"]].append(row)
    for case in cases:
        faults += _misfits(case, by_case[case["case_id"]])
    return faults


def _misfits(case: sqlite3.Row, events: list[sqlite3.Row]) -> list[str]:
    """Play a case's events over again, and compare each step and the end."""
    now: dict[str, object] = {"state": "open", "reason": None, "assignee": None}
    faults = []
    for event in events:
        details, before = json.loads(event["details"]), json.loads(event["before"])
        if before and any(before[name] != value for name, value in now.items()):
            faults.append(f"case {case['case_id']}, event {event['event_id']}: found {before}, expected {now}")
        match event["event"]:
            case CaseEvent.DECIDED:
                now |= {"state": details["decision"], "reason": details["reason"]}
            case CaseEvent.UNDONE:
                undone = next(row for row in events if row["batch_id"] == details["batch"])
                now |= {name: json.loads(undone["before"])[name] for name in now}
            case CaseEvent.PUT_OFF:
                now |= {"state": "later"}
            case CaseEvent.ASSIGNED:
                now |= {"assignee": details["to"]}
            case CaseEvent.CLOSED:
                now |= {"state": "closed"}
            case CaseEvent.CHANGED if details["state"] not in ("open", "later", "waiting-approval"):
                now |= {"state": "open", "reason": None}
    if {name: case[name] for name in now} != now or case["last_event_id"] != events[-1]["event_id"]:
        faults.append(
            f"case {case['case_id']}: is {case['state']}, {case['reason']}, {case['assignee']}, expected {now}"
        )
    return faults


def run(root: Path, *, seconds: float, vendors: int, seed: int = 1) -> tuple[list[Reviewer], int, list[str]]:
    """Make a workspace and let all write to it for a time; returns the reviewers, how often it was crawled, and all faults."""
    with GeneratedWeb(vendors) as web:
        seeds = root.parent / "seeds.csv"
        web.write_seeds(seeds)
        make_workspace(root)
        web.changed_percent = 50
        run_to_end(root, seeds)
        database = root / "var" / "partnerproof.db"
        with acquire_writer_lock(database, "accounts"), Ledger.open(database) as ledger:
            for account in ("ann", "bob"):
                add_account(ledger, account, Role.ADMIN, PASSWORD)
        with serving(root) as port:
            reviewers = [Reviewer(port, name, random.Random(f"{name} {seed}")) for name in ("ann", "bob")]
            until = time.monotonic() + seconds
            threads = [threading.Thread(target=reviewer.work, args=[until], daemon=True) for reviewer in reviewers]
            for thread in threads:
                thread.start()
            crawls, problems = crawl_on(root, seeds, web, until)
            for thread in threads:
                thread.join(180)
    problems += [problem for reviewer in reviewers for problem in reviewer.problems]
    problems += read_faults(root, [one for reviewer in reviewers for one in reviewer.accepted])
    verified = subprocess.run([sys.executable, "-m", "partnerproof", "-w", str(root), "verify"], capture_output=True, text=True, check=False)  # fmt: skip
    if "nothing is broken" not in verified.stdout:
        problems.append(f"verify: {verified.stdout[-800:]}{verified.stderr[-200:]}")
    return reviewers, crawls, problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--vendors", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reviewers, crawls, problems = run(Path(folder, "space"), seconds=asked.seconds, vendors=asked.vendors)
    statuses = sum((reviewer.statuses for reviewer in reviewers), Counter[str]())
    for kind, count in sorted(statuses.items()):
        print(f"{kind:16} {count:7,}")
    for kind in sorted(reviewers[0].seconds):
        times = sorted(1_000 * value for reviewer in reviewers for value in reviewer.seconds[kind])
        print(f"{kind:16} median {statistics.median(times):6.0f} ms, p99 {times[int(0.99 * len(times))]:6.0f} ms, longest {times[-1]:6.0f} ms")  # fmt: skip
    told = Counter(one.what for reviewer in reviewers for one in reviewer.accepted)
    print(f"accepted: {', '.join(f'{count:,} {what}' for what, count in told.items())}; {crawls} crawls beside them")
    print("\n".join(problems[:20]) or "nothing is missing, nobody was told of a lock, the custody log verifies")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
