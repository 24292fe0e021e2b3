"""How a resource answers: a page of a list, one thing with its tag, and what was done."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import urlencode

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from quire.core.errors import Invalid, QuireError
from quire.society.api import conditional
from quire.society.api.asked import JSON
from quire.society.api.keyed import given
from quire.society.api.keyed.given import Given
from quire.society.api.keyed.table import Call, Does, Many, One
from quire.society.kit import answered, config, locks, trail, walls
from quire.society.kit.answered import Answer
from quire.society.kit.paging import SIZES, Asked

PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
_IDEMPOTENCY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')


class KeyMissing(QuireError):
    """A POST without an Idempotency-Key."""

    code = "idempotency.missing"
    status = 400


class KeyUnfit(Invalid):
    """An Idempotency-Key that cannot be kept."""

    code = "idempotency.unfit"


class TagMissing(QuireError):
    """A change that does not say which state it changes (RFC 6585 §3)."""

    code = "api.if-match-missing"
    status = 428


class Changed(QuireError):
    """The thing is no longer as the caller has it (RFC 9110 §13.1.1)."""

    code = "api.changed"
    status = 412


class LiveOnly(QuireError):
    """What is done outside of the database cannot be tried and undone."""

    code = "api.live-only"
    status = 409


def listing_words(one: Many) -> tuple[Given, ...]:
    """What a list may be asked with."""
    words = [
        Given("size", "number", f"Rows on a page, 1 to {max(SIZES)}; {SIZES[0]} where nothing is said.",
              most=max(SIZES)),
        Given("after", about="The cursor of the page before: its next.", most=1_000),
    ]  # fmt: skip
    if one.sorts:
        both = tuple(way + name for name in one.sorts for way in ("", "-"))
        words.append(Given("sort", about="By what; with - the largest first.", choices=both))
    if one.searched:
        words.append(Given("q", about="Words to look for.", most=200))
    words += [
        Given(name, about="Only these.", choices=choices, most=200) for name, choices in one.filters.items()
    ]
    return (*words, *one.asks)


def wall(call: Call, *, outside: bool = False) -> AbstractContextManager[None]:
    """A party's key sees, in the database itself, that party's rows alone."""
    if call.key.party is None or outside:
        return nullcontext()
    return walls.looking_as(call.key.party.id)


def many(request: HttpRequest, call: Call, one: Many) -> HttpResponse:
    """A page of the list: ``data``, and ``next`` where more follow (also as a Link, RFC 8288)."""
    call.said = given.query_of(request, listing_words(one))
    own = {word.name for word in one.asks}
    filters = {name: call.said[name] for name in one.filters if name in call.said and name not in own}
    asked = Asked(
        call.get("q"), filters, call.get("sort"), call.get("after"), call.get("size", 0) or SIZES[0]
    )
    with wall(call, outside=one.outside):
        page = one.rows[call.key.audience](call).page(asked)
        data = [one.shape.told(row) for row in page.rows]
    body = {"data": data, "next": page.next or None, "counted": page.counted, "more": page.more}
    answer = HttpResponse(json.dumps(body), content_type=JSON, headers=PRIVATE)
    if page.next:
        words = {name: value for name, value in request.GET.items() if value} | {"after": page.next}
        answer["Link"] = f'<{config.url()}{request.path}?{urlencode(words)}>; rel="next"'
    return answer


def one(request: HttpRequest, call: Call, found: One) -> HttpResponse:
    """The thing with its tag, or 304."""
    call.said = given.query_of(request, found.asks)
    body = state(call, found)
    return conditional.answer(request, body, JSON, conditional.tag_of(body), PRIVATE)


def state(call: Call, found: One) -> bytes:
    """The thing as it is told, of which its tag is made."""
    with wall(call, outside=found.outside):
        return json.dumps(found.shape.told(found.row[call.key.audience](call))).encode()


def done(request: HttpRequest, call: Call, one: Does, things: Mapping[str, One]) -> HttpResponse:
    """What was done, once: see ``kit.answered``. A test key's doing is undone before it is answered."""
    if call.key.mode == "test" and one.beyond:
        raise LiveOnly("This reaches beyond the database, so that no test key can try it; take a live one.")
    name = _idempotency(request) if one.method == "POST" else ""
    call.said = given.body_of(request, one.takes)
    digest = _digest(request)
    why = f"key {call.key.tid} {request.method} {request.path}"
    if one.apart:
        with trail.because(call.user.username, why):
            return _apart(request, call, one, things, name, digest)
    with trail.because(call.user.username, why), transaction.atomic():
        before = answered.before(call.key.id, name, digest) if name else None
        if before is not None:
            return _answer(before, again=True)
        _found(request, call, one, things)
        made = _made(one, one.does[call.key.audience][1](call))
        if call.key.mode == "test":
            with connection.cursor() as run:
                run.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
        elif name:
            answered.keep(call.key.id, name, digest, _kept(one, made))
    return _answer(made)


