"""How tests ask the API that is for keys."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from tests.rooms.boundary_desk import browser

API = "/api/v1"


def seated(name: str, party: str, role: str = "admin") -> Any:
    """Somebody new, in the party's team."""
    from quire.society.parties import actions

    user = actions.add_user(name=name)
    actions.seat(user=user, party=party, role=role)
    return user


def key_of(by: Any, audience: str, party: str | None = None, *scopes: str, **more: Any) -> str:
    """A key that this user makes; its secret."""
    from quire.society.parties import actions

    made = actions.make_api_key(
        audience=audience, party=party, name="a program", scopes=["read", *scopes], by=by, **more
    )
    return made.secret


class asking:  # noqa: N801 – it reads as what is done
    """A program with a key."""

    def __init__(self, secret: str) -> None:
        self.headers = {"authorization": f"Bearer {secret}"}
        self.browser = browser()

    def get(self, path: str, **headers: str) -> Any:
        """The answer at an address of the API."""
        said = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.browser.get(f"{API}{path}", headers=said)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a body as JSON; nothing is added to the headers."""
        said = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes | str) else json.dumps({} if body is None else body)
        return self.browser.generic(method, f"{API}{path}", data, "application/json", headers=said)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Do something, under a new Idempotency-Key where none is given."""
        return self.send("POST", path, body, **{"idempotency_key": uuid4().hex} | headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """Change what has the tag of now, where none is given."""
        if "if_match" not in headers:
            headers["if_match"] = self.get(path)["ETag"]
        return self.send("PATCH", path, body, **headers)


def good(answer: Any, status: int = 200) -> Any:
    """What an answer says, of one with this status."""
    assert answer.status_code == status, (answer.status_code, answer.content[:600])
    return answer.json() if answer.content else None
