"""A form at the desk that does something: what is refused stands beside it, and nothing typed is lost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from quire.core.errors import QuireError
from quire.society.web.pages import Asking

T = TypeVar("T")


def tried(form: forms.Form, act: Callable[[dict[str, Any]], T]) -> T | None:
    """What ``act`` made of what the form says; None where the form, or the society, refuses it."""
    if not form.is_valid():
        return None
    try:
        return act(form.cleaned_data)
    except QuireError as problem:
        form.add_error(None, str(problem))
        return None


def asked(
    request: Asking, form: forms.Form, *, title: str, submit: str, back: tuple[str, str], **more: Any
) -> HttpResponse:
    """The page of a form. ``back`` is what stands above it: its name and its address; ``more`` the lead, or a
    longer trail."""
    shown = {"title": title, "form": form, "submit": submit, "cancel": back[1], "trail": [back], **more}
    return render(request, "web/operator/form.html", shown)


@contextmanager
def on_disk(file: Any) -> Iterator[Path]:
    """A file that was sent, as long as it is looked at; with the ending that says what it is."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / Path(file.name).name
        with place.open("wb") as out:
            for part in file.chunks():
                out.write(part)
        yield place
