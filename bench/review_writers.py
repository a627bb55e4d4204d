"""Two reviewers and a crawl write to one database at once, as fast as they can; afterwards nothing may be missing.

python -m bench.review_writers [--seconds 600] [--vendors 60] [--day]

A real `serve`, real crawls of generated vendors one after another, two accounts that decide, undo, put off, assign and comment over
HTTP without a pause. Printed: what was asked and answered, how long it took, and what is wrong afterwards:

1. an answer of 500 or more, an answer that tells of a lock, a crawl that failed;
2. an accepted decision, undoing or comment that is not in case_events, or, as far as it is one, not in the custody log;
3. a case, letter or reply that is not what its events make of it;
4. a workspace that does not verify.

With --day it is a day in ten minutes: other commands run beside it, a program orders jobs of every kind by the API, and the server is killed every 20 to 60
seconds. Then, too: a job that was accepted and is lost, was done twice, or failed.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlencode

from bench.generated_web import GeneratedWeb
from bench.job_orders import Orderer, allow_jobs, read_job_faults, wait_for_jobs
from bench.kill import make_workspace, run_to_end, start_crawl
from casebook.cases.decisions import REASONS
from casebook.web.access.accounts import add_account
from ledger.database import Ledger, columns_of
from ledger.proof.custody import CustodyLog
from ledger.proof.verifier import BROKEN
from ledger.proof.writer_lock import acquire_writer_lock
from ledger.records import CaseEventRow
from ledger.vocabulary import CaseEvent, CaseState, Role
from partnerproof.safekeeping.case_events import CaseCheck

T = TypeVar("T")
PASSWORD = "a password of this benchmark"  # noqa: S105  # of a server on loopback, gone with it
KINDS = {"decided", "undone", "commented"}
MOST_LATE_S = 90.0
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
    is_cut_off: bool = False  # the server will be killed under its hands
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
            while (now := time.monotonic()) < until or (self._has_more_to_do() and now < until + MOST_LATE_S):
                self.act()
        except (OSError, http.client.HTTPException) as error:
            if not self.is_cut_off:
                self.problems.append(f"{self.account}: {type(error).__name__} {error}")
        finally:
            self.close()

    def _has_more_to_do(self) -> bool:
        """Whether something that reviewers do was not done once: a busy machine may leave no time for it."""
        return not self.is_cut_off and {each.what for each in self.accepted} < KINDS

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
def serving(root: Path, *, is_killed: bool = False) -> Iterator[int]:
    """Serve a workspace; yields the port. is_killed: it ends by SIGKILL."""
    command = [sys.executable, "-m", "partnerproof", "-w", str(root), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        server.kill() if is_killed else server.terminate()


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


def others_on(root: Path, until: float) -> tuple[Counter[str], list[str]]:
    """Judge, watch, seal and verify again and again until a moment; returns what ended how, and what went wrong."""
    counts, problems = Counter[str](), []
    commands = (("judge",), ("seal",), ("watch", "--once", "--allow-private", "--delay", "0"), ("verify",), ("report",))
    for command in itertools.cycle(commands):
        if time.monotonic() >= until:
            return counts, problems
        done = subprocess.run([sys.executable, "-m", "partnerproof", "-w", str(root), *command], capture_output=True, text=True, check=False)  # fmt: skip
        counts[f"{command[0]} {done.returncode}"] += 1
        # 3: another command writes, or something is not stamped
        if done.returncode not in (0, 3) or "Traceback" in done.stderr or "BROKEN" in done.stdout:
            problems.append(f"{command[0]}: {done.returncode} {done.stdout[-300:]} {done.stderr[-300:]}")
    return counts, problems


def read_faults(root: Path, accepted: list[Accepted]) -> list[str]:
    """Return what is missing or does not fit after everybody has stopped."""
    log = CustodyLog(root / "var" / "custody.jsonl").entries()
    with Ledger.open_readonly(root / "var" / "partnerproof.db") as ledger:
        events = ledger.select(CaseEventRow, f"SELECT {columns_of(CaseEventRow)} FROM case_events ORDER BY rowid")
        checks = list(CaseCheck(ledger, log).checks())
    stored = {("decided", event.batch_id, event.by) for event in events if event.event == CaseEvent.DECIDED}
    stored |= {("undone", event.details["batch"], event.by) for event in events if event.event == CaseEvent.UNDONE}
    stored |= {
        ("commented", event.details["comment"], event.by) for event in events if event.event == CaseEvent.COMMENTED
    }
    logged = {
        ("undone" if entry["details"]["decision"] == "undone" else "decided", entry["details"]["batch"], entry["by"])
        for entry in log
        if entry["event"] == "decided" and "batch" in entry["details"]
    }
    faults = []
    for one in accepted:
        key = (one.what, one.key, one.by)
        if key not in stored:
            faults.append(f"{one.what} by {one.by}, {one.key}: accepted, but in no event")
        if one.what != "commented" and key not in logged:
            faults.append(f"{one.what} by {one.by}, {one.key}: accepted, but not in the custody log")
    return [*faults, *(f"{check.what}: {check.detail}" for check in checks if check.outcome == BROKEN)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it. others: what the other commands ended with, where they ran; kills: of the server."""

    reviewers: list[Reviewer]
    crawls: int
    problems: list[str]
    others: Counter[str]
    kills: int


