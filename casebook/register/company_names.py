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

MIN_HAN_CORE = 2  # characters that tell a Chinese company from another
MOST_LETTERS_APART = 5
REMEMBERED_NAMES = 65_536  # of the names read last; a judge asks for the same vendors again and again

_GLUED = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SPACED_LETTERS = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # S.A.R.L. is sarl
_UNSEEN = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]")
# Accents, and the vowel points of Arabic and Hebrew. The marks of kana and of Indian scripts are letters: ソ is not ゾ
_ACCENTS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_DIGRAPHS = re.compile(r"([aou])e")  # how ä, ö and ü are written without their dots
_ALSO_CALLED = re.compile(
    r"[\s(\[,;]+(?:d/?b/?a|t/a|a/?k/?a|f/?k/?a|trading as|doing business as|also known as|formerly(?: known as)?|previously|vormals|ehemals"
    r"|anciennement|antes|ex|già|voorheen|dawniej|dříve|бывш(?:ая|ий|ее)|ранее|旧|原|舊)[\s.:]+",
    re.I,
)
_AND = frozenset({"and", "und", "et", "y", "e", "i", "en", "og", "och", "the"})
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


def names_in(name: str) -> list[str]:
    """Return a name and the others that it tells: `Kai Ltd (formerly Pier Computing)` → itself, `Kai Ltd`, `Pier Computing`."""
    parts = [part.strip(" ()[],;") for part in _ALSO_CALLED.split(name)]
    return [name, *(part for part in parts if part)] if len(parts) > 1 else [name]


@lru_cache(maxsize=REMEMBERED_NAMES)
def loose_core(name: str) -> str:
    """Return what is left of a name when form, spelling (ü, ue, u; ø, oe, o), place and words of trade are taken off: `Müller & Söhne KG` and `Mueller und Soehne` → `mullersohne`."""
    forms = name_forms(name)
    if _HAN.match(forms.key):
        return _han_core(forms.key)
    core = forms.core
    return "".join(word for word in _DIGRAPHS.sub(r"\1", core).split() if word not in _AND)


def _han_core(key: str) -> str:
    """Return a Chinese name without the place before it and the words of trade behind: `上海盛思格信息技术` → `盛思格`."""
    places, trades = _chinese_words()
    core = key.replace(" ", "")
    for place in places:
        rest = core.removeprefix(place).removeprefix("省").removeprefix("市")
        if rest != core and len(rest) >= MIN_HAN_CORE:
            core = rest
            break
    while trade := next(
        (t for t in trades if core.endswith(t) and len(core) - len(t) >= MIN_HAN_CORE),
        None,
    ):
        core = core.removesuffix(trade)
    return core


@cache
def _chinese_words() -> tuple[list[str], list[str]]:
    """Return places and words of trade, each the longest first."""
    words = sorted(_lines("chinese_words.txt"), key=len, reverse=True)
    return [word[1:] for word in words if word.startswith("^")], [word for word in words if not word.startswith("^")]


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
    """The forms by how they are looked up, without the spaces in them: `S. R. O.`, `s.r.o.` and `s r.o.` are one."""

    words: frozenset[str]  # at the end
    most_words: int
    glued: tuple[str, ...]  # at the end or in front, without a space; longest first
    front: frozenset[str]  # in front
    most_front_words: int
    tails: frozenset[str]  # the last two characters of the forms
    heads: frozenset[str]  # the first character of those in front


@cache
def _legal_forms() -> _LegalForms:
    lines = _lines("legal_forms.txt")
    forms = {_plain(line.removeprefix("^")) for line in lines}
    front = {_plain(line[1:]) for line in lines if line.startswith("^")}
    # a single character, as in (株)青空, is a form only where it stands alone: names begin with it too
    glued = sorted(
        (form for form in forms if len(form) > 1 and _GLUED.match(form)), key=lambda form: (-len(form), form)
    )
    spaced = forms - set(glued)
    return _LegalForms(
        words=frozenset(form.replace(" ", "") for form in spaced),
        most_words=max(map(_count_words, spaced)),
        glued=tuple(glued),
        front=frozenset(form.replace(" ", "") for form in front),
        most_front_words=max(map(_count_words, front)),
        tails=frozenset(form.replace(" ", "")[-2:] for form in spaced),
        heads=frozenset(form[:1] for form in front),
    )


def _count_words(form: str) -> int:
    # each letter of an abbreviation may stand alone: S. à r. l.
    return max(form.count(" ") + 1, min(len(form.replace(" ", "")), MOST_LETTERS_APART))


def _without_forms(plain: str) -> tuple[str, str]:
    forms = _legal_forms()
    taken: list[str] = []
    while True:
        shorter = _shorter(plain, forms)
        if not shorter:
            return plain, " ".join(reversed(taken))
        rest = plain.removeprefix(shorter) if plain.startswith(shorter) else plain.removesuffix(shorter)
        taken.append(rest.strip())
        plain = shorter


def _shorter(plain: str, forms: _LegalForms) -> str:
    """Return a name without one legal form; empty when it has none, or is nothing else."""
    words = plain.split(" ")
    if plain.replace(" ", "")[-2:] not in forms.tails and words[0][:1] not in forms.heads and plain.isascii():
        return ""  # most names
    for count in range(min(forms.most_words, len(words) - 1), 0, -1):
        if "".join(words[-count:]) in forms.words:
            return " ".join(words[:-count])
    for count in range(min(forms.most_front_words, len(words) - 1), 0, -1):
        if "".join(words[:count]) in forms.front:
            return " ".join(words[count:])
    if plain.isascii():
        return ""
    for form in forms.glued:
        if plain.endswith(form) and len(plain) > len(form):
            return plain[: -len(form)].strip()
        if plain.startswith(form) and len(plain) > len(form):
            return plain[len(form) :].strip()
    return ""


@cache
def _lines(file: str) -> frozenset[str]:
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
