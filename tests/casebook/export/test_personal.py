"""What may name or reach a person is listed, in several scripts; what only looks like it at a glance is not."""

from __future__ import annotations

import time

import pytest

from casebook.export.personal import GatheredPersonal, looks_like_name, read_text
from tests.casebook.export.test_redaction import cloudflare


def listed(page: str, region: str | None = "DE") -> dict[str, str]:
    gathered = GatheredPersonal(region)
    read_text(page, "http://v.example/", gathered)
    return {personal.text: f"{personal.kind}: {personal.why}" for personal in gathered.listed()}


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ('<script type="application/ld+json">{"@graph":[{"@type":["Person"],"name":"Ada Vane"}]}</script>', "Ada Vane"),
        ('<div itemscope itemtype="https://schema.org/Person"><b itemprop="name">Ada Vane</b></div>', "Ada Vane"),
        ('<div class="vcard"><span class="fn">Ada Vane</span></div>', "Ada Vane"),
        ("BEGIN:VCARD\nFN;CHARSET=UTF-8:Ada Vane\nEND:VCARD", "Ada Vane"),
        ('<meta name="author" content="Ada Vane">', "Ada Vane"),
        ('<a href="mailto:ada@v.example">Ada Vane</a>', "Ada Vane"),
        ('<a href="mailto:%22Ada%20Vane%22%20%3Cada@v.example%3E">mail</a>', "Ada Vane"),
        ("<p>Ada Vane, CEO</p>", "Ada Vane"),
        ("<h3>Ada Vane</h3><p>Managing Director</p>", "Ada Vane"),
        ("<p>Geschäftsführer: Jörg van den Berg</p>", "Jörg van den Berg"),
        ("<p>Frau Mustermann hilft Ihnen</p>", "Mustermann"),
        ("<p>Генеральный директор: Иван Петров</p>", "Иван Петров"),
        ("<p>总经理：张伟</p>", "张伟"),
        ("<p>请联系 王芳女士</p>", "王芳"),
        ("<p>代表取締役社長 山田 太郎</p>", "山田 太郎"),
        ("<p>대표이사 김철수</p>", "김철수"),
        ("<p>المدير العام: أحمد علي</p>", "أحمد علي"),
        ("<blockquote>Great.<footer>— Ada Vane, Tallow Ltd</footer></blockquote>", "Ada Vane"),
        ("<blockquote>Great.</blockquote><cite>Ada Vane</cite>", "Ada Vane"),
        ('<p class="testimonial-author">Ada Vane | Tallow</p>', "Ada Vane"),
    ],
)
def test_names(page, name):
    assert listed(page).get(name, "").startswith("name: ")


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("<p>ada@v.example</p>", "ada@v.example"),
        ("<a href='mailto:ada@v.example?subject=x'>mail</a>", "ada@v.example"),
        ("<p>&#97;da&#64;v.example</p>", "ada@v.example"),
        ("<p>ada [at] v [dot] example</p>", "ada@v.example"),
        ("<p>ada (at) v.example</p>", "ada@v.example"),
        (f'<span data-cfemail="{cloudflare("ada@v.example")}">[email&#160;protected]</span>', "ada@v.example"),
    ],
)
def test_addresses(page, address):
    assert listed(page).get(address, "").startswith("e-mail: ")


@pytest.mark.parametrize(
    ("page", "number", "region"),
    [
        ("<p>Tel. 030 / 90 18 20</p>", "+49 30 901820", "DE"),
        ("<a href='tel:+4930901820'>call</a>", "+49 30 901820", None),
        ("<p>电话：010-6552 9988</p>", "+86 10 6552 9988", "CN"),
        ("<p>Call +1 (212) 736-5000 now</p>", "+1 212-736-5000", None),
    ],
)
def test_numbers(page, number, region):
    assert listed(page, region).get(number, "").startswith("phone: ")


def test_what_is_none():
    page = (
        "<img src='logo@2x.png'><p>Words about our work for ports. Order 2026-11-28, part 123456789012345678.</p>"
        "<p>We work at harbour dot com pages.</p><h1>Our Partners</h1><p>Ports And Towns</p>"
    )
    assert listed(page) == {}
    assert not looks_like_name("our partners")


@pytest.mark.parametrize(
    "part",
    [
        "A",
        "Ada ",
        "Mr ",
        "CEO ",
        "a@",
        "a (at) ",
        "1 2 3 ",
        "+49 30 9",
        "<b>",
        "<script type=json>",
        "经理",
        "data-cfemail='00",
        "mailto:",
    ],
)
def test_a_hostile_page_costs_what_its_size_costs(part):
    began = time.process_time()
    listed(f"<p>{part * (200_000 // len(part))}</p><p>Ada Vane, CEO</p>")
    assert time.process_time() - began < 20  # under 2 s, where backtracking would take hours


def test_how_often_and_why():
    gathered = GatheredPersonal("DE")
    read_text("<p>Ada Vane, CEO</p>", "http://v.example/a", gathered)
    read_text("<p>ADA VANE, CEO</p>", "http://v.example/b", gathered)
    (personal,) = gathered.listed()
    assert (personal.kind, personal.text, personal.where) == ("name", "Ada Vane", "http://v.example/a")
    assert (personal.times, personal.why) == (2, "beside “CEO”")
