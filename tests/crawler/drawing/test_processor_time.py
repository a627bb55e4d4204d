"""Processor time of a process with all that it started: counted while it works, not while it waits."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from crawler.drawing.processor_time import find_process, processor_time_s

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")

WORKS_IN_A_CHILD = """
import subprocess, sys, time
work = "import time\\nwhile time.process_time() < 0.5: pass\\n"
subprocess.run([sys.executable, "-c", work])
child = subprocess.Popen([sys.executable, "-c", work + "print(1, flush=True)\\nimport time; time.sleep(60)"])
sys.stdin.readline()
child.kill()
"""


def test_a_child_counts_while_it_runs_and_after_it_has_ended():
    mark = f"--mark={uuid.uuid4()}"
    started = subprocess.Popen(
        [sys.executable, "-c", WORKS_IN_A_CHILD, mark], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with started:
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdout.readline()  # both children have worked
        assert find_process(mark) == started.pid
        used = processor_time_s(started.pid)
        assert used is not None
        assert used >= 0.95
        started.stdin.write(b"\n")
        started.stdin.close()
        started.wait()
    assert processor_time_s(started.pid) is None
    assert find_process(mark) is None
