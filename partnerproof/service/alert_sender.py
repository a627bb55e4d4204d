"""Tells teams what changed while the server runs: soon after it happened, and again what a channel did not take."""

from __future__ import annotations

import logging
import sqlite3
import threading

from ledger.errors import PartnerproofError
from partnerproof.alert_channels import send_alerts
from partnerproof.workspace import Workspace

logger = logging.getLogger(__name__)
EVERY_S = 30.0


class AlertSender:
    """The thread that tells. Where no channel is configured it does nothing."""

    def __init__(self, workspace: Workspace, *, every_s: float = EVERY_S) -> None:
        self._workspace, self._every_s = workspace, every_s
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        if self._workspace.config.watch.alert:
            self._thread.start()

    def stop(self) -> None:
        """End; what is being sent is sent again by the next start, under the same id."""
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._ends.wait(self._every_s):
            try:
                with self._workspace.open() as ledger:
                    send_alerts(
                        ledger,
                        self._workspace.config.watch.alert,
                        logger.info,
                        address=self._workspace.config.service.address,
                        only_due=True,
                    )
            except (PartnerproofError, sqlite3.Error, OSError):  # a full disk, a database that somebody holds
                logger.exception("alerts could not be told; it is tried again")
