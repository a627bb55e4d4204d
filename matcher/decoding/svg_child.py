"""The script that renders SVG, run by svg_worker.py and never imported.

It knows no other module of ours than worker_child.py, and holds nothing that a hostile picture could reach.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import resvg_py


def render_svg(content: bytes) -> bytes:
    """PNG of an SVG, in the size that is written in it."""
    return bytes(resvg_py.svg_to_bytes(svg_string=content.decode("utf-8"), skip_system_fonts=True))


if __name__ == "__main__":
    runpy.run_path(str(Path(__file__).with_name("worker_child.py")))["serve"](render_svg)
