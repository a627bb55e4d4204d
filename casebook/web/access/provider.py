"""A company's login by OpenID Connect: the way to it, and what may come back from it (extra [oidc]).

1. The provider's description is read from the configured issuer, over HTTPS; its addresses lie on that host or on hosts that the
   configuration names. Nothing else is asked, no redirect is followed, and answers end after a megabyte or some seconds.
2. A browser goes there with a state, a nonce and the challenge of a code verifier (PKCE). These, and where the login leads, go along
   in a cookie that only this process can read, for ten minutes: the code that comes back opens nothing in another browser.
3. The code is exchanged for an ID token, whose signature is checked with the provider's public keys, never with a shared secret;
   then issuer, audience, times, nonce. A state is good once.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from cryptography.fernet import Fernet, InvalidToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from casebook.web.access.bounded_transport import BoundedTransport, plain
from casebook.web.access.company_accounts import Identity, LoginRefusedError, ProviderDownError
from ledger.vocabulary import Role

ATTEMPT_S = 600  # to log in there, with a second factor perhaps
DESCRIPTION_S = 3_600
FAILED_S = 3  # who asks meanwhile is told the same at once, and does not wait for a provider that hangs
KEYS_AGAIN_S = 30  # keys that a token asks for and that are not known: not more often than that
LEEWAY_S = 60  # by which clocks may differ
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
_MOST_STATES = 10_000
_MOST_SUBJECT_CHARS = 255  # OpenID Connect Core, section 2
_BEGIN_AGAIN = "Begin again at the login page."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """Which provider, and what its claims mean. role_claim: a path with dots; roles: value of that claim → role."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, Role]
    role_claim: str = "groups"
    name_claim: str = "preferred_username"
    scopes: tuple[str, ...] = ("openid", "profile")
    button: str = "Company login"
    hosts: frozenset[str] = frozenset()
    certificates: Path | None = None  # of the authority that vouches for the provider's own; None: the system's


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """The address to which a browser goes, and the cookie that it keeps until it comes back."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Who came back, and where the login leads."""

    person: Identity
    leads_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    state: str
    nonce: str
    verifier: str
    returns_to: str
    leads_to: str


