"""Markup that stands as text in frames and scripts is read where a visitor sees it; nothing is executed.

Pages with it are in tests/sites/frame-srcdoc and script-written.
"""

from __future__ import annotations

import time

import pytest

from crawler.page.page import Document
from crawler.page.written_markup import MAX_WRITTEN_CHARS, read_written

URL = "http://v.example/"


def written(script: str) -> list[str]:
    return [piece.markup for piece in read_written(script)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("document.write('<p>a</p>')", ["<p>a</p>"]),
        ('document . writeln ( "<im" + "g src=\'a.png\'>" );', ["<img src='a.png'>"]),
        ("document.write('<p>',\n 'a', '</p>')", ["<p>a</p>"]),
        ("document.write(['<p>', 'a'].join(''))", ["<p>a"]),
        ("document.write('\\x3Cp\\u003e\\u{61}\\'\\n')", ["<p>a'\n"]),
        ("document.write(unescape('%3Cp%3E%u0061'))", ["<p>a"]),
        ("document.write(decodeURIComponent('%3Cp%3E'))", ["<p>"]),
        ("var a = '<p>'; a += 'b'; document.write(a + '</p>')", ["<p>b</p>"]),
        ("const n = 'Acme'; document.write(`<b>${n} ${m()}</b>`)", ["<b>Acme </b>"]),
        ("document.write('<p>(c) ' + new Date().getFullYear() + '</p>')", ["<p>(c) </p>"]),
        ("var a = '<p>' +\n  'b';\nvar c = 1\ndocument.write(a)", ["<p>b"]),
        ("// document.write('<p>')", []),
        ("/* document.write('<p>') */", []),
        ("var u = 'http://a.example'; document.write('<p>')", ["<p>"]),
        ("document.getElementById('x').innerHTML = '<img src=a.png>'", ["<img src=a.png>"]),
        ("document.querySelector('#x').insertAdjacentHTML('beforeend', '<svg></svg>')", ["<svg></svg>"]),
        ("$('#x').html('<p>no picture</p>')", []),
        ("document.write()", []),
        ("document.write('<p>", []),
    ],
)
def test_what_scripts_write_is_read(script, expected):
    assert written(script) == expected


def test_what_is_written_stands_where_it_is_written():
    page = Document(URL, "<h2>Partners</h2><script>document.write('<p>We resell Acme.</p>')</script><p>Call us.</p>")
    assert page.visible_text == "Partners We resell Acme. Call us."


def test_an_element_that_a_script_fills_holds_it():
    html = "<div id=w></div><p id=e></p><script>document.getElementById('w').innerHTML='<img src=a.png>'</script>"
    assert Document(URL, html).soup.select_one("#w img") is not None


def test_a_page_that_a_browser_drew_has_it_already():
    html = "<script>document.write('<p>twice</p>')</script><p>twice</p>"
    assert Document(URL, html, "data-box").visible_text == "twice"


def test_a_frame_in_an_attribute_is_part_of_the_page():
    page = Document(
        URL,
        "<iframe srcdoc='&lt;base href=/x/&gt;&lt;h2&gt;Partner of Acme&lt;/h2&gt;&lt;script&gt;1&lt;/script&gt;'>old</iframe>",
    )
    assert page.visible_text == "Partner of Acme"
    assert page.base_url == URL
    assert page.soup.find("script") is None


@pytest.mark.parametrize(
    "script",
    [
        "var a='<p>';" + "a+=a+a;" * 200 + "document.write(a)",
        "document.write(" * 12_000,
        "document.write(" + "'a'+" * 40_000,
        "a=[" * 60_000 + "document.write(a)",
        "document.write('" + "\\" * 150_000,
        "/*" * 90_000 + "document.write('a')",
    ],
)
def test_a_hostile_script_is_read_in_time(script):
    begun = time.process_time()
    assert sum(map(len, written(script))) <= 60 * MAX_WRITTEN_CHARS
    Document(URL, f"<script>{script}</script>").outline  # noqa: B018  # reads it
    assert time.process_time() - begun < 4
