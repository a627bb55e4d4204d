"""Images that only the page's data names are taken where a key speaks of partners."""

from __future__ import annotations

import json

from bs4 import BeautifulSoup

from crawler.images.script_state import MAX_IMAGES, StateImage, find_preloads, find_state_images
from crawler.page.outline import Outline


def state_images(data: object, kind: str = "application/json", before: str = "") -> list[StateImage]:
    html = f"<script type='{kind}'>{before}{json.dumps(data)}</script>"
    return list(find_state_images(Outline(BeautifulSoup(html, "lxml"))))


def test_an_image_under_a_key_of_partners_has_its_name_and_keys():
    data = {"props": {"partners": [{"name": "Acme", "file": "/img/a.png"}]}, "hero": {"file": "/img/town.jpg"}}
    assert [(i.reference, i.label, i.keys) for i in state_images(data)] == [("/img/a.png", "Acme", "partners")]


def test_a_script_that_assigns_its_state_is_read():
    assert [i.reference for i in state_images({"logo": "a.svg"}, "", "window.__STATE__ = ")] == ["a.svg"]


def test_what_speaks_to_machines_is_left_out():
    assert state_images({"logo": "a.svg"}, "application/ld+json") == []


def test_data_without_end_gives_a_bounded_number():
    deep: object = "logo.png"
    for _ in range(200):
        deep = {"logo": deep}
    assert state_images(deep) == []
    assert len(state_images({"logos": ["logo.png"] * 5_000})) == MAX_IMAGES


def test_images_that_the_head_loads_ahead_are_found():
    html = "<link rel=preload as=image href=a.png><link rel=preload as=font href=b.woff><link rel=icon href=c.png>"
    assert [reference for _, reference in find_preloads(Outline(BeautifulSoup(html, "lxml")))] == ["a.png"]
