"""Addresses of images: the original behind an optimiser's address. The best candidate of a srcset is in test_sightings.py."""

from __future__ import annotations

import pytest

from crawler.images.image_addresses import MAX_ADDRESS_CHARS, is_small_copy, original_address

HOST = "https://v.example"


@pytest.mark.parametrize(
    ("url", "original"),
    [
        (f"{HOST}/_next/image?url=%2Fimg%2Facme.png&w=640&q=75", f"{HOST}/img/acme.png"),
        (f"{HOST}/_next/image?url=https%3A%2F%2Fcdn.example%2Facme.png&w=640", "https://cdn.example/acme.png"),
        (f"{HOST}/cdn-cgi/image/width=80,quality=75/img/acme.png", f"{HOST}/img/acme.png"),
        ("https://i0.wp.com/v.example/acme.png?resize=80", "https://v.example/acme.png"),
        ("https://res.example/x/image/upload/w_80,c_fit/acme.png", "https://res.example/x/image/upload/acme.png"),
        (f"{HOST}/uploads/acme-150x80.png", f"{HOST}/uploads/acme.png"),
        (f"{HOST}/acme.png?w=80&q=75", f"{HOST}/acme.png"),
        (f"{HOST}/acme.png", None),
        (f"{HOST}/acme.png?id=7", None),  # it names another picture
        (f"{HOST}/image?url=", None),
        ("http://[x/a.png?w=1", None),
        (f"{HOST}/{'a' * MAX_ADDRESS_CHARS}-10x10.png", None),
    ],
)
def test_the_original_behind_an_optimiser_is_found(url, original):
    assert original_address(url) == original


@pytest.mark.parametrize(
    ("url", "original"),
    [
        ("https://m.example/a~mv2.png/v1/fill/w_49,h_16,blur_2/a~mv2.png", "https://m.example/a~mv2.png"),
        ("https://m.example/media/a.jpg/v1/crop/x_1,w_30/b.webp", "https://m.example/media/a.jpg"),
        (f"{HOST}/files/acme_32x32_crop_center.png?v=7", f"{HOST}/files/acme.png"),
        (f"{HOST}/tr:w-20,bl-6/img/acme.png", f"{HOST}/img/acme.png"),
        (f"{HOST}/f/12/acme.png/m/20x0/filters:blur(9)", f"{HOST}/f/12/acme.png"),
        (f"{HOST}/img/acme-lqip.jpg", f"{HOST}/img/acme.jpg"),
    ],
)
def test_the_original_behind_a_small_copy_is_found(url, original):
    assert is_small_copy(url)
    assert original_address(url) == original


@pytest.mark.parametrize(
    ("path", "is_small"),
    [
        ("/img/acme.png?w=99", True),
        ("/img/acme.png?w=100", False),
        ("/img/acme-150x80.png", False),
        ("/img/acme-80x40.png", True),
        ("/img/e_blur:1000,q_1/acme.png", True),
        ("/img/blurb/acme.png", False),  # a word that only begins like one
        ("/img/acme.png", False),
        ("/2024/05/acme.png?v=20", False),
        (f"/{'a' * MAX_ADDRESS_CHARS}-10x10.png", False),
    ],
)
def test_an_address_tells_a_small_or_blurred_copy(path, is_small):
    assert is_small_copy(f"{HOST}{path}") is is_small
