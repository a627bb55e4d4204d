"""What an attribute's value looks like tells whether it names images, whatever the attribute is called.

Pages with such values are in tests/sites/value-* and own-elements.
"""

from __future__ import annotations

import json
import time

import pytest

from crawler.images.attribute_values import MAX_IMAGES, MAX_VALUE_CHARS, Markup, images_in_value


def held(name: str, value: str, *, is_image: bool = False) -> list[str | Markup]:
    return list(images_in_value(name, value, is_image=is_image))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("data-anything", "/img/a.png", ["/img/a.png"]),
        ("data-anything", "img/a.png?v=2", ["img/a.png?v=2"]),
        ("data-picture", "a.png", ["a.png"]),
        ("data-anything", "a.png", []),  # a name of a file without a folder may be anything
        ("data-file-name", "/img/a.png", []),  # words about a picture
        ("data-cover", "/media/12", ["/media/12"]),
        ("data-anything", "/media/12", []),
        ("data-image-link", "/media/12", []),
        ("data-back", "back", []),
        ("data-image", "/img/a b.png", ["/img/a b.png"]),
        ("data-image", "see /img/a b.png here", []),
        ("data-style", "background:url( '/x' ) , url(#clip)", ["/x"]),
        ("data-bgset", "a.png 300w, b.png 600w", ["b.png"]),
        ("data-whatever", "/a.png 1x, /b.png 2x", ["/b.png"]),
        ("data-list", "/a.png|/b.png", ["/a.png", "/b.png"]),
        ("data-options", "dataSrc: /x.png; width: 80", ["/x.png"]),
        ("data-interchange", "[/s.png, small], [/l.png, large]", ["/s.png", "/l.png"]),
        ("data-json", '["/a.png","/a.png"]', ["/a.png"]),
        ("data-json", '[{"deep":{"deep":{"src":"img\\/a.png"}}}]', ["img/a.png"]),
        ("data-images", '["a.png"]', ["a.png"]),
        ("data-json", '{"title":"/a.png","href":"/b"}', []),
        ("data-json", '{"gallery":[{"url":"/media/1","link":"/page/1"}]}', ["/media/1"]),
        ("data-json", '{"html":"<img src=/a.png>"}', [Markup("<img src=/a.png>")]),
        ("data-json", '{"settings":"{\\"image\\":\\"/media/4\\"}"}', ["/media/4"]),
        ("data-json", '{"broken": "/a.png",', ["/a.png"]),
        ("data-html", "<p>words</p>", [Markup("<p>words</p>")]),
        ("data-math", "a < b", []),
    ],
)
def test_a_value_names_images_by_its_looks(name, value, expected):
    assert held(name, value) == expected


def test_a_loader_on_an_image_needs_no_ending():
    assert held("data-fp-src", "/img.php?id=4", is_image=True) == ["/img.php?id=4"]
    assert held("data-fp-src", "/img.php?id=4") == []
    assert held("data-href", "/img.php?id=4", is_image=True) == []


def test_limits_hold():
    many = json.dumps([f"/{n}.png" for n in range(5 * MAX_IMAGES)])
    assert len(held("data-json", many)) == MAX_IMAGES
    assert held("data-json", f'["/a.png"{" " * MAX_VALUE_CHARS}]') == []
    assert held("data-json", "[" * 50_000 + "]" * 50_000) == []


@pytest.mark.parametrize(
    "value",
    [
        "{" + "'/a" * 60_000,
        "url(" * 45_000,
        "[" + "/a.png," * 25_000,
        "<" * 190_000,
        "a.png " * 30_000,
        '{"a":"' + "x/" * 90_000 + '"}',
    ],
)
def test_a_hostile_value_is_read_in_time(value):
    begun = time.process_time()
    held("data-image", value)
    assert time.process_time() - begun < 1
