"""Lines of a log as servers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Form(NamedTuple):
    """How a server writes: ``common`` leaves referrer and user agent out, ``vhost`` puts the host before."""

    common: bool = False
    vhost: bool = False
    zone: str = "+0000"


class Request(NamedTuple):
    """One request and its answer; ``second`` counts from 1970, UTC."""

    second: int
    host: str
    client: str
    method: str
    target: str
    status: int
    size: int
    referrer: str
    user_agent: str


@cache
def _day(number: int) -> str:
    day = EPOCH + timedelta(number)
    return f"{day.day:02d}/{_MONTHS[day.month - 1]}/{day.year}"


def when(second: int, zone: str) -> str:
    """The time as logs have it, in the server's own zone."""
    local = second + 3600 * int(zone[:3])
    day, rest = divmod(local, 86400)
    return f"[{_day(day)}:{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d} {zone}]"


def line(one: Request, form: Form) -> bytes:
    """The line, without its end."""
    size = "-" if one.size == 0 else str(one.size)
    request = f'"{one.method} {one.target} HTTP/1.1"'
    text = f"{one.client} - - {when(one.second, form.zone)} {request} {one.status} {size}"
    if form.vhost:
        text = f"{one.host}:443 {text}"
    if not form.common:
        text += f' "{one.referrer}" "{one.user_agent}"'
    return text.encode()


def client(rng: Random, block: int) -> str:
    """An address of the blocks that are reserved for documentation (RFC 5737, RFC 3849)."""
    number = int(rng.random() * 65536)
    if number % 11 == 0:
        return f"2001:db8:{block:x}::{number:x}"
    return f"{('192.0.2', '198.51.100', '203.0.113')[block % 3]}.{number % 254 + 1}"
