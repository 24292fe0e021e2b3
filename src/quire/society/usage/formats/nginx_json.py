"""Access logs of nginx in JSON: ``log_format … escape=json '{"time_iso8601":"$time_iso8601",…}'``.

Everybody names the fields themselves; the names here are nginx's own variables and what is usual beside them.
Of several for one thing the first is read. What ``$host`` says is what the client sent: it is believed where
the importer does not say whose log it is; ``$server_name`` is the server's word.
"""

from __future__ import annotations

from datetime import datetime

from quire.society.usage.formats.json_lines import Fields, fields_of, first_of
from quire.society.usage.formats.requests import Asked, request, request_line
from quire.society.usage.formats.telling import Entry, Problem, host_of, moment, number
from quire.society.usage.formats.visits import Visit

TIME = ("time_iso8601", "msec", "time_local", "@timestamp", "timestamp", "time", "datetime", "date")
REQUEST = ("request", "request_line")
METHOD = ("request_method", "method", "http_method", "verb")
TARGET = ("request_uri", "uri", "request_path", "path", "url")
STATUS = ("status", "status_code", "response_status", "response")
SIZE = ("body_bytes_sent", "bytes_sent", "size", "bytes", "response_size")
AGENT = ("http_user_agent", "user_agent", "useragent", "agent", "userAgent")
HOST = ("host", "http_host", "vhost", "domain")
SERVER = ("server_name",)


def parse(data: bytes) -> Entry | Problem | None:
    """One line, without its end: an entry, its problem, or None for a blank one. Never raises."""
    fields = fields_of(data)
    if fields is None or isinstance(fields, Problem):
        return fields
    written, agent = first_of(fields, TIME), first_of(fields, AGENT)
    if written is None:
        return _lacks("the time", TIME)
    if agent is None:
        return _lacks("the user agent", AGENT)
    when = moment(written) or _local(written)
    if when is None:
        return Problem("its time is none such as 2026-05-17T10:05:03+02:00.")
    asked, status = _asked(fields), first_of(fields, STATUS)
    if asked is None:
        return _lacks("the request", REQUEST)
    if status is None:
        return _lacks("the status", STATUS)
    answered, size = number(status, 3), number(first_of(fields, SIZE) or "", 18)
    if answered is None or size is None:
        return Problem("its status and size are not both whole numbers.")
    return Entry(_visit(fields, when, asked, answered, size), agent)


def _visit(fields: Fields, when: datetime, asked: Asked, status: int, size: int) -> Visit:
    named = host_of(first_of(fields, HOST) or "")
    server = host_of(first_of(fields, SERVER) or "")
    if asked.host and named and asked.host != named:
        named = asked.host  # RFC 9112 §3.2.2: of an absolute target the Host field counts for nothing
    return Visit(when, asked.method, asked.path, None if named else server, named or asked.host, status, size)


def _asked(fields: Fields) -> Asked | None:
    line = first_of(fields, REQUEST)
    if line:
        return request_line(line)
    method, target = first_of(fields, METHOD), first_of(fields, TARGET)
    if method is None or target is None:
        return None if line is None else Asked("", "", None)
    return request(method, target)


def _local(written: str) -> datetime | None:
    """nginx's ``$time_local``: 17/May/2026:10:05:03 +0200, its month in English whatever the locale here."""
    day, _, rest = written.partition(":")
    parts = day.split("/")
    if len(parts) != 3 or parts[1] not in _MONTHS:
        return None
    clock, _, zone = rest.partition(" ")
    return moment(f"{parts[2]}-{_MONTHS[parts[1]]}-{parts[0]}T{clock}{zone}")


_MONTHS = {
    name: f"{month:02}"
    for month, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}


def _lacks(what: str, names: tuple[str, ...]) -> Problem:
    return Problem(f"it has no field for {what}, such as {names[0]}.")
