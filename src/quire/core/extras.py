"""Facts that only some runs have: each is a file of the bundle of its own, which is absent where it is empty.

A run without agreements, surveys or corrections publishes none of their files, and its bundle reads as it
always did. The idea, its dataclass, its rule and the form of its records live together in the module of that
idea; here is only the list, and the way to and from files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from quire.core import chains, classes, corrections, survey, weighings
from quire.core.places import Places, Record


@dataclass(frozen=True, slots=True)
class Extra:
    """One such fact. ``field`` is its name in ``Evidence``, a tuple that is empty by default.

    ``write`` makes the record of one of its values; ``read`` makes the value of a record again, and raises
    ValueError, KeyError or a QuireError where it is ill-formed or refers to what is not there. The values
    stand in the file in the order of the tuple. ``name_of``, if given, names a value: none may come twice.
    """

    file: str
    field: str
    write: Callable[[Any], Record]
    read: Callable[[Record, Places], Any]
    name_of: Callable[[Any], str] | None = None


EXTRAS: tuple[Extra, ...] = (
    Extra("agreements.jsonl", "agreements", chains.write, chains.read, lambda one: str(one.id)),
    Extra(classes.FILE, classes.FIELD, classes.write, classes.read, classes.name_of),
    *(Extra(*fact) for fact in survey.FACTS),
    *(Extra(*fact) for fact in weighings.FACTS),
    *(Extra(*fact) for fact in corrections.FACTS),
)
"""Every optional fact, in the order in which they are read: a later one may not rely on an earlier one."""

FILES = tuple(extra.file for extra in EXTRAS)


def records(values: Any, extra: Extra) -> Iterator[Record]:
    """The records of one fact of an evidence (``values``), in order."""
    return (extra.write(value) for value in getattr(values, extra.field))
