"""The figures that a plan is reckoned with where nothing was measured here: value, unit, where it comes from.

The processor time of a page and of an image is measured on the machine itself (machine_speed.py), and what visits cost in the
workspace (visit_costs.py); these stand in for both.
"""

from __future__ import annotations

from typing import Final

REQUESTS_PER_VISIT: Final = 90.0
"""Corpus of 24 sites of small and middling vendors (bench/README.md): the mean."""
BYTES_PER_VISIT: Final = 7_000_000.0
"""The same corpus: received, the mean."""
DISK_PER_BYTE: Final = 8.5 / 7.0
"""The same corpus: WARC and database together, for each byte received."""
PAGES_PER_VISIT: Final = 13.0
"""The same corpus: 311 pages of 24 sites."""
IMAGES_PER_VISIT: Final = 43.0
"""The same corpus: 1,043 images of 24 sites, each once a site."""

IMAGE_S: Final = 0.012
"""Processor time of recognising one image, s: between a single logo (.005) and a wall or a photograph (.022 to .027;
bench/README.md, "Speed side by side"), one image in three taken for one of the latter."""
REQUEST_S: Final = 0.0026
"""Processor time of one request in the crawling process, s: fetching, WARC, SQLite. 237 s for 67,000 requests and 5,000 pages
of 13 ms (bench/README.md, "Speed of a crawl")."""

CRAWL_DELAY_SHARE: Final = 1 / 24
"""Share of the sites that ask for a Crawl-delay: one of the corpus."""
CRAWL_DELAY_S: Final = 1.0
"""The one that it asks for, s."""
ANSWER_S: Final = 0.3
"""How long a server takes to answer, s. Assumed: the corpus lies on loopback, and rows carry whole seconds."""
DEAD_SHARE: Final = 0.05
"""Share of the vendors at which nobody answers, not even with an error. Assumed: lists differ too much for one measured
figure, and the first crawl of a list gives its own."""

SAMPLED_VISITS: Final = 1_000
"""The last visits of the workspace from which means are taken: their rows are read in under a second."""
BUSY_SHARE: Final = 0.5
"""Share of its processors' time, or of the fetching process's, from which a crawl counts as bound by it: its visits then took as
long as they did because they stood in a queue, which says little of the vendors. Between the crawl of the corpus at its
usual pace (reckoned with the figures above: .18) and one of the generated web on loopback (.54, bench/generated_web.py)."""
