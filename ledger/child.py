"""Processes of ours end with the process that started them, even when that one is killed.

A worker of a process pool waits for its next task on a pipe whose other end it holds itself: it would wait for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Wait for the parent's end in a thread, and end this process with it. Called once, in a child of multiprocessing."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()
