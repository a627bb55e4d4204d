"""Entities that a drawing defines for itself are put in; nothing is loaded, and nothing grows.

Whole drawings go through decode_image; attacks by entities are in tests/hostile too.
"""

from __future__ import annotations

import numpy as np
import pytest

from ledger.vocabulary import RefusalReason
from matcher import Refusal, thresholds
from matcher.decoding.decode import Picture, decode_image
from matcher.decoding.svg_entities import put_in_entities

PLAIN = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40"><path style="fill:#0b4f6c" d="M5 5h40v30H5z"/></svg>"""
DRAWING = PLAIN.replace(b"fill:#0b4f6c", b"&st0;")


def picture_of(content: bytes) -> Picture:
    picture = decode_image(content)
    assert isinstance(picture, Picture), picture
    return picture


@pytest.mark.parametrize(
    "subset",
    [
        b'<!ENTITY st0 "fill:#0b4f6c;">',
        b"<!ENTITY st0 'fill:#0b4f6c;'> <!ENTITY unused \"]>\">",
        b'<!-- <!ENTITY st0 "fill:none"> ]> --><!ENTITY st0 "fill:&dark;"><!ENTITY dark "#0b4f6c">',
        b'<!ENTITY st0 "fill:#0b4f6c"><!ENTITY st0 "fill:none">',  # the first holds
        b'<!ENTITY other SYSTEM "file:///etc/hostname"><!ENTITY st0 "fill:#0b4f6c">',
    ],
)
def test_a_drawing_with_styles_as_entities_looks_as_without(subset: bytes) -> None:
    doctype = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd" [' + subset + b"]>"
    assert np.array_equal(picture_of(doctype + DRAWING).pixels, picture_of(PLAIN).pixels)


def test_a_drawing_without_entities_stays_as_it_is() -> None:
    for content in (PLAIN, b'<!DOCTYPE svg PUBLIC "a" "b">' + PLAIN, b"<!DOCTYPE svg [" + PLAIN, b""):
        assert put_in_entities(content) == content


def test_what_lies_outside_is_never_read(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    subset = f'<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "&x;"><!ENTITY % z SYSTEM "file://{secret}">%z;'
    answer = put_in_entities(f"<!DOCTYPE svg [{subset}]><svg><text>&y;&x;</text></svg>".encode())
    assert isinstance(answer, bytes)
    assert b"hidden" not in answer


def test_entities_that_multiply_are_refused_before_they_do() -> None:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 9))
    bomb = b'<!DOCTYPE svg [<!ENTITY l0 "ha">' + laughs + b"]><svg><text>" + b"&l8;" * 5_000 + b"</text></svg>"
    assert len(put_in_entities(bomb.replace(b"&l8;" * 5_000, b"&l8;"))) < thresholds.MAX_SVG_BYTES  # type: ignore[arg-type]
    flat = b'<!DOCTYPE svg [<!ENTITY a "' + b"x" * 3_900 + b'">]><svg><text>' + b"&a;" * 2_000 + b"</text></svg>"
    for content in (bomb, flat):
        answer = put_in_entities(content)
        assert isinstance(answer, Refusal)
        assert answer.reason is RefusalReason.TOO_MANY_BYTES


def test_an_entity_in_itself_ends() -> None:
    answer = put_in_entities(b'<!DOCTYPE svg [<!ENTITY a "&b;"><!ENTITY b "&a;">]><svg><text>&a;</text></svg>')
    assert isinstance(answer, bytes)
    assert isinstance(decode_image(b'<!DOCTYPE svg [<!ENTITY a "&a;">]><svg>&a;</svg>'), Refusal)
