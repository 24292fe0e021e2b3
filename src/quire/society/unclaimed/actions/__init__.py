"""The only writes of unclaimed money: matched, disposed of, published."""

from quire.society.unclaimed.actions.claiming import (
    accept_claim,
    claim,
    refuse_claim,
    withdraw_claim,
)
from quire.society.unclaimed.actions.disposing import approve, prepare, withdraw
from quire.society.unclaimed.actions.honouring import honour
from quire.society.unclaimed.actions.matching import match
from quire.society.unclaimed.actions.publishing import publish

__all__ = [
    "accept_claim",
    "approve",
    "claim",
    "honour",
    "match",
    "prepare",
    "publish",
    "refuse_claim",
    "withdraw",
    "withdraw_claim",
]
