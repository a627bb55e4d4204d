"""[login] of the configuration: what is written there, what is refused, and what becomes of it.

Tests: partnerproof/cli/login_settings.py.
"""

from __future__ import annotations

import builtins
from pathlib import Path

import pytest

from ledger.errors import BadInputError, OutsideFailureError
from ledger.vocabulary import Role
from partnerproof.cli.login_settings import has_own_accounts, make_provider, make_terms
from partnerproof.config import EXAMPLE_CONFIG, LoginConfig, read_config

OIDC = """
[login.oidc]
issuer = "https://id.acme.example/realms/staff"
client_id = "partnerproof"
client_secret_file = "client-secret"
roles = { "brand-legal" = "approver" }
"""


def read(folder: Path, text: str) -> LoginConfig:
    (folder / "partnerproof.toml").write_text(text, encoding="utf-8")
    return read_config(folder / "partnerproof.toml").login


def write_secret(folder: Path, mode: int = 0o600) -> None:
    (folder / "client-secret").write_text("secret\n")
    (folder / "client-secret").chmod(mode)


def test_without_it_own_accounts_are_all_there_is(tmp_path):
    login = read(tmp_path, "")
    assert make_provider(login, tmp_path) is None
    assert has_own_accounts(login)
    assert (make_terms(login).session_hours, make_terms(login).second_factor_roles) == (10, frozenset())


def test_the_example_is_what_it_says(tmp_path):
    lines = EXAMPLE_CONFIG[EXAMPLE_CONFIG.index("# [login.oidc]") : EXAMPLE_CONFIG.index("[paths]")].splitlines()
    login = read(tmp_path, "\n".join(line.removeprefix("# ") for line in lines))
    assert login.oidc is not None
    assert login.oidc.roles == {"brand-legal": "approver", "brand-protection": "reviewer"}


def test_what_is_configured_is_what_is_used(tmp_path):
    write_secret(tmp_path)
    login = read(
        tmp_path,
        f'[login]\nsession_hours = 8\nsecond_factor = "approvers"\n{OIDC}allow_own_accounts = false\nrole_claim = "realm_access.roles"\n',
    )
    provider = make_provider(login, tmp_path)
    assert provider is not None
    assert (provider.settings.client_secret, provider.settings.roles) == ("secret", {"brand-legal": Role.APPROVER})
    assert provider.settings.role_claim == "realm_access.roles"
    assert "secret'" not in repr(provider.settings)
    assert not has_own_accounts(login)
    assert make_terms(login).second_factor_roles == {Role.APPROVER, Role.ADMIN}
    assert make_terms(read(tmp_path, '[login]\nsecond_factor = "all"\n')).second_factor_roles == set(Role)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("https://id.acme.example", "http://id.acme.example", "over https"), ("https://id.acme.example", "http://127.0.0.1.nip.example", "over https"),
        ("https://id.acme.example/realms/staff", "id.acme.example", "an issuer is an address"), ("https://id.acme.example/realms/staff", "https://id.acme.example/?a=b", "an issuer is an address"),
        ("https://id", "https://user@id", "an issuer is an address"), ("approver", "king", "input should be"), ('{ "brand-legal" = "approver" }', "{}", "at least 1"),
        ("client_id =", 'scopes = ["profile"]\nclient_id =', "openid"), ("client_id =", 'scopes = ["openid a"]\nclient_id =', "openid"), ("client_id =", 'hosts = ["https://x"]\nclient_id =', "match pattern"),
        ("client_secret_file", "client_secret", "a key that this version knows"), ("[login.oidc]", "[login]\nsession_hours = 25\n[login.oidc]", "less than or equal to 24"),
    ],
)  # fmt: skip
def test_mistakes_are_named(tmp_path, old, new, words):
    with pytest.raises(BadInputError, match=words):
        read(tmp_path, OIDC.replace(old, new, 1))


def test_an_issuer_of_this_machine_may_do_without_tls(tmp_path):
    for issuer in ("http://127.0.0.1:8080", "http://localhost:8080/realms/x", "http://[::1]:8080"):
        read(tmp_path, OIDC.replace("https://id.acme.example/realms/staff", issuer))


def test_a_secret_or_certificates_that_are_none_are_named(tmp_path):
    login = read(tmp_path, f'{OIDC}certificates = "authority.pem"\n')
    with pytest.raises(BadInputError, match=r"\[login.oidc\] client_secret_file, .*No such file"):
        make_provider(login, tmp_path)
    write_secret(tmp_path, 0o644)
    with pytest.raises(BadInputError, match="others may read"):
        make_provider(login, tmp_path)
    write_secret(tmp_path)
    with pytest.raises(BadInputError, match=r"\[login.oidc\] certificates, .*No such file"):
        make_provider(login, tmp_path)
    (tmp_path / "authority.pem").write_text("no certificate")
    with pytest.raises(BadInputError, match=r"\[login.oidc\] certificates"):
        make_provider(login, tmp_path)


def test_without_the_extra_it_says_which(tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name: str, *rest: object) -> object:
        if name.endswith("access.provider"):
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(OutsideFailureError, match="pip install 'authlib"):
        make_provider(read(tmp_path, OIDC), tmp_path)
