"""The list of AI agents that ships with Quire: ``kit.agents``, where licensing reads it too."""

from quire.society.kit.agents import USES, Agent, AgentBook, load

__all__ = ["USES", "Agent", "AgentBook", "load"]
