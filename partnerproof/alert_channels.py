"""How a notice reaches a team: by e-mail, by webhook, or by whatever apprise knows (extra [alerts]).

A password, or a webhook's secret, is read from the environment, never from the configuration: PARTNERPROOF_ALERT_<NAME>,
or from the file that PARTNERPROOF_ALERT_<NAME>_FILE names.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import smtplib
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from email.message import EmailMessage
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

from casebook.cases.alerts import note_told, read_digests
from casebook.web.access.secret_files import read_secret
from ledger.database import Ledger
from ledger.errors import OutsideFailureError, PartnerproofError
from ledger.extras import how_to_install
from partnerproof.config import AlertConfig
from partnerproof.version import program_version

TIMEOUT_S, LONGEST_S = 30, 90  # for one answer of a server; for all that a digest takes
SIGNATURE_HEADER = "X-Partnerproof-Signature"  # sha256=<HMAC-SHA-256 of the body with the secret, hexadecimal>


class Notice(Protocol):
    """What is told: a digest of what has changed, or an anchor's statement."""

    @property
    def digest_id(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    def as_json(self) -> str: ...


def send_alerts(
    ledger: Ledger,
    channels: list[AlertConfig],
    tell: Callable[[str], None],
    *,
    writing: Callable[[], AbstractContextManager[None]] = nullcontext,
    longest_s: float = LONGEST_S,
) -> bool:
    """Tell every channel what it has not been told yet. Returns whether all could be reached; what failed is told next time.

    writing: entered to note who was told, and never while a channel is waited for.
    """
    is_all_told = True
    for channel in channels:
        sent = []
        for digest in read_digests(ledger, channel.name, channel.brands):
            try:
                send_notice(channel, digest, longest_s=longest_s)
            except OutsideFailureError as error:
                tell(f"alert {channel.name}: {error}; it will be told next time")
                is_all_told = False
                break
            sent.append(digest)
            tell(f"alert {channel.name}: {digest.subject}")
        if sent:
            with writing():
                for digest in sent:
                    note_told(ledger, channel.name, digest)
    return is_all_told


def send_notice(channel: AlertConfig, notice: Notice, *, longest_s: float = LONGEST_S) -> None:
    """Send through a channel. Errors: OutsideFailureError."""
    do_within(longest_s, lambda: _SENDERS[channel.kind](channel, notice))


def do_within(seconds: float, act: Callable[[], None]) -> None:
    """Do something with the outside, or give up: a server that says a byte now and then outlasts every timeout of a socket.

    Errors: OutsideFailureError.
    """
    failed: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001  # of libraries, too; told by the thread that waits
            failed.append(error)

    sending = threading.Thread(target=run, daemon=True)
    sending.start()
    sending.join(seconds)
    if sending.is_alive():
        raise OutsideFailureError(f"it did not end within {seconds:g} s")
    if failed and isinstance(failed[0], OutsideFailureError):
        raise failed[0]
    if failed and isinstance(failed[0], PartnerproofError):
        raise OutsideFailureError(str(failed[0])) from failed[0]  # it says itself what is wrong and what to do
    if failed:
        raise OutsideFailureError(f"it failed ({type(failed[0]).__name__}: {failed[0]})") from failed[0]


def read_alert_secret(channel: AlertConfig) -> str:
    """The password or secret of a channel; empty: it has none. Errors: BadInputError for a file that is none."""
    variable = f"PARTNERPROOF_ALERT_{channel.name.upper().replace('-', '_')}"
    if file := os.environ.get(f"{variable}_FILE"):
        return read_secret(Path(file), f"{variable}_FILE")
    return os.environ.get(variable, "")


def _send_email(channel: AlertConfig, notice: Notice) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = notice.subject, channel.from_, ", ".join(channel.to)
    message["Message-ID"] = f"<{notice.digest_id}.{channel.name}@{channel.from_.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday message comes back
    message.set_content(notice.text)
    try:
        with smtplib.SMTP(channel.host, channel.port, timeout=TIMEOUT_S) as server:
            if channel.starttls:
                server.starttls(context=ssl.create_default_context())
            if channel.user:
                server.login(channel.user, read_alert_secret(channel))
            refused = server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise OutsideFailureError(f"{channel.host}:{channel.port} did not take the mail ({error})") from error
    if refused:
        raise OutsideFailureError(f"{channel.host} refused {', '.join(refused)}")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A webhook's address is the one that was configured: what it holds goes nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post(channel: AlertConfig, notice: Notice) -> None:
    body = notice.as_json().encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"partnerproof/{program_version()}"}
    secret = read_alert_secret(channel)
    if secret:
        headers[SIGNATURE_HEADER] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    request = urllib.request.Request(channel.to[0], body, headers)  # noqa: S310  # http and https only: config.py
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_S) as answer:
            answer.read(1_000)
    except (OSError, HTTPException, ValueError) as error:
        raise OutsideFailureError(f"the webhook did not take it ({error})") from error


def _notify(channel: AlertConfig, notice: Notice) -> None:
    try:
        import apprise
    except ImportError as error:
        raise OutsideFailureError(f"apprise is not installed: run `{how_to_install('alerts')}`") from error
    services = apprise.Apprise()
    if not all(services.add(address) for address in channel.to):
        raise OutsideFailureError("apprise knows no service for an address of it")
    if not services.notify(title=notice.subject, body=notice.text):
        raise OutsideFailureError("apprise could not reach it")


_SENDERS: dict[str, Callable[[AlertConfig, Notice], None]] = {
    "email": _send_email,
    "webhook": _post,
    "apprise": _notify,
}
