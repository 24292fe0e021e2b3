"""In which language a user reads."""

from __future__ import annotations

from django.db import transaction

from quire.society.kit import acts
from quire.society.kit.spoken import LANGUAGES
from quire.society.parties import errors
from quire.society.parties.models import User


def set_language(*, language: str, by: User) -> None:
    """Pages and letters are in this language for the user from now on; "" leaves it to browser and society.
    Raises LanguageUnknown."""
    if language and language not in LANGUAGES:
        raise errors.LanguageUnknown(
            f"{language!r} is not spoken here; choose one of {', '.join(LANGUAGES)}."
        )
    if by.language == language:
        return
    with transaction.atomic():
        by.language = language
        by.save(update_fields=["language"])
        acts.record("parties.speak", "society", by=by, language=language)
