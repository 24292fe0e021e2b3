"""The form of a refusal, whoever refuses (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from quire.core import problems
from quire.core.errors import Conflict, QuireError


def test_without_a_type_the_title_is_https_own() -> None:
    made = problems.document(413, "usage.too-large", "It is too large.", most=10)
    assert made == {
        "type": "about:blank",
        "title": "Content Too Large",
        "status": 413,
        "detail": "It is too large.",
        "code": "usage.too-large",
        "most": 10,
    }


def test_a_type_has_a_title_of_its_own() -> None:
    made = problems.document(402, "no-token", "Pay.", kind="https://letters.example/l#no-token", title="Pay.")
    assert (made["type"], made["title"]) == ("https://letters.example/l#no-token", "Pay.")


def test_an_errors_data_stand_beside_the_members_and_never_in_their_place() -> None:
    error = Conflict("It does not follow.", through=7, status="spent", title="x", type="y")
    assert problems.of(error) == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "It does not follow.",
        "code": "conflict",
        "through": 7,
    }


def test_every_error_of_the_house_has_a_phrase_of_http() -> None:
    """Python names a few of them as they were called before RFC 9110."""
    older = {413: "Request Entity Too Large", 414: "Request-URI Too Long",
             416: "Requested Range Not Satisfiable", 422: "Unprocessable Entity"}  # fmt: skip
    for status, phrase in problems.PHRASES.items():
        assert HTTPStatus(status).phrase in (phrase, older.get(status))
    statuses = {one.status for one in _all(QuireError)}
    assert statuses <= set(problems.PHRASES)


def _all(kind: type[QuireError]) -> set[type[QuireError]]:
    return {kind}.union(*(_all(one) for one in kind.__subclasses__()))
