"""What nobody foresaw: noted with its traceback in a log beside the database, which the answer names without it.

Writes: `var/serve.log`, at most three files of a megabyte.
"""

from __future__ import annotations

import logging
import logging.handlers
import traceback
from pathlib import Path

from ledger.identity import event_id, utc_text

LOG_NAME = "serve.log"
_MAX_BYTES, _OLDER_FILES = 1_000_000, 2
_MAX_MESSAGE_CHARS = 300


class FaultLog:
    """The log of one server. A disk that refuses it costs the entry, never the answer."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG_NAME

    def note(self, method: str, path: str, error: Exception) -> str:
        """Add a fault; returns the number under which it stands there. path: the route's pattern, so no names."""
        number = event_id()
        frames = traceback.format_tb(error.__traceback__)
        message = f"{type(error).__name__}: {ascii(str(error))[:_MAX_MESSAGE_CHARS]}"  # one line, whatever it holds
        handler = logging.handlers.RotatingFileHandler(
            self._path, maxBytes=_MAX_BYTES, backupCount=_OLDER_FILES, encoding="utf-8", delay=True
        )
        handler.handleError = lambda record: None  # type: ignore[method-assign]  # it would print to nobody
        try:
            text = f"{utc_text()} {number} {method} {path}\n{''.join(frames)}{message}\n"
            handler.handle(logging.makeLogRecord({"msg": text}))
        finally:
            handler.close()
        return number
