"""Reads the words in pictures in a process of its own that can be killed, with hard limits of time and memory.

The engine is the extra "ocr" (RapidOCR with the models that it ships, on ONNX Runtime, one thread); nothing is fetched.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import struct
from dataclasses import dataclass
from functools import cache

import numpy as np

from ledger.extras import how_to_install
from matcher import thresholds
from matcher.decoding.refusals import Refusal
from matcher.decoding.worker import Worker

_SIZE = struct.Struct(">II")
HOW_TO_INSTALL = f"words in pictures are not read; run: {how_to_install('ocr')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """A line as the engine saw it. edges: left, top, right, bottom in px of the picture that it was given."""

    text: str
    confidence: float
    edges: tuple[float, float, float, float]


class LetteringWorker(Worker):
    """The reader; every method may be called from any thread."""

    def __init__(self) -> None:
        super().__init__(
            "lettering_child.py",
            thresholds.LETTERING_MEMORY_LIMIT_BYTES,
            (thresholds.MAX_READ_LINES,),
            cpu_limit_s=thresholds.LETTERING_CPU_LIMIT_S,
        )

    def read(self, rgb: np.ndarray) -> list[SeenLine] | Refusal:
        """Lines of a picture, uint8 (height, width, 3)."""
        height, width = rgb.shape[:2]
        answer = self.ask(_SIZE.pack(width, height), np.ascontiguousarray(rgb).tobytes())
        if isinstance(answer, Refusal):
            return answer
        return [
            SeenLine(text=line["text"], confidence=line["confidence"], edges=tuple(line["box"]))
            for line in json.loads(answer)
        ]


_WORKER = LetteringWorker()


def read_lettering(rgb: np.ndarray) -> list[SeenLine] | Refusal:
    """Lines of a picture by the one worker of this process."""
    return _WORKER.read(rgb)


@cache
def lettering_engine() -> str | None:
    """Name and version of the engine with its models, which come with it; None if it is not installed."""
    if importlib.util.find_spec("rapidocr") is None or importlib.util.find_spec("onnxruntime") is None:
        return None
    return f"rapidocr {importlib.metadata.version('rapidocr')} (PP-OCRv6 small)"
