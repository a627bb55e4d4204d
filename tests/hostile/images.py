"""Every hostile image by name, and the harmless ones that look hostile: name → function → bytes.

Each is made anew from a fixed seed, because bombs are large; `python -m tests.hostile.images FOLDER` writes them as
files. HOSTILE must each cost one refusal. HARMLESS carry something that a browser might run, but what is decoded is a
picture like any other, so they are decoded.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .coded import AVIF, JPEG, WEBP
from .drawings import SVG, svg
from .rasters import BMP_ICO, GIF, MB, OTHER, PNG, TIFF, Maker, chunk, encode, frame, gif, mark, png

HOSTILE: dict[str, Maker] = {**PNG, **GIF, **BMP_ICO, **TIFF, **JPEG, **WEBP, **AVIF, **SVG, **OTHER}

HARMLESS: dict[str, Maker] = {
    "html-behind-the-end.png": lambda: png() + b"<script>alert(1)</script>",
    "html-in-text.png": lambda: png(chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")),
    "zip-behind-the-end.jpg": lambda: encode(mark(), "JPEG") + b"PK\3\4" + bytes(400) + b"PK\5\6" + bytes(18),
    "javascript-in-comment.gif": lambda: gif(32, 32, b"!\xfe\x0d*/alert(1);/*\0", frame()),
    "animated-1000-frames.gif": lambda: gif(32, 32, frame() * 1_000),
    "megabyte-behind-the-end.gif": lambda: gif(32, 32, frame()) + bytes(MB),
    "script-beside-a-shape.svg": lambda: svg('<script>alert(1)</script><path d="M1 1h8v8z" onclick="alert(2)"/>'),
    "link-around-a-shape.svg": lambda: svg('<a href="javascript:alert(1)"><path d="M1 1h8v8z"/></a>'),
}


def write_all(folder: Path) -> int:
    """Write every image to a folder; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {**HOSTILE, **HARMLESS}.items():
        (folder / name).write_bytes(make())
    return len(HOSTILE) + len(HARMLESS)


if __name__ == "__main__":
    sys.stdout.write(f"{write_all(Path(sys.argv[1]))} files\n")
