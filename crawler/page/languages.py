"""In which language a text is: what its page declares, what its script gives away, what its words sound like.

1. The script decides where it can: Thai is Thai, whatever the page declares.
2. What the page declares is believed, unless the words clearly say something else: templates are copied with lang="en".
3. Where nothing is declared, the words decide, if there are enough of them.

Words are judged by py3langid, whose model comes with it (language_model.py): no network, then 0.2 ms a page.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SCRIPTS = (  # first match wins: kana before Han, since Japanese has both
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("fa", re.compile(r"[پچژگکی]")),  # letters that Arabic does not write; before Arabic, whose script it is
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("uk", re.compile(r"[іїєґ]", re.I)),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# tags of one language, under the name that the lexicon has: written Norwegian, and ISO 639 before 1989
ONE_NAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}
# languages that share the script of the key, so that a declaration is believed
SCRIPT_MATES = {
    "ru": frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg"}),
    "ar": frozenset({"ar", "fa", "ur", "ps", "ckb"}),
    "fa": frozenset({"ar", "fa", "ur", "ps", "ckb", "ug", "sd"}),
    "hi": frozenset({"hi", "mr", "ne", "sa"}),
    "zh": frozenset({"zh", "ja"}),
}
_TAG = re.compile(r"[a-z]{2,3}")
# languages of company sites in Latin and Cyrillic script; of all 140 that the model knows, short texts sound like some
_PLAUSIBLE = [
    "en",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pt",
    "pl",
    "cs",
    "sk",
    "sl",
    "hr",
    "sr",
    "bg",
    "ru",
    "uk",
    "tr",
    "da",
    "sv",
    "no",
    "fi",
    "et",
    "lv",
    "lt",
    "hu",
    "ro",
    "ca",
    "el",
    "id",
    "ms",
    "vi",
    "az",
    "kk",
    "sq",
    "is",
    "af",
    "eu",
    "gl",
    "mk",
    "be",
]
# a declaration is believed against these: the model mistakes one for the other
_KIN = tuple(
    map(
        frozenset,
        (
            {"no", "nb", "nn", "da", "sv"},
            {"hr", "sr", "bs", "sl", "sh", "me", "mk", "bg"},
            {"id", "ms"},
            {"cs", "sk"},
            {"es", "pt", "gl", "ca", "it"},
            {"ru", "uk", "be", "bg", "kk", "mk"},
            {"tr", "az"},
            {"nl", "af", "fy"},
        ),
    )
)
SAMPLE_CHARS = 3_000
MIN_PROBABILITY_AMONG_CYRILLIC = 0.6  # the script has ruled out the rest; right sentences in five languages have 0.8
# chosen on 258 pages of 24 real sites: of those that declare a language nine are contradicted, all rightly (German, Korean
# and Spanish pages with lang="en"); 65 that declare none get the right one, 2 stay unknown
MIN_LETTERS_TO_DECIDE, MIN_PROBABILITY_TO_DECIDE = 60, 0.95
MIN_LETTERS_TO_CONTRADICT, MIN_PROBABILITY_TO_CONTRADICT = 600, 0.99
# names of products are English in any language: a page counts as English only when it says so or all of it sounds so
_OWN_NAMES_SOUND = "en"


def choose_language(declared: str | None, text: str) -> str | None:
    """Return the primary tag of a page's language. declared: its lang attribute; text: its visible words."""
    tag = re.split(r"[-_]", declared.strip().lower())[0] if declared else None
    tag = ONE_NAME.get(tag, tag) if tag and _TAG.fullmatch(tag) else None
    by_script = language_of_script(text[:20_000])
    if by_script and not (tag and by_script in SCRIPT_MATES and tag in SCRIPT_MATES[by_script]):
        # Cyrillic alone says Russian; its words may say Bulgarian
        by_words = _by_words(None, text, least=MIN_PROBABILITY_AMONG_CYRILLIC) if by_script == "ru" else None
        return by_words if by_words in SCRIPT_MATES["ru"] else by_script
    return _by_words(tag, text) or tag


def _by_words(declared: str | None, text: str, *, least: float = MIN_PROBABILITY_TO_DECIDE) -> str | None:
    sample = text[:SAMPLE_CHARS]
    letters = sum(map(str.isalpha, sample))
    if letters < (MIN_LETTERS_TO_DECIDE if declared is None else MIN_LETTERS_TO_CONTRADICT):
        return None
    if declared is not None and declared not in _PLAUSIBLE and not any(declared in kin for kin in _KIN):
        return None
    language, probability = _identifier().classify(sample)
    if declared is None:
        return str(language) if probability >= least else None
    is_kin = any(declared in kin and language in kin for kin in _KIN)
    if probability >= MIN_PROBABILITY_TO_CONTRADICT and not is_kin and language not in (declared, _OWN_NAMES_SOUND):
        return str(language)
    return None


def load_model() -> None:
    """Load what tells languages by their words now: its library does so by way of a temporary file, which a box has none of."""
    _identifier()


@cache
def _identifier() -> LanguageIdentifier:
    from crawler.page.language_model import load_identifier

    return load_identifier(_PLAUSIBLE)


def language_of_script(text: str) -> str | None:
    """Return the language that the script gives away, when it makes up a fifth of the letters; else None."""
    if text.isascii():
        return None
    others = "".join(_NOT_ASCII.findall(text))
    counts = {language: len(pattern.findall(others)) for language, pattern in _SCRIPTS}
    if max(counts.values()) < 2:
        return None
    letters = sum(map(str.isalpha, text))
    return next(
        (
            language
            for language, count in counts.items()
            if letters and count >= (0.02 if language in ("ja", "uk", "fa") else 0.2) * letters and count > 1
        ),
        None,
    )
