"""The only writes of a distribution: plans adopted, runs through their stages, holds."""

from quire.society.distribution.actions.awards import Part, give
from quire.society.distribution.actions.corrections import (
    accept_correction,
    file_correction,
    file_reconciliation,
    refuse_correction,
)
from quire.society.distribution.actions.holds import place_hold, release_hold
from quire.society.distribution.actions.lumps import open_lump_run
from quire.society.distribution.actions.plans import adopt_plan
from quire.society.distribution.actions.runs import approve, cancel, forecast, open_run, work
from quire.society.distribution.actions.settling import (
    approve_write_off,
    propose_write_off,
    refuse_write_off,
    repay,
)
from quire.society.distribution.actions.stages import STAGES
from quire.society.distribution.actions.succession import carry_over, stand_still, succeed
from quire.society.distribution.actions.weighings import import_weighing

__all__ = [
    "STAGES",
    "Part",
    "accept_correction",
    "adopt_plan",
    "approve",
    "approve_write_off",
    "cancel",
    "carry_over",
    "file_correction",
    "file_reconciliation",
    "forecast",
    "give",
    "import_weighing",
    "open_lump_run",
    "open_run",
    "place_hold",
    "propose_write_off",
    "refuse_correction",
    "refuse_write_off",
    "release_hold",
    "repay",
    "stand_still",
    "succeed",
    "work",
]
