"""Codes of an authenticator app as second factor of own accounts (TOTP, RFC 6238), and recovery codes for whoever lost the app.

Reads and writes: second_factors, recovery_codes. A code is good for the 30 seconds that it stands for and those before and after
them, as clocks differ, and once: whoever reads it over a shoulder can not use it again. The secret lies in the database as it is,
as codes can be computed in no other way; of recovery codes only the digests do.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable

import pyotp
import segno

from ledger.database import Ledger
from ledger.errors import BadInputError, Problem
from ledger.identity import sha256_hex, utc_text
from ledger.records import RecoveryCode, SecondFactor
from ledger.typed_texts import Sha256

STEP_S = 30
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look like others
_RECOVERY_CHARS = 16  # of 31: 79 bits


def has_second_factor(ledger: Ledger, account: str) -> bool:
    """Whether an account is asked for a code when it logs in."""
    return _confirmed(ledger, account) is not None


def begin_enrolment(ledger: Ledger, account: str) -> str:
    """Return a new secret for an account, which counts once a code of it was given. Errors: BadInputError when it has one."""
    with ledger.transaction():
        if has_second_factor(ledger, account):
            raise BadInputError(
                Problem(
                    where="second factor",
                    expected="an account without one",
                    got="one that has it",
                    next_step="ask whoever runs partnerproof to take it away first",
                )
            )
        secret = pyotp.random_base32()
        row = SecondFactor(account=account, secret=secret, begun_at=utc_text(), confirmed_at=None, last_step=0)
        ledger.put([row])
    return secret


def enrolment_address(account: str, secret: str) -> str:
    """What an authenticator app reads from the picture: otpauth://totp/…"""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="partnerproof")


def draw_enrolment(account: str, secret: str) -> str:
    """Return the picture for an authenticator app as SVG, dark on white whatever the page looks like."""
    drawn: str = segno.make(enrolment_address(account, secret), error="m", micro=False).svg_inline(
        scale=5, dark="#000", light="#fff", title="Picture for the authenticator app", omitsize=False, svgclass="qr"
    )
    return drawn


def confirm_enrolment(
    ledger: Ledger, account: str, code: str, *, clock: Callable[[], float] = time.time
) -> list[str] | None:
    """Let the second factor count from now on; returns recovery codes, to be shown this once. None: the code is not right."""
    with ledger.transaction():
        row = ledger.find(SecondFactor, account=account)
        step = _step_of(row.secret, code, clock()) if row else None
        if row is None or row.confirmed_at is not None or step is None:
            return None
        ledger.update(SecondFactor, {"confirmed_at": utc_text(), "last_step": step}, account=account)
        ledger.execute("DELETE FROM recovery_codes WHERE account = ?", [account])
        codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
        ledger.add([RecoveryCode(account=account, code_sha256=_digest(code), used_at=None) for code in codes])
    return codes


def take_code(ledger: Ledger, account: str, code: str, *, clock: Callable[[], float] = time.time) -> bool:
    """Whether a code of the app or a recovery code is right and was not used before; then it is used now."""
    with ledger.transaction():
        row = _confirmed(ledger, account)
        if row is None:
            return False
        step = _step_of(row.secret, code, clock())
        if step is not None:
            if step <= row.last_step:
                return False
            ledger.update(SecondFactor, {"last_step": step}, account=account)
            return True
        digest = _digest(code)
        stored = ledger.find(RecoveryCode, account=account, code_sha256=digest)
        if stored is None or stored.used_at is not None:
            return False
        ledger.update(RecoveryCode, {"used_at": utc_text()}, account=account, code_sha256=digest)
        return True


def remove_second_factor(ledger: Ledger, account: str) -> bool:
    """Take an account's second factor and recovery codes away, and end its sessions; False: it had none."""
    with ledger.transaction():
        had = has_second_factor(ledger, account)
        ledger.execute("DELETE FROM recovery_codes WHERE account = ?", [account])
        ledger.execute("DELETE FROM second_factors WHERE account = ?", [account])
        ledger.execute("DELETE FROM sessions WHERE account = ?", [account])
    return had


def count_recovery_codes(ledger: Ledger, account: str) -> int:
    """How many recovery codes of an account are still good."""
    return int(ledger.value("SELECT count(*) FROM recovery_codes WHERE account = ? AND used_at IS NULL", [account]))


def _confirmed(ledger: Ledger, account: str) -> SecondFactor | None:
    row = ledger.find(SecondFactor, account=account)
    return row if row is not None and row.confirmed_at is not None else None


def _step_of(secret: str, code: str, now_s: float) -> int | None:
    """The number of the 30 seconds that a code stands for, if it is one of three; None: it is no code of now."""
    given, totp, step = "".join(code.split()), pyotp.TOTP(secret, interval=STEP_S), int(now_s // STEP_S)
    for each in (step, step - 1, step + 1):
        if hmac.compare_digest(totp.generate_otp(each).encode(), given.encode("utf-8", "replace")):
            return each
    return None


def _new_recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_RECOVERY_CHARS))
    return "-".join(letters[place : place + 4] for place in range(0, _RECOVERY_CHARS, 4))


def _digest(code: str) -> Sha256:
    return sha256_hex("".join(code.lower().replace("-", " ").split()).encode("utf-8", "replace"))
