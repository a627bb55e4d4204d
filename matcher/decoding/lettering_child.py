"""Reads the words in pictures. Run by lettering_worker.py; knows RapidOCR and no module of ours.

Request: width and height in px, then RGB bytes. Answer: JSON list of lines, each with text, confidence (0..1) and the left, top, right
and bottom px of its box. Argument after the limits: the most lines that are looked at.
"""

from __future__ import annotations

import json
import runpy
import struct
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

SIZE = struct.Struct(">II")
_LONGEST_SIDE_PX = 4_000  # the caller says how large a picture is looked at: nothing is reduced here


def _make_reader(most_lines: int) -> Any:
    from rapidocr import RapidOCR  # the extra "ocr"; imported here, so that the module can be read without it

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,  # it turns lines that stand on their head; logos do not
            "Global.max_side_len": _LONGEST_SIDE_PX,
            "Global.min_side_len": 1,
            "Global.min_height": 1,
            "Global.width_height_ratio": -1,  # no bands above and below wide pictures: the caller pads
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": _LONGEST_SIDE_PX,
            "Det.max_candidates": most_lines,
            "Rec.rec_img_shape": [3, 48, 64],  # short words are not padded to 320 px: a third of the time
        }
    )


def _read(reader: Any, request: bytes) -> bytes:
    width, height = SIZE.unpack_from(request)
    rgb = np.frombuffer(request, np.uint8, count=width * height * 3, offset=SIZE.size).reshape(height, width, 3)
    result = reader(np.ascontiguousarray(rgb[..., ::-1]))  # it wants OpenCV's order of colours
    lines = []
    for text, score, corners in zip(
        result.txts or (), result.scores or (), result.boxes if result.txts else (), strict=True
    ):
        box = [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]
        lines.append({"text": text, "confidence": float(score), "box": box})
    return json.dumps(lines).encode()


def _serve() -> None:
    cv2.setNumThreads(1)  # a box is entered by one thread
    reader = _make_reader(int(sys.argv[3]))
    # models are loaded at the first picture that holds a line: before the limit of memory is set
    lettered = np.full((64, 192, 3), 255, np.uint8)
    lettered[20:44, 30:160:9] = 0
    reader(lettered)
    runpy.run_path(str(Path(__file__).with_name("worker_child.py")))["serve"](lambda request: _read(reader, request))


if __name__ == "__main__":
    _serve()
