"""Corrections of closed runs: what a party has too much, and how those who have too little come to it.

A closed run never changes. What was divided wrongly in it is corrected by a record in a later run: who got
which amounts of one row (a work, some days, a use, in one portion), who owns it in truth, and why. From that
follows what each party has too much or too little, to the quantum, and it sums to nothing.

Nobody is given other rightsholders' money meanwhile. What a party has too much is a *debt* to those who have
too little, and is recovered from what the party earns in later runs, within the limit that the plan states.
"""

from __future__ import annotations

from quire.core.corrections.changes import Change, changes, matched
from quire.core.corrections.records import (
    FACTS,
    Correction,
    CorrectionWrong,
    Debt,
    Old,
    check,
    write_debt,
)
from quire.core.corrections.settling import CORRECTION, RECOVERY, Corrects, Move, Settled, settle

__all__ = [
    "CORRECTION",
    "FACTS",
    "RECOVERY",
    "Change",
    "Correction",
    "CorrectionWrong",
    "Corrects",
    "Debt",
    "Move",
    "Old",
    "Settled",
    "changes",
    "check",
    "matched",
    "settle",
    "write_debt",
]
