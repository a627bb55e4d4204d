"""Decodes image files in a process of its own that can be killed, with hard limits of time and memory."""

from __future__ import annotations

from matcher import thresholds
from matcher.decoding.raster import FRAMES_SIGN
from matcher.decoding.refusals import Refusal
from matcher.decoding.worker import Worker


class RasterWorker(Worker):
    """The decoder of what is large, rare or odd; every method may be called from any thread."""

    def __init__(self) -> None:
        limits = (
            thresholds.MAX_WORKING_SIDE_PX,
            thresholds.MAX_PIXELS,
            thresholds.MAX_FRAMES,
            thresholds.FRAME_SIDE_PX,
            thresholds.MAX_DISTINCT_FRAMES - 1,
            thresholds.MAX_READ_FRAMES,
            thresholds.MAX_READ_FRAME_PIXELS,
        )
        super().__init__("raster.py", thresholds.RASTER_MEMORY_LIMIT_BYTES, limits)

    def decode(self, content: bytes, image_format: str) -> bytes | Refusal:
        """raster.ANSWER and RGBA pixels of a file's first frame."""
        return self.ask(image_format.encode() + b"\n", content)

    def decode_further(self, content: bytes, image_format: str) -> bytes | Refusal:
        """raster.FRAMES, and raster.FRAME with RGBA pixels of each further frame of an animation that shows something else."""
        return self.ask(image_format.encode() + FRAMES_SIGN + b"\n", content)


_WORKER = RasterWorker()


def decode_raster(content: bytes, image_format: str) -> bytes | Refusal:
    """Answer of the one worker of this process."""
    return _WORKER.decode(content, image_format)


def decode_further_frames(content: bytes, image_format: str) -> bytes | Refusal:
    """Likewise, of an animation."""
    return _WORKER.decode_further(content, image_format)