def _apart(
    request: HttpRequest, call: Call, one: Does, things: Mapping[str, One], name: str, digest: str
) -> HttpResponse:
    """The same, where what is done asks the network: no transaction is held open meanwhile, so that the same
    request sent twice at once is done twice."""
    with transaction.atomic():
        before = answered.before(call.key.id, name, digest)
        if before is not None:
            return _answer(before, again=True)
        _found(request, call, one, things)
    made = _made(one, one.does[call.key.audience][1](call))
    with transaction.atomic():
        if answered.before(call.key.id, name, digest) is None:
            answered.keep(call.key.id, name, digest, _kept(one, made))
    return _answer(made)


def _found(request: HttpRequest, call: Call, one: Does, things: Mapping[str, One]) -> None:
    """Look for the thing inside the party's wall; it has to be in the state that the caller has."""
    audience = call.key.audience
    finds = one.finds.get(audience)
    if one.of:
        locks.wait(f"api {one.of.format(**call.named)}")  # two who have the same state are not both first
        thing = things[one.of]
        finds = finds or thing.row[audience]
        body = state(call, thing)
        _match(request, conditional.tag_of(body))
    if finds is not None:
        with wall(call):
            call.row = finds(call)


def _match(request: HttpRequest, tag: str) -> None:
    said = request.headers.get("If-Match", "")
    if not said.strip():
        raise TagMissing("Say which state you change: If-Match, with the ETag that you were answered.")
    if not {one.strip() for one in said.split(",")} & {tag, "*"}:
        raise Changed("It has changed since you looked at it; look again, then ask again.")


def _made(one: Does, result: Any) -> Answer:
    if one.shape is None:
        return Answer(204, PRIVATE, "")
    told = one.shape.told(result)
    headers = dict(PRIVATE)
    if one.leads and told.get("id"):
        headers["Location"] = f"{config.url()}/api/v1{one.leads.replace('{id}', str(told['id']))}"
    return Answer(one.status, headers, json.dumps(told))


def _kept(one: Does, made: Answer) -> Answer:
    """The answer as it is given again."""
    if not one.hides:
        return made
    told = json.loads(made.body) | dict.fromkeys(one.hides)
    return Answer(made.status, made.headers, json.dumps(told))


def _answer(made: Answer, *, again: bool = False) -> HttpResponse:
    answer = HttpResponse(made.body, content_type=JSON, status=made.status, headers=dict(made.headers))
    if made.status == 204:
        del answer["Content-Type"]
    if again:
        answer["Idempotency-Replayed"] = "true"
    return answer


def _idempotency(request: HttpRequest) -> str:
    said = request.headers.get("Idempotency-Key", "")
    if not said:
        raise KeyMissing("Name what you do with a header Idempotency-Key, so that it is done once.")
    found = _IDEMPOTENCY.fullmatch(said.strip())
    if not found:
        raise KeyUnfit("An Idempotency-Key has 1 to 255 printable characters of ASCII, and no space.")
    return found[1]


def _digest(request: HttpRequest) -> str:
    parts: Sequence[bytes] = (
        (request.method or "").encode(), request.get_full_path().encode(),
        request.headers.get("If-Match", "").encode(), request.body,
    )  # fmt: skip
    return hashlib.sha256(b"\0".join(hashlib.sha256(one).digest() for one in parts)).hexdigest()
