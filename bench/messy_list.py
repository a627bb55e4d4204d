"""Lists as people have them, made from a number: is every row accounted for, and how long is it to a running crawl?

    python -m bench.messy_list [--rows 300] [--seed 17]

Each row knows what should become of it: a vendor, a row merged into another, or one that is left out. The same rows are written in
each form (delimiter, encoding, XLSX, without a header), read as `partnerproof crawl` reads them, and compared line by line. Then one
command crawls the list from nothing, with a server on loopback, until the first page is read. Every name and host is invented.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.kill import make_workspace
from crawler.lists.vendor_list import VendorList, read_vendor_list

HEADER = ("Nr.", "Firma", "Internet", "E-Mail", "Land", "Ansprechpartner", "Bemerkung")
FIRST = ("Bright", "Old", "North", "Café", "Müller", "Peña", "Straße", "Blue", "Côte", "Silver", "Grün", "Açai")
LAST = ("Harbour", "Mill", "Quay", "Systems", "Söhne", "Logística", "Netz", "Works", "Réseau", "Data", "Werk", "Labs")
LEGAL = ("Ltd", "GmbH", "S.A.", "Inc., Ltd", "", "GmbH & Co. KG")
REMARKS = ("", "", "call back", 'said "maybe"; see mail', "a, b; c | d", "first line\nsecond line", "=SUM(A1:A9)")
JUNK = (
    "n/a", "-", "", "no website", "tbd", "sales{n}@gmail.com", "firma{n}@gmx.de", "https://www.linkedin.com/company/v{n}", "x.com/v{n}",
    "https://www.facebook.com/v{n}", "instagram.com/v{n}", "https://www.youtube.com/@v{n}", "http://10.0.0.{n}/", "192.168.1.{n}",
    "http://localhost:8080/", "ftp://v{n}.example/", "https://u:p@v{n}.example/", "https:/v{n}.example", "http://v{n}.example:port/",
    "https://a{n}.example https://b{n}.example", "vendor", "javascript:alert({n})", "{long}.example",
)  # fmt: skip
VENDOR, MERGED, LEFT_OUT = "vendor", "merged", "left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessyRow:
    """A row and what should become of it."""

    cells: tuple[str, ...]
    fate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a list is written."""

    name: str
    encoding: str | None  # None: XLSX
    delimiter: str = ","
    has_header: bool = True


FORMS = (
    Form(name="UTF-8, commas", encoding="utf-8"),
    Form(name="UTF-8 with mark, semicolons", encoding="utf-8-sig", delimiter=";"),
    Form(name="UTF-16 with mark, tabs", encoding="utf-16", delimiter="\t"),
    Form(name="UTF-16 LE without mark, semicolons", encoding="utf-16-le", delimiter=";"),
    Form(name="UTF-16 BE without mark, bars", encoding="utf-16-be", delimiter="|"),
    Form(name="Windows-1252, semicolons", encoding="cp1252", delimiter=";"),
    Form(name="UTF-8, semicolons, no header", encoding="utf-8", delimiter=";", has_header=False),
    Form(name="XLSX", encoding=None),
)


def make_rows(count: int, *, seed: int, port: int = 80) -> list[MessyRow]:
    """Return so many rows, about two thirds of them vendors, equal for equal numbers. port: where the first vendors' sites are."""
    chance = random.Random(seed)
    rows: list[MessyRow] = []
    hosts: list[str] = []
    for number in range(count):
        kind = chance.random()
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)} {number} {chance.choice(LEGAL)}".strip()
        site, email = "", ""
        if kind < 0.64 or not hosts:
            host = f"v{number}.example"
            fate = VENDOR
            if number < 10:
                host = f"{host}:{port}"
                site = f"http://{host}/"
            elif chance.random() < 0.15:
                email = f"info@{host}"
            else:
                site = chance.choice(
                    ("https://www.{}/", "http://{}", "{}", "www.{}", "https://{}/de/start", "HTTPS://{}/")
                ).format(host)
            hosts.append(host)
        elif kind < 0.78:
            host, fate = chance.choice(hosts), MERGED
            site = chance.choice(("https://www.{}/", "http://{}", "{}/partners", "www.{}")).format(host)
        else:
            fate = LEFT_OUT
            junk = chance.choice(JUNK).format(n=number % 250, long="x" * 70)
            site, email = ("", junk) if "@g" in junk else (junk, "")
        country = chance.choice(("DE", "GB", "FR", "", "ES"))
        rows.append(
            MessyRow(cells=(str(number + 1), name, site, email, country, "Erika M.", chance.choice(REMARKS)), fate=fate)
        )
    return rows


