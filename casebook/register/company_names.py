"""Company names → what can be compared: without legal form, case, accents and punctuation; and in Latin letters.

`key` decides whether two names are the same, `latin` whether they are the same when both are written in Latin
letters, `core` (Latin, without the words that half of all companies have) is what near misses are looked for by.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from anyascii import anyascii

REMEMBERED_NAMES = 65_536  # of the names read last; a judge asks for the same vendors again and again

_GLUED = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SPACED_LETTERS = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # S.A.R.L. is sarl
_UNSEEN = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]")
# Accents, and the vowel points of Arabic and Hebrew. The marks of kana and of Indian scripts are letters: ソ is not ゾ
_ACCENTS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]")
_ASCII_LETTERS = {code: " " for code in range(128) if not chr(code).isalnum()}


@dataclass(frozen=True, slots=True)
class NameForms:
    """A company's name in the forms that are compared."""

    key: str  # `Bright Harbour Co., Ltd.` → `bright harbour`
    latin: str  # of the key: `盛格` → `shengge`; the key itself where it is Latin already
    core: str  # of latin: without technology, group and the like; empty only if the key is
    legal_form: str  # what was taken off: `co ltd`; empty if nothing was


@lru_cache(maxsize=REMEMBERED_NAMES)
def name_forms(name: str) -> NameForms:
    """Return what of a name is compared."""
    plain = _plain(name)
    key, taken = _without_forms(plain)
    latin = key if key.isascii() else _latin(key)
    return NameForms(key=key, latin=latin, core=_core(latin), legal_form=taken)


def comparable_name(name: str) -> str:
    """Return a name as it is compared: `Bright Harbour Co., Ltd.` → `bright harbour`. Empty only if it has no letter or digit."""
    return name_forms(name).key


def legal_form_count() -> int:
    """Return how many legal forms are known."""
    return len(_lines("legal_forms.txt"))


def _plain(name: str) -> str:
    if name.isascii():
        folded = name.lower()
    else:
        folded = unicodedata.normalize("NFKD", name).casefold()
        folded = _ACCENTS.sub("", folded)
        # direction marks, soft hyphens and the like are seen by nobody, so they part no name and hide none
        folded = _UNSEEN.sub("", unicodedata.normalize("NFC", folded))
    if "." in folded:
        folded = _SPACED_LETTERS.sub("", folded)
    folded = folded.translate(_ASCII_LETTERS)
    if not folded.isascii():
        folded = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded)
    return " ".join(folded.split())


def _latin(key: str) -> str:
    latin = " ".join(anyascii(key).lower().translate(_ASCII_LETTERS).split())
    return latin or key


def _core(latin: str) -> str:
    generic = _lines("generic_words.txt")
    return " ".join(word for word in latin.split() if word not in generic) or latin


@dataclass(frozen=True, slots=True)
class _LegalForms:
    """The forms by how they are looked up: words at the end, glued at the end, and what may stand in front."""

    words: frozenset[str]
    most_words: int
    glued: tuple[str, ...]  # longest first
    front_words: tuple[str, ...]
    is_last: frozenset[str]  # last words of the forms: most names end in none of them


@cache
def _legal_forms() -> _LegalForms:
    forms = sorted(_lines("legal_forms.txt"), key=lambda form: (-len(form), form))
    # a single character, as in (株)青空, is a form only where it stands alone: names begin with it too
    spaced = [form for form in forms if len(form) == 1 or not _GLUED.match(form)]
    return _LegalForms(
        words=frozenset(spaced),
        most_words=max(form.count(" ") + 1 for form in spaced),
        glued=tuple(form for form in forms if form not in spaced),
        # in front stand only forms of other scripts: 株式会社, ООО; "SE" or "AS" may begin a name
        front_words=tuple(form for form in spaced if not form.isascii()),
        is_last=frozenset(form.rpartition(" ")[2] for form in spaced),
    )


def _without_forms(plain: str) -> tuple[str, str]:
    forms = _legal_forms()
    taken: list[str] = []
    while True:
        shorter = _shorter(plain, forms)
        if not shorter:
            return plain, " ".join(reversed(taken))
        taken.append(plain.removeprefix(shorter).strip() if plain.startswith(shorter) else plain.removesuffix(shorter))
        plain = shorter


def _shorter(plain: str, forms: _LegalForms) -> str:
    """Return a name without one legal form; empty when it has none, or is nothing else."""
    if plain.rpartition(" ")[2] in forms.is_last:
        words = plain.split(" ")
        for count in range(min(forms.most_words, len(words) - 1), 0, -1):
            if " ".join(words[-count:]) in forms.words:
                return " ".join(words[:-count])
    if plain.isascii():
        return ""
    for form in forms.glued:
        if plain.endswith(form) and len(plain) > len(form):
            return plain[: -len(form)].strip()
        if plain.startswith(form) and len(plain) > len(form):
            return plain[len(form) :].strip()
    for form in forms.front_words:
        if plain.startswith(form + " "):
            return plain[len(form) + 1 :]
    return ""


@cache
def _lines(file: str) -> frozenset[str]:
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
