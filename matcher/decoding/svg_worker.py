"""Renders SVG in a process of its own that can be killed: one hostile drawing costs one refusal.

System fonts are not loaded: the same file must give the same hashes on every machine, and a fallback font
would draw another logo. Text that is not outlined stays invisible, as SVG logos made for the web nearly
always are outlined.
"""

from __future__ import annotations

from matcher import thresholds
from matcher.decoding.refusals import Refusal
from matcher.decoding.svg_cleaning import CleanSvg
from matcher.decoding.worker import Worker


class SvgWorker(Worker):
    """The renderer; every method may be called from any thread."""

    def __init__(self) -> None:
        super().__init__("svg_child.py", thresholds.SVG_MEMORY_LIMIT_BYTES)

    def render(self, svg: CleanSvg) -> bytes | Refusal:
        """PNG of a cleaned SVG, in the size that is written in it."""
        return self.ask(svg.content)


_WORKER = SvgWorker()


def render_svg(svg: CleanSvg) -> bytes | Refusal:
    """PNG of a cleaned SVG by the one worker of this process."""
    return _WORKER.render(svg)
