"""How a notice reaches a team: by e-mail, by webhook, or by whatever apprise knows (extra [alerts]).

A password, or a webhook's secret, is read from the environment, never from the configuration: PARTNERPROOF_ALERT_<NAME>,
or from the file that PARTNERPROOF_ALERT_<NAME>_FILE names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import smtplib
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from email.message import EmailMessage
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

from casebook.cases.alerts import list_waiting, make_deliveries, note_delivered, note_failure, read_digests
from casebook.web.access.secret_files import read_secret
from ledger.database import Ledger
from ledger.errors import OutsideFailureError, PartnerproofError
from ledger.extras import how_to_install
from ledger.identity import utc_text
from ledger.proof.writer_lock import hold_name
from ledger.records import Delivery
from partnerproof.config import AlertConfig
from partnerproof.version import program_version

TIMEOUT_S, LONGEST_S = 30, 90  # for one answer of a server; for all that a digest takes


class Notice(Protocol):
    """What is told: a delivery, or an anchor's statement. digest_id: the same however often it is sent."""

    @property
    def digest_id(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    def as_json(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredNotice:
    """A delivery as it was made."""

    digest_id: str
    subject: str
    text: str
    body: str

    def as_json(self) -> str:
        return self.body


def send_alerts(
    ledger: Ledger,
    channels: list[AlertConfig],
    tell: Callable[[str], None],
    *,
    writing: Callable[[], AbstractContextManager[None]] = nullcontext,
    longest_s: float = LONGEST_S,
    address: str = "",
    only_due: bool = False,
) -> bool:
    """Tell every channel what it has not been told yet. Returns whether all could be reached; what failed is told next time.

    writing: entered to note what is on its way and who was told, and never while a channel is waited for. address: of the screen, for
    links. only_due: leave deliveries alone that failed before and whose next try is later.
    """
    with hold_name(ledger.path.parent, "alerts") as is_alone:
        if not is_alone:
            tell("alerts are being told by another process")
            return True
        is_all_told = True
        for channel in channels:
            if read_digests(ledger, channel.name, channel.brands):
                with writing():
                    make_deliveries(ledger, channel.name, channel.brands, address)
            for delivery in list_waiting(ledger, channel.name, until=utc_text() if only_due else None):
                if not _deliver(ledger, channel, delivery, tell, writing=writing, longest_s=longest_s):
                    is_all_told = False
                    break
        return is_all_told


def _deliver(
    ledger: Ledger,
    channel: AlertConfig,
    delivery: Delivery,
    tell: Callable[[str], None],
    *,
    writing: Callable[[], AbstractContextManager[None]],
    longest_s: float,
) -> bool:
    notice = _StoredNotice(
        digest_id=delivery.delivery_id, subject=delivery.subject, text=delivery.text, body=delivery.body
    )
    try:
        send_notice(channel, notice, longest_s=longest_s)
    except OutsideFailureError as error:
        with writing():
            note_failure(ledger, delivery, str(error))
        tell(f"alert {channel.name}: {error}; it will be told next time")
        return False
    with writing():
        note_delivered(ledger, delivery)
    tell(f"alert {channel.name}: {delivery.subject}")
    return True


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


def sign_webhook(delivery_id: str, sent_at_s: str, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of a webhook as Standard Webhooks has them (standardwebhooks.com), which many languages can check.

    secret: a text, or "whsec_" and base64; empty: it is not signed. The id is the same however often a delivery is sent.
    """
    headers = {"webhook-id": delivery_id, "webhook-timestamp": sent_at_s}
    if secret:
        encoded = secret.removeprefix("whsec_")
        key = base64.b64decode(encoded) if encoded != secret else secret.encode()
        signature = hmac.new(key, f"{delivery_id}.{sent_at_s}.".encode() + body, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(signature).decode()}"
    return headers


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A webhook's address is the one that was configured: what it holds goes nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post(channel: AlertConfig, notice: Notice) -> None:
    body = notice.as_json().encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"partnerproof/{program_version()}"}
    headers |= sign_webhook(notice.digest_id, str(int(time.time())), body, read_alert_secret(channel))
    request = urllib.request.Request(channel.to[0], body, headers)  # noqa: S310  # http and https only: config.py
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_S) as answer:
            answer.read(1_000)
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise OutsideFailureError(f"the webhook did not take it ({error})") from error
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
