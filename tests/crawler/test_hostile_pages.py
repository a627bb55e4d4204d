"""Pages made to keep a reader busy end in bounded time, with bounded rows. The bounds are ten times what is measured.

Tests: crawler/reading/page_reader.py with all that it reads by, against hostile input.
"""

from __future__ import annotations

import time

import pytest

from crawler.images.sightings import MAX_SIGHTINGS
from crawler.images.stylesheets import Sheet
from crawler.reading.page_reader import PageSource, read_page
from crawler.reading.passages import MAX_PASSAGES

SVG = "<svg><use href='#s'></use></svg>"


@pytest.mark.parametrize(
    ("html", "css"),
    [
        ("<div class=title>" * 50_000 + "x", ""),
        ("<header class='nav footer'><b>" * 20_000 + "<img src=a.png>", ""),
        ("<h2>" * 20_000 + "Partners<img src=a.png>", ""),
        ("<a href=x><figure>" * 15_000 + "<img src=a.png>" * 2_000, ""),
        ("<img src=a.png alt=x>" * 100_000, ""),
        ("<ul>" + "<li><b>x</b><img src=a.png>" * 40_000, ""),
        ("<p>" + "word " * 1_000_000, ""),
        ("<p title='" + "x" * 4_900_000 + "'>", ""),
        ("<template shadowrootmode=open><p>x" * 10_000, ""),
        ("<noscript><img src=a.png></noscript>" * 30_000, ""),
        ("<head>" + "<noscript>&lt;img src=a.png></noscript>" * 5_000, ""),
        (f"<svg><symbol id=s>{'<path d=M0/>' * 5_000}</symbol></svg>" + SVG * 20_000, ""),
        ("<svg>" + "".join(f"<symbol id=s{n}><use href=#s{n + 1}></use></symbol>" for n in range(5_000)) + "</svg>" + SVG * 200, ""),
        ("<img srcset='" + "a" * 200_000 + " b c'>" + "<img srcset='" + "a.png 1w," * 50_000 + "'>", ""),
        ("<script type=application/json>" + '{"partner":[' * 100_000 + "</script>", ""),
        ('<script type=application/json>{"logos":[' + '"a.png",' * 200_000 + '"b.png"]}</script>', ""),
        ("<i class=a style='background:url(a.png)'></i>" * 30_000, ".a{background:url(b.png)}"),
        ("<i class=a></i>" * 20_000, "".join(f".a:not(.b{n}){{background:url({n}.png)}}" for n in range(25_000))),
        ("<i class=a>" * 5_000, ".a .a .a .a .a .a .b{background:url(x.png)}.b{}" + ".a ~ .a ~ .a{background:url(y.png)}"),
        ("<b class='" + "a " * 500_000 + "'>", ".a{background:url(b.png)}"),
        ("<p id=x " + " ".join(f"data-{n}=a.png" for n in range(50_000)) + ">", ""),
        ("<title>" + "| a " * 100_000 + "</title>© " + "2020 " * 100_000, ""),
        ("<a href='" + "\\" * 1_000_000 + "'><img src='" + "/.." * 300_000 + "'>", ""),
    ],
)  # fmt: skip
def test_a_hostile_page_ends(lexicon, html, css):
    source = PageSource(
        visit_id="V",
        look_id="L",
        url="https://v.example/p",
        status=200,
        content=html.encode(),
        content_type="text/html",
    )
    begin = time.process_time()
    read = read_page(source, lexicon).with_images([Sheet("https://v.example/s.css", css)] if css else [], lexicon)
    assert time.process_time() - begin < 60
    assert len(read.sightings) <= MAX_SIGHTINGS
    assert len(read.passages) <= MAX_PASSAGES
    assert sum(len(image.content) for image in read.inline_images) < 20_000_000
