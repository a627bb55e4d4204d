"""Tokens of the API: made and closed on the command line, looked up by their digest.

Reads and writes: api_tokens. Whoever reads the database can ask for nothing with what is in it. A token opens the API alone, never the
screen; what a token may do is in its scopes.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets
from collections.abc import Sequence

from ledger.database import Ledger, columns_of
from ledger.errors import BadInputError, OutsideFailureError, Problem
from ledger.identity import event_id, parse_utc, sha256_hex, utc_now, utc_text
from ledger.proof.custody import CustodyLog
from ledger.records import ApiToken
from ledger.vocabulary import CustodyEvent, TokenScope

logger = logging.getLogger(__name__)
PREFIX = "ppt_"  # so that a token in a log or a repository is found by who looks for secrets
MOST_DAYS = 730
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_USED_EVERY_S = 60


def make_token(
    ledger: Ledger, log: CustodyLog, name: str, scopes: Sequence[TokenScope], *, days: int, by: str
) -> tuple[str, ApiToken]:
    """Make a token; returns its text, which is told this once, and what is stored. Errors: BadInputError."""
    problems = []
    if not _NAME.fullmatch(name):
        problems.append(_problem("NAME", "small letters, digits, . _ and -, at most 40", name, "choose another name"))
    elif ledger.find(ApiToken, name=name) is not None:
        problems.append(_problem("NAME", "a name that no token has or had", name, "choose another: what was done under it was that token's"))  # fmt: skip
    if not scopes:
        problems.append(_problem("--scope", f"one or more of {', '.join(TokenScope)}", "none", "name what it may do"))
    if not 1 <= days <= MOST_DAYS:
        problems.append(_problem("--days", f"1 to {MOST_DAYS}", str(days), "make a new one when it ends"))
    if problems:
        raise BadInputError(problems)
    text, now = PREFIX + secrets.token_urlsafe(32), utc_now()
    token = ApiToken(
        token_id=event_id(),
        name=name,
        token_sha256=sha256_hex(text.encode()),
        scopes=tuple(sorted(set(scopes))),
        made_by=by,
        made_at=utc_text(now),
        expires_at=utc_text(now + dt.timedelta(days=days)),
    )
    ledger.add([token])
    _log(log, token, by=by)
    return text, token


def list_tokens(ledger: Ledger) -> list[ApiToken]:
    """Return all tokens by name, closed ones too."""
    return ledger.select(ApiToken, f"SELECT {columns_of(ApiToken)} FROM api_tokens ORDER BY name")


def close_token(ledger: Ledger, log: CustodyLog, name: str, *, by: str) -> None:
    """Let a token open nothing any more, at once. Errors: BadInputError when there is none, or it is closed."""
    token = ledger.find(ApiToken, name=name)
    if token is None or token.closed_at is not None:
        got = f"{name}, which is closed already" if token else name
        raise BadInputError(_problem("NAME", "a token that is open", got, "see `partnerproof token list`"))
    ledger.update(ApiToken, {"closed_at": utc_text()}, token_id=token.token_id)
    if (closed := ledger.find(ApiToken, token_id=token.token_id)) is not None:
        _log(log, closed, by=by)


def find_token(ledger: Ledger, text: str) -> ApiToken | None:
    """Return the token of a text; None: there is none, it is over or closed."""
    if not text.startswith(PREFIX) or len(text) > 100:  # ours have 47
        return None
    token = ledger.find(ApiToken, token_sha256=sha256_hex(text.encode("utf-8", "replace")))
    if token is None or token.closed_at is not None or token.expires_at <= utc_text():
        return None
    return token


def note_use(ledger: Ledger, token: ApiToken) -> None:
    """Remember that a token was used, to the minute: most requests write nothing."""
    now = utc_now()
    if token.last_used_at is None or (now - parse_utc(token.last_used_at)).total_seconds() > _USED_EVERY_S:
        try:
            ledger.update(ApiToken, {"last_used_at": utc_text(now)}, token_id=token.token_id)
        except OutsideFailureError:  # a full disk keeps nobody from reading
            logger.warning("that the token %s was used could not be noted", token.name)


def _log(log: CustodyLog, token: ApiToken, *, by: str) -> None:
    facts = {
        "token": token.name,
        "scopes": list(token.scopes),
        "expires_at": token.expires_at,
        "is_open": token.closed_at is None,
    }
    log.add(CustodyEvent.TOKEN, facts, by=by)


def _problem(where: str, expected: str, got: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, got=got, next_step=next_step)
