"""A form at the desk that does something: what is refused stands beside it, and nothing typed is lost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django import forms

from quire.core.errors import QuireError

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


@contextmanager
def on_disk(file: Any) -> Iterator[Path]:
    """A file that was sent, as long as it is looked at; with the ending that says what it is."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / Path(file.name).name
        with place.open("wb") as out:
            for part in file.chunks():
                out.write(part)
        yield place
