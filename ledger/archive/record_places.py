"""Where the records lie in the WARC files that the database knows of."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # page readers know how records are found and have no database
    from ledger.database import Ledger

# SQL: the pages whose own captures are among the JSON list :captures
PAGES_OF_CAPTURES = (
    "SELECT p.page_id FROM pages p JOIN looks k ON k.look_id = p.look_id"
    " WHERE k.capture_id IN (SELECT value FROM json_each(:captures))"
)


def record_offsets(ledger: Ledger, warc_file: str) -> list[int]:
    """Return where the records begin that the database knows of, in order."""
    sql = (
        "SELECT warc_offset FROM captures WHERE warc_file = :f UNION SELECT request_warc_offset FROM captures WHERE warc_file = :f"
        " UNION SELECT document_warc_offset FROM renders WHERE document_warc_file = :f"
        " UNION SELECT screenshot_warc_offset FROM renders WHERE screenshot_warc_file = :f"
        " UNION SELECT warc_offset FROM connections WHERE warc_file = :f"
        " UNION SELECT warc_offset FROM certificates WHERE warc_file = :f"
        " UNION SELECT document_warc_offset FROM pictures WHERE document_warc_file = :f"
        " UNION SELECT screenshot_warc_offset FROM pictures WHERE screenshot_warc_file = :f"
        " UNION SELECT outlined_warc_offset FROM pictures WHERE outlined_warc_file = :f ORDER BY 1"
    )
    return [row[0] for row in ledger.rows(sql, {"f": warc_file}) if row[0] is not None]


def record_ends(ledger: Ledger, warc_file: str) -> dict[int, int]:
    """Return of each record that the database knows of where it begins and where it ends."""
    end = ledger.value("SELECT committed_bytes FROM warc_files WHERE warc_file = ?", [warc_file])
    return dict(itertools.pairwise([*record_offsets(ledger, warc_file), end]))
