"""How values are written on pages."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django import forms, template
from django.utils.html import format_html

from quire.core.money import Money
from quire.society.kit import spoken
from quire.society.web import said as words
from quire.society.web import sentences
from quire.society.web.lists import Cell
from quire.society.web.words import Cut

register = template.Library()

_TONES = {
    "good": "active admitted approved accepted answered closed complete current delivered done granted "
    "healthy in-force live matched paid permitted settled verified",
    "wait": "allocated applied disputed documented draft due expiring filed frozen held invited late open "
    "partly pending posted prepared proposed reviewed unverified waiting",
    "bad": "barred broken error expired failed missing overdue refused rejected returned revoked silent "
    "suspended",
}
_TONE_OF = {word: tone for tone, some in _TONES.items() for word in some.split()}


@register.filter
def money(value: Money) -> str:
    """ "1,012.34 EUR", "1.012,34 €": all that can be paid; further digits where they are not zero."""
    return value.grouped() if isinstance(value, Cut) else spoken.money(value)


@register.filter
def grouped(value: int) -> str:
    """12345 as people read it: "12,345", "12.345"."""
    return spoken.number(value)


@register.filter
def day(value: date) -> str:
    """A day, or a moment's day, as people read it."""
    return spoken.day(value)


@register.filter
def moment(value: datetime) -> str:
    """A moment with its hour and minute, in the society's time."""
    return spoken.moment(value)


@register.filter
def percent(value: Fraction) -> str:
    """A share as "33.33 %", "33,33 %"; an exact share stands in the exports."""
    return spoken.percent(Fraction(value))


@register.filter
def spaced(name: str) -> str:
    """A name of several words, as people write it: good_standing → good standing."""
    return name.replace("_", " ")


@register.filter
def badge(state: Any) -> Any:
    """A state as a word on a tint: good, waiting for somebody, bad, or, for words that are not known here,
    neither."""
    word = str(getattr(state, "value", state))
    return format_html(
        '<span class="state {}">{}</span>', _TONE_OF.get(word.replace(" ", "-"), "mild"), words.said(word)
    )


@register.filter
def said(word: Any) -> str:
    """A word that a room returned (a role, a kind, a state), in the reader's language."""
    return words.said(getattr(word, "value", word))


@register.filter
def sentence(text: Any) -> str:
    """A sentence that a room returned, in the reader's language."""
    return sentences.sentence(text)


@register.filter
def kind(field: forms.BoundField) -> str:
    """How a field of a form stands on the page: "several" choices, one "tick", or "line"."""
    if isinstance(field.field.widget, forms.CheckboxInput):
        return "tick"
    return "several" if field.use_fieldset else "line"


@register.filter
def shown(cell: Cell) -> Any:
    """A cell of a list by its column's kind."""
    value = cell.value
    if value is None or value == "":
        return "–"
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if cell.column.kind == "number":
        return grouped(value)
    if cell.column.kind == "share":
        return percent(Fraction(value))
    if cell.column.kind == "state":
        return badge(value)
    if cell.column.key in words.CODED:
        return said(value)
    return format_html("<code>{}</code>", value) if cell.column.kind == "code" else value
