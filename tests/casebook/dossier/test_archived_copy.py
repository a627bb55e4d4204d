"""A page as the archive holds it, as one document that runs nothing and asks nobody for anything."""

from __future__ import annotations

import re
import time

import pytest
from bs4 import BeautifulSoup

from casebook.dossier.archived_copy import COPY_POLICY, MAX_PART_BYTES, Parts, ShownPlace, copy_document

URL = "https://vendor.example/partners/"
PNG = b"\x89PNG\r\n\x1a\n a picture"
STORED = {
    "https://vendor.example/partners/logo.png": (PNG, "image/png"),
    "https://vendor.example/style.css": (b"@import 'more.css'; h1 { background: url(/bg.png) } p { background: url(gone.png) }", "text/css"),
    "https://vendor.example/more.css": (b"li { color: red } </style><script>alert(1)</script>", "text/css"),
    "https://vendor.example/bg.png": (PNG, "application/octet-stream"),
    "https://vendor.example/page.html": (b"<script>alert(1)</script>", "text/html"),
    "https://vendor.example/huge.png": (PNG + b"0" * MAX_PART_BYTES, "image/png"),
}  # fmt: skip


def copied(html: str, *shown: ShownPlace) -> tuple[BeautifulSoup, int, Parts]:
    parts = Parts(STORED.get)
    text, outlined = copy_document(html, URL, parts, shown)
    return BeautifulSoup(text, "lxml"), outlined, parts


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<iframe src=//evil.example></iframe>", "<object data=//evil.example></object>",
        "<a href='javascript:alert(1)'>a</a>", "<form action=//evil.example><button formaction=//evil.example>b</button></form>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>", "<link rel=prefetch href=//evil.example>", "<base href=//evil.example>",
        "<img src=//evil.example/a.png srcset='//evil.example/b.png 2x'>", "<video src=//evil.example/v.mp4 poster=//evil.example/p.png></video>",
        "<svg><image href=//evil.example/i.svg></image><use xlink:href=//evil.example/s.svg#a></use></svg>", "<p style='background:url(//evil.example/x)'>p</p>",
        "<style>@import '//evil.example/s.css'; p { background: url('//evil.example/x') }</style>", "<body background=//evil.example/b.png>",
        "<a href=//evil.example ping=//evil.example/p>a</a>", "<input type=image src=//evil.example/i.png>", "<template><script>alert(1)</script></template>",
        "<embed src=//evil.example><frame src=//evil.example><applet code=x></applet><audio src=//evil.example></audio>", "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    ],
)  # fmt: skip
def test_nothing_in_a_copy_runs_or_names_an_address_that_a_browser_would_ask(html):
    soup, _, _ = copied(html)
    assert not soup.find(
        ["script", "iframe", "object", "embed", "frame", "applet", "audio", "base", "link", "template"]
    )
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            assert not name.startswith("on")
            assert name == "title" or "evil.example" not in str(value)
    assert "evil.example" not in "".join(style.get_text() for style in soup.find_all("style"))


def test_pictures_and_sheets_of_the_archive_stand_in_the_document_and_what_is_missing_is_counted():
    soup, _, parts = copied(
        "<link rel=stylesheet href=/style.css><h1>H</h1><img src=logo.png><img src=/away.png><img data-src=logo.png src='data:image/gif;base64,R0lGOD'>"
    )
    images = soup.find_all("img")
    assert [str(image.get("src", ""))[:22] for image in images] == [
        "data:image/png;base64,",
        "",
        "data:image/png;base64,",
    ]
    sheet = "".join(style.get_text() for style in soup.find_all("style"))
    assert "li { color: red }" in sheet
    assert 'url("data:image/png;base64,' in sheet
    assert "background: none" in sheet
    assert not soup.find("script")  # a sheet can't end its own element
    missing = {url for url, address in parts.known.items() if address is None}
    assert missing == {"https://vendor.example/away.png", "https://vendor.example/gone.png"}


