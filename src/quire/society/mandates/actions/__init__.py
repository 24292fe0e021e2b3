"""The only writes to mandates."""

from quire.society.mandates.actions.answers import (
    AnswersTaken,
    Left,
    answer,
    import_direct_licences,
    import_mandates,
    leave,
    record_direct_licence,
    withdraw,
)
from quire.society.mandates.actions.changing import change_answer
from quire.society.mandates.actions.paths import end_price, end_terms, set_price, set_terms

__all__ = [
    "AnswersTaken",
    "Left",
    "answer",
    "change_answer",
    "end_price",
    "end_terms",
    "import_direct_licences",
    "import_mandates",
    "leave",
    "record_direct_licence",
    "set_price",
    "set_terms",
    "withdraw",
]
