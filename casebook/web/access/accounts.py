"""Accounts, passwords and sessions of the review application.

The database holds of a password scrypt's result with a salt of its own, and of a session the digest of its token: whoever reads
it can log in with neither.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from functools import cache

from casebook.web.access.second_factor import has_second_factor, take_code
from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, Problem
from ledger.identity import sha256_hex, utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import Account
from ledger.records import Session as StoredSession
from ledger.vocabulary import CustodyEvent, Role

MIN_PASSWORD_CHARS = 12
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = (
    1 << 14,
    8,
    5,
)  # 16 MB and some 200 ms: of OWASP's list (2024) the row with least memory
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_ORDER = tuple(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginTerms:
    """How long a session lasts, and which roles of own accounts need a second factor."""

    session_hours: float = 10  # a working day; then one logs in again
    second_factor_roles: frozenset[Role] = frozenset()


TERMS = LoginTerms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is logged in. csrf: what every form of theirs carries."""

    account: str
    role: Role
    csrf: str
    must_enrol: bool = False  # it may do nothing but set up the second factor that its role needs

    def may(self, role: Role) -> bool:
        """Whether the account may do what a role may."""
        return _ORDER.index(self.role) >= _ORDER.index(role)


def account_facts(account: Account) -> dict[str, object]:
    """Return what the custody log tells of an account: how it logs in only as a digest."""
    means = account.password_hash or f"{account.issuer} {account.subject}"
    return {
        "account": account.account,
        "role": account.role,
        "is_active": account.is_active,
        "means_sha256": sha256_hex(means.encode()),
    }


def log_account(ledger: Ledger, log: CustodyLog, account: str, *, by: str | None = None) -> None:
    """Enter in the custody log what an account has now."""
    if (stored := ledger.find(Account, account=account)) is not None:
        log.add(CustodyEvent.ACCOUNT, account_facts(stored), by=by)


def add_account(ledger: Ledger, account: str, role: Role, password: str) -> None:
    """Make an account, or give one that is there another role and password. Errors: BadInputError."""
    problems = []
    if not _NAME.fullmatch(account):
        problems.append(
            _problem("NAME", "small letters, digits, . _ and -, at most 40", account, "choose another name")
        )
    if len(password) < MIN_PASSWORD_CHARS:
        problems.append(
            _problem(
                "password",
                f"{MIN_PASSWORD_CHARS} characters or more",
                f"{len(password)} characters",
                "choose a longer one",
            )
        )
    if problems:
        raise BadInputError(problems)
    with ledger.transaction():
        known = ledger.find(Account, account=account)
        stored = Account(
            account=account,
            role=role,
            password_hash=hash_password(password),
            is_active=True,
            created_at=known.created_at if known else utc_text(),
        )
        ledger.put([stored])
        ledger.execute("DELETE FROM sessions WHERE account = ?", [account])


def close_account(ledger: Ledger, account: str) -> None:
    """Let an account log in no more. Errors: BadInputError when there is none."""
    with ledger.transaction():
        if not ledger.update(Account, {"is_active": False}, account=account):
            raise BadInputError(_problem("NAME", "an account", account, "see `partnerproof account list`"))
        ledger.execute("DELETE FROM sessions WHERE account = ?", [account])


def list_accounts(ledger: Ledger) -> list[Account]:
    """Return all accounts by name, closed ones too."""
    return ledger.select(Account, f"SELECT {columns_of(Account)} FROM accounts ORDER BY account")


def hash_password(password: str) -> str:
    """Return `scrypt$n$r$p$salt$hash`, the last two in hexadecimal digits."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P)
    return f"scrypt${_SCRYPT_N}${_SCRYPT_R}${_SCRYPT_P}${salt.hex()}${digest.hex()}"


def is_password(password: str, stored: str) -> bool:
    """Whether a password is the one that was stored."""
    _, n, r, p, salt, digest = stored.split("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt), int(n), int(r), int(p)), bytes.fromhex(digest))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    data = password.encode("utf-8", "replace")[:1_000]
    return hashlib.scrypt(data, salt=salt, n=n, r=r, p=p, maxmem=64 << 20, dklen=32)


@cache
def _nobodys() -> str:
    """So that an account that isn't there takes as long as one that is."""
    return hash_password(secrets.token_hex(16))


def is_password_of(ledger: Ledger, account: str, password: str) -> bool:
    """Whether a password is that of an account that may log in with one."""
    known = ledger.find(Account, account=account, is_active=True)
    stored = known.password_hash if known else None
    return is_password(password, stored or _nobodys()) and stored is not None


def log_in(ledger: Ledger, account: str, password: str, code: str = "", terms: LoginTerms = TERMS) -> str | None:
    """Begin a session; returns its token, or None when name, password and code do not fit.

    code: of the second factor, or a recovery code; looked at only where the account has a second factor.
    """
    if not is_password_of(ledger, account, password):
        return None
    with_factor = has_second_factor(ledger, account)
    if with_factor and not take_code(ledger, account, code):
        return None
    known = ledger.find(Account, account=account, is_active=True)
    if known is None:  # closed in the meantime
        return None
    must_enrol = not with_factor and known.role in terms.second_factor_roles
    return begin_session(ledger, known.account, known.role, terms=terms, must_enrol=must_enrol)


def begin_session(
    ledger: Ledger, account: str, role: Role, *, terms: LoginTerms = TERMS, must_enrol: bool = False
) -> str:
    """Return the token of a new session: never one that a browser brought along."""
    token, now = secrets.token_urlsafe(32), utc_now()
    with ledger.transaction():
        ledger.execute("DELETE FROM sessions WHERE expires_at < ?", [utc_text(now)])
        session = StoredSession(
            token_sha256=sha256_hex(token.encode()),
            account=account,
            role=role,
            csrf=secrets.token_urlsafe(24),
            began_at=utc_text(now),
            expires_at=utc_text(now + dt.timedelta(hours=terms.session_hours)),
            must_enrol=must_enrol,
        )
        ledger.add([session])
    return token


def read_session(ledger: Ledger, token: str | None) -> Session | None:
    """Return the session of a cookie's token; None when there is none, or it is over."""
    if not token or len(token) > 100:  # ours have 43
        return None
    stored = ledger.select_first(
        StoredSession,
        f"SELECT {columns_of(StoredSession)} FROM sessions WHERE token_sha256 = ? AND expires_at >= ?",
        [sha256_hex(token.encode("utf-8", "replace")), utc_text()],
    )
    if stored is None:
        return None
    return Session(account=stored.account, role=stored.role, csrf=stored.csrf, must_enrol=stored.must_enrol)


def end_session(ledger: Ledger, token: str | None) -> None:
    if token:
        ledger.execute("DELETE FROM sessions WHERE token_sha256 = ?", [sha256_hex(token.encode("utf-8", "replace"))])


def end_sessions_of(ledger: Ledger, account: str) -> None:
    ledger.execute("DELETE FROM sessions WHERE account = ?", [account])


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=repr(got) if where == "NAME" else got, next_step=next_step)
