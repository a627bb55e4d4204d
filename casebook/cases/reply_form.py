"""The page on which a vendor answers a letter, and the file that it makes, read back.

Reads: cases, letters, claim_evidence, pages, v_findings, brands, data/letters/. Writes nothing.

1. The page is in the language of the latest letter that was sent; without one in that of the vendor's page, else in English. It names the
   letter's reference, where to answer and by when, and offers the kinds of reply that there are, and no others.
2. It is one HTML file: filled in offline, it saves the answer as a file; without scripts, or on paper, it is a form like any other.
3. What comes back may be anybody's: every mistake is named, and nothing but its few texts is taken from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from babel import Locale, UnknownLocaleError

from casebook.cases.follow_up import MAX_REPLY_CHARS, Reply
from casebook.cases.letter_facts import Sender
from casebook.cases.letter_files import TEMPLATES, render_file
from casebook.cases.letter_grounds import reference_of
from casebook.cases.letter_templates import LetterTemplates
from casebook.cases.letters import MAX_NAME_CHARS, read_past_day
from casebook.dossier.findings import read_finding
from casebook.files.page_policy import own_policy
from casebook.files.written_days import write_day
from ledger.database import Ledger, columns_of
from ledger.dates import day_of, read_date
from ledger.errors import BadInputError, Problem
from ledger.records import Case, Letter
from ledger.typed_texts import ClaimId, IsoDate
from ledger.vocabulary import ReplyKind

FORMAT = "partnerproof reply 1"
MAX_FORM_BYTES = 1_000_000  # the longest answer in its longest spelling has 600,000
_NO_CHARACTER = re.compile(r"[\ud800-\udfff]")  # JSON can spell it, no database and no page can hold it
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # a terminal would obey some of them
_FIELDS = ("format", "reference", "kind", "on", "sender", "words")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyForm:
    """What stands on the page. texts: by name, in its language; answer_by: as people write a day, empty where no letter asked."""

    language: str
    reference: str
    answer_by: str
    sender: Sender
    texts: Mapping[str, str]

    @property
    def direction(self) -> str:
        """Which way its language is written."""
        try:
            return "rtl" if Locale.parse(self.language, sep="-").text_direction == "rtl" else "ltr"
        except (UnknownLocaleError, ValueError):
            return "ltr"

    @property
    def file_name(self) -> str:
        """What the saved answer is called."""
        return reply_file_name(self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """An answer as the page saved it. on: the day that its writer gave it."""

    reference: str
    kind: ReplyKind
    on: IsoDate
    sender: str
    words: str


def reply_file_name(reference: str) -> str:
    """Return what an answer to a letter of this reference is saved as."""
    return f"reply-{reference}.json"


def read_reply_form(ledger: Ledger, claim_id: ClaimId, templates: LetterTemplates, sender: Sender) -> ReplyForm:
    """Return the form for answers about a claim. Errors: BadInputError for a claim that is not there."""
    finding = read_finding(ledger, claim_id)
    case = ledger.find(Case, claim_id=finding.claim_id)
    letter = _latest_letter(ledger, case) if case is not None else None
    written_in = letter.language if letter is not None else ledger.value(_PAGE_LANGUAGE, [finding.claim_id])
    language = templates.language_of(written_in)
    reference = reference_of(case) if case is not None else finding.claim_id
    answer_by = write_day(language, day_of(letter.answer_by)) if letter is not None and letter.answer_by else ""
    brand = ledger.value("SELECT name FROM brands WHERE brand = ?", [finding.brand]) or finding.brand
    facts = {
        "brand": brand,
        "vendor": finding.vendor,
        "domain": finding.vendor_domain,
        "day": answer_by,
        "file": reply_file_name(reference),
    }
    return ReplyForm(
        language=language,
        reference=reference,
        answer_by=answer_by,
        sender=sender,
        texts=templates.fill_reply_form(language, facts),
    )


def _latest_letter(ledger: Ledger, case: Case) -> Letter | None:
    return ledger.select_first(
        Letter,
        f"SELECT {columns_of(Letter)} FROM letters WHERE case_id = ? AND sent_on IS NOT NULL"
        " ORDER BY sent_on DESC, letter_id DESC LIMIT 1",
        [case.case_id],
    )


def draw_reply_form(form: ReplyForm) -> str:
    """Return the page, with style and script in it."""
    style, script = ((TEMPLATES / f"reply-form.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    policy = own_policy(style, script=script)
    return render_file(
        "reply-form.html",
        form=form, texts=form.texts, kinds=tuple(ReplyKind), format=FORMAT, style=style, script=script, policy=policy,
        most_words=MAX_REPLY_CHARS, most_name=MAX_NAME_CHARS,
    )  # fmt: skip


def read_filled_form(content: bytes) -> FilledForm:
    """Return the answer in a file that the page made. Errors: BadInputError with every mistake."""
    if len(content) > MAX_FORM_BYTES:
        raise BadInputError(_problem("", f"at most {MAX_FORM_BYTES:,} bytes", f"{len(content):,}"))
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise BadInputError(_problem("", f"JSON with the format {FORMAT!r}", "something else")) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        got = data.get("format") if isinstance(data, dict) else data
        raise BadInputError(_problem("format", repr(FORMAT), _shown(got)))
    problems = list(_mistakes(data))
    if problems:
        raise BadInputError(problems)
    return FilledForm(
        reference=data["reference"].strip(),
        kind=ReplyKind(data["kind"]),
        on=IsoDate(data["on"]),
        sender=data.get("sender", ""),
        words=_CONTROL.sub(" ", data.get("words", "")),  # in the file itself they stay
    )


def _mistakes(data: Mapping[str, Any]) -> Iterable[Problem]:
    for name in sorted(data.keys() - set(_FIELDS)):
        yield _problem(_shown(name), f"nothing but {', '.join(_FIELDS)}", "something more")
    reference, kind, on = (data.get(name) for name in ("reference", "kind", "on"))
    if not isinstance(reference, str) or not reference.strip():
        yield _problem("reference", "the reference of the letter", _shown(reference))
    if kind not in tuple(ReplyKind):
        yield _problem("kind", f"one of {', '.join(ReplyKind)}", _shown(kind))
    if not isinstance(on, str) or len(on) > len("2026-12-24") or read_date(on) != on:
        yield _problem("on", "a date such as 2026-12-24", _shown(on))
    for name, most in (("sender", MAX_NAME_CHARS), ("words", MAX_REPLY_CHARS)):
        text = data.get(name, "")
        if not isinstance(text, str):
            yield _problem(name, "text", _shown(text))
        elif len(text) > most:
            yield _problem(name, f"at most {most:,} characters", f"{len(text):,}")
    for name, text in data.items():
        if isinstance(text, str) and _NO_CHARACTER.search(text):
            yield _problem(_shown(name), "text", "half a character")


def require_reference(form: FilledForm, case: Case) -> None:
    """Errors: BadInputError for an answer that is about another case."""
    if form.reference not in (reference_of(case), case.claim_id):
        raise BadInputError(
            _problem("reference", f"{reference_of(case)}, the reference of this case", _shown(form.reference))
        )


def fill_from_form(reply: Reply, case: Case) -> Reply:
    """Return a reply with what its file, an answer saved by the form, says: kind and the day under it, and sender and words where none are typed.

    When it was received is not for its sender to say.

    Errors: BadInputError for a file that is none, or is about another case.
    """
    form = read_filled_form(reply.file or b"")
    require_reference(form, case)
    read_past_day("on", form.on)
    return replace(
        reply,
        kind=form.kind,
        dated=form.on,
        sender=reply.sender.strip() or form.sender,
        words=reply.words.strip() or form.words,
    )


def require_case_of(ledger: Ledger, form: FilledForm) -> Case:
    """Return the case that an answer is about. Errors: BadInputError when there is none."""
    found = ledger.select(
        Case, f"SELECT {columns_of(Case)} FROM cases WHERE substr(case_id, -10) = :reference OR claim_id = :reference LIMIT 2",
        {"reference": form.reference},
    )  # fmt: skip
    if len(found) != 1:
        got = f"{_shown(form.reference)}, which is that of {'none' if not found else 'several'}"
        raise BadInputError(_problem("reference", "the reference of a case of this workspace", got))
    return found[0]


def _problem(field: str, expected: str, got: str) -> Problem:
    step = "ask for the file as the reply form saved it, or note the reply by hand"
    return Problem(where=f"reply file, {field}" if field else "reply file", expected=expected, got=got, next_step=step)


def _shown(value: object) -> str:
    return "nothing" if value is None else ascii(value if not isinstance(value, str) else value[:60])[:80]


_PAGE_LANGUAGE = """
    SELECT p.language FROM claim_evidence e JOIN pages p ON p.page_id = e.page_id
    WHERE e.claim_id = ? ORDER BY e.seen_at DESC, e.evidence_id LIMIT 1
"""