class Provider:
    """One provider. Its methods wait for the network: they are called beside the loop."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        self._fernet = Fernet(Fernet.generate_key())
        self._transport = BoundedTransport(settings.issuer, settings.hosts, settings.certificates)
        self._lock = threading.Lock()
        self._description: dict[str, Any] = {}
        self._described_at = self._keys_at = -float("inf")
        self._keys: KeySet | None = None
        self._failure: str | None = None
        self._failed_until = 0.0
        self._used_states: OrderedDict[str, None] = OrderedDict()

    def depart(self, *, returns_to: str, leads_to: str) -> Departure:
        """Begin a login. returns_to: our address, as the provider knows it. Errors: ProviderDownError."""
        attempt = _Attempt(
            state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48),
            returns_to=returns_to, leads_to=leads_to,
        )  # fmt: skip
        with self._client(returns_to) as client:
            address, _ = client.create_authorization_url(
                self._describe()["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        fields = {name: getattr(attempt, name) for name in _Attempt.__slots__}
        return Departure(address=address, cookie=self._fernet.encrypt(json.dumps(fields).encode()).decode())

    def arrive(self, query: Mapping[str, str], cookie: str | None) -> Arrival:
        """Return who came back. Errors: LoginRefusedError, ProviderDownError."""
        attempt = self._attempt(cookie)
        if not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
            raise LoginRefusedError(f"This answer belongs to another login. {_BEGIN_AGAIN}")
        self._use(attempt.state)
        description = self._describe()
        if query.get("iss", self.settings.issuer) != self.settings.issuer:  # RFC 9207
            raise LoginRefusedError(f"This answer is of another provider. {_BEGIN_AGAIN}")
        if description.get("authorization_response_iss_parameter_supported") is True and "iss" not in query:
            raise LoginRefusedError(f"This answer does not say which provider it is of. {_BEGIN_AGAIN}")
        if error := query.get("error"):
            raise LoginRefusedError(f"The company login was not completed ({plain(error)}). {_BEGIN_AGAIN}")
        if not query.get("code"):
            raise LoginRefusedError(f"This answer holds no code. {_BEGIN_AGAIN}")
        claims = self._exchange(query["code"], attempt)
        name = claims.get(self.settings.name_claim)
        person = Identity(
            issuer=self.settings.issuer,
            subject=claims["sub"],
            name=name if isinstance(name, str) else "",
            role=role_of(claims, self.settings),
        )
        return Arrival(person=person, leads_to=attempt.leads_to)

    def departure_for_good(self, returns_to: str) -> str | None:
        """The address at which the session at the provider ends, too; None: it has none, or was not asked yet."""
        address = self._description.get("end_session_endpoint")
        if not isinstance(address, str):
            return None
        query = {"client_id": self.settings.client_id, "post_logout_redirect_uri": returns_to}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def _attempt(self, cookie: str | None) -> _Attempt:
        try:
            return _Attempt(
                **json.loads(self._fernet.decrypt((cookie or "").encode("utf-8", "replace"), ttl=ATTEMPT_S))
            )
        except InvalidToken:
            raise LoginRefusedError(
                f"This login was not begun in this browser, or more than {ATTEMPT_S // 60} minutes ago. {_BEGIN_AGAIN}"
            ) from None

    def _use(self, state: str) -> None:
        with self._lock:
            if state in self._used_states:
                raise LoginRefusedError(f"This answer was used before. {_BEGIN_AGAIN}")
            self._used_states[state] = None
            if len(self._used_states) > _MOST_STATES:
                self._used_states.popitem(last=False)

    def _exchange(self, code: str, attempt: _Attempt) -> dict[str, Any]:
        """The claims of the ID token for a code; those of the userinfo endpoint too, where the token lacks the roles."""
        description = self._describe()
        with self._client(attempt.returns_to) as client:
            try:
                token = client.fetch_token(
                    description["token_endpoint"], code=code, code_verifier=attempt.verifier, grant_type="authorization_code"
                )  # fmt: skip
            except OAuthError as error:
                raise LoginRefusedError(
                    f"The company login did not accept the answer ({plain(error.error)}). {_BEGIN_AGAIN}"
                ) from error
            except (httpx2.HTTPError, ValueError, TypeError) as error:
                raise _down(self.settings.issuer, error) from error
            claims = self._check(token, attempt)
            lacks = _at(claims, self.settings.role_claim) is None or self.settings.name_claim not in claims
            if lacks and "userinfo_endpoint" in description:
                more = self._get(description["userinfo_endpoint"], f"Bearer {token.get('access_token', '')}")
                if more.get("sub") != claims["sub"]:
                    raise LoginRefusedError(f"The company login spoke of two people. {_BEGIN_AGAIN}")
                claims = {**more, **claims}
        return claims

    def _check(self, token: Mapping[str, Any], attempt: _Attempt) -> dict[str, Any]:
        """The claims of an ID token that is signed by the provider, for us, now, and for this attempt."""
        written = token.get("id_token")
        if not isinstance(written, str):
            raise LoginRefusedError(f"The company login gave no ID token. {_BEGIN_AGAIN}")
        try:
            read = self._decode(written)
            claims = CodeIDToken(
                read.claims,
                read.header,
                options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                    "sub": {"essential": True},
                },
                params={
                    "nonce": attempt.nonce,
                    "client_id": self.settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY_S)
            if not 0 < len(claims["sub"]) <= _MOST_SUBJECT_CHARS:
                raise ValueError("sub")
        except (JoseError, ValueError, TypeError, AttributeError, KeyError) as error:
            what = getattr(error, "claim", None) or getattr(error, "error", None) or type(error).__name__
            raise LoginRefusedError(
                f"The company login's ID token is not valid ({plain(what)}). {_BEGIN_AGAIN}"
            ) from error
        return dict(claims)

    def _decode(self, written: str) -> jwt.Token:
        """Check the signature; with keys that are read anew where it asks for one that is not known."""
        try:
            return jwt.decode(written, self._read_keys(), algorithms=ALGORITHMS)
        except JoseError:
            if time.monotonic() - self._keys_at < KEYS_AGAIN_S:
                raise
            return jwt.decode(written, self._read_keys(anew=True), algorithms=ALGORITHMS)

    def _read_keys(self, *, anew: bool = False) -> KeySet:
        address = self._describe()["jwks_uri"]
        with self._lock:
            if self._keys is None or anew or time.monotonic() - self._keys_at > DESCRIPTION_S:
                listed = self._get(address).get("keys")
                # never a shared secret: a token must not be signed with what everybody can read (HS256 with the public key)
                public = [
                    key
                    for key in (listed if isinstance(listed, list) else [])
                    if isinstance(key, dict)
                    and key.get("kty") in ("RSA", "EC", "OKP")
                    and key.get("use", "sig") == "sig"
                ]
                try:
                    self._keys = KeySet.import_key_set({"keys": public})
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise _down(self.settings.issuer, error) from error
                self._keys_at = time.monotonic()
            return self._keys

    def _describe(self) -> dict[str, Any]:
        """The provider's own description. Errors: ProviderDownError."""
        with self._lock:
            if time.monotonic() - self._described_at > DESCRIPTION_S:
                if self._failure is not None and time.monotonic() < self._failed_until:
                    raise ProviderDownError(self._failure)
                try:
                    self._description = self._read_description()
                except ProviderDownError as error:
                    self._failure, self._failed_until = str(error), time.monotonic() + FAILED_S
                    raise
                self._described_at = time.monotonic()
            return self._description

    def _read_description(self) -> dict[str, Any]:
        read = self._get(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if read.get("issuer") != self.settings.issuer:
            raise ProviderDownError(
                f"{self.settings.issuer}: expected a provider that calls itself so, got {plain(read.get('issuer'))!r}; "
                "write issuer of [login.oidc] as the provider does"
            )
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        for name in (*needed, *(name for name in ("userinfo_endpoint", "end_session_endpoint") if name in read)):
            self._transport.require_known(read.get(name), name)
        return read

    def _get(self, address: str, authorization: str = "") -> dict[str, Any]:
        headers = {"Authorization": authorization} if authorization else {}
        try:
            with self._http() as client:
                answer = client.get(address, headers=headers)
                answer.raise_for_status()
                read = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise _down(self.settings.issuer, error) from error
        if not isinstance(read, dict):
            raise _down(self.settings.issuer, ValueError("no JSON object"))
        return read

    def _http(self) -> httpx2.Client:
        return httpx2.Client(
            transport=self._transport, trust_env=False, follow_redirects=False, headers={"Accept-Encoding": "identity"}
        )

    def _client(self, returns_to: str) -> OAuth2Client:
        supported = self._describe().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return OAuth2Client(
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret,
            token_endpoint_auth_method="client_secret_basic"
            if "client_secret_basic" in supported
            else "client_secret_post",
            scope=" ".join(self.settings.scopes),
            redirect_uri=returns_to,
            code_challenge_method="S256",
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,
        )


def role_of(claims: Mapping[str, Any], settings: ProviderSettings) -> Role | None:
    """The highest role that a person's claims stand for; None: none."""
    said = _at(claims, settings.role_claim)
    values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    roles = {settings.roles[value] for value in values if isinstance(value, str) and value in settings.roles}
    return max(roles, key=tuple(Role).index, default=None)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The value at a path with dots; a claim whose own name has dots goes before."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _down(issuer: str, error: Exception) -> ProviderDownError:
    return ProviderDownError(
        f"{issuer}: expected the company login's answer, got none that can be read "
        f"({type(error).__name__}: {plain(error)}); try again later"
    )
