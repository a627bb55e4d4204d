"""A small OpenID provider on loopback that keeps to the protocol, and breaks it on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.conftest import QuietHandler, not_found

CLIENT, SECRET = "partnerproof", "a secret: of the client/+%"


@dataclass(frozen=True)
class Code:
    """What a code stands for."""

    nonce: str
    challenge: str
    redirect_uri: str
    claims: dict[str, Any]


@dataclass
class OidcProvider:
    """Whoever asks is logged in as `person`. change: what is done to the claims of an ID token; sign: how it is signed."""

    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "u-1", "preferred_username": "ann", "groups": ["legal"]}
    )
    change: Callable[[dict[str, Any]], None] = lambda claims: None
    sign: Callable[[dict[str, Any]], str] | None = None
    description: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    more_keys: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)

    def start(self) -> OidcProvider:
        outer = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:  # noqa: N802  # the name that http.server asks for
                path = urlsplit(self.path).path
                outer.asked.append(path)
                answers = {
                    "/.well-known/openid-configuration": outer._describe, "/keys": outer._keys, "/token": outer._token, "/userinfo": outer._userinfo
                }  # fmt: skip
                answers.get(path, not_found)(self)

            do_POST = do_GET  # noqa: N815  # the name that http.server asks for

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def log_in(self, address: str) -> str:
        """What a browser does at the provider: returns the address to which it is sent back."""
        query = dict(parse_qsl(urlsplit(address).query))
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = Code(query["nonce"], query["code_challenge"], query["redirect_uri"], dict(self.person))
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def public_pem(self) -> bytes:
        return self.key.as_pem(private=False)

    def _describe(self, handler: BaseHTTPRequestHandler) -> None:
        read = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys", "end_session_endpoint": f"{self.issuer}/leave",
        }  # fmt: skip
        if self.userinfo is not None:
            read["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        _send(handler, {name: value for name, value in {**read, **self.description}.items() if value is not None})

    def _keys(self, handler: BaseHTTPRequestHandler) -> None:
        _send(
            handler, {"keys": [*self.more_keys, {**self.key.as_dict(private=False), "kid": self.key.kid, "use": "sig"}]}
        )

    def _userinfo(self, handler: BaseHTTPRequestHandler) -> None:
        is_known = handler.headers["Authorization"] == "Bearer an-access-token"
        _send(handler, self.userinfo or {}, 200 if is_known else 401)

    def _token(self, handler: BaseHTTPRequestHandler) -> None:
        form = dict(parse_qsl(handler.rfile.read(int(handler.headers["Content-Length"])).decode()))
        name, _, secret = (
            base64.b64decode(handler.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        code = self.codes.pop(form["code"], None)  # each is good once
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        if (name, secret) != (CLIENT, SECRET):
            _send(handler, {"error": "invalid_client"}, 401)
        elif code is None or challenge != code.challenge or form["redirect_uri"] != code.redirect_uri:
            _send(handler, {"error": "invalid_grant"}, 400)
        else:
            now = int(time.time())
            claims = {
                "iss": self.issuer,
                "aud": CLIENT,
                "iat": now,
                "exp": now + 300,
                "nonce": code.nonce,
                **code.claims,
            }
            self.change(claims)
            token = (self.sign or self.sign_well)(claims)
            _send(
                handler,
                {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300, "id_token": token},
            )

    def sign_well(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def _send(handler: BaseHTTPRequestHandler, content: dict[str, Any], status: int = 200) -> None:
    data = json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
