"""What a job tells is counted as it comes, line by line, whatever comes between."""

from __future__ import annotations

import json
from pathlib import Path

from partnerproof.service.job_log import MOST_LINES, JobLog

COUNTS = dict.fromkeys(("vendors", "done", "failed", "pages", "judged", "matches"), 0)


def event(**facts: object) -> bytes:
    return json.dumps(facts).encode() + b"\n"


def test_counts_begin_anew_with_each_start_on_top_of_what_was_done(tmp_path: Path):
    log, path = JobLog(tmp_path), tmp_path / "log"
    assert not log.read_on()
    path.write_bytes(event(event="crawl", crawl_id="01A", vendors=9, done=0) + event(event="visit", state="done") * 2)
    assert log.read_on()
    assert (log.crawl_id, log.progress) == ("01A", COUNTS | {"vendors": 9, "done": 2})
    with path.open("ab") as file:
        file.write(event(event="crawl", crawl_id="01A", vendors=9, done=2) + event(event="visit", state="failed")[:20])
    log.read_on()
    assert log.progress == COUNTS | {"vendors": 9, "done": 2}
    with path.open("ab") as file:
        file.write(event(event="visit", state="failed")[20:] + event(event="judged", matches=3))
    log.read_on()
    assert log.progress == {"vendors": 9, "done": 3, "failed": 1, "pages": 0, "judged": 1, "matches": 3}


def test_the_last_lines_are_kept_clean_and_short(tmp_path: Path):
    lines = b"".join(b"line %d \x1b[31m\xff\n" % number for number in range(50))
    odd = (
        b'{"event": 7}\n{not json\n[]\n\n'
        + event(event="warning", text="free some space")
        + event(event="visit", state=["x"])
    )
    (tmp_path / "log").write_bytes(lines + b"x" * 3_000_000 + b"\n" + odd)
    log = JobLog(tmp_path)
    while log.read_on():
        pass
    assert len(log.messages) == MOST_LINES
    assert log.messages[-1] == "free some space"
    assert max(map(len, log.messages)) <= 500
    assert "\x1b" not in "".join(log.messages)
