"""Cloudflare Logpush, data set ``http_requests``: one JSON object a line.

Cloudflare answers only for hosts that are set up with it, so its host is the server's word. Logpush may
deliver a line twice: the RayID says that it is the same request. What Workers and Cloudflare's own services
fetch is in the log too; nobody visited there.
"""

from __future__ import annotations

from quire.society.usage.formats.json_lines import fields_of
from quire.society.usage.formats.requests import request
from quire.society.usage.formats.telling import Entry, Problem, host_of, moment, number
from quire.society.usage.formats.visits import Visit

KIND = b"cloudflare"
_NEEDED = (
    *("EdgeStartTimestamp", "ClientRequestHost", "ClientRequestMethod"),
    *("ClientRequestUserAgent", "EdgeResponseStatus"),
)
_TARGET = ("ClientRequestURI", "ClientRequestPath")
_VISITORS = ("eyeball", "1", "")  # ClientRequestSource; nothing, where it was not asked for


def parse(data: bytes) -> Entry | Problem | None:
    """One line, without its end: an entry, its problem, or None for a blank one. Never raises."""
    fields = fields_of(data)
    if fields is None or isinstance(fields, Problem):
        return fields
    for name in _NEEDED:
        if name not in fields:
            return Problem(f"it has no field {name}: add it to the Logpush job.")
    target = next((fields[name] for name in _TARGET if fields.get(name)), None)
    if target is None:
        return Problem(
            "it has neither ClientRequestURI nor ClientRequestPath: add the first to the Logpush job."
        )
    when = moment(fields["EdgeStartTimestamp"])
    if when is None:
        return Problem("its EdgeStartTimestamp is no moment.")
    host = host_of(fields["ClientRequestHost"])
    if host is None:
        return Problem("its ClientRequestHost is no host name.")
    status = number(fields["EdgeResponseStatus"], 3)
    size = number(fields.get("EdgeResponseBytes", ""), 18)
    if status is None or size is None:
        return Problem("its EdgeResponseStatus and EdgeResponseBytes are not both whole numbers.")
    asked = request(fields["ClientRequestMethod"], target)
    visited = fields.get("WorkerSubrequest") != "true" and fields.get("ClientRequestSource", "") in _VISITORS
    visit = Visit(when, asked.method if visited else "", asked.path, host, asked.host, status, size)
    return Entry(visit, fields["ClientRequestUserAgent"], fields.get("RayID", ""))
