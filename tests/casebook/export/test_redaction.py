"""What was ticked is blanked in whatever form a page may have it, and nothing else is touched.

Tests: casebook/export/redaction.py, casebook/export/redacted_pictures.py, casebook/export/unescaped.py.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import time

import pytest
from PIL import Image, PngImagePlugin

from casebook.export.redacted_pictures import grey_picture, paint_over
from casebook.export.redaction import BLANK, Redaction, Ticked

NAME = Redaction(texts=[Ticked(kind="name", text="Jörg Müller")])
MAIL = Redaction(texts=[Ticked(kind="e-mail", text="erika@harbour.example")])
PHONE = Redaction(texts=[Ticked(kind="phone", text="+49 30 901820")], country="DE")
HAN = Redaction(texts=[Ticked(kind="name", text="张伟")])


def cloudflare(address: str, key: int = 0x5A) -> str:
    return bytes([key, *(byte ^ key for byte in address.encode())]).hex()


@pytest.mark.parametrize(
    "written",
    [
        "Jörg Müller", "JÖRG MÜLLER", "Jörg\n   Müller", "J&ouml;rg M&uuml;ller", "J&#246;rg&nbsp;M&#xFC;ller", "J%C3%B6rg%20M%C3%BCller",
        "Jo\u0308rg Mu\u0308ller", "joerg-mueller", "jorg_muller", "Müller, Jörg", "J\\u00f6rg M\\u00fcller", "J&amp;ouml;rg M&amp;uuml;ller",
        "J%25C3%25B6rg%2520M%25C3%25BCller", "Jörg Mül\u00adler", "Jörg Mül ler", "Ｊörg Müller",
    ],
)  # fmt: skip
def test_a_name_in_every_spelling(written):
    assert NAME.text(f"before {written} after") == f"before {BLANK} after"
    assert NAME.text("Jörg and Müller; Jörgen Mülheim") == "Jörg and Müller; Jörgen Mülheim"


@pytest.mark.parametrize(
    "written",
    [
        "erika@harbour.example", "ERIKA@harbour.example", "erika [at] harbour [dot] example", "erika(at)harbour.example", "erika at harbour dot example",
        "erika&#64;harbour&#46;example", "erika%40harbour.example", "&#101;rika@harbour.example", "erika' + '@' + 'harbour.example",
    ],
)  # fmt: skip
def test_an_address_in_every_spelling(written):
    assert MAIL.text(f"mail: {written}; more") == f"mail: {BLANK}; more"


def test_what_hides_an_address_is_undone():
    code = cloudflare("erika@harbour.example")
    page = f'<a href="/cdn-cgi/l/email-protection#{code}"><span data-cfemail="{code}">[protected]</span></a>'
    redacted = MAIL.text(page)
    assert code not in redacted
    assert redacted.count("00" + BLANK.encode().hex()) == 2
    other = f'<span data-cfemail="{cloudflare("other@harbour.example")}"></span>'
    assert MAIL.text(other) == other
    coded = base64.b64encode(b"mailto:erika@harbour.example").decode()
    assert coded not in MAIL.text(f"atob('{coded}')")
    svg = base64.b64encode(b"<svg><text>erika@harbour.example</text></svg>").decode()
    redacted = MAIL.text(f'<img src="data:image/svg+xml;base64,{svg}">')
    assert BLANK in base64.b64decode(redacted.split("base64,")[1].split('"')[0]).decode()


@pytest.mark.parametrize(
    "written",
    ["+49 30 901820", "+4930901820", "0049 (0)30 / 90 18 20", "030-901820", "(030) 90.18.20", "tel:+4930901820", "٠٣٠ ٩٠١٨٢٠", "+49&nbsp;30&nbsp;901820"],
)  # fmt: skip
def test_a_number_however_it_is_grouped(written):
    redacted = PHONE.text(f"Call {written}.")
    assert BLANK in redacted
    assert not any(character.isdigit() for character in redacted)
    assert PHONE.text("130901820 a030901820f 0309018201") == "130901820 a030901820f 0309018201"


def test_tags_within_a_hit_stay():
    page = "<p title='Jörg Müller'><b>Jörg</b> <i>Mül<wbr>ler</i>, CEO</p>"
    assert NAME.text(page) == f"<p title='{BLANK}'><b>{BLANK}</b><i><wbr></i>, CEO</p>"


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-16", "utf-16-le", "gb18030", "big5", "cp932", "euc_jp", "iso2022_jp"]
)
def test_bytes_of_a_page_in_every_charset(charset):
    words = (
        "<p>総経理 "
        if charset in ("cp932", "euc_jp", "iso2022_jp")
        else "<p>總經理 "
        if charset == "big5"
        else "<p>总经理 "
    )
    name = "張偉" if charset not in ("utf-8", "utf-16", "utf-16-le", "gb18030") else "张伟"
    redaction = Redaction(texts=[Ticked(kind="name", text=name)])
    page = f"<html><meta charset='{charset}'>{words}{name}</p>" + "<p>words for ports</p>" * 30
    redacted = redaction.body(page.encode(charset), f"text/html; charset={charset}", "http://v.example/")
    text = redacted.decode(charset)
    assert name not in text
    assert text.startswith(page[: page.index(name)])
    assert text.endswith(page[page.index(name) + len(name) :])


def test_a_page_that_declares_another_charset_or_has_broken_bytes():
    page = f"<p>{'words ' * 50}张伟</p>".encode("gb18030") + b"\xff\xfe\x80"
    redacted = HAN.body(page, "text/html; charset=utf-8", "http://v.example/")
    assert "张伟".encode("gb18030") not in redacted
    assert redacted.endswith(b"</p>\xff\xfe\x80")
    western = "Jörg Müller".encode("latin-1") + b" \x81\x8d"
    assert NAME.body(western, "text/html", "http://v.example/") == b"&#9608;" * 4 + b" \x81\x8d"


def test_pictures_lose_their_remarks_and_keep_their_pixels():
    remarks = PngImagePlugin.PngInfo()
    remarks.add_text("Author", "Jörg Müller", zip=True)
    file = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(file, "PNG", pnginfo=remarks)
    redacted = NAME.body(file.getvalue(), "image/png", "http://v.example/l.png")
    with Image.open(io.BytesIO(redacted)) as picture:
        assert picture.info.get("Author") is None
        assert picture.convert("RGB").getpixel((3, 3)) == (255, 0, 0)
    plain = paint_over(file.getvalue(), [(0, 0, 5, 5)])
    with Image.open(io.BytesIO(plain)) as picture:
        assert (picture.getpixel((2, 2)), picture.getpixel((9, 9))) == ((0, 0, 0), (255, 0, 0))
    assert MAIL.body(plain, "image/png", "") == plain
    with Image.open(io.BytesIO(grey_picture(plain))) as picture:
        assert picture.size == (20, 10)


def test_other_files_keep_their_length():
    font = b"\x00\x01OTTO" + "erika@harbour.example".encode("utf-16-le") + b"\x00rest"
    redacted = MAIL.body(font, "font/otf", "")
    assert len(redacted) == len(font)
    assert "erika".encode("utf-16-le") not in redacted


def test_a_page_with_zero_bytes_is_read_as_a_page():
    page = b"<p>\x00 J&ouml;rg M&uuml;\x00ller</p>"
    assert NAME.body(page, "text/html", "http://v.example/") == f"<p>\x00 {BLANK}</p>".encode()


def test_a_broken_picture_breaks_nothing():
    broken = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIHDR" + b"\xff" * 30 + "Jörg Müller".encode()
    assert "Müller".encode() not in NAME.body(broken, "image/png", "http://v.example/l.png")
    with Image.open(io.BytesIO(grey_picture(broken))) as picture:
        assert picture.size == (64, 64)


def test_a_packed_drawing_is_packed_again():
    drawing = gzip.compress("<svg><title>Jörg Müller</title></svg>".encode(), mtime=0)
    redacted = NAME.body(drawing, "image/svg+xml", "http://v.example/l.svgz")
    assert gzip.decompress(redacted).decode() == f"<svg><title>{BLANK}</title></svg>"
    assert MAIL.body(drawing, "image/svg+xml", "") == drawing
    twice = gzip.compress(gzip.compress(b"x"))
    assert NAME.body(twice, None, "") == twice


def test_our_own_pages_and_rows_keep_digests_style_and_pictures():
    digits = Redaction(texts=[Ticked(kind="text", text="deadbeef"), Ticked(kind="text", text="margin")])
    digest = "deadbeef" * 8
    page = f"<style>p {{ margin: 0 }}</style><p>margin {digest} deadbeef</p>"
    assert digits.page(page) == f"<style>p {{ margin: 0 }}</style><p>{BLANK} {digest} {BLANK}</p>"
    row = {"sha256": digest, "words": json.dumps(["deadbeef"]), "n": 3}
    assert digits.value(row) == {"sha256": digest, "words": f'["{BLANK}"]', "n": 3}


def test_characters_that_mean_something_to_us_mean_nothing_in_a_page():
    page = "<p>\ue000 \ue001 Jörg Müller \ue001<style>a</style></p>"
    assert NAME.page(page) == f"<p>\ue000 \ue001 {BLANK} \ue001<style>a</style></p>"


@pytest.mark.parametrize(
    "part",
    ["<!--", "<script ", "<style>", "<a ", "<", "&#", "&", "%41", "%", "\\u0041", "' + '", "data:", "A", "e", "jörg ", "0 ", "\u00ad", "erika (at) ", "data-cfemail=\"00"],
)  # fmt: skip
def test_a_hostile_page_costs_what_its_size_costs(part):
    everything = Redaction(texts=[*NAME.texts, *MAIL.texts, *PHONE.texts, *HAN.texts], country="DE")
    page = (part * (400_000 // len(part))) + "Jörg Müller"
    began = time.process_time()
    assert "Müller" not in everything.text(page)
    assert time.process_time() - began < 20  # 0.2 to 3 s, where backtracking would take hours


def test_addresses_stay_ascii():
    assert (
        NAME.url("https://v.example/team/joerg-mueller?x=1")
        == "https://v.example/team/%E2%96%88%E2%96%88%E2%96%88%E2%96%88?x=1"
    )
