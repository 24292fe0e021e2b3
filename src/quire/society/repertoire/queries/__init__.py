"""The only reads of the repertoire that other rooms may call."""

from quire.society.repertoire.queries.finder import NOTHING, Finder, Found
from quire.society.repertoire.queries.registry import Answer, lookup, work_id, works_count
from quire.society.repertoire.queries.subjects import Owned, SubjectRow, subjects

__all__ = [
    "NOTHING",
    "Answer",
    "Finder",
    "Found",
    "Owned",
    "SubjectRow",
    "lookup",
    "subjects",
    "work_id",
    "works_count",
]
