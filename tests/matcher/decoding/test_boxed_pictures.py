"""What decodes pictures is called in a box; a picture that fails there is a refusal with its reason."""

from __future__ import annotations

import os

from PIL import Image

from ledger.boxes.boxed_calls import SHARED, Limits
from ledger.vocabulary import RefusalReason
from matcher.decoding.boxed_pictures import decode_in_box
from matcher.decoding.decode import sniff_format
from matcher.decoding.refusals import Refusal
from matcher.explain import outline_region
from tests.conftest import png


def test_it_is_called_in_another_process(logo_png):
    assert decode_in_box(sniff_format, logo_png) == "png"
    assert SHARED.pid not in (None, os.getpid())


def test_a_picture_that_can_not_be_decoded_is_the_refusal_of_its_decoder():
    refusal = outline_region(b"\x89PNG\r\n\x1a\nrubbish", None)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.BROKEN


def test_one_that_takes_too_long_is_refused_and_the_next_one_is_drawn(logo_png, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(SHARED, "limits", Limits(processor_s=0.001))
        refusal = outline_region(png(Image.effect_noise((1500, 1500), 90)), None)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.TOO_SLOW
    assert isinstance(outline_region(logo_png, None), bytes)
