"""What may happen to a society, one module an idea. To add something: a function with ``@event`` in one."""

from __future__ import annotations

from tests.sim.events import agreements, income, money, payouts, people, rights, runs, usage, works

__all__ = ["agreements", "income", "money", "payouts", "people", "rights", "runs", "usage", "works"]
