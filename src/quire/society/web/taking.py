"""A form that does something: what an action refuses stands beside the form, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect

from quire.core.errors import QuireError
from quire.society.kit import walls
from quire.society.parties.models import User
from quire.society.web.pages import Asking


def taken(
    request: Asking, form: forms.Form, act: Callable[[dict[str, Any]], Any], *, done: str, to: str
) -> HttpResponseRedirect | None:
    """Where to go once ``act`` was done with what the form says; None where it was not sent or is refused."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        with walls.outside():  # actions see every row, and check for themselves
            act(form.cleaned_data)
    except QuireError as problem:
        form.add_error(None, str(problem))
        return None
    messages.success(request, done)
    return redirect(to)


def by(request: Asking) -> User:
    """Whoever acts; the guard let nobody in who has not signed in."""
    assert request.seat.user is not None
    return request.seat.user


def sent(request: Asking) -> dict[str, Any]:
    """What a form is made with: what was posted, or nothing."""
    if request.method != "POST":
        return {}
    return {"data": request.POST, "files": request.FILES}


class Day(forms.DateInput):
    """A date as browsers ask for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")
