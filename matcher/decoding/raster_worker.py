"""Decodes image files in a process of its own that can be killed, with hard limits of time and memory."""

from __future__ import annotations

from matcher import thresholds
from matcher.decoding.refusals import Refusal
from matcher.decoding.worker import Worker


class RasterWorker(Worker):
    """The decoder of what is large, rare or odd; every method may be called from any thread."""

    def __init__(self) -> None:
        limits = (thresholds.MAX_WORKING_SIDE_PX, thresholds.MAX_PIXELS, thresholds.MAX_FRAMES)
        super().__init__("raster.py", thresholds.RASTER_MEMORY_LIMIT_BYTES, limits)

    def decode(self, content: bytes, image_format: str) -> bytes | Refusal:
        """raster.ANSWER and RGBA pixels of a file's first frame."""
        return self.ask(image_format.encode() + b"\n", content)


_WORKER = RasterWorker()


def decode_raster(content: bytes, image_format: str) -> bytes | Refusal:
    """Answer of the one worker of this process."""
    return _WORKER.decode(content, image_format)
