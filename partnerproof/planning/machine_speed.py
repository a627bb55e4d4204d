"""How fast this machine reads a page and recognises an image: measured with the program's own code, in under five seconds.

Reads: a page and pictures of the shipped demo, the workspace's official logos. Writes: var/machine-speed.json, which holds for
this version of the program, this number of processors and this set of logos.

1. A page of the demo, filled up to the size of the corpus's median page, is read as a crawl reads it.
2. Pictures of the demo are recognised in a process like the crawl's. Comparing is the small part of that, so of a large
   official set the first files are enough.
3. Of some rounds the least counts: other work on the machine only ever makes one longer.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from crawler.reading.links import find_page_links
from crawler.reading.page_reader import PageSource, read_page
from ledger.errors import OutsideFailureError
from ledger.identity import look_id_of
from ledger.lexicon import Lexicon
from ledger.shipped import shipped_data
from ledger.typed_texts import FinalUrl, VisitId
from ledger.vocabulary import Purpose
from matcher.brands.official_logos import Brand
from matcher.logo_matcher import logo_set_id
from matcher.recognition_process import Recogniser
from partnerproof.planning.plan_figures import IMAGE_S
from partnerproof.version import program_version

_PAGE = "web/www.brightharbour.example/partners.html"
_PAGE_BYTES = 32_000  # the median page of the corpus (bench/generated_web.py)
_PAGE_PARTS = (
    10  # how often its main part is repeated: 60 images and 40 paragraphs and headings; a script fills the rest
)
_IMAGES = (  # two single logos, a badge and a photograph
    "web/www.sensegrid.example/img/p06.png",
    "web/www.tesselretail.example/img/brands/b6.webp",
    "web/www.silverkeys.example/img/badges/vpn-gold.png",
    "web/www.mossfield.example/img/hero.jpg",
)
_ROUNDS = 3
_MAX_LOGOS = 40  # an official file takes up to 50 ms to load
_FILE = "machine-speed.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpeed:
    """Processor time of one page and of one image, and how many processors there are."""

    page_s: float
    image_s: float
    processors: int
    basis: str  # where the times come from


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What the stored measurement holds for."""

    version: str
    processors: int
    logos: str
    page_s: float
    image_s: float


def count_processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def measure_machine(var: Path, brands: Sequence[Brand], lexicon: Lexicon) -> MachineSpeed:
    """Return this machine's speed: as it was measured before, if that still holds, else measured now and stored under var.

    Without official logos recognising can't be measured: its time is then the benchmark's.
    """
    logos = [logo for brand in brands for logo in brand.logos]
    holds_for = _Stored(
        version=program_version(),
        processors=count_processors(),
        logos=logo_set_id(logos) if logos else "",
        page_s=0.0,
        image_s=0.0,
    )
    stored = _read_stored(var / _FILE)
    if stored is None or replace(stored, page_s=0.0, image_s=0.0) != holds_for:
        image_s = (_measure_image(brands) if logos else None) or IMAGE_S
        stored = replace(holds_for, page_s=_measure_page(lexicon), image_s=image_s)
        _write_stored(var / _FILE, stored)
    basis = "measured on this machine" if logos else "page measured on this machine, image as on the benchmark's"
    return MachineSpeed(page_s=stored.page_s, image_s=stored.image_s, processors=stored.processors, basis=basis)


def _measure_page(lexicon: Lexicon) -> float:
    content = _typical_page()

    def read(turn: int) -> None:
        visit_id = VisitId(f"{turn}")
        source = PageSource(
            visit_id=visit_id,
            look_id=look_id_of(visit_id, Purpose.PAGE, "/partners.html"),
            url=FinalUrl("https://www.brightharbour.example/partners.html"),
            status=200,
            content=content,
            content_type="text/html; charset=utf-8",
        )
        page = read_page(source, lexicon)
        find_page_links(page.document, lexicon)
        page.with_images([], lexicon)

    read(0)  # loads tables that the first page needs
    return _least_s(read)


def _typical_page() -> bytes:
    before, _, rest = (shipped_data("demo") / _PAGE).read_text(encoding="utf-8").partition("<main>")
    main, _, after = rest.partition("</main>")
    page = f"{before}<main>{main * _PAGE_PARTS}</main>{after}"
    filler = 'var settings = {"menu": "open", "speed": 300};\n' * max(0, (_PAGE_BYTES - len(page)) // 47)
    return page.replace("</body>", f"<script>{filler}</script></body>").encode()


def _measure_image(brands: Sequence[Brand]) -> float | None:
    """None where the process that recognises can't be started here: the crawl will say so itself."""
    pictures = [(shipped_data("demo") / name).read_bytes() for name in _IMAGES]

    try:
        with Recogniser(_first_logos(brands)) as recogniser:
            for picture in pictures:
                recogniser.recognise(picture)
            return _least_s(lambda _: [recogniser.recognise(picture) for picture in pictures]) / len(pictures)
    except OutsideFailureError:
        return None


def _first_logos(brands: Sequence[Brand]) -> list[Brand]:
    left, chosen = _MAX_LOGOS, []
    for brand in brands:
        chosen.append(replace(brand, logos=brand.logos[:left]))
        left -= len(chosen[-1].logos)
        if left <= 0:
            break
    return chosen


def _least_s(work: Callable[[int], object]) -> float:
    least = float("inf")
    for turn in range(1, _ROUNDS + 1):
        started = time.perf_counter()
        work(turn)
        least = min(least, time.perf_counter() - started)
    return least


def _read_stored(path: Path) -> _Stored | None:
    try:
        return _Stored(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # never measured, or by a version that wrote it otherwise


def _write_stored(path: Path, stored: _Stored) -> None:
    try:
        path.write_text(json.dumps(asdict(stored)), encoding="utf-8")
    except OSError:
        return  # a plan needs no workspace that it may write: it is measured again next time
