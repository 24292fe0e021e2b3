"""Answers that are not sent again to who has them, and parts of large files (RFC 9110 §13, §14)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PIECE = 256 * 1024


def holds(request: HttpRequest, tag: str) -> bool:
    """Whether the caller has this very representation: ``If-None-Match`` names its tag."""
    said = request.headers.get("If-None-Match", "")
    return bool({one.strip().removeprefix("W/") for one in said.split(",")} & {tag, "*"})


def tag_of(body: bytes) -> str:
    """A strong ETag of a body, quoted."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def answer(
    request: HttpRequest, body: bytes | str, kind: str, tag: str, headers: Mapping[str, str]
) -> HttpResponse:
    """200 with the body, or 304; both with the tag and the headers. ``tag`` is quoted."""
    both = {**headers, "ETag": tag}
    if holds(request, tag):
        return HttpResponse(status=304, headers=both)
    return HttpResponse(body, content_type=kind, headers=both)


def file(request: HttpRequest, place: Path, kind: str, tag: str) -> HttpResponseBase:
    """A file: whole, a part of it (one ``Range``, with ``If-Range``), 304, or 416."""
    whole = place.stat().st_size
    headers = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if holds(request, tag):
        return HttpResponse(status=304, headers=headers)
    wanted = _part(request, tag, whole)
    if wanted is None:
        first, last, status = 0, whole - 1, 200
    elif (first := wanted[0]) >= whole or (last := wanted[1]) < first:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{whole}"})
    else:
        status = 206
        headers["Content-Range"] = f"bytes {first}-{last}/{whole}"
    headers["Content-Length"] = str(last - first + 1)
    return StreamingHttpResponse(
        _pieces(place, first, last), status=status, content_type=kind, headers=headers
    )


def _part(request: HttpRequest, tag: str, whole: int) -> tuple[int, int] | None:
    """First and last byte asked for; None where the whole file is the answer."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if not found or found[0] == "bytes=-" or request.headers.get("If-Range", tag) != tag:
        return None
    if not found[1]:
        return (max(0, whole - int(found[2])), whole - 1) if int(found[2]) else (whole, whole)
    first = int(found[1])
    if found[2] and int(found[2]) < first:
        return None
    return first, min(int(found[2]) if found[2] else whole - 1, whole - 1)


def _pieces(place: Path, first: int, last: int) -> Iterator[bytes]:
    with place.open("rb") as file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece
