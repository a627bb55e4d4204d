"""The form on which a vendor answers: its language, what it names, the file that it saves in a browser, and hostile files read back."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from casebook.cases.case_files import read_case_files
from casebook.cases.follow_up import MAX_REPLY_CHARS
from casebook.cases.letter_facts import Sender
from casebook.cases.letter_grounds import reference_of
from casebook.cases.letter_templates import LetterTemplates
from casebook.cases.letter_text import REPLY_FORM_TEXTS, write_day
from casebook.cases.reply_form import (
    FORMAT,
    MAX_FORM_BYTES,
    FilledForm,
    draw_reply_form,
    read_filled_form,
    read_reply_form,
    require_case_of,
    require_reference,
)
from casebook.web.application_context import ApplicationContext
from ledger.dates import day_of
from ledger.errors import BadInputError
from ledger.typed_texts import IsoDate
from ledger.vocabulary import ReplyKind
from tests.casebook.web.contexts import HOSTILE, case_of, client, csrf, make_context, write_approved_letter

SENDER = Sender(name="Acme, brand office", address="1 Quay Street\nHarbour Town", email="office@acme.example")
TEMPLATES = LetterTemplates()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    return make_context(tmp_path)


def answer(**changes: object) -> bytes:
    said = {"format": FORMAT, "reference": "0123456789", "kind": "disputes", "on": "2026-02-03", "sender": "A. Meadow", "words": "We do."}  # fmt: skip
    return json.dumps({name: value for name, value in (said | changes).items() if value is not ...}).encode()


def page_of(context: ApplicationContext, domain: str, sender: Sender = SENDER) -> BeautifulSoup:
    claim_id = case_of(context, domain).claim_id
    return BeautifulSoup(draw_reply_form(read_reply_form(context.ledger, claim_id, context.templates, sender)), "lxml")


@pytest.mark.parametrize("language", sorted(TEMPLATES.languages))
def test_every_language_has_every_text_and_every_kind_of_reply(language):
    facts = dict.fromkeys(("brand", "vendor", "domain", "day", "file"), "F")
    texts = TEMPLATES.fill_reply_form(language, facts)
    assert texts.keys() == {*REPLY_FORM_TEXTS, *ReplyKind}
    assert all(text.strip() and "$" not in text for text in texts.values())
    assert len(set(texts.values())) == len(texts)
    assert "F" in texts["about"]
    assert "F" in texts["answer-by"]
    assert "F" in texts["saved"]


def test_it_is_in_the_language_of_the_latest_letter_and_names_reference_address_and_day(context):
    write_approved_letter(context, "meadow.example")
    case = case_of(context, "meadow.example")
    context.ledger.execute("UPDATE letters SET language = 'de'")
    page = page_of(context, "meadow.example")
    text = page.get_text(" ")
    assert page.html["lang"] == "de"
    for said in (
        "Antwort auf unser Schreiben", reference_of(case), "1 Quay Street", "Harbour Town", "office@acme.example",
        write_day("de", day_of(case.answer_by)),
    ):  # fmt: skip
        assert said in text
    assert [choice["value"] for choice in page.select("input[name=kind]")] == list(ReplyKind)
    assert HOSTILE not in str(page)


@pytest.mark.parametrize(("spoken", "language"), [("fr", "fr"), ("zh-Hant", "zh"), ("fi", "en"), (None, "en")])
def test_without_a_letter_it_is_in_the_language_of_the_page_or_in_english(context, spoken, language):
    context.ledger.execute("UPDATE pages SET language = ?", [spoken])
    form = read_reply_form(context.ledger, case_of(context, "harbour.example").claim_id, context.templates, SENDER)
    assert (form.language, form.answer_by) == (language, "")


def test_a_claim_without_a_case_has_a_form_with_the_claims_own_id(context):
    known = context.ledger.value("SELECT claim_id FROM v_findings WHERE vendor_domain = 'known.example'")
    assert read_reply_form(context.ledger, known, context.templates, SENDER).reference == known


def test_without_an_address_it_points_to_the_letter(context):
    assert "to the address from which our letter came" in page_of(context, "harbour.example", Sender()).get_text()


def test_it_needs_nothing_from_outside_and_sends_nothing(context):
    page = page_of(context, "harbour.example")
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'")
    assert "form-action 'none'" in policy
    assert not re.search(r"(?:src|href)=|url\(|@import", str(page))
    assert page.find("form").get("action") is None


def test_every_field_has_a_label_and_the_button_is_for_scripts_alone(context):
    page = page_of(context, "harbour.example")
    assert all(field.find_parent("label") for field in page.select("input, textarea"))
    assert page.select_one("#save").has_attr("hidden")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_saves_the_answer_offline_as_the_file_that_is_read_back(context, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra [browser]")
    claim_id = case_of(context, "harbour.example").claim_id
    form = read_reply_form(context.ledger, claim_id, context.templates, SENDER)
    (tmp_path / "reply-form.html").write_text(draw_reply_form(form), encoding="utf-8")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.context.set_offline(True)
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto((tmp_path / "reply-form.html").as_uri())
        page.click("#save")  # no kind is chosen yet: the browser says so, and nothing is saved
        assert page.is_hidden("#saved")
        page.check("input[value=says-removed]")
        page.fill("textarea", 'It is gone.\n"Really", 彻底 </script>')
        page.fill("input[name=sender]", "A. Harbour")
        page.fill("input[name=on]", "2026-02-03")
        with page.expect_download() as saved:
            page.click("#save")
        assert saved.value.suggested_filename == form.file_name
        content = Path(saved.value.path()).read_bytes()
        assert page.is_visible("#saved")
        browser.close()
    assert problems == []
    assert read_filled_form(content) == FilledForm(
        reference=form.reference, kind=ReplyKind.SAYS_REMOVED, on=IsoDate("2026-02-03"), sender="A. Harbour",
        words='It is gone.\n"Really", 彻底 </script>',
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "JSON with the format"),
        (b"\xff\xfe{", "JSON with the format"),
        (b"[" * 200_000, "JSON with the format"),
        (b"[1, 2]", "reply file, format"),
        (b'{"format": "partnerproof export 1"}', "partnerproof export 1"),
        (b"1" * (MAX_FORM_BYTES + 1), "at most 1,000,000 bytes"),
        (answer(kind="agrees"), "one of acknowledges, says-removed, disputes, other"),
        (answer(kind=["disputes"]), "reply file, kind"),
        (answer(kind=...), "got nothing"),
        (answer(on="3/2/26"), "a date such as 2026-12-24"),
        (answer(on="2026-02-30"), "a date such as 2026-12-24"),
        (answer(on=20260203), "a date such as 2026-12-24"),
        (answer(reference=" "), "reply file, reference"),
        (answer(reference={"a": 1}), "reply file, reference"),
        (answer(words=["x"]), "reply file, words"),
        (answer(words="x" * (MAX_REPLY_CHARS + 1)), "at most 100,000 characters"),
        (answer(sender="x" * 201), "at most 200 characters"),
        (answer(decision="confirmed"), "nothing but format, reference"),
        (answer(reference="\ud800"), "half a character"),
        (answer(words="a\udfffb"), "half a character"),
        (answer(**{"\x1b[2J\u202e": "x"}), r"reply file, '\x1b[2J\u202e'"),
    ],
)
def test_a_file_that_is_none_says_what_is_wrong(content, told):
    with pytest.raises(BadInputError, match=re.escape(told)):
        read_filled_form(content)


def test_all_mistakes_are_named_at_once():
    with pytest.raises(BadInputError) as refused:
        read_filled_form(answer(kind="x", on="y", words=3))
    assert len(refused.value.problems) == 3


def test_an_answer_belongs_to_the_case_of_its_reference(context):
    case = case_of(context, "harbour.example")
    own = read_filled_form(answer(reference=reference_of(case)))
    require_reference(own, case)
    assert require_case_of(context.ledger, own).case_id == case.case_id
    assert require_case_of(context.ledger, read_filled_form(answer(reference=case.claim_id))).case_id == case.case_id
    with pytest.raises(BadInputError, match="the reference of this case"):
        require_reference(own, case_of(context, "meadow.example"))
    with pytest.raises(BadInputError, match="which is that of none"):
        require_case_of(context.ledger, read_filled_form(answer()))


def send(context: ApplicationContext, content: bytes, **fields: str):
    case = case_of(context, "meadow.example")
    who = client(context, "reviewer-one")
    token = csrf(who.get(f"/cases/{case.case_id}").text)
    form = {"csrf": token, "case": case.case_id, "kind": "", "received": "2026-01-31", "sender": "", "words": ""}
    return who.post("/replies", data=form | fields, files={"file": ("reply-x.json", content)})


def test_the_application_fills_a_reply_from_the_file_and_keeps_it(context):
    write_approved_letter(context, "meadow.example")
    content = answer(reference=reference_of(case_of(context, "meadow.example")))
    assert send(context, content).status_code == 303
    row = context.ledger.row("SELECT * FROM replies ORDER BY reply_id DESC LIMIT 1")
    assert (row["kind"], row["received_on"], row["sender"], row["words"]) == ("disputes", "2026-01-31", "A. Meadow", "We do.")  # fmt: skip
    assert (row["file"], row["file_name"]) == (content, "reply-x.json")
    content = content.replace(b"We do.", b"We do, still.")
    assert send(context, content, sender="Typed", words="Typed too").status_code == 303
    row = context.ledger.row("SELECT * FROM replies ORDER BY reply_id DESC LIMIT 1")
    assert (row["sender"], row["words"]) == ("Typed", "Typed too")


def test_the_same_file_is_noted_once_with_a_case(context):
    write_approved_letter(context, "meadow.example")
    content = answer(reference=reference_of(case_of(context, "meadow.example")))
    assert send(context, content).status_code == 303
    assert send(context, content, sender="Typed").status_code == 400
    assert context.ledger.value("SELECT count(*) FROM replies WHERE file = ?", [content]) == 1


def test_what_a_terminal_would_obey_is_not_among_the_words():
    assert read_filled_form(answer(words="We\x1b[31m\x00 do.\n\tA.")).words == "We [31m  do.\n\tA."


def test_with_a_kind_that_is_chosen_the_file_is_only_kept(context):
    write_approved_letter(context, "meadow.example")
    assert send(context, b"not ours", kind="other").status_code == 303
    row = context.ledger.row("SELECT * FROM replies ORDER BY reply_id DESC LIMIT 1")
    assert (row["kind"], row["received_on"], row["file"]) == ("other", "2026-01-31", b"not ours")


@pytest.mark.parametrize("content", [b"", b"no form", answer(), answer(reference=HOSTILE)])
def test_the_application_refuses_a_file_of_another_case_or_none(context, content):
    write_approved_letter(context, "meadow.example")
    before = context.ledger.value("SELECT count(*) FROM replies")
    refused = send(context, content)
    assert refused.status_code == 400
    assert HOSTILE not in refused.text
    assert context.ledger.value("SELECT count(*) FROM replies") == before


def test_a_day_to_come_is_refused(context):
    write_approved_letter(context, "meadow.example")
    content = answer(reference=reference_of(case_of(context, "meadow.example")), on="2999-01-01")
    assert send(context, content).status_code == 400


def test_the_form_is_among_the_files_of_an_export(context):
    claim_id = case_of(context, "meadow.example").claim_id
    files = read_case_files(
        context.ledger, claim_id, warc_dir=context.warc_dir, templates=context.templates, sender=SENDER
    )
    assert b"office@acme.example" in files["reply-form.html"]
