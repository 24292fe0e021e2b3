"""Licence terms that programs read: RSL 1.0, as values, as XML, and as an answer to "may this be used so".

Owns RSL's vocabulary in one place. Does not own where documents are found (``quire.core.discovery``), nor the
terms of a site of ours (``quire.core.site``); ``quire.core.renderings`` writes those as RSL.
"""

from __future__ import annotations

from quire.core.rsl.evaluate import Verdict, evaluate
from quire.core.rsl.faults import faults
from quire.core.rsl.model import (
    MEDIA_TYPE,
    NAMESPACE,
    Accepts,
    Alternate,
    Amount,
    Content,
    Copyright,
    Document,
    Legal,
    Licence,
    Limits,
    Payment,
    Reporting,
    Schema,
)
from quire.core.rsl.read import Reading, read, read_licence
from quire.core.rsl.tree import Outdated, Unreadable
from quire.core.rsl.write import NotConformant, write, write_licence

__all__ = [
    "MEDIA_TYPE",
    "NAMESPACE",
    "Accepts",
    "Alternate",
    "Amount",
    "Content",
    "Copyright",
    "Document",
    "Legal",
    "Licence",
    "Limits",
    "NotConformant",
    "Outdated",
    "Payment",
    "Reading",
    "Reporting",
    "Schema",
    "Unreadable",
    "Verdict",
    "evaluate",
    "faults",
    "read",
    "read_licence",
    "write",
    "write_licence",
]
