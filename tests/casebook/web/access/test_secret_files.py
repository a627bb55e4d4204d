"""A secret is a file that its owner alone can read; of systemd's credentials the group's bits are an access list."""

from __future__ import annotations

from pathlib import Path

import pytest

from casebook.web.access.secret_files import read_secret
from ledger.errors import BadInputError
from partnerproof.alert_channels import read_alert_secret
from partnerproof.config import AlertConfig


def write(folder: Path, content: bytes, mode: int) -> Path:
    file = folder / "secret"
    file.write_bytes(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize(
    ("content", "secret"), [(b"abc", "abc"), (b"abc\n", "abc"), (b"a b\xc3\xa9\r\n", "a bé"), (b" abc ", " abc ")]
)
def test_the_line_is_the_secret(tmp_path, content, secret):
    assert read_secret(write(tmp_path, content, 0o600), "x") == secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620, 0o601])
def test_what_others_may_read_is_refused(tmp_path, mode):
    with pytest.raises(BadInputError, match=rf"x, .*secret: .* one that others may read \(mode {mode:o}\); chmod 600"):
        read_secret(write(tmp_path, b"abc", mode), "x")


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "an empty one"), (b"\n", "an empty one"), (b"a\nb", "more than one line"), (b"x" * 10_001, "very long"), (b"\xff\xfe", "other bytes")]
)  # fmt: skip
def test_what_is_no_secret_is_refused(tmp_path, content, words):
    with pytest.raises(BadInputError, match=words):
        read_secret(write(tmp_path, content, 0o600), "x")


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(BadInputError, match="No such file"):
        read_secret(tmp_path / "none", "[login.oidc] client_secret_file")


def test_a_credential_of_systemd_may_have_bits_of_its_group(tmp_path, monkeypatch):
    file = write(tmp_path, b"abc", 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret(file, "x") == "abc"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path.parent))
    with pytest.raises(BadInputError):
        read_secret(file, "x")
    file.chmod(0o444)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(BadInputError):
        read_secret(file, "x")


def test_an_alerts_secret_comes_from_the_file_before_the_variable(tmp_path, monkeypatch):
    channel = AlertConfig.model_validate({"name": "hook-1", "kind": "webhook", "to": ["https://chat.example/"]})
    assert read_alert_secret(channel) == ""
    monkeypatch.setenv("PARTNERPROOF_ALERT_HOOK_1", "of the variable")
    assert read_alert_secret(channel) == "of the variable"
    monkeypatch.setenv("PARTNERPROOF_ALERT_HOOK_1_FILE", str(write(tmp_path, b"of the file\n", 0o600)))
    assert read_alert_secret(channel) == "of the file"
