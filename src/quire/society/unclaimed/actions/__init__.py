"""The only writes of unclaimed money: matched, disposed of, published."""

from quire.society.unclaimed.actions.disposing import approve, prepare, withdraw
from quire.society.unclaimed.actions.honouring import honour
from quire.society.unclaimed.actions.matching import match
from quire.society.unclaimed.actions.publishing import publish

__all__ = ["approve", "honour", "match", "prepare", "publish", "withdraw"]