def test_only_pictures_and_fonts_are_laid_in_and_no_huge_ones():
    _, _, parts = copied("<img src=/page.html><img src=/huge.png>")
    assert set(parts.known.values()) == {None}


def test_what_the_claim_rests_on_is_outlined():
    shown = ShownPlace(image_url="https://vendor.example/partners/logo.png", original_url=None, sentence=None)
    said = ShownPlace(image_url=None, original_url=None, sentence="We are a partner of Acme.")
    soup, outlined, _ = copied("<p>We are a <b>partner</b> of Acme.</p><p>Other</p><img src=logo.png>", shown, said)
    marked = soup.find_all(style=re.compile("outline"))
    assert outlined == len(marked)
    assert {tag.name for tag in marked} == {"img", "p", "b"}
    assert soup.find(id="found")


def test_a_picture_with_a_source_that_the_archive_does_not_hold_keeps_and_outlines_its_image():
    shown = ShownPlace(image_url="https://vendor.example/wide.webp", original_url=None, sentence=None)
    soup, outlined, _ = copied(
        "<picture><source srcset=/wide.webp><source srcset=/tall.webp><img src=logo.png></picture><p>after</p>", shown
    )
    assert outlined == 1
    assert soup.find(id="found").name == "img"
    assert str(soup.img["src"]).startswith("data:image/png;base64,")
    assert soup.find("source") is None


def test_what_stands_behind_a_void_element_that_is_taken_out_stays():
    soup, _, _ = copied("<div><embed src=movie.swf><p>We are a partner of Acme.</p></div>")
    assert soup.p.get_text() == "We are a partner of Acme."
    assert soup.find("embed") is None


def test_what_was_taken_out_does_not_count_as_outlined():
    said = ShownPlace(image_url=None, original_url=None, sentence="We are a partner of Acme.")
    soup, outlined, _ = copied("<object><p>We are a partner of Acme.</p></object>", said)
    assert outlined == 0
    assert soup.find(id="found") is None


@pytest.mark.parametrize(
    "html",
    [
        "<!--> <a href=//evil.example>a</a> -->", "<xmp><!-- </xmp><a href=//evil.example>a</a> --></xmp>", "<?x > <a href=//evil.example>a</a> ?>",
        "<svg><style><p><a href=//evil.example>a</a></style></svg>", "<!doctype html SYSTEM \"a><a href=//evil.example>a</a>\"><p>p</p>",
        "<svg><a><animate attributeName=href values=//evil.example></animate><text>a</text></a></svg>",
        "<style></style ><a href=//evil.example>a</a></style>",
    ],
)  # fmt: skip
def test_no_link_comes_back_where_a_browser_reads_otherwise_than_the_parser(html):
    text, _ = copy_document(html, URL, Parts(STORED.get), [])
    assert not re.search(r"<a[^>]* href=.?//evil\.example|values=", text)


def test_elements_that_lie_deep_in_each_other_are_copied_in_time_that_grows_with_their_number():
    shallow, deep = (_seconds("<div>" * depth + "x") for depth in (1_000, 16_000))
    assert deep < 100 * shallow


def _seconds(html: str) -> float:
    start = time.process_time()
    copied(html)
    return time.process_time() - start


def test_links_say_where_they_led():
    soup, _, _ = copied("<a href=/contact>Contact</a> <a href=#team>Team</a>")
    assert [(link.get("href"), link.get("title")) for link in soup.find_all("a")] == [
        (None, "led to /contact"),
        ("#team", None),
    ]


def test_the_policy_lets_a_copy_do_nothing():
    assert COPY_POLICY.startswith("sandbox; default-src 'none';")
    assert "script-src" not in COPY_POLICY
    assert "allow-" not in COPY_POLICY


def test_what_only_scripts_would_uncover_is_uncovered():
    soup, _, _ = copied("<div id=preloader>wait</div><div data-aos=fade-up>Partners</div>")
    sheet = soup.find_all("style")[-1].get_text()
    assert "[data-aos]" in sheet
    assert "[id*=preload i]" in sheet
