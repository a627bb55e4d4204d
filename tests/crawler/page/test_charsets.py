"""Whatever a page declares, its words are read."""

from __future__ import annotations

import pytest

from crawler.page.charsets import decode_page

RUSSIAN = "Наши партнёры: компания Корване и Велтрана, официальный дилер по всей стране"
CHINESE = "我们的合作伙伴：艾克米公司和维川科技，提供产品与服务的公司"
TAIWANESE = "我們的合作夥伴：艾克米公司，提供產品與資訊服務的公司"
JAPANESE = "パートナー企業のご紹介：アクミ株式会社と取引しています"
KOREAN = "우리의 공식 파트너사는 아크미와 벨트라나입니다"
POLISH = "Nasi partnerzy są zaufani, współpracę rozpoczęliśmy w Łodzi"
FRENCH = "Nos partenaires préférés, sociétés agréées à l'étranger depuis des années"
URL = "http://vendor.example/"


@pytest.mark.parametrize(
    ("text", "charset", "content_type", "head", "url"),
    [
        (RUSSIAN, "cp1251", "text/html; charset=windows-1251", "", URL),
        (
            RUSSIAN,
            "cp1251",
            "text/html",
            '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
            URL,
        ),
        (RUSSIAN, "cp1251", "text/html", "", URL),
        (RUSSIAN, "koi8-r", "text/html", "", URL),
        (RUSSIAN, "cp1251", "text/html; charset=utf-8", "", URL),  # a wrong header
        (RUSSIAN, "cp1251", None, '<html lang="ru">', URL),
        (RUSSIAN, "utf-8", "text/html; charset=windows-1251", "", URL),
        (CHINESE, "gb18030", "text/html; charset=gb2312", "", URL),
        (CHINESE, "gbk", None, "<meta charset=gbk>", URL),
        (CHINESE, "gbk", None, "", URL),
        (CHINESE, "gbk", None, "", "http://vendor.cn/"),
        (CHINESE, "utf-8", "text/html; charset=gbk", "", URL),
        (TAIWANESE, "big5", "text/html; charset=big5", "", URL),
        (TAIWANESE, "big5", None, '<html lang="zh-TW">', URL),
        (TAIWANESE, "big5", None, "", URL),
        (JAPANESE, "cp932", "text/html; charset=Shift_JIS", "", URL),
        (JAPANESE, "cp932", None, "", URL),
        (JAPANESE, "euc_jp", None, "", URL),
        (JAPANESE, "iso2022_jp", "text/html; charset=iso-2022-jp", "", URL),
        (KOREAN, "cp949", "text/html; charset=euc-kr", "", URL),
        (KOREAN, "euc_kr", None, "", URL),
        (POLISH, "cp1250", None, '<html lang="pl">', URL),
        (POLISH, "iso8859-2", "text/html; charset=iso-8859-2", "", URL),
        (FRENCH, "latin-1", None, "", URL),
        (FRENCH, "utf-8", "text/html; charset=ISO-8859-1", "", URL),
        (FRENCH, "utf-8", None, '<meta charset="latin1">', URL),
        (CHINESE, "utf-16", "text/html", "", URL),
        (CHINESE, "utf-16-le", "text/html", "", URL),
        (CHINESE, "utf-16-be", "text/html; charset=utf-16", "", URL),
        (CHINESE, "utf-8-sig", "text/html; charset=latin1", "", URL),
        (CHINESE, "utf-8", "text/html; charset=no-such-charset", "", URL),
        (
            CHINESE,
            "gbk",
            None,
            "<style>" + ".a{color:red}" * 300 + "</style><meta charset=gb2312>",
            URL,
        ),  # after 3,900 bytes
        (FRENCH, "latin-1", None, '<?xml version="1.0" encoding="ISO-8859-1"?>', URL),
    ],
)
def test_the_words_are_read(text, charset, content_type, head, url):
    page = f"{head}<html><body><h2>{text}</h2><p>{text}</p></body></html>"
    assert decode_page(page.encode(charset), content_type, url) == page


def test_a_page_cut_in_the_middle_of_a_character_is_read_to_there():
    content = f"<p>{RUSSIAN * 20}".encode()[:-1]
    assert decode_page(content, "text/html", URL).startswith(f"<p>{RUSSIAN}")
    content = f"<p>{CHINESE * 40}".encode("gbk")[:-1]
    assert decode_page(content, "text/html; charset=gbk", URL).startswith(f"<p>{CHINESE}")


def test_a_broken_byte_makes_no_other_charset():
    content = f"<p>{RUSSIAN * 30}".encode() + b"\xff" + f"{RUSSIAN * 30}".encode()
    assert RUSSIAN in decode_page(content, "text/html; charset=utf-8", URL)


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\xff\xfe", bytes(range(256)) * 20, b"\x81" * 1_000, b"\x1b$B" * 50]
)
def test_bytes_of_no_charset_are_read_all_the_same(content):
    assert isinstance(decode_page(content, "text/html; charset=ascii", URL), str)
