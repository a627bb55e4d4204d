"""Whether two databases say the same through the public views: python -m bench.same_findings BEFORE.db AFTER.db [--show N]

Rows are compared without what differs between two equal runs: ids, instants, and addresses of a server that was started anew. A view
or a column that only one of them has is named and left out. Exit 1 when rows differ.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import sys
from collections import Counter
from pathlib import Path

_LEFT_OUT = re.compile(
    r"(_id|_group|_at|_seen|_last_read|_known|_until|gone_by|gone|unchanged_since)$|^(material|facts)$"
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_PORT = re.compile(r"(?<=[\w\].]):\d{4,5}(?=[/\s\"]|$)")
_ID = re.compile(r"\b([0-9a-f]{32}|[0-9a-f]{20}|[0-9A-HJKMNP-TV-Z]{26})\b")


def read_views(path: Path) -> dict[str, dict[str, list[object]]]:
    """Return view → column → the values of its rows."""
    with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as database:
        views = database.execute("SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'v\\_%' ESCAPE '\\'")
        read: dict[str, dict[str, list[object]]] = {}
        for (view,) in views.fetchall():
            cursor = database.execute(f"SELECT * FROM {view}")
            columns = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            read[view] = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    return read


def normalise(value: object) -> object:
    """Take out of a text what differs between two equal runs."""
    if not isinstance(value, str):
        return value
    return _ID.sub("ID", _PORT.sub(":PORT", _INSTANT.sub("INSTANT", value)))


def compare(
    before: dict[str, list[object]], after: dict[str, list[object]]
) -> tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]]:
    """Return the rows that only one side has, each as often as it has them more."""
    columns = [name for name in before if name in after and not _LEFT_OUT.search(name)]
    sides = []
    for side in (before, after):
        rows = zip(*(map(normalise, side[name]) for name in columns), strict=True)
        sides.append(Counter(rows))
    return sides[0] - sides[1], sides[1] - sides[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--show", type=int, default=3, help="so many differing rows of each view")
    options = parser.parse_args()
    before, after = read_views(options.before), read_views(options.after)
    if only := sorted(before.keys() ^ after.keys()):
        print("views that only one has:", ", ".join(only))
    is_equal = True
    for view in sorted(before.keys() & after.keys()):
        if columns := sorted(before[view].keys() ^ after[view].keys()):
            print(f"{view}: columns that only one has: {', '.join(columns)}")
        gone, new = compare(before[view], after[view])
        rows = len(next(iter(before[view].values()), []))
        print(f"{view:18} {rows:6} rows, {gone.total()} gone, {new.total()} new")
        for sign, differing in (("-", gone), ("+", new)):
            for row in list(differing)[: options.show]:
                print("   ", sign, row)
        is_equal = is_equal and not gone and not new
    print("equal" if is_equal else "different")
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
