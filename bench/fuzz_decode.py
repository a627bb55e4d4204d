"""Changes small valid images of every format at random and decodes them: each must give a Picture or a Refusal in time.

python -m bench.fuzz_decode [--seconds 600] [--seed 1] [--keep FOLDER]

Bytes are flipped, set, cut, repeated, inserted, taken from another seed, or set to the numbers that parsers trip over.
Prints how many inputs gave what, the slowest and the hungriest; exit status 1 if one raised or took over 2 s of the processor. --keep
stores such inputs, by digest. Memory is what the process and its workers held at most, above what they held before.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import hashlib
import importlib.util
import io
import random
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from matcher.decoding.decode import Picture, decode_image
from matcher.decoding.refusals import Refusal
from tests.hostile.measure import forget_peaks, peak_bytes, used_cpu_s, warm_up, worker_pids

MAX_CPU_S = 2.0
BY_THE_CLOCK = "no answer within"  # the last resort of a worker, which no picture may need
_EDGES = [
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\xff\xff",
    b"\0\1\0\0",
    b"\0\0\xff\xff",
]
_WORDS = [
    b"url(#a)",
    b'href="/etc/passwd"',
    b"1e999",
    b"-1",
    b"NaN",
    b"<g>",
    b"</g>",
    b'<use href="#a"/>',
    b"&#0;",
    b"<![CDATA[",
]

_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><style>.a{fill:#123}</style><defs>
<linearGradient id="a"><stop offset="0" stop-color="red"/></linearGradient><clipPath id="c"><path d="M0 0h20v20z"/></clipPath>
<filter id="f"><feGaussianBlur stdDeviation="1"/></filter><pattern id="p" width="4" height="4"><circle r="2"/></pattern></defs>
<g clip-path="url(#c)" transform="rotate(9)"><path class="a" d="M2 2h9a4 4 0 0 1 4 4z" stroke-dasharray="2 1" stroke="url(#a)"/>
<use href="#c"/><rect width="9" height="9" fill="url(#p)" filter="url(#f)"/><text y="9">a</text></g>
<image width="4" height="4" href="data:image/png;base64,iVBORw0KGgo="/></svg>"""


def make_seeds() -> dict[str, bytes]:
    """Small valid files of every format that is decoded, in the variants that take other ways through the decoders."""
    image = Image.effect_noise((48, 40), 60).convert("RGB")
    clear = image.copy()
    clear.putalpha(90)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [image.quantize(8), image.rotate(90).resize(image.size).quantize(8)]
    animated = {"save_all": True, "append_images": frames[1:]}
    variants: list[tuple[str, Image.Image, str, dict[str, object]]] = [
        ("png", clear, "PNG", {}),
        ("png-palette", frames[0], "PNG", {"transparency": 0}),
        ("png-grey-16", Image.new("I;16", (48, 40), 30_000), "PNG", {}),
        ("apng", frames[0], "PNG", animated),
        ("jpeg", image, "JPEG", {"exif": exif}),
        ("jpeg-progressive", image, "JPEG", {"progressive": True, "subsampling": 0}),
        ("jpeg-cmyk", image.convert("CMYK"), "JPEG", {}),
        ("gif", frames[0], "GIF", animated),
        ("webp", clear, "WEBP", {"exif": exif}),
        ("webp-lossless", clear, "WEBP", {"lossless": True}),
        ("webp-animated", image, "WEBP", {"save_all": True, "append_images": [image.rotate(180)]}),
        ("avif", image, "AVIF", {"speed": 10}),
        ("bmp", image, "BMP", {}),
        ("ico", clear.resize((32, 32)), "ICO", {"sizes": [(32, 32)]}),
        ("ico-bitmap", clear.resize((32, 32)), "ICO", {"bitmap_format": "bmp", "sizes": [(32, 32)]}),
        ("tiff", image, "TIFF", {}),
        ("tiff-lzw", clear, "TIFF", {"compression": "tiff_lzw"}),
        ("tiff-jpeg", image, "TIFF", {"compression": "jpeg"}),
        ("tiff-fax", image.convert("1"), "TIFF", {"compression": "group4"}),
    ]
    if importlib.util.find_spec("pillow_heif"):
        import pillow_heif

        pillow_heif.register_heif_opener()
        variants.append(("heic", image, "HEIF", {}))
    seeds = {"svg": _SVG, "svgz": gzip.compress(_SVG, mtime=0)}
    for name, picture, image_format, options in variants:
        file = io.BytesIO()
        picture.save(file, image_format, **options)
        seeds[name] = file.getvalue()
    return seeds


