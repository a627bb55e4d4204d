"""The stored model tells languages as the library's own does, number for number; what is damaged is made anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from crawler.page.language_model import load_identifier

LANGUAGES = ["en", "de", "fr", "da", "no", "el", "bg"]
TEXTS = [
    "",
    "Our partners work with us in many towns.",
    "Unsere Partner arbeiten mit uns",
    "ΟΙ ΣΥΝΕΡΓΑΤΕΣ ΜΑΣ",
    "Нашите партньори " * 40,
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "partnerproof" / "languages"


def test_it_tells_what_the_library_tells(folder: Path):
    plain = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    plain.set_languages(LANGUAGES)
    expected = [plain.rank(text) for text in TEXTS]
    assert [load_identifier(LANGUAGES).rank(text) for text in TEXTS] == expected
    (stored,) = folder.rglob("moves.npy")
    written = stored.stat().st_mtime_ns
    again = load_identifier(LANGUAGES)
    assert [again.rank(text) for text in TEXTS] == expected
    assert again.nb_ptc.dtype == plain.nb_ptc.dtype
    assert again.nb_ptc.strides == plain.nb_ptc.strides
    assert np.array_equal(again.nb_ptc, plain.nb_ptc)
    assert stored.stat().st_mtime_ns == written

    stored.write_bytes(stored.read_bytes()[:-9] + b"\0" * 9)
    assert load_identifier(LANGUAGES).rank(TEXTS[1]) == expected[1]
    assert stored.stat().st_mtime_ns != written
