"""Company names → what can be compared: without legal form, case, accents and punctuation."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path


@cache
def _legal_forms() -> tuple[str, ...]:
    text = (Path(__file__).parent / "legal_forms.txt").read_text(encoding="utf-8")
    forms = {line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def comparable_name(name: str) -> str:
    """Return a name as it is compared: `Bright Harbour Co., Ltd.` → `bright harbour`. Never empty if the name is not."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    folded = "".join(character for character in folded if not unicodedata.combining(character))
    folded = unicodedata.normalize("NFC", folded)
    plain = re.sub(r"\s+", " ", re.sub(r"[^\w\s]|_", " ", re.sub(r"(?<=\b\w)\.(?=\w\b)", "", folded))).strip()
    best = plain
    changed = True
    while changed:
        changed = False
        for form in _legal_forms():
            shorter = _without(best, form)
            if shorter and shorter != best:
                best, changed = shorter, True
                break
    return best


def _without(name: str, form: str) -> str:
    glue = "" if re.match(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", form) else " "
    if name.endswith(glue + form):
        return name[: -len(glue + form)].strip()
    # in front stand only forms of other scripts: 株式会社, ООО; "SE" or "AS" may begin a name
    if not form.isascii() and name.startswith(form + glue):
        return name[len(form + glue) :].strip()
    return name
