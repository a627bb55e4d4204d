"""How fast the review application answers: many cases and sightings, many users at once, a real server on loopback.

python -m bench.review_load [--cases 50000] [--sightings 1000000] [--users 20] [--seconds 60] [--folder DIR]

With --folder the workspace is kept there, and used again the next time.

Each user looks at the queue with some filter, now and then at the dashboard, opens a case, goes to the next, now and then
decides, and thinks for a second between two requests (0.5 to 1.5 s). Printed: of each kind of request how many, median and 99th percentile in ms.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from casebook.cases.cases import sync_cases
from casebook.register.imports import import_register
from casebook.verdicts.judge import Judge
from casebook.web.access.accounts import add_account
from ledger.database import Ledger
from ledger.identity import content_id, event_id, utc_now
from ledger.vocabulary import Role, Tone
from partnerproof.workspace import create_workspace

PASSWORD = "a password of this benchmark"  # noqa: S105  # of a server on loopback, gone with it
CRAWL = "01CRAWLOFTHISBENCHMARK"
COUNTRIES, LANGUAGES = ("GB", "DE", "FR", "CN", "US", "BR"), ("en", "de", "fr", "zh", "pt")


def fill(ledger: Ledger, cases: int, sightings: int) -> None:
    connection = ledger.database.conn
    connection.execute("PRAGMA foreign_keys = OFF")
    at = "2026-11-0{}T10:00:00Z"
    each = max(1, sightings // cases)

    def many(table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
        holes = ", ".join("?" * len(columns.split(", ")))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({holes})", rows)

    vendors = range(cases)
    connection.execute("BEGIN")
    many(
        "brands",
        "brand, name, aliases, domains, not_when, tiers, recorded_at",
        iter([("acme", "Acme", '["艾克米"]', '["acme.example"]', "[]", "[]", at.format(1))]),
    )
    many(
        "official_logos",
        "official_logo_id, brand, file, variant, content, is_current, recorded_at, usage",
        iter([("logo", "acme", "acme.svg", "colour", b"", 1, at.format(1), "{}")]),
    )
    many(
        "crawls",
        "crawl_id, kind, order_sha256, seeds_file, settings, made_with, tool_version, started_at, ended_at",
        iter([(CRAWL, "crawl", "", "s.csv", "{}", "{}", "0", at.format(1), at.format(1))]),
    )
    many(
        "seeds",
        "seed_id, vendor, vendor_domain, start_urls, country, aliases, identifiers",
        (
            (content_id("seed", n), f"Vendor {n} 微软{n % 7}", f"vendor{n}.example", "[]", COUNTRIES[n % 6], "[]", "[]")
            for n in vendors
        ),
    )
    many(
        "visits",
        "visit_id, crawl_id, seed_id, ordinal, state, started_at, ended_at, end_reason, pages, requests, body_bytes",
        (
            (
                content_id("visit", n),
                CRAWL,
                content_id("seed", n),
                n,
                "done",
                at.format(n % 9 + 1),
                at.format(n % 9 + 1),
                "complete",
                1,
                1,
                1,
            )
            for n in vendors
        ),
    )
    many(
        "looks",
        "look_id, visit_id, purpose, requested_url, outcome, status, content_sha256, looked_at",
        (
            (
                content_id("look", n),
                content_id("visit", n),
                "page",
                f"https://vendor{n}.example/partners",
                "looked",
                200,
                content_id("page bytes", n),
                at.format(n % 9 + 1),
            )
            for n in vendors
        ),
    )
    many(
        "looks",
        "look_id, visit_id, purpose, requested_url, outcome, status, content_sha256, looked_at",
        (
            (
                content_id("image look", n),
                content_id("visit", n),
                "image",
                f"https://vendor{n}.example/acme.png",
                "looked",
                200,
                content_id("image", n % (cases // 3 or 1)),
                at.format(n % 9 + 1),
            )
            for n in vendors
        ),
    )
    many(
        "pages",
        "page_id, visit_id, look_id, url, link_text, title, language, kind, kind_reasons, health, stylesheet_looks, own_names, extractor_version",
        (
            (
                content_id("page", n),
                content_id("visit", n),
                content_id("look", n),
                f"https://vendor{n}.example/partners",
                "",
                f"Our partners {n}",
                LANGUAGES[n % 5],
                "partners",
                "[]",
                "ok",
                "[]",
                "[]",
                2,
            )
            for n in vendors
        ),
    )
    many(
        "sightings",
        "sighting_id, page_id, found_by, ordinal, image_url, look_id, heading_trail, zone, section_kind, section_reasons, is_hidden",
        (
            (
                content_id("sighting", n, k),
                content_id("page", n),
                "img",
                k,
                f"https://vendor{n}.example/{k}.png",
                content_id("image look", n) if k == 0 else None,
                '["Our partners"]',
                "main",
                "partners",
                "[]",
                0,
            )
            for n in vendors
            for k in range(each)
        ),
    )
    many(
        "logo_matches",
        "match_id, image_sha256, brand, kind, official_logo_id, method, distance_bits, score, x, y, width, height, strength, transform, strangers, strangers_compared",
        (
            (
                content_id("match", i),
                content_id("image", i),
                "acme",
                "picture",
                "logo",
                "m",
                3,
                0.8 + (i % 20) / 100,
                0,
                0,
                9,
                9,
                "match",
                "{}",
                0,
                23370,
            )
            for i in range(cases // 3 or 1)
        ),
    )
    many(
        "claims",
        "claim_id, seed_id, brand, relation",
        ((content_id("claim", n), content_id("seed", n), "acme", "partner") for n in vendors),
    )
    many(
        "claim_evidence", "claim_id, evidence_id, evidence, page_id, sighting_id, match_id, reasons, seen_at",
        ((content_id("claim", n), content_id("evidence", n), "picture", content_id("page", n), content_id("sighting", n, 0), content_id("match", n % (cases // 3 or 1)), "[]", at.format(n % 9 + 1)) for n in vendors),
    )  # fmt: skip
    connection.execute("COMMIT")


def make(root: Path, cases: int, sightings: int) -> None:
    """Make a workspace with so many cases and sightings, and an account."""
    workspace = create_workspace(root, contact=None)
    register = root / "register.csv"
    register.write_text("company,domain,relation,valid_from\nKnown,known.example,partner,2010-01-01\n")
    with workspace.open() as ledger:
        began = time.perf_counter()
        fill(ledger, cases, sightings)
        import_register(ledger, "acme", register)
        Judge(ledger).judge()
        print(f"filled and judged in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        synced = sync_cases(ledger)
        print(f"{synced.opened} cases opened in {time.perf_counter() - began:.1f} s")
        began = time.perf_counter()
        sync_cases(ledger)
        print(f"brought up to date again in {time.perf_counter() - began:.1f} s")
        write_letters(ledger)
        add_account(ledger, "ann", Role.REVIEWER, PASSWORD)


def write_letters(ledger: Ledger, share: float = 0.4) -> None:
    """Write a letter for a share of the cases; every second is followed by a removal."""
    chance, now = random.Random(1), utc_now().date()
    with ledger.transaction():
        for case_id in ledger.values("SELECT case_id FROM cases ORDER BY case_id"):
            if chance.random() < share:
                sent, tone = now - dt.timedelta(days=chance.randrange(400)), chance.choice(tuple(Tone))
                row = {"letter_id": event_id(), "case_id": case_id, "tone": tone, "language": "en", "jurisdiction": "GB", "gate": "writer", "state": "sent", "text_id": "t", "grounds": "{}", "enclosure": "[]", "written_by": "ann", "written_at": f"{sent}T09:00:00Z", "sent_on": str(sent)}  # fmt: skip
                ledger.execute(f"INSERT INTO letters ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))  # fmt: skip
                removed = sent + dt.timedelta(days=chance.randrange(300))
                if chance.random() < 0.5 and removed <= now:
                    ledger.execute("UPDATE cases SET removed_on = ? WHERE case_id = ?", [str(removed), case_id])


class User(threading.Thread):
    """A reviewer: looks, opens, decides, thinks."""

    def __init__(
        self, port: int, number: int, until: float, times: dict[str, list[float]], lock: threading.Lock
    ) -> None:
        super().__init__(daemon=True)
        self.rng, self.until, self.times, self.lock = random.Random(number), until, times, lock
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = ""
        self.csrf = ""
        self.failures = 0

    def ask(self, kind: str, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        began = time.perf_counter()
        self.http.request(method, path, body or None, headers)
        answer = self.http.getresponse()
        text = answer.read().decode()
        with self.lock:
            self.times[kind].append(1000 * (time.perf_counter() - began))
        if answer.status >= 500:
            self.failures += 1
        if found := answer.getheader("set-cookie"):
            self.cookie = found.split(";")[0]
        return answer.status, answer.getheader("location") or "", text

    def run(self) -> None:
        self.ask("log in", "POST", "/login", urlencode({"account": "ann", "password": PASSWORD}))
        query = ""
        while time.monotonic() < self.until:
            query = self.rng.choice(
                (
                    "",
                    "country=DE",
                    "language=zh&sort=newest",
                    "q=微软3",
                    "verdict=no-authorisation&score=0.9",
                    "page=400",
                    "brand=acme&age=30&sort=vendor",
                    "q=vendor",
                )
            )
            _, _, text = self.ask(
                "search" if "q=" in query else "queue", "GET", f"/?{query.replace('微软3', '%E5%BE%AE%E8%BD%AF3')}"
            )
            if self.rng.random() < 0.3:
                self.think()
                address = self.rng.choice(("", "?brand=acme&by=country", "?since=2026-11-02&until=2026-11-20"))
                self.ask("dashboard", "GET", f"/dashboard{address}")
            self.csrf = self.csrf or re.findall(r'name="csrf" value="([^"]+)"', text)[0]
            links = re.findall(r'class="open" href="([^"]+)"', text)
            link = self.rng.choice(links).replace("&amp;", "&") if links else ""
            for _ in range(4):
                if not link:
                    break
                self.think()
                _, _, page = self.ask("case", "GET", link)
                case = re.search(r'name="case" value="([^"]+)"', page)
                if case and self.rng.random() < 0.3:
                    self.think()
                    form = {
                        "csrf": self.csrf,
                        "case": case[1],
                        "decision": "not-a-claim:news",
                        "from": "case",
                        "query": query,
                    }
                    status, link, _ = self.ask("decide", "POST", "/decide", urlencode(form))
                    if status == 303:
                        self.ask("next case after a key", "GET", link)
                following = re.search(r'data-key="j" rel="next" href="([^"]+)"', page)
                link = following[1].replace("&amp;", "&") if following else ""
            self.think()

    def think(self) -> None:
        time.sleep(self.rng.uniform(0.5, 1.5))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("cases", 50_000), ("sightings", 1_000_000), ("users", 20), ("seconds", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        root = (asked.folder or Path(made)) / "space"
        if not root.exists():
            make(root, asked.cases, asked.sightings)
        command = [sys.executable, "-m", "partnerproof", "-w", str(root), "serve", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline().strip().rstrip("/").rpartition(":")[2])
            times: dict[str, list[float]] = defaultdict(list)
            lock, until = threading.Lock(), time.monotonic() + asked.seconds
            users = [User(port, number, until, times, lock) for number in range(asked.users)]
            for user in users:
                user.start()
            for user in users:
                user.join()
            server.terminate()
        print(f"load of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")
        for kind, values in sorted(times.items()):
            values.sort()
            print(
                f"{kind:22} {len(values):5}  median {statistics.median(values):6.0f} ms  p99 {values[int(len(values) * 0.99)]:6.0f} ms"
            )
        print(f"answers of 500 or more: {sum(user.failures for user in users)}")


if __name__ == "__main__":
    main()
