"""UUIDv7 inside, TypeIDs (``mem_01h…``) at the door."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat
from typeid import TypeID, from_uuid
from typeid.errors import TypeIDException

from quire.core.errors import Invalid


class BadId(Invalid):
    """A text that is no id, or the id of another kind of thing."""

    code = "id.wrong"


def new() -> UUID:
    """A fresh, time-ordered UUIDv7."""
    return uuid_utils.compat.uuid7()


def show(prefix: str, value: UUID) -> str:
    """The TypeID of a UUID: ``show("wrk", …)`` → ``wrk_01h…``."""
    return str(from_uuid(suffix=value, prefix=prefix))


def read(prefix: str, text: str) -> UUID:
    """The UUID of a TypeID of this kind; ``BadId`` where the text is something else."""
    try:
        found = TypeID.from_string(text)
    except (TypeIDException, ValueError) as problem:
        raise BadId(
            f"{text!r} is not an id; one looks like {prefix}_01h2xcejqtf2nbrexx3vqjhp41."
        ) from problem
    if found.prefix != prefix:
        raise BadId(f"{text!r} is the id of something else; here an id beginning {prefix}_ is needed.")
    return UUID(bytes=found.uuid.bytes)
