"""Draws the pages of waiting cases while the review application runs, in a process of its own, ahead of whoever reviews."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

from casebook.cases.case_pictures import find_case_pages
from crawler.drawing.browser import why_no_browser
from ledger.errors import PartnerproofError
from partnerproof.workspace import Workspace

logger = logging.getLogger(__name__)
EVERY_S = 20.0  # how often it looks for cases without a picture
AFTER_FAILURE_S = 120.0


class BackgroundPictures:
    """A thread that has `partnerproof picture --cases` run whenever a case lacks the picture of its page."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._ends = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> str | None:
        """Begin; returns why nothing is drawn when no browser can be had."""
        why = why_no_browser(
            self._workspace.config.crawl.browser or None, self._workspace.config.crawl.browser_user or None
        )
        if why is None:
            self._thread.start()
        return why

    def stop(self) -> None:
        """End, whatever is being drawn: it is drawn the next time."""
        self._ends.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._ends.is_set():
            if self._has_pages():
                root = str(self._workspace.root)
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "partnerproof", "-w", root, "picture", "--cases"],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                if self._process.wait():  # a crawl writes, or a page could not be drawn
                    self._ends.wait(AFTER_FAILURE_S)
            self._ends.wait(EVERY_S)

    def _has_pages(self) -> bool:
        try:
            with self._workspace.open_readonly() as ledger:
                return bool(find_case_pages(ledger, limit=1))
        except PartnerproofError:  # a migration, a crawl that begins: the next time
            logger.info("cases could not be read for their pictures", exc_info=True)
            return False
