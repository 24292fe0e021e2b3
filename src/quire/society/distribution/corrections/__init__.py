"""Corrections of closed runs: claims, the rows they correct, and what debtors still owe.

The arithmetic is ``quire.core.corrections``; here is what is kept of it, and how a run comes by it.
"""