def write_list(path: Path, rows: Sequence[MessyRow], form: Form) -> dict[int, str]:
    """Write a list in a form; return what should become of each of its rows, by line."""
    header = [HEADER] if form.has_header else []
    if form.encoding is None:
        from openpyxl import Workbook  # an extra

        book = Workbook(write_only=True)
        sheet = book.create_sheet("Lieferanten")
        for cells in (*header, *(row.cells for row in rows)):
            sheet.append([f" {cell}" if cell.startswith("=") else cell for cell in cells])
        book.save(path)
        return {at: row.fate for at, row in enumerate(rows, start=2)}
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=form.delimiter)
    writer.writerows(header)
    fates = {}
    for row in rows:
        fates[out.getvalue().count("\n") + 1] = row.fate
        writer.writerow(row.cells)
    path.write_bytes(out.getvalue().encode(form.encoding))
    return fates


def wrong_rows(listed: VendorList, fates: dict[int, str]) -> list[int]:
    """Return the lines of which something else became than should have. The rest of the lines are the vendors'."""
    became = dict.fromkeys(fates, VENDOR)
    became |= {row.line: MERGED for row in listed.merged}
    became |= {row.line: LEFT_OUT for row in listed.reading.rejected}
    wrong = [line for line in became.keys() | fates.keys() if became.get(line) != fates.get(line)]
    counted = len(listed.seeds) + len(listed.merged) + len(listed.reading.rejected)
    if counted != len(fates) or Counter(became.values())[VENDOR] != len(listed.seeds):
        wrong.append(-1)
    return sorted(wrong)


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<title>Vendor</title><h1>Vendor</h1><p>Words of a vendor.</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def time_crawl(folder: Path, *, count: int, seed: int) -> Iterator[str]:
    """Yield how long it is from the command to the list's account, and to the first page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    rows = make_rows(count, seed=seed, port=port)
    write_list(folder / "vendors.csv", rows, FORMS[3])
    make_workspace(folder / "space")
    pins = [pin for number in range(10) for pin in ("--resolve", f"v{number}.example:{port}:127.0.0.1")]
    command = [
        sys.executable,
        "-m",
        "partnerproof",
        "-w",
        str(folder / "space"),
        "crawl",
        str(folder / "vendors.csv"),
        "--log-json",
    ]
    began = time.monotonic()
    process = subprocess.Popen([*command, *pins], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr or ():
            event = json.loads(line) if line.startswith("{") else {}
            seconds = time.monotonic() - began
            if event.get("event") == "list":
                yield f"{event['rows']} rows: {event['vendors']} vendors, {event['merged']} merged, {event['left_out']} left out, told after {seconds:.1f} s"
            if event.get("event") == "page":
                yield f"the first page was read after {seconds:.1f} s"
                return
        yield "the crawl ended before a page was read"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        server.shutdown()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--seed", type=int, default=17)
    options = parser.parse_args()
    rows = make_rows(options.rows, seed=options.seed)
    is_right = True
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMS:
            path = Path(folder, "vendors.xlsx" if form.encoding is None else "vendors.csv")
            fates = write_list(path, rows, form)
            began = time.monotonic()
            listed = read_vendor_list(path)
            seconds = time.monotonic() - began
            wrong = wrong_rows(listed, fates)
            is_right = is_right and not wrong
            counts = (
                f"{len(listed.seeds)} vendors + {len(listed.merged)} merged + {len(listed.reading.rejected)} left out"
            )
            told = f"wrong: lines {wrong[:8]}" if wrong else "each as it should be"
            print(f"{form.name:36} {len(fates)} rows = {counts}; {told}; {seconds * 1000:.0f} ms", flush=True)
        for line in time_crawl(Path(folder), count=options.rows, seed=options.seed):
            print(line, flush=True)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
