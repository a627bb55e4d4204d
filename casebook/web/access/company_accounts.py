"""Accounts of people whom a company's login vouches for: bound to the provider (issuer) and to who they are there (subject), by nothing else.

Reads and writes: accounts, sessions. The name is made at the first login and stays, whatever the provider calls them later; it ends
with the provider in brackets, which no own account's name can have. Roles are read at each login: what was taken away is gone.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from casebook.web.access.accounts import LoginTerms, begin_session, log_account
from ledger.database import Ledger
from ledger.errors import OutsideFailureError, PartnerproofError
from ledger.identity import sha256_hex, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Account
from ledger.vocabulary import Role

_MOST_NAME_CHARS = 60
_NOT_IN_NAMES = re.compile(
    r"[^\w .@'+-]"
)  # no brackets: they hold the provider; nothing that turns the direction of writing


class ProviderDownError(OutsideFailureError):
    """The provider could not be reached, or answers with something else than OpenID Connect."""


class LoginRefusedError(PartnerproofError):
    """What came back from the provider opens nothing. The words are for the person who wanted to log in."""


class NoRoleError(LoginRefusedError):
    """The provider knows the person, and nothing that it says of them stands for a role here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a provider vouches for. name: what it calls them; role: the highest that its claims stand for, None: none."""

    issuer: str
    subject: str
    name: str
    role: Role | None


def admit(ledger: Ledger, log: CustodyLog, person: Identity, terms: LoginTerms) -> str:
    """Begin a session of a company account, which is made when it does not exist; returns the session's token.

    Errors: NoRoleError, and then sessions that the person still has end; LoginRefusedError when the account was closed.
    """
    refusal: LoginRefusedError | None = None
    is_changed = False
    with ledger.transaction():
        known = ledger.find(Account, issuer=person.issuer, subject=person.subject)
        if known is not None and person.role is not known.role:
            ledger.execute("DELETE FROM sessions WHERE account = ?", [known.account])
        if person.role is None:
            name = known.account if known else name_account(person)
            refusal = NoRoleError(
                f"The company login knows you as {name}, and none of your groups there stands for a role here. "
                "Ask whoever runs partnerproof, or whoever keeps the groups of your company."
            )
        elif known is None:
            known, is_changed = _add(ledger, person, person.role), True
        elif not known.is_active:
            refusal = LoginRefusedError(f"The account {known.account} was closed here. Ask whoever runs partnerproof.")
        elif known.role is not person.role:
            is_changed = bool(ledger.update(Account, {"role": person.role}, account=known.account))
    if is_changed and known is not None:
        log_account(ledger, log, known.account, by=known.account)
    if refusal is not None:
        raise refusal
    if known is None or person.role is None:
        raise AssertionError("a person without an account and without a refusal")
    return begin_session(ledger, known.account, person.role, terms=terms)


def _add(ledger: Ledger, person: Identity, role: Role) -> Account:
    names = (name_account(person, number) for number in itertools.count(1))
    name = next(name for name in names if ledger.find(Account, account=name) is None)
    made = Account(
        account=name, role=role, password_hash=None, is_active=True, created_at=utc_text(), issuer=person.issuer, subject=person.subject
    )  # fmt: skip
    ledger.add([made])
    return made


def name_account(person: Identity, number: int = 1) -> str:
    """Return the name under which a person's deeds are entered: `ann (id.acme.example)`. number: from 2 on for the next of that name."""
    name = " ".join(_NOT_IN_NAMES.sub("", unicodedata.normalize("NFKC", person.name)).split())[:_MOST_NAME_CHARS]
    if not re.search(r"\w", name):
        name = f"person {sha256_hex(person.subject.encode('utf-8', 'replace'))[:12]}"
    issuer = urlsplit(person.issuer)
    return f"{name}{f' {number}' if number > 1 else ''} ({issuer.netloc}{issuer.path.rstrip('/')})"
