"""What a person writes where a vendor's site should stand → an address to begin at, or why it is none.

A domain, a web address and an e-mail address of the vendor's own will do. A mailbox that anybody can have, a profile on a social
network and an address that is nobody's on the public Internet will not: what is found there says nothing of the vendor.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

from crawler.wire.addresses import is_public
from ledger.domains import normal_domain, registrable_domain
from ledger.tables.list_words import says_nothing, shipped_list_words
from ledger.tables.raw_rows import Fault

_EMAIL = re.compile(r"(?:mailto:\s*)?([^\s@:/]+)@([^\s@:/?]+)(?:\?.*)?", re.I)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_NUMBER_AND_PORT = re.compile(r"[^:/]+:\d+(?:/.*)?")
_OF_NOBODY = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "lan",
    "home.arpa",
)  # names that mean another machine in each network
_SITE = "the address of the vendor's own site"
_WRITE = "write it as https://www.vendor.example/"


def is_web_address(text: str) -> bool:
    """Tell whether a cell looks like a web address or a domain, whoever it belongs to."""
    text = text.strip()
    return "@" not in text and not any(map(str.isspace, text)) and normal_domain(text) is not None


def is_email(text: str) -> bool:
    """Tell whether a cell looks like an e-mail address, whoever it belongs to."""
    email = _EMAIL.fullmatch(text.strip())
    return email is not None and normal_domain(email[2]) is not None


def read_address(text: str, *, may_be_private: frozenset[str] | None = frozenset()) -> str | Fault:
    """Return the web address that a cell means. may_be_private: hosts that may lie on private addresses; None: any."""
    text = text.strip().strip("<>").strip()
    if says_nothing(text):
        return Fault(expected=_SITE, got=repr(text) if text else "nothing", next_step=_WRITE)
    email = _EMAIL.fullmatch(text)
    if email:
        # mail may have a host of its own: sales@mail.vendor.example
        domain = registrable_domain(normal_domain(email[2]) or email[2].lower())
        if _is_mail_provider(domain):
            return Fault(expected=_SITE, got=f"a mailbox at {domain}, which anybody can have", next_step=_WRITE)
        text = f"https://{domain}/"
    elif _SCHEME.match(text) is None or _NUMBER_AND_PORT.fullmatch(text):
        text = f"https://{text}"
    fault = _refuse(text, may_be_private)
    return fault if fault is not None else text


def _refuse(url: str, may_be_private: frozenset[str] | None) -> Fault | None:
    if any(map(str.isspace, url)):
        return Fault(expected="one web address or domain", got=f"{url.removeprefix('https://')!r}, which holds a space", next_step=_WRITE)  # fmt: skip
    try:
        parts = urlsplit(url)
        host = unicodedata.normalize("NFKC", parts.hostname or "").rstrip(".")  # １２７.０.０.１ is 127.0.0.1
        _ = parts.port  # raises ValueError for a port that is no number
    except ValueError as error:
        return Fault(expected=_SITE, got=f"{url!r} ({error})", next_step=_WRITE)
    if parts.scheme not in ("http", "https"):
        return Fault(expected="an address that begins with https:// or http://", got=repr(url), next_step=_WRITE)
    if parts.username is not None or parts.password is not None:
        return Fault(expected="an address without a user name and password", got=f"one with them at {host}", next_step="remove what stands before the @")  # fmt: skip
    domain = "localhost" if host == "localhost" else normal_domain(f"[{host}]" if ":" in host else host)
    if _is_private(domain or host) and may_be_private is not None and host not in may_be_private:
        return Fault(expected="an address on the public Internet", got=f"{host}, which is private", next_step="write the public one, or allow it with --allow-private")  # fmt: skip
    if domain is None:
        return Fault(expected="a web address or domain", got=_no_domain(url, host), next_step=_WRITE)
    network = _network_of(domain)
    if network is not None and (parts.path.strip("/") or parts.query):
        return Fault(expected=_SITE, got=f"a profile at {network}, which is not a vendor's site", next_step=_WRITE)
    return None


def _is_mail_provider(domain: str) -> bool:
    words = shipped_list_words()
    return domain in words.mail_providers or domain.partition(".")[0] in words.mail_families


def _no_domain(url: str, host: str) -> str:
    longest = max(map(len, host.split(".")), default=0)
    if longest > 63:
        return f"a host with a part of {longest:,} characters, where 63 are the most"
    if len(host) > 253:
        return f"a host of {len(host):,} characters, where 253 are the most"
    text = url.removeprefix("https://")
    return f"{text!r}, which holds no domain"


def _is_private(host: str) -> bool:
    if any(host == name or host.endswith(f".{name}") for name in _OF_NOBODY):
        return True
    try:
        ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return not is_public(host)


def _network_of(host: str) -> str | None:
    labels = host.split(".")
    networks = shipped_list_words().profile_networks
    return next((name for at in range(len(labels)) if (name := ".".join(labels[at:])) in networks), None)
