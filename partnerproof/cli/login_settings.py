"""What [login] of the configuration means for the review application."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casebook.web.access.accounts import LoginTerms
from casebook.web.access.secret_files import read_secret
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.extras import how_to_install
from ledger.vocabulary import Role
from partnerproof.config import LoginConfig

if TYPE_CHECKING:  # it needs the extra [oidc]
    from casebook.web.access.provider import Provider


def make_terms(settings: LoginConfig) -> LoginTerms:
    """How long sessions last, and who needs a second factor."""
    return LoginTerms(session_hours=settings.session_hours, second_factor_roles=settings.second_factor_roles)


def has_own_accounts(settings: LoginConfig) -> bool:
    """Whether names and passwords open something."""
    return settings.oidc is None or settings.oidc.allow_own_accounts


def make_provider(login: LoginConfig, root: Path) -> Provider | None:
    """The company's login; None: there is none. root: of the workspace, which paths are relative to.

    Errors: BadInputError for a secret or certificates that are none, OutsideFailureError without the extra.
    """
    settings = login.oidc
    if settings is None:
        return None
    try:
        from casebook.web.access.provider import Provider, ProviderSettings
    except ImportError as error:
        raise OutsideFailureError(
            f"[login.oidc] of partnerproof.toml needs Authlib: run `{how_to_install('oidc')}`"
        ) from error
    certificates = root / settings.certificates if settings.certificates else None
    try:
        return Provider(
            ProviderSettings(
                issuer=settings.issuer,
                client_id=settings.client_id,
                client_secret=read_secret(root / settings.client_secret_file, "[login.oidc] client_secret_file"),
                roles={value: Role(role) for value, role in settings.roles.items()},
                role_claim=settings.role_claim,
                name_claim=settings.name_claim,
                scopes=tuple(settings.scopes),
                button=settings.button,
                hosts=frozenset(settings.hosts),
                certificates=certificates,
            )
        )
    except OSError as error:  # ssl.SSLError is one, too
        raise BadInputError(
            Problem(
                where=f"[login.oidc] certificates, {certificates}",
                expected="a file with certificates in PEM",
                got=error.strerror or str(error),
                next_step="write the authority's certificates into it, or leave it empty",
            )
        ) from error
