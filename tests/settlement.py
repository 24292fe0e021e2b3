"""A settlement: its plan, and the terms that were agreed, as the files in which they stand."""

from __future__ import annotations

PLAN = """name = "settlement"
[[deduct]]
label = "administration"
rate = "10%"
of = "gross"
to = "society:administration"
[[share]]
label = "works"
portion = "100%"
key = "equal"
among = "works"
"""
LUMP = """name = "harbour-settlement"
payer = "lab-south"
about = "Training on pages of 2024 and 2025 without a licence"
amount = "3000.00"
currency = "EUR"
uses = ["ai-train"]
starts = 2024-01-01
ends = 2026-01-01
claims_until = 2026-06-01
reserve = "20%"
reserve_until = 2027-01-01
plan = "settlement"
decision = "Settlement of 3 March 2026"
"""