def change(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """A copy with one to six changes."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        at = chance.randrange(len(changed) or 1)
        # headers decide more than pixels
        at = at if chance.random() < 0.5 else min(at, chance.randrange(200))
        count = chance.choice((1, 2, 4, 16, 300))
        match chance.randrange(9):
            case 0 | 1:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 2:
                changed[at : at + 1] = bytes(byte ^ 1 << chance.randrange(8) for byte in changed[at : at + 1])
            case 3:
                edge = chance.choice(_EDGES)
                changed[at : at + len(edge)] = edge
            case 4:
                del changed[at : at + count]
            case 5:
                changed[at:at] = chance.choice((chance.randbytes(count), bytes(count), chance.choice(_WORDS)))
            case 6:
                changed[at:at] = changed[at : at + count] * chance.choice((1, 2, 50))
            case 7:
                start = chance.randrange(len(other))
                changed[at : at + count] = other[start : start + count]
            case _:
                if chance.random() < 0.3:
                    del changed[at:]
    return bytes(changed)


def mend_png(content: bytes) -> bytes:
    """The same chunks with right checksums, or nearly every changed PNG would end at the first one."""
    mended, at = bytearray(content[:8]), 8
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        body = content[at + 4 : at + 8 + min(length, len(content))]
        mended += content[at : at + 4] + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + length
    return bytes(mended)


class Costs:
    """The slowest and the hungriest input so far, each as a figure and the name of the image that was changed."""

    def __init__(self) -> None:
        self.slowest_s, self.hungriest_bytes = (0.0, "none"), (0, "none")
        warm_up()  # what the first pictures load is no input's fault
        forget_peaks()
        self._held_bytes = self._peak_bytes()

    def note(self, name: str, cpu_s: float) -> None:
        self.slowest_s = max(self.slowest_s, (cpu_s, name))
        self.hungriest_bytes = max(self.hungriest_bytes, (self._peak_bytes() - self._held_bytes, name))
        forget_peaks()

    @staticmethod
    def _peak_bytes() -> int:
        return peak_bytes("self") + sum(peak_bytes(pid) for pid in worker_pids())


def fuzz(
    seconds: float,
    seed: int,
    on_failure: Callable[[bytes, str], None],
    on_look: Callable[[str, float], None] = lambda name, cpu_s: None,
) -> dict[str, collections.Counter[str]]:
    """Outcomes by seed, after so many seconds. on_look: is told each input's seed and the seconds of the processor that it took."""
    chance, seeds = random.Random(seed), make_seeds()
    names, outcomes = list(seeds), {name: collections.Counter[str]() for name in seeds}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = chance.choice(names)
        content = change(seeds[name], seeds[chance.choice(names)], chance)
        if name == "svgz" and chance.random() < 0.8:  # else nearly all end at the checksum
            content = gzip.compress(change(_SVG, seeds["png"], chance), mtime=0)
        if content[:4] == b"\x89PNG" and chance.random() < 0.7:
            content = mend_png(content)
        cpu_s, started = used_cpu_s(), time.monotonic()
        try:
            result: object = decode_image(content)
        except Exception as e:  # noqa: BLE001  # the very thing that is looked for
            result = e
        cpu_s, wall_s = used_cpu_s() - cpu_s, time.monotonic() - started
        on_look(name, cpu_s)
        if isinstance(result, Picture):
            outcome = "picture"
        else:
            outcome = str(result.reason) if isinstance(result, Refusal) else f"raised {type(result).__name__}"
        if cpu_s > MAX_CPU_S or (isinstance(result, Refusal) and BY_THE_CLOCK in result.detail):
            outcome = f"over {MAX_CPU_S:g} s of the processor, or ended by the clock"
        if outcome.startswith(("raised", "over")):
            on_failure(content, f"{name}: {outcome}: {result!r} after {cpu_s:.2f} s, {wall_s:.2f} s by the clock"[:300])
        outcomes[name][outcome] += 1
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    failures, costs = 0, Costs()

    def note(content: bytes, what: str) -> None:
        nonlocal failures
        failures += 1
        print(what, file=sys.stderr)
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)

    outcomes = fuzz(arguments.seconds, arguments.seed, note, costs.note)
    for name, counts in outcomes.items():
        print(f"{name:18}{counts.total():8}  " + ", ".join(f"{what} {n}" for what, n in counts.most_common()))
    total = sum(outcomes.values(), collections.Counter[str]())
    print(f"{'all':18}{total.total():8}  " + ", ".join(f"{what} {n}" for what, n in total.most_common()))
    print(f"slowest {costs.slowest_s[0]:.2f} s of the processor ({costs.slowest_s[1]})")
    print(f"hungriest {costs.hungriest_bytes[0] / 1e6:.0f} MB ({costs.hungriest_bytes[1]})")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
