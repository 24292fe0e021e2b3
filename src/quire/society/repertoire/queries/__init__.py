"""The only reads of the repertoire that other rooms may call."""

from quire.society.repertoire.queries.finder import NOTHING, Finder, Found
from quire.society.repertoire.queries.registry import Answer, lookup, works_count
from quire.society.repertoire.queries.subjects import Owned, SubjectRow, subjects

__all__ = ["NOTHING", "Answer", "Finder", "Found", "Owned", "SubjectRow", "lookup", "subjects", "works_count"]
