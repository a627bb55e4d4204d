"""The files of a case in an export: letters as sent, files of replies under plain names, and in a redacted copy neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.cases.case_files import plain_name, read_case_files
from casebook.cases.letter_facts import Sender
from casebook.web.application_context import ApplicationContext
from ledger.proof.verifier import _is_plain
from tests.casebook.web.contexts import case_of, make_context, write_approved_letter


def files_of(context: ApplicationContext, *, is_redacted: bool = False) -> dict[str, bytes]:
    return read_case_files(
        context.ledger, case_of(context, "meadow.example").claim_id,
        warc_dir=context.warc_dir, templates=context.templates, sender=Sender(name="Acme"), is_redacted=is_redacted,
    )  # fmt: skip


@pytest.fixture
def context(tmp_path) -> ApplicationContext:
    made = make_context(tmp_path)
    write_approved_letter(made, "meadow.example")
    return made


def test_letters_that_were_sent_and_files_of_replies_are_there(context):
    files = files_of(context)
    (letter,) = [content.decode() for name, content in files.items() if name.startswith("letters/")]
    assert "We write on behalf of Acme" in letter
    assert "<script>alert" not in letter
    (reply,) = [name for name in files if name.startswith("replies/")]
    assert files[reply] == b"<script>alert(1)</script>"
    assert reply.startswith("replies/2026-01-21-")
    assert ".." not in reply


def test_a_letter_that_was_not_sent_is_not(context):
    context.ledger.execute("UPDATE letters SET sent_on = NULL")
    assert not [name for name in files_of(context) if name.startswith("letters/")]


def test_a_redacted_copy_has_the_form_alone(context):
    assert list(files_of(context, is_redacted=True)) == ["reply-form.html"]


@given(st.text(max_size=300))
def test_whatever_a_file_is_called_its_name_is_plain(name):
    plain = plain_name(name)
    assert _is_plain(f"replies/2026-01-21-ABCDEF-{plain}")
    assert len(plain) <= 61


@pytest.mark.parametrize(
    ("given_name", "plain"),
    [("../../etc/passwd", "passwd"), ("C:\\mail\\answer.eml", "answer.eml"), ("答复.pdf", "pdf"), ("", "file"), (None, "file"), ("a" * 200 + ".pdf", "a" * 50 + ".pdf")],
)  # fmt: skip
def test_the_name_that_was_given_is_recognised(given_name, plain):
    assert plain_name(given_name) == plain
