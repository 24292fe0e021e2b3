"""A file with many rows: looked at without writing anything, then taken as it was looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.canonical import digest
from quire.core.errors import QuireError
from quire.society.kit import config, papers
from quire.society.web.pages import Asking

_KEPT = re.compile(r"[0-9a-f]{32}\.(csv|json)")
SHOWN = 200
"""Refused rows that are shown; more are mended in several goes."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What a kind of file is: its page's title, the columns that may stand in it, the action
    (``take(path, skip_refused, dry_run)``), where it leads afterwards, and the figures of what it did."""

    title: str
    lead: str
    columns: tuple[str, ...]
    take: Callable[[Path, bool, bool], Any]
    to: str
    back: tuple[str, str]
    told: Callable[[Any], list[tuple[str, int]]] | None = None


class File(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("File"), max_length=200, help_text=gettext_lazy("CSV or JSON, in UTF-8.")
    )


def intake(request: Asking, of: Intake) -> HttpResponseBase:
    """The page: a file is handed in, looked at, and taken."""
    form = File(request.POST or None, request.FILES or None) if "file" in request.FILES else File()
    kept = request.POST.get("kept", "") if request.method == "POST" else ""
    if request.method == "POST" and not kept:
        form = File(request.POST, request.FILES)
        kept = _keep(form.cleaned_data["file"]) if form.is_valid() else ""
    shown: dict[str, Any] = {}
    if kept:
        take = request.POST.get("act") == "take"
        shown = _looked(of, kept, take=take, skip=request.POST.get("skip") == "yes")
        if take and "done" in shown:
            messages.success(request, _("The file is taken."))
            return redirect(of.to)
    refused = shown.get("refused", [])
    return render(
        request,
        "web/operator/intake.html",
        {
            "title": of.title,
            "lead": of.lead,
            "columns": of.columns,
            "form": form,
            "kept": kept,
            **shown,
            "refused": refused[:SHOWN],
            "more": max(0, len(refused) - SHOWN),
            "trail": [(of.back[0], reverse(of.back[1]))],
            "again": request.path,
        },
    )


def _keep(file: Any) -> str:
    """Keep what was handed in, private to the society, under its digest."""
    data = b"".join(file.chunks())
    name = digest(data)[7:39] + (".json" if str(file.name).endswith(".json") else ".csv")
    papers.put(config.private("uploads") / "desk", {name: data})
    return name


def _looked(of: Intake, kept: str, *, take: bool, skip: bool) -> dict[str, Any]:
    place = config.private("uploads") / "desk" / kept
    if not _KEPT.fullmatch(kept) or not place.is_file():
        return {"problem": _("Hand the file in again.")}
    try:
        done = of.take(place, skip, not take)
    except QuireError as problem:
        return {"problem": str(problem), "refused": _lines(problem.data.get("refused", []))}
    told = of.told or _told
    return {"done": done, "figures": told(done), "refused": _lines(getattr(done, "refused", []))}


def _told(done: Any) -> list[tuple[str, int]]:
    names = (("added", _("New")), ("changed", _("Changed")), ("unchanged", _("As they are")))
    return [(words, getattr(done, name, 0)) for name, words in names]


def _lines(refused: Any) -> list[tuple[int, str]]:
    """Lines with reasons, however they are written."""
    found = []
    for one in refused:
        line, why = (one["line"], one["reason"]) if isinstance(one, dict) else one
        found.append((int(line), str(why)))
    return found
