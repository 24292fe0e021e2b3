"""How tests of pages come in: signed in as somebody, or as nobody."""

from __future__ import annotations

from typing import Any

BACKEND = "django.contrib.auth.backends.ModelBackend"


def visitor() -> Any:
    """A browser in which nobody is signed in."""
    from django.test import Client

    return Client(headers={"host": "localhost"})


def signed_in(name: str) -> Any:
    """A browser in which the user of this name is signed in."""
    from quire.society.parties import queries

    client = visitor()
    client.force_login(queries.acting(name), backend=BACKEND)
    return client


def seated(name: str, party: str, role: str = "admin") -> Any:
    """A browser of somebody new, who is in the party's team."""
    from quire.society.parties import actions

    actions.seat(user=actions.add_user(name=name), party=party, role=role)
    return signed_in(name)


def text(answer: Any) -> str:
    """What a page says, of one that was answered with 200."""
    assert answer.status_code == 200, (answer.status_code, answer.content[:500])
    return str(answer.content.decode())
