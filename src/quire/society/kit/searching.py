"""Words looked for in texts, by an index of whole words that any PostgreSQL has without an extension."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import BooleanField, F, Func, Q, QuerySet

_SIGNS = "./-_?&=:#+,;!()[]{}\"'@~*|\\<>$^`"
_SPACES = str.maketrans(dict.fromkeys(_SIGNS, " ") | {"\0": " ", "%": " "})
_MOST = 12
"""Words that are looked at; more would only take longer."""


class Words(Func):
    """The words of some columns that are never null, as PostgreSQL's ``simple`` configuration has them: lower
    case, none left out. The signs that addresses are made of part words, whatever the database's locale."""

    arg_joiner = " || ' ' || "
    # sql: the signs are this file's own
    template = "to_tsvector('simple', translate(%(expressions)s, '{}', '{}'))".format(
        _SIGNS.replace("'", "''"), " " * len(_SIGNS)
    )
    output_field = SearchVectorField()


def begins(field: str, words: str) -> Q:
    """Rows whose ``field`` (``Words``, as an alias) has a word that begins with each of ``words``; none where
    there is no word in them."""
    asked = words.lower().translate(_SPACES).split()[:_MOST]
    if not asked:
        return Q(pk=None)
    told = " & ".join(f"'{word}':*" for word in asked)
    return Q(**{field: SearchQuery(told, config="simple", search_type="raw")})


def among(field: str, rows: QuerySet[Any]) -> Q:
    """As ``field__in=rows`` (one column), but found by the field's index where it stands beside an OR."""
    return Q(_Among(F(field), ArraySubquery(rows)))


class _Among(Func):
    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()
