"""An OpenID Connect provider and a mail server, as small as they can be, on real sockets."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


@dataclass
class Provider:
    """Who signs in there next: ``claims``. It keeps the codes that it gave."""

    url: str
    key: RSAKey
    claims: dict[str, Any] = field(default_factory=dict)
    nonces: dict[str, str] = field(default_factory=dict)

    def token(self, code: str, client: str) -> str:
        now = int(time.time())
        told = {"iss": self.url, "aud": client, "iat": now, "exp": now + 300, **self.claims}
        if nonce := self.nonces.get(code):
            told["nonce"] = nonce
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, told, self.key)


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that signs in whomever ``claims`` names, without asking."""
    made: Provider

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = urlsplit(self.path)
            if at.path == "/.well-known/openid-configuration":
                self._say(
                    {
                        "issuer": made.url,
                        "authorization_endpoint": f"{made.url}/authorize",
                        "token_endpoint": f"{made.url}/token",
                        "userinfo_endpoint": f"{made.url}/userinfo",
                        "jwks_uri": f"{made.url}/keys",
                        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                    }
                )
            elif at.path == "/keys":
                self._say({"keys": [made.key.as_dict(private=False)]})
            elif at.path == "/userinfo":
                self._say(made.claims)
            elif at.path == "/authorize":
                asked = {key: value[0] for key, value in parse_qs(at.query).items()}
                made.nonces["the-code"] = asked.get("nonce", "")
                back = urlencode({"code": "the-code", "state": asked["state"]})
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                self.end_headers()

        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            (code,) = asked["code"]
            token = made.token(code, "quire")
            self._say(
                {"access_token": "a", "token_type": "bearer", "id_token": token},
                200 if code == "the-code" else 400,
            )

        def _say(self, told: Any, status: int = 200) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        made = Provider(f"http://127.0.0.1:{server.server_port}", key)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@contextmanager
def post_office() -> Iterator[tuple[int, list[str]]]:
    """A mail server: its port, and the letters that came."""
    came: list[str] = []

    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    came.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 well\r\n")
                if word == b"QUIT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], came
        server.shutdown()
