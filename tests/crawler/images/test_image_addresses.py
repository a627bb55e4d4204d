"""Addresses of images: the original behind an optimiser's address. The best candidate of a srcset is in test_sightings.py."""

from __future__ import annotations

import pytest

from crawler.images.image_addresses import MAX_ADDRESS_CHARS, original_address

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