def run(root: Path, *, seconds: float, vendors: int, seed: int = 1, is_day: bool = False) -> Done:
    """Make a workspace and let all write to it for a time. is_day: other commands run too, and the server is killed now and then."""
    others, kills = Counter[str](), 0
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
        orderer = Orderer(web, allow_jobs(root, web, vendors), vendors) if is_day else None
        until = time.monotonic() + seconds
        ordering = None if orderer is None else _Task(lambda: orderer.order_on(until))
        reviewers: list[Reviewer] = []
        crawling = _Task(lambda: crawl_on(root, seeds, web, until))
        beside = _Task(lambda: others_on(root, until)) if is_day else None
        chance = random.Random(seed)
        while time.monotonic() < until:
            turn_until = min(until, time.monotonic() + chance.uniform(20, 60)) if is_day else until
            is_last = turn_until == until
            with serving(root, is_killed=not is_last) as port:
                if orderer is not None:
                    orderer.port = port
                now = [
                    Reviewer(port, name, random.Random(f"{name} {seed} {kills}"), is_cut_off=not is_last)
                    for name in ("ann", "bob")
                ]
                # whoever is at work when the server is killed: what was answered before counts
                threads = [threading.Thread(target=reviewer.work, args=[until], daemon=True) for reviewer in now]
                for thread in threads:
                    thread.start()
                time.sleep(max(0.0, turn_until - time.monotonic()))
                if is_last:
                    for thread in threads:
                        thread.join(180)
                    if orderer is not None:
                        wait_for_jobs(root, at_most_s=300)
                elif orderer is not None:
                    orderer.port = None
            for thread in threads:
                thread.join(180)
            kills += not is_last
            reviewers += now
        crawls, problems = crawling.result()
        if beside is not None:
            others, wrong = beside.result()
            problems += wrong
    if orderer is not None and ordering is not None:
        ordering.result()
        counts, faults = read_job_faults(root, orderer.accepted)
        others += Counter({f"job {what}": count for what, count in counts.items()})
        problems += orderer.problems + faults
    problems += [problem for reviewer in reviewers for problem in reviewer.problems]
    problems += read_faults(root, [one for reviewer in reviewers for one in reviewer.accepted])
    options = ["--deep"] if is_day else []
    verified = subprocess.run([sys.executable, "-m", "partnerproof", "-w", str(root), "verify", *options], capture_output=True, text=True, check=False)  # fmt: skip
    if "nothing is broken" not in verified.stdout:
        problems.append(f"verify: {verified.stdout[-800:]}{verified.stderr[-200:]}")
    return Done(reviewers=reviewers, crawls=crawls, problems=problems, others=others, kills=kills)


class _Task(Generic[T]):
    """Something that runs beside, with its result."""

    def __init__(self, act: Callable[[], T]) -> None:
        self._results: list[T] = []
        self._thread = threading.Thread(target=lambda: self._results.append(act()), daemon=True)
        self._thread.start()

    def result(self) -> T:
        self._thread.join(600)
        return self._results[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--vendors", type=int, default=60)
    parser.add_argument(
        "--day",
        action="store_true",
        help="also judge, watch, seal, verify, report, jobs; kill the server now and then; verify --deep",
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = run(Path(folder, "space"), seconds=asked.seconds, vendors=asked.vendors, is_day=asked.day)
    reviewers, crawls, problems = done.reviewers, done.crawls, done.problems
    statuses = sum((reviewer.statuses for reviewer in reviewers), Counter[str]())
    for kind, count in sorted(statuses.items()):
        print(f"{kind:16} {count:7,}")
    for kind in sorted(reviewers[0].seconds):
        times = sorted(1_000 * value for reviewer in reviewers for value in reviewer.seconds[kind])
        print(f"{kind:16} median {statistics.median(times):6.0f} ms, p99 {times[int(0.99 * len(times))]:6.0f} ms, longest {times[-1]:6.0f} ms")  # fmt: skip
    told = Counter(one.what for reviewer in reviewers for one in reviewer.accepted)
    print(f"accepted: {', '.join(f'{count:,} {what}' for what, count in told.items())}; {crawls} crawls beside them")
    if asked.day:
        print(
            f"the server was killed {done.kills} times; beside it: {', '.join(f'{what} x {count}' for what, count in sorted(done.others.items()))}"
        )
    print("\n".join(problems[:20]) or "nothing is missing, nobody was told of a lock, the custody log verifies")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
