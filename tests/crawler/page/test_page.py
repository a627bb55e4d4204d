"""A page's bytes become a document: text of whatever charset, title, language, absolute addresses."""

from __future__ import annotations

import pytest

from crawler.page.page import parse_page


def page(html: str, url: str = "http://vendor.example/x"):
    return parse_page(html.encode(), url, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("合作伙伴".encode("gb18030"), "text/html; charset=gb2312"),
        (b'<meta charset="gbk">' + "合作伙伴".encode("gb18030"), None),
        ("合作伙伴".encode(), "text/html; charset=iso-8859-99"),
        ("合作伙伴".encode("utf-16"), "text/html"),
        (b"\xef\xbb\xbf" + "合作伙伴".encode(), "text/html; charset=latin1"),
    ],
)
def test_the_charset_is_found(content, content_type):
    text = parse_page(content, "http://v.example/", content_type).text
    assert "合作伙伴" in text or content_type == "text/html; charset=latin1"


def test_bytes_of_no_charset_are_read_all_the_same():
    assert "Partner" in parse_page(b"\x00 Partner \x81\x8d", "http://v.example/", "text/html; charset=ascii").text


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ('<html lang="de-AT"><p>Unsere Partner</p></html>', "de"),
        ('<html lang="en"><p>我们的合作伙伴遍布全国各地</p></html>', "zh"),
        ("<p>パートナーの皆さまへ</p>", "ja"),
        ("<p>Наші партнери і їхні клієнти</p>", "uk"),
        ("<p>plain words</p>", None),
    ],
)
def test_the_script_tells_more_than_the_attribute(html, language):
    assert page(html).language == language


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("a.png", "http://vendor.example/shop/a.png"),
        ("\\img\\a.png?x=\\", "http://vendor.example/img/a.png?x=\\"),
        (" /a\n.png#top ", "http://vendor.example/a.png"),
        ("//cdn.example/a.png", "http://cdn.example/a.png"),
        ("mailto:a@b.example", None),
        ("http://[x", None),
        ("http://v.example:port/", None),
        ("", None),
        (None, None),
    ],
)
def test_references_become_addresses_or_nothing(reference, url):
    assert page("<base href='/shop/'>", "http://vendor.example/x").absolute(reference) == url


def test_the_title_has_one_line():
    assert page("<title>\n Our   partners </title>").title == "Our partners"
    assert page("<title> </title>").title is None


def test_what_a_visitor_does_not_read_is_no_text():
    seen = page("<body>a<script>b</script><style>c</style><noscript>d</noscript><template>e</template> f").visible_text
    assert seen == "a f"
