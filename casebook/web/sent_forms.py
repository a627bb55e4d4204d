"""A form that is sent twice is one act: a key pressed twice, a button clicked twice, a page loaded again.

Reads and writes: sent_forms. Each form of a page has a number of its own; the first that arrives with it and its content is carried out,
and whoever sends the same again is led to where the first one led. With another content it is another act: a browser may show an
old page again.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable

from casebook.web.application_context import is_plain_id
from casebook.web.responses import Answer, Form, one_field
from ledger.database import Ledger
from ledger.identity import content_id, utc_now, utc_text
from ledger.records import SentForm

KEPT_FOR = dt.timedelta(days=2)
WAIT_S = 20.0  # for the first to end


def carry_out_once(ledger: Ledger, account: str, form: Form, act: Callable[[], Answer]) -> Answer:
    """Return what an act gives, or where it led when it was carried out before. A form without a number is carried out always."""
    if not is_plain_id(one_field(form, "once")):
        return act()
    number = f"{one_field(form, 'once')}-{content_id('form', json.dumps(sorted(form.items())))}"
    if not _claim(ledger, account, number):
        return Answer(leads_to=_wait(ledger, account, number))
    try:
        made = act()
    except BaseException:
        _release(ledger, number)
        raise
    if made.leads_to is None:  # a page that says what is wrong: the form may be sent again
        _release(ledger, number)
    else:
        ledger.update(SentForm, {"leads_to": made.leads_to}, number=number)
    return made


def _claim(ledger: Ledger, account: str, number: str) -> bool:
    now = utc_now()
    with ledger.transaction():
        ledger.execute("DELETE FROM sent_forms WHERE sent_at < ?", [utc_text(now - KEPT_FOR)])
        if ledger.value("SELECT 1 FROM sent_forms WHERE number = ?", [number]):
            return False
        ledger.add([SentForm(number=number, account=account, sent_at=utc_text(now), leads_to=None)])
    return True


def _release(ledger: Ledger, number: str) -> None:
    ledger.execute("DELETE FROM sent_forms WHERE number = ?", [number])


def _wait(ledger: Ledger, account: str, number: str) -> str:
    """Where the first one led; the queue when it has not ended by then, or was somebody else's."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        led_to: str | None = ledger.value(
            "SELECT coalesce(leads_to, '') FROM sent_forms WHERE number = ? AND account = ?", [number, account]
        )
        if led_to or led_to is None:
            return led_to or "/"
        time.sleep(0.05)
    return "/"
